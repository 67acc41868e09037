"""How long a query may compute: no expression, however it was written, keeps a worker busy for ever."""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stand.emulator.database.connection import Connection

_STEPS = 100_000
"""Instructions of SQLite's machine between two looks at the clock: a few milliseconds."""


class TimeLimit:
    """Seconds a piece of work may take; a new piece begins anew."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._until = 0.0

    def again(self) -> None:
        """A new piece of work begins: the next page of a long answer, whose client may be slow."""
        self._until = time.monotonic() + self.seconds

    def over(self) -> bool:
        """Whether the time is out."""
        return time.monotonic() > self._until

    @contextmanager
    def on(self, connection: Connection) -> Iterator[None]:
        """Statements of a connection fail when their time is out. Within a transaction that reads."""
        if not self.seconds:
            yield
            return
        if not isinstance(connection, sqlite3.Connection):
            # PostgreSQL counts each statement, and each piece of a long one, by itself.
            connection.execute(f"SET LOCAL statement_timeout = {max(1, int(self.seconds * 1000))}")
            yield
            return
        self.again()
        connection.set_progress_handler(self.over, _STEPS)
        try:
            yield
        finally:
            connection.set_progress_handler(None, 0)
