"""Backup, restore and the proof that a restored base is the same one."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import DocumentError
from stand.emulator.database.tables import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


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


def copy_database(source: sqlite3.Connection, path: Path) -> None:
    """A consistent copy of a working base as one file.

    Raises:
        DocumentError: the file exists, or cannot be written.
    """
    if path.exists():
        raise DocumentError("файл резервной копии уже существует", place=str(path))
    try:
        with closing(sqlite3.connect(path)) as target:
            source.backup(target)
            # A backup is one file: whoever copies it must not have to know about a write-ahead log next to it.
            target.execute("PRAGMA journal_mode = DELETE")
    except (sqlite3.Error, OSError) as error:
        path.unlink(missing_ok=True)
        raise DocumentError(f"резервная копия не записана: {error}", place=str(path)) from error


def restore(backup: Path, target: Path) -> None:
    """Makes a base out of a backup; a base that is there is replaced, so it must be closed.

    Raises:
        DocumentError: the backup is not a whole base.
    """
    check(backup)
    for suffix in ("", "-wal", "-shm"):
        target.with_name(target.name + suffix).unlink(missing_ok=True)
    shutil.copyfile(backup, target)


def check(path: Path) -> None:
    """Whether a file is a whole database.

    Raises:
        DocumentError: it is not; says why.
    """
    if not path.is_file():
        raise DocumentError("файла резервной копии нет", place=str(path))
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            answer = connection.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.Error as error:
        raise DocumentError(f"резервная копия не читается: {error}", place=str(path)) from error
    if answer != "ok":
        raise DocumentError(f"резервная копия повреждена: {answer}", place=str(path))


def fingerprint_of(connection: sqlite3.Connection) -> dict[str, tuple[int, str]]:
    """Rows and sha256 of the content of every table, in the order of its key."""
    names = [
        row[0]
        for row in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
        )
    ]
    return {name: _fingerprint(connection, name) for name in names}


def _fingerprint(connection: sqlite3.Connection, table: str) -> tuple[int, str]:
    info = connection.execute(f"PRAGMA table_info({quoted(table)})").fetchall()
    columns = [quoted(row[1]) for row in info]
    key = [quoted(row[1]) for row in sorted(info, key=lambda row: row[5]) if row[5]] or columns
    digest = hashlib.sha256("\x1f".join(sorted(row[1] for row in info)).encode())
    ordered = ", ".join(sorted(columns))
    count = 0
    for cells in connection.execute(f"SELECT {ordered} FROM {quoted(table)} ORDER BY {', '.join(key)}"):  # noqa: S608 - names quoted
        digest.update(repr(cells).encode())
        count += 1
    return count, digest.hexdigest()


def compare(first: Mapping[str, tuple[int, str]], second: Mapping[str, tuple[int, str]]) -> Comparison:
    """What differs between two fingerprints."""
    names = sorted({*first, *second})
    differing = tuple(name for name in names if first.get(name) != second.get(name))
    return Comparison(len(names), sum(rows for rows, _digest in first.values()), differing)
