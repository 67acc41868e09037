"""A base out of a recording: `$metadata` and feeds of a real one."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from harness.errors import DocumentError, reason
from harness.onec.edmx import read_edmx
from stand.emulator.database.connection import load_rows
from stand.emulator.database.infobase import Infobase
from stand.emulator.database.tables import MAX_INT, Layout, scaled
from stand.emulator.database.totals import rebuild
from stand.emulator.loaders.edmx import UNKNOWN_FRACTION, configuration_from_metadata
from stand.emulator.loaders.feed import read_feed
from stand.emulator.odata.shapes import Publication, ShapeKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from stand.emulator.database.dialect import Place
    from stand.emulator.database.session import Session
    from stand.emulator.database.tables import Table
    from stand.emulator.loaders.feed import Entry
    from stand.emulator.model import Attribute, Configuration, MetaObject


def create_recorded(
    place: Place, metadata: Path, feeds: Sequence[Path] = (), settle: Callable[[Infobase], object] = lambda _base: None
) -> Infobase:
    """A new base that serves a recorded publication with the recorded rows; `settle` gives it the rest (users, settings).

    `metadata` is the answer of `$metadata`; `feeds` are answers of SelectChanges or of entity sets in Atom, and a later entry replaces an earlier
    one with the same key.

    Raises:
        DocumentError: a file is missing, or is not what it should be; nothing is left behind.
    """
    described = read_edmx(_read(metadata), place=str(metadata))
    configuration = configuration_from_metadata(described, name=metadata.stem)
    publication = Publication(Layout(configuration))
    entries = [entry for feed in feeds for entry in read_feed(_read(feed), publication, place=str(feed))]
    configuration = _with_fractions(configuration, entries)
    with Infobase.creation(place, configuration) as base, base.transaction() as session:
        for entry in entries:
            _write(session, entry)
        # Records went in as they were: their totals follow at once.
        rebuild(session.connection, session.layout, {entry.shape.object_name for entry in entries})
        settle(base)
        return base


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DocumentError(f"файл не читается: {reason(error)}", place=str(path)) from error


def _write(session: Session, entry: Entry) -> None:
    """Rows go in as they were recorded: no handlers, no new versions, no renumbering."""
    shape, row = entry.shape, entry.row
    table = session.layout.objects[shape.object_name]
    if shape.kind is ShapeKind.RECORD_SET:
        session.write_records(shape.object_name, row["Recorder"], ())
        _insert(session, table, ({**line, "Recorder": row["Recorder"]} for line in row.get("RecordSet", ())))
        return
    target = (
        session.layout.sections[shape.object_name][shape.table.name.partition(".")[2]]
        if shape.kind is ShapeKind.SECTION
        else table
    )
    _insert(session, target, (row,))
    for name, section in session.layout.sections[shape.object_name].items():
        _insert(session, section, ({**line, "Ref": row["Ref"]} for line in row.get(name, ())))


def _insert(session: Session, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    load_rows(session.connection, table, [table.encode(row) for row in rows])


def _with_fractions(configuration: Configuration, entries: Sequence[Entry]) -> Configuration:
    """As many digits after the point for each number as were recorded: `$metadata` does not tell them."""
    found: dict[str, dict[str, int]] = {}
    for entry in entries:
        _note(found.setdefault(entry.shape.object_name, {}), "", entry.row)
    return replace(
        configuration,
        objects={name: _widened(meta, found.get(name, {})) for name, meta in configuration.objects.items()},
    )


def _note(found: dict[str, int], prefix: str, row: Mapping[str, Any]) -> None:
    for name, value in row.items():
        if isinstance(value, list):
            # Rows of a record set are fields of the register itself.
            for line in value:
                _note(found, "" if name == "RecordSet" else f"{name}.", line)
        elif isinstance(value, Decimal):
            exponent = value.normalize().as_tuple().exponent
            digits = -exponent if isinstance(exponent, int) else 0
            found[prefix + name] = max(found.get(prefix + name, UNKNOWN_FRACTION), digits)
            if abs(scaled(value, found[prefix + name])) >= MAX_INT:
                raise DocumentError(f"число {value} в поле «{name}» слишком длинное для хранения")


def _widened(meta: MetaObject, found: Mapping[str, int]) -> MetaObject:
    if not found:
        return meta

    def wide(attributes: tuple[Attribute, ...], prefix: str = "") -> tuple[Attribute, ...]:
        return tuple(
            replace(item, type=replace(item.type, fraction=found[prefix + item.name]))
            if found.get(prefix + item.name, 0) > item.type.fraction and item.type.fraction
            else item
            for item in attributes
        )

    register = meta.register
    if register is not None:
        register = replace(
            register,
            dimensions=wide(register.dimensions),
            resources=wide(register.resources),
            attributes=wide(register.attributes),
        )
    return replace(
        meta,
        attributes=wide(meta.attributes),
        sections=tuple(replace(item, attributes=wide(item.attributes, f"{item.name}.")) for item in meta.sections),
        register=register,
    )
