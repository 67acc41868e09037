"""Correspondent bases in a process of their own: another configuration, empty, exchanging with the base under test through EnterpriseData.

    python -m stand.emulator.exchanging.correspondent

reads orders from standard input, one JSON object a line, `{"password": …, "own": "БП", "peer": "ТЗ", "version": "1.17", "sent": 0, "received": 0}`.
An order ends the base before it and begins a new one, whose address is printed when it listens; an empty line ends it and begins none. The
process ends when standard input does: whoever started it cannot leave it behind.
"""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from stand.emulator.behaviour.attached import BASE_NAME, JOBS_BLOCKED, OUTWARD_BLOCKED, STAND_MARK, attach_behaviour
from stand.emulator.company import demo_folder
from stand.emulator.database.infobase import Infobase
from stand.emulator.loaders.company import load_company, releases

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["USER", "create_correspondent", "main"]

USER = "Синхронизация"
_PLAN = "СинхронизацияДанныхЧерезУниверсальныйФормат"


def create_correspondent(
    path: Path, *, password: str, own: str, peer: str, version: str, sent: int = 0, received: int = 0
) -> Infobase:
    """An empty base with one node.

    Args:
        path: a file that does not exist yet.
        password: of its only user.
        own: code of this base in the exchange plan.
        peer: code of the base it exchanges with.
        version: of the format the node begins with.
        sent: number of the last message sent, where an exchange goes on.
        received: number of the last message received.
    """
    folder = demo_folder().parent / "correspondent"
    configuration = load_company(folder, releases(folder)[-1])
    table = configuration.behaviour["exchanges"][_PLAN]  # type: ignore[index] # a table of our own file
    table["own"] = own
    infobase = Infobase.create(path, configuration)
    plan = f"ExchangePlan_{_PLAN}"
    with infobase.transaction() as session:
        for code in dict.fromkeys((own, peer)):
            row = {
                "Code": code, "Description": code, "SentNo": sent, "ReceivedNo": received, "ВерсияФорматаОбмена": version,
            }  # fmt: skip
            session.put(plan, row, load=True)
        rouble = {"Code": "643", "Description": "руб."}
        session.put(
            "Constant_ВалютаРегламентированногоУчета", {"Value": session.put("Catalog_Валюты", rouble, load=True)}
        )
    infobase.set_user(USER, password, full_rights=True)
    infobase.set_setting(BASE_NAME, "buh")
    for name in (STAND_MARK, JOBS_BLOCKED, OUTWARD_BLOCKED):
        infobase.set_setting(name, "1")
    attach_behaviour(infobase)
    return infobase


@contextmanager
def _served(order: str, path: Path) -> Iterator[str]:
    """A base as an order wants it, on a socket; its address."""
    from stand.emulator.company import service_routes
    from stand.emulator.server import EmulatorServer

    infobase = create_correspondent(path, **json.loads(order))
    server = EmulatorServer(infobase, publication="buh", extra_routes=service_routes(infobase))
    try:
        yield server.start()
    finally:
        server.stop()
        infobase.close()


def main() -> int:
    """Serves one base after the other until standard input ends."""
    for stream in (sys.stdin, sys.stdout):
        stream.reconfigure(encoding="utf-8")  # type: ignore[union-attr] # both are text files here
    with tempfile.TemporaryDirectory(prefix="correspondent-") as folder, ExitStack() as served:
        for number, order in enumerate(iter(sys.stdin.readline, "")):
            served.close()
            address = served.enter_context(_served(order, Path(folder) / f"{number}.db")) if order.strip() else ""
            print(address, flush=True)  # noqa: T201 - the protocol with whoever started this process
    return 0


if __name__ == "__main__":
    sys.exit(main())
