from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from harness.errors import RecordError
from harness.record import Journal, read_journal

if TYPE_CHECKING:
    from pathlib import Path

WRITER = """
import sys
from pathlib import Path
from harness.record import Journal
journal = Journal(Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    journal.append("event", {"by": sys.argv[2], "number": number, "text": "Проведение документа"})
"""
ENDLESS = """
import sys
from pathlib import Path
from harness.record import Journal
journal = Journal(Path(sys.argv[1]))
print("ready", flush=True)
number = 0
while True:
    journal.append("event", {"number": number})
    number += 1
"""


def test_events_are_chained_and_numbered(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.jsonl") as journal:
        written = [journal.append("event", {"number": number}) for number in range(3)]

    events = read_journal(tmp_path / "journal.jsonl")

    assert events == written
    assert [event.seq for event in events] == [1, 2, 3]
    assert len({event.prev for event in events}) == 3


def test_an_event_is_on_the_disk_when_append_returns(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.jsonl") as journal:
        journal.append("event", {})

        assert len(read_journal(tmp_path / "journal.jsonl")) == 1


def test_events_of_another_journal_go_on_the_chain(tmp_path: Path) -> None:
    with Journal(tmp_path / "other.jsonl") as other:
        taken = [other.append("event", {"number": number}) for number in range(2)]
    with Journal(tmp_path / "journal.jsonl") as journal:
        journal.append("event", {"number": 7})
        journal.extend((event.kind, event.data) for event in taken)
        journal.extend(())
        journal.append("event", {"number": 8})

    events = read_journal(tmp_path / "journal.jsonl")
    assert [(event.seq, event.data["number"]) for event in events] == [(1, 7), (2, 0), (3, 1), (4, 8)]


def test_processes_take_turns(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, path, str(name), "25"]) for name in range(3)]

    assert [writer.wait(30) for writer in writers] == [0, 0, 0]
    events = read_journal(path)
    assert len(events) == 75
    for name in "012":
        assert [event.data["number"] for event in events if event.data["by"] == name] == list(range(25))


def test_killed_writer_leaves_a_readable_journal_that_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with subprocess.Popen([sys.executable, "-c", ENDLESS, path], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        while not path.stat().st_size:
            pass
        writer.kill()

    before = read_journal(path)
    with Journal(path) as journal:
        journal.append("event", {"number": "after"})

    after = read_journal(path)
    assert before
    assert [event.data["number"] for event in after if event.kind == "event"][: len(before)] == list(range(len(before)))
    assert after[-1].data == {"number": "after"}


@pytest.mark.parametrize("cut", range(1, 40, 6))
def test_torn_last_line_is_cut_off_and_kept(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal(path) as journal:
        journal.append("first", {})
        journal.append("second", {"text": "Организация"})
    path.write_bytes(path.read_bytes()[:-cut])

    torn = path.read_bytes().rpartition(b"\n")[2]
    with Journal(path) as journal:
        journal.append("third", {})

    events = read_journal(path)
    assert [event.kind for event in events] == ["first", "journal_repaired", "third"]
    assert (tmp_path / events[1].data["evidence"]).read_bytes() == torn


def test_writer_sees_a_tail_torn_by_another_process(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal(path) as journal:
        journal.append("first", {})
        with path.open("ab") as file:
            file.write(b'{"seq":2,"ki')
        journal.append("second", {})

    assert [event.kind for event in read_journal(path)] == ["first", "journal_repaired", "second"]


def test_torn_first_line_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b'{"seq":1,')

    with Journal(path) as journal:
        journal.append("first", {})

    assert [event.kind for event in read_journal(path)] == ["journal_repaired", "first"]


def test_any_edited_line_but_the_last_is_named(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal(path) as journal:
        for number in range(4):
            journal.append("event", {"number": number})
    lines = path.read_bytes().splitlines(keepends=True)
    edited = json.loads(lines[1])
    edited["data"]["number"] = 7
    lines[1] = json.dumps(edited, separators=(",", ":"), sort_keys=True).encode() + b"\n"
    path.write_bytes(b"".join(lines))

    with pytest.raises(RecordError, match="строка 3"):
        read_journal(path)


def test_removed_line_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal(path) as journal:
        for number in range(4):
            journal.append("event", {"number": number})
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], *lines[2:]]))

    with pytest.raises(RecordError, match="строка 2"):
        read_journal(path)


def test_line_that_is_no_event_is_named(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"hello\n")

    with pytest.raises(RecordError, match="строка 1"):
        read_journal(path)
