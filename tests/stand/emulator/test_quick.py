"""What makes single entities quick, and what keeps a slow one from holding everybody up."""

from __future__ import annotations

import asyncio
import time
from itertools import count
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from stand.emulator.auth import NOBODY
from stand.emulator.odata.answers import json_answer
from stand.emulator.odata.service import ODataService
from stand.emulator.odata.urls import Request, parse_path
from stand.emulator.server import _Joined
from tests.stand.emulator.filled import TABLE, filled_base
from tests.stand.emulator.sample import GOODS, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stand.emulator.auth import User
    from stand.emulator.database.infobase import Infobase
    from stand.emulator.odata.answers import Answer

ASKED = Request("GET", ROOT, parse_path(f"/{GOODS}(guid'{TABLE}')"), headers={"accept": "application/json"})


class _Busy(ODataService):
    """Computes for so many seconds over each entity."""

    computing = 0.0

    def handle(self, request: Request, user: User) -> Answer:
        until = time.thread_time() + self.computing
        while time.thread_time() < until:
            pass
        return super().handle(request, user) if not self.computing else json_answer({})


@pytest.fixture
def infobase(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Infobase]:
    base = filled_base(tmp_path_factory.mktemp("quick"))
    yield base
    base.close()


def test_a_set_that_computes_long_leaves_the_loop_and_comes_back(infobase: Infobase) -> None:
    service = _Busy(infobase)
    service.computing = 0.1
    for _ in range(2):
        assert service.quick(ASKED)
        service.handle_quickly(ASKED, NOBODY)
    assert not service.quick(ASKED)
    service.computing = 0.0
    assert [service.quick(ASKED) for _ in range(60)][-1]
    for _ in range(8):
        assert service.handle_quickly(ASKED, NOBODY).status == 200
    assert service.quick(ASKED)


def test_a_busy_machine_is_not_the_fault_of_a_set(infobase: Infobase, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = count(0, 0.03)  # others have the processor all the time
    clocks = SimpleNamespace(perf_counter=lambda: next(ticks), thread_time=time.thread_time)
    monkeypatch.setattr("stand.emulator.odata.service.time", clocks)
    service = ODataService(infobase)
    for _ in range(5):
        assert service.quick(ASKED)
        service.handle_quickly(ASKED, NOBODY)
    assert service.quick(ASKED)


def test_only_one_entity_is_quick(infobase: Infobase) -> None:
    service = ODataService(infobase)
    assert service.quick(ASKED)
    for method, path in (("PATCH", f"/{GOODS}(guid'{TABLE}')"), ("GET", f"/{GOODS}"), ("GET", f"/{GOODS}/$count")):
        assert not service.quick(Request(method, ROOT, parse_path(path)))


class _Wire(asyncio.Transport):
    """Keeps what leaves."""

    def __init__(self) -> None:
        super().__init__()
        self.left: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.left.append(bytes(data))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


def test_head_and_body_leave_in_one_piece() -> None:
    async def talk() -> list[list[bytes]]:
        wire = _Wire()
        joined = _Joined(wire, asyncio.get_running_loop())
        joined.write(b"head")
        joined.write(b"body")
        joined.write(b"")
        seen = [list(wire.left)]
        await asyncio.sleep(0)
        seen.append(list(wire.left))
        joined.write(b"x" * 100_000)  # enough: it does not wait
        seen.append([item[:1] for item in wire.left])
        joined.write(b"end")
        joined.close()
        seen.append([item[:3] for item in wire.left])
        assert joined.is_closing()
        await asyncio.sleep(0)
        return seen

    assert asyncio.run(talk()) == [[], [b"headbody"], [b"h", b"x"], [b"hea", b"xxx", b"end"]]
