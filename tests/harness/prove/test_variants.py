"""Seeded defects and harmless changes as data: enough of them, over all areas, each fitting the release it is seeded into."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from harness.errors import ConfigError, UsageError
from harness.prove.bases import NEXT, configuration
from harness.prove.grouping import grouped
from harness.prove.proving import variants_of
from harness.prove.variants import AREAS, CONTROL, RUN, Kind, Variant, chosen, load_variants
from harness.record.models import Verdict

if TYPE_CHECKING:
    from pathlib import Path

EVERYTHING = variants_of(proxied=False)
DEFECT = """
id = "x"
title = "t"
breaks = "b."
area = "report"
expect = { scenario = "reports", words = ["w"] }
[[change]]
remove = "reports/КнигаПродаж"
"""


def test_there_are_enough_of_both_kinds_over_all_areas() -> None:
    kinds = Counter(item.kind for item in EVERYTHING)
    assert kinds[Kind.DEFECT] >= 60
    assert kinds[Kind.HARMLESS] >= 60
    wanted = {where for item in EVERYTHING for where in item.scenarios}
    assert wanted >= {*AREAS, RUN}
    assert len({item.id for item in EVERYTHING}) == len(EVERYTHING)


HARMLESS = [item for item in EVERYTHING if item.kind is Kind.HARMLESS and item.id != CONTROL]


@pytest.mark.parametrize("variant", HARMLESS, ids=lambda item: item.id)
def test_a_harmless_change_fits_the_release_and_changes_it(variant: Variant, plain: str) -> None:
    assert variant.title
    assert variant.about.endswith(".")
    # As text, because the order of columns is a change, too.
    assert repr(configuration("2.0.14.7", variant.changes, variant.id, NEXT)) != plain


@pytest.fixture(scope="module")
def plain() -> str:
    return repr(configuration("2.0.14.7", (), "", NEXT))


def test_groups_of_harmless_changes_fit_together_and_lose_nobody() -> None:
    units, groups = grouped(EVERYTHING)
    assert {item.id for item in EVERYTHING} == {
        name for unit in units for name in ([one.id for one in groups[unit.id]] if unit.id in groups else [unit.id])
    }
    for unit in units:
        if unit.id in groups:
            assert {item.limit for item in groups[unit.id]} == {unit.limit}
            configuration("2.0.14.7", unit.changes, unit.id, NEXT)
        elif unit.kind is Kind.HARMLESS:
            assert unit.limit in (Verdict.GO, Verdict.CONDITIONS)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('words = ["w"]', "words = []", "expect"),
        ('id = "x"', 'id = "y"', "имени файла"),
        ('area = "report"', 'area = "report"\nwhen = "later"', "when"),
        ('title = "t"', "title = 1", "title"),
    ],
)
def test_a_wrong_description_names_its_file(tmp_path: Path, before: str, after: str, said: str) -> None:
    (tmp_path / "x.toml").write_text(DEFECT.replace(before, after), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"x\.toml") as failure:
        load_variants(tmp_path, tmp_path / "none")
    assert said in str(failure.value)


def test_only_takes_patterns_and_refuses_strangers_with_the_nearest_name() -> None:
    assert {item.id for item in chosen(EVERYTHING, ["backup-*"])} == {
        "backup-empty",
        "backup-rows-missing",
        "backup-truncated",
    }
    with pytest.raises(UsageError, match="report-gone"):
        chosen(EVERYTHING, ["report-gonne"])
