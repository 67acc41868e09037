"""A small safe language for rules that are data: posting, filling, reports, exchanges.

An expression is the part of Python that computes and can do nothing else: literals, names, attributes (of a row, or of the object a
reference points to), arithmetic, comparison, `and or not`, `x if c else y`, and calls of functions the caller gives. It is checked and
turned into closures once; there is no `eval`. Numbers are Decimal, so sums are exact; adding to an absent value treats it as zero, as
the query language of 1C does with ЕСТЬNULL(…, 0) in every second report.

    >>> rule = Expression("round(row.Количество * row.Цена, 2)")
    >>> rule({"row": {"Количество": Decimal(3), "Цена": Decimal("1.105")}})
    Decimal('3.32')
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any, Protocol, TypeAlias

from harness.errors import ConfigError
from stand.emulator.rows import EMPTY, EMPTY_MOMENT, Ref

__all__ = ["FUNCTIONS", "Expression", "Resolver", "compiled", "empty", "money"]

Scope: TypeAlias = Mapping[str, Any]
"""What names mean: values and functions."""
_Node: TypeAlias = Callable[[Scope], Any]

RESOLVER = "@resolve"
"""Name under which a scope carries what reads objects by reference; no expression can spell it."""
_ZERO = Decimal(0)
_CENT = Decimal("0.01")
_MAX_LENGTH = 1000


class Resolver(Protocol):
    """Reads the object behind a reference."""

    def __call__(self, reference: Ref, /) -> Mapping[str, Any] | None:
        """The row, or None when the reference is empty or broken."""


_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISON: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}


def money(value: Any, digits: int = 2) -> Decimal:
    """A number rounded as 1C rounds (Окр): half away from zero."""
    unit = _CENT if digits == 2 else Decimal(1).scaleb(-int(digits))
    return _number(value).quantize(unit, ROUND_HALF_UP)


def empty(value: Any) -> bool:
    """Whether a value is what 1C calls not filled (ЗначениеЗаполнено = Ложь)."""
    if isinstance(value, Ref):
        return value.empty
    return value is None or value in ("", 0, EMPTY_MOMENT) or (isinstance(value, list | dict) and not value)


def _number(value: Any) -> Decimal:
    if value is None:
        return _ZERO
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _total(rows: Any, column: str) -> Decimal:
    return sum((_number(row.get(column)) for row in rows or ()), _ZERO)


def _month_start(moment: datetime) -> datetime:
    return datetime(moment.year, moment.month, 1)  # noqa: DTZ001 - 1C's moments have no zone


def _month_end(moment: datetime) -> datetime:
    following = _month_start(_month_start(moment) + timedelta(days=32))
    return following - timedelta(seconds=1)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": lambda value: abs(_number(value)),
    "add_days": lambda moment, days: moment + timedelta(days=int(days)),
    "add_hours": lambda moment, hours: moment + timedelta(hours=int(hours)),
    "date": datetime.fromisoformat,
    "day_start": lambda moment: moment.replace(hour=0, minute=0, second=0),
    "day": lambda moment: moment.strftime("%Y-%m-%d"),
    "date_ru": lambda moment: moment.strftime("%d.%m.%Y") if moment != EMPTY_MOMENT else "",
    "days_between": lambda first, last: Decimal((last.date() - first.date()).days),
    "empty": empty,
    "left": lambda text, length: str(text)[: int(length)],
    "max": lambda *values: max(_number(value) for value in values),
    "min": lambda *values: min(_number(value) for value in values),
    "month_end": _month_end,
    "month_start": _month_start,
    "nothing": lambda object_name: Ref(object_name, EMPTY),
    "number": _number,
    "round": money,
    "share": lambda part, whole, digits=2: money(_number(part) * 100 / whole, digits) if whole else _ZERO,
    "short_number": lambda number: number.rpartition("-")[2].lstrip("0"),
    "sum_text": lambda value: f"{money(value):.2f}",
    "text": str,
    "total": _total,
}
"""Functions every expression has."""


class Expression:
    """A compiled expression; call it with a scope."""

    __slots__ = ("_run", "names", "source")

    def __init__(self, source: str, place: str = "") -> None:
        """Checks and compiles.

        Args:
            source: the text.
            place: where it stands, for the message.

        Raises:
            ConfigError: not an expression of this language.
        """
        self.source = source
        self.names: set[str] = set()
        if len(source) > _MAX_LENGTH:
            raise ConfigError(f"Выражение длиннее {_MAX_LENGTH} знаков", place=place)
        try:
            tree = ast.parse(source.strip(), mode="eval")
        except SyntaxError as error:
            raise ConfigError(f"Выражение «{source}» не читается: {error.msg}", place=place) from error
        self._run = _Compiler(source, place, self.names).node(tree.body)

    def __call__(self, scope: Scope) -> Any:
        """The value.

        Raises:
            ConfigError: a name or an attribute nobody knows, values that cannot be combined.
        """
        try:
            return self._run(scope)
        except (TypeError, ArithmeticError, AttributeError) as error:
            raise ConfigError(f"Выражение «{self.source}» не вычисляется: {error}") from error

    def __repr__(self) -> str:
        return f"Expression({self.source!r})"


@lru_cache(maxsize=4096)
def compiled(source: str, place: str = "") -> Expression:
    """An expression, compiled once for all who use the same text."""
    return Expression(source, place)


class _Compiler:
    """Turns a syntax tree into closures; what is not listed here is refused."""

    def __init__(self, source: str, place: str, names: set[str]) -> None:
        self._source = source
        self._place = place
        self._names = names

    def node(self, node: ast.AST) -> _Node:
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            raise self._refusal(node)
        result: _Node = method(node)
        return result

    def _refusal(self, node: ast.AST) -> ConfigError:
        part = ast.get_source_segment(self._source, node) if isinstance(node, ast.expr) else type(node).__name__
        return ConfigError(f"В выражении «{self._source}» нельзя использовать «{part}»", place=self._place)

    def _constant(self, node: ast.Constant) -> _Node:
        value = node.value
        if isinstance(value, bool) or value is None or isinstance(value, str):
            return lambda _scope: value
        if isinstance(value, int | float):
            # The source text, not the float: 0.1 stays a tenth.
            number = Decimal(ast.get_source_segment(self._source.strip(), node) or str(value))
            return lambda _scope: number
        raise self._refusal(node)

    def _name(self, node: ast.Name) -> _Node:
        name = node.id
        if name.startswith("_"):
            raise self._refusal(node)
        self._names.add(name)
        source, place = self._source, self._place

        def read(scope: Scope) -> Any:
            try:
                return scope[name]
            except KeyError:
                raise ConfigError(f"В выражении «{source}» неизвестно имя «{name}»", place=place) from None

        return read

    def _attribute(self, node: ast.Attribute) -> _Node:
        name = node.attr
        if name.startswith("_"):
            raise self._refusal(node)
        base = self.node(node.value)
        source, place = self._source, self._place

        def read(scope: Scope) -> Any:
            owner = base(scope)
            if isinstance(owner, Ref):
                owner = scope[RESOLVER](owner)
            if owner is None:
                return None
            try:
                return owner[name]
            except (KeyError, TypeError):
                raise ConfigError(f"В выражении «{source}» нет поля «{name}»", place=place) from None

        return read

    def _binop(self, node: ast.BinOp) -> _Node:
        function = _ARITHMETIC.get(type(node.op))
        if function is None:
            raise self._refusal(node)
        left, right = self.node(node.left), self.node(node.right)

        def compute(scope: Scope) -> Any:
            first, second = left(scope), right(scope)
            if isinstance(first, str) and isinstance(second, str) and function is operator.add:
                return first + second
            return function(_number(first), _number(second))

        return compute

    def _unaryop(self, node: ast.UnaryOp) -> _Node:
        operand = self.node(node.operand)
        if isinstance(node.op, ast.Not):
            return lambda scope: not operand(scope)
        if isinstance(node.op, ast.USub):
            return lambda scope: -_number(operand(scope))
        raise self._refusal(node)

    def _boolop(self, node: ast.BoolOp) -> _Node:
        *parts, last = [self.node(value) for value in node.values]
        stop_at = isinstance(node.op, ast.Or)

        def decide(scope: Scope) -> Any:
            for part in parts:
                value = part(scope)
                if bool(value) is stop_at:
                    return value
            return last(scope)

        return decide

    def _compare(self, node: ast.Compare) -> _Node:
        functions = []
        for op in node.ops:
            function = _COMPARISON.get(type(op))
            if function is None:
                raise self._refusal(node)
            functions.append(function)
        parts = [self.node(value) for value in (node.left, *node.comparators)]

        def compare(scope: Scope) -> bool:
            left = parts[0](scope)
            for function, part in zip(functions, parts[1:], strict=True):
                right = part(scope)
                if not function(left, right):
                    return False
                left = right
            return True

        return compare

    def _ifexp(self, node: ast.IfExp) -> _Node:
        test, yes, no = self.node(node.test), self.node(node.body), self.node(node.orelse)
        return lambda scope: yes(scope) if test(scope) else no(scope)

    def _tuple(self, node: ast.Tuple) -> _Node:
        parts = [self.node(value) for value in node.elts]
        return lambda scope: tuple(part(scope) for part in parts)

    def _call(self, node: ast.Call) -> _Node:
        if not isinstance(node.func, ast.Name) or any(item.arg is None for item in node.keywords):
            raise self._refusal(node)
        function = self._name(node.func)
        arguments = [self.node(value) for value in node.args]
        named = {str(item.arg): self.node(item.value) for item in node.keywords}
        if not named:
            return lambda scope: function(scope)(*[value(scope) for value in arguments])
        return lambda scope: function(scope)(
            *[value(scope) for value in arguments], **{name: value(scope) for name, value in named.items()}
        )
