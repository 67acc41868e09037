from __future__ import annotations

from typing import Any

import pytest

from harness.errors import ConfigError
from stand.emulator.behaviour.patches import merged, patched

TREE = {"отчёты": {"А": {"колонки": {"х": 1, "у": 2}, "ключ": ["х"]}}, "версии": ["1.17", "1.19"]}


@pytest.mark.parametrize(
    ("change", "path", "value"),
    [
        ({"set": "отчёты/А/колонки/х", "value": 5}, ("отчёты", "А", "колонки"), {"х": 5, "у": 2}),
        ({"add": "отчёты/А/колонки/з", "value": 3}, ("отчёты", "А", "колонки"), {"х": 1, "у": 2, "з": 3}),
        ({"remove": "отчёты/А/колонки/х"}, ("отчёты", "А", "колонки"), {"у": 2}),
        ({"append": "версии", "value": "1.20"}, ("версии",), ["1.17", "1.19", "1.20"]),
        ({"drop": "версии", "value": "1.17"}, ("версии",), ["1.19"]),
    ],
)
def test_operations(change: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    found: Any = patched(TREE, [change], "file")
    for part in path:
        found = found[part]
    assert found == value


def test_a_name_keeps_its_place_and_a_new_one_gets_its_own() -> None:
    renamed = patched(TREE, [{"rename": "отчёты/А/колонки/х", "to": "я"}], "file")
    assert list(renamed["отчёты"]["А"]["колонки"].items()) == [("я", 1), ("у", 2)]
    added = patched(TREE, [{"add": "отчёты/А/колонки/з", "value": 3, "after": "х"}], "file")
    assert list(added["отчёты"]["А"]["колонки"]) == ["х", "з", "у"]


def test_the_tree_given_is_left_alone() -> None:
    patched(TREE, [{"append": "версии", "value": "9"}, {"remove": "отчёты/А"}], "file")
    assert TREE["версии"] == ["1.17", "1.19"]
    assert "А" in TREE["отчёты"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"set": "отчеты/А/ключ", "value": 1}, "отчёты"),
        ({"set": "отчёты/А/колонки/зет", "value": 1}, "Нет «отчёты/А/колонки/зет»"),
        ({"add": "отчёты/А", "value": 1}, "уже есть"),
        ({"remove": "отчёты/Б"}, "ближайшее|здесь есть"),
        ({"rename": "отчёты/А/колонки/х", "to": "у"}, "нельзя"),
        ({"drop": "версии", "value": "1.16"}, "нет значения"),
        ({"append": "отчёты/А/колонки/х", "value": 1}, "не список"),
        ({"set": "версии"}, "value"),
        ({"set": "версии", "remove": "версии", "value": 1}, "ровно одна"),
        ({"поправить": "версии"}, "ровно одна"),
    ],
)
def test_a_patch_that_does_not_fit_is_an_error_with_the_place(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words) as failure:
        patched(TREE, [{"append": "версии", "value": "x"}, change], "defects/x.toml")
    assert "defects/x.toml, change 2" in str(failure.value)


def test_two_files_may_not_say_the_same_thing() -> None:
    merged({"а": {"б": 1}}, {"а": {"в": 2}}, "file")
    with pytest.raises(ConfigError, match="описано дважды"):
        merged({"а": {"б": 1}}, {"а": {"б": 2}}, "file")
