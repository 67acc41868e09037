"""How a set is read page by page without losing or doubling rows: the first page decides, then the way of `harness.onec.plans`.

A set that fits into a page takes one request, whatever it is. A larger one is read by windows (`spans`), inside its owners or value by
value of a reference; only what allows none of these, or an order the caller wants, goes through a few pages by `$skip`, and what lies
deeper than `DEEP` comes in one answer. Every way ends with a count: what does not match is read once more, and said.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from harness.onec.names import EMPTY_REF
from harness.onec.parallel import Workers
from harness.onec.query import Query
from harness.onec.spans import Source, SpanReader, key_of
from harness.onec.values import Row, datetime_literal, guid_literal, parse_datetime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.onec.plans import Plan

DEEP = 10_000
"""Entries that are gone through by `$skip` at most."""
_REFERENCES = 20
"""Values of a reference in one filter: a web server cuts an address of more than 2048 characters (facts/odata.md 11.6)."""
_PIECES = 4
"""Windows for each worker, so that uneven ones do not leave the others idle."""


@dataclass(frozen=True, slots=True)
class Related:
    """Another set of the same publication, for rows that are reached through it.

    Attributes:
        plan: of the set.
        source: what to ask.
    """

    plan: Plan
    source: Source


class Pager:
    """Reads one set with one query.

    Args:
        source: what to ask.
        query: what is wanted; `select` is widened by what paging needs and the surplus taken out of the rows again.
        plan: how to page.
        page: entries a request.
        related: finds another set by name; needed for plans with an owner or a reference.
        sessions: requests at the same time; 0 reads in the calling thread, 1 reads ahead of it.
    """

    def __init__(
        self,
        source: Source,
        query: Query,
        plan: Plan,
        page: int,
        *,
        related: Callable[[str], Related] | None = None,
        sessions: int = 0,
    ) -> None:
        self._source, self._plan, self._page = source, plan, page
        self._related, self._sessions = related, sessions
        self._limit = query.top
        windowed = bool(plan.window) and not query.orderby
        needed = dict.fromkeys((*plan.key, plan.window) if windowed else plan.key)
        whole = not query.select or {"*", "**"} & set(query.select)
        self._surplus = () if whole else tuple(name for name in needed if name not in query.select)
        self._query = Query(
            (*query.select, *self._surplus) if query.select else (), query.filter, query.orderby, query.expand
        )
        self._windowed = windowed

    def rows(self) -> Iterator[Row]:
        """All rows wanted, each once."""
        return (row for page in self.pages() for row in page)

    def pages(self) -> Iterator[list[Row]]:
        """The same, as they come."""
        left = self._limit
        if left is not None and left <= self._page:
            pages = iter([self._source.fetch(self._own_order().but(top=left))])
        else:
            pages = self._all()
        for page in pages:
            wanted = page if left is None else page[:left]
            for name in self._surplus:
                for row in wanted:
                    row.pop(name, None)
            yield wanted
            if left is not None:
                left -= len(wanted)
                if not left:
                    return

    def _all(self) -> Iterator[list[Row]]:
        order = self._own_order()
        first = self._source.fetch(order.but(top=self._page))
        if len(first) < self._page:
            yield first
        elif self._windowed:
            yield from self._by_windows(first)
        elif self._query.orderby or not self._plan.key or self._limit is not None:
            yield from self._by_skip(order, first)
        elif self._plan.owner and self._related and not (self._query.filter or self._query.expand):
            yield from self._proved(order, self._in_owners(self._related(self._plan.owner)))
        elif self._plan.reference and self._related:
            yield from self._proved(order, self._by_reference(self._related))
        else:
            yield from self._by_skip(order, first)

    def _own_order(self) -> Query:
        """The caller's order, or the window's, made total by the key; nothing where 1C ignores it or the key is not known."""
        if not self._plan.ordered or not self._plan.key:
            return self._query
        named = {item.partition(" ")[0] for item in self._query.orderby} or {self._plan.window} - {""}
        order = self._query.orderby or tuple(named)
        return self._query.ordered(*order, *(name for name in self._plan.key if name not in named))

    # By windows

    def _by_windows(self, first: list[Row]) -> Iterator[list[Row]]:
        readers = [
            SpanReader(
                self._source,
                self._query,
                self._plan,
                self._page,
                start=start,
                end=end,
                first=None if start else first,
            )
            for start, end in self._spans(first)
        ]
        if self._sessions:
            yield from Workers(readers, self._sessions).pages()
        else:
            for reader in readers:
                yield from reader
        # A row that moved from a part not yet read into one that was proved, or back, shows in the whole only.
        delivered = sum(reader.delivered for reader in readers)
        whole = sum(reader.parts for reader in readers) > 1
        expected = self._source.count(self._query.filter) if whole else None
        if expected not in (None, delivered):
            self._source.changed(
                f"прочитано строк {delivered}, а в базе их {expected}: пока набор читался, строки появлялись, исчезали или перемещались"
            )

    def _spans(self, first: list[Row]) -> list[tuple[str, str]]:
        """Windows to read side by side; one of everything when there is one worker or no period."""
        field = self._plan.window
        if self._sessions < 2 or not self._plan.by_period:
            return [("", "")]
        newest = self._source.fetch(self._query.ordered(f"{field} desc").but(top=1))
        dates = [str(row.get(field)) for row in (*first[:1], *newest)]
        if len(dates) < 2 or "None" in dates or dates[1] <= str(first[-1].get(field)):
            return [("", "")]
        # The first page is read already: windows share out what follows it.
        start, end = (parse_datetime(text.replace(" ", "T")) for text in (str(first[-1].get(field)), dates[1]))
        pieces = self._sessions * _PIECES
        borders = [datetime_literal(start + (end - start) / pieces * number) for number in range(1, pieces)]
        borders = list(dict.fromkeys(borders))
        starts = ["", *(f"{field} ge {border}" for border in borders)]
        return [
            (begin, f"{field} lt {border}" if border else "")
            for begin, border in zip(starts, [*borders, ""], strict=True)
        ]

    # Through other sets

    def _in_owners(self, owner: Related) -> Iterator[list[Row]]:
        """Rows of a tabular section, out of their owners."""
        section = self._plan.section
        query = Query((section,))
        pager = Pager(owner.source, query, owner.plan, max(1, self._page // 10), related=self._related)
        for entry in pager.rows():
            rows = entry.get(section)
            if isinstance(rows, list) and rows:
                yield [self._selected(row) for row in rows]

    def _selected(self, row: Row) -> Row:
        chosen = self._query.select
        return {name: row[name] for name in chosen if name in row} if chosen and not {"*", "**"} & set(chosen) else row

    def _by_reference(self, related: Callable[[str], Related]) -> Iterator[list[Row]]:
        """Rows of each value of a reference, some dozen values a request; rows without a value come first."""
        field, sources = self._plan.reference, self._plan.sources
        composite = field == "Recorder"
        if not composite:
            yield self._of_values([f"{field} eq {guid_literal(EMPTY_REF)}"])
        for name in sources:
            target = related(name)
            owners = Pager(target.source, Query(("Ref_Key",)), target.plan, self._page, related=self._related).rows()
            while batch := [str(row["Ref_Key"]) for row in islice(owners, _REFERENCES)]:
                yield self._of_values([_equal(field, ref, name if composite else "") for ref in batch])

    def _of_values(self, conditions: list[str]) -> list[Row]:
        return self._source.fetch(self._query.but(filter=self._query.narrowed(f"({' or '.join(conditions)})")))

    # By `$skip`, and in one answer

    def _by_skip(self, query: Query, first: list[Row]) -> Iterator[list[Row]]:
        if not self._plan.key:
            yield from self._unkeyed(query, first)
            return
        seen: set[int] = set()
        rows, skip = first, 0
        while True:
            fresh = self._fresh(rows, seen)
            yield fresh
            skip += len(rows)
            if len(fresh) != len(rows) or skip >= DEEP:
                yield self._missing(query, seen)
                return
            if len(rows) != self._page:
                break
            rows = self._source.fetch(query.but(top=self._page, skip=skip))
        if self._source.count(self._query.filter) not in (None, len(seen)):
            yield self._missing(query, seen)

    def _unkeyed(self, query: Query, first: list[Row]) -> Iterator[list[Row]]:
        rows, skip = first, 0
        while True:
            yield rows
            if len(rows) != self._page:
                return
            skip += len(rows)
            deep = skip >= DEEP
            rows = self._source.fetch(query.but(top=None if deep else self._page, skip=skip))
            if deep:
                yield rows
                return

    def _proved(self, query: Query, pages: Iterator[list[Row]]) -> Iterator[list[Row]]:
        """Pages of a way that reaches rows through others, and then what the count says is still missing (dangling references)."""
        seen: set[int] = set()
        for page in pages:
            yield self._fresh(page, seen)
        expected = self._source.count(self._query.filter)
        if expected not in (None, len(seen)):
            yield self._missing(query, seen)
            if len(seen) != expected:
                self._source.changed(
                    f"прочитано строк {len(seen)}, а в базе их {expected}: набор менялся во время чтения"
                )

    def _missing(self, query: Query, seen: set[int]) -> list[Row]:
        """Everything not yet delivered, read in one answer."""
        return self._fresh(self._source.fetch(query.but()), seen)

    def _fresh(self, rows: list[Row], seen: set[int]) -> list[Row]:
        found = []
        for row in rows:
            key = key_of(row, self._plan.key)
            if key not in seen:
                seen.add(key)
                found.append(row)
        return found


def _equal(field: str, ref: str, target: str) -> str:
    """A condition on a reference; a composite one has to be cast, else 1C answers 500 (facts/odata.md 2)."""
    literal = guid_literal(ref)
    return f"{field} eq cast({literal},'{target}')" if target else f"{field} eq {literal}"
