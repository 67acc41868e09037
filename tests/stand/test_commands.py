from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from stand.commands import KEPT, Command, CommandError, decode

if TYPE_CHECKING:
    from pathlib import Path


def python(*lines: str, timeout: float = 30.0) -> Command:
    return Command("backup", [sys.executable, "-c", "\n".join(lines), "{backup}", "из {url}"], timeout)


def test_places_are_filled_and_the_output_is_kept(tmp_path: Path) -> None:
    command = python("import sys, pathlib", "pathlib.Path(sys.argv[1]).write_text('x')", "print(sys.argv[2])")
    copy = tmp_path / "папка с пробелом" / "copy.dt"
    copy.parent.mkdir()

    result = command.run({"backup": str(copy), "url": "http://s/b"}, tmp_path)

    assert copy.read_text() == "x"
    assert "из http://s/b" in result.evidence[0].content.decode()
    assert result.seconds > 0


def test_a_failure_says_the_code_and_the_last_words_and_keeps_the_output(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="с кодом 7: нет места") as caught:
        python(
            "import sys",
            "sys.stdout.reconfigure(encoding='utf-8')",
            "print('первое')",
            "print('нет места')",
            "sys.exit(7)",
        ).run({}, tmp_path)

    assert "первое" in caught.value.evidence[0].content.decode()
    assert caught.value.exit_code == 11


def test_a_command_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no-such-program"):
        Command("restore", ["no-such-program"], 5).run({}, tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes of POSIX")
def test_a_late_command_is_stopped_with_its_children(tmp_path: Path) -> None:
    # The grandchild holds a named pipe open until it dies: reading to the end proves that it is gone.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    command = python(
        "import subprocess, sys, time",
        f"subprocess.Popen([sys.executable, '-c', 'import sys, time; kept = open(sys.argv[1], chr(119)); time.sleep(600)', {str(pipe)!r}])",
        "print('работаю', flush=True)",
        "time.sleep(600)",
        timeout=1.0,
    )
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    with pytest.raises(CommandError, match="не уложилась в 1 с") as caught:
        command.run({}, tmp_path)

    assert "работаю" in caught.value.evidence[0].content.decode()
    os.set_blocking(reading, True)
    with os.fdopen(reading, "rb") as opened:
        assert opened.read() == b""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "cp866"])
def test_output_of_any_encoding_is_read(encoding: str) -> None:
    assert decode("Не найдена лицензия для сервера".encode(encoding)) == "Не найдена лицензия для сервера"


def test_why_a_command_does_not_start_is_told_in_russian(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="такого файла или папки нет"):
        Command("apply", [str(tmp_path / "нет такой программы")], 5).run({}, tmp_path)


def test_of_long_output_whole_lines_are_kept(tmp_path: Path) -> None:
    """Half a line may hold half a password, which no redaction would know."""
    long = python("import sys", f"print('Пароль: ' + 'z' * {KEPT})", "print('конец')").run({}, tmp_path)
    endless = python("import sys", f"sys.stdout.write('z' * {2 * KEPT})").run({}, tmp_path)

    assert long.evidence[0].content.decode().splitlines() == ["конец"]
    assert 0 < len(endless.evidence[0].content) < KEPT


@pytest.mark.skipif(sys.platform == "win32", reason="группы процессов POSIX")
def test_a_command_that_outlived_its_killed_run_is_not_met_by_a_second_one(tmp_path: Path) -> None:
    running = tmp_path / "command.pid"
    orphan = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    running.write_text(str(orphan.pid), encoding="ascii")

    with pytest.raises(CommandError, match=f"прежняя ещё выполняется, процесс {orphan.pid}"):
        python("pass").run({}, tmp_path, running)
    orphan.kill()
    orphan.wait()

    assert python("pass").run({}, tmp_path, running).facts["exit_code"] == "0"
    assert not running.exists()
