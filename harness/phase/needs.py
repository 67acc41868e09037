"""Preconditions of a scenario, checked before its fixtures: markers `needs`, `writes` and `crosses`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.phase.outcomes import not_applicable, not_checked

if TYPE_CHECKING:
    import pytest

    from harness.phase.access import Bases

_VERSION = re.compile(r"\d+")


def check_needs(item: pytest.Item, bases: Bases) -> None:
    """Ends the scenario as not checked or not applicable when something it needs is missing."""
    for marker in item.iter_markers("crosses"):
        _crosses(str(marker.args[0]), bases)
    if item.get_closest_marker("writes"):
        _need("write", bases)
    for marker in item.iter_markers("needs"):
        for name in marker.args:
            _need(str(name), bases)


def _need(name: str, bases: Bases) -> None:
    kind, _, rest = name.partition(":")
    if kind == "write":
        if bases.write_refusal:
            not_checked("{reason}", reason=bases.write_refusal)
    elif kind == "odata":
        if reason := bases.odata_refusal():
            not_checked("Стандартный интерфейс OData недоступен: {reason}", reason=reason)
    elif kind == "service":
        if not bases.has_service():
            not_checked("В базе нет сервиса готовности (/hs/readiness): эта проверка без него невозможна")
    elif kind == "user":
        bases.as_user(rest)
    elif name not in bases.info.capabilities:
        not_checked("Стенд этого не умеет: {capability}", capability=name)


def _crosses(condition: str, bases: Bases) -> None:
    version = condition.removeprefix(">=").strip()
    before, after = bases.info.release_before, bases.info.release_after
    if not before or not after:  # nobody knows: rather check than not
        return
    if not _parts(before) < _parts(version) <= _parts(after):
        not_applicable(
            "Сценарий относится к обновлению через релиз {version}, а обновление идёт с {before} на {after}",
            version=version,
            before=before,
            after=after,
        )


def _parts(version: str) -> tuple[int, ...]:
    """Numbers of a version, without zeros at the end: 2.0.15 and 2.0.15.0 are one."""
    numbers = [int(part) for part in _VERSION.findall(version)]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
