"""The demo company with an update of one's own making: the same release, and one thing seeded into it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from stand.bases import Changed, DemoBase
from stand.protocol import Evidence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from stand.bases import Account
    from stand.emulator.database.infobase import Infobase
    from stand.emulator.model import Configuration

NEXT = "2.0.15.0"
"""Version a variant leads to: after the working release, so that update handlers of defects are due."""


@dataclass(frozen=True, slots=True)
class VariantBase(DemoBase):
    """The demo company that is updated to its own release with changes.

    Attributes:
        changes: operations of `stand.emulator.behaviour.patches`.
        place: what they come from, for messages.
    """

    changes: tuple[Mapping[str, Any], ...] = ()
    place: str = ""

    def update(self, infobase: Infobase, path: Path | str, release: str, accounts: Sequence[Account]) -> Changed:
        """Replaces the release by itself with the changes, and runs the handlers they bring."""
        from stand.emulator.behaviour.attached import attach_behaviour
        from stand.emulator.behaviour.updating import update_company

        del path, accounts
        changed = configuration(self.release, self.changes, self.place, release)
        report = update_company(infobase, changed, attach_behaviour)
        attach_behaviour(infobase)
        content = msgspec.json.format(msgspec.json.encode(report), indent=2)
        return Changed(evidence=(Evidence("update.json", content, "application/json"),))


def configuration(release: str, changes: Sequence[Mapping[str, Any]], place: str, version: str = "") -> Configuration:
    """A release of the demo company with changes.

    Args:
        release: the company's own.
        changes: to make in it.
        place: what they come from, for messages.
        version: it calls itself afterwards; the release's own when empty.

    Raises:
        ConfigError: a change that does not fit.
    """
    from stand.emulator.behaviour.patches import patched
    from stand.emulator.loaders.company import configuration_of

    tree = patched(_tree(release), changes, place)
    if version:
        tree["configuration"]["version"] = version
    return configuration_of(tree)


@cache
def _tree(release: str) -> dict[str, Any]:
    """Read once a process: `patched` leaves it alone."""
    from stand.emulator.company import demo_folder
    from stand.emulator.loaders.company import tree_of

    return tree_of(demo_folder(), release)
