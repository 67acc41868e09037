"""DuckDB as an engine over Parquet: one place that opens it, limits it and quotes for it."""

from __future__ import annotations

import atexit
import tempfile
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMORY_LIMIT = "1GB"
"""A pair of 10 million rows is compared within it; what does not fit goes to a temporary folder."""
THREADS = 2


class Engine:
    """One engine without a database, opened at its first use: to open one costs more than to compare a small table.

    It reaches nothing but files and installs nothing. Whoever asks gets a connection of its own: temporary views and tables of one are
    not seen by another and go with it, so that nothing is kept between two comparisons.
    """

    def __init__(self, memory_limit: str = MEMORY_LIMIT) -> None:
        self._memory_limit = memory_limit
        self._turn = threading.Lock()
        self._opened: duckdb.DuckDBPyConnection | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection; threads may have one each."""
        with self._turn:
            if self._opened is None:
                self._folder = tempfile.TemporaryDirectory(prefix="readiness-duckdb-")
                self._opened = duckdb.connect(
                    config={
                        "memory_limit": self._memory_limit,
                        "threads": THREADS,
                        "temp_directory": self._folder.name,
                        "autoinstall_known_extensions": False,
                        "autoload_known_extensions": False,
                        "preserve_insertion_order": False,
                        # Files of a record are written anew under the same names, and what was read is not needed again.
                        "enable_external_file_cache": False,
                    }
                )
            cursor = self._opened.cursor()
        cursor.execute("SET enable_progress_bar = false")
        return cursor

    def close(self) -> None:
        """Lets go of memory and of the temporary folder; the next use opens it anew."""
        with self._turn:
            if self._opened is not None:
                self._opened.close()
            if self._folder is not None:
                self._folder.cleanup()
            self._opened = self._folder = None


_ENGINE = Engine()
atexit.register(_ENGINE.close)


@contextmanager
def connect() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of this process's engine, closed with everything temporary that was made in it."""
    with _ENGINE.cursor() as cursor:
        try:
            yield cursor
        except (duckdb.FatalException, duckdb.InternalException):  # the engine refuses everything from now on
            _ENGINE.close()
            raise


def quoted(name: str) -> str:
    """An identifier, Cyrillic and anything else."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A string literal."""
    return "'" + text.replace("'", "''") + "'"
