"""Presentations: what a person sees instead of a value (facts/odata.md 2, `____Presentation`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.onec.names import EMPTY_REF
from harness.onec.values import parse_datetime
from stand.emulator.database.tables import Storage, Table, quoted, unscaled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stand.emulator.database.connection import Connection
    from stand.emulator.database.tables import Field
    from stand.emulator.odata.shapes import Publication


class Presentations:
    """Looks presentations up, each once for one answer."""

    def __init__(self, publication: Publication, connection: Connection) -> None:
        self._publication = publication
        self._connection = connection
        self._known: dict[tuple[str, str], str] = {}

    def of(self, field: Field, cells: Sequence[Any]) -> str:
        """The presentation of a field's value."""
        match field.storage:
            case Storage.REFERENCE:
                return self.of_reference(field.type.reference, cells[0])
            case Storage.COMPOSITE:
                return self.of_reference(cells[1], cells[0]) if "_" in cells[1] else str(cells[0])
            case Storage.NUMBER:
                return _number(cells[0], field.scale)
            case Storage.BOOLEAN:
                return "Да" if cells[0] else "Нет"
            case Storage.DATE:
                return date_text(cells[0])
            case _:
                return str(cells[0])

    def of_reference(self, object_name: str, id_: str) -> str:
        """Of a reference; "" of an empty one or of one whose object is not known."""
        known = self._known.get((object_name, id_))
        if known is not None:
            return known
        table = self._publication.layout.objects.get(object_name)
        result = "" if table is None or id_ == EMPTY_REF else self._look_up(object_name, table, id_)
        self._known[object_name, id_] = result
        return result

    def _look_up(self, object_name: str, table: Table, id_: str) -> str:
        names = order_fields(table)
        if not names:
            return ""
        columns = ", ".join(quoted(name) for name in names)
        sql = f'SELECT {columns} FROM {quoted(table.name)} WHERE "Ref" = ?'  # noqa: S608 - names of the model, quoted
        row = self._connection.execute(sql, (id_,)).fetchone()
        if row is None:
            return ""
        if len(names) == 1:
            return str(row[0])
        meta = self._publication.configuration.objects[object_name]
        date, number = row
        return f"{meta.title or meta.name.name} {number} от {date_text(date)}"


def order_fields(table: Table) -> list[str]:
    """Fields a reference is sorted and shown by: description, or code, or date and number of a document."""
    if "Ref" not in table.by_name:
        return []
    for names in (("Description",), ("Code",), ("Date", "Number")):
        if all(name in table.by_name for name in names):
            return list(names)
    return []


def date_text(text: str) -> str:
    """A date as 1C shows it, 13.05.2017 12:42:43."""
    moment = parse_datetime(text)
    return f"{moment:%d.%m.}{moment.year:04d} {moment.hour}:{moment:%M:%S}"


def _number(number: int, scale: int) -> str:
    whole, point, rest = f"{unscaled(number, scale):f}".partition(".")
    grouped = f"{int(whole):,}".replace(",", "\u00a0")
    return f"{grouped},{rest}" if point else grouped
