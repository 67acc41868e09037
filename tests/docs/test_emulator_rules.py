"""docs/emulator.md: every rule says whether it is done, and every test it names is there."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from stand.emulator.quirks import QUIRKS
from tests.docs.pages import ROOT, Page

PAGE = Page(ROOT / "docs" / "emulator.md")
RULES = [row for row in PAGE.rows() if len(row) == 4 and row[0] != "правило"]
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(item.name for item in tree.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef))


def test_there_is_a_row_for_every_part_of_the_protocol() -> None:
    headings = re.findall(r"^## (\d+)\. ", PAGE.text, re.MULTILINE)
    assert headings == [str(number) for number in range(1, 12)]
    assert len(RULES) > 120


@pytest.mark.parametrize("row", RULES, ids=lambda row: row[0][:50])
def test_a_rule_is_done_and_tested_or_says_why_not(row: list[str]) -> None:
    rule, source, done, tests = row
    assert rule
    assert source
    named = _TEST.findall(tests)
    if done.startswith("нет: "):
        assert (len(done) > 10, tests) == (True, "—")
        return
    assert done.startswith("да")
    assert named
    assert tests == ", ".join(f"`{path}::{name}`" for path, name in named)
    for path, name in named:
        assert name in names_in(path), f"{path}::{name}"


def test_the_switches_are_those_of_the_emulator() -> None:
    listed = {row[0].strip("`"): row[1] for row in PAGE.rows() if len(row) == 3}
    described = {
        item.name: ", ".join(f"`{value}`" for value in item.values) or f"число; `{item.number}`" for item in QUIRKS
    }
    assert {name: values for name, values in listed.items() if name != "переключатель"} == described


def test_every_conflict_of_sources_is_marked() -> None:
    marked = [row for row in RULES if "⚠" in row[0]]
    switches = set(re.findall(r"`([a-z-]+)(?:=\w+)?`", " ".join(row[2] for row in RULES)))
    assert {item.name for item in QUIRKS} <= switches | {"texts"}
    assert len(marked) > 12
