"""Reading a large register from a stand into an observation, against a loop that only downloads and decodes the same pages.

The stand is the emulator in a process of its own with a bulk-loaded accumulation register. Both ways alternate in the same run; medians,
rows a second and their ratio are printed, and the memory at the end of a whole reading beside that of a quarter of it.
usage: python benchmarks/bench_reading.py [ROWS [RUNS [SESSIONS]]]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from collections.abc import Iterator

REGISTER = "AccumulationRegister_Движения"
LINES = 50
"""Records a document."""
PAGE = 5000
START = datetime(2025, 1, 1)  # noqa: DTZ001 - 1C's time has no zone


def serve(folder: Path, rows: int) -> None:
    """Loads a base and serves it until the standard input ends."""
    from harness.onec.names import Kind, ObjectName
    from stand.emulator.database.bulk import Bulk, stable_ref
    from stand.emulator.database.infobase import Infobase
    from stand.emulator.model import (
        MONEY,
        QUANTITY,
        Attribute,
        Configuration,
        MetaObject,
        Register,
        RegisterKind,
        ValueType,
    )
    from stand.emulator.server import EmulatorServer
    from stand.emulator.standard import standard_attributes

    goods, document = "Catalog_Товары", "Document_Продажа"
    register = Register(
        RegisterKind.TURNOVER,
        dimensions=(Attribute("Товар", ValueType((goods,))), Attribute("Склад", ValueType(("String",), 10))),
        resources=(Attribute("Количество", QUANTITY), Attribute("Сумма", MONEY)),
        recorders=(document,),
    )
    objects = {
        name: MetaObject(ObjectName(kind, name.partition("_")[2]), standard_attributes(name, kind))
        for name, kind in ((goods, Kind.CATALOG), (document, Kind.DOCUMENT))
    }
    objects[REGISTER] = MetaObject(ObjectName(Kind.ACCUMULATION_REGISTER, "Движения"), register=register)
    infobase = Infobase.create(folder / "base.sqlite", Configuration("Замер", "1.0", objects))
    references = [stable_ref(goods, str(number)) for number in range(1000)]
    with infobase.transaction() as session:
        bulk = Bulk(session)
        for number in range(rows // LINES):
            recorder = stable_ref(document, str(number))
            moment = START + timedelta(minutes=number * 20)
            for line in range(1, LINES + 1):
                bulk.independent(
                    REGISTER,
                    {
                        "Recorder": recorder,
                        "Period": moment,
                        "LineNumber": line,
                        "Active": True,
                        "Товар": references[(number * 7 + line) % 1000],
                        "Склад": f"Склад {line % 5}",
                        "Количество": Decimal(line),
                        "Сумма": Decimal(number % 977) + Decimal("0.25"),
                    },
                )
        bulk.flush()
    server = EmulatorServer(infobase)
    print(server.start(), flush=True)
    sys.stdin.read()
    server.stop()


@contextmanager
def stand(rows: int) -> Iterator[str]:
    """Address of a stand with a register of so many rows."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--serve", folder, str(rows)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
            process.communicate()


def observed(url: str, sessions: int, folder: Path, limit: str = "") -> tuple[int, list[str]]:
    """Reads the register into an observation; returns rows and the addresses that were asked for pages."""
    from harness.observe.pseudonyms import Pseudonyms
    from harness.observe.tables import TableSpec, write_table
    from harness.onec.guard import WriteGuard
    from harness.onec.odata import ODataClient
    from harness.onec.session import StandSession

    asked: list[str] = []

    def note(answer: Any) -> None:
        if "_RecordType?" in answer.url:
            asked.append(answer.url)

    with StandSession(url, guard=WriteGuard(), on_answer=note) as session:
        rows = ODataClient(session).rows(f"{REGISTER}_RecordType", page=PAGE, sessions=sessions, filter=limit)
        count = write_table(folder / "rows.parquet", rows, TableSpec(), Pseudonyms(b"k" * 32))
    return count, asked


def reference(addresses: list[str]) -> int:
    """Downloads and decodes the same pages, and nothing else."""
    import msgspec
    import requests

    decoder = msgspec.json.Decoder(float_hook=Decimal)
    with requests.Session() as http:
        http.trust_env = False
        return sum(len(decoder.decode(http.get(address, timeout=120).content)["value"]) for address in addresses)


def memory(url: str, sessions: int, folder: Path, limit: str) -> int:
    """Largest memory, in MiB, of a process that reads a part of the register."""
    command = [sys.executable, __file__, "--read", url, str(sessions), str(folder), limit]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main(rows: int, runs: int, sessions: int) -> None:
    """Prints medians, the ratio, and the memory."""
    with tempfile.TemporaryDirectory() as scratch, stand(rows) as url:
        folder = Path(scratch)
        ours: list[float] = []
        theirs: list[float] = []
        pages: list[str] = []
        for _ in range(runs):
            started = time.perf_counter()
            count, pages = observed(url, sessions, folder)
            ours.append(time.perf_counter() - started)
            started = time.perf_counter()
            reference(pages)
            theirs.append(time.perf_counter() - started)
            if count != rows:
                raise SystemExit(f"{count} rows were observed, the register has {rows}")
        mine, other = statistics.median(ours), statistics.median(theirs)
        print(f"rows {rows}, pages of {PAGE}: {len(pages)}, sessions {sessions}, runs {runs}")
        print(f"into an observation      median {mine:6.1f} s  {rows / mine:9.0f} rows/s")
        print(f"download and decode only median {other:6.1f} s  {rows / other:9.0f} rows/s")
        print(f"ratio {other / mine:4.2f} (wanted: at least 0.70)")
        middle = START + timedelta(minutes=rows // LINES // 4 * 20)
        quarter = f"Period lt datetime'{middle.isoformat(timespec='seconds')}'"
        parts = [memory(url, sessions, folder, limit) for limit in (quarter, "")]
        print(f"memory: {parts[0]} MiB for a quarter of the rows, {parts[1]} MiB for all of them")


def read_part(url: str, sessions: int, folder: Path, limit: str) -> None:
    """In a process of its own: reads, and prints the largest memory in MiB."""
    from benchmarks.bench_compare import peak

    observed(url, sessions, folder, limit)
    print(int(peak()))


if __name__ == "__main__":
    given = sys.argv[1:]
    if given[:1] == ["--serve"]:
        serve(Path(given[1]), int(given[2]))
    elif given[:1] == ["--read"]:
        read_part(given[1], int(given[2]), Path(given[3]), given[4])
    else:
        numbers = [int(item) for item in given]
        main(*(numbers + [1_000_000, 3, 2][len(numbers) :]))
