"""Where the base itself goes: outward addresses of its exchanges, and the HTTP client it goes there with.

An address is a setting of the base (БСП keeps it in «Настройки транспорта»); until it is set, the node's attribute «АдресСайта» or the address
the configuration ships counts. The emulator never contacts anything but this machine: a copy that could reach a real bank or shop does harm.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
from requests.auth import HTTPBasicAuth

from stand.emulator.database.store import write_setting
from stand.emulator.exchanging.common import Context, ExchangeError, described
from stand.emulator.exchanging.registration import nodes_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stand.emulator.database.infobase import Infobase, Session

__all__ = ["Outward", "Wire", "address_of", "is_local", "outward", "point", "read_setting", "wire_of"]

ADDRESS, LOGIN, PASSWORD = "exchange.address", "exchange.login", "exchange.password"
PROXY = "READINESS_PROXY"
"""Environment of a containerised stand: the HTTP proxy that leads to loopback of the machine the harness runs on."""
_TIMEOUT = 3.0
_SAID = 300


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
        ExchangeError: no such exchange, or the address is not on this machine.
    """
    address = str(values.get("address", ""))
    if plan not in described(infobase.configuration.behaviour):
        raise ExchangeError("plan", f"Плана обмена «{plan}» нет")
    if not is_local(address):
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


@dataclass(slots=True)
class Wire:
    """The base's HTTP client for one dialogue; every step is remembered for whoever asked for the exchange."""

    address: str
    login: str = ""
    password: str = field(default="", repr=False)
    verify: bool = True
    timeout: float = _TIMEOUT
    steps: list[str] = field(default_factory=list)
    http: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.http.trust_env = False
        if door := os.environ.get(PROXY, ""):  # inside of a container "this machine" is behind a door
            self.http.proxies = {"http": door, "https": door}
        self.http.headers.update({"User-Agent": "1C+Enterprise/8.3", "Accept": "*/*"})
        if self.login:
            # As bytes: requests would encode a Russian name in latin-1.
            self.http.auth = HTTPBasicAuth(self.login.encode(), self.password.encode())

    def call(
        self,
        method: str,
        path: str = "",
        *,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        said: str = "",
    ) -> requests.Response:
        """One request; `said` names it for people.

        Raises:
            ExchangeError: nobody answers, the certificate is wrong, the answer stops midway.
        """
        label = said or f"{method} {path}"
        self.steps.append(label)
        try:
            return self.http.request(
                method,
                self.address.rstrip("/") + path if path else self.address,
                params=params,
                data=content,
                headers=headers,
                timeout=self.timeout,
                allow_redirects=False,
                verify=self.verify,
            )
        except requests.exceptions.SSLError as error:
            raise ExchangeError("certificate", f"{label}: сертификат сервера не прошёл проверку") from error
        except requests.exceptions.Timeout as error:
            raise ExchangeError("timeout", f"{label}: сервер не ответил за отведённое время") from error
        except requests.RequestException as error:
            raise ExchangeError("network", f"{label}: соединение оборвалось или не установлено") from error

    def good(self, response: requests.Response, label: str) -> requests.Response:
        """The answer, when its status is 2xx.

        Raises:
            ExchangeError: another status; the message quotes the answer.
        """
        if response.status_code in (401, 403):
            raise ExchangeError("access", f"{label}: доступ отклонён (HTTP {response.status_code})")
        if not 200 <= response.status_code < 300:
            text = " ".join(response.text.split())[:_SAID]
            raise ExchangeError("http", f"{label}: сервер ответил {response.status_code}: {text}")
        return response

    def pause(self, seconds: float) -> None:
        """Waits, as a base does that was told to come back later."""
        self.steps.append(f"пауза {seconds:g} с")
        time.sleep(seconds)


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
        timeout=float(context.table.get("timeout", _TIMEOUT)),
    )
