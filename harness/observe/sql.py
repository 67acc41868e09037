"""DuckDB as an engine over Parquet: one place that opens it, limits it and quotes for it."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMORY_LIMIT = "1GB"
"""A pair of 10 million rows is compared within it; what does not fit goes to a temporary folder."""
THREADS = 2


_SHARED: ContextVar[duckdb.DuckDBPyConnection | None] = ContextVar("readiness_duckdb", default=None)


@contextmanager
def connect(memory_limit: str = MEMORY_LIMIT) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine without a database, with limits, that reaches nothing but files and installs nothing.

    Within another one it is a cursor of that (opening an engine costs more than comparing a small table).
    """
    outer = _SHARED.get()
    if outer is not None:
        with outer.cursor() as cursor:
            yield cursor
        return
    with tempfile.TemporaryDirectory(prefix="readiness-duckdb-") as folder:
        connection = duckdb.connect(
            config={
                "memory_limit": memory_limit,
                "threads": THREADS,
                "temp_directory": folder,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "preserve_insertion_order": False,
            }
        )
        connection.execute("SET enable_progress_bar = false")
        token = _SHARED.set(connection)
        try:
            yield connection
        finally:
            _SHARED.reset(token)
            connection.close()


def quoted(name: str) -> str:
    """An identifier, Cyrillic and anything else."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A string literal."""
    return "'" + text.replace("'", "''") + "'"
