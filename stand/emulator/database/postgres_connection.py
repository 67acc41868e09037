"""A connection to PostgreSQL that speaks as `sqlite3.Connection` does: `?` marks, rows as tuples, sums and conditions as integers."""

from __future__ import annotations

import re
from contextlib import contextmanager
from decimal import Decimal
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import RawCursor
from psycopg.adapt import Dumper, Loader
from psycopg.pq import TransactionStatus

from stand.emulator.database.cells import quoted
from stand.emulator.database.connection import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from psycopg.abc import Buffer

    from stand.emulator.database.tables import Table

_QUOTED_OR_MARK = re.compile(r"'[^']*'|\"[^\"]*\"|\?")
_PAGE = 2000
_BIGINT_OID = 20
_NUL = "\uffff"


@lru_cache(maxsize=2048)
def numbered(sql: str) -> str:
    """`?` marks as PostgreSQL numbers them, `$1`; what stands in quotes stays."""
    numbers = count(1)
    return _QUOTED_OR_MARK.sub(lambda found: f"${next(numbers)}" if found[0] == "?" else found[0], sql)


class _Integer(Dumper):
    """Every number a program gives is an int8: one plan for one statement, and no overflow of a smaller type."""

    oid = _BIGINT_OID

    def dump(self, obj: int) -> Buffer:
        return b"%d" % obj


class _Text(Dumper):
    """A NUL, which PostgreSQL cannot keep, becomes a character nobody writes: a text with one equals none that is stored."""

    def dump(self, obj: str) -> Buffer:
        return obj.replace("\0", _NUL).encode(errors="replace")


class _Number(Loader):
    """SUM of bigint is numeric: an integer again; what has a fraction stays a Decimal."""

    def load(self, data: Buffer) -> int | Decimal:
        text = bytes(data)
        whole, _point, fraction = text.partition(b".")
        return Decimal(text.decode()) if fraction.strip(b"0") or not whole.lstrip(b"-").isdigit() else int(whole)


class _Condition(Loader):
    """A condition in a SELECT is 1 or 0, as in SQLite."""

    def load(self, data: Buffer) -> int:
        return int(bytes(data) == b"t")


class PostgresConnection:
    """A connection in autocommit mode; transactions are opened by SQL.

    Args:
        parameters: of libpq.

    Raises:
        EngineError: the server does not answer, or refuses.
    """

    def __init__(self, parameters: dict[str, Any]) -> None:
        with _translated():
            self.raw = psycopg.Connection.connect(autocommit=True, **parameters)
        adapters = self.raw.adapters
        adapters.register_loader("numeric", _Number)
        adapters.register_loader("bool", _Condition)
        adapters.register_dumper(int, _Integer)
        adapters.register_dumper(bool, _Integer)
        adapters.register_dumper(str, _Text)
        self._streams = count(1)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open, failed ones too."""
        return self.raw.info.transaction_status not in (TransactionStatus.IDLE, TransactionStatus.UNKNOWN)

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> RawCursor[Any]:
        """Runs a statement; all rows come at once."""
        cursor = RawCursor(self.raw)
        with _translated():
            cursor.execute(numbered(sql), parameters or None)
        return cursor

    def script(self, sql: str) -> None:
        """Runs several statements without parameters in one go."""
        with _translated():
            RawCursor(self.raw).execute(sql, prepare=False)

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> RawCursor[Any]:
        """Runs a statement for each row."""
        cursor = RawCursor(self.raw)
        with _translated():
            cursor.executemany(numbered(sql), parameters)
        return cursor

    def stream(self, sql: str, parameters: Sequence[Any] = (), /) -> _Stream:
        """Runs a query whose rows come in pages, within a transaction."""
        name = f'"stream {next(self._streams)}"'
        self.execute(f"DECLARE {name} NO SCROLL CURSOR FOR {sql}", parameters)
        return _Stream(self, name)

    def load(self, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        """Many rows at once: by COPY into a table of the transaction, and from there over the rows with the same keys."""
        places = [table.columns.index(column) for column in table.key_columns]
        if places:
            rows = list({tuple(row[place] for place in places): row for row in rows}.values())
        names = ", ".join(quoted(column) for column in table.columns)
        spare = quoted(f"load.{table.name}")
        self.execute(f"CREATE TEMP TABLE IF NOT EXISTS {spare} (LIKE {quoted(table.name)}) ON COMMIT DROP")
        with _translated(), RawCursor(self.raw).copy(f"COPY {spare} ({names}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types([_type(empty) for field in table.fields for empty in field.empty])
            for row in rows:
                copy.write_row(row)
        self.execute(
            f"INSERT INTO {quoted(table.name)} ({names}) SELECT {names} FROM {spare} WHERE 1 = 1{table.conflict_sql}"  # noqa: S608 - names of the model, quoted
        )
        self.execute(f"TRUNCATE {spare}")

    def close(self) -> None:
        """Closes it; an open transaction is rolled back by the server."""
        self.raw.close()


def _type(empty: object) -> str:
    return "bytea" if isinstance(empty, bytes) else "int8" if isinstance(empty, int) else "text"


class _Stream:
    """Rows in pages. What is not read to its end goes with the transaction."""

    rowcount = -1

    def __init__(self, connection: PostgresConnection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._ended = False

    def fetchmany(self, size: int = _PAGE, /) -> list[Any]:
        if self._ended:
            return []
        found = self._connection.execute(f"FETCH FORWARD {size} FROM {self._name}").fetchall()
        if len(found) < size:
            self._ended = True
            self._connection.execute(f"CLOSE {self._name}")
        return found

    def fetchone(self) -> Any:
        found = self.fetchmany(1)
        return found[0] if found else None

    def fetchall(self) -> list[Any]:
        return list(self)

    def __iter__(self) -> Iterator[Any]:
        while rows := self.fetchmany(_PAGE):
            yield from rows


@contextmanager
def _translated() -> Iterator[None]:
    """Errors of psycopg as errors of any database; their texts hold no password."""
    try:
        yield
    except psycopg.Error as error:
        code = error.sqlstate or ""
        raise EngineError(f"{str(error).strip() or type(error).__name__} {code}".strip()) from error
