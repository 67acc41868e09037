"""Reports by description (`reports` of the behaviour; the header of behaviour/reports_trade.toml tells how to read one).

A report reads rows of its sources, adds them up by key, computes columns and totals. Numbers are exact; rows come in order of the key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from harness.errors import ConfigError
from stand.emulator.behaviour.expressions import Expression, compiled
from stand.emulator.behaviour.report_sources import READERS, Period, SourceRequest
from stand.emulator.loaders.company import synonym
from stand.emulator.rows import Ref, Row

if TYPE_CHECKING:
    from datetime import date

    from stand.emulator.behaviour.lookups import Lookup
    from stand.emulator.database.infobase import Session
    from stand.emulator.model import Configuration

__all__ = ["Column", "Report", "ReportResult", "Reports"]

_Cells = tuple[tuple[str, Expression], ...]
_ZERO = Decimal(0)
_VARIANT = "Основной"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a report; `type` is string, number, date or boolean."""

    name: str
    title: str
    type: str
    value: Expression


@dataclass(frozen=True, slots=True)
class _Source:
    reader: str
    table: Mapping[str, Any]
    objects: tuple[str, ...]
    where: Expression | None
    key: _Cells
    take: _Cells
    sums: _Cells


@dataclass(frozen=True, slots=True)
class ReportResult:
    """What a report showed. Values are str, Decimal, datetime, bool."""

    report: str
    title: str
    variant: str
    start: date
    end: date
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rows: list[Row]
    totals: Row


