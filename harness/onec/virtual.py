"""Virtual tables of registers through OData: balances, turnovers, slices, and any other bound function."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from harness.onec.edmx import Metadata, short
from harness.onec.publication import ROOT, Publication, value_of
from harness.onec.values import KeyValue, Row, literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date


class VirtualTables(Publication):
    """Reads virtual tables; errors as `StandSession.request`."""

    def balance(
        self,
        register: str,
        *,
        period: date | None = None,
        condition: object = "",
        dimensions: Sequence[str] = (),
        account_condition: object = "",
        extra_dimensions: Sequence[str] = (),
    ) -> Iterator[Row]:
        """Balances at a moment (before it, as 1C counts), `<Resource>Balance` by the dimensions asked for.

        Args:
            register: "AccumulationRegister_ТоварыНаСкладах", "AccountingRegister_Хозрасчетный".
            period: moment; None is now.
            condition: filter by dimensions, text or expression.
            dimensions: names without `_Key`; () is all.
            account_condition: accounting only: filter by account; `condition` may not name the account.
            extra_dimensions: accounting only: GUIDs of kinds of extra dimensions to show, in this order; () is as the base does.
        """
        return self.call(
            register,
            "Balance",
            {
                "Period": period,
                "Condition": str(condition),
                "Dimensions": ",".join(dimensions),
                "AccountCondition": str(account_condition),
                "ExtraDimensions": ",".join(extra_dimensions),
            },
        )

    def turnovers(
        self,
        register: str,
        *,
        start: date | None = None,
        end: date | None = None,
        condition: object = "",
        dimensions: Sequence[str] = (),
        account_condition: object = "",
    ) -> Iterator[Row]:
        """Turnovers of a period, `<Resource>Turnover` (and Receipt, Expense) by the dimensions asked for; arguments as `balance`."""
        return self.call(
            register,
            "Turnovers",
            {
                "StartPeriod": start,
                "EndPeriod": end,
                "Condition": str(condition),
                "Dimensions": ",".join(dimensions),
                "AccountCondition": str(account_condition),
            },
        )

    def slice_last(self, register: str, *, period: date | None = None, condition: object = "") -> Iterator[Row]:
        """The latest record of each set of dimensions of a periodic information register.

        On a register subordinate to recorders the function is bound to its record type; this finds out by itself.
        """
        return self.call(register, "SliceLast", {"Period": period, "Condition": str(condition)})

    def call(
        self, entity_set: str, function: str, arguments: Mapping[str, KeyValue | None], *, select: Sequence[str] = ()
    ) -> Iterator[Row]:
        """Rows of a bound function. Arguments that are None or "" are left out.

        They travel in the query string: web servers cut long path segments (facts/odata.md 11).
        """
        known = self.known()
        bound, returned = self._bound(known.metadata, entity_set, function)
        params = {name: literal(value) for name, value in arguments.items() if value not in (None, "")}
        params |= {"$format": "json"} | ({"$select": ",".join(select)} if select else {})
        path = f"{ROOT}/{quote(bound)}/{quote(function)}()"
        for row in value_of(self.session.json("GET", path, params=params), path):
            yield known.decoder.row(returned, row, f"{bound}/{function}")

    def _bound(self, metadata: Metadata, entity_set: str, function: str) -> tuple[str, str]:
        """Set a function must be called on, and the type of its rows; the set asked for when nothing declares the function."""
        for name in (entity_set, f"{entity_set}_RecordType"):
            entity = metadata.type_of(name)
            found = metadata.functions_of(entity.name).get(function) if entity else None
            if found:
                return name, short(found.return_type)
        return entity_set, ""
