"""Differing rows of a table gathered by cause, in SQL over their file: the same column, kind of object and change of value.

What values share is looked for in this order: one shift (+0.01, three hours), one ratio (allowing for rounding), one pair of values, one
direction. Whole rows that appeared or vanished are gathered by kind of object.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from harness.observe.causes import KIND_COLUMNS, MOST_OF_ONE, OBJECT_NAME, how_ratio, how_shift, money_column
from harness.observe.changes import AFTER, BEFORE, CAUSES, EXAMPLES, row_changes
from harness.observe.people import shown
from harness.observe.sql import literal, quoted
from harness.record.models import Cause

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

TAKEN = "taken"
"""Name of an Arrow table (row, column) of changes that are told elsewhere: those an acceptance covers."""


@dataclass(frozen=True, slots=True)
class _File:
    """A file of differing rows."""

    connection: duckdb.DuckDBPyConnection
    sql: str
    key: tuple[str, ...]
    types: dict[str, pa.DataType]
    taken: bool

    def rows(self, what: str, column: str) -> str:
        """FROM … WHERE … of the rows of one kind of change."""
        told = (
            f" AND NOT EXISTS (SELECT 1 FROM {TAKEN} t WHERE t.row = file_row_number AND t.column = {literal(column)})"  # noqa: S608
            if self.taken
            else ""
        )
        return f"FROM {self.sql} WHERE {what}{told}"

    def order(self, side: str) -> str:
        """By key, and by everything else where rows share one: examples must be the same ones whoever compares again."""
        others = [name for name in self.types if name.startswith((AFTER, BEFORE))]
        return ", ".join(quoted(name) for name in dict.fromkeys([*(side + name for name in self.key), *others]))

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()

    def kind_of_row(self, side: str) -> str:
        """SQL of what a row's key says of the kind of object it is about: "Набор=Document_Заказ"; "" when nothing."""
        for name in self.key if len(self.key) > 1 else ():
            value = f"CAST({quoted(side + name)} AS VARCHAR)"
            text = f"{literal(name + '=')} || {value}"
            if name in KIND_COLUMNS:
                return f"coalesce({text}, '')"
            known = f"regexp_full_match({value}, {literal(OBJECT_NAME)})"
            if any(row[0] for row in self.ask(f"SELECT bool_or({known}) FROM {self.sql}")):  # noqa: S608
                return f"CASE WHEN {known} THEN {text} ELSE '' END"
        return "''"


def table_causes(connection: duckdb.DuckDBPyConnection, path: Path, *, taken: bool = False) -> list[Cause]:
    """Causes of a file of differing rows, the largest first, at most `CAUSES`.

    Args:
        connection: the engine; has `TAKEN` registered when `taken`.
        path: the file.
        taken: whether some changes are told elsewhere.
    """
    types = {field.name: field.type for field in pq.read_schema(path)}
    sql = f"read_parquet({literal(str(path))}, file_row_number = true)"
    first = connection.execute(f'SELECT "key" FROM {sql} LIMIT 1').fetchone()  # noqa: S608
    file = _File(connection, sql, tuple(first[0]) if first else (), types, taken)
    named = file.ask(f"SELECT DISTINCT unnest(columns) AS name FROM {sql} ORDER BY name")  # noqa: S608
    found = [cause for (column,) in named for cause in _of_column(file, column)]
    found.sort(key=lambda cause: (-cause.count, cause.column, cause.where, cause.how))
    rows = [cause for change in ("removed", "added") for cause in _of_rows(file, change)]
    return [*found[:CAUSES], *rows[:CAUSES]]


def _of_column(file: _File, column: str) -> list[Cause]:
    before, after = quoted(BEFORE + column), quoted(AFTER + column)
    here = f"list_contains(columns, {literal(column)}) AND change = 'changed'"
    rows = file.rows(here, column)
    where = file.kind_of_row(AFTER)
    types = [file.types[side + column] for side in (BEFORE, AFTER)]
    numeric = all(pa.types.is_decimal(kind) for kind in types)
    if numeric:
        how = _shared_number(file, rows, before, after)
    elif all(pa.types.is_timestamp(kind) for kind in types):
        how = _shared_shift(file, rows, before, after)
    else:
        how = _shared_pair(file, rows, before, after)
    sums = f"sum({before}), sum({after})" if numeric else "NULL, NULL"
    groups = file.ask(
        f"SELECT {where} AS place, {how} AS how, count(*), {sums} {rows} GROUP BY place, how ORDER BY count(*) DESC LIMIT {CAUSES}"
    )
    order = file.order(AFTER)
    if numeric:
        order = f"TRY(abs({after} - {before})) DESC NULLS FIRST, {order}"
    causes = []
    for place, kind, count, was, now in groups:
        of = f"{rows} AND {where} = {literal(place)} AND {how} = {literal(kind)} ORDER BY {order} LIMIT {EXAMPLES}"
        examples = [
            change.example for row in _dicts(file, of) for change in row_changes(row) if change.column == column
        ]
        causes.append(
            Cause(
                change="changed",
                column=column,
                where=place,
                how=kind,
                count=count,
                before_sum="" if was is None else shown(was),
                after_sum="" if now is None else shown(now),
                examples=examples,
            )
        )
    return causes


