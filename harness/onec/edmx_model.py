"""What `$metadata` says, as frozen data: types, sets, functions of one publication (facts/odata.md 4).

Type strings (`Property.type`, `End.type`, `Parameter.type`, `FunctionImport.return_type`, `NavigationProperty.relationship`) are as in
the XML, with namespace and `Collection(…)`; names that serve as keys (`EntityType.name`, `EntitySet.entity_type`, keys of the
dictionaries) carry no namespace.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

BINDING = "bindingParameter"
"""Name of the parameter that says what a function is bound to."""


def short(type_name: str) -> str:
    """A type's name without `Collection(…)` and namespace: "Collection(StandardODATA.X_RowType)" → "X_RowType"."""
    return type_name.removeprefix("Collection(").removesuffix(")").rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Property:
    """A property of an entity or a complex type."""

    name: str
    type: str
    nullable: bool = True

    @property
    def collection(self) -> bool:
        """A tabular section or a record set."""
        return self.type.startswith("Collection(")


@dataclass(frozen=True, slots=True)
class NavigationProperty:
    """A link to another entity; the target is the End of the relationship."""

    name: str
    relationship: str
    from_role: str = "Begin"
    to_role: str = "End"


@dataclass(frozen=True, slots=True)
class EntityType:
    """The type of an entity set's entries.

    Attributes:
        open: `OpenType="true"`: has a composite property with at least one published alternative.
    """

    name: str
    key: tuple[str, ...] = ()
    properties: tuple[Property, ...] = ()
    navigation: tuple[NavigationProperty, ...] = ()
    open: bool = False

    def property(self, name: str) -> Property | None:
        """A property by name."""
        return next((item for item in self.properties if item.name == name), None)


@dataclass(frozen=True, slots=True)
class ComplexType:
    """The type of a row of a tabular section, of a virtual table, or a structure."""

    name: str
    properties: tuple[Property, ...] = ()

    def property(self, name: str) -> Property | None:
        """A property by name."""
        return next((item for item in self.properties if item.name == name), None)


@dataclass(frozen=True, slots=True)
class End:
    """One end of an association."""

    role: str
    type: str
    multiplicity: str


@dataclass(frozen=True, slots=True)
class Association:
    """A link between two entity types."""

    name: str
    ends: tuple[End, ...]

    def target(self, role: str = "End") -> str:
        """Entity type at an end, without namespace; "" when there is no such end."""
        return next((short(end.type) for end in self.ends if end.role == role), "")


@dataclass(frozen=True, slots=True)
class EnumType:
    """An enumeration; its values travel as strings."""

    name: str
    members: tuple[str, ...] = ()
    underlying: str = "Edm.Int32"


@dataclass(frozen=True, slots=True)
class EntitySet:
    """A published set."""

    name: str
    entity_type: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class FunctionImport:
    """A bound function (GET) or action (POST).

    Attributes:
        return_type: "" when it returns nothing.
        parameters: all of them, `bindingParameter` first.
    """

    name: str
    return_type: str = ""
    parameters: tuple[Parameter, ...] = ()
    side_effecting: bool = False
    bindable: bool = True

    @property
    def bound_to(self) -> str:
        """Entity type it is bound to, without namespace; "" when unbound."""
        return next((short(item.type) for item in self.parameters if item.name == BINDING), "")

    @property
    def arguments(self) -> tuple[Parameter, ...]:
        """Parameters a caller gives."""
        return tuple(item for item in self.parameters if item.name != BINDING)


@dataclass(frozen=True)
class Metadata:
    """A whole `$metadata`; dictionaries keep the document's order.

    Attributes:
        problems: inconsistencies the reader noticed and lived with, sentences in Russian.
    """

    entity_types: Mapping[str, EntityType] = field(default_factory=dict)
    complex_types: Mapping[str, ComplexType] = field(default_factory=dict)
    associations: Mapping[str, Association] = field(default_factory=dict)
    enum_types: Mapping[str, EnumType] = field(default_factory=dict)
    entity_sets: Mapping[str, EntitySet] = field(default_factory=dict)
    functions: tuple[FunctionImport, ...] = ()
    problems: tuple[str, ...] = ()

    @cached_property
    def _bound(self) -> dict[str, dict[str, FunctionImport]]:
        bound: dict[str, dict[str, FunctionImport]] = {}
        for function in self.functions:
            bound.setdefault(function.bound_to, {})[function.name] = function
        return bound

    def type_of(self, entity_set: str) -> EntityType | None:
        """The entity type of a set; None when the set is not published or its type not described."""
        known = self.entity_sets.get(entity_set)
        return self.entity_types.get(known.entity_type) if known else None

    def functions_of(self, entity_type: str) -> Mapping[str, FunctionImport]:
        """Functions and actions bound to an entity type, by name."""
        return self._bound.get(entity_type, {})

    def properties_of(self, type_name: str) -> tuple[Property, ...]:
        """Properties of an entity or complex type given by any spelling of its name; () when it is not described."""
        name = short(type_name)
        found = self.entity_types.get(name) or self.complex_types.get(name)
        return found.properties if found else ()

    def target_of(self, navigation: NavigationProperty) -> str:
        """Entity type a navigation property leads to, without namespace; "" when the association is missing."""
        association = self.associations.get(short(navigation.relationship))
        return association.target(navigation.to_role) if association else ""


def canonical(metadata: Metadata) -> dict[str, Any]:
    """The structure alone, as plain JSON-able data that does not depend on any order but that of enumeration members.

    Two publications with equal canonical forms promise the same to a client.
    """
    return {
        "entity_types": {name: _canonical_entity(item) for name, item in sorted(metadata.entity_types.items())},
        "complex_types": {
            name: _canonical_properties(item.properties) for name, item in sorted(metadata.complex_types.items())
        },
        "associations": {
            name: sorted([end.role, end.type, end.multiplicity] for end in item.ends)
            for name, item in sorted(metadata.associations.items())
        },
        "enum_types": {name: [item.underlying, *item.members] for name, item in sorted(metadata.enum_types.items())},
        "entity_sets": {name: item.entity_type for name, item in sorted(metadata.entity_sets.items())},
        "functions": sorted(
            [
                item.bound_to,
                item.name,
                item.return_type,
                item.side_effecting,
                item.bindable,
                sorted([parameter.name, parameter.type] for parameter in item.parameters),
            ]
            for item in metadata.functions
        ),
    }


def _canonical_entity(item: EntityType) -> dict[str, Any]:
    return {
        "key": sorted(item.key),
        "open": item.open,
        "properties": _canonical_properties(item.properties),
        "navigation": {link.name: [link.relationship, link.from_role, link.to_role] for link in item.navigation},
    }


def _canonical_properties(properties: tuple[Property, ...]) -> dict[str, list[Any]]:
    return {item.name: [item.type, item.nullable] for item in properties}
