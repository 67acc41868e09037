"""The proof that a restored base is the same one: rows and hashes of every table, by one algorithm on both databases."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stand.emulator.database.cells import quoted, short_name
from stand.emulator.database.connection import streamed
from stand.emulator.database.dialect import dialect_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from stand.emulator.database.connection import Connection
    from stand.emulator.database.dialect import Dialect, Place

_BATCH = 4096


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two bases side by side.

    Attributes:
        differing: tables that have other rows, or exist on one side only.
        rows: rows of the first base, all tables together.
    """

    tables: int
    rows: int
    differing: tuple[str, ...]


def restore(backup: Path, target: Place) -> None:
    """Makes a base out of a backup; a base that is there is replaced, so it must be closed.

    Raises:
        DocumentError: the backup is not a whole base.
    """
    dialect_of(target).restore(backup)


def fingerprint_of(dialect: Dialect, connection: Connection, names: Iterable[str] = ()) -> dict[str, tuple[int, str]]:
    """Rows and sha256 of the content of every table, in the order of its key.

    Args:
        dialect: of the base.
        connection: that reads it.
        names: whole names of tables: a table the database knows by a shortened name is told by its own.
    """
    known = {short_name(name): name for name in names}
    return {known.get(name, name): _fingerprint(dialect, connection, name) for name in dialect.tables(connection)}


def _fingerprint(dialect: Dialect, connection: Connection, table: str) -> tuple[int, str]:
    columns, key = dialect.columns(connection, table)
    digest = hashlib.sha256("\x1f".join(sorted(columns)).encode())
    ordered = ", ".join(quoted(column) for column in sorted(columns))
    by = ", ".join(quoted(column) for column in key or columns)
    count = 0
    waiting: list[str] = []
    for cells in streamed(connection, f"SELECT {ordered} FROM {quoted(table)} ORDER BY {by}", ()):  # noqa: S608 - names of the model, quoted
        waiting.append(repr(cells))
        count += 1
        if len(waiting) == _BATCH:
            digest.update("".join(waiting).encode())
            waiting.clear()
    digest.update("".join(waiting).encode())
    return count, digest.hexdigest()


def compare(first: Mapping[str, tuple[int, str]], second: Mapping[str, tuple[int, str]]) -> Comparison:
    """What differs between two fingerprints."""
    names = sorted({*first, *second})
    differing = tuple(name for name in names if first.get(name) != second.get(name))
    return Comparison(len(names), sum(rows for rows, _digest in first.values()), differing)
