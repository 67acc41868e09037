"""Failures of the life cycle that can be ordered, to see whether a rehearsal notices them: `lifecycle` of the behaviour.

    lifecycle = { backup = "truncated", update = "deferred-stuck" }

backup, of the release the base works by:
    empty               the file of the backup is empty
    truncated           the second half of the file is missing
    missing-rows        everything is there but the rows of the largest table
update, of the release that comes:
    handler-fails-silently   the last update handler fails, and the update ends as if nothing had happened
    extension-refused        the first extension is not applied
    deferred-stuck           deferred handlers wait for ever
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from harness.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from stand.emulator.database.infobase import Infobase
    from stand.emulator.model import Configuration

__all__ = ["BACKUPS", "UPDATES", "Lifecycle", "lifecycle_of", "take_backup"]

BACKUPS = ("empty", "truncated", "missing-rows")
UPDATES = ("handler-fails-silently", "extension-refused", "deferred-stuck")
_FIELDS = {"backup": BACKUPS, "update": UPDATES}


class Lifecycle(msgspec.Struct, frozen=True):
    """What goes wrong; "" for nothing."""

    backup: str = ""
    update: str = ""


def lifecycle_of(configuration: Configuration) -> Lifecycle:
    """What a configuration orders.

    Raises:
        ConfigError: a failure nobody knows.
    """
    given = configuration.behaviour.get("lifecycle")
    if not isinstance(given, dict):
        return Lifecycle()
    for key, value in given.items():
        known = _FIELDS.get(key)
        if known is None or value not in ("", *known):
            raise ConfigError(
                f"Неизвестный сбой {key} = «{value}»",
                place="lifecycle",
                hint=f"есть: {', '.join(known or tuple(_FIELDS))}",
            )
    return Lifecycle(**given)


def take_backup(infobase: Infobase, path: Path) -> None:
    """A backup as the configuration of the base orders it: a good one unless it says otherwise."""
    ordered = lifecycle_of(infobase.configuration).backup
    infobase.backup(path, without=_largest(infobase) if ordered == "missing-rows" else "")
    if ordered == "empty":
        path.write_bytes(b"")
    elif ordered == "truncated":
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])


def _largest(infobase: Infobase) -> str:
    """The table with the most rows."""
    rows = {name: count for name, (count, _digest) in infobase.fingerprint().items() if not name.startswith("_")}
    return max(rows, key=lambda name: rows[name])
