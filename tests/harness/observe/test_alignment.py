"""Members of lists without identity meet by content: one inserted member is one difference."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.observe.documents import tree
from harness.observe.trees import Flat, side_by_side
from harness.record.models import Difference, DifferenceClass
from tests.harness.observe.pair import Pair


def sides(before: Any, after: Any, **identity: str) -> tuple[Flat, Flat]:
    left, right = (tree(json.dumps(side).encode(), "json", "t") for side in (before, after))
    return side_by_side(left, right, identity)


def changed(before: Any, after: Any) -> set[tuple[str, str | None, str | None]]:
    left, right = ({entry.path: entry.value for entry in side.entries} for side in sides(before, after))
    return {
        (path, left.get(path), right.get(path))
        for path in left.keys() | right.keys()
        if left.get(path) != right.get(path)
    }


def test_one_inserted_member_is_one_difference() -> None:
    assert changed(list("абвгд"), list("абXвгд")) == {("/[+3]", None, "X")}


def test_one_removed_member_is_one_difference() -> None:
    assert changed(list("абвгд"), list("бвгд")) == {("/", "а", None)}


def test_a_changed_member_stays_in_its_place() -> None:
    assert changed(list("абв"), list("аXв")) == {("/[2]", "б", "X")}


def test_a_member_that_changed_beside_a_new_one_meets_its_twin() -> None:
    lines = [{"товар": name, "цена": 1, "число": 2} for name in "абв"]
    after = [lines[0], {"товар": "новый", "цена": 9, "число": 9}, lines[1] | {"цена": 5}, lines[2]]

    assert changed(lines, after) == {
        ("/[2]/цена", "1", "5"),
        ("/[+2]/товар", None, "новый"),
        ("/[+2]/цена", None, "9"),
        ("/[+2]/число", None, "9"),
    }


def test_xml_members_of_one_name_are_aligned(folder: Path) -> None:
    before = "".join(f"<С><Т>{number}</Т></С>" for number in range(300))
    after = before.replace("<С><Т>7</Т></С>", "<С><Т>7</Т></С><С><Т>новая</Т></С>")

    (found,) = documents(folder, f"<Д>{before}</Д>", f"<Д>{after}</Д>")

    assert (found.cls, found.added, found.removed, found.changed) == (DifferenceClass.UNEXPLAINED, 1, 0, 0)


def documents(folder: Path, before: str, after: str, **how: Any) -> list[Difference]:
    return Pair(folder).both(
        lambda observe: observe.document("d", before.encode(), **how),
        lambda observe: observe.document("d", after.encode(), **how),
    )


def test_masked_parts_do_not_keep_members_apart(folder: Path) -> None:
    before = "".join(f"<С><Т>{number}</Т><Время>{number}</Время></С>" for number in range(5))
    after = "<С><Т>X</Т><Время>1</Время></С>" + before.replace("<Время>", "<Время>1")

    (found,) = documents(folder, f"<Д>{before}</Д>", f"<Д>{after}</Д>", mask=["Время"])

    assert (found.added, found.changed) == (1, 0)


def test_a_thousand_changed_leaves_of_one_place_and_ratio_are_one_cause(folder: Path) -> None:
    before = "".join(f"<С Н='{number}'><Цена>{number * 100}</Цена></С>" for number in range(1, 1001))
    after = "".join(f"<С Н='{number}'><Цена>{number * 110}</Цена></С>" for number in range(1, 1001))

    (found,) = documents(folder, f"<Д>{before}</Д>", f"<Д>{after}</Д>", identity={"/Д/С": "@Н"})

    ((cause),) = found.causes
    assert (cause.where, cause.how, cause.count, len(cause.examples)) == ("/Д/С/Цена", "×1.10", 1000, 3)
    assert (cause.before_sum, cause.after_sum) == ("50050000", "55055000")


LEAVES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "а", "б"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("АБВ"), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(LEAVES)
def test_nothing_differs_from_itself(document: Any) -> None:
    left, right = sides(document, document)

    assert left.entries == right.entries


@settings(max_examples=150, deadline=None)
@given(LEAVES, LEAVES)
def test_every_leaf_of_both_sides_is_told_under_a_path_of_its_own(before: Any, after: Any) -> None:
    left, right = sides(before, after)
    alone = sides(before, before)[0], sides(after, after)[0]

    for flat, single in zip((left, right), alone, strict=True):
        assert len({entry.path for entry in flat.entries}) == len(flat.entries)
        assert sorted((entry.shape, entry.kind, entry.value) for entry in flat.entries) == sorted(
            (entry.shape, entry.kind, entry.value) for entry in single.entries
        )


@settings(max_examples=15, deadline=None)
@given(st.dictionaries(st.sampled_from("АБВГ"), st.integers(0, 2), min_size=4, max_size=4), st.sampled_from("АБВГ"))
def test_masks_never_hide_an_unmasked_change(after: dict[str, int], mask: str) -> None:
    before = dict.fromkeys("АБВГ", 1)
    expected = {f"/{name}" for name, value in after.items() if value != 1 and name != mask}

    with tempfile.TemporaryDirectory() as folder:
        found = documents(Path(folder) / "r", json.dumps(before), json.dumps(after), media="json", mask=[f"/{mask}"])

    assert {example.key for one in found for example in one.examples} == expected


@pytest.mark.parametrize("count", [2_500])
def test_a_list_too_long_to_align_is_still_compared(count: int) -> None:
    members = [str(number) for number in range(count)]

    assert changed(members, [*members, "новый"]) == {(f"/[+{count + 1}]", None, "новый")}
    assert len(changed(members, [f"x{member}" for member in members])) == count
