"""Control totals: equations a table must satisfy within one phase, computed by DuckDB with exact decimals.

An equation with `sum`, `count`, `min`, `max` is about the whole table; one without is about each of its rows.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from harness.errors import ConfigError
from harness.observe.expressions import column_name, parse
from harness.observe.kinds import ColumnKind
from harness.observe.people import key_text, shown
from harness.observe.sql import connect, literal, quoted
from harness.observe.table_sql import stored_columns
from harness.observe.tables import column_kinds
from harness.observe.tolerance import allowed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

AGGREGATES = frozenset({"sum", "count", "min", "max"})
_FUNCTIONS = AGGREGATES | {"abs", "col"}
_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Eq: "=",
    ast.NotEq: "<>",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


@dataclass(frozen=True, slots=True)
class Broken:
    """An equation that does not hold.

    Attributes:
        left: its left side, for people.
        right: its right side.
        key: the first row where it does not hold, "" for an equation about the whole table.
        rows: how many rows break it; 1 for the whole table.
    """

    equation: str
    left: str
    right: str
    key: str
    rows: int


def check_controls(path: Path, equations: Sequence[str], key: Sequence[str]) -> list[Broken]:
    """Evaluates equations over a stored table.

    Raises:
        ConfigError: an equation that cannot be read, or names a column the table does not have.
    """
    if not equations:
        return []
    kinds = column_kinds(path)
    found = []
    for equation in equations:
        broken = _check(path, equation, kinds, [column for column in key if column in kinds])
        if broken:
            found.append(broken)
    return found


def too_wide(path: Path, tolerance: Mapping[str, str]) -> list[tuple[str, str]]:
    """Numeric columns none of whose values is greater than its tolerance, with the greatest; not those that hold zeros only."""
    if not tolerance:
        return []
    limits = {
        name: tolerance.get(name, tolerance.get("*", ""))
        for name, kind in column_kinds(path).items()
        if kind is ColumnKind.NUMBER and (name in tolerance or "*" in tolerance)
    }
    if not limits:
        return []
    greatest = ", ".join(f"max(abs(TRY_CAST({quoted(name)} AS DECIMAL(38, 12))))" for name in limits)
    with connect() as connection:
        row = connection.execute(f"SELECT {greatest} FROM read_parquet({literal(str(path))})").fetchone()  # noqa: S608 - names are quoted
    sides = zip(limits.items(), row or (), strict=False)
    # A tolerance that lets the greatest value become nothing lets every value become anything.
    return [
        (name, shown(value)) for (name, limit), value in sides if value and allowed(limit).covers(value, Decimal(0))
    ]


def _check(path: Path, equation: str, kinds: Mapping[str, ColumnKind], key: Sequence[str]) -> Broken | None:
    tree = parse(equation, functions=_FUNCTIONS, place=f"control: {equation}")
    if not isinstance(tree, ast.Compare) or len(tree.ops) != 1:
        raise ConfigError("Контрольное равенство должно сравнивать две величины", place=equation)
    if not kinds:  # no rows and no declared columns: every sum is nothing, every row holds
        return None
    stored = stored_columns(path)
    writer = _Sql(
        kinds, frozenset(name for name, column in stored.items() if pa.types.is_string(column.type)), equation
    )
    left, right = writer.of(tree.left), writer.of(tree.comparators[0])
    holds = f"({left}) {writer.operator(tree.ops[0])} ({right})"
    source = f"read_parquet({literal(str(path))})"
    with connect() as connection:
        if writer.aggregate:
            row = connection.execute(f"SELECT {left}, {right}, {holds} FROM {source}").fetchone()  # noqa: S608 - names are quoted
            if row is None or row[2]:
                return None
            return Broken(equation, shown(row[0]), shown(row[1]), "", 1)
        columns = ", ".join([left, right, *map(quoted, key)])
        # What cannot be computed (division by zero) does not hold; two empty sides do.
        broken = f"({holds}) IS NOT TRUE AND NOT (({left}) IS NULL AND ({right}) IS NULL)"
        query = f"SELECT count(*) OVER (), {columns} FROM {source} WHERE {broken} LIMIT 1"  # noqa: S608 - names are quoted
        row = connection.execute(query).fetchone()
    if row is None:
        return None
    names = key_text(dict(zip(key, row[3:], strict=True)))
    return Broken(equation, shown(row[1]), shown(row[2]), names, int(row[0]))


def side_of(path: Path, node: ast.expr, equation: str) -> Any:
    """Value of one aggregate over a stored table; None of nothing.

    Raises:
        ConfigError: it names a column the table does not have.
    """
    kinds = column_kinds(path)
    if not kinds:
        return Decimal(0)
    texts = frozenset(name for name, column in stored_columns(path).items() if pa.types.is_string(column.type))
    written = _Sql(kinds, texts, equation).of(node)
    with connect() as connection:
        row = connection.execute(f"SELECT {written} FROM read_parquet({literal(str(path))})").fetchone()  # noqa: S608 - names are quoted
    return row[0] if row else None


class _Sql:
    """Writes an equation's side as SQL; a null number counts as 0, as in a report."""

    def __init__(self, kinds: Mapping[str, ColumnKind], texts: frozenset[str], equation: str) -> None:
        self._kinds = kinds
        self._texts = texts
        self._equation = equation
        self.aggregate = False

    def operator(self, node: ast.AST) -> str:
        if type(node) not in _OPERATORS:
            raise ConfigError(
                f"В контрольном равенстве нельзя использовать {type(node).__name__}", place=self._equation
            )
        return _OPERATORS[type(node)]

    def of(self, node: ast.expr) -> str:
        name = column_name(node)
        if name is not None:
            return self._column(name)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self._call(node.func.id, node.args)
        if isinstance(node, ast.BinOp):
            return f"({self.of(node.left)} {self.operator(node.op)} {self.of(node.right)})"
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return f"(- {self.of(node.operand)})"
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float | str):
            return literal(node.value) if isinstance(node.value, str) else _number(node.value)
        raise ConfigError(f"Контрольное равенство не разбирается: {type(node).__name__}", place=self._equation)

    def _column(self, name: str) -> str:
        if name not in self._kinds:
            known = ", ".join(self._kinds)
            raise ConfigError(
                f"В контрольном равенстве названа колонка, которой нет: {name}",
                place=self._equation,
                hint=f"Есть: {known}",
            )
        column = quoted(name)
        if self._kinds[name] is ColumnKind.NUMBER and name in self._texts:  # NaN, or more digits than a decimal has
            return f"CAST({column} AS DOUBLE)"
        if self._kinds[name] is ColumnKind.UNKNOWN:  # not one value in it
            return "0"
        return f"coalesce({column}, 0)" if self._kinds[name] is ColumnKind.NUMBER else column

    def _call(self, function: str, arguments: Sequence[ast.expr]) -> str:
        if function in AGGREGATES:
            self.aggregate = True
            if not arguments:
                return "count(*)"
            inner = self.of(arguments[0])
            return f"coalesce({function}({inner}), 0)" if function == "sum" else f"{function}({inner})"
        if len(arguments) != 1:
            raise ConfigError(f"У функции {function} должен быть один аргумент", place=self._equation)
        return f"{function}({self.of(arguments[0])})"


def _number(value: Any) -> str:
    return repr(value)
