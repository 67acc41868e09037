"""Records of registers and their virtual tables within one transaction."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from stand.emulator.database import virtual, virtual_sql
from stand.emulator.database.access import TableAccess, condition_of, condition_over, order_by
from stand.emulator.database.flags import Flags
from stand.emulator.database.slices import slice_of
from stand.emulator.database.tables import Field, Table, quoted
from stand.emulator.database.totals import add_movements
from stand.emulator.model import RegisterKind
from stand.emulator.rows import EMPTY_MOMENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from stand.emulator.rows import Ref, Row


class RegisterAccess(TableAccess):
    """Registers: records by recorder, single records, balances, turnovers, slices."""

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
        condition, params = condition_of(table, equal)
        period = "Period" if "Period" in table.by_name else "RegistrationPeriod"
        for moment, sign in ((start, ">="), (end, "<=")):
            if moment is not None:
                condition += f'{" AND" if condition else " WHERE"} t."{period}" {sign} ?'
                params += table.by_name[period].encode(moment)
        standard: tuple[str, ...] = (period, "Recorder", "LineNumber")
        names = [name for name in standard if name in table.by_name] or list(table.key)
        by = ", ".join(order_by(table, name) for name in names)
        yield from self.rows(table, f"{condition} ORDER BY {by}" if by else condition, params)

    def write_records(self, register: str, recorder: Ref, rows: Iterable[Row]) -> None:
        """Replaces the record set of a recorder. Lines are numbered; `Active` is true and `Period` the document's date unless given.

        Stored totals follow. Of an accounting register what an account does not keep (by its flags) is left out.
        """
        table = self.layout.objects[register]
        condition, params = condition_of(table, {"Recorder": recorder})
        self.check_writing()
        key = tuple(params)
        found = self.connection.execute(f"SELECT 1 FROM {quoted(table.name)} AS t{condition} LIMIT 1", params)  # noqa: S608 - names quoted, values bound
        if found.fetchone() is not None:
            add_movements(self.connection, self.layout, register, recorder=key, sign=-1)
            self.execute(f"DELETE FROM {quoted(table.name)} AS t{condition}", params)  # noqa: S608 - as above
        cells = [table.encode(row) for row in self._full_records(register, table, recorder, rows)]
        if cells:
            self.connection.executemany(table.replace_sql, cells)
            add_movements(self.connection, self.layout, register, recorder=key)

    def _full_records(self, register: str, table: Table, recorder: Ref, rows: Iterable[Row]) -> Iterator[Row]:
        flags = Flags(self, self.meta(register))
        date: datetime | None = None
        for number, row in enumerate(rows, 1):
            full = {"Active": True, **row, "Recorder": recorder, "LineNumber": number}
            for name in ("Period", "RegistrationPeriod"):
                if name in table.by_name and not full.get(name):
                    date = date or self._date_of(recorder)
                    full[name] = date
            if "RegistrationPeriod" in table.by_name:
                # A registration period is a month, as the platform cuts it.
                full["RegistrationPeriod"] = full["RegistrationPeriod"].replace(day=1, hour=0, minute=0, second=0)
            yield flags.kept(full)

    def clear_records(self, recorder: Ref) -> None:
        """Deletes everything a document has written into registers."""
        for name in self.registers_of(recorder.object):
            self.write_records(name, recorder, ())

    def registers_of(self, document: str) -> list[str]:
        """Registers a document writes, or may write when nobody knows."""
        result = []
        for name, meta in self.configuration.objects.items():
            register = meta.register
            if register is None or register.kind is RegisterKind.INDEPENDENT:
                continue
            if not register.recorders or document in register.recorders:
                result.append(name)
        return result

    def write_independent(self, register: str, row: Row) -> None:
        """Writes one record of an independent information register, over the one with the same key."""
        table = self.layout.objects[register]
        if not table.key:
            self.execute(f"DELETE FROM {quoted(table.name)}", ())  # noqa: S608 - name quoted
        self.execute(table.replace_sql, table.encode(row))

    def delete_independent(self, register: str, key: Mapping[str, Any]) -> bool:
        """Deletes one record of an independent information register; False when there was none."""
        table = self.layout.objects[register]
        condition, params = condition_of(table, key)
        sql = f"DELETE FROM {quoted(table.name)} AS t{condition}"  # noqa: S608 - names quoted, values bound
        return self.execute(sql, params).rowcount > 0

    def balance(
        self,
        register: str,
        *,
        period: datetime | None = None,
        dimensions: Sequence[str] = (),
        where: Mapping[str, Any] | None = None,
    ) -> list[Row]:
        """Balances: dimensions + `<Ресурс>Balance` (accounting: Account, dimensions, `…Balance`, `…BalanceDr`, `…BalanceCr`).

        Records at the very second of `period` are not seen, as in 1C; without a period all are. No `dimensions` means all of them; `where`
        is dimension to value.
        """
        return self._totals(register, "Balance", span=(None, period), dimensions=dimensions, where=where)

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
        return self._totals(register, "Turnovers", span=(start, end), dimensions=dimensions, where=where)

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
        return self._totals(register, "BalanceAndTurnovers", span=(start, end), dimensions=dimensions, where=where)

    def slice_last(
        self, register: str, *, period: datetime | None = None, where: Mapping[str, Any] | None = None
    ) -> list[Row]:
        """The latest record of each combination of dimensions, not after the moment."""
        table = self.layout.objects[register]
        condition, params = condition_of(table, where or {})
        wanted = virtual_sql.Condition(condition.removeprefix(" WHERE "), tuple(params))
        return self.virtual(slice_of(self.meta(register), table, period, wanted, last=True))

    def _totals(
        self,
        register: str,
        kind: str,
        *,
        span: tuple[datetime | None, datetime | None],
        dimensions: Sequence[str],
        where: Mapping[str, Any] | None,
    ) -> list[Row]:
        meta = self.meta(register)
        fields = {item.name: Field.of(item) for item in virtual.dimensions_of(meta)}
        condition, params = condition_over(fields, where or {})
        request = virtual_sql.Request(
            start=span[0],
            end=span[1],
            dimensions=tuple(dimensions) or None,
            condition=virtual_sql.Condition(condition.removeprefix(" WHERE "), tuple(params)),
        )
        return self.virtual(virtual_sql.totals(meta, virtual_sql.Tables.of(self.layout, meta), kind, request))

    def virtual(self, derived: virtual_sql.Derived) -> list[Row]:
        """Rows of a virtual table."""
        table = Table("", derived.fields, ())
        return [table.decode(cells) for cells in self.connection.execute(derived.sql, derived.params)]

    def _date_of(self, recorder: Ref) -> datetime:
        table = self.layout.objects.get(recorder.object)
        row = self.first(table, {"Ref": recorder}) if table is not None else None
        date = row.get("Date") if row else None
        return date if isinstance(date, datetime) else EMPTY_MOMENT
