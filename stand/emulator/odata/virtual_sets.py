"""Bound functions of registers as collections: SliceLast, SliceFirst, Balance, Turnovers, BalanceAndTurnovers (facts/odata.md 5)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from stand.emulator.database import virtual, virtual_sql
from stand.emulator.database.tables import Field, Table
from stand.emulator.model import RegisterKind
from stand.emulator.odata.compiler import Compiler, Scope
from stand.emulator.odata.edmx_out import TYPE_SUFFIX, parameters_of
from stand.emulator.odata.errors import bad_option, no_method, no_segment, unsupported_option
from stand.emulator.odata.parser import parse_filter
from stand.emulator.odata.reading import Source
from stand.emulator.odata.shapes import Shape, ShapeKind, spelled
from stand.emulator.odata.urls import literal_argument, parse_arguments, text_argument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stand.emulator.model import MetaObject
    from stand.emulator.odata.shapes import Publication
    from stand.emulator.odata.urls import Segment

_OWN_PARAMETERS = frozenset({"allowedOnly"})
_SLICES = frozenset({"SliceLast", "SliceFirst"})


def virtual_source(
    publication: Publication, shape: Shape, segment: Segment, parameters: Mapping[str, str], select: str
) -> Source:
    """A virtual table of a register called on a set; of a totals table the shape's name is that of its row type.

    Parameters come in the path or in the query string; period fields named in `$select` group the turnovers.

    Raises:
        ODataError: 400 code 6: no such function here; 501 code 0: no such parameter.
    """
    meta = shape.meta
    name = segment.name
    if meta.register is None or name not in virtual.virtual_tables(meta) or shape.kind is not _bound_kind(meta, name):
        raise no_method()
    given = dict(parse_arguments(segment.arguments)) if segment.arguments else {}
    given.update((key, value) for key, value in parameters.items() if key not in _OWN_PARAMETERS)
    known = {item for item, _type in parameters_of(meta, name)}
    for key in given:
        if key not in known:
            raise unsupported_option(key)
    if name in _SLICES:
        return _slice(publication, shape, name, given)
    return _totals(publication, shape, name, given, select)


def _bound_kind(meta: MetaObject, name: str) -> ShapeKind:
    """Slices of a subordinate register are called on its records, totals on its record sets."""
    if name not in _SLICES:
        return ShapeKind.RECORD_SET
    independent = meta.register is not None and meta.register.kind is RegisterKind.INDEPENDENT
    return ShapeKind.INDEPENDENT if independent else ShapeKind.RECORD


def _slice(publication: Publication, shape: Shape, name: str, given: Mapping[str, str]) -> Source:
    condition = _condition(publication, Scope("t", shape.by_name, shape.links, shape), given.get("Condition"))
    derived = virtual_sql.slice_of(
        shape.meta, shape.table, _moment(given, "Period"), condition, last=name == "SliceLast"
    )
    return Source(shape, f"({derived.sql})", shape.table, derived.params)


def _totals(publication: Publication, shape: Shape, name: str, given: Mapping[str, str], select: str) -> Source:
    meta = shape.meta
    fields = [Field.of(item) for item in virtual.dimensions_of(meta)]
    # An account is asked for by `AccountCondition` alone (facts/odata.md 5).
    accounts = [item for item in fields if item.name == "Account"]
    scope = _scope(publication, [item for item in fields if item not in accounts])
    chosen = [item.strip() for item in select.split(",")]
    request = virtual_sql.Request(
        start=_moment(given, "StartPeriod"),
        end=_moment(given, "Period" if name == "Balance" else "EndPeriod"),
        dimensions=_dimensions(meta, given),
        periods=tuple(item for item in virtual.PERIODS if item in chosen),
        condition=_both(
            _condition(publication, scope, given.get("Condition")),
            _condition(publication, _scope(publication, accounts), given.get("AccountCondition"), "AccountCondition"),
        ),
    )
    chart = publication.layout.objects.get(meta.register.chart) if meta.register is not None else None
    derived = virtual_sql.totals(meta, publication.layout.objects[str(meta.name)], name, request, chart)
    title = f"{meta.name}{TYPE_SUFFIX[name]}"
    # Without a key rows come in the order of the dimensions, so pages do not overlap.
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


def _scope(publication: Publication, fields: list[Field]) -> Scope:
    return Scope("t", {prop.name: prop for prop in spelled(fields)}, publication.links(fields))


def _both(first: virtual_sql.Condition, second: virtual_sql.Condition) -> virtual_sql.Condition:
    parts = [item for item in (first, second) if item.sql]
    return virtual_sql.Condition(
        " AND ".join(f"({item.sql})" for item in parts), tuple(one for item in parts for one in item.params)
    )


def _condition(
    publication: Publication, scope: Scope, raw: str | None, option: str = "Condition"
) -> virtual_sql.Condition:
    if raw is None or not text_argument(raw).strip():
        return virtual_sql.Condition()
    compiled = Compiler(publication, scope).condition(parse_filter(text_argument(raw), option))
    return virtual_sql.Condition(compiled.text, compiled.params)


def _moment(given: Mapping[str, str], name: str) -> datetime | None:
    raw = given.get(name)
    if raw is None:
        return None
    value = literal_argument(raw, name)
    if not isinstance(value, datetime):
        raise bad_option(name)
    return value


def _dimensions(meta: MetaObject, given: Mapping[str, str]) -> tuple[str, ...] | None:
    raw = given.get("Dimensions")
    extra = [item for item in text_argument(given.get("ExtraDimensions", "")).split(",") if item.strip()]
    known = {item.name for item in virtual.dimensions_of(meta)}
    if raw is None and not extra:
        return None
    names = [item.strip().removesuffix("_Key") for item in text_argument(raw or "").split(",") if item.strip()]
    for item in names:
        if item not in known:
            raise no_segment(item)
    accounting = meta.register is not None and meta.register.kind is RegisterKind.ACCOUNTING
    if raw is None:
        names = [item.name for item in virtual.dimensions_of(meta) if not item.name.startswith("ExtDimension")]
    elif accounting and "Account" not in names:
        names.insert(0, "Account")
    return (*names, *(f"ExtDimension{number}" for number in range(1, min(len(extra), 3) + 1)))
