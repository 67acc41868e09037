"""How fast the emulator's OData is, each figure beside a reference taken in the same run.

    one entity      requests/s by key over many keys, beside starlette + uvicorn that return the very same bytes        wanted >= 0.60
    a page          rows of JSON a second: 1,000 documents with their tabular sections in one answer                     wanted >= 50,000
    a whole set     memory of the server while 1,000,000 records leave in one answer                                     wanted < 300 MB
    $metadata       4,200 sets: written, and loaded again                                                                wanted < 3 s, < 5 s

usage: python benchmarks/bench_dialect.py [ROUNDS [RECORDS]]
"""

from __future__ import annotations

import base64
import multiprocessing
import socket
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

    from stand.emulator.model import Configuration, MetaObject

_USER = base64.b64encode("Администратор:benchmark".encode()).decode()
_DOCUMENTS, _LINES = 1000, 12
_SETS = 4200
_CHUNK = 10_000
_WAIT = 120.0
SALE, GOODS = "Document_Продажа", "Catalog_Товары"
STOCK = "AccumulationRegister_Остатки"


# -- servers, each in a process of its own -------------------------------------------------------------------------------------


def serve_emulator(ports: Queue[int], folder: str, records: int) -> None:
    """A base with documents and a register, served."""
    from stand.emulator.database.infobase import Infobase
    from stand.emulator.server import EmulatorServer

    infobase = Infobase.create(Path(folder) / "base.db", configuration())
    infobase.set_user("Администратор", "benchmark", full_rights=True)
    fill(infobase, records)
    server = EmulatorServer(infobase, publication="demo")
    server.start()
    ports.put(server.port)
    server.wait()


def serve_bare(ports: Queue[int], body: bytes) -> None:
    """The web framework and the server alone, returning given bytes."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.responses import Response
    from starlette.routing import Route

    async def answer(_request: object) -> Response:
        return Response(body, media_type="application/json;charset=utf-8")

    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.bind(("127.0.0.1", 0))
    ports.put(bound.getsockname()[1])
    application = Starlette(routes=[Route("/{rest:path}", answer)])
    settings = uvicorn.Config(application, log_config=None, access_log=False, lifespan="off", ws="none", http="h11")
    uvicorn.Server(settings).run([bound])


def configuration() -> Configuration:
    """Goods, sales with lines, a register of stock."""
    from tests.stand.emulator.sample import sample_configuration

    return sample_configuration()


def fill(infobase: Any, records: int) -> None:
    """1,000 documents with lines, and so many records of the register."""
    from stand.emulator.database.connection import load_rows
    from stand.emulator.database.tables import quoted
    from stand.emulator.rows import Ref

    goods = [Ref(GOODS, f"10000000-0000-4000-8000-{number:012x}") for number in range(100)]
    with infobase.transaction() as session:
        for number, ref in enumerate(goods):
            session.put(GOODS, {"Ref": ref, "Description": f"Товар {number}", "Артикул": str(number)})
        for number in range(_DOCUMENTS):
            lines = [
                {
                    "Товар": goods[(number + line) % 100],
                    "Количество": Decimal(line + 1),
                    "Цена": Decimal("10.50") * line,
                }
                for line in range(_LINES)
            ]
            moment = datetime(2026, 1, 1) + timedelta(minutes=number)  # noqa: DTZ001 - dates of 1C are naive
            document = {"Ref": Ref(SALE, _key(number)), "Date": moment, "Сумма": Decimal("819.00"), "Товары": lines}
            session.put(SALE, document)
    # Straight into the table: the register's totals are not what is measured here. A first record set, copied for every other recorder.
    table = infobase.layout.objects[STOCK]
    row: dict[str, Any] = {"Recorder": Ref(SALE, _key(0)), "RecordType": "Receipt", "Active": True}
    cells = [
        table.encode({**row, "LineNumber": line + 1, "Товар": goods[line % 100], "Количество": Decimal(line)})
        for line in range(min(_CHUNK, records))
    ]
    with infobase.transaction() as session:
        load_rows(session.connection, table, cells)
        names = ", ".join(quoted(column) for column in table.columns)
        copied = ", ".join("?" if column == "Recorder" else quoted(column) for column in table.columns)
        sql = f'INSERT INTO {quoted(table.name)} ({names}) SELECT {copied} FROM {quoted(table.name)} WHERE "Recorder" = ? AND "LineNumber" <= ?'  # noqa: S608 - names of the model, quoted
        for number in range(1, -(-records // _CHUNK)):
            session.connection.execute(sql, (_key(number), _key(0), min(_CHUNK, records - number * _CHUNK)))


def _key(number: int) -> str:
    return f"30000000-0000-4000-8000-{number:012x}"


# -- clients -------------------------------------------------------------------------------------------------------------------


def connected(port: int) -> socket.socket:
    """A connection that sends at once."""
    found = socket.create_connection(("127.0.0.1", port), timeout=_WAIT)
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return found


def request(target: str) -> bytes:
    """A GET as a client of 1C sends it."""
    head = (
        f"GET {target} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nAuthorization: Basic {_USER}\r\n\r\n"
    )
    return head.encode()


def answer_of(raw: socket.socket) -> bytes:
    """A body with a known length."""
    taken = b""
    while b"\r\n\r\n" not in taken:
        taken += raw.recv(65536)
    head, _, body = taken.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(head.decode("latin-1"))
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    parts = [body]
    left = length - len(body)
    while left > 0:
        part = raw.recv(1 << 20)
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def rate(port: int, targets: list[bytes]) -> float:
    """Requests a second on one connection."""
    with connected(port) as raw:
        started = time.perf_counter()
        for target in targets:
            raw.sendall(target)
            answer_of(raw)
        return len(targets) / (time.perf_counter() - started)


def odata(path: str) -> str:
    """Target of a request to the interface."""
    return quote(f"/demo/odata/standard.odata/{path}", safe="/?$=&()',")


# -- measures ------------------------------------------------------------------------------------------------------------------


def one_entity(context: Any, port: int, rounds: int) -> None:
    """Short bursts in turn, so that a busy machine slows both alike."""
    targets = [request(odata(f"{GOODS}(guid'10000000-0000-4000-8000-{number % 100:012x}')")) for number in range(300)]
    with connected(port) as raw:
        raw.sendall(targets[0])
        body = answer_of(raw)
    ports = context.Queue()
    bare = context.Process(target=serve_bare, args=(ports, body), daemon=True)
    bare.start()
    other = ports.get(timeout=_WAIT)
    time.sleep(1)
    try:
        rate(port, targets), rate(other, targets)  # warm both
        pairs = [(rate(port, targets), rate(other, targets)) for _ in range(rounds * 4)]
    finally:
        bare.terminate()
        bare.join()
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(mine / reference for mine, reference in pairs)
    print(
        f"one entity by key    median {ours:8.0f} requests/s   bare starlette+uvicorn {theirs:8.0f}   ratio {ratio:.2f}"
    )


def a_page(port: int, rounds: int) -> None:
    """Documents and their lines in one answer."""
    rows = _DOCUMENTS * (1 + _LINES)
    ask = request(odata(f"{SALE}?$top={_DOCUMENTS}"))
    seconds = []
    for _ in range(rounds + 1):
        with connected(port) as raw:
            started = time.perf_counter()
            raw.sendall(ask)
            body = whole(raw)
            seconds.append(time.perf_counter() - started)
    if body.count(b'"LineNumber"') != _DOCUMENTS * _LINES:
        raise SystemExit("the page is not whole")
    spent = statistics.median(seconds[1:])
    print(
        f"a page of documents  median {rows / spent:8.0f} rows/s       {rows} rows, {len(body) / 1e6:.1f} MB in {spent:.3f} s"
    )


def whole(raw: socket.socket) -> bytes:
    """A body in pieces (chunked) or of a known length, undone of its frame."""
    from http.client import HTTPResponse

    answer = HTTPResponse(raw)
    answer.begin()
    return answer.read()


def a_whole_set(port: int, pid: int | None, records: int) -> None:
    """Reads a set through and looks at the memory of the server."""
    from http.client import HTTPResponse

    before = peak(pid)
    with connected(port) as raw:
        started = time.perf_counter()
        raw.sendall(request(odata(f"{STOCK}_RecordType")))
        answer = HTTPResponse(raw)
        answer.begin()
        size = seen = 0
        mark = b'"LineNumber"'
        end = b""
        while piece := answer.read(1 << 20):
            size += len(piece)
            seen += (end + piece).count(mark)
            end = piece[1 - len(mark) :]
        spent = time.perf_counter() - started
    print(
        f"a set read through   {seen} of {records} records, {size / 1e6:.0f} MB in {spent:.1f} s ({seen / spent:.0f} records/s)"
        f"   server's memory {peak(pid):.0f} MB at most, {before:.0f} MB before"
    )


def peak(pid: int | None) -> float:
    """Most memory a process has had, MB; 0 where the system does not tell."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return int(text.partition("VmHWM:")[2].split()[0]) / 1024