class Report:
    """One report, compiled."""

    def __init__(self, name: str, table: Mapping[str, Any], configuration: Configuration) -> None:
        """Compiles.

        Raises:
            ConfigError: a reader, a register or an expression that does not exist.
        """
        place = f"reports/{name}"
        self.name = name
        self.title = str(table.get("title") or synonym(name))
        self.origin = str(table.get("origin", "vendor"))
        self.key = tuple(str(item) for item in table["key"])
        self.parameters: Mapping[str, str] = dict(table.get("parameters", {}))
        self.variants = (_VARIANT,)
        self._where = compiled(str(table["where"]), place) if "where" in table else None
        self._sources = [_source(item, configuration, f"{place}/{key}") for key, item in table["sources"].items()]
        self.columns = tuple(
            Column(
                column,
                str(item.get("title") or synonym(column)),
                str(item["type"]),
                compiled(str(item.get("value", column)), place),
            )
            for column, item in table["columns"].items()
        )
        self._totals = {column: str(text) for column, text in table.get("totals", {}).items()}
        self._place = place
        if missing := set(self.key) - {column.name for column in self.columns}:
            raise ConfigError(f"Колонки ключа {sorted(missing)} нет среди колонок", place=place)

    @property
    def custom(self) -> bool:
        """Made for this company, not shipped by the vendor."""
        return self.origin != "vendor"

    @property
    def objects(self) -> tuple[str, ...]:
        """Metadata the report reads: who may not read it may not run the report."""
        return tuple(dict.fromkeys(name for source in self._sources for name in source.objects))

    def run(
        self, session: Session, lookup: Lookup, start: date, end: date, parameters: Mapping[str, Any]
    ) -> ReportResult:
        """Runs the report.

        Args:
            session: reads.
            lookup: reads for expressions.
            start: first day, inclusive.
            end: last day, inclusive.
            parameters: name to code of the catalog item, to id or to `Ref`.

        Raises:
            ConfigError: no such parameter, or no such item.
        """
        period = Period(datetime.combine(start, time()), datetime.combine(end, time(23, 59, 59)))
        given = {name: self._parameter(lookup, name, value) for name, value in parameters.items()}
        scope = lookup.scope({"start": period.start, "end": period.end})
        groups = self._groups(session, scope, period, given)
        rows = self._rows(groups, lookup.scope({"start": period.start, "end": period.end}))
        return ReportResult(
            report=self.name,
            title=self.title,
            variant=_VARIANT,
            start=start,
            end=end,
            columns=self.columns,
            key=self.key,
            rows=rows,
            totals=self._sum_up(rows, lookup),
        )

    def _parameter(self, lookup: Lookup, name: str, value: Any) -> Ref:
        target = self.parameters.get(name)
        if target is None:
            raise ConfigError(
                f"У отчёта «{self.title}» нет параметра «{name}»",
                hint=f"есть: {', '.join(self.parameters) or 'никаких'}",
            )
        if isinstance(value, Ref):
            return value
        reference = Ref(target, str(value).lower())
        return reference if lookup.resolve(reference) is not None else lookup.item(target, str(value))

    def _groups(self, session: Session, scope: dict[str, Any], period: Period, given: Mapping[str, Ref]) -> list[Row]:
        groups: dict[tuple[Any, ...], Row] = {}
        for source in self._sources:
            for row in self._read(session, source, period, given):
                scope["row"] = row
                if source.where is not None and not source.where(scope):
                    continue
                key = tuple(expression(scope) for _name, expression in source.key)
                group = groups.get(key)
                if group is None:
                    group = groups[key] = dict(zip((name for name, _ in source.key), key, strict=True))
                for name, expression in source.take:
                    group.setdefault(name, expression(scope))
                for name, expression in source.sums:
                    group[name] = group.get(name, _ZERO) + expression(scope)
        return list(groups.values())

    def _read(self, session: Session, source: _Source, period: Period, given: Mapping[str, Ref]) -> Iterator[Row]:
        where = {dimension: given[name] for dimension, name in source.table.get("filter", {}).items() if name in given}
        return READERS[source.reader](SourceRequest(session, source.table, period, where))

    def _rows(self, groups: list[Row], scope: dict[str, Any]) -> list[Row]:
        defaults = {name: _ZERO for source in self._sources for name, _ in source.sums}
        labels = {name: "" for source in self._sources for name, _ in source.take}
        measured = [{**labels, **defaults, **group} for group in groups]
        scope["whole"] = lambda name: sum((group[name] for group in measured), _ZERO)
        rows = []
        for group in measured:
            inner = {**scope, **group}
            row: Row = {}
            for column in self.columns:
                row[column.name] = inner[column.name] = column.value(inner)
            if self._where is None or self._where(inner):
                rows.append(row)
        rows.sort(key=lambda row: tuple(str(row[name]) for name in self.key))
        return rows

    def _sum_up(self, rows: list[Row], lookup: Lookup) -> Row:
        totals: Row = {}
        scope = lookup.scope({"whole": lambda name: sum((row[name] for row in rows), _ZERO)})
        for column, text in self._totals.items():
            value = compiled(f"whole('{column}')" if text == "sum" else text, f"{self._place}/totals")(
                {**scope, **totals}
            )
            totals[column] = value
        return totals


class Reports:
    """All reports of a configuration."""

    def __init__(self, configuration: Configuration) -> None:
        described = configuration.behaviour.get("reports")
        tables = described if isinstance(described, Mapping) else {}
        self.by_name = {name: Report(name, table, configuration) for name, table in tables.items()}


def _source(table: Mapping[str, Any], configuration: Configuration, place: str) -> _Source:
    reader = str(table["read"])
    if reader not in READERS:
        raise ConfigError(f"Неизвестный источник «{reader}»", place=place, hint=f"есть: {', '.join(READERS)}")
    name = str(table.get("register") or table.get("document"))
    if name not in configuration.objects:
        raise ConfigError(f"Нет объекта «{name}»", place=place)
    return _Source(
        reader=reader,
        table=table,
        objects=(name,),
        where=compiled(str(table["where"]), place) if "where" in table else None,
        key=_cells(table["key"], place),
        take=_cells(table.get("take", {}), place),
        sums=_cells(table.get("sum", {}), place),
    )


def _cells(table: Mapping[str, str], place: str) -> _Cells:
    return tuple((name, compiled(text, f"{place}/{name}")) for name, text in table.items())
