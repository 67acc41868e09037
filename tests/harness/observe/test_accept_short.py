"""What was agreed must happen everywhere it had to: at_least, every; confirmed entries are written whole or not at all."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import ConfigError
from harness.gate.findings import findings_of
from harness.observe import explain_record, load_acceptances, propose
from harness.observe.signing import ids_in, sign
from harness.record.models import Acceptance, Finding, Severity
from tests.harness.observe.pair import Pair

if TYPE_CHECKING:
    from pathlib import Path

ORDERS = [{"К": number, "Год": 2025 + number % 2, "НДС": Decimal(20)} for number in range(10)]


def found(folder: Path, converted: int, **how: Any) -> list[Finding]:
    """Findings when an update changed `converted` of the five orders of 2026."""
    after = [dict(row) for row in ORDERS]
    for row in [row for row in after if row["Год"] == 2026][:converted]:
        row["НДС"] = Decimal(22)
    pair = Pair(folder)
    pair.both(lambda observe: observe.table("t", ORDERS, key="К"), lambda observe: observe.table("t", after, key="К"))
    entry = Acceptance(
        id="VAT", scenario="A-1", column="НДС", condition="after == 22", reason="r", owner="o", until="2.0.15", **how
    )
    explain_record(pair.writer, [entry])
    return findings_of(pair.read())


@pytest.mark.parametrize(
    ("converted", "how", "codes"),
    [
        (5, {"at_least": 5}, []),
        (3, {"at_least": 5}, [("ACCEPTANCE-SHORT", Severity.BLOCKER)]),
        (0, {"at_least": 1}, [("ACCEPTANCE-SHORT", Severity.BLOCKER)]),
        (5, {"every": "Год == 2026"}, []),
        (3, {"every": "Год == 2026"}, [("ACCEPTANCE-SHORT", Severity.BLOCKER)]),
        (3, {"every": "Год == 2026 and НДС == 22"}, []),
        (5, {"every": "Год == 2026", "key": "К=1"}, [("DIFFERENCE", Severity.BLOCKER)]),
        (5, {"at_most": 3}, [("ACCEPTANCE-EXCEEDED", Severity.WARNING)]),
    ],
)
def test_a_change_that_happened_by_half_is_no_go(
    folder: Path, converted: int, how: dict[str, Any], codes: list[tuple[str, Severity]]
) -> None:
    assert [(one.code, one.severity) for one in found(folder, converted, **how)] == codes


def test_the_finding_counts_what_was_missed(folder: Path) -> None:
    (finding,) = found(folder, 2, every="Год == 2026")

    assert "не изменились, 3" in str(finding.text)


FILE = '# Наши согласования\n[[acceptance]]\nid = "A-1-1"  # старое\nscenario = "X"\nreason = "r"\nowner = "o"\nuntil = "2.0"\n'


def proposals(folder: Path, taken: list[str]) -> Any:
    pair = Pair(folder)
    pair.both(
        lambda observe: observe.table("t", [{"К": 1, "А": 1, "Б": 1}], key="К"),
        lambda observe: observe.table("t", [{"К": 1, "А": 2, "Б": 3}], key="К"),
    )
    return propose(pair.read(), owner="И", until="2.0.16", reason="Так «надо»", taken=taken)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_confirmed_entries_are_added_and_comments_stay(folder: Path, tmp_path: Path, newline: str) -> None:
    file = tmp_path / "acceptances.toml"
    file.write_bytes(FILE.replace("\n", newline).encode())

    _, second = proposals(folder, ids_in(file))
    sign(file, [second])

    content = file.read_bytes().decode()
    assert content.startswith(FILE.replace("\n", newline))
    assert content.count("\n") == content.count(newline)
    assert [entry.id for entry in load_acceptances(file)] == ["A-1-1", "A-1-3"]
    assert load_acceptances(file)[1].column == "Б"


def test_a_file_that_would_not_load_is_left_as_it_was(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "acceptances.toml"
    file.write_text(FILE, encoding="utf-8")

    with pytest.raises(ConfigError, match="дважды"):
        sign(file, proposals(folder, []))

    assert file.read_text(encoding="utf-8") == FILE
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["acceptances.toml"]


@pytest.mark.parametrize(
    ("lines", "words"), [("at_least = -1", "at_least"), ("at_most = 1\nat_least = 2", "больше, чем")]
)
def test_impossible_limits_are_refused(tmp_path: Path, lines: str, words: str) -> None:
    file = tmp_path / "acceptances.toml"
    file.write_text(FILE + lines + "\n", encoding="utf-8")

    with pytest.raises(ConfigError, match=words):
        load_acceptances(file)
