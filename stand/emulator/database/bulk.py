"""Writing many objects and records fast, and balances kept while they are written. Used by the generator only.

Nothing is checked against what the base holds: keys are new, or the row is meant to replace the one written before.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from stand.emulator.database.connection import load_rows
from stand.emulator.database.session import FIRST_VERSION
from stand.emulator.database.totals import rebuild
from stand.emulator.model import RegisterKind
from stand.emulator.rows import Ref, Row

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from stand.emulator.behaviour.posting import Movements
    from stand.emulator.database.infobase import Session
    from stand.emulator.model import Configuration

__all__ = ["Bulk", "RunningLedger", "stable_ref"]

_FLUSH = 4000
_ZERO = Decimal(0)
_NAMESPACE = UUID("6b1d7c52-5f0e-5c1a-9d2f-1c0de0000001")


def stable_ref(object_name: str, key: str) -> Ref:
    """A reference that is the same in every base generated with the same key."""
    return Ref(object_name, str(uuid5(_NAMESPACE, f"{object_name}/{key}")))


class Bulk:
    """Collects rows and writes them in large pieces."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._layout = session.layout
        self._cells: dict[str, list[list[Any]]] = {}
        self._waiting = 0
        self._moved: set[str] = set()

    def add(self, name: str, row: Row) -> Ref:
        """An object with its tabular sections; `Ref` must be there."""
        table = self._layout.objects[name]
        row["DataVersion"] = row.get("DataVersion") or FIRST_VERSION
        self._put(table.name, table.encode(row))
        reference: Ref = row["Ref"]
        for section, lines_table in self._layout.sections[name].items():
            for number, line in enumerate(row.get(section, ()), 1):
                line["LineNumber"] = number
                self._put(lines_table.name, lines_table.encode({**line, "Ref": reference}))
        return reference

    def records(self, movements: Movements) -> None:
        """Records of one document."""
        for register, rows in movements.items():
            table = self._layout.objects[register]
            self._moved.add(register)
            for row in rows:
                self._put(table.name, table.encode(row))

    def independent(self, register: str, row: Row) -> None:
        """One record of an independent register."""
        table = self._layout.objects[register]
        self._put(table.name, table.encode(row))

    def _put(self, table: str, cells: list[Any]) -> None:
        self._cells.setdefault(table, []).append(cells)
        self._waiting += 1
        if self._waiting >= _FLUSH:
            self.write()

    def flush(self) -> None:
        """Writes what waits and makes the totals of the registers that moved anew."""
        self.write()
        rebuild(self._session.connection, self._layout, sorted(self._moved))
        self._moved.clear()

    def write(self) -> None:
        """Writes what waits, totals aside: they are behind until `flush`. In order of tables: their indexes stay in the cache."""
        tables = self._layout.tables
        for name, cells in self._cells.items():
            load_rows(self._session.connection, tables[name], cells)
        self._cells.clear()
        self._waiting = 0


class RunningLedger:
    """Balances that follow the documents as they are made, in order of time; the same answers as `SessionLedger` gives afterwards."""

    def __init__(self, configuration: Configuration) -> None:
        self._dimensions: dict[str, tuple[str, ...]] = {}
        self._resources: dict[str, tuple[str, ...]] = {}
        self._accounting = ""
        for name, meta in configuration.objects.items():
            if meta.register is None:
                continue
            if meta.register.kind is RegisterKind.BALANCE:
                self._dimensions[name] = tuple(item.name for item in meta.register.dimensions)
                self._resources[name] = tuple(item.name for item in meta.register.resources)
            elif meta.register.kind is RegisterKind.ACCOUNTING and not self._accounting:
                self._accounting = name
        self._balances: dict[str, dict[tuple[Any, ...], dict[str, Decimal]]] = {name: {} for name in self._dimensions}
        self._accounts: dict[tuple[Ref, Ref], Decimal] = {}

    def apply(self, movements: Movements) -> None:
        """Takes in the records of a document."""
        for name, rows in movements.items():
            if name == self._accounting:
                self._apply_entries(rows)
            elif name in self._dimensions:
                self._apply_records(name, rows)

    def _apply_records(self, name: str, rows: list[Row]) -> None:
        dimensions, resources, balances = self._dimensions[name], self._resources[name], self._balances[name]
        for row in rows:
            key = tuple(row[item] for item in dimensions)
            cell = balances.setdefault(key, dict.fromkeys(resources, _ZERO))
            for item in resources:
                cell[item] += row[item] if row["RecordType"] == "Receipt" else -row[item]

    def _apply_entries(self, rows: list[Row]) -> None:
        for row in rows:
            for side, amount in (("AccountDr", row["Сумма"]), ("AccountCr", -row["Сумма"])):
                key = (row[side], row["Организация"])
                self._accounts[key] = self._accounts.get(key, _ZERO) + amount

    def balance(self, register: str, dimensions: Mapping[str, Any], moment: datetime) -> Mapping[str, Decimal]:  # noqa: ARG002 - the end of what was applied is the moment
        """See `stand.emulator.behaviour.lookups.Ledger`; all dimensions must be given."""
        key = tuple(dimensions[item] for item in self._dimensions[register])
        return self._balances[register].get(key, {})

    def account(self, account: Ref, organisation: Ref, moment: datetime) -> Decimal:  # noqa: ARG002 - as above
        """See `stand.emulator.behaviour.lookups.Ledger`."""
        return self._accounts.get((account, organisation), _ZERO)
