"""The composition of the interface: which objects it shows (facts/odata.md 8, УстановитьСоставСтандартногоИнтерфейсаOData).

Until somebody sets it, a base shows what its configuration says (`published`): a stand made of a working base has had its composition set. Set to
nothing, the interface shows nothing at all.
"""

from __future__ import annotations

import json
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from harness.errors import UsageError
from stand.emulator.database.tables import Layout

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stand.emulator.database.infobase import Infobase

_SETTING = "odata.composition"


def composition_of(infobase: Infobase) -> tuple[str, ...] | None:
    """Names of the objects shown; None: as the configuration says."""
    raw = infobase.get_setting(_SETTING)
    return tuple(json.loads(raw)) if raw else None


def set_composition(infobase: Infobase, names: Iterable[str] | None) -> None:
    """Sets it; None: as the configuration says.

    Raises:
        UsageError: the configuration has no such object; names the nearest.
    """
    if names is None:
        infobase.set_setting(_SETTING, "")
        return
    listed = sorted(set(names))
    known = infobase.configuration.objects
    for name in listed:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            raise UsageError(f"объекта «{name[:100]}» в конфигурации нет", hint=f"ближайший: {near[0]}" if near else "")
    infobase.set_setting(_SETTING, json.dumps(listed, ensure_ascii=False))


def composed(layout: Layout, names: tuple[str, ...] | None) -> Layout:
    """A layout whose configuration publishes what the composition names."""
    if names is None:
        return layout
    wanted = frozenset(names)
    configuration = layout.configuration
    objects = {name: replace(meta, published=name in wanted) for name, meta in configuration.objects.items()}
    return Layout(replace(configuration, objects=objects))