def _shared_number(file: _File, rows: str, before: str, after: str) -> str:
    """SQL of what one change of a number has in common with others."""
    shift = f"TRY({after} - {before})"
    # Ratios and directions are told by doubles: two decimals may have no common type.
    was, now = (f"CAST({side} AS DOUBLE)" for side in (before, after))
    ratio = f"round({now} / nullif({was}, 0), 3)"
    total, *ends = file.ask(f"SELECT count(*), min({before}), max({before}), min({after}), max({after}) {rows}")[0]
    if total > 1 and ends[0] == ends[1] and ends[2] == ends[3] and None not in ends:
        nulls = f"{before} IS NULL OR {after} IS NULL"
        return f"CASE WHEN {nulls} THEN 'пусто' ELSE {literal(f'{shown(ends[0])} → {shown(ends[2])}')} END"
    common = f"GROUP BY 1 HAVING count(*) >= 2 ORDER BY count(*) DESC, 1 LIMIT {MOST_OF_ONE}"
    shifts = file.ask(f"SELECT {shift}, count(*) {rows} AND {shift} IS NOT NULL {common}")
    ratios = file.ask(f"SELECT {ratio}, count(*) {rows} AND {ratio} IS NOT NULL {common}")
    cases = [
        f"WHEN {before} IS NULL THEN 'было пусто'",
        f"WHEN {after} IS NULL THEN 'стало пусто'",
        f"WHEN {was} <> 0 AND {now} = -{was} THEN 'сменился знак'",
    ]
    # A shift most rows share is told before ratios: it is exact.
    if shifts and shifts[0][1] * 2 > total and (not ratios or shifts[0][1] >= ratios[0][1]):
        cases.append(f"WHEN {shift} = {shifts[0][0]:f} THEN {literal(how_shift(shifts[0][0]))}")
    cases.append(f"WHEN {now} = 0 THEN 'стало 0'")
    for value, _ in ratios:
        # Rows rounded to kopecks have the ratio only nearly.
        near = f"abs({now} - {was} * {value!r}) <= greatest(0.02, abs({was}) * 0.0006)"
        cases.append(f"WHEN {was} <> 0 AND {near} THEN {literal(how_ratio(value))}")
    return f"CASE {' '.join(cases)} WHEN {now} > {was} THEN 'растёт' ELSE 'уменьшается' END"


def _shared_shift(file: _File, rows: str, before: str, after: str) -> str:
    shift = f"CAST(epoch({after}) - epoch({before}) AS BIGINT)"
    common = file.ask(
        f"SELECT {shift}, count(*) {rows} AND {shift} IS NOT NULL GROUP BY 1 HAVING count(*) >= 2 ORDER BY 2 DESC, 1 LIMIT {MOST_OF_ONE}"
    )
    cases = [f"WHEN {shift} = {seconds} THEN {literal(_duration(seconds))}" for seconds, _ in common]
    cases += [
        f"WHEN {before} IS NULL THEN 'было пусто'",
        f"WHEN {after} IS NULL THEN 'стало пусто'",
        f"WHEN {after} > {before} THEN 'позже'",
    ]
    return f"CASE {' '.join(cases)} ELSE 'раньше' END"


def _duration(seconds: int) -> str:
    sign, seconds = ("+" if seconds > 0 else "−"), abs(seconds)
    for size, name in ((86400, "сут"), (3600, "ч"), (60, "мин")):
        if seconds % size == 0:
            return f"{sign}{seconds // size} {name}"
    return f"{sign}{seconds} с"


def _shared_pair(file: _File, rows: str, before: str, after: str) -> str:
    texts = [f"CAST({side} AS VARCHAR)" for side in (before, after)]
    common = file.ask(
        f"SELECT {texts[0]}, {texts[1]}, count(*) {rows} GROUP BY 1, 2 HAVING count(*) >= 2 ORDER BY 3 DESC, 1, 2 LIMIT {MOST_OF_ONE}"
    )
    cases = []
    for was, now, _ in common:
        same = " AND ".join(
            f"{text} IS NOT DISTINCT FROM {'NULL' if value is None else literal(value)}"
            for text, value in zip(texts, (was, now), strict=True)
        )
        cases.append(f"WHEN {same} THEN {literal(f'{shown(was)} → {shown(now)}')}")
    cases += [f"WHEN {texts[0]} IS NULL OR {texts[0]} = '' THEN 'было пусто'"]
    cases += [f"WHEN {texts[1]} IS NULL OR {texts[1]} = '' THEN 'стало пусто'"]
    return f"CASE {' '.join(cases)} ELSE '' END"


def _of_rows(file: _File, change: str) -> list[Cause]:
    side = BEFORE if change == "removed" else AFTER
    where = file.kind_of_row(side)
    rows = file.rows(f"change = {literal(change)}", "")
    numbers = [
        name.removeprefix(side)
        for name, kind in file.types.items()
        if name.startswith(side) and pa.types.is_decimal(kind) and name.removeprefix(side) not in file.key
    ]
    money = money_column(numbers)
    total = f"sum({quoted(side + money)})" if money else "NULL"
    groups = file.ask(
        f"SELECT {where} AS place, count(*), {total} {rows} GROUP BY place ORDER BY count(*) DESC, place LIMIT {CAUSES}"
    )
    order = file.order(side)
    causes = []
    for place, count, summed in groups:
        of = f"{rows} AND {where} = {literal(place)} ORDER BY {order} LIMIT {EXAMPLES}"
        text = "" if summed is None else shown(summed)
        causes.append(
            Cause(
                change=change,
                where=place,
                count=count,
                before_sum=text if change == "removed" else "",
                after_sum=text if change == "added" else "",
                examples=[item.example for row in _dicts(file, of) for item in row_changes(row)],
            )
        )
    return causes


def _dicts(file: _File, rest: str) -> list[dict[str, Any]]:
    found = file.connection.execute(f"SELECT * {rest}")
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
