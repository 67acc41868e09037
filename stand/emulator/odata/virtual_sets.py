"""Bound functions of registers as collections: slices, totals, entries with extra dimensions, tables of calculation registers (facts/odata.md 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stand.emulator.database import accounting, calculation
from stand.emulator.database.movements import Tables
from stand.emulator.database.slices import slice_of
from stand.emulator.database.tables import Table
from stand.emulator.database.virtual import virtual_tables
from stand.emulator.model import RegisterKind
from stand.emulator.odata.errors import bad_option, no_method, no_segment, unsupported_option
from stand.emulator.odata.reading import Source
from stand.emulator.odata.shapes import Shape, ShapeKind, spelled
from stand.emulator.odata.urls import parse_arguments, text_argument
from stand.emulator.odata.virtual_rows import BASE, base_register, parameters_of, suffix_of
from stand.emulator.odata.virtual_totals import (
    conditions,
    entry_source,
    moment,
    names_of,
    scope_of_fields,
    totals_source,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stand.emulator.database.virtual_sql import Condition, Derived
    from stand.emulator.model import MetaObject
    from stand.emulator.odata.shapes import Publication
    from stand.emulator.odata.urls import Segment

_OWN_PARAMETERS = frozenset({"allowedOnly"})
_SLICES = frozenset({"SliceLast", "SliceFirst"})
_TOTALS = frozenset({"Balance", "Turnovers", "BalanceAndTurnovers"})
_ALIASES = {"OrderBy": "Order"}
"""Other spellings clients use (facts/odata.md 5)."""


def virtual_source(
    publication: Publication, shape: Shape, segment: Segment, parameters: Mapping[str, str], select: str
) -> Source:
    """A virtual table of a register called on a set; but for slices the shape's name is that of the row type.

    Parameters come in the path or in the query string; period fields named in `$select` group the turnovers.

    Raises:
        ODataError: 400 code 6: no such function here; 501 code 0: no such parameter.
    """
    meta = shape.meta
    name = segment.name
    if meta.register is None or name not in virtual_tables(meta) or shape.kind is not _bound_kind(meta, name):
        raise no_method()
    given = dict(parse_arguments(segment.arguments)) if segment.arguments else {}
    given.update((key, value) for key, value in parameters.items() if key not in _OWN_PARAMETERS)
    given = {_ALIASES.get(key, key): value for key, value in given.items()}
    known = {item for item, _type in parameters_of(meta, name)}
    for key in given:
        if key not in known:
            raise unsupported_option(key)
    if name in _SLICES:
        return _slice(publication, shape, name, given)
    return _rows(publication, meta, name, _derived(publication, meta, name, given, select))


def options_of(segment: Segment, options: Mapping[str, str]) -> dict[str, str]:
    """Query options as they work on a virtual table: entries with extra dimensions refuse `$skip` and ignore `$orderby` (facts/odata.md 5).

    Raises:
        ODataError: 400 code 14: `$skip`.
    """
    if segment.name != "RecordsWithExtDimensions":
        return dict(options)
    if "$skip" in options:
        raise bad_option("$skip")
    return {name: value for name, value in options.items() if name != "$orderby"}


def _bound_kind(meta: MetaObject, name: str) -> ShapeKind:
    """Slices of a subordinate register are called on its records, all the rest on its record sets."""
    if name not in _SLICES:
        return ShapeKind.RECORD_SET
    independent = meta.register is not None and meta.register.kind is RegisterKind.INDEPENDENT
    return ShapeKind.INDEPENDENT if independent else ShapeKind.RECORD


def _slice(publication: Publication, shape: Shape, name: str, given: Mapping[str, str]) -> Source:
    scope = scope_of_fields(publication, shape.table.fields, shape)
    condition = conditions(publication, given, {"Condition": scope})
    derived = slice_of(shape.meta, shape.table, moment(given, "Period"), condition, last=name == "SliceLast")
    return Source(shape, f"({derived.sql})", shape.table, derived.params)


def _derived(publication: Publication, meta: MetaObject, name: str, given: Mapping[str, str], select: str) -> Derived:
    if name in _TOTALS:
        return totals_source(publication, meta, name, given, select)
    if meta.register is not None and meta.register.kind is RegisterKind.CALCULATION:
        return _calculated(publication, meta, name, given)
    tables = Tables.of(publication.layout, meta)
    match name:
        case "DrCrTurnovers":
            return entry_source(publication, meta, given, select)
        case "ExtDimensions":
            return accounting.extra_dimensions(meta, tables)
        case "RecordsWithExtDimensions":
            return _entries(publication, tables, given)
        case _:
            raise no_method()


def _calculated(publication: Publication, meta: MetaObject, name: str, given: Mapping[str, str]) -> Derived:
    layout = publication.layout
    fields = layout.objects[str(meta.name)].fields
    condition = conditions(publication, given, {"Condition": scope_of_fields(publication, fields)})
    if name == "ScheduleData":
        return calculation.schedule_data(layout, meta, condition)
    if name == "ActualActionPeriod":
        return calculation.actual_periods(layout, meta, condition)
    if name.startswith(BASE):
        return _base(publication, meta, name, given, condition)
    # A recalculation of a recorded base: nothing is known of it but the name.
    raise no_method()


def _entries(publication: Publication, tables: Tables, given: Mapping[str, str]) -> Derived:
    fields = accounting.record_fields(tables.records.fields, accounting.kinds_chart(tables))
    condition = conditions(publication, given, {"Condition": scope_of_fields(publication, fields)})
    span = accounting.span_of(moment(given, "StartPeriod"), moment(given, "EndPeriod"))
    top = given.get("Top")
    return accounting.records_with_extra(tables, span, condition, None if top is None else _count(top))


def _count(raw: str) -> int:
    text = text_argument(raw).strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise bad_option("Top")
    return int(text)


def _base(
    publication: Publication, meta: MetaObject, name: str, given: Mapping[str, str], condition: Condition
) -> Derived:
    layout = publication.layout
    register = base_register(meta, name)
    mine, theirs = layout.objects[str(meta.name)], layout.objects[register]
    main = names_of(given.get("MainRegisterDimensions"), mine.by_name)
    base = names_of(given.get("BaseRegisterDimensions"), theirs.by_name)
    if len(main) != len(base):
        raise bad_option("BaseRegisterDimensions")
    for a, b in zip(main, base, strict=True):
        if mine.by_name[a].storage is not theirs.by_name[b].storage:
            raise no_segment(b)
    views = names_of(given.get("ViewPoints"), theirs.by_name)
    return calculation.base_of(layout, meta, calculation.Base(register, main, base, views), condition)


def _rows(publication: Publication, meta: MetaObject, name: str, derived: Derived) -> Source:
    title = f"{meta.name}{suffix_of(meta, name)}"
    # Without a key rows come in the order of their columns, so pages do not overlap.
    table = Table(title, derived.fields, tuple(item.name for item in derived.fields))
    row = Shape(
        title,
        ShapeKind.VIRTUAL,
        meta,
        table,
        spelled(derived.fields),
        publication.links(derived.fields),
        {},
        open=False,
    )
    return Source(row, f"({derived.sql})", table, derived.params)
