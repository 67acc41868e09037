"""Names behind references: what a person reads instead of a GUID.

A description may repeat, so a name holds the code or the number too; a reference that cannot be resolved stays a GUID, which is
still the same in both phases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from harness.errors import AnswerError
from harness.onec.names import EMPTY_REF, NAMESPACE
from harness.onec.odata import PAGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.onec.odata import ODataClient

_Field: TypeAlias = tuple[str, str, str, str]
"""Name of a field, the name it is shown by, the set it leads to ("" for none), and the field that says which set that is ("" for none)."""
PERSONS = frozenset({"Catalog_ФизическиеЛица", "Catalog_Сотрудники", "Catalog_Пользователи"})
"""People are shown by code only: their names are personal data and do not belong in a record."""
_NAMES = "names"
_LIMIT = 50_000
"""A set with more objects is not read for its names."""


class References:
    """Names of objects, read set by set when first asked for."""

    def __init__(self, client: ODataClient) -> None:
        self._client = client
        self._metadata = client.metadata()
        self._names: dict[str, dict[str, str]] = {}
        self._aliases: dict[str, str] = {}
        self._targets: dict[str, dict[str, str]] = {}
        self._plans: dict[tuple[tuple[str, ...], tuple[tuple[str, str], ...]], list[_Field]] = {}
        self._earlier = client.kept.now()
        """What other scenarios read before this one: good for it too, but for objects it makes itself."""

    def alias(self, ref: str, name: str) -> None:
        """Gives an object of the scenario itself a name that is the same in both phases, whatever number it got."""
        self._aliases[ref] = name

    def name(self, entity_set: str, ref: str) -> str:
        """Name of an object of a known set; "" for an empty reference."""
        if not ref or ref == EMPTY_REF:
            return ""
        if ref in self._aliases:
            return self._aliases[ref]
        known = self._names.get(entity_set)
        if known is None:
            known = self._names[entity_set] = self._first(entity_set)
        found = known.get(ref)
        if found is None and self._earlier.pop((_NAMES, entity_set), None) is not None:
            # It was read by another scenario: the object may have been made since.
            known = self._names[entity_set] = self._read(entity_set)
            found = known.get(ref)
        return ref if found is None else found

    def targets(self, type_name: str) -> dict[str, str]:
        """Fields of an entity type that are references to one published set: field name to set."""
        found = self._targets.get(type_name)
        if found is not None:
            return found
        described = self._metadata.entity_types.get(type_name)
        found = self._targets[type_name] = {}
        if described is None:
            return found
        for link in described.navigation:
            target = self._metadata.target_of(link)
            if target in self._metadata.entity_sets:
                found[f"{link.name}_Key"] = target
        return found

    def readable(self, row: Mapping[str, Any], targets: Mapping[str, str]) -> dict[str, Any]:
        """A row whose references are names: `Склад_Key` becomes `Склад`; composite pairs become one name; `X_Type` goes."""
        found: dict[str, Any] = {}
        for name, shown, target, kind in self._plan(row, targets):
            value = row[name]
            leads = target or (self._set_of(row[kind]) if kind else "")
            found[shown] = self.name(leads, str(value or "")) if leads else value
        return found

    def _set_of(self, kind: object) -> str:
        """The set the type of a composite value names; "" for one that is not published, and for what is no reference."""
        name = str(kind or "").removeprefix(f"{NAMESPACE}.")
        return name if name in self._metadata.entity_sets else ""

    def _plan(self, row: Mapping[str, Any], targets: Mapping[str, str]) -> list[_Field]:
        """How the fields of a row are shown; rows of one answer have the same ones."""
        key = (tuple(row), tuple(targets.items()))
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = []
            for name in row:
                if name in targets:
                    plan.append((name, name.removesuffix("_Key"), targets[name], ""))
                elif f"{name}_Type" in row:
                    plan.append((name, name, "", f"{name}_Type"))
                elif not (name.endswith("_Type") and name.removesuffix("_Type") in row):
                    plan.append((name, name.removesuffix("_Key"), "", ""))
        return plan

    def _first(self, entity_set: str) -> dict[str, str]:
        """Names of a set as another scenario read them, or read now."""
        earlier: dict[str, str] | None = self._earlier.get((_NAMES, entity_set))
        if earlier is not None:
            return earlier
        return self._client.kept.once((_NAMES, entity_set), lambda: self._read(entity_set))

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
            fields = ("Ref_Key", *parts)
            rows = list(self._client.rows(entity_set, select=fields, top=PAGE))
            if len(rows) == PAGE:
                # More than one page: whether it is worth reading says a count.
                if self._client.count(entity_set) > _LIMIT:
                    return {}
                rows = list(self._client.rows(entity_set, select=fields))
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
