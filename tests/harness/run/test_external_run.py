"""Whole runs over a copy of a base that others run: bad addresses, bad answers, work by hand."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from harness.record.models import Outcome, Phase
from stand.bases import RecordedBase
from stand.embedded import EmbeddedStand
from tests.harness.run.project import SCENARIOS, Project, finished
from tests.recording import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Make = Callable[..., Project]

SETTINGS = """\
[project]
name = "Проба"
[stand]
kind = "external"
url = "{url}"
[user]
name = "Администратор"
password = "env:P"
[backup]
by_hand = true
[restore]
by_hand = true
[apply]
by_hand = true
[documents]
formats = ["json", "html"]
"""


@pytest.fixture
def base(tmp_path: Path) -> Iterator[EmbeddedStand]:
    """A copy of a base, at an address that stays."""
    first, second = record(tmp_path / "1"), record(tmp_path / "2", article=False)
    recorded = RecordedBase(
        first.metadata, (first.feed,), second.metadata, (second.feed,), release="1.0", next_release="1.1"
    )
    running = EmbeddedStand(recorded, tmp_path / "base")
    running.start()
    running.port = urlsplit(running.endpoints().publication).port or 0
    yield running
    running.stop()


def configured(made: Project, url: str, more: str = "") -> Project:
    (made.folder / "readiness.toml").write_text(SETTINGS.format(url=url) + more, encoding="utf-8")
    return made


def left_nothing(made: Project) -> bool:
    return not (made.folder / "records").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"url": "http://127.0.0.1:9/base"}, "никто не отвечает"),
        ({"url": "http://no-such-host.invalid/base"}, "имя сервера не найдено"),
        ({"password": "wrong-password"}, "не принял имя пользователя или пароль"),
        ({"more": '[production]\naddresses = ["{base}"]\n'}, "рабочей базе"),
        ({"password": ""}, "переменная окружения P"),
        ({"more": '[acceptances]\nfile = "no.toml"\n'}, "no.toml"),
        ({"more": '[scenarios]\npaths = ["no"]\n'}, "нет файла"),
        ({"more": '[scenarios]\npack = "no.toml"\n'}, "no.toml"),
        ({"more": "[period]\nstart = 2026-02-01\nend = 2026-01-01\n"}, "раньше, чем начинается"),
    ],
    ids=["nobody", "no host", "password", "production", "no variable", "acceptances", "scenarios", "pack", "period"],
)
def test_what_cannot_be_run_is_2_with_the_reason_and_nothing_left(
    project: Make, base: EmbeddedStand, change: dict[str, str], said: str
) -> None:
    publication = base.endpoints().publication
    made = configured(project(), change.get("url", publication), change.get("more", "").replace("{base}", publication))
    password = change.get("password", base.accounts()[0].password)

    done = made.call("run", P=password)

    assert done.returncode == 2, done.stdout + done.stderr
    assert said in done.stderr
    assert left_nothing(made)
    assert not password or password not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Serves one answer to everything."""
    servers: list[ThreadingHTTPServer] = []

    def start(status: int, media: str, body: bytes, act: Callable[[], object] = lambda: None) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                act()
                self.send_response(status)
                self.send_header("Content-Type", media)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever).start()
        return f"http://127.0.0.1:{server.server_port}/base"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "media", "body", "said"),
    [
        (200, "text/html", "<html><body>Добро пожаловать на сервер</body></html>", "Добро пожаловать на сервер"),
        (402, "text/plain", "Не обнаружено свободной лицензии!", "Не обнаружено свободной лицензии"),
        (406, "text/html", "<p>Нет свободных сеансов</p>", "Нет свободных сеансов"),
        (503, "text/html", "<h1>Service Unavailable</h1>", "Service Unavailable"),
    ],
)
def test_trouble_of_the_stand_is_told_in_its_own_words_with_a_document(  # noqa: PLR0917
    project: Make, serve: Callable[..., str], status: int, media: str, body: str, said: str
) -> None:
    made = configured(project(), serve(status, media, body.encode()))

    done = made.call("run", P="hunter2hunter2")

    assert done.returncode == 11, done.stdout + done.stderr
    assert said in done.stdout
    (path,) = made.records()
    assert said in (path / "readiness.html").read_text(encoding="utf-8")
    assert made.call("judge", str(path)).returncode == 11


