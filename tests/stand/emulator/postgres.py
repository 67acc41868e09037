"""A PostgreSQL of the tests: a cluster made in a temporary folder, without safety against power cuts, ended by its process id."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import StepError
from stand.emulator.database.postgres_server import PostgresServer, tool

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUIRED = "READINESS_REQUIRE_POSTGRES"
_FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "shared_buffers=64MB", "autovacuum=off")


def why_not() -> str:
    """Why there is no PostgreSQL on this machine; "" when there is one."""
    try:
        for name in ("initdb", "postgres", "pg_dump", "pg_restore"):
            tool(name)
    except StepError as error:
        return error.message
    if sys.platform != "win32" and os.geteuid() == 0 and _servant() is None:
        return "PostgreSQL не работает от имени root, а пользователя postgres нет"
    return ""


def _servant() -> dict[str, Any] | None:
    """Under whom the server runs when the tests run as root."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return {}
    import pwd

    try:
        found = pwd.getpwnam("postgres")
    except KeyError:
        return None
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}


@contextmanager
def cluster() -> Iterator[str]:
    """Address of a server that lives as long as the context, with `{name}` in the place of the database."""
    folder = Path(tempfile.mkdtemp(prefix="readiness-pg-"))
    servant = _servant() or {}
    if servant:
        os.chown(folder, servant["user"], servant["group"])
    environment = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
    try:
        made = [tool("initdb"), "-D", str(folder / "data"), "-U", "readiness", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(made, check=True, capture_output=True, cwd=folder, env=environment, **servant)
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        options = [item for name in _FAST for item in ("-c", name)]
        command = [tool("postgres"), "-D", str(folder / "data"), "-h", "127.0.0.1", "-p", str(port), "-k", "", *options]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=environment, **servant)
            try:
                address = f"postgresql://readiness:not-a-secret@127.0.0.1:{port}/{{name}}"
                _wait(process, address, folder / "log")
                yield address
            finally:
                process.terminate()
                process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    """Until the server answers."""
    server = PostgresServer(address.format(name="postgres"))
    while True:
        try:
            server.maintenance().close()
        except StepError:
            try:
                process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
            raise RuntimeError(log.read_text(encoding="utf-8", errors="replace")) from None
        return
