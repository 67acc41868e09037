"""The journal of a run: one event a line, each with the hash of the line before it, on the disk before `append` returns.

Several processes write to it in turns (file lock). A process killed in the middle of a line leaves a torn tail; the next
writer cuts it off, keeps it as evidence and says so by an event. Readers do not see the tail at all.
"""

from __future__ import annotations

import hashlib
import os
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

import msgspec

from harness.errors import RecordError, reason
from harness.record.lock import locked
from harness.record.redact import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

GENESIS = "0" * 64
"""`prev` of the first event when the journal belongs to no header."""
_CHUNK = 1 << 16


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the journal.

    Attributes:
        seq: number of the event, from 1.
        time: ISO 8601 with offset, UTC.
        kind: one of the kinds in `harness.record.events`.
        data: JSON data of the kind.
        prev: sha256 of the line before, of the header for the first one.
    """

    seq: int
    time: str
    kind: str
    data: dict[str, Any]
    prev: str


def now() -> str:
    """This moment as a record writes it: by the clock of who runs it, with its offset from UTC, milliseconds."""
    return datetime.now(UTC).astimezone().isoformat(timespec="milliseconds")


def canonical(value: Any) -> bytes:
    """Canonical JSON: sorted keys, no spaces, UTF-8."""
    return msgspec.json.encode(value, order="sorted")


class Journal:
    """Writer of one journal file.

    Args:
        path: the file; it is created when absent.
        genesis: hash the first event refers to; a record passes the hash of its header.
    """

    def __init__(self, path: Path, *, genesis: str = GENESIS) -> None:
        self.path = path
        self._genesis = genesis
        self._turn = threading.Lock()
        binary: int = getattr(os, "O_BINARY", 0)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | binary, 0o644)
        self._size = -1
        self._head = genesis
        self._seq = 0
        with self._turn, locked(self._descriptor):
            self._catch_up()

    def append(self, kind: str, data: Mapping[str, Any] | msgspec.Struct) -> Event:
        """Writes one event, redacted, and returns when it is on the disk.

        Raises:
            RecordError: the journal's last line is not an event (edited or damaged).
        """
        plain = redact(msgspec.to_builtins(data))
        with self._turn, locked(self._descriptor):
            self._catch_up()
            event = self._write([(kind, plain)])
        assert event is not None
        return event

    def extend(self, events: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Writes events of another journal anew, in one go: redacted there, chained and dated here.

        Raises:
            RecordError: the journal's last line is not an event (edited or damaged).
        """
        with self._turn, locked(self._descriptor):
            self._catch_up()
            self._write(events)

    def close(self) -> None:
        """Closes the file; events are on the disk already."""
        with self._turn:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, events: Iterable[tuple[str, Mapping[str, Any]]]) -> Event | None:
        """Writes events, and returns the last of them when all are on the disk. The lock is held."""
        lines, head, event = bytearray(), self._head, None
        for seq, (kind, data) in enumerate(events, self._seq + 1):
            event = Event(seq=seq, time=now(), kind=kind, data=dict(data), prev=head)
            line = canonical(event)
            head = hashlib.sha256(line).hexdigest()
            lines += line + b"\n"
        rest = memoryview(lines)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        os.fsync(self._descriptor)
        if event is not None:  # nothing counts as written before it is
            self._size, self._head, self._seq = self._size + len(lines), head, event.seq
        return event

    def _catch_up(self) -> None:
        """Learns what other processes wrote since the last turn; cuts a torn tail. The lock is held."""
        size = os.fstat(self._descriptor).st_size
        if size == self._size:
            return
        tail = self._tail(size)
        end = tail.rfind(b"\n") + 1
        torn = tail[end:]
        self._size = size - len(torn)
        if self._size:
            line = tail[:end].rstrip(b"\n").rpartition(b"\n")[2]
            self._head = hashlib.sha256(line).hexdigest()
            self._seq = _decode(line, self.path, "последняя строка").seq
        else:
            self._head, self._seq = self._genesis, 0
        if torn:
            kept = self._keep(torn)
            os.ftruncate(self._descriptor, self._size)
            self._write([("journal_repaired", {"bytes": len(torn), "evidence": kept})])

    def _tail(self, size: int) -> bytes:
        """Bytes from the beginning of the last whole line to the end of the file."""
        tail = b""
        start = size
        while start and tail.rstrip(b"\n").count(b"\n") < 2:
            start = max(0, start - _CHUNK)
            os.lseek(self._descriptor, start, os.SEEK_SET)
            tail = _read(self._descriptor, size - start)
        return tail

    def _keep(self, torn: bytes) -> str:
        name = f"evidence/torn-{hashlib.sha256(torn).hexdigest()[:20]}.txt"
        path = self.path.parent / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(torn)
        return name


def _read(descriptor: int, length: int) -> bytes:
    parts = []
    while length and (part := os.read(descriptor, length)):
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def read_journal(path: Path, *, genesis: str = GENESIS) -> list[Event]:
    """All whole events of a journal, the chain of hashes verified.

    Raises:
        RecordError: a line is not an event, or does not follow the one before; the place names the line.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RecordError("Журнал прогона не читается", place=str(path), hint=reason(error)) from error
    events: list[Event] = []
    head = genesis
    lines = content.split(b"\n")[:-1]  # what follows the last line feed is a torn tail, or nothing
    for number, line in enumerate(lines, start=1):
        event = _decode(line, path, f"строка {number}")
        if event.prev != head or event.seq != number:
            raise RecordError(
                "Журнал прогона изменён: строка не продолжает предыдущую",
                place=f"{path}, строка {number}",
                hint="Протокол правили вручную или он повреждён; возьмите исходную копию",
            )
        events.append(event)
        head = hashlib.sha256(line).hexdigest()
    return events


def _decode(line: bytes, path: Path, where: str) -> Event:
    try:
        event = msgspec.json.decode(line, type=Event)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordError(
            "Строка журнала прогона повреждена", place=f"{path}, {where}", hint="Возьмите исходную копию протокола"
        ) from error
    if canonical(event) != line:
        raise RecordError(
            "Строка журнала прогона изменена", place=f"{path}, {where}", hint="Возьмите исходную копию протокола"
        )
    return event
