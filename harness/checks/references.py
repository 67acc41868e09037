"""Names behind references: what a person reads instead of a GUID.

A description may repeat, so a name holds the code or the number too; a reference that cannot be resolved stays a GUID, which is
still the same in both phases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.errors import AnswerError
from harness.onec.names import EMPTY_REF, NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.onec.odata import ODataClient

PERSONS = frozenset({"Catalog_ФизическиеЛица", "Catalog_Сотрудники", "Catalog_Пользователи"})
"""People are shown by code only: their names are personal data and do not belong in a record."""
_LIMIT = 50_000
"""A set with more objects is not read for its names."""


class References:
    """Names of objects, read set by set when first asked for."""

    def __init__(self, client: ODataClient) -> None:
        self._client = client
        self._metadata = client.metadata()
        self._names: dict[str, dict[str, str]] = {}
        self._aliases: dict[str, str] = {}

    def alias(self, ref: str, name: str) -> None:
        """Gives an object of the scenario itself a name that is the same in both phases, whatever number it got."""
        self._aliases[ref] = name

    def name(self, entity_set: str, ref: str) -> str:
        """Name of an object of a known set; "" for an empty reference."""
        if not ref or ref == EMPTY_REF:
            return ""
        if ref in self._aliases:
            return self._aliases[ref]
        if entity_set not in self._names:
            self._names[entity_set] = self._read(entity_set)
        return self._names[entity_set].get(ref, ref)

    def targets(self, type_name: str) -> dict[str, str]:
        """Fields of an entity type that are references to one published set: field name to set."""
        described = self._metadata.entity_types.get(type_name)
        if described is None:
            return {}
        found = {}
        for link in described.navigation:
            target = self._metadata.target_of(link)
            if target in self._metadata.entity_sets:
                found[f"{link.name}_Key"] = target
        return found

    def readable(self, row: Mapping[str, Any], targets: Mapping[str, str]) -> dict[str, Any]:
        """A row whose references are names: `Склад_Key` becomes `Склад`; composite pairs become one name; `X_Type` goes."""
        found: dict[str, Any] = {}
        for name, value in row.items():
            if name in targets:
                found[name.removesuffix("_Key")] = self.name(targets[name], str(value or ""))
            elif f"{name}_Type" in row:
                kind = str(row[f"{name}_Type"] or "").removeprefix(f"{NAMESPACE}.")
                found[name] = self.name(kind, str(value or "")) if kind in self._metadata.entity_sets else value
            elif not (name.endswith("_Type") and name.removesuffix("_Type") in row):
                found[name.removesuffix("_Key")] = value
        return found

    def _read(self, entity_set: str) -> dict[str, str]:
        described = self._metadata.type_of(entity_set)
        if described is None:
            return {}
        has = {item.name for item in described.properties}
        shown = ("Code",) if entity_set in PERSONS else ("Description", "Code", "Number", "Date")
        parts = [name for name in shown if name in has]
        if "Ref_Key" not in has or not parts:
            return {}
        try:
            if self._client.count(entity_set) > _LIMIT:
                return {}
            rows = self._client.rows(entity_set, select=("Ref_Key", *parts))
            return {str(row["Ref_Key"]): _name(row) for row in rows}
        except AnswerError:
            # No right to read it: the reference stays as it is, the sweep of rights tells about the refusal.
            return {}


def _name(row: Mapping[str, Any]) -> str:
    if "Number" in row:
        day = row.get("Date")
        return f"{row['Number']} от {day:%d.%m.%Y}" if day else str(row["Number"])
    description, code = str(row.get("Description") or ""), str(row.get("Code") or "")
    return f"{description} ({code})" if description and code else description or code
