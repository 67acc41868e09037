"""The stand in containers: the emulator over PostgreSQL, brought up by compose, asked through the docker SDK.

The containers hold nothing that is needed later: a stand that is stopped, or whose run was killed (see `stand.reaper`), leaves its base as
a dump in the work folder and nothing in the engine; the next `start` brings it up again from there.
"""

from __future__ import annotations

import secrets
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from harness.errors import StepError
from harness.onec.exchange_folder import SharedFolder
from harness.onec.guard import WriteGuard
from harness.onec.session import StandSession
from stand.bases import Account
from stand.building import build
from stand.containers import Containers, Secrets
from stand.emulator.database.backup import compare
from stand.files import digest_of, whole_backup, write_private
from stand.protocol import Backup, Capability, Endpoints, Evidence, Info, Isolation, Proof, Result
from stand.reading import BaseReader
from stand.reaper import LIVE, STATE, Lease, prune
from stand.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stand.bases import DemoBase

_ACCESS, _BACKUP, _EXCHANGE = "access.json", "backup.dump", "exchange"


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """Passwords of a stand, made for one run."""

    database: str
    users: str

    def __repr__(self) -> str:
        return "Access(***)"


@dataclass(slots=True)
class ContainerStand:
    """A stand in containers.

    Args:
        base: what is served.
        work: folder of its files; made when absent.
        base_image: what the images are built from; "" for the default.
        certificates: bundle for building behind a proxy that looks into TLS.
        deferred_seconds: how long an update waits for its deferred handlers before it tells that they are not finished.
    """

    base: DemoBase
    work: Path
    base_image: str = ""
    certificates: Path | None = None
    deferred_seconds: float = 600.0
    kind: str = "container"
    capabilities: frozenset[Capability] = frozenset(Capability)
    _containers: Containers | None = field(default=None, init=False)
    _lease: Lease | None = field(default=None, init=False)
    _relay: Relay | None = field(default=None, init=False)

    def start(self) -> Result:
        """Builds the images when they are not there, brings the containers up, and puts back the base an earlier process left."""
        started = time.monotonic()
        if self._containers is not None:
            return Result(0.0)
        self.work.mkdir(parents=True, exist_ok=True, mode=0o700)
        access = self._access()
        containers = Containers.of(self.work)
        prune(containers.client)
        images = build(containers.client, base_image=self.base_image, certificates=self.certificates)
        self._lease = Lease.take(self.work)
        self._containers = containers
        try:
            self._relay = Relay.open(containers.bridge())
            given = Secrets(access.database, access.users, self._relay.password, self._relay.port)
            containers.up(images, self.base, given, self._lease.path, self._shared())
            containers.wait_healthy()
            state = self.work / STATE
            if state.exists():
                containers.replace_base(state)
                containers.wait_healthy()
                state.unlink()
            (self.work / LIVE).touch()
        except BaseException:
            self.stop()  # whoever could not start does not stop either
            raise
        return Result(time.monotonic() - started)

    def stop(self) -> Result:
        """Leaves the base as a dump in the work folder and nothing in the engine."""
        started = time.monotonic()
        if self._relay is not None:
            self._relay.close()
            self._relay = None
        if self._lease is not None:
            self._lease.end()
            self._lease = None
        self._containers = None
        return Result(time.monotonic() - started)

    def accounts(self) -> list[Account]:
        """Users of the base, the main one first."""
        password = self._access().users
        found = msgspec.json.decode(self._up().inside("users"), type=list[dict[str, object]])
        accounts = [msgspec.convert({**item, "password": password}, Account) for item in found]
        return sorted(accounts, key=lambda item: not item.full)

    def endpoints(self) -> Endpoints:
        """Where it answers; only after `start`."""
        return Endpoints(self._up().publication(self.base.publication), self._shared())

    def info(self) -> Info:
        """What the base says of itself now."""
        return self._reader().info()

    def isolation(self) -> Isolation:
        """What the base says, and how its containers are connected: no way out of them."""
        said = self._reader().isolation()
        return Isolation(
            said.external_resources_blocked,
            said.scheduled_jobs_blocked,
            f"{said.evidence}; сеть контейнеров без выхода наружу, кроме корреспондентов и каталога обмена на этом компьютере",
        )

    def backup(self) -> Backup:
        """`pg_dump -Fc` while the base works; the file is brought out of the container."""
        started = time.monotonic()
        path = self.work / _BACKUP
        self._up().dump(path)
        digest = digest_of(path)
        facts = {"size_bytes": str(path.stat().st_size), "sha256": digest, "method": "pg_dump -Fc"}
        result = Result(time.monotonic() - started, facts, self._logs())
        return Backup(result, path, digest, datetime.now(UTC).isoformat(timespec="seconds"))

    def proof(self, backup: Backup) -> Proof:
        """Restores the backup into a database of its own and compares every table by number of rows and content."""
        source, containers = whole_backup(backup), self._up()
        wanted = containers.fingerprint()
        started = time.monotonic()
        with containers.restored(source) as database:
            seconds = time.monotonic() - started
            seen = containers.fingerprint(database)
        found = compare(wanted, seen)
        listing = {name: {"rows": rows, "sha256": digest} for name, (rows, digest) in seen.items()}
        evidence = Evidence(
            "restored-tables.json", msgspec.json.format(msgspec.json.encode(listing)), "application/json"
        )
        result = Result(seconds, {"method": "pg_restore в отдельную базу"}, (evidence, *self._logs()))
        return Proof(
            result, proven=not found.differing, tables=found.tables, rows=found.rows, differing=found.differing
        )

    def restore(self, backup: Backup) -> Result:
        """Restores into a fresh database, which then takes the place of the old one."""
        source = whole_backup(backup)
        started = time.monotonic()
        containers = self._up()
        containers.replace_base(source)
        containers.wait_healthy()
        return Result(time.monotonic() - started, {"method": "pg_restore"}, self._logs())

    def update(self, release: str) -> Result:
        """Updates the base inside of its container, restarts the server on it, and waits for the deferred handlers it runs by then."""
        before = self.info().version
        started = time.monotonic()
        containers = self._up()
        report = containers.inside("update", release)
        containers.restart_emulator()
        containers.wait_healthy()
        seconds = time.monotonic() - started
        after = self._settled()
        facts = {
            "release_before": before,
            "release_after": after.version,
            "deferred_left": str(after.deferred_left),
            "deferred_seconds": f"{time.monotonic() - started - seconds:.3f}",
        }
        evidence = (Evidence("update.json", msgspec.json.format(report, indent=2), "application/json"), *self._logs())
        return Result(seconds, facts, evidence)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """The emulator hangs: connections are taken, nothing is answered."""
        with self._up().paused():
            yield

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """The network between emulator and database is gone."""
        with self._up().cut_off():
            yield

    def _settled(self) -> Info:
        """What the base says once its deferred handlers are done, or time is up: the gate tells of those that are not."""
        until = time.monotonic() + self.deferred_seconds
        while (info := self.info()).deferred_left and time.monotonic() < until:
            time.sleep(0.5)
        return info

    def _access(self) -> Access:
        path = self.work / _ACCESS
        if path.exists():
            return msgspec.json.decode(path.read_bytes(), type=Access)
        access = Access(database=secrets.token_urlsafe(24), users=secrets.token_urlsafe(12))
        write_private(path, msgspec.json.encode(access))
        return access

    def _shared(self) -> SharedFolder:
        """The folder of exchanges by files. Inside nobody is the user who runs this: who may come here is decided by the work folder above."""
        path = self.work.absolute() / _EXCHANGE
        path.mkdir(exist_ok=True)
        path.chmod(0o777)
        return SharedFolder(str(path), f"/{_EXCHANGE}")

    def _reader(self) -> BaseReader:
        main = self.accounts()[0]
        publication = self.endpoints().publication
        return BaseReader(StandSession(publication, main.name, main.password, guard=WriteGuard()))

    def _logs(self) -> tuple[Evidence, ...]:
        return tuple(Evidence(f"{name}.log", content) for name, content in self._up().new_logs().items() if content)

    def _up(self) -> Containers:
        if self._containers is None:
            raise StepError("стенд в контейнерах не запущен")
        return self._containers
