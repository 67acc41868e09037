"""The table "ten checks of each exchange" has no hole, names scenarios that exist, and is one in both languages (issue 5, facts/exchanges.md 0)."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import LANGUAGES, ROOT, guide

CHECKS, EXCHANGES = 10, 7
KNOWN = set(
    re.findall(
        r'scenario\("([A-Z]+-\d+)"', "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("scenarios/*/*.py"))
    )
)


def table(language: str) -> list[list[list[str]]]:
    rows = [row[1:] for row in guide(language, "exchanges").rows() if len(row) == EXCHANGES + 1]
    return [[re.findall(r"[A-Z]+-\d+", cell) for cell in row] for row in rows if any("`" in cell for cell in row)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_exchange_has_all_ten_checks(language: str) -> None:
    rows = table(language)
    assert [len(row) for row in rows] == [EXCHANGES] * CHECKS
    assert all(cell for row in rows for cell in row)
    assert {ident for row in rows for cell in row for ident in cell} <= KNOWN


def test_both_languages_say_the_same() -> None:
    first, second = (table(language) for language in LANGUAGES)
    assert first == second
