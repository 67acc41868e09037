"""The demo company on both databases: made and posted, backed up, restored, proven, one document posted.

References of the same run: the same rows put into a bare file of SQLite by `executemany` (creation), a copy of a file of the same size (backup and
restore), a transaction that writes one setting (posting). PostgreSQL is a cluster of its own without fsync, made for the run and removed after it.
usage: PYTHONPATH=. python benchmarks/bench_stand.py [DOCUMENTS] [sqlite|postgresql]
"""

from __future__ import annotations

import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from stand.emulator.behaviour.attached import attach_behaviour
from stand.emulator.company import create_demo
from stand.emulator.database.backup import compare
from stand.emulator.database.dialect import dialect_of
from stand.emulator.database.dialect_sqlite import SqliteDialect
from stand.emulator.database.infobase import Infobase
from stand.emulator.database.store import SERVICE_TABLES
from stand.emulator.database.tables import quoted
from tests.stand.emulator import postgres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stand.emulator.database.dialect import Place

POSTED = 200
Line = tuple[str, float, str, float]


def seconds(work: Callable[[], object]) -> float:
    """Wall time of a call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def bare(base: Infobase, path: Path) -> float:
    """The rows of a base put into tables of a bare file; reading them is not counted."""
    spent = 0.0
    dialect = SqliteDialect(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as target, base.reading() as session:
        target.execute("PRAGMA journal_mode = WAL")
        target.execute("BEGIN")
        for table in (*SERVICE_TABLES.values(), *base.layout.tables.values()):
            rows = session.connection.execute(
                f"SELECT {table.select_list} FROM {quoted(table.name)} AS t"  # noqa: S608 - names of the model
            ).fetchall()
            started = time.perf_counter()
            target.execute(dialect.create_table(table))
            for sql in table.index_sql:
                target.execute(sql)
            target.executemany(table.replace_sql, rows)
            spent += time.perf_counter() - started
        return spent + seconds(lambda: target.execute("COMMIT"))


def posting(base: Infobase) -> tuple[float, float]:
    """Median seconds of a posting in a transaction of its own, and of a transaction that writes a setting."""
    attach_behaviour(base)
    name = "Document_РеализацияТоваровУслуг"
    with base.reading() as session:
        found = [row["Ref"] for row in session.select(name, where={"Posted": True}, limit=POSTED, sections=False)]

    def post(number: int) -> None:
        with base.transaction() as session:
            session.post(name, found[number])

    spent = [seconds(lambda number=number: post(number)) for number in range(len(found))]  # type: ignore[misc]
    empty = [seconds(lambda: base.set_setting("bench", "1")) for _ in range(POSTED)]
    return statistics.median(spent), statistics.median(empty)


def measured(place: Place, folder: Path, documents: int) -> list[Line]:
    """What is measured on one database: title, seconds, name of the reference, its seconds."""
    bases: list[Infobase] = []
    made = seconds(lambda: bases.append(create_demo(place, password="x" * 12, documents=documents)))
    base = bases[0]
    rows = sum(count for count, _digest in base.fingerprint().values())
    reference = bare(base, folder / "bare.db")
    backup, beside = folder / "backup", dialect_of(dialect_of(place).beside("proof"))
    saved = seconds(lambda: base.backup(backup))
    copied = seconds(lambda: shutil.copyfile(backup, folder / "copied"))
    restored = seconds(lambda: beside.restore(backup))

    def proof() -> None:
        with closing(Infobase.open(beside.place)) as other:
            if compare(base.fingerprint(), other.fingerprint()).differing:
                raise SystemExit("the restored base differs")

    proven = seconds(proof)
    one, empty = posting(base)
    base.close()
    for item in (beside.place, place):
        Infobase.remove(item)
    return [
        (f"{documents:,} documents made and posted, {rows:,} rows", made, "bare inserts into SQLite", reference),
        ("backup", saved, "copy of its file", copied),
        ("restore into a new base", restored, "copy of the backup", copied),
        ("rows and hashes of both bases", proven, "restore", restored),
        (f"one posting, median of {POSTED}", one, "transaction of one setting", empty),
    ]


@contextmanager
def places(wanted: str, folder: Path) -> Iterator[dict[str, Place]]:
    """Where the bases are put."""
    found: dict[str, Place] = {} if wanted == "postgresql" else {"sqlite": folder / "base.db"}
    reason = postgres.why_not()
    if wanted == "sqlite" or reason:
        print(f"PostgreSQL: {reason}" if reason else "", end="\n" if reason else "")
        yield found
        return
    with postgres.cluster() as address:
        yield {**found, "postgresql": address.format(name="bench")}


def main(documents: int, wanted: str) -> None:
    """Prints a table for each database."""
    with tempfile.TemporaryDirectory() as name, places(wanted, Path(name)) as found:
        for database, place in found.items():
            folder = Path(name) / database
            folder.mkdir()
            print(database)
            for title, spent, reference, known in measured(place, folder, documents):
                print(f"  {title:58} {spent:9.4f} s   {spent / known:7.2f} x {reference} ({known:.4f} s)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000, sys.argv[2] if len(sys.argv) > 2 else "")
