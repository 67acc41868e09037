"""Brings a project of `stand/compose.yaml` up and down: by `docker compose`, or by `docker-compose` where that is what is installed.

The engine itself is asked through the docker SDK; compose is only the one who knows how the parts of the file fit together.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import StepError
from stand.building import LABEL
from stand.commands import decode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from docker import DockerClient

FILE = Path(__file__).with_name("compose.yaml")
LEASE = f"{LABEL}.lease"
"""Label with the path of the file whose lock is held as long as somebody needs the containers."""
_SECONDS = 300.0
_UNIX = "unix://"
_SOCKET = f"{_UNIX}/var/run/docker.sock"
"""Where the SDK looks when DOCKER_HOST says nothing."""
_FILLERS = ("READINESS_DATABASE_PASSWORD", "READINESS_PASSWORD")
"""The file wants them set also when it is only taken down."""


def engine() -> DockerClient:
    """The Docker engine of this machine (DOCKER_HOST is honoured).

    Raises:
        StepError: there is none, or it does not answer.
    """
    import docker
    from docker.errors import DockerException

    absent = StepError(
        "Docker не отвечает: стенд в контейнерах поднять нельзя",
        place=os.environ.get("DOCKER_HOST", ""),
        hint='запустите Docker или укажите [stand] kind = "embedded": тот же стенд без контейнеров',
    )
    if not _door().exists():
        raise absent  # the SDK would find out, too, and leave an open socket behind
    try:
        client = docker.from_env(timeout=60)
        client.ping()
    except DockerException as error:
        raise absent from error
    return client


def _door() -> Path:
    """The socket the engine answers at; where it is no file (Windows, another machine), something that is there."""
    host = os.environ.get("DOCKER_HOST", "") or ("" if sys.platform == "win32" else _SOCKET)
    return Path(host.removeprefix(_UNIX)) if host.startswith(_UNIX) else Path("/")


def command() -> tuple[str, ...]:
    """How compose is called here.

    Raises:
        StepError: neither form is installed.
    """
    docker = shutil.which("docker")
    if docker and subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode == 0:  # noqa: S603  # found on PATH
        return (docker, "compose")
    if old := shutil.which("docker-compose"):
        return (old,)
    raise StepError(
        "нет ни docker compose, ни docker-compose",
        hint="установите docker-compose-plugin или docker-compose (пакеты Debian и Docker Desktop содержат их)",
    )


@dataclass(frozen=True, slots=True)
class Project:
    """Containers, networks and volumes of one stand.

    Args:
        name: of the compose project; lower-case letters, digits, "-".
    """

    name: str

    def up(self, variables: Mapping[str, str]) -> None:
        """Starts what is not running and waits for nothing; images must be there.

        Raises:
            StepError: compose failed; its last words are in the message.
        """
        self._run(("up", "--detach", "--no-build"), variables)

    def down(self) -> None:
        """Removes containers, networks and volumes of the project; one that is not there is fine."""
        self._run(("down", "--volumes", "--remove-orphans", "--timeout", "10"), {})

    def _run(self, arguments: Sequence[str], variables: Mapping[str, str]) -> None:
        line = (*command(), "--project-name", self.name, "--file", str(FILE), *arguments)
        filled = {**dict.fromkeys(_FILLERS, "-"), **variables}
        try:
            done = subprocess.run(  # noqa: S603  # a program found on PATH, arguments of our own
                line, env={**os.environ, **filled}, capture_output=True, timeout=_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise StepError(f"docker compose {arguments[0]} не уложился в {_SECONDS:.0f} с") from error
        if done.returncode:
            lines = [text.strip() for text in decode(done.stderr).splitlines() if text.strip()]
            said = " / ".join(lines[-2:])[-400:]
            raise StepError(f"docker compose {arguments[0]} завершился с кодом {done.returncode}: {said}")
