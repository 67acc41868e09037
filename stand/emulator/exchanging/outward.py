"""Where the base itself goes: outward addresses of its exchanges, and the settings it goes there with.

An address is a setting of the base (БСП keeps it in «Настройки транспорта»); until it is set, the node's attribute «АдресСайта» or the address
the configuration ships counts. The emulator never contacts anything but this machine: a copy that could reach a real bank or shop does harm.
A `file:` address is a folder messages are exchanged through; it must carry the stand's mark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from harness.onec.exchange_folder import folder_of
from stand.emulator.database.store import write_setting
from stand.emulator.exchanging.common import Context, ExchangeError, described
from stand.emulator.exchanging.folder import checked
from stand.emulator.exchanging.registration import nodes_of
from stand.emulator.exchanging.wire import TIMEOUT, Wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stand.emulator.database.infobase import Infobase, Session

__all__ = ["Outward", "address_of", "is_local", "outward", "point", "read_setting", "wire_of"]

ADDRESS, LOGIN, PASSWORD = "exchange.address", "exchange.login", "exchange.password"


@dataclass(frozen=True, slots=True)
class Outward:
    """An outward address of an exchange; never a password."""

    plan: str
    node: str
    title: str
    kind: str
    address: str


def read_setting(session: Session, name: str, default: str = "") -> str:
    """A setting of the base within a transaction."""
    row = session.connection.execute("SELECT value FROM _settings WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row else default


def address_of(session: Session, plan: str, node: str, table: Mapping[str, object]) -> str:
    """Where an exchange goes, "" when it goes nowhere.

    `fixed_address` of the configuration prevails over the setting: an update that put production's address back is a break of real life.
    """
    fixed = str(table.get("fixed_address", ""))
    known = fixed or read_setting(session, f"{ADDRESS}/{plan}/{node}")
    if known or f"ExchangePlan_{plan}" not in session.configuration.objects:
        return known or str(table.get("address", ""))
    rows = session.find(f"ExchangePlan_{plan}", Code=node)
    return str(rows[0].get("АдресСайта", "")) if rows and rows[0].get("АдресСайта") else str(table.get("address", ""))


def outward(session: Session) -> list[Outward]:
    """All outward addresses of the base. A bank has one address for all its accounts."""
    found = []
    for plan, table in described(session.configuration.behaviour).items():
        codes = [str(row["Code"]) for row in nodes_of(session, plan)] if _planned(session, plan) else [""]
        for code in codes:
            address = address_of(session, plan, code, table)
            if address:
                found.append(Outward(plan, code, str(table["title"]), str(table["kind"]), address))
    return found


def _planned(session: Session, plan: str) -> bool:
    return f"ExchangePlan_{plan}" in session.configuration.objects


def point(infobase: Infobase, plan: str, node: str, values: Mapping[str, str]) -> None:
    """Sets address, user and password of an exchange.

    Raises:
        ExchangeError: no such exchange, the address is not on this machine, the folder is not the stand's.
    """
    address = str(values.get("address", ""))
    if plan not in described(infobase.configuration.behaviour):
        raise ExchangeError("plan", f"Плана обмена «{plan}» нет")
    if folder_of(address) is not None:
        checked(address)
    elif not is_local(address):
        raise ExchangeError(
            "outward", f"Адрес {_shown(address)} не на этом компьютере: стенд обменивается только с ним"
        )
    with infobase.transaction() as session:
        for name, key in ((ADDRESS, "address"), (LOGIN, "login"), (PASSWORD, "password")):
            write_setting(session.connection, f"{name}/{plan}/{node}", str(values.get(key, "")))


def is_local(address: str) -> bool:
    """Whether an address is of this machine."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https") and parts.hostname in ("127.0.0.1", "localhost", "::1") and port is not None
    )


def _shown(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname or ''}"


def wire_of(context: Context, node: str | None = None) -> Wire:
    """The client for an exchange.

    Raises:
        ExchangeError: no address, or one that is not on this machine: nothing was sent.
    """
    code = context.node if node is None else node
    address = address_of(context.session, context.plan, code, context.table)
    if not address:
        raise ExchangeError("outward", "Адрес корреспондента не задан")
    if not is_local(address):
        raise ExchangeError(
            "outward",
            f"Работа с внешними ресурсами заблокирована: {_shown(address)} не является стендом, ничего не отправлено",
        )
    key = f"{context.plan}/{code}"
    return Wire(
        address,
        read_setting(context.session, f"{LOGIN}/{key}"),
        read_setting(context.session, f"{PASSWORD}/{key}"),
        verify=bool(context.table.get("check_certificates", True)),
        timeout=float(context.table.get("timeout", TIMEOUT)),
    )
