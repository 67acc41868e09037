"""The embedded stand: the emulator over a base of its own, run by this very process, no licence and no Docker needed.

The base is a file in the work folder, or a database of a PostgreSQL server. Besides it the stand needs `access.json` (the password that was
generated for this run, readable by its owner only) to come up again after a kill.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from harness.errors import DocumentError, StepError
from harness.onec.guard import WriteGuard
from harness.onec.session import StandSession
from stand.bases import Account
from stand.emulator.behaviour.lifecycle import take_backup
from stand.emulator.database.backup import compare
from stand.emulator.database.dialect import dialect_of
from stand.emulator.database.infobase import Infobase
from stand.emulator.server import BY_DEFAULT, EmulatorServer, Serving
from stand.files import digest_of, whole_backup, write_private
from stand.protocol import Backup, Capability, Endpoints, Evidence, Info, Isolation, Proof, Result
from stand.reading import BaseReader

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from stand.bases import Base
    from stand.emulator.behaviour.deferred import DeferredHandlers
    from stand.emulator.database.dialect import Dialect, Place

_FILE, _ACCESS = "base.db", "access.json"
_DEFERRED_SECONDS = 600.0
_METHOD = "восстановление в отдельную базу"


@dataclass(slots=True)
class EmbeddedStand:
    """A stand over the emulator.

    Args:
        base: what is served: the demo company or a recorded base.
        work: folder of its files; made when absent.
        port: TCP port, 0 for a free one.
        password: of every user; "" for a generated one.
        database: address of a PostgreSQL database ("postgresql://user:password@host/name") to keep the base in; "" for a file in `work`.
            It is made when it does not exist; one that is there must hold nothing but the base.
        serving: limits, quirks and composition of the emulator.
        deferred_seconds: how long an update waits for its deferred handlers before it tells that they are not finished.
    """

    base: Base
    work: Path
    port: int = 0
    password: str = field(default="", repr=False)
    database: str = field(default="", repr=False)
    serving: Serving = BY_DEFAULT
    deferred_seconds: float = _DEFERRED_SECONDS
    kind: str = "embedded"
    capabilities: frozenset[Capability] = frozenset(Capability)
    _infobase: Infobase | None = field(default=None, init=False)
    _server: EmulatorServer | None = field(default=None, init=False)
    _deferred: DeferredHandlers | None = field(default=None, init=False)
    _publication: str = field(default="", init=False)

    def start(self) -> Result:
        """Creates the base at the first time, opens it later, and serves it."""
        started = time.monotonic()
        if self._server is not None:
            return Result(0.0)
        self.work.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self._dialect.exists():
            self._infobase = self._opened()
        else:
            self._infobase = self._create()
        self._serve()
        return Result(time.monotonic() - started)

    def stop(self) -> Result:
        """Closes server and base; nothing is left running, the files stay."""
        started = time.monotonic()
        if self._deferred is not None:
            self._deferred.stop()
            self._deferred = None
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
        path = self.work / f"backup{self._dialect.backup_suffix}"
        path.unlink(missing_ok=True)  # of an attempt that was killed
        take_backup(self._open(), path)
        digest = digest_of(path)
        result = Result(time.monotonic() - started, {"size_bytes": str(path.stat().st_size), "sha256": digest})
        return Backup(result, path, digest, datetime.now(UTC).isoformat(timespec="seconds"))

    def proof(self, backup: Backup) -> Proof:
        """Restores the backup into a base of its own and compares every table by number of rows and content."""
        source = whole_backup(backup)
        wanted = self._open().fingerprint()
        started = time.monotonic()
        beside = dialect_of(self._dialect.beside("proof"))
        try:
            beside.restore(source)
            restored = Infobase.open(beside.place)
        except DocumentError as error:
            beside.remove()
            result = Result(time.monotonic() - started, {"method": _METHOD})
            return Proof(result, proven=False, tables=len(wanted), rows=0, problem=error.message)
        seconds = time.monotonic() - started
        try:
            seen = restored.fingerprint()
        finally:
            restored.close()
            beside.remove()
        found = compare(wanted, seen)
        listing = {name: {"rows": rows, "sha256": digest} for name, (rows, digest) in seen.items()}
        evidence = Evidence(
            "restored-tables.json", msgspec.json.format(msgspec.json.encode(listing)), "application/json"
        )
        result = Result(seconds, {"method": _METHOD}, (evidence,))
        return Proof(
            result, proven=not found.differing, tables=found.tables, rows=found.rows, differing=found.differing
        )

    def restore(self, backup: Backup) -> Result:
        """Puts the base back to the backup; a kill in the middle leaves the old base or the new one, never a half."""
        source = whole_backup(backup)
        started = time.monotonic()
        fresh = dialect_of(self._dialect.beside("restored"))
        fresh.restore(source)
        self._replace(fresh.place)
        return Result(time.monotonic() - started)

    def update(self, release: str) -> Result:
        """Updates the base to a release, with its update handlers; waits for those that run in the background once people are let in."""
        before = self.info()
        started = time.monotonic()
        changed = self.base.update(self._open(), self._dialect.beside("updated"), release, self.accounts())
        if changed.place is not None:
            self._replace(changed.place)
        else:
            self.stop()  # routes and rights of the new release
            self.start()
        seconds = time.monotonic() - started
        if self._deferred is not None:
            self._deferred.wait(self.deferred_seconds)
        after = self.info()
        facts: Mapping[str, str] = {
            "release_before": before.version,
            "release_after": after.version,
            "deferred_left": str(after.deferred_left),
            "deferred_seconds": f"{time.monotonic() - started - seconds:.3f}",
            **changed.facts,
        }
        return Result(seconds, facts, changed.evidence)

    @property
    def _dialect(self) -> Dialect:
        return dialect_of(self.database or self.work / _FILE)

    def _create(self) -> Infobase:
        """A new base: a file is made under another name, a database in one transaction, so that a kill in the middle leaves none."""
        password = self.password or secrets.token_urlsafe(12)
        target = self._dialect
        draft: Place = target.place if self.database else target.beside("new")
        if not self.database:
            Infobase.remove(draft)
        infobase = self.base.create(draft, password)
        self._keep_access(infobase, password)
        infobase.close()
        if draft != target.place:
            target.replace_by(draft)
        return self.base.open(target.place)

    def _opened(self) -> Infobase:
        """The base that is there; one of another work folder (a database stays when the folder goes) gets new passwords."""
        infobase = self.base.open(self._dialect.place)
        if not (self.work / _ACCESS).exists():
            password = self.password or secrets.token_urlsafe(12)
            for user in infobase.users():
                infobase.set_user(user.name, password, roles=user.roles, full_rights=user.full_rights)
            self._keep_access(infobase, password)
        return infobase

    def _keep_access(self, infobase: Infobase, password: str) -> None:
        accounts = [
            Account(name=item.name, password=password, roles=list(item.roles), full=item.full_rights)
            for item in infobase.users()
        ]
        accounts.sort(key=lambda item: not item.full)
        write_private(self.work / _ACCESS, msgspec.json.encode(accounts))

    def _serve(self) -> None:
        infobase = self._open()
        self._server = EmulatorServer(
            infobase,
            publication=self.base.publication,
            port=self.port,
            extra_routes=self.base.routes(infobase),
            serving=self.serving,
        )
        self._publication = self._server.start()
        self._deferred = self.base.deferred(infobase)
        if self._deferred is not None:
            self._deferred.start()

    def _replace(self, fresh: Place) -> None:
        """Serves another base instead of this one."""
        self.stop()
        self._dialect.replace_by(fresh)
        self.start()

    def _reader(self) -> BaseReader:
        """Asks the stand as anybody would: over HTTP, as its main user."""
        main = self.accounts()[0]
        return BaseReader(StandSession(self._publication, main.name, main.password, guard=WriteGuard()))

    def _open(self) -> Infobase:
        if self._infobase is None:
            raise StepError("встроенный стенд не запущен")
        return self._infobase
