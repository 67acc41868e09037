"""Runs a person's own command for a step of an external stand: no shell, a time limit, its output kept as evidence."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from harness.errors import StepError, reason
from stand.protocol import Evidence, Result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

KEPT = 256 * 1024
"""Bytes of output that are kept: the last ones, where the reason stands."""
_WORDS = 300


class CommandError(StepError):
    """A command failed; its output comes along.

    Attributes:
        evidence: what it printed.
    """

    def __init__(self, message: str, *, place: str, hint: str, evidence: tuple[Evidence, ...]) -> None:
        super().__init__(message, place=place, hint=hint)
        self.evidence = evidence


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the settings.

    Attributes:
        key: its section, for messages: "backup".
        arguments: program and arguments with places in braces.
        timeout: seconds.
    """

    key: str
    arguments: Sequence[str]
    timeout: float

    def run(self, places: Mapping[str, str], folder: Path, running: Path | None = None) -> Result:
        """Runs the command in a folder.

        Args:
            places: values for {backup}, {release}, {url}, {record}.
            folder: working directory: where readiness.toml lies.
            running: file that names the process while it runs: a command that outlived its killed run is not met by a second one.

        Raises:
            CommandError: it could not be started, ended with a code other than 0, or took too long.
        """
        arguments = [_filled(item, places) for item in self.arguments]
        self._only_one(running)
        started = time.monotonic()
        with tempfile.TemporaryFile() as output:
            try:
                process = subprocess.Popen(  # noqa: S603  # the user's own command, from the user's own settings
                    arguments,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd=folder,
                    start_new_session=sys.platform != "win32",
                )
            except OSError as error:
                raise self._error(
                    f"не запускается «{arguments[0]}»: {reason(error)}", "проверьте путь к программе", ()
                ) from error
            if running is not None:
                running.write_text(str(process.pid), encoding="ascii")
            late = _wait(process, self.timeout)
            if running is not None:
                running.unlink(missing_ok=True)
            evidence = (Evidence(f"{self.key}.log", _tail(output)),)
        seconds = time.monotonic() - started
        if late:
            raise self._error(
                f"не уложилась в {self.timeout:.0f} с и остановлена", f"увеличьте [{self.key}] timeout", evidence
            )
        if process.returncode != 0:
            said = last_words(evidence)
            raise self._error(
                f"завершилась с кодом {process.returncode}: {said}", "весь вывод приложен к протоколу", evidence
            )
        return Result(seconds, {"exit_code": "0"}, evidence)

    def _only_one(self, running: Path | None) -> None:
        if running is None or not running.is_file():
            return
        number = running.read_text(encoding="ascii").strip()
        if number.isdigit() and _alive(int(number)):
            hint = f"дождитесь её конца или остановите её; если процесс {number} — не она, удалите файл {running}"
            raise self._error(f"не начата: прежняя ещё выполняется, процесс {number}", hint, ())
        running.unlink()

    def _error(self, message: str, hint: str, evidence: tuple[Evidence, ...]) -> CommandError:
        return CommandError(f"команда [{self.key}] {message}", place="", hint=hint, evidence=evidence)


def _filled(text: str, places: Mapping[str, str]) -> str:
    for name, value in places.items():
        text = text.replace("{" + name + "}", value)
    return text


def _wait(process: subprocess.Popen[bytes], timeout: float) -> bool:
    """Waits for the end; True when the process had to be stopped. Leaves nothing running, also when we are interrupted."""
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        return True
    finally:
        if process.poll() is None:
            _kill_tree(process)
    return False


def _alive(process: int) -> bool:
    """Whether a command we started, or what it started in its group, still runs."""
    if sys.platform == "win32":
        question = ["tasklist", "/FI", f"PID eq {process}", "/NH"]
        return str(process).encode() in subprocess.run(question, capture_output=True, check=False).stdout  # noqa: S603
    try:
        os.killpg(process, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _kill_tree(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)  # noqa: S603, S607
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _tail(output: IO[bytes]) -> bytes:
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - KEPT))
    kept = output.read()
    if size > KEPT:  # half a line may hold half a password, which nobody would know for one
        kept = kept.partition(b"\n")[2] or kept[-_WORDS:]
    return decode(kept).encode("utf-8")


def decode(content: bytes) -> str:
    """Text of a program of unknown manners: UTF-8, else of cp1251 and cp866 the one with more Cyrillic letters (facts/platform-commands.md 10)."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        candidates = [content.decode(name, errors="replace") for name in ("cp1251", "cp866")]
        return max(candidates, key=lambda text: sum("а" <= sign <= "я" or sign == " " for sign in text.lower()))


def last_words(evidence: Sequence[Evidence]) -> str:
    """The last line of what a command printed: the reason usually stands there."""
    text = evidence[0].content.decode("utf-8") if evidence else ""
    line = next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
    return line[:_WORDS] or "вывода нет"
