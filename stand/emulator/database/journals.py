"""Document journals: a view over the documents of a journal, so a journal shows what its documents are, whoever wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.onec.names import NAMESPACE
from stand.emulator.database.cells import Storage, quoted

if TYPE_CHECKING:
    from stand.emulator.database.cells import Cell, Field
    from stand.emulator.database.tables import Layout, Table
    from stand.emulator.model import Journal, MetaObject

_COMMON = frozenset({"Date", "DeletionMark", "Number", "Posted"})


def journal_sql(layout: Layout, meta: MetaObject) -> str:
    """`CREATE VIEW` of a journal whose documents are known; "" for any other object (a recorded journal is a table of its own)."""
    journal = meta.journal
    if journal is None or not journal.documents:
        return ""
    table = layout.objects[str(meta.name)]
    parts = [_part(layout, table, journal, document) for document in journal.documents]
    return f"CREATE VIEW {quoted(table.name)} AS {' UNION ALL '.join(parts)}"


def _part(layout: Layout, table: Table, journal: Journal, document: str) -> str:
    source = layout.objects[document]
    columns: list[str] = []
    for field in table.fields:
        cells = _cells(field, source, journal, document)
        columns += [f"{cell} AS {quoted(column)}" for cell, column in zip(cells, field.columns, strict=True)]
    return f"SELECT {', '.join(columns)} FROM {quoted(source.name)} AS d"  # noqa: S608 - names of the model, quoted


def _cells(field: Field, source: Table, journal: Journal, document: str) -> list[str]:
    """SQL of the cells of a column of the journal out of a document."""
    if field.name == "Ref":
        return ['d."Ref"', f"'{document}'"]
    if field.name == "Type":
        return [f"'{NAMESPACE}.{document}'"]
    name = field.name if field.name in _COMMON else journal.attribute(field.name, document)
    shown = source.by_name.get(name)
    if shown is None:
        return [_literal(cell) for cell in field.empty]
    cells = [f"d.{quoted(column)}" for column in shown.columns]
    if shown.storage is field.storage and shown.scale == field.scale:
        return cells
    if field.storage is Storage.COMPOSITE and shown.storage is Storage.REFERENCE:
        return [*cells, f"'{shown.target}'"]
    return [_literal(cell) for cell in field.empty]


def _literal(cell: Cell) -> str:
    return str(cell) if isinstance(cell, int) else f"'{cell!s}'"
