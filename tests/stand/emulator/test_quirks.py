"""Switches where the sources disagree: their names, values and defaults are one table, and each changes what the interface does."""

from __future__ import annotations

from dataclasses import fields

import pytest

from harness.errors import UsageError
from stand.emulator.quirks import DEFAULT, QUIRKS, Quirks


def test_the_table_and_the_settings_are_the_same() -> None:
    described = {item.name.replace("-", "_"): item.default for item in QUIRKS}
    assert described == {item.name: item.default for item in fields(Quirks)}
    assert all(item.why for item in QUIRKS)


def test_switches_are_read_from_the_command_line() -> None:
    read = Quirks.parse(["if-match=enforced", "licences=3", "if-match = ignored"])
    assert (read.if_match, read.licences) == ("ignored", 3)
    assert Quirks.parse([]) == DEFAULT
    assert Quirks.parse(["count=plain"]).changed() == {"count": "plain"}


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ("if-mach=enforced", "if-match"),
        ("нет=1", "if-match, "),
        ("if-match=enforce", "enforced"),
        ("if-match", "if-match=ignored"),
        ("licences=много", "целое число"),
        ("licences=-1", "целое число"),
    ],
)
def test_a_wrong_switch_is_refused_and_the_nearest_is_named(pair: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        Quirks.parse([pair])
    assert words in str(caught.value)