def test_a_stand_that_dies_within_a_phase_ends_incomplete_and_nobody_is_asked_to_update(
    project: Make, base: EmbeddedStand, serve: Callable[..., str]
) -> None:
    scenarios = (
        SCENARIOS
        + f"""

@pytest.mark.scenario("TWO-01", area="sweep", severity="blocker")
def test_last(base, observe):
    \"\"\"Стенд умирает\"\"\"
    import urllib.request

    urllib.request.urlopen("{serve(200, "text/plain", b"", base.stop)}").read()
    observe.value("товары", base.odata.count("Catalog_Товары"))
"""
    )
    made = configured(project(scenarios=scenarios), base.endpoints().publication)
    file = made.folder / "readiness.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("[backup]\nby_hand = true\n", ""), encoding="utf-8")

    done = made.call("run", P=base.accounts()[0].password)

    record = made.record()
    assert done.returncode == 11, done.stdout + done.stderr
    assert "Стенд перестал отвечать" in done.stdout
    assert {step.name: step.outcome for step in record.steps}["update"] == "skipped"
    assert record.runs["ONE-01", Phase.BEFORE].outcome is Outcome.PASSED
    assert record.runs["TWO-01", Phase.BEFORE].outcome is Outcome.TROUBLE
    assert "Резервная копия" in (record.path / "readiness.html").read_text(encoding="utf-8")


def test_by_hand_it_stops_says_what_to_do_and_goes_on(project: Make, base: EmbeddedStand) -> None:
    made = configured(project(), base.endpoints().publication)
    password = base.accounts()[0].password

    asked = made.call("run", P=password)
    resume = ("run", "--resume", str(made.records()[0]))
    own = base.backup()
    restored = made.call(*resume, P=password)
    compared = made.call(*resume, P=password)
    not_done = made.call(*resume, P=password)
    base.update("1.1")
    done = made.call(*resume, P=password)

    assert asked.returncode == restored.returncode == compared.returncode == 11, asked.stderr + restored.stderr
    assert "Снимите резервную копию" in asked.stderr
    assert f"--resume {made.records()[0]}" in asked.stderr
    assert "Восстановите базу" in restored.stderr
    assert "Восстановите базу" in compared.stderr
    assert not_done.returncode == 11
    assert "Обновите базу" in not_done.stderr
    record = made.record()
    # An external base without the service cannot say whether it is isolated: that is a condition, not silence.
    assert done.returncode == 10, done.stdout + done.stderr
    update = record.step("update")
    assert update is not None
    assert update.facts["by_hand"] == "true"
    assert update.seconds > 0
    assert len(finished(record.events)) == 4
    assert record.facts["backup.proven"].value == "true"
    assert own.path is not None


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals of POSIX")
def test_at_a_terminal_it_asks_and_goes_on_at_once(project: Make, base: EmbeddedStand) -> None:
    made = configured(project(), base.endpoints().publication)
    password = base.accounts()[0].password
    master, slave = os.openpty()
    process = made.start("run", terminal=slave, P=password)
    os.close(slave)

    said = ""
    asked = 0
    with contextlib.suppress(OSError):  # the other end is closed: the run is over
        while chunk := os.read(master, 4096):
            said += chunk.decode(errors="ignore")
            if said.count("Сделано?") > asked:
                asked += 1
                if asked == 4:
                    base.update("1.1")
                os.write(master, b"\n")
    os.close(master)

    assert process.wait(60) == 10, said
    assert asked == 4  # backup, proof, restore, update
    assert "сейчас ваш ход" in said
    assert "GO WITH CONDITIONS" in said


def test_another_base_at_the_address_is_not_gone_on_with(project: Make, base: EmbeddedStand) -> None:
    made = configured(project(), base.endpoints().publication)
    password = base.accounts()[0].password
    made.call("run", P=password)
    file = made.folder / "readiness.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("127.0.0.1", "localhost"), encoding="utf-8")

    done = made.call("run", "--resume", str(made.records()[0]), P=password)

    assert done.returncode == 2
    assert "изменились: настройки" in done.stderr


def test_a_password_a_command_prints_is_shown_to_nobody(project: Make, base: EmbeddedStand) -> None:
    made = configured(project(), base.endpoints().publication)
    password = base.accounts()[0].password
    code = "import os, sys; print('denied:', os.environ['P']); sys.exit(5)"
    file = made.folder / "readiness.toml"
    command = json.dumps([sys.executable, "-c", code])
    settings = file.read_text(encoding="utf-8").replace("[backup]\nby_hand = true", f"[backup]\ncommand = {command}")
    file.write_text(settings, encoding="utf-8")

    done = made.call("run", P=password)

    assert done.returncode == 11
    assert "denied: ***" in done.stdout
    assert password not in done.stdout + done.stderr
    assert not [path for path in made.folder.rglob("*") if path.is_file() and password.encode() in path.read_bytes()]
