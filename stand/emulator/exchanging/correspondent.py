"""A correspondent base as a process of its own: another configuration, empty, exchanging with the base under test through EnterpriseData.

    python -m stand.emulator.exchanging.correspondent --peer ТЗ --sent 0 --received 0

reads the password of its user from standard input, prints one line with its address when it listens, and ends when standard input does: whoever
started it cannot leave it behind.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from stand.emulator.behaviour.attached import BASE_NAME, JOBS_BLOCKED, OUTWARD_BLOCKED, STAND_MARK, attach_behaviour
from stand.emulator.company import demo_folder
from stand.emulator.database.infobase import Infobase
from stand.emulator.loaders.company import load_company, releases

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves the base until standard input ends."""
    from stand.emulator.company import service_routes
    from stand.emulator.server import EmulatorServer

    parser = argparse.ArgumentParser(description="База-корреспондент обмена")
    for name, default in (("--own", "БП"), ("--peer", "ТЗ"), ("--version", "1.17")):
        parser.add_argument(name, default=default)
    for name in ("--sent", "--received"):
        parser.add_argument(name, type=int, default=0)
    options = parser.parse_args(arguments)
    for stream in (sys.stdin, sys.stdout):
        stream.reconfigure(encoding="utf-8")  # type: ignore[union-attr] # both are text files here
    password = sys.stdin.readline().rstrip("\n")
    with tempfile.TemporaryDirectory(prefix="correspondent-") as folder:
        infobase = create_correspondent(
            Path(folder) / "base.db", password=password, own=options.own, peer=options.peer, version=options.version,
            sent=options.sent, received=options.received,
        )  # fmt: skip
        server = EmulatorServer(infobase, publication="buh", extra_routes=service_routes(infobase))
        print(server.start(), flush=True)  # noqa: T201 - the protocol with whoever started this process
        try:
            while sys.stdin.readline():
                pass
        finally:
            server.stop()
            infobase.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
