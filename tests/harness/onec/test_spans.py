from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import AnswerError, StandError
from harness.onec import paging, spans
from harness.onec.paging import Pager, Related
from harness.onec.parallel import Crew, Workers
from harness.onec.plans import Plan
from harness.onec.query import Query
from harness.onec.spans import Source, SpanReader
from tests.harness.onec.test_paging import Base, documents, keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.onec.values import Row

BY_DATE = Plan(("Ref_Key",), "Date")
NO_SESSION = StandError("стенд не дал сеанса", status=406)


def read(base: Base, page: int, *, sessions: int = 0, changed: Callable[[str], None] | None = None) -> list[str]:
    source = Source(base.fetch, base.count, changed or (lambda _: None))
    return keys(list(Pager(source, Query(), BY_DATE, page, sessions=sessions).rows()))


@pytest.fixture
def short_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans, "SEGMENT", 4)


@pytest.mark.usefixtures("short_segments")
@pytest.mark.parametrize("sessions", [0, 1, 3])
@given(days=st.lists(st.integers(1, 28), max_size=60), page=st.integers(1, 9), ordered=st.booleans())
def test_every_row_comes_once_whatever_the_number_of_sessions(
    sessions: int, days: list[int], page: int, ordered: bool
) -> None:
    base = Base(documents(days), ordered=ordered)

    assert sorted(read(base, page, sessions=sessions)) == [f"{number:04}" for number in range(len(days))]


@pytest.mark.usefixtures("short_segments")
def test_keys_of_what_is_proved_are_forgotten() -> None:
    base = Base(documents(list(range(1, 28))))
    reader = SpanReader(Source(base.fetch, base.count), Query(), BY_DATE, 3)

    largest = max(len(reader._seen) for _ in reader)

    assert reader.delivered == 27
    assert reader.parts > 3
    assert largest < 10


@pytest.mark.usefixtures("short_segments")
def test_a_row_that_moves_on_while_it_is_read_is_noticed_and_said() -> None:
    base = Base(documents(list(range(1, 21))))
    said: list[str] = []
    fetch = base.fetch

    def moving(query: Query) -> list[Row]:
        rows = fetch(query)
        if len(base.asked) == 3:
            base.rows[0]["Date"] = "2026-01-27T00:00:00"
        return rows

    base.fetch = moving  # type: ignore[method-assign]
    found = read(base, 3, changed=said.append)

    assert set(found) == {f"{number:04}" for number in range(20)}
    assert found.count("0000") == 2
    assert any("перемещались" in text for text in said)


@pytest.mark.usefixtures("short_segments")
def test_a_row_that_slips_behind_the_reader_is_delivered_and_said() -> None:
    base = Base(documents(list(range(1, 21))))
    said: list[str] = []
    fetch = base.fetch

    def moving(query: Query) -> list[Row]:
        rows = fetch(query)
        if len(base.asked) == 2:
            base.rows[18]["Date"] = "2026-01-01T12:00:00"
        return rows

    base.fetch = moving  # type: ignore[method-assign]
    found = read(base, 3, changed=said.append)

    assert sorted(set(found)) == [f"{number:04}" for number in range(20)]
    assert said


def test_rows_that_stand_still_are_nothing_to_speak_of() -> None:
    said: list[str] = []
    read(Base(documents([1, 2, 2, 2, 3, 5, 8])), 2, changed=said.append)

    assert said == []


def broken(base: Base, *failures: tuple[int, StandError]) -> None:
    """The base answers the requests of these numbers with failures."""
    fetch, waiting, turn = base.fetch, dict(failures), threading.Lock()
    number = 0

    def failing(query: Query) -> list[Row]:
        nonlocal number
        with turn:
            number += 1
            if (error := waiting.pop(number, None)) is not None:
                raise error
            return fetch(query)

    base.fetch = failing  # type: ignore[method-assign]


def workers(base: Base, sessions: int, borders: tuple[int, ...] = ()) -> Workers:
    starts = ["", *(f"Date ge datetime'2026-01-{day:02}T00:00:00'" for day in borders)]
    ends = [*(f"Date lt datetime'2026-01-{day:02}T00:00:00'" for day in borders), ""]
    source = Source(base.fetch, base.count)
    readers = [
        SpanReader(source, Query(), BY_DATE, 2, start=start, end=end) for start, end in zip(starts, ends, strict=True)
    ]
    return Workers(readers, sessions, pause=0.0)


def test_trouble_in_the_middle_is_waited_out_at_the_same_page() -> None:
    base = Base(documents([1, 2, 3, 4, 5, 6]))
    broken(base, (2, StandError("стенд не ответил")), (3, StandError("служба недоступна", status=503)))

    rows = [row for page in workers(base, 1).pages() for row in page]

    assert keys(rows) == [f"{number:04}" for number in range(6)]
    assert [query.filter for query in base.asked].count("") == 1


def test_a_refused_session_makes_workers_fewer_and_loses_nothing() -> None:
    base = Base(documents(list(range(1, 25))))
    broken(base, (3, NO_SESSION), (5, StandError("стенд отказал из-за лицензии", status=500)))
    crew = workers(base, 3, (8, 16))

    rows = [row for page in crew.pages() for row in page]

    assert sorted(keys(rows)) == [f"{number:04}" for number in range(24)]
    assert crew.refused == 2


def test_the_last_worker_waits_for_a_session() -> None:
    base = Base(documents([1, 2, 3]))
    broken(base, (1, NO_SESSION), (2, NO_SESSION))
    crew = workers(base, 1)

    assert len([row for page in crew.pages() for row in page]) == 3
    assert crew.refused == 0


