"""What the inside of the emulator works with: objects, records and virtual tables of an infobase within one transaction.

Rows are those of `stand.emulator.rows`. Two rules save surprises: `put` of an object that exists keeps what the row does not name, and a
section that is named is replaced whole.
"""

from __future__ import annotations

import base64
import binascii
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from harness.onec.names import Kind
from stand.emulator.database.access import condition_of, id_of, order_by
from stand.emulator.database.registers import RegisterAccess
from stand.emulator.database.store import savepoint
from stand.emulator.database.tables import Table, quoted
from stand.emulator.rows import EMPTY, BusinessError, Ref, Row, new_ref

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stand.emulator.model import MetaObject

FIRST_VERSION = "AAAAAAAAAAA="
"""DataVersion of a new object (facts/odata.md 3)."""
_CHUNK = 400


def next_version(version: str) -> str:
    """DataVersion after one more write: base64 of eight bytes that count."""
    try:
        number = int.from_bytes(base64.b64decode(version, validate=True), "big")
    except (binascii.Error, ValueError):
        return FIRST_VERSION
    return base64.b64encode(((number + 1) % 2**64).to_bytes(8, "big")).decode()


class Session(RegisterAccess):
    """One transaction over an infobase."""

    # -- objects ---------------------------------------------------------------------------------------------------------------

    def get(self, object: str, id: str | Ref = "") -> Row | None:  # noqa: A002
        """An object with its tabular sections, or None; of a constant its one row, whatever the id."""
        table = self.layout.objects[object]
        if self.meta(object).kind is Kind.CONSTANT:
            row = self.first(table, {"SurrogateKey": 0})
            return row or {field.name: field.decode(field.empty) for field in table.fields}
        row = self.first(table, {"Ref": id})
        if row is not None:
            self._add_sections(object, [row])
        return row

    def put(self, object: str, row: Row, *, load: bool = False) -> Ref:  # noqa: A002
        """Writes an object: a new one, or over the one with the same `Ref`. Number, code, version and reference are put into `row`.

        `load` is the data-load mode: no handlers of the configuration, and a new object keeps the version it comes with.

        Raises:
            BusinessError: the configuration refuses.
        """
        meta = self.meta(object)
        table = self.layout.objects[object]
        if meta.kind is Kind.CONSTANT:
            row["SurrogateKey"] = 0
            self.execute(table.replace_sql, table.encode(row))
            return Ref(object, EMPTY)
        given = row.get("Ref")
        known = self.first(table, {"Ref": given}) if given and id_of(given) != EMPTY else None
        ref = Ref(object, id_of(given)) if given and id_of(given) != EMPTY else new_ref(object)
        row["Ref"] = ref
        if known is not None:
            for name, value in known.items():
                row.setdefault(name, value)
        if self.hooks.before_write is not None and not load:
            self.hooks.before_write(self, meta, row)
        self._number(meta, table, row, known or {})
        if known is not None:
            row["DataVersion"] = next_version(known["DataVersion"])
        elif not load or not row.get("DataVersion"):
            row["DataVersion"] = FIRST_VERSION
        self.execute(table.replace_sql, table.encode(row))
        for name, section in self.layout.sections[object].items():
            if name in row:
                self._write_section(section, ref, row[name], fresh=known is None)
        return ref

    def delete(self, object: str, id: str | Ref) -> bool:  # noqa: A002
        """Deletes an object for good, with sections and, of a document, its records; False when there was none."""
        table = self.layout.objects[object]
        row = self.first(table, {"Ref": id}) if self.hooks.after_state is not None else None
        condition, params = condition_of(table, {"Ref": id})
        found = self.execute(f"DELETE FROM {quoted(table.name)} AS t{condition}", params).rowcount > 0  # noqa: S608 - names quoted, values bound
        for section in self.layout.sections[object].values():
            self.execute(f"DELETE FROM {quoted(section.name)} AS t{condition}", params)  # noqa: S608 - as above
        if found and self.meta(object).kind is Kind.DOCUMENT:
            self.clear_records(Ref(object, id_of(id)))
        if found and row is not None:
            self._tell(object, row, "deleted")
        return found

    def find(self, object: str, **equal: Any) -> list[Row]:  # noqa: A002
        """Objects whose attributes equal the values, with sections; one record each of an information register."""
        return list(self.select(object, where=equal))

    def select(
        self,
        object: str,  # noqa: A002
        *,
        where: Mapping[str, Any] | None = None,
        order: Sequence[str] = (),
        limit: int | None = None,
        sections: bool = True,
    ) -> Iterator[Row]:
        """Objects (or records of a register), whole, with tabular sections unless `sections` is false.

        `where` is attribute to value, a list or a set meaning any of them; `order` is attributes, "-" in front of one for descending, and the
        key decides among equals.
        """
        table = self.layout.objects[object]
        condition, params = condition_of(table, where or {})
        ordering = [*order, *(name for name in table.key if name not in order)]
        by = ", ".join(order_by(table, item) for item in ordering)
        tail = f" ORDER BY {by}" if by else ""
        tail += " LIMIT ?" if limit is not None else ""
        params += [limit] if limit is not None else []
        rows = self.rows(table, f"{condition}{tail}", params)
        if not sections or not self.layout.sections[object]:
            yield from rows
            return
        batch: list[Row] = []
        for row in rows:
            batch.append(row)
            if len(batch) == _CHUNK:
                yield from self._add_sections(object, batch)
                batch = []
        yield from self._add_sections(object, batch)

    # -- posting ---------------------------------------------------------------------------------------------------------------

    def post(self, object: str, id: str | Ref) -> None:  # noqa: A002
        """Posts a document: its records are made anew and `Posted` is set.

        Raises:
            BusinessError: there is no such document, it is marked for deletion, or the configuration refuses.
        """
        meta, row = self._document(object, id)
        if row.get("DeletionMark"):
            raise BusinessError("Помеченный на удаление документ не может быть проведен!")
        if self.hooks.posting is not None:
            records = self.hooks.posting(self, meta, row)
            ref = Ref(object, id_of(id))
            for name in dict.fromkeys((*self.registers_of(object), *records)):
                self.write_records(name, ref, records.get(name, ()))
        self._set_posted(object, row, posted=True)
        self._tell(object, row, "posted")

    def unpost(self, object: str, id: str | Ref) -> None:  # noqa: A002
        """Takes a document's records away and clears `Posted`.

        Raises:
            BusinessError: there is no such document.
        """
        _meta, row = self._document(object, id)
        self.clear_records(Ref(object, id_of(id)))
        self._set_posted(object, row, posted=False)
        self._tell(object, row, "unposted")

    # -- business processes ----------------------------------------------------------------------------------------------------

    def start_process(self, object: str, row: Row, point: str = "") -> None:  # noqa: A002
        """Starts a business process: by its route, at a point of it if one is named.

        Raises:
            BusinessError: it is started already.
        """
        if self.hooks.start is not None:
            self.hooks.start(self, self.meta(object), row, point)
            return
        self._mark(object, row, "Started", "Бизнес-процесс уже стартован!")

    def execute_task(self, object: str, row: Row) -> None:  # noqa: A002
        """Executes a task and moves its business process on.

        Raises:
            BusinessError: it is executed already.
        """
        if self.hooks.execute is not None:
            self.hooks.execute(self, self.meta(object), row)
            return
        self._mark(object, row, "Executed", "Задача уже выполнена!")

    def _mark(self, object: str, row: Row, name: str, refusal: str) -> None:  # noqa: A002
        if row.get(name):
            raise BusinessError(refusal)
        row[name] = True
        self.put(object, row)

    @contextmanager
    def part(self) -> Iterator[None]:
        """A part of the transaction that is undone alone when an exception leaves it."""
        with savepoint(self.connection):
            yield

    # -- event log -------------------------------------------------------------------------------------------------------------

    def log_event(self, level: str, event: str, metadata: str = "", comment: str = "") -> None:
        """Writes into the event log ("error", "warning", "info"); part of the transaction, as in 1C."""
        now = datetime.now().replace(microsecond=0).isoformat()  # noqa: DTZ005 - 1C's clock is the server's local one
        # Writers take turns, so the next number is nobody else's.
        self.execute(
            'INSERT INTO _log (id, time, level, event, metadata, comment, "user")'
            " SELECT COALESCE(MAX(id), 0) + 1, ?, ?, ?, ?, ?, ? FROM _log",
            (now, level, event, metadata, comment, self.user),
        )

    # -- inside ----------------------------------------------------------------------------------------------------------------

    def _document(self, object: str, id: str | Ref) -> tuple[MetaObject, Row]:  # noqa: A002
        row = self.get(object, id)
        if row is None:
            raise BusinessError(f"Объект не найден ({object}: {id_of(id)})")
        return self.meta(object), row

    def _tell(self, object: str, row: Row, state: str) -> None:  # noqa: A002
        if self.hooks.after_state is not None:
            self.hooks.after_state(self, self.meta(object), row, state)

    def _set_posted(self, object: str, row: Row, *, posted: bool) -> None:  # noqa: A002
        table = self.layout.objects[object]
        # Posting may have filled attributes of the header (totals): the whole header is written.
        row["Posted"] = posted
        row["DataVersion"] = next_version(row["DataVersion"])
        self.execute(table.replace_sql, table.encode(row))

    def _add_sections(self, object: str, rows: list[Row]) -> list[Row]:  # noqa: A002
        """Puts the tabular sections into rows of an object, with one query a section."""
        if not rows:
            return rows
        by_id = {row["Ref"].id: row for row in rows}
        for name, table in self.layout.sections[object].items():
            for row in rows:
                row[name] = []
            condition, params = condition_of(table, {"Ref": list(by_id)})
            for line in self.rows(table, f'{condition} ORDER BY t."Ref", t."LineNumber"', params):
                by_id[line.pop("Ref").id][name].append(line)
        return rows

    def _write_section(self, table: Table, ref: Ref, lines: Sequence[Row], *, fresh: bool) -> None:
        if not fresh:
            self.execute(f'DELETE FROM {quoted(table.name)} WHERE "Ref" = ?', (ref.id,))  # noqa: S608 - name quoted
        cells = []
        for number, line in enumerate(lines, 1):
            line["LineNumber"] = number
            cells.append(table.encode({**line, "Ref": ref}))
        if cells:
            self.check_writing()
            self.connection.executemany(table.replace_sql, cells)

    def _number(self, meta: MetaObject, table: Table, row: Row, known: Row) -> None:
        """A new number or code when there is none; a given one is remembered, so the next new one is greater."""
        name = "Number" if "Number" in table.by_name else "Code" if "Code" in table.by_name else ""
        if not name:
            return
        field = table.by_name[name]
        given = row.get(name)
        if given and given == known.get(name):
            return
        date = row.get("Date")
        period = str(date.year) if name == "Number" and isinstance(date, datetime) else ""
        if given:
            digits = str(given)[-18:]
            if digits.isascii() and digits.isdigit():
                self.remember_number(str(meta.name), name, period, int(digits))
            return
        if meta.kind is Kind.CHART_OF_ACCOUNTS:
            return
        last = self.connection.execute(
            "SELECT last FROM _numbers WHERE object = ? AND field = ? AND period = ?", (str(meta.name), name, period)
        ).fetchone()
        number = (last[0] if last else 0) + 1
        self.remember_number(str(meta.name), name, period, number)
        length = field.type.length or (11 if name == "Number" else 9)
        row[name] = str(number).zfill(length) if field.storage.value == "text" else number

    def remember_number(self, object: str, field: str, period: str, number: int) -> None:  # noqa: A002
        """A number or a code is taken: the next new one of the object, the field and the period is greater."""
        self.execute(
            "INSERT INTO _numbers (object, field, period, last) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (object, field, period) DO UPDATE SET last = excluded.last WHERE excluded.last > _numbers.last",
            (object, field, period, number),
        )
