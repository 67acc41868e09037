"""The two containers of a stand, as one thing: their databases, files, logs and faults, through the docker SDK."""

from __future__ import annotations

import hashlib
import io
import tarfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import msgspec

from harness.errors import StepError
from stand.commands import decode
from stand.composing import LEASE, Project, engine
from stand.inside import BASE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from docker import DockerClient
    from docker.models.containers import Container

    from harness.onec.exchange_folder import SharedFolder
    from stand.bases import DemoBase
    from stand.building import Images

_HEALTHY_SECONDS = 180.0
_FOLDER = "/backup"
_PORT = "8080/tcp"
_LOG = 256 * 1024
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the containers are told at their start.

    Attributes:
        database: password of the database.
        users: password of every user of the base.
        proxy: password of the door to counterparts on this machine (see `stand.relay`).
        proxy_port: port of that door.
    """

    database: str = field(repr=False)
    users: str = field(repr=False)
    proxy: str = field(repr=False)
    proxy_port: int


@dataclass(slots=True)
class Containers:
    """Containers of one compose project.

    Attributes:
        client: the engine.
        project: the compose project.
    """

    client: DockerClient
    project: Project
    _logged: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, work: Path) -> Containers:
        """Those of a work folder: its path gives the project its name.

        Raises:
            StepError: no Docker engine.
        """
        name = hashlib.sha256(str(work.resolve()).encode()).hexdigest()[:12]
        return cls(engine(), Project(f"readiness-{name}"))

    def bridge(self) -> str:
        """Address of this machine on Docker's own bridge, which containers know as `host-gateway`."""
        settings = self.client.networks.get("bridge").attrs["IPAM"]["Config"] or [{}]
        return str(settings[0].get("Gateway", "")) or "127.0.0.1"

    def up(self, images: Images, base: DemoBase, secrets: Secrets, lease: Path, shared: SharedFolder) -> None:
        """Brings both up."""
        self.project.up(
            {
                "READINESS_DATABASE_IMAGE": images.database,
                "READINESS_EMULATOR_IMAGE": images.emulator,
                "READINESS_DATABASE_PASSWORD": secrets.database,
                "READINESS_PASSWORD": secrets.users,
                "READINESS_PROXY": f"http://stand:{secrets.proxy}@harness:{secrets.proxy_port}",
                "READINESS_RELEASE": base.release,
                "READINESS_DOCUMENTS": str(base.documents),
                "READINESS_SEED": str(base.seed),
                "READINESS_PUBLICATION": base.publication,
                "READINESS_LEASE": str(lease),
                "READINESS_EXCHANGE": shared.here,
            }
        )

    def exist(self) -> bool:
        """Whether the engine knows any of them."""
        labels = [f"com.docker.compose.project={self.project.name}"]
        return bool(self.client.containers.list(all=True, filters={"label": labels}))

    def publication(self, name: str) -> str:
        """Root of the publication as seen from this machine."""
        emulator = self._container("emulator")
        bound = emulator.attrs["NetworkSettings"]["Ports"].get(_PORT)
        if not bound:
            raise StepError("контейнер эмулятора не открыл порт", place=str(emulator.name))
        return f"http://127.0.0.1:{bound[0]['HostPort']}/{name}"

    def wait_healthy(self) -> None:
        """Until both answer.

        Raises:
            StepError: one ended, or did not come up in time; its last words are in the message.
        """
        until = time.monotonic() + _HEALTHY_SECONDS
        for service in ("database", "emulator"):
            while True:
                container = self._container(service)
                state = container.attrs["State"]
                if state.get("Health", {}).get("Status") == "healthy":
                    break
                if state["Status"] in {"exited", "dead"} or time.monotonic() > until:
                    raise StepError(
                        f"контейнер «{service}» не заработал: {self._last_words(container)}", place=str(container.name)
                    )
                time.sleep(0.2)

    def inside(self, *arguments: str) -> bytes:
        """Runs a command of `stand.inside` in the emulator's container and returns what it printed."""
        return self._exec("emulator", ["python", "-m", "stand.inside", *arguments])

    def fingerprint(self, database: str = BASE) -> dict[str, tuple[int, str]]:
        """Rows and sha256 of every table of a database."""
        return msgspec.json.decode(self.inside("fingerprint", database), type=dict[str, tuple[int, str]])

    def dump(self, target: Path) -> None:
        """`pg_dump -Fc` of the base, brought out into a file; the file appears when it is whole."""
        inside = f"{_FOLDER}/out.dump"
        self._sql_tool("pg_dump", "--format=custom", f"--file={inside}", BASE)
        self._fetch(inside, target)
        self._exec("database", ["rm", "-f", inside])

    @contextmanager
    def restored(self, source: Path, database: str = "proof") -> Iterator[str]:
        """A dump restored into a database of its own, which is dropped afterwards."""
        self._restore(source, database)
        try:
            yield database
        finally:
            self._drop(database)

    def replace_base(self, source: Path) -> None:
        """Puts a dump in the place of the base; a failure leaves the old base as it was."""
        self._restore(source, "restored")
        emulator = self._container("emulator")
        emulator.stop(timeout=10)
        try:
            self._drop("replaced")
            self._sql(
                f"ALTER DATABASE {BASE} RENAME TO replaced",
                f"ALTER DATABASE restored RENAME TO {BASE}",
            )
            self._drop("replaced")
        finally:
            emulator.start()

    def restart_emulator(self) -> None:
        """A server of a base that was changed beside it knows nothing of that."""
        self._container("emulator").restart(timeout=10)

    def new_logs(self) -> dict[str, bytes]:
        """What each container wrote since it was asked last, the end of it."""
        now = int(time.time())
        found = {}
        for service in ("database", "emulator"):
            container = self._container(service)
            since = self._logged.get(service, 1)
            found[service] = container.logs(since=since, until=now, timestamps=True)[-_LOG:] if now > since else b""
            self._logged[service] = now
        return found

    @contextmanager
    def paused(self) -> Iterator[None]:
        """The emulator's processes stand still."""
        emulator = self._container("emulator")
        emulator.pause()
        try:
            yield
        finally:
            emulator.unpause()

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """The database is taken off the network."""
        database = self._container("database")
        network = self.client.networks.get(f"{self.project.name}_inner")
        network.disconnect(database)
        try:
            yield
        finally:
            network.connect(database, aliases=["database"])

    def _restore(self, source: Path, database: str) -> None:
        inside = f"{_FOLDER}/in.dump"
        self._send(source, inside)
        self._drop(database)
        self._sql_tool("createdb", database)
        try:
            self._sql_tool("pg_restore", "--exit-on-error", "--no-owner", f"--dbname={database}", inside)
        except StepError:
            self._drop(database)
            raise
        finally:
            self._exec("database", ["rm", "-f", inside])

    def _drop(self, database: str) -> None:
        self._sql_tool("dropdb", "--if-exists", "--force", database)

    def _sql(self, *statements: str) -> None:
        options = [part for statement in statements for part in ("--command", statement)]
        self._sql_tool("psql", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname=postgres", *options)

    def _sql_tool(self, tool: str, *arguments: str) -> None:
        self._exec("database", [tool, "--host=/tmp", "--username=readiness", *arguments])

    def _exec(self, service: str, arguments: list[str]) -> bytes:
        done = self._container(service).exec_run(arguments, demux=True)
        out, err = cast("tuple[bytes | None, bytes | None]", done.output)
        if code := done.exit_code:
            words = [line.strip() for line in decode(err or out or b"").splitlines() if line.strip()]
            said = " / ".join(words[-2:])[-400:] or f"код {code}"
            raise StepError(f"{arguments[0]} в контейнере «{service}» не удался: {said}")
        return out or b""

    def _container(self, service: str) -> Container:
        labels = [f"com.docker.compose.project={self.project.name}", f"com.docker.compose.service={service}"]
        found = self.client.containers.list(all=True, filters={"label": labels})
        if not found:
            raise StepError(f"контейнера «{service}» нет: его удалили или он не создан", place=self.project.name)
        return found[0]

    def _last_words(self, container: Container) -> str:
        lines = [line.strip() for line in decode(container.logs(tail=20)).splitlines() if line.strip()]
        return " / ".join(lines[-2:])[-400:] or "вывода нет"

    def _send(self, source: Path, target: str) -> None:
        """A file into the volume of backups, for the user of the database."""
        folder, _, name = target.rpartition("/")
        with source.open("rb") as file:
            self._container("database").put_archive(folder, _tar(file, name, source.stat().st_size))

    def _fetch(self, source: str, target: Path) -> None:
        stream, _ = self._container("database").get_archive(source, chunk_size=_CHUNK)
        draft = target.with_name(target.name + ".part")
        with tarfile.open(fileobj=_Stream(stream), mode="r|") as archive, draft.open("wb") as file:
            entry = archive.next()
            content = archive.extractfile(entry) if entry is not None else None
            if content is None:
                raise StepError("контейнер не отдал файл", place=source)
            while block := content.read(_CHUNK):
                file.write(block)
        draft.replace(target)


def _tar(file: IO[bytes], name: str, size: int) -> Iterator[bytes]:
    """A tar of one file as a stream: a dump may be larger than memory."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o644
    yield entry.tobuf()
    while block := file.read(_CHUNK):
        yield block
    yield b"\0" * (-size % 512 + 1024)


class _Stream(io.RawIOBase):
    """Chunks of an answer as a file to read from."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        if not self._rest:
            self._rest = next(self._chunks, b"")
        part, self._rest = self._rest[: len(target)], self._rest[len(target) :]
        target[: len(part)] = part
        return len(part)


def projects(client: DockerClient) -> Mapping[str, Path]:
    """Every stand of ours the engine knows: compose project, file of its lease."""
    found: dict[str, Path] = {}
    with suppress(KeyError):
        for container in client.containers.list(all=True, filters={"label": LEASE}):
            found[container.labels["com.docker.compose.project"]] = Path(container.labels[LEASE])
    return found