def metadata(rounds: int) -> None:
    """A configuration as large as УТ 11: 4,200 sets, 16 MB."""
    from harness.onec.edmx import read_edmx, write_edmx
    from stand.emulator.database.tables import Layout
    from stand.emulator.odata.edmx_out import metadata_of

    large = wide()
    layout = Layout(large)
    written, loaded = [], []
    for _ in range(rounds):
        started = time.perf_counter()
        text = write_edmx(metadata_of(large, layout))
        written.append(time.perf_counter() - started)
        started = time.perf_counter()
        described = read_edmx(text)
        loaded.append(time.perf_counter() - started)
    print(
        f"$metadata            {len(described.entity_sets)} sets, {len(text) / 1e6:.1f} MB   written in"
        f" {statistics.median(written):.2f} s, loaded in {statistics.median(loaded):.2f} s"
    )


def wide() -> Configuration:
    """Copies of the sample's objects until there are enough sets."""
    base = configuration()
    objects: dict[str, MetaObject] = {}
    sets = number = 0
    while sets < _SETS:
        number += 1
        for name, meta in base.objects.items():
            renamed = replace(meta.name, name=f"{meta.name.name}{number:04}")
            more = tuple(replace(item, name=f"{item.name}{copy}") for copy in range(10) for item in meta.attributes)
            objects[f"{name}{number:04}"] = replace(meta, name=renamed, attributes=(*meta.attributes, *more))
            register = meta.register is not None and meta.register.recorders != ()
            sets += (meta.published) * (1 + len(meta.sections) + register)
    return replace(base, objects=objects)


def main(rounds: int, records: int) -> None:
    """Prints every figure."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        ports = context.Queue()
        server = context.Process(target=serve_emulator, args=(ports, folder, records), daemon=True)
        server.start()
        port = ports.get(timeout=_WAIT)
        try:
            one_entity(context, port, rounds)
            a_page(port, rounds)
            a_whole_set(port, server.pid, records)
        finally:
            server.terminate()
            server.join()
    metadata(rounds)


if __name__ == "__main__":
    numbers = [int(item) for item in sys.argv[1:]]
    main(*(numbers + [5, 1_000_000][len(numbers) :]))
