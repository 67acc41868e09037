"""The result of `readiness prove` in a run's record and on page one of its document."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from harness.config import load
from harness.prove.results import Proof, Trial, write_proof
from harness.prove.variants import Kind
from harness.record import RecordWriter, read_record
from harness.record.models import Header
from harness.run.access import Access
from harness.run.context import Run
from harness.run.proof import quote
from harness.run.work import WorkFolder
from reports.i18n import Translator
from reports.view import build

if TYPE_CHECKING:
    from pathlib import Path

SUITE = {"scenarios": "1" * 64, "pack": "2" * 64}
PROOF = Proof(
    created="2026-11-24T10:00:00+03:00",
    source="defects",
    whole=True,
    digests=SUITE,
    trials=[
        Trial(id="a", kind=Kind.DEFECT, title="t", held=True),
        Trial(id="b", kind=Kind.DEFECT, title="t", held=False),
        Trial(id="c", kind=Kind.HARMLESS, title="t", held=True),
    ],
)


def quoted(folder: Path, content: bytes | Proof | None) -> tuple[dict[str, str], list[str]]:
    """Facts of a record about the proof, and the lines of page one that speak of it."""
    (folder / "readiness.toml").write_text('[project]\nname = "Проба"\n', encoding="utf-8")
    records = folder / "records"
    if isinstance(content, Proof):
        write_proof(records, content)
    elif content is not None:
        records.mkdir()
        (records / "prove.json").write_bytes(content)
    config = load(folder / "readiness.toml", env={})
    header = Header(run="1", created="2026-11-24T10:00:00+03:00", project="п", stand_kind="embedded", digests=SUITE)
    path = folder / "record"
    with RecordWriter.create(path, header) as writer:
        run = Run(
            config=config,
            stand=None,  # type: ignore[arg-type]  # quoting asks nothing of it
            access=Access(),
            record=writer,
            work=WorkFolder.of(path),
            view=None,  # type: ignore[arg-type]
            scenario_paths=(),
        )
        quote(run)
    record = read_record(path)
    facts = {name: str(item.text) for name, item in record.facts.items()}
    if "prove.noticed" in facts:
        assert (path / record.facts["prove.noticed"].evidence[0]).is_file()
    told = [pair.value for pair in build(Translator("ru"), record).front.facts if "проверок" in pair.label]
    return facts, told


def test_the_document_tells_how_watchful_the_suite_is(tmp_path: Path) -> None:
    facts, told = quoted(tmp_path, PROOF)
    assert facts == {
        "prove.noticed": "Замечено внесённых ошибок: 1 из 2; ложных тревог на безвредные изменения: 0 из 1"
    }
    assert told == ["1 из 2 внесённых ошибок замечено, ложных тревог 0"]


@pytest.mark.parametrize(
    ("content", "stale"),
    [
        (None, False),
        (msgspec.structs.replace(PROOF, whole=False), False),
        (msgspec.structs.replace(PROOF, digests={**SUITE, "scenarios": "3" * 64}), True),
        (b"{", True),
    ],
    ids=["none", "a part", "of another suite", "unreadable"],
)
def test_what_is_not_of_this_suite_is_not_quoted(tmp_path: Path, content: bytes | Proof | None, stale: bool) -> None:
    facts, told = quoted(tmp_path, content)
    assert ("prove.stale" in facts, told) == (stale, [])
