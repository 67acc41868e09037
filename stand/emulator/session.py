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
from stand.emulator import virtual
from stand.emulator.model import RegisterKind
from stand.emulator.rows import EMPTY, EMPTY_MOMENT, BusinessError, Ref, Row, new_ref
from stand.emulator.store import savepoint
from stand.emulator.tables import Field, Table, quoted

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from stand.emulator.infobase import Hooks
    from stand.emulator.model import MetaObject
    from stand.emulator.tables import Layout

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


class Session:
    """One transaction over an infobase."""

    def __init__(
        self, connection: sqlite3.Connection, layout: Layout, hooks: Hooks, user: str, *, writing: bool
    ) -> None:
        self.connection = connection
        self.layout = layout
        self.configuration = layout.configuration
        self.hooks = hooks
        self.user = user
        self.writing = writing

    # -- objects ---------------------------------------------------------------------------------------------------------------

    def meta(self, object: str) -> MetaObject:  # noqa: A002 - the word of the model
        """The metadata object of a resource name; KeyError when the configuration has none."""
        return self.configuration.objects[object]

    def get(self, object: str, id: str | Ref = "") -> Row | None:  # noqa: A002
        """An object with its tabular sections, or None; of a constant its one row, whatever the id."""
        table = self.layout.objects[object]
        if self.meta(object).kind is Kind.CONSTANT:
            row = self._first(table, {"SurrogateKey": 0})
            return row or {field.name: field.decode(field.empty) for field in table.fields}
        row = self._first(table, {"Ref": id})
        if row is not None:
            self._add_sections(object, [row])
        return row

    def put(self, object: str, row: Row, *, load: bool = False) -> Ref:  # noqa: A002
        """Writes an object: a new one, or over the one with the same `Ref`. Number, code, version and reference are put into `row`.

        Args:
            load: no handlers of the configuration (data-load mode).

        Raises:
            BusinessError: the configuration refuses.
        """
        meta = self.meta(object)
        table = self.layout.objects[object]
        if meta.kind is Kind.CONSTANT:
            row["SurrogateKey"] = 0
            self._execute(table.replace_sql, table.encode(row))
            return Ref(object, EMPTY)
        given = row.get("Ref")
        known = self._first(table, {"Ref": given}) if given and _id(given) != EMPTY else None
        ref = Ref(object, _id(given)) if given and _id(given) != EMPTY else new_ref(object)
        row["Ref"] = ref
        if known is not None:
            for name, value in known.items():
                row.setdefault(name, value)
        if self.hooks.before_write is not None and not load:
            self.hooks.before_write(self, meta, row)
        self._number(meta, table, row)
        if not load or not row.get("DataVersion"):
            row["DataVersion"] = next_version(known["DataVersion"]) if known is not None else FIRST_VERSION
        self._execute(table.replace_sql, table.encode(row))
        for name, section in self.layout.sections[object].items():
            if name in row:
                self._write_section(section, ref, row[name], fresh=known is None)
        return ref

    def delete(self, object: str, id: str | Ref) -> bool:  # noqa: A002
        """Deletes an object for good, with sections and, of a document, its records; False when there was none."""
        table = self.layout.objects[object]
        condition, params = _where(table, {"Ref": id})
        found = self._execute(f"DELETE FROM {quoted(table.name)} AS t{condition}", params).rowcount > 0  # noqa: S608 - names quoted, values bound
        for section in self.layout.sections[object].values():
            self._execute(f"DELETE FROM {quoted(section.name)} AS t{condition}", params)  # noqa: S608 - as above
        if found and self.meta(object).kind is Kind.DOCUMENT:
            self.clear_records(Ref(object, _id(id)))
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
        """Objects (or records of a register), whole.

        Args:
            where: attribute to value; a list or a set means any of them.
            order: attributes, "-" in front of one for descending; the key decides among equals.
            sections: with tabular sections.
        """
        table = self.layout.objects[object]
        condition, params = _where(table, where or {})
        ordering = [*order, *(name for name in table.key if name not in order)]
        by = ", ".join(_order(table, item) for item in ordering)
        tail = f" ORDER BY {by}" if by else ""
        tail += " LIMIT ?" if limit is not None else ""
        params += [limit] if limit is not None else []
        rows = self._rows(table, f"{condition}{tail}", params)
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

    # -- registers -------------------------------------------------------------------------------------------------------------

    def records(
        self,
        register: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        recorder: Ref | None = None,
        where: Mapping[str, Any] | None = None,
    ) -> Iterator[Row]:
        """Records of a register by period (both ends in), recorder and line."""
        table = self.layout.objects[register]
        equal = dict(where or {})
        if recorder is not None:
            equal["Recorder"] = recorder
        condition, params = _where(table, equal)
        for moment, sign in ((start, ">="), (end, "<=")):
            if moment is not None:
                condition += f'{" AND" if condition else " WHERE"} t."Period" {sign} ?'
                params += table.by_name["Period"].encode(moment)
        names = [name for name in ("Period", "Recorder", "LineNumber") if name in table.by_name] or list(table.key)
        by = ", ".join(_order(table, name) for name in names)
        yield from self._rows(table, f"{condition} ORDER BY {by}" if by else condition, params)

    def write_records(self, register: str, recorder: Ref, rows: Iterable[Row]) -> None:
        """Replaces the record set of a recorder. Lines are numbered; `Active` is true and `Period` the document's date unless given."""
        table = self.layout.objects[register]
        condition, params = _where(table, {"Recorder": recorder})
        self._execute(f"DELETE FROM {quoted(table.name)} AS t{condition}", params)  # noqa: S608 - names quoted, values bound
        cells: list[list[Any]] = []
        date: datetime | None = None
        for number, row in enumerate(rows, 1):
            full = {"Active": True, **row, "Recorder": recorder, "LineNumber": number}
            if "Period" in table.by_name and not full.get("Period"):
                date = date or self._date_of(recorder)
                full["Period"] = date
            cells.append(table.encode(full))
        if cells:
            self._check_writing()
            self.connection.executemany(table.replace_sql, cells)

    def clear_records(self, recorder: Ref) -> None:
        """Deletes everything a document has written into registers."""
        for name in self.registers_of(recorder.object):
            self.write_records(name, recorder, ())

    def registers_of(self, document: str) -> list[str]:
        """Registers a document writes, or may write when nobody knows."""
        result = []
        for name, meta in self.configuration.objects.items():
            register = meta.register
            if register is not None and register.kind is not RegisterKind.INDEPENDENT:
                if not register.recorders or document in register.recorders:
                    result.append(name)
        return result

    def write_independent(self, register: str, row: Row) -> None:
        """Writes one record of an independent information register, over the one with the same key."""
        table = self.layout.objects[register]
        if not table.key:
            self._execute(f"DELETE FROM {quoted(table.name)}", ())  # noqa: S608 - name quoted
        self._execute(table.replace_sql, table.encode(row))

    def delete_independent(self, register: str, key: Mapping[str, Any]) -> bool:
        """Deletes one record of an independent information register; False when there was none."""
        table = self.layout.objects[register]
        condition, params = _where(table, key)
        sql = f"DELETE FROM {quoted(table.name)} AS t{condition}"  # noqa: S608 - names quoted, values bound
        return self._execute(sql, params).rowcount > 0

    def balance(
        self,
        register: str,
        *,
        period: datetime | None = None,
        dimensions: Sequence[str] = (),
        where: Mapping[str, Any] | None = None,
    ) -> list[Row]:
        """Balances: dimensions + `<Ресурс>Balance` (accounting: Account, dimensions, `…Balance`, `…BalanceDr`, `…BalanceCr`).

        Args:
            period: records at that very second are not seen, as in 1C; None: all records.
            dimensions: none given: all of them.
            where: dimension to value.
        """
        return self._totals(register, "Balance", None, period, dimensions, where)

    def turnovers(
        self,
        register: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        dimensions: Sequence[str] = (),
        where: Mapping[str, Any] | None = None,
    ) -> list[Row]:
        """Turnovers of a period, both ends in: dimensions + `<Ресурс>Turnover`, and `…Receipt`, `…Expense` (accounting: `…TurnoverDr`, `…TurnoverCr`)."""
        return self._totals(register, "Turnovers", start, end, dimensions, where)

    def balance_and_turnovers(
        self,
        register: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        dimensions: Sequence[str] = (),
        where: Mapping[str, Any] | None = None,
    ) -> list[Row]:
        """Opening balance, turnovers and closing balance of a period."""
        return self._totals(register, "BalanceAndTurnovers", start, end, dimensions, where)

    def slice_last(
        self, register: str, *, period: datetime | None = None, where: Mapping[str, Any] | None = None
    ) -> list[Row]:
        """The latest record of each combination of dimensions, not after the moment."""
        table = self.layout.objects[register]
        condition, params = _where(table, where or {})
        wanted = virtual.Condition(condition.removeprefix(" WHERE "), tuple(params))
        return self._derived(virtual.slice_of(self.meta(register), table, period, wanted, last=True))

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
            ref = Ref(object, _id(id))
            for name in dict.fromkeys((*self.registers_of(object), *records)):
                self.write_records(name, ref, records.get(name, ()))
        self._set_posted(object, row, posted=True)

    def unpost(self, object: str, id: str | Ref) -> None:  # noqa: A002
        """Takes a document's records away and clears `Posted`.

        Raises:
            BusinessError: there is no such document.
        """
        _meta, row = self._document(object, id)
        self.clear_records(Ref(object, _id(id)))
        self._set_posted(object, row, posted=False)

    @contextmanager
    def part(self) -> Iterator[None]:
        """A part of the transaction that is undone alone when an exception leaves it."""
        with savepoint(self.connection):
            yield

    # -- event log -------------------------------------------------------------------------------------------------------------

    def log_event(self, level: str, event: str, metadata: str = "", comment: str = "") -> None:
        """Writes into the event log ("error", "warning", "info"); part of the transaction, as in 1C."""
        now = datetime.now().replace(microsecond=0).isoformat()  # noqa: DTZ005 - 1C's clock is the server's local one
        self._execute(
            'INSERT INTO _log (time, level, event, metadata, comment, "user") VALUES (?, ?, ?, ?, ?, ?)',
            (now, level, event, metadata, comment, self.user),
        )

    # -- inside ----------------------------------------------------------------------------------------------------------------

    def _document(self, object: str, id: str | Ref) -> tuple[MetaObject, Row]:  # noqa: A002
        row = self.get(object, id)
        if row is None:
            raise BusinessError(f"Объект не найден ({object}: {_id(id)})")
        return self.meta(object), row

    def _set_posted(self, object: str, row: Row, *, posted: bool) -> None:  # noqa: A002
        table = self.layout.objects[object]
        # Posting may have filled attributes of the header (totals): the whole header is written.
        row["Posted"] = posted
        row["DataVersion"] = next_version(row["DataVersion"])
        self._execute(table.replace_sql, table.encode(row))

    def _totals(
        self,
        register: str,
        kind: str,
        start: datetime | None,
        end: datetime | None,
        dimensions: Sequence[str],
        where: Mapping[str, Any] | None,
    ) -> list[Row]:
        meta = self.meta(register)
        table = self.layout.objects[register]
        condition, params = _where_fields(
            {item.name: Field.of(item) for item in virtual.dimensions_of(meta)}, where or {}
        )
        wanted = virtual.Condition(condition.removeprefix(" WHERE "), tuple(params))
        request = virtual.Request(
            start=start,
            end=end,
            dimensions=tuple(dimensions) or None,
            condition=wanted,
        )
        return self._derived(virtual.totals(meta, table, kind, request, self.chart_of(meta)))

    def chart_of(self, meta: MetaObject) -> Table | None:
        """The table of the chart of accounts of an accounting register."""
        return self.layout.objects.get(meta.register.chart) if meta.register is not None else None

    def _derived(self, derived: virtual.Derived) -> list[Row]:
        table = Table("", derived.fields, ())
        return [table.decode(cells) for cells in self.connection.execute(derived.sql, derived.params)]

    def _rows(self, table: Table, tail: str, params: Sequence[Any]) -> Iterator[Row]:
        sql = f"SELECT {table.select_list} FROM {quoted(table.name)} AS t{tail}"  # noqa: S608 - names quoted, values bound
        for cells in self.connection.execute(sql, params):
            yield table.decode(cells)

    def _first(self, table: Table, equal: Mapping[str, Any]) -> Row | None:
        condition, params = _where(table, equal)
        return next(self._rows(table, condition, params), None)

    def _add_sections(self, object: str, rows: list[Row]) -> list[Row]:  # noqa: A002
        """Puts the tabular sections into rows of an object, with one query a section."""
        by_id = {row["Ref"].id: row for row in rows}
        for name, table in self.layout.sections[object].items():
            for row in rows:
                row[name] = []
            condition, params = _where(table, {"Ref": list(by_id)})
            for line in self._rows(table, f'{condition} ORDER BY t."Ref", t."LineNumber"', params):
                by_id[line.pop("Ref").id][name].append(line)
        return rows

    def _write_section(self, table: Table, ref: Ref, lines: Sequence[Row], *, fresh: bool) -> None:
        if not fresh:
            self._execute(f'DELETE FROM {quoted(table.name)} WHERE "Ref" = ?', (ref.id,))  # noqa: S608 - name quoted
        cells = []
        for number, line in enumerate(lines, 1):
            line["LineNumber"] = number
            cells.append(table.encode({**line, "Ref": ref}))
        if cells:
            self._check_writing()
            self.connection.executemany(table.replace_sql, cells)

    def _number(self, meta: MetaObject, table: Table, row: Row) -> None:
        """A new number or code when there is none; a given one is remembered, so the next new one is greater."""
        name = "Number" if "Number" in table.by_name else "Code" if "Code" in table.by_name else ""
        if not name or (name == "Code" and row.get("IsFolder")):
            return
        field = table.by_name[name]
        given = row.get(name)
        date = row.get("Date")
        period = str(date.year) if name == "Number" and isinstance(date, datetime) else ""
        if given:
            digits = str(given)[-18:]
            if digits.isascii() and digits.isdigit():
                self._remember(meta, name, period, int(digits))
            return
        if meta.kind is Kind.CHART_OF_ACCOUNTS:
            return
        known = self.connection.execute(
            "SELECT last FROM _numbers WHERE object = ? AND field = ? AND period = ?", (str(meta.name), name, period)
        ).fetchone()
        number = (known[0] if known else 0) + 1
        self._remember(meta, name, period, number)
        length = field.type.length or (11 if name == "Number" else 9)
        row[name] = str(number).zfill(length) if field.storage.value == "text" else number

    def _remember(self, meta: MetaObject, name: str, period: str, number: int) -> None:
        self._execute(
            "INSERT INTO _numbers (object, field, period, last) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET last = MAX(last, excluded.last)",
            (str(meta.name), name, period, number),
        )

    def _date_of(self, recorder: Ref) -> datetime:
        table = self.layout.objects.get(recorder.object)
        row = self._first(table, {"Ref": recorder}) if table is not None else None
        date = row.get("Date") if row else None
        return date if isinstance(date, datetime) else EMPTY_MOMENT

    def _check_writing(self) -> None:
        if not self.writing:
            raise RuntimeError("сеанс только для чтения: пишите внутри Infobase.transaction()")

    def _execute(self, sql: str, params: Sequence[Any]) -> sqlite3.Cursor:
        self._check_writing()
        return self.connection.execute(sql, params)


