"""What runs inside of the emulator's container: `python -m stand.inside serve | update RELEASE | fingerprint DATABASE | users`.

Everything it has to know is in its environment (see stand/compose.yaml); answers of the commands are one line of JSON on stdout.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from harness.errors import HarnessError, UsageError
from stand.bases import DemoBase
from stand.emulator.database.infobase import Infobase
from stand.emulator.server import EmulatorServer

if TYPE_CHECKING:
    from collections.abc import Sequence

PORT = 8080
"""Port inside of the container."""
BASE = "base"
"""Name of the database the stand works with."""


def address(database: str = BASE) -> str:
    """Address of a database of the neighbouring container."""
    password = quote(os.environ["READINESS_DATABASE_PASSWORD"], safe="")
    return f"postgresql://readiness:{password}@database:5432/{database}"


def demo() -> DemoBase:
    """The company this container serves."""
    return DemoBase(
        release=os.environ["READINESS_RELEASE"],
        documents=int(os.environ["READINESS_DOCUMENTS"]),
        seed=int(os.environ["READINESS_SEED"]),
        publication=os.environ["READINESS_PUBLICATION"],
    )


def serve() -> int:
    """Serves the base until told to end; makes it at the first time."""
    base = demo()
    infobase = _opened(base)
    server = EmulatorServer(
        infobase,
        publication=base.publication,
        host="0.0.0.0",  # noqa: S104  # inside of a container: the port is published on loopback only
        port=PORT,
        extra_routes=base.routes(infobase),
        allow_remote=True,
    )
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    server.start()
    deferred = base.deferred(infobase)
    if deferred is not None:
        deferred.start()
    ended.wait()
    if deferred is not None:
        deferred.stop()
    server.stop()
    infobase.close()
    return 0


def update(release: str) -> int:
    """Updates the base to a release; the report goes to stdout. The server must be restarted afterwards."""
    from stand.emulator.company import update_demo

    infobase = demo().open(address())
    try:
        report = update_demo(infobase, release)
    finally:
        infobase.close()
    return _say(report)


def fingerprint(database: str) -> int:
    """Rows and sha256 of every table of a database."""
    infobase = Infobase.open(address(database))
    try:
        found = infobase.fingerprint()
    finally:
        infobase.close()
    return _say(found)


def users() -> int:
    """Users of the base and their roles, without passwords."""
    infobase = Infobase.open(address())
    try:
        found = [{"name": item.name, "roles": list(item.roles), "full": item.full_rights} for item in infobase.users()]
    finally:
        infobase.close()
    return _say(found)


def _opened(base: DemoBase) -> Infobase:
    if Infobase.exists(address()):
        return base.open(address())
    return base.create(address(), os.environ["READINESS_PASSWORD"])


def _say(value: object) -> int:
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
    sys.stdout.buffer.flush()
    return 0


def main(arguments: Sequence[str]) -> int:
    """Runs one command; a refusal is one line on stderr and code 1."""
    try:
        match [*arguments]:
            case [] | ["serve"]:
                return serve()
            case ["users"]:
                return users()
            case ["update", release]:
                return update(release)
            case ["fingerprint", database]:
                return fingerprint(database)
            case _:
                raise UsageError(f"нет такой команды: {' '.join(arguments)}")
    except HarnessError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