def test_trouble_without_end_and_errors_of_1c_are_raised() -> None:
    base = Base(documents([1, 2, 3]))
    broken(base, *((number, NO_SESSION) for number in range(1, 100)))
    with pytest.raises(StandError, match="сеанса"):
        list(workers(base, 1).pages())

    def refuse(query: Query) -> list[Row]:
        raise AnswerError(f"Нарушение прав доступа: {query.filter}", code="20")

    base.fetch = refuse  # type: ignore[method-assign]
    with pytest.raises(AnswerError):
        list(workers(base, 2, (2,)).pages())


def test_who_stops_reading_stops_the_workers() -> None:
    base = Base(documents([1, 2, 3, 4, 5, 6, 7, 8] * 3))
    pages = workers(base, 2, (4,)).pages()
    next(pages)
    pages.close()  # type: ignore[attr-defined]

    assert len(base.asked) < 20


def test_a_crew_keeps_the_order_and_shrinks_by_refusals() -> None:
    refused: set[int] = set()

    def call(number: int) -> int:
        if number in (2, 3) and number not in refused:
            refused.add(number)
            raise NO_SESSION
        return number * 10

    crew = Crew(3, pause=0.0)

    assert list(crew.each(call, range(8))) == [number * 10 for number in range(8)]
    assert crew.sessions == 1


def test_a_crew_of_one_works_where_it_is_asked_and_waits_for_its_session() -> None:
    threads: set[int] = set()
    refusals = iter([NO_SESSION, NO_SESSION])

    def call(number: int) -> int:
        threads.add(threading.get_ident())
        if number == 1 and (refusal := next(refusals, None)) is not None:
            raise refusal
        return number

    assert list(Crew(1, pause=0.0).each(call, range(3))) == [0, 1, 2]
    assert threads == {threading.get_ident()}


def test_a_crew_takes_no_more_than_it_can_chew() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    results = Crew(2).each(str, items())
    next(results)

    assert len(taken) <= 4
    results.close()  # type: ignore[attr-defined]


# Through other sets


def goods(count: int) -> list[Row]:
    return [{"Ref_Key": f"00000000-0000-4000-8000-{number:012}", "Code": f"{number:05}"} for number in range(count)]


class Prices:
    """An independent register keyed by a reference; no `gt` on it."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self.asked: list[Query] = []

    def fetch(self, query: Query) -> list[Row]:
        self.asked.append(query)
        found = [row for row in self.rows if not query.filter or f"guid'{row['Товар_Key']}'" in query.filter]
        return found[query.skip :] if query.top is None else found[query.skip : query.skip + query.top]

    def count(self, _condition: str) -> int:
        return len(self.rows)


def related(rows: list[Row], plan: Plan) -> Callable[[str], Related]:
    base = Base(rows)
    return lambda _name: Related(plan, Source(base.fetch, base.count))


def test_a_reference_is_read_value_by_value_without_skipping() -> None:
    items = goods(45)
    prices = Prices([{"Товар_Key": item["Ref_Key"], "Цена": 1} for item in items])
    prices.rows.append({"Товар_Key": "00000000-0000-0000-0000-000000000000", "Цена": 2})
    plan = Plan(("Товар_Key",), reference="Товар_Key", sources=("Catalog_Товары",))
    pager = Pager(
        Source(prices.fetch, prices.count),
        Query(),
        plan,
        10,
        related=related(items, Plan(("Ref_Key",))),
    )

    assert len(list(pager.rows())) == 46
    assert all(query.skip == 0 for query in prices.asked)
    assert max(query.filter.count(" or ") for query in prices.asked) == 19


def test_rows_of_a_dangling_reference_are_not_lost() -> None:
    items = goods(12)
    prices = Prices([{"Товар_Key": item["Ref_Key"], "Цена": 1} for item in items])
    plan = Plan(("Товар_Key",), reference="Товар_Key", sources=("Catalog_Товары",))
    pager = Pager(Source(prices.fetch, prices.count), Query(), plan, 5, related=related(items[:7], Plan(("Ref_Key",))))

    assert len(list(pager.rows())) == 12


def test_a_tabular_section_is_read_inside_its_owners() -> None:
    owners = documents([1, 2, 3, 4, 5, 6])
    for owner in owners:
        owner["Товары"] = [{"Ref_Key": owner["Ref_Key"], "LineNumber": str(n), "Цена": n} for n in (1, 2)]
    lines = [line for owner in owners for line in owner["Товары"]]
    asked: list[Query] = []

    def fetch(query: Query) -> list[Row]:
        asked.append(query)
        return [dict(line) for line in lines[: query.top]]

    plan = Plan(("Ref_Key", "LineNumber"), owner="Document_Заказ", section="Товары")
    source = Source(fetch, lambda _condition: len(lines))
    rows = list(Pager(source, Query(("Цена",)), plan, 4, related=related(owners, BY_DATE)).rows())

    assert rows == [{"Цена": line["Цена"]} for line in lines]
    assert len(asked) == 1


def test_nothing_is_skipped_deep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "DEEP", 4)
    base = Base(documents([1] * 11))
    rows = list(Pager(Source(base.fetch, base.count), Query(), Plan(("Ref_Key",)), 2).rows())

    assert sorted(keys(rows)) == [f"{number:04}" for number in range(11)]
    assert max(query.skip for query in base.asked) < 4
    assert base.asked[-1].top is None
