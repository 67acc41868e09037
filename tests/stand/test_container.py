"""The stand in containers, for real: what it does, how it is locked in, and that nothing of it is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from harness.errors import DocumentError, StandError
from harness.onec.guard import WriteGuard
from harness.onec.session import StandSession
from harness.record.lock import locked
from stand.bases import DemoBase
from stand.building import LABEL
from stand.composing import engine
from stand.container import ContainerStand
from stand.containers import Containers, projects
from stand.protocol import Backup, Capability, Stand
from tests.containers import certificates, docker_alone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient

ROOT = Path(__file__).resolve().parents[2]
BASE = DemoBase("2.0.14.7", documents=60)


@pytest.fixture(scope="module")
def client() -> Iterator[DockerClient]:
    with docker_alone(), closing(engine()) as found:
        yield found


@pytest.fixture(scope="module")
def stand(client: DockerClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ContainerStand]:
    del client
    made = ContainerStand(BASE, tmp_path_factory.mktemp("container") / "stand", certificates=certificates())
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def backup(stand: ContainerStand) -> Backup:
    return stand.backup()


def left(client: DockerClient, work: Path) -> list[str]:
    """What the engine still has of a stand."""
    name = Containers.of(work).project.name
    label: dict[str, str | list[str] | bool] = {"label": f"com.docker.compose.project={name}"}
    containers = [str(item.name) for item in client.containers.list(all=True, filters=label)]
    networks = [str(item.name) for item in client.networks.list(filters=label)]
    volumes = [str(item.name) for item in client.volumes.list(filters=label)]
    return containers + networks + volumes


def session(stand: ContainerStand) -> StandSession:
    main = stand.accounts()[0]
    return StandSession(stand.endpoints().publication, main.name, main.password, guard=WriteGuard(), timeout=(2, 2))


def test_is_a_stand_that_can_everything(stand: ContainerStand) -> None:
    assert isinstance(stand, Stand)
    assert stand.capabilities == frozenset(Capability)
    info, isolation = stand.info(), stand.isolation()
    assert (info.version, info.marked, info.emulator) == ("2.0.14.7", True, True)
    assert isolation.known_blocked
    assert "без выхода наружу" in isolation.evidence


def test_answers_on_loopback_only_and_nobody_is_root_inside(stand: ContainerStand, client: DockerClient) -> None:
    assert stand.endpoints().publication.startswith("http://127.0.0.1:")
    name = Containers.of(stand.work).project.name
    for container in client.containers.list(filters={"label": f"com.docker.compose.project={name}"}):
        assert container.exec_run(["id", "-u"]).output not in {b"0\n", b""}
        assert container.exec_run(["touch", "/usr/mark"]).exit_code != 0
        host = container.attrs["HostConfig"]
        assert (host["ReadonlyRootfs"], host["CapDrop"]) == (True, ["ALL"])
        assert {bound["HostIp"] for ports in host["PortBindings"].values() for bound in ports} <= {"127.0.0.1"}


def test_there_is_no_way_out_of_the_containers(stand: ContainerStand, client: DockerClient) -> None:
    """The engine's gateway address outside of the stand's own networks answers nothing."""
    name = Containers.of(stand.work).project.name
    label = [f"com.docker.compose.project={name}", "com.docker.compose.service=emulator"]
    (emulator,) = client.containers.list(filters={"label": label})
    tried = "import socket; socket.create_connection(('198.51.100.1', 443), 2)"
    assert emulator.exec_run(["python", "-c", tried]).exit_code != 0
    network = client.networks.get(f"{name}_outer")
    assert network.attrs["Options"]["com.docker.network.bridge.enable_ip_masquerade"] == "false"


def test_a_backup_is_brought_out_and_proven(stand: ContainerStand, backup: Backup) -> None:
    assert backup.path is not None
    assert backup.path.read_bytes()[:5] == b"PGDMP"
    proof = stand.proof(backup)
    assert (proof.proven, proof.differing) == (True, ())
    assert proof.rows > 60


def test_an_update_is_seen_and_a_restore_takes_it_back(stand: ContainerStand, backup: Backup) -> None:
    updated = stand.update("2.0.15.2")
    assert (updated.facts["release_before"], updated.facts["release_after"]) == ("2.0.14.7", "2.0.15.2")
    assert stand.proof(backup).differing  # the base is another one by now
    restored = stand.restore(backup)
    assert stand.info().version == "2.0.14.7"
    assert stand.proof(backup).proven
    assert {item.name for item in restored.evidence} <= {"database.log", "emulator.log"}


def test_a_backup_that_was_changed_is_refused(stand: ContainerStand, backup: Backup, tmp_path: Path) -> None:
    assert backup.path is not None
    copy = tmp_path / "copy.dump"
    copy.write_bytes(backup.path.read_bytes()[:-1])
    with pytest.raises(DocumentError, match="изменился"):
        stand.restore(Backup(backup.result, copy, backup.digest, backup.taken))
    assert stand.info().version == "2.0.14.7"


def test_faults_are_the_stands_own_trouble(stand: ContainerStand) -> None:
    rows = stand.endpoints().odata + "/Catalog_Валюты?$format=json"
    with session(stand) as asked:
        assert asked.get(rows).status == 200
        with stand.paused(), pytest.raises(StandError):
            asked.get(rows)
        with stand.cut_off(), pytest.raises(StandError):
            asked.get(rows)
        assert asked.get(rows).status == 200


def test_a_stopped_stand_leaves_nothing_and_comes_up_as_it_was(client: DockerClient, tmp_path: Path) -> None:
    work = tmp_path / "stand"
    stand = ContainerStand(BASE, work, certificates=certificates())
    stand.start()
    stand.update("2.0.15.2")
    stand.stop()
    assert left(client, work) == []
    assert (work / "state.dump").is_file()
    stand.start()
    try:
        assert stand.info().version == "2.0.15.2"
    finally:
        stand.stop()
    assert left(client, work) == []


KILLED = """\
import sys, time
from pathlib import Path
from stand.bases import DemoBase
from stand.container import ContainerStand
from tests.containers import certificates
stand = ContainerStand(DemoBase("2.0.14.7", documents=60), Path(sys.argv[1]), certificates=certificates())
stand.start()
print(stand.endpoints().publication, flush=True)
sys.stdin.read()
"""


def test_a_killed_run_leaves_nothing_in_the_engine(client: DockerClient, tmp_path: Path) -> None:
    work = tmp_path / "stand"
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(work)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    publication = process.stdout.readline().strip()
    assert requests.get(publication + "/", timeout=5).status_code == 200
    lease = os.open(work / "lease", os.O_RDWR)
    process.send_signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
    process.wait()
    process.stdin.close()
    process.stdout.close()
    with locked(lease):  # the reaper has done its work
        pass
    os.close(lease)
    assert left(client, work) == []
    assert (work / "state.dump").is_file()
    assert Containers.of(work).project.name not in projects(client)
    assert client.images.list(filters={"dangling": True, "label": f"{LABEL}=stand"}) == []
