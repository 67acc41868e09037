"""Reads one window of a set page by page: no `$skip`, constant memory, every row once, and what moved meanwhile is noticed.

The next page begins *at* the last value seen, and rows of that value are recognised by key, so the order within a value does not
matter. Every `SEGMENT` rows the base is asked how many rows the part just read has: rows that came, went or moved while it was read, an
order that was ignored, a server that cuts pages on its own, all show as a number that does not match; the part is then read once more in
one answer. Only keys of the part being read are kept.

A reader is a state: a request that fails changes nothing, and the same reader goes on from the same place, in another thread too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from harness.onec.values import Row, decode_value, literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.onec.plans import Plan
    from harness.onec.query import Query

SEGMENT = 50_000
"""Rows after which a part is proved by a count."""


@dataclass(frozen=True, slots=True)
class _Whole:
    """What is to be read in one answer next.

    Attributes:
        conditions: of the rows.
        carried: keys that stay known when the part is forgotten; None when reading goes on within the part.
        last: nothing is to be read after it.
    """

    conditions: tuple[str, ...]
    carried: set[int] | None = None
    last: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """What a reader asks.

    Attributes:
        fetch: asks for one page and returns its rows, values typed or as JSON has them.
        count: number of entries under a filter, None when the base does not say.
        changed: told in a sentence when the set did not stand still.
    """

    fetch: Callable[[Query], list[Row]]
    count: Callable[[str], int | None]
    changed: Callable[[str], None] = lambda _: None


def key_of(row: Row, names: tuple[str, ...]) -> int:
    """64 bits instead of the texts of a key; a collision costs one more reading."""
    try:
        return hash(tuple([row.get(name) for name in names]))
    except TypeError:  # a key that is a structure: no base of 1C sends one
        return hash(str([row.get(name) for name in names]))


def keys_of(rows: list[Row], names: tuple[str, ...]) -> list[int]:
    """`key_of` of a whole page."""
    if len(names) > 1:
        try:
            return list(map(hash, map(itemgetter(*names), rows)))
        except (TypeError, KeyError):
            pass
    return [key_of(row, names) for row in rows]


class SpanReader:
    """Reads the rows of `[start, end)` of a plan's window field.

    Args:
        source: what to ask.
        query: what is wanted; it must select the key and the window field.
        plan: with a window.
        page: entries a request.
        start: condition the window begins with ("Period ge …"), "" for the beginning.
        end: condition it ends with ("Period lt …"), "" for the end.
        first: the first page, when it was read already.
    """

    def __init__(
        self,
        source: Source,
        query: Query,
        plan: Plan,
        page: int,
        *,
        start: str = "",
        end: str = "",
        first: list[Row] | None = None,
    ) -> None:
        field = plan.window
        self._source, self._plain, self._plan, self._page = source, query, plan, page
        self._query = query.ordered(field, *(name for name in plan.key if name != field))
        self._end = end
        self._segment = start
        """Condition the part being read begins with."""
        self._from = start
        self._first = first
        self._seen: set[int] = set()
        self._whole: _Whole | None = None
        self._done = False
        self._pages = 0
        self.delivered = 0
        self.parts = 0
        """Parts proved by a count."""
        self.troubles = 0
        """Failed requests since the last good one; counted by whoever drives the reader."""

    def __iter__(self) -> Iterator[list[Row]]:
        """Pages of new rows until the window is read."""
        while (rows := self.step()) is not None:
            yield rows

    def step(self) -> list[Row] | None:
        """One request: the rows it brought that were not delivered yet; None when the window is read."""
        if self._done:
            return None
        rows = self._read_page() if self._whole is None else self._read_whole(self._whole)
        self.delivered += len(rows)
        return rows

    def _read_page(self) -> list[Row]:
        rows = self._first or self._source.fetch(
            self._query.but(filter=self._query.narrowed(self._from, self._end), top=self._page)
        )
        self._first = None
        self._pages += 1
        values = [row.get(self._plan.window) for row in rows]
        if self._out_of_order(values):
            # `$orderby` is ignored here after all: what was delivered was not the beginning.
            self._whole = _Whole((self._segment, self._end), last=True)
            return []
        if len(rows) != self._page:
            fresh = self._fresh(rows)
            self._finish()
            return fresh
        return self._full_page(rows, values)

    def _full_page(self, rows: list[Row], values: list[Any]) -> list[Row]:
        field, last = self._plan.window, values[-1]
        at = self._literal(last)
        fresh = [] if values[0] == last else self._fresh(rows)
        if not fresh:
            # One value fills a page (or a collation takes several for one): its rows come in one answer.
            self._whole, self._from = _Whole((f"{field} eq {at}",)), f"{field} gt {at}"
            return []
        self._from = f"{field} ge {at}"
        if len(self._seen) >= SEGMENT:
            self._close_segment({key_of(row, self._plan.key) for row in rows if row.get(field) == last}, at)
        return fresh

    def _close_segment(self, carried: set[int], at: str) -> None:
        """Everything below `at` is read: proved by a count, and forgotten."""
        below = (self._segment, f"{self._plan.window} lt {at}")
        if self._differs(len(self._seen - carried), below):
            self._whole = _Whole(below, carried)
        else:
            self._seen, self._segment = carried, self._from

    def _finish(self) -> None:
        rest = (self._segment, self._end)
        if self._pages > 1 and self._differs(len(self._seen), rest):
            self._whole = _Whole(rest, last=True)
        else:
            self._done = True

    def _differs(self, read: int, conditions: tuple[str, ...]) -> bool:
        """Whether the base has another number of rows there than was read."""
        self.parts += 1
        expected = self._source.count(self._query.narrowed(*conditions))
        if expected in (None, read):
            return False
        self._source.changed(
            f"прочитано строк {read}, а в базе их {expected}: набор менялся во время чтения или порядок не соблюдается; "
            "эта часть прочитана ещё раз одним ответом"
        )
        return True

    def _read_whole(self, whole: _Whole) -> list[Row]:
        fresh = self._fresh(
            self._source.fetch(self._plain.but(filter=self._plain.narrowed(*whole.conditions, *self._ending(whole))))
        )
        if whole.carried is not None:
            self._seen, self._segment = whole.carried, self._from
        self._whole, self._done = None, whole.last
        return fresh

    def _ending(self, whole: _Whole) -> tuple[str, ...]:
        return () if self._end in whole.conditions else (self._end,)

    def _fresh(self, rows: list[Row]) -> list[Row]:
        names, seen = self._plan.key, self._seen
        keys = keys_of(rows, names)
        fresh = set(keys)
        if len(fresh) == len(keys) and fresh.isdisjoint(seen):
            seen |= fresh
            return rows
        found = []
        for key, row in zip(keys, rows, strict=True):
            if key not in seen:
                seen.add(key)
                found.append(row)
        return found

    def _literal(self, value: object) -> str:
        return literal(value if isinstance(value, datetime) else decode_value(self._plan.type, value))

    def _out_of_order(self, values: list[Any]) -> bool:
        """Dates are written so that they sort as texts; how a base sorts other texts is its own affair, and the count proves it."""
        if not self._plan.by_period:
            return any(value is None for value in values)
        dates = [str(value) for value in values]
        return dates != sorted(dates) or "None" in dates
