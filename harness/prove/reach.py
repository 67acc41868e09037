"""Whom a change can concern: a scenario that never asks the base where the change acts sees the same as without it.

What scenarios ask is not declared but seen: the rehearsal of the update that changes nothing writes down every request the base was sent while
each of them ran. What is declared is where a part of a release acts: the rules of an exchange at the addresses of that exchange, a report at its
own. A change of anything else (metadata, roles, update handlers, what the update itself does) may act anywhere, and so may a harmless change:
that nobody is concerned is what has to be shown of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from harness.onec.kept import forget
from harness.prove.variants import Kind, Variant
from stand.emulator.behaviour.patches import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_SERVICE = "hs/readiness/v1"
_PARTNERS = r" (hs/(?!readiness/|print/)|ws/)"
"""Services other systems call."""
_WRITING = r"^(?!GET|HEAD)"
_FAULTS = "faults"
_REPORTS = rf" {_SERVICE}/reports"


class Asking:
    """Pytest plugin and ear of a stand: which scenario asked the base what.

    Attributes:
        heard: node id of a test to what it asked, "GET hs/readiness/v1/info".
    """

    def __init__(self) -> None:
        self.heard: dict[str, set[str]] = {}
        self._now: set[str] | None = None

    def told(self, method: str, path: str) -> None:
        """The base was asked something."""
        if self._now is not None:
            self._now.add(f"{method} {path}")

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A scenario begins; what others have read before it does not count as read."""
        forget()
        self._now = self.heard.setdefault(nodeid, set())

    def pytest_runtest_logfinish(self) -> None:
        """It is over."""
        self._now = None


def reached(variant: Variant, asked: Mapping[str, Sequence[str]]) -> list[str] | None:
    """Ids of the scenarios a change can concern, in order; None: it may concern all of them.

    Args:
        variant: the change.
        asked: id of every scenario to what it asked.
    """
    if variant.kind is not Kind.DEFECT or variant.early:
        return None
    concerned: set[str] = set()
    for change in variant.changes:
        finds = _finder(change)
        if finds is None:
            return None
        concerned |= _found(finds, asked)
        writers = _found(_asks(_WRITING), asked)
        if _part(change) == _FAULTS and concerned & writers:
            concerned |= writers  # writers find what others have left; those of one exchange, of all of it
    return [name for name in asked if name in concerned]


def _found(finds: Callable[[Sequence[str]], bool], asked: Mapping[str, Sequence[str]]) -> set[str]:
    return {name for name, requests in asked.items() if finds(requests)}


def _path(change: Mapping[str, Any]) -> str:
    return next(str(change[name]) for name in OPERATIONS if name in change)


def _part(change: Mapping[str, Any]) -> str:
    """The part of a release a change is about, "posting"."""
    return _path(change).partition("/")[0]


def _finder(change: Mapping[str, Any]) -> Callable[[Sequence[str]], bool] | None:
    """Tells by what a scenario asked whether a change concerns it; None: it may concern any."""
    part, _, rest = _path(change).partition("/")
    name = re.escape(rest.partition("/")[0])
    if part == _FAULTS:
        return _struck(change.get("value"))
    if part == "exchanges" and name:
        return _of_exchange(name)
    patterns = {
        "reports": (rf"{_REPORTS}(/{name})?$",),
        "print_forms": (r" hs/print/", rf"{_REPORTS}$"),
        "jobs": (rf" {_SERVICE}/jobs",),
        "site_service": (_PARTNERS,),
        "web_services": (_PARTNERS,),
        "posting": (_WRITING,),
        "filling": (_WRITING,),
        # Reports and messages are computed with them, too.
        "formulas": (_WRITING, " hs/"),
        "tables": (_WRITING, " hs/"),
    }
    return _asks(*patterns[part]) if part in patterns else None


def _asks(*patterns: str) -> Callable[[Sequence[str]], bool]:
    wanted = [re.compile(pattern) for pattern in patterns]
    return lambda requests: any(one.search(request) for one in wanted for request in requests)


def _of_exchange(name: str) -> Callable[[Sequence[str]], bool]:
    """Whoever asks about this exchange or calls a service as another system does.

    Of those who ask about no exchange by its name also whoever asks about all of them, about jobs or the log.
    """
    asks = _asks(rf" {_SERVICE}/(exchanges|outward)/{name}(/|$)", _PARTNERS)
    about_all = _asks(rf" {_SERVICE}/(exchanges|outward|jobs|log)$")
    about_one = _asks(rf" {_SERVICE}/(exchanges|outward)/")
    return lambda requests: asks(requests) or (about_all(requests) and not about_one(requests))


def _struck(faults: object) -> Callable[[Sequence[str]], bool]:
    """Whoever asks what ordered faults are meant for, whatever the query."""
    from stand.emulator.faults import faults_of

    ordered = faults_of({"faults": faults})

    def meets(request: str) -> bool:
        method, _, path = request.partition(" ")
        return any(one.method in ("", method) and (one.path is None or one.path.search(path)) for one in ordered)

    return lambda requests: any(map(meets, requests))


__all__ = ["Asking", "reached"]
