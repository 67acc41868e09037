from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.onec.edmx import EntitySet, EntityType, Metadata, Property
from harness.onec.paging import Pager
from harness.onec.plans import Plan, plan_for
from harness.onec.query import Query
from harness.onec.spans import Source

if TYPE_CHECKING:
    from harness.onec.values import Row

DOCUMENT = Plan(("Ref_Key",), "Date")
CATALOG = Plan(("Ref_Key",))


class Base:
    """A set as 1C serves it: conditions on `Date`, order by the first field only, ties in whatever order it likes today."""

    def __init__(self, rows: list[Row], *, ordered: bool = True, moody: bool = False) -> None:
        self.rows = rows
        self.ordered = ordered
        self.counts = True
        self.moods = random.Random(7) if moody else None  # noqa: S311 - moods are no secret
        self.asked: list[Query] = []

    def fetch(self, query: Query) -> list[Row]:
        self.asked.append(query)
        rows = [row for row in self.rows if self.passes(query.filter, row)]
        if self.moods:
            self.moods.shuffle(rows)
        if self.ordered and query.orderby:
            first = query.orderby[0].partition(" ")[0]
            rows.sort(key=lambda row: str(row[first]), reverse=query.orderby[0].endswith(" desc"))
        rows = rows[query.skip :]
        return [dict(row) for row in (rows if query.top is None else rows[: query.top])]

    def count(self, condition: str) -> int | None:
        return sum(self.passes(condition, row) for row in self.rows) if self.counts else None

    @staticmethod
    def passes(condition: str, row: Row) -> bool:
        found = re.findall(r"Date (ge|gt|eq|lt) datetime'([^']+)'", condition)
        checks = {"ge": str.__ge__, "gt": str.__gt__, "eq": str.__eq__, "lt": str.__lt__}
        return all(checks[operator](row["Date"], moment) for operator, moment in found) and not (
            "Posted eq true" in condition and not row["Posted"]
        )


def documents(days: list[int]) -> list[Row]:
    return [
        {"Ref_Key": f"{number:04}", "Date": f"2026-01-{day:02}T00:00:00", "Posted": number % 2 == 0}
        for number, day in enumerate(days)
    ]


def keys(rows: list[Row]) -> list[str]:
    return [row["Ref_Key"] for row in rows]


def read(base: Base, plan: Plan, page: int, query: Query | None = None) -> list[Row]:
    return list(Pager(Source(base.fetch, base.count), query or Query(), plan, page).rows())


@given(
    days=st.lists(st.integers(1, 5), max_size=40),
    page=st.integers(1, 7),
    ordered=st.booleans(),
    plan=st.sampled_from([DOCUMENT, CATALOG, Plan(("Ref_Key",), ordered=False)]),
)
def test_every_row_comes_once_whatever_the_mood_of_the_base(
    days: list[int], page: int, ordered: bool, plan: Plan
) -> None:
    base = Base(documents(days), ordered=ordered, moody=True)
    assert sorted(keys(read(base, plan, page))) == [f"{number:04}" for number in range(len(days))]


def test_documents_are_read_by_date_without_skipping() -> None:
    base = Base(documents([1, 1, 2, 2, 3, 4]))
    assert len(read(base, DOCUMENT, 3)) == 6
    assert all(query.skip == 0 for query in base.asked)
    assert [query.filter for query in base.asked[:2]] == ["", "Date ge datetime'2026-01-02T00:00:00'"]
    assert base.asked[0].orderby == ("Date", "Ref_Key")


def test_a_date_that_fills_a_page_is_read_in_one_answer() -> None:
    base = Base(documents([1, 1, 1, 1, 1, 2]))
    assert len(read(base, DOCUMENT, 2)) == 6
    assert [(query.filter, query.top) for query in base.asked] == [
        ("", 2),
        ("Date eq datetime'2026-01-01T00:00:00'", None),
        ("Date gt datetime'2026-01-01T00:00:00'", 2),
    ]


def test_the_callers_filter_stays() -> None:
    base = Base(documents([1, 2, 3, 4, 5]))
    assert keys(read(base, DOCUMENT, 2, Query(filter="Posted eq true or 1 eq 1"))) == ["0000", "0002", "0004"]
    assert base.asked[1].filter == "(Posted eq true or 1 eq 1) and Date ge datetime'2026-01-03T00:00:00'"


def test_a_set_without_dates_is_skipped_through_in_order_of_its_key() -> None:
    base = Base(documents([1, 1, 1, 1, 1]))
    assert keys(read(base, CATALOG, 2)) == ["0000", "0001", "0002", "0003", "0004"]
    assert [(query.skip, query.top) for query in base.asked] == [(0, 2), (2, 2), (4, 2)]
    assert all(query.orderby == ("Ref_Key",) for query in base.asked)


