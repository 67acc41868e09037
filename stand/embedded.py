"""The embedded stand: the emulator over a base in the work folder, run by this very process, no licence and no Docker needed.

Its files are all it needs to come up again after a kill: `base.db` (the base with its release), `access.json` (the password that was
generated for this run, readable by its owner only).
"""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from harness.errors import DocumentError, StepError
from harness.onec.guard import WriteGuard
from harness.onec.session import StandSession
from stand.bases import Account, remove_base
from stand.emulator.database.backup import compare, restore
from stand.emulator.database.infobase import Infobase
from stand.emulator.server import EmulatorServer
from stand.protocol import Backup, Capability, Endpoints, Evidence, Info, Isolation, Proof, Result
from stand.reading import BaseReader

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from stand.bases import Base

_FILE, _ACCESS = "base.db", "access.json"


@dataclass(slots=True)
class EmbeddedStand:
    """A stand over the emulator.

    Args:
        base: what is served: the demo company or a recorded base.
        work: folder of its files; made when absent.
        port: TCP port, 0 for a free one.
        password: of every user; "" for a generated one.
    """

    base: Base
    work: Path
    port: int = 0
    password: str = field(default="", repr=False)
    kind: str = "embedded"
    capabilities: frozenset[Capability] = frozenset(Capability)
    _infobase: Infobase | None = field(default=None, init=False)
    _server: EmulatorServer | None = field(default=None, init=False)
    _publication: str = field(default="", init=False)

    def start(self) -> Result:
        """Creates the base at the first time, opens it later, and serves it."""
        started = time.monotonic()
        if self._server is not None:
            return Result(0.0)
        path = self.work / _FILE
        self.work.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.exists():
            self._infobase = self.base.open(path)
        else:
            self._infobase = self._create(path)
        self._serve()
        return Result(time.monotonic() - started)

    def stop(self) -> Result:
        """Closes server and base; nothing is left running, the files stay."""
        started = time.monotonic()
        if self._server is not None:
            self._server.stop()
            self._server = None
        if self._infobase is not None:
            self._infobase.close()
            self._infobase = None
        return Result(time.monotonic() - started)

    def accounts(self) -> list[Account]:
        """Users of the base, the main one first."""
        try:
            return msgspec.json.decode((self.work / _ACCESS).read_bytes(), type=list[Account])
        except (OSError, msgspec.DecodeError) as error:
            raise StepError("файл доступа к встроенному стенду не читается", place=str(self.work / _ACCESS)) from error

    def endpoints(self) -> Endpoints:
        """Where it answers; only after `start`."""
        self._open()
        return Endpoints(self._publication)

    def info(self) -> Info:
        """What the base says of itself now."""
        return self.base.info(self._open(), self._reader())

    def isolation(self) -> Isolation:
        """Whether it is cut off from the outside."""
        return self.base.isolation(self._reader())

    def backup(self) -> Backup:
        """Copies the base while it works."""
        started = time.monotonic()
        path = self.work / "backup.db"
        path.unlink(missing_ok=True)  # of an attempt that was killed
        self._open().backup(path)
        digest = _digest(path)
        result = Result(time.monotonic() - started, {"size_bytes": str(path.stat().st_size), "sha256": digest})
        return Backup(result, path, digest, datetime.now(UTC).isoformat(timespec="seconds"))

    def proof(self, backup: Backup) -> Proof:
        """Restores the backup into a base of its own and compares every table by number of rows and content."""
        source = self._whole(backup)
        wanted = self._open().fingerprint()
        started = time.monotonic()
        path = self.work / "proof.db"
        restore(source, path)
        restored = Infobase.open(path)
        seconds = time.monotonic() - started
        try:
            seen = restored.fingerprint()
        finally:
            restored.close()
            remove_base(path)
        found = compare(wanted, seen)
        listing = {name: {"rows": rows, "sha256": digest} for name, (rows, digest) in seen.items()}
        evidence = Evidence(
            "restored-tables.json", msgspec.json.format(msgspec.json.encode(listing)), "application/json"
        )
        result = Result(seconds, {"method": "восстановление в отдельную базу"}, (evidence,))
        return Proof(
            result, proven=not found.differing, tables=found.tables, rows=found.rows, differing=found.differing
        )

    def restore(self, backup: Backup) -> Result:
        """Puts the base back to the backup; a kill in the middle leaves the old base or the new one, never a half."""
        source = self._whole(backup)
        started = time.monotonic()
        fresh = self.work / "restored.db"
        restore(source, fresh)
        self._replace(fresh)
        return Result(time.monotonic() - started)

    def update(self, release: str) -> Result:
        """Updates the base to a release, with its update handlers."""
        before = self.info()
        started = time.monotonic()
        changed = self.base.update(self._open(), self.work / "updated.db", release, self.accounts())
        if changed.path is not None:
            self._replace(changed.path)
        else:
            self.stop()  # routes and rights of the new release
            self.start()
        seconds = time.monotonic() - started
        facts: Mapping[str, str] = {
            "release_before": before.version,
            "release_after": self.info().version,
            **changed.facts,
        }
        return Result(seconds, facts, changed.evidence)

    def _create(self, path: Path) -> Infobase:
        """A new base: made under another name, so that a kill in the middle leaves none."""
        password = self.password or secrets.token_urlsafe(12)
        draft = path.with_name("new.db")
        remove_base(draft)
        infobase = self.base.create(draft, password)
        accounts = [
            Account(name=item.name, password=password, roles=list(item.roles), full=item.full_rights)
            for item in infobase.users()
        ]
        infobase.close()
        accounts.sort(key=lambda item: not item.full)
        _write_private(self.work / _ACCESS, msgspec.json.encode(accounts))
        draft.replace(path)
        return self.base.open(path)

    def _serve(self) -> None:
        infobase = self._open()
        self._server = EmulatorServer(
            infobase, publication=self.base.publication, port=self.port, extra_routes=self.base.routes(infobase)
        )
        self._publication = self._server.start()

    def _replace(self, fresh: Path) -> None:
        """Serves another file instead of the base."""
        self.stop()
        path = self.work / _FILE
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        fresh.replace(path)
        self.start()

    def _reader(self) -> BaseReader:
        """Asks the stand as anybody would: over HTTP, as its main user."""
        main = self.accounts()[0]
        return BaseReader(StandSession(self._publication, main.name, main.password, guard=WriteGuard()))

    def _open(self) -> Infobase:
        if self._infobase is None:
            raise StepError("встроенный стенд не запущен")
        return self._infobase

    def _whole(self, backup: Backup) -> Path:
        if backup.path is None or not backup.path.is_file():
            raise StepError("файла резервной копии нет", place=str(backup.path or ""))
        if backup.digest and _digest(backup.path) != backup.digest:
            raise DocumentError("файл резервной копии изменился после снятия", place=str(backup.path))
        return backup.path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_private(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
