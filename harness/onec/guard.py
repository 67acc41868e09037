"""The write guard: sits in the HTTP session below every client and sees each request just before it is sent.

Three rules, in this order:

1. nothing at all, not even a GET, goes to an address under `[production]`;
2. GET, HEAD and OPTIONS may go anywhere else;
3. everything else goes only to a publication that was permitted, and `permit` grants that only to a copy that carries the stand's
   mark and whose outward connections are known to be blocked (design 4.3).

Rule 1 reads addresses as loosely as any web server might (a false alarm costs a line of configuration), rule 3 as strictly as
possible (a false grant costs the client's data).
"""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from harness.errors import ConfigError, ProductionError, WriteRefusedError
from harness.onec.addresses import WEB_PORTS, Address, decoded, loose, parse_address, readings, shown, unresolved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TypeAlias

    _Place: TypeAlias = tuple[str, str, int, tuple[str, ...]]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that read."""
_WRITING_RESOURCES = frozenset({"selectchanges", "notifychangesreceived", "post", "unpost", "start", "executetask"})
"""Actions of OData: they write by whatever method they are called."""
_OVERRIDES = frozenset({"x-http-method", "x-http-method-override", "x-method-override"})
_ROUTING = frozenset(
    {
        "host",
        "x-forwarded-host",
        "x-original-url",
        "x-rewrite-url",
        "x-forwarded-prefix",
        "forwarded",
        "transfer-encoding",
    }
)
_OWN = frozenset({"::1", "0.0.0.0", "::"})  # noqa: S104 - nothing is bound: a connection to "any" address reaches this machine
_METHOD = re.compile(r"[A-Z]+")


@dataclass(frozen=True, slots=True)
class _Production:
    """One line of [production]."""

    text: str
    address: Address
    any_port: bool

    def covers_place(self, address: Address, paths: Sequence[tuple[str, ...]]) -> bool:
        """Whether port and path are those of production, whatever the host."""
        own = loose(decoded(readings(self.address.path)[0]))
        return self._covers_port(address.port) and any(path[: len(own)] == own for path in paths)

    def _covers_port(self, port: int) -> bool:
        # http://srv:80/erp and https://srv/erp are the same base behind the same web server.
        return self.any_port or port == self.address.port or {port, self.address.port} <= WEB_PORTS


class WriteGuard:
    """Decides whether a request may be sent.

    Args:
        production: addresses that must never be touched: "https://1c.company.ru/erp", "1c.company.ru", "10.0.0.5:8080/erp".
            A path covers everything below it, no path the whole server, no port every port.
        permitted: publications that may be written to from the start; production is still refused.
        resolve: IP addresses of a host name; asked only when port and path are those of production under another host name.

    Raises:
        ConfigError: an address under [production] cannot be read.
    """

    def __init__(
        self,
        production: Sequence[str] = (),
        permitted: Sequence[str] = (),
        *,
        resolve: Callable[[str], frozenset[str]] | None = None,
    ) -> None:
        self._production = tuple(_production(text) for text in production)
        self._resolve = resolve or system_addresses
        self._resolved: dict[str, frozenset[str]] = {}
        self._permitted: dict[_Place, str] = {}
        self._count = count(1)
        self.writes = 0
        """Writes let through so far, by whatever session: what was read before the last one may be old."""
        for url in permitted:
            if reason := self.permit(url, marked=True, isolated=True):
                raise WriteRefusedError(reason, place=_shown(url))

    def __repr__(self) -> str:
        return f"WriteGuard(production={[item.text for item in self._production]}, permitted={list(self._permitted.values())})"

    def permit(self, publication: str, *, marked: bool | None, isolated: bool | None) -> str:
        """Grants writing to a publication when all three conditions hold.

        Args:
            publication: root of the publication.
            marked: whether the base carries the stand's mark; None when nobody knows.
            isolated: whether outward connections and scheduled jobs are blocked; None when nobody knows.

        Returns:
            "" when granted; otherwise the reason, a Russian sentence. A refused publication loses an earlier grant.
        """
        try:
            address = parse_address(publication)
            key = _permission(address)
        except ValueError as error:
            return f"Запись не разрешена: {error}."
        self._permitted.pop(key, None)
        if entry := self.production_entry(publication):
            return f"Запись не разрешена: адрес относится к рабочей базе «{entry}» из раздела [production]."
        if marked is not True:
            known = (
                "нет отметки тестового стенда" if marked is False else "неизвестно, есть ли отметка тестового стенда"
            )
            return f"Запись не разрешена: в базе {known}."
        if isolated is not True:
            known = (
                "внешние соединения и регламентные задания не заблокированы"
                if isolated is False
                else "неизвестно, заблокированы ли внешние соединения и регламентные задания"
            )
            return f"Запись не разрешена: {known}."
        self._permitted[key] = str(address)
        return ""

    def revoke(self, publication: str) -> None:
        """Takes a grant back, for example after a restore: the copy must prove its mark again."""
        self._permitted.pop(_permission(parse_address(publication)), None)

    def production_entry(self, url: str) -> str:
        """The line of [production] an address belongs to; "" when to none.

        Raises:
            ValueError: the address can be read in more than one way.
        """
        address = parse_address(url)
        paths = [loose(path) for path in readings(address.path)]
        paths.append(loose(unresolved(address.path)))
        for item in self._production:
            if item.covers_place(address, paths) and self._same_host(address.host, item.address.host):
                return item.text
        return ""

    def refusal(self, url: str) -> str:
        """Why nothing may be written to an address; "" when it may."""
        try:
            if entry := self.production_entry(url):
                return f"адрес относится к рабочей базе «{entry}» из раздела [production]"
            address = parse_address(url)
            paths = readings(address.path)
        except ValueError as error:
            return f"{error}"
        forms = {decoded(path) for path in (*paths, unresolved(address.path))}
        for scheme, host, port, root in tuple(self._permitted):
            same = (address.scheme, address.host, address.port) == (scheme, host, port)
            if same and all(form[: len(root)] == root for form in forms):
                return ""
        return "запись в эту базу не разрешена: не подтверждено, что это изолированный стенд"

    def check(self, method: str, url: str, headers: Iterable[str] = ()) -> None:
        """Lets a request pass or raises.

        Args:
            method: HTTP method.
            url: the address exactly as it will be sent.
            headers: names of the request's headers; those that change the method or the route count.

        Raises:
            ProductionError: the address belongs to production, whatever the method.
            WriteRefusedError: a write without permission, or a request that can be read in more than one way.
        """
        place = _shown(url)
        try:
            entry = self.production_entry(url)
        except ValueError as error:
            raise WriteRefusedError(f"Запрос не отправлен: {error}", place=place) from None
        if entry:
            raise ProductionError(
                f"Запрос не отправлен: адрес относится к рабочей базе «{entry}» из раздела [production]",
                place=place,
                hint="Укажите адрес стенда. Если это другая база на том же сервере, уточните в [production] порт и путь "
                "или опубликуйте стенд под другим именем.",
            )
        names = {name.lower().replace("_", "-") for name in headers}
        if names & _ROUTING:
            raise WriteRefusedError(
                f"Запрос не отправлен: заголовок {min(names & _ROUTING)} может увести его в другое место",
                place=place,
            )
        if self._reads(method, url, names):
            return
        if reason := self.refusal(url):
            raise WriteRefusedError(
                f"Запись не выполнена ({method[:20]}): {reason}",
                place=place,
                hint="Писать можно только в копию с отметкой стенда и с заблокированными внешними соединениями.",
            )
        self.writes = next(self._count)

    @staticmethod
    def _reads(method: str, url: str, headers: set[str]) -> bool:
        if not _METHOD.fullmatch(method) or method not in SAFE_METHODS or headers & _OVERRIDES:
            return False
        lasts = (path[-1:] for path in readings(parse_address(url).path))
        return not any(last and last[0].partition("(")[0].casefold() in _WRITING_RESOURCES for last in lasts)

    def _same_host(self, host: str, production: str) -> bool:
        if host == production:
            return True
        return bool(self._addresses(host) & self._addresses(production))

    def _addresses(self, host: str) -> frozenset[str]:
        if host not in self._resolved:
            self._resolved[host] = self._resolve(host)
        return self._resolved[host]


def _production(text: str) -> _Production:
    try:
        address = parse_address(text if "://" in text else f"http://{text}")
        readings(address.path)
    except ValueError as error:
        raise ConfigError(
            f"адрес рабочей базы не читается: {error}",
            place="[production]",
            hint="Пишите так: https://1c.company.ru/erp",
        ) from None
    return _Production(shown(text), address, any_port=not address.explicit_port)


def _permission(address: Address) -> _Place:
    forms = {decoded(path) for path in (*readings(address.path), unresolved(address.path))}
    if len(forms) != 1:
        raise ValueError("путь публикации можно прочитать по-разному")
    return address.scheme, address.host, address.port, forms.pop()


def _shown(url: str) -> str:
    try:
        return str(parse_address(url))
    except ValueError:
        return "адрес запроса"


def system_addresses(host: str) -> frozenset[str]:
    """IP addresses of a host by the system's resolver; the machine's own addresses for a loopback; empty when unknown."""
    found = _lookup(host)
    if any(address.startswith("127.") or address in _OWN for address in found):
        # The harness may run on the production server itself.
        found |= _lookup(socket.gethostname()) | {"loopback"}
    return found


def _lookup(host: str) -> frozenset[str]:
    try:
        return frozenset(str(item[4][0]) for item in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError):
        return frozenset()