def test_a_doubled_row_is_noticed_and_the_lost_one_delivered() -> None:
    pages = iter([["0", "1"], ["1", "2"]])
    asked: list[Query] = []

    def fetch(query: Query) -> list[Row]:
        asked.append(query)
        return [{"Ref_Key": key} for key in (["0", "1", "2", "3"] if query.top is None else next(pages))]

    rows = list(Pager(Source(fetch, lambda _: None), Query(), CATALOG, 2).rows())
    assert sorted(keys(rows)) == ["0", "1", "2", "3"]
    assert asked[-1].top is None


def test_an_ignored_order_that_looked_right_is_noticed_by_the_count() -> None:
    base = Base(documents([2, 3, 1]), ordered=False)
    assert sorted(keys(read(base, DOCUMENT, 2))) == ["0000", "0001", "0002"]
    assert base.asked[-1].top is None


def test_a_server_that_cuts_pages_itself_is_noticed_by_the_count() -> None:
    class Cutting(Base):
        def fetch(self, query: Query) -> list[Row]:
            rows = super().fetch(query)
            return rows if query.top is None or query.skip == 0 else rows[:1]

    assert len(read(Cutting(documents([1, 2, 3, 4, 5])), CATALOG, 2)) == 5


def test_a_base_that_does_not_count_is_believed() -> None:
    base = Base(documents([1, 2, 3]))
    base.counts = False
    assert len(read(base, DOCUMENT, 2)) == 3


def test_the_callers_order_is_made_total_by_the_key() -> None:
    base = Base(documents([3, 1, 2]))
    assert keys(read(base, DOCUMENT, 2, Query(orderby=("Date desc",)))) == ["0000", "0002", "0001"]
    assert base.asked[0].orderby == ("Date desc", "Ref_Key")


def test_record_sets_are_not_ordered() -> None:
    base = Base(documents([3, 1, 2]))
    read(base, Plan(("Ref_Key",), ordered=False), 2)
    assert all(query.orderby == () for query in base.asked)


@pytest.mark.parametrize(("top", "requests"), [(0, 1), (2, 1), (3, 1), (5, 2)])
def test_no_more_is_read_than_wanted(top: int, requests: int) -> None:
    base = Base(documents([1, 2, 3, 4, 5, 6, 7, 8]))
    assert len(read(base, DOCUMENT, 3, Query(top=top))) == top
    assert len(base.asked) == requests


def test_what_paging_needs_is_asked_for_and_taken_out_again() -> None:
    base = Base(documents([1, 2, 3]))
    rows = read(base, DOCUMENT, 2, Query(select=("Posted",)))
    assert rows[0] == {"Posted": True}
    assert base.asked[0].select == ("Posted", "Ref_Key", "Date")
    assert all(set(row) == {"Posted"} for row in rows)
    read(base, DOCUMENT, 2, Query(select=("**", "Контрагент/ИНН")))
    assert base.asked[-1].select == ("**", "Контрагент/ИНН")


def test_a_set_whose_type_is_not_described_is_read_by_skipping() -> None:
    base = Base(documents([1, 2, 3]))
    assert len(read(base, plan_for(Metadata(), "X"), 2)) == 3
    assert all(query.orderby == () for query in base.asked)


def test_how_a_set_is_paged_follows_from_its_type() -> None:
    def planned(*properties: tuple[str, str]) -> Plan:
        entity = EntityType("X", ("Ref_Key",), tuple(Property(name, edm) for name, edm in properties))
        return plan_for(Metadata(entity_types={"X": entity}, entity_sets={"X": EntitySet("X", "X")}), "X")

    assert planned(("Date", "Edm.DateTime")) == Plan(("Ref_Key",), "Date")
    assert planned(("Period", "Edm.DateTime")) == Plan(("Ref_Key",), "Period")
    assert planned(("Date", "Edm.String")) == Plan(("Ref_Key",))
    assert planned(("RecordSet", "Collection(StandardODATA.X)"), ("Period", "Edm.DateTime")) == Plan(
        ("Ref_Key",), ordered=False
    )


def test_parameters() -> None:
    query = Query(("Ref_Key", "Сумма"), "Сумма gt 0", ("Date desc",), ("Контрагент",), 5, 10)
    assert query.params() == {
        "$format": "json",
        "$select": "Ref_Key,Сумма",
        "$filter": "Сумма gt 0",
        "$orderby": "Date desc",
        "$expand": "Контрагент",
        "$top": "5",
        "$skip": "10",
    }
    assert Query().params() == {"$format": "json"}
