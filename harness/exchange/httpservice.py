"""HTTP services of a configuration: routes out of the description in its dump (`HTTPServices/Имя.xml`), compared (facts/exchanges.md 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.exchange.changes import ADDED, CHANGED, REMOVED, Change
from harness.exchange.markup import child, children, local, parse, text
from harness.exchange.problems import FormatError, Problem, problem
from harness.exchange.problems import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element


@dataclass(frozen=True, slots=True)
class Route:
    """A method of a template of addresses: `GET /{Версия}/GetIBParameters` and the procedure that answers."""

    method: str
    template: str
    handler: str
    name: str = ""

    @property
    def id(self) -> str:
        """Identity for callers: method and template."""
        return f"{self.method} {self.template}"


@dataclass(frozen=True, slots=True)
class HttpService:
    """An HTTP service.

    Attributes:
        root_url: first part of its addresses under `/hs/`.
        session_age: seconds a session is kept.
    """

    name: str
    root_url: str
    routes: tuple[Route, ...]
    reuse: str = ""
    session_age: str = ""


def read(data: bytes, place: str = "HTTP-сервис") -> HttpService:
    """Reads a description.

    Raises:
        DocumentError: not XML, or not the description of an HTTP service.
    """
    root = parse(data.removeprefix(b"\xef\xbb\xbf"), place)
    service = child(root, "HTTPService")
    if local(root) != "MetaDataObject" or service is None:
        raise FormatError(
            _("корневой элемент «{name}»: это не описание HTTP-сервиса из выгрузки конфигурации"),
            place=place,
            name=local(root),
        )
    properties = child(service, "Properties")
    return HttpService(
        name=text(properties, "Name"),
        root_url=text(properties, "RootURL"),
        routes=tuple(_routes(service)),
        reuse=text(properties, "ReuseSessions"),
        session_age=text(properties, "SessionMaxAge"),
    )


def _routes(service: _Element) -> Iterator[Route]:
    for template in children(child(service, "ChildObjects"), "URLTemplate"):
        address = text(template, "Properties", "Template")
        for method in children(child(template, "ChildObjects"), "Method"):
            properties = child(method, "Properties")
            yield Route(
                text(properties, "HTTPMethod"),
                address,
                text(properties, "Handler"),
                text(template, "Properties", "Name"),
            )


def check(service: HttpService) -> list[Problem]:
    """What makes a service unreachable or ambiguous."""
    found = []
    if not service.root_url:
        found.append(problem("MISSING", _("корневой адрес (RootURL) не заполнен"), path="/HTTPService/RootURL"))
    seen: set[str] = set()
    for route in service.routes:
        if route.id in seen:
            found.append(problem("DUPLICATE", _("адрес {route} описан дважды"), path="/HTTPService", route=route.id))
        seen.add(route.id)
        if not route.handler:
            found.append(problem("MISSING", _("у адреса {route} нет обработчика"), path="/HTTPService", route=route.id))
    return found


def differences(before: HttpService, after: HttpService) -> list[Change]:
    """What an update changed for callers; handlers are the service's own matter."""
    name = f"/hs/{before.root_url}"
    found = []
    if before.root_url != after.root_url:
        found.append(Change(CHANGED, name, "RootURL", before.root_url, after.root_url, breaking=True))
    was, now = {one.id for one in before.routes}, {one.id for one in after.routes}
    found += [Change(REMOVED, f"{name}{_shown(one)}", breaking=True) for one in sorted(was - now)]
    found += [Change(ADDED, f"{name}{_shown(one)}") for one in sorted(now - was)]
    for field in ("reuse", "session_age"):
        if getattr(before, field) != getattr(after, field):
            found.append(Change(CHANGED, name, field, getattr(before, field), getattr(after, field)))
    return found


def _shown(route: str) -> str:
    method, _space, template = route.partition(" ")
    return f"{template} ({method})"
