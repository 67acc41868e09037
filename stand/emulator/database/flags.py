"""Flags of accounting (признаки учёта): a dimension or resource of an accounting register that an account does not keep is empty in its records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stand.emulator.model import RegisterKind

if TYPE_CHECKING:
    from stand.emulator.database.access import TableAccess
    from stand.emulator.model import MetaObject
    from stand.emulator.rows import Ref, Row


class Flags:
    """What the accounts of one register keep, asked for once each.

    Args:
        session: reads.
        meta: any register; one without flags lets everything through.
    """

    def __init__(self, session: TableAccess, meta: MetaObject) -> None:
        self._session = session
        self._known: dict[Ref, Row] = {}
        register = meta.register
        self._fields: list[tuple[str, str, str]] = []
        if (
            register is None
            or register.kind is not RegisterKind.ACCOUNTING
            or register.chart not in session.layout.objects
        ):
            return
        self._chart = session.layout.objects[register.chart]
        for item in (*register.dimensions, *register.resources):
            if item.flag in self._chart.by_name:
                side = item.name[-2:] if register.correspondence and item.name.endswith(("Dr", "Cr")) else ""
                self._fields.append((item.name, f"Account{side}", item.flag))

    def kept(self, row: Row) -> Row:
        """The record without what its accounts do not keep."""
        for name, account, flag in self._fields:
            if row.get(name) and not self._account(row.get(account)).get(flag):
                row[name] = None
        return row

    def _account(self, account: Any) -> Row:
        if account not in self._known:
            self._known[account] = (self._session.first(self._chart, {"Ref": account}) if account else None) or {}
        return self._known[account]
