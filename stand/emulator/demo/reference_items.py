"""Catalog items of the generated company: the next code, a reference that is always the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stand.emulator.database.bulk import Bulk, stable_ref
from stand.emulator.demo import requisites

if TYPE_CHECKING:
    from random import Random

    from stand.emulator.rows import Ref, Row

__all__ = ["Items"]


class Items:
    """Writes items of reference objects.

    Args:
        bulk: where to.
        rng: of requisites and of small differences.
    """

    def __init__(self, bulk: Bulk, rng: Random) -> None:
        self.bulk = bulk
        self.rng = rng
        self.currency = stable_ref("Catalog_Валюты", "643")
        self._last: dict[str, int] = {}

    @staticmethod
    def reference(name: str, code: str) -> Ref:
        """The reference an item of this code has."""
        return stable_ref(name, code)

    def next_code(self, name: str, length: int = 9) -> str:
        """The next free code of an object."""
        self._last[name] = self._last.get(name, 0) + 1
        return str(self._last[name]).zfill(length)

    def add(self, name: str, description: str, cells: Row | None = None, *, code: str = "", length: int = 9) -> Ref:
        """An item; the next code of this length when none is given. The code is its identity."""
        code = code or self.next_code(name, length)
        row: Row = {"Ref": stable_ref(name, code), "Code": code, "Description": description, **(cells or {})}
        return self.bulk.add(name, row)

    def constant(self, name: str, value: Any) -> None:
        """The value of a constant."""
        self.bulk.independent(f"Constant_{name}", {"SurrogateKey": 0, "Value": value})

    def account(self, owner: Ref, bank: dict[str, str]) -> Ref:
        """A current account with a valid key."""
        number = requisites.account_number(self.rng, bank["bik"])
        cells: Row = {"Owner": owner, "Валюта": self.currency, "НомерСчета": number, "БИК": bank["bik"]}
        cells |= {"НаименованиеБанка": bank["name"], "КоррСчет": bank["correspondent"]}
        return self.add("Catalog_БанковскиеСчета", f"{number}, {bank['name']}", cells)
