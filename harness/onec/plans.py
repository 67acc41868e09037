"""Which way a set is read when it is larger than one page, chosen from the metadata.

Facts (facts/odata.md 2, 11): `$skip` makes 1C read everything before it again; a GUID cannot be compared with `gt`, so there is no
paging by reference; `$orderby` by a reference sorts by presentation; on record sets of subordinate registers `$orderby` is ignored; there
is no server paging and no `odata.nextLink`. Hence, best first:

* **by period**: `Date` or `Period`, windows of time;
* **by leading value**: `Code`, `Number`, or a field of the key that is a text or a number: windows of values;
* **by owner**: rows of a tabular section come inside their owners, which are read by one of the ways above;
* **by reference**: a recorder or another reference of the key, some dozen of its values a request;
* nothing of these: a few pages by `$skip`, and what is deeper in one answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.onec.names import Kind

if TYPE_CHECKING:
    from harness.onec.edmx_model import EntityType, Metadata

PERIODS = ("Date", "Period")
_LEADING = ("Code", "Number")
_COMPARABLE = frozenset(
    {"Edm.String", "Edm.DateTime", "Edm.Int16", "Edm.Int32", "Edm.Int64", "Edm.Double", "Edm.Decimal"}
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How one set is paged.

    Attributes:
        key: key fields; () when they are not known, and doubled rows cannot be noticed.
        window: field to page by, or "".
        type: Edm type of that field.
        ordered: whether `$orderby` works on this set.
        owner: set whose entries hold these rows, or "".
        section: property of the owner that holds them.
        reference: field of the key to read value by value, or "".
        sources: sets its values are references to; of several, the field is a composite one.
    """

    key: tuple[str, ...] = ()
    window: str = ""
    type: str = "Edm.DateTime"
    ordered: bool = True
    owner: str = ""
    section: str = ""
    reference: str = ""
    sources: tuple[str, ...] = ()

    @property
    def by_period(self) -> bool:
        """Whether windows are windows of time."""
        return bool(self.window) and self.type == "Edm.DateTime"


def plan_for(metadata: Metadata, entity_set: str) -> Plan:
    """The way a set can be paged; an empty plan for a set that is not described."""
    entity = metadata.type_of(entity_set)
    if entity is None:
        return Plan()
    types = {item.name: item.type for item in entity.properties}
    if "RecordSet" in types:
        return _by_reference(metadata, entity, types, ordered=False)
    window = next((name for name in PERIODS if types.get(name) == "Edm.DateTime"), "")
    if window:
        return Plan(entity.key, window)
    if owner := _owner(metadata, entity_set, entity):
        return Plan(entity.key, owner=owner[0], section=owner[1])
    leading = next((name for name in (*_LEADING, *entity.key) if _comparable(name, types)), "")
    if leading:
        return Plan(entity.key, leading, types[leading])
    return _by_reference(metadata, entity, types, ordered=True)


def _comparable(name: str, types: dict[str, str]) -> bool:
    """A composite value is a string beside its type: neither can be compared with `gt` in 1C."""
    composite = f"{name}_Type" in types or (name.endswith("_Type") and name.removesuffix("_Type") in types)
    return types.get(name) in _COMPARABLE and not composite


def _owner(metadata: Metadata, entity_set: str, entity: EntityType) -> tuple[str, str] | None:
    """Owner and section of a tabular section's set; names hold underscores themselves, so every split is tried."""
    if set(entity.key) != {"Ref_Key", "LineNumber"}:
        return None
    at = entity_set.rfind("_")
    while at > 0:
        owner, section = entity_set[:at], entity_set[at + 1 :]
        described = metadata.type_of(owner)
        held = described.property(section) if described else None
        if held is not None and held.collection:
            return owner, section
        at = entity_set.rfind("_", 0, at)
    return None


def _by_reference(metadata: Metadata, entity: EntityType, types: dict[str, str], *, ordered: bool) -> Plan:
    links = {f"{link.name}_Key": metadata.target_of(link) for link in entity.navigation}
    for name in entity.key:
        if links.get(name) in metadata.entity_sets:
            return Plan(entity.key, ordered=ordered, reference=name, sources=(links[name],))
        if name == "Recorder" and f"{name}_Type" in types:
            return Plan(entity.key, ordered=ordered, reference=name, sources=_recorders(metadata))
    return Plan(entity.key, ordered=ordered)


def _recorders(metadata: Metadata) -> tuple[str, ...]:
    """Published documents that can be posted: nothing says which of them write to which register."""
    prefix = f"{Kind.DOCUMENT.value}_"
    return tuple(
        name
        for name, item in metadata.entity_sets.items()
        if name.startswith(prefix) and "Post" in metadata.functions_of(item.entity_type)
    )
