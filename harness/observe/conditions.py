"""Conditions of acceptances: small expressions over one change, `before == 20 and after == 22 and Дата >= date("2026-01-01")`.

Names: `before`, `after`, and every column of the row; functions: `date`, `number`, `abs`, `starts`, `col`. Values of kinds that cannot
be compared make the comparison false, never an error: an acceptance that does not fit does not cover.
"""

from __future__ import annotations

import ast
import operator
from datetime import datetime
from decimal import Decimal, DivisionByZero, InvalidOperation
from typing import TYPE_CHECKING, Any

from harness.observe.expressions import column_name, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.observe.changes import Change

_FUNCTIONS = frozenset({"date", "number", "abs", "starts", "col"})
_COMPARE: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_ARITHMETIC: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


class Condition:
    """A condition, read once and asked of many changes.

    Raises:
        ConfigError: it cannot be read.
    """

    def __init__(self, text: str, place: str) -> None:
        self._tree = parse(text, functions=_FUNCTIONS, place=place) if text.strip() else None
        self._place = place

    def holds(self, change: Change) -> bool:
        """Whether it holds for a change; an empty condition holds always."""
        if self._tree is None:
            return True
        try:
            return bool(self._of(self._tree, change))
        except (TypeError, InvalidOperation, DivisionByZero):
            return False

    def _of(self, node: ast.expr, change: Change) -> Any:
        name = column_name(node)
        if name is not None:
            return {"before": change.before, "after": change.after}.get(name, change.row.get(name))
        return self._evaluators()[type(node)](node, change)

    def _evaluators(self) -> dict[type[ast.AST], Callable[[Any, Change], Any]]:
        return {
            ast.Constant: lambda node, _: Decimal(str(node.value)) if isinstance(node.value, float) else node.value,
            ast.BoolOp: self._logic,
            ast.UnaryOp: self._unary,
            ast.BinOp: self._arithmetic,
            ast.Compare: self._compare,
            ast.Call: lambda node, change: _call(node.func.id, [self._of(item, change) for item in node.args]),
            ast.Tuple: lambda node, change: tuple(self._of(item, change) for item in node.elts),
        }

    def _logic(self, node: ast.BoolOp, change: Change) -> bool:
        values = (bool(self._of(value, change)) for value in node.values)
        return all(values) if isinstance(node.op, ast.And) else any(values)

    def _unary(self, node: ast.UnaryOp, change: Change) -> Any:
        value = self._of(node.operand, change)
        return not value if isinstance(node.op, ast.Not) else -_number(value)

    def _arithmetic(self, node: ast.BinOp, change: Change) -> Any:
        left, right = _number(self._of(node.left, change)), _number(self._of(node.right, change))
        return _ARITHMETIC[type(node.op)](left, right)

    def _compare(self, node: ast.Compare, change: Change) -> bool:
        left = self._of(node.left, change)
        for operation, comparator in zip(node.ops, node.comparators, strict=True):
            right = self._of(comparator, change)
            if isinstance(operation, ast.In | ast.NotIn):
                found = (
                    any(_equal(left, item) for item in right) if isinstance(right, tuple) else str(left) in str(right)
                )
                holds = found is isinstance(operation, ast.In)
            elif isinstance(operation, ast.Eq | ast.NotEq):
                holds = _equal(left, right) is isinstance(operation, ast.Eq)
            else:
                holds = bool(_COMPARE[type(operation)](*_alike(left, right)))
            if not holds:
                return False
            left = right
        return True


def _equal(left: Any, right: Any) -> bool:
    try:
        first, second = _alike(left, right)
    except (TypeError, InvalidOperation, ValueError):
        return False
    return bool(first == second)


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Two values of one kind: a text beside a number or a date is read as one."""
    for kind, read in ((int | Decimal, _number), (datetime, _date)):
        if isinstance(left, kind) and isinstance(right, str) and not isinstance(left, bool):
            return left, read(right)
        if isinstance(right, kind) and isinstance(left, str) and not isinstance(right, bool):
            return read(left), right
    return left, right


def _number(value: Any) -> Any:
    return Decimal(value.replace(" ", "").replace("\u00a0", "").replace(",", ".")) if isinstance(value, str) else value


def _date(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return datetime.fromisoformat(value)
    except ValueError as error:
        raise TypeError(str(error)) from error


def _call(function: str, arguments: list[Any]) -> Any:
    if function == "date":
        return _date(arguments[0])
    if function == "number":
        return _number(arguments[0])
    if function == "abs":
        return abs(_number(arguments[0]))
    return str(arguments[0]).startswith(str(arguments[1]))
