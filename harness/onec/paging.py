"""How a set is read page by page without losing or doubling rows.

Facts (facts/odata.md 2, 11): `$skip` makes 1C read everything before it again; a GUID cannot be compared with `gt`, so there is no
paging by reference; `$orderby` by a reference sorts by presentation, and pages cut inside a tie lose rows; on record sets of
subordinate registers `$orderby` is ignored; there is no server paging and no `odata.nextLink`. Hence two ways:

* **windows by date** for sets with a `Date` or `Period` that can be ordered: the next page begins *at* the last date seen, rows of
  that date are recognised by key. Never skips, and does not depend on the order within a date.
* **skip** for the rest, ordered by the whole key. In a set that does not change a page boundary that loses a row also doubles one;
  a doubled row is noticed, and then the set is read once more in one answer and the missing rows are delivered.

Either way a read that took several pages ends with a count: an order that was ignored, or a server that cuts pages on its own, shows
as a number that does not match, and the set is read once more in one answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.onec.values import Row, datetime_literal, parse_datetime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.onec.edmx_model import EntityType


@dataclass(frozen=True, slots=True)
class Query:
    """Query options of a read.

    Attributes:
        top: entries wanted at most; None for all.
    """

    select: tuple[str, ...] = ()
    filter: str = ""
    orderby: tuple[str, ...] = ()
    expand: tuple[str, ...] = ()
    top: int | None = None
    skip: int = 0

    def params(self) -> dict[str, str]:
        """Parameters of the URL, not encoded."""
        params = {"$format": "json"}
        if self.select:
            params["$select"] = ",".join(self.select)
        if self.filter:
            params["$filter"] = self.filter
        if self.orderby:
            params["$orderby"] = ",".join(self.orderby)
        if self.expand:
            params["$expand"] = ",".join(self.expand)
        if self.top is not None:
            params["$top"] = str(self.top)
        if self.skip:
            params["$skip"] = str(self.skip)
        return params

    def but(self, *, filter: str | None = None, top: int | None = None, skip: int = 0) -> Query:  # noqa: A002 - named as the option is
        """The same with another filter and cut."""
        chosen = self.filter if filter is None else filter
        return Query(self.select, chosen, self.orderby, self.expand, top, skip)

    def narrowed(self, condition: str) -> str:
        """The filter with one more condition; "" adds nothing."""
        return f"({self.filter}) and {condition}" if self.filter and condition else self.filter or condition


@dataclass(frozen=True, slots=True)
class Plan:
    """How one set is paged.

    Attributes:
        key: key fields; () when they are not known, and doubled rows cannot be noticed.
        window: date field to page by, or "".
        ordered: whether `$orderby` works on this set.
    """

    key: tuple[str, ...] = ()
    window: str = ""
    ordered: bool = True


def plan_for(entity: EntityType | None) -> Plan:
    """The way a set of this type can be paged."""
    if entity is None:
        return Plan()
    types = {item.name: item.type for item in entity.properties}
    if "RecordSet" in types:
        return Plan(entity.key, ordered=False)
    window = next((name for name in ("Date", "Period") if types.get(name) == "Edm.DateTime"), "")
    return Plan(entity.key, window)


class Pager:
    """Reads one set with one query.

    Args:
        fetch: asks for one page and returns its rows as decoded JSON.
        query: what is wanted; `select` is widened by what paging needs and the surplus taken out of the rows again.
        plan: how to page.
        page: entries a request.
        count: number of entries under a filter, None when the base does not say.
    """

    def __init__(
        self,
        fetch: Callable[[Query], list[Row]],
        query: Query,
        plan: Plan,
        page: int,
        count: Callable[[str], int | None],
    ) -> None:
        self._fetch = fetch
        self._count = count
        self._page = page
        self._plan = plan
        self._limit = query.top
        needed = dict.fromkeys((*plan.key, plan.window) if plan.window and not query.orderby else plan.key)
        whole = not query.select or {"*", "**"} & set(query.select)
        self._surplus = () if whole else tuple(name for name in needed if name not in query.select)
        self._query = Query(
            (*query.select, *self._surplus) if query.select else (), query.filter, query.orderby, query.expand
        )

    def rows(self) -> Iterator[Row]:
        """All rows wanted, each once."""
        if self._limit is not None and self._limit <= self._page:
            rows = iter(self._fetch(self._own_order().but(top=self._limit)))
        else:
            rows = self._limited(self._all())
        for row in rows:
            for name in self._surplus:
                row.pop(name, None)
            yield row

    def _limited(self, rows: Iterator[Row]) -> Iterator[Row]:
        if self._limit is None:
            yield from rows
            return
        for number, row in enumerate(rows):
            if number >= self._limit:
                return
            yield row

    def _all(self) -> Iterator[Row]:
        if self._plan.window and not self._query.orderby:
            return self._by_window()
        return self._by_skip(self._own_order())

    def _own_order(self) -> Query:
        """The caller's order made total by the key; nothing where 1C ignores it or the key is not known."""
        if not self._plan.ordered or not self._plan.key:
            return self._query
        named = {item.partition(" ")[0] for item in self._query.orderby}
        order = (*self._query.orderby, *(name for name in self._plan.key if name not in named))
        return Query(self._query.select, self._query.filter, order, self._query.expand)

    def _key(self, row: Row) -> int:
        # 64 bits a row: a million rows cost 60 MB instead of 300, and a collision costs one more reading.
        return hash(tuple(str(row.get(name)) for name in self._plan.key))

    def _by_skip(self, query: Query) -> Iterator[Row]:
        seen: set[int] = set()
        skip = 0
        while True:
            rows = self._fetch(query.but(top=self._page, skip=skip))
            for row in rows:
                if not self._plan.key:
                    yield row
                    continue
                key = self._key(row)
                if key in seen:
                    yield from self._missing(query, seen)
                    return
                seen.add(key)
                yield row
            if len(rows) != self._page:
                break
            skip += len(rows)
        if skip and self._plan.key:
            yield from self._proved(seen)

    def _proved(self, seen: set[int]) -> Iterator[Row]:
        """What the count says is still missing."""
        if self._count(self._query.filter) not in (None, len(seen)):
            yield from self._missing(self._query, seen)

    def _missing(self, query: Query, seen: set[int]) -> Iterator[Row]:
        """Everything not yet delivered, read in one answer."""
        for row in self._fetch(query.but()):
            key = self._key(row)
            if key not in seen:
                seen.add(key)
                yield row

    def _by_window(self) -> Iterator[Row]:
        field = self._plan.window
        order = (field, *(name for name in self._plan.key if name != field))
        query = Query(self._query.select, self._query.filter, order, self._query.expand)
        seen: set[int] = set()
        condition = ""
        while True:
            rows = self._fetch(query.but(filter=query.narrowed(condition), top=self._page))
            dates = [str(row.get(field)) for row in rows]
            if dates != sorted(dates) or "None" in dates:
                # `$orderby` is ignored here after all: what was delivered was not the beginning.
                yield from self._missing(self._query, seen)
                return
            for row in rows:
                if (key := self._key(row)) not in seen:
                    seen.add(key)
                    yield row
            if len(rows) != self._page:
                break
            moment = datetime_literal(parse_datetime(dates[-1]))
            if dates[0] == dates[-1]:
                # One date fills a page: its rows come in one answer, whatever their number.
                yield from self._missing(query.but(filter=query.narrowed(f"{field} eq {moment}")), seen)
                condition = f"{field} gt {moment}"
            else:
                condition = f"{field} ge {moment}"
        if condition:
            yield from self._proved(seen)