def _id(ref: str | Ref) -> str:
    return (ref.id if isinstance(ref, Ref) else ref).lower()


def _where(table: Table, equal: Mapping[str, Any]) -> tuple[str, list[Any]]:
    return _where_fields(table.by_name, equal)


def _where_fields(fields: Mapping[str, Field], equal: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """` WHERE …` with bound values; "" when everything is wanted."""
    parts: list[str] = []
    params: list[Any] = []
    for name, value in equal.items():
        field = fields[name]
        values = list(value) if isinstance(value, list | set | frozenset) else [value]
        columns = ", ".join(f"t.{quoted(column)}" for column in field.columns)
        cells = [field.encode(item) for item in values]
        marks = "(" + ", ".join("?" * len(field.columns)) + ")"
        left = f"({columns})" if len(field.columns) > 1 else columns
        if len(cells) == 1:
            parts.append(f"{left} = {marks if len(field.columns) > 1 else '?'}")
        else:
            many = ", ".join([marks if len(field.columns) > 1 else "?"] * len(cells))
            parts.append(f"{left} IN ({'VALUES ' if len(field.columns) > 1 and cells else ''}{many})")
        params += [cell for item in cells for cell in item]
    return (f" WHERE {' AND '.join(parts)}" if parts else "", params)


def _order(table: Table, item: str) -> str:
    name = item.removeprefix("-")
    direction = " DESC" if item.startswith("-") else ""
    return ", ".join(f"t.{quoted(column)}{direction}" for column in table.by_name[name].columns)
