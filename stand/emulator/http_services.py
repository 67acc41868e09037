"""HTTP services beside OData: which template answers, and what a failure looks like (facts/odata.md 9).

A template without parameters wins over one with a parameter, that one over `*`; two that could answer the same address are an error of the
configuration, seen at the start. Names are case-sensitive. A resource without a handler for the method: 405. An exception in a handler: 500 with its
text.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse
from starlette.routing import Route

from harness.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request
    from starlette.routing import BaseRoute

_LOG = logging.getLogger(__name__)
_PARAMETER = re.compile(r"\{[^}]*\}")
_REST = re.compile(r"\{\w+:path\}")


def by_precedence(routes: Iterable[BaseRoute]) -> list[BaseRoute]:
    """Routes in the order they are to be tried.

    Raises:
        ConfigError: two templates no request could tell apart.
    """
    listed = list(routes)
    seen: dict[tuple[str, str], str] = {}
    for route in listed:
        if not isinstance(route, Route):
            continue
        template = _PARAMETER.sub("{}", _REST.sub("*", route.path))
        for method in route.methods or ():
            if (template, method) in seen:
                other = seen[template, method]
                raise ConfigError(f"шаблоны «{other}» и «{route.path}» неразличимы для метода {method}", place="hs")
            seen[template, method] = route.path
    return sorted(listed, key=_weight)


def _weight(route: BaseRoute) -> list[tuple[int, str]]:
    """Segment by segment: a word before a parameter, a parameter before `*`."""
    if not isinstance(route, Route):
        return [(3, "")]
    return [
        (2, "") if _REST.fullmatch(part) else (1, "") if _PARAMETER.search(part) else (0, part)
        for part in route.path.strip("/").split("/")
    ]


async def failed(request: Request, error: Exception) -> PlainTextResponse:
    """What a client sees of an exception in a handler: its text, as 1C shows it, and nothing of the machine."""
    _LOG.error("исключение в HTTP-сервисе %s", request.url.path, exc_info=error)
    return PlainTextResponse(f"Ошибка при выполнении обработчика: {type(error).__name__}", 500)
