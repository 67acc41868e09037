"""Query options of one read of a set (facts/odata.md 2)."""

from __future__ import annotations

from dataclasses import dataclass


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

    def ordered(self, *orderby: str) -> Query:
        """The same in another order, without a cut."""
        return Query(self.select, self.filter, orderby, self.expand)

    def narrowed(self, *conditions: str) -> str:
        """The filter with more conditions; "" adds nothing."""
        added = [condition for condition in conditions if condition]
        return " and ".join([f"({self.filter})" if added else self.filter, *added] if self.filter else added)
