"""The internal model of a 1C configuration: what the store, OData and posting are built from.

It is made by a loader (`stand.emulator.loaders`): from the demo company's TOML or from the `$metadata` of a real base. A model
loaded from `$metadata` knows less (lengths, alternatives of composite types, recorders); what is not known is empty here.
Names are the configurator's names, without `_Key` and `_Type`: how OData spells them is decided by `stand.emulator.odata.edmx_out`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.onec.names import Kind, ObjectName


@dataclass(frozen=True, slots=True)
class ValueType:
    """A description of types (Описание типов).

    Attributes:
        alternatives: "String", "Number", "Boolean", "Date", "UUID", "ValueStorage", "TypeDescription", "Catalog_Товары" (a reference),
            "Enum_Ставки" (a value of an enumeration), "?" (a reference to an object that is not published). More than one:
            a composite type. None at all: a composite type whose alternatives are not known.
        length: of a string, characters; 0 is unlimited.
        digits: of a number, all of them.
        fraction: digits after the point.
        edm: Edm type as recorded, when the model was loaded from `$metadata`; "" means: follow from the rest.
        open: recorded OpenType contribution: whether a composite has a published alternative; None means: follow from the rest.
        unlimited: a string the configuration says to be without limit, which the platform does not compare (facts/odata.md 2); a length of
            zero alone may only mean that nobody knows it.
    """

    alternatives: tuple[str, ...]
    length: int = 0
    digits: int = 15
    fraction: int = 2
    edm: str = ""
    open: bool | None = None
    unlimited: bool = False

    @property
    def composite(self) -> bool:
        """Published as a pair `X` and `X_Type`."""
        return len(self.alternatives) != 1

    @property
    def reference(self) -> str:
        """Target of a single-type reference ("Catalog_Товары", "?"), or ""."""
        if self.composite:
            return ""
        only = self.alternatives[0]
        return "" if only in PRIMITIVES or only.startswith("Enum_") else only


PRIMITIVES = frozenset({"String", "Number", "Boolean", "Date", "UUID", "ValueStorage", "TypeDescription"})

STRING = ValueType(("String",))
BOOLEAN = ValueType(("Boolean",))
DATE = ValueType(("Date",))
MONEY = ValueType(("Number",), digits=15, fraction=2)
QUANTITY = ValueType(("Number",), digits=15, fraction=3)
INTEGER = ValueType(("Number",), digits=10, fraction=0)


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute, a dimension, a resource or a standard attribute.

    Attributes:
        title: synonym, for people.
        standard: one of the platform's own ("Ref", "Description", "Date" …), named in English as OData names it.
        flag: a field of an accounting register that is kept for some accounts only: the attribute of the chart that says for which
            (признак учёта, "Количественный"); "" is for all.
    """

    name: str
    type: ValueType
    title: str = ""
    standard: bool = False
    flag: str = ""


@dataclass(frozen=True, slots=True)
class TabularSection:
    """A tabular section; `Ref` and `LineNumber` are implied."""

    name: str
    attributes: tuple[Attribute, ...]
    title: str = ""
    published: bool = True


class RegisterKind(StrEnum):
    """How a register works."""

    BALANCE = "balance"
    """Accumulation: остатки."""
    TURNOVER = "turnover"
    """Accumulation: обороты."""
    INDEPENDENT = "independent"
    """Information register without a recorder."""
    SUBORDINATE = "subordinate"
    """Information register with a recorder."""
    ACCOUNTING = "accounting"
    CALCULATION = "calculation"


@dataclass(frozen=True, slots=True)
class Schedule:
    """The schedule of a calculation register: an independent information register of days and hours.

    Attributes:
        register: "InformationRegister_X".
        value: its resource that is added up.
        date: its dimension that holds the day.
        links: its other dimensions with the field of the calculation register each is taken from.
    """

    register: str
    value: str
    date: str
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Register:
    """What makes an object a register.

    Attributes:
        periodic: information registers: has Period.
        recorders: documents that write it, "Document_X"; empty when not known (then the recorder is composite).
        correspondence: accounting: records have a debit and a credit side.
        chart: accounting: "ChartOfAccounts_X"; calculation: "ChartOfCalculationTypes_X".
        virtual: names of its virtual tables as published ("Balance", "Turnovers" …); empty means: follow from the kind.
        keyed_by_recorder: subordinate information register: the recorder is part of a record's key (periodicity by recorder).
        action_period: calculation: records have a period they act in.
        base_period: calculation: records have a period their base is taken from.
        bases: calculation: registers a base is taken from, "CalculationRegister_X".
        schedule: calculation: where days and hours are taken from.
    """

    kind: RegisterKind
    dimensions: tuple[Attribute, ...] = ()
    resources: tuple[Attribute, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    periodic: bool = False
    recorders: tuple[str, ...] = ()
    correspondence: bool = False
    chart: str = ""
    virtual: tuple[str, ...] = ()
    keyed_by_recorder: bool = False
    action_period: bool = False
    base_period: bool = False
    bases: tuple[str, ...] = ()
    schedule: Schedule | None = None

    @property
    def fields(self) -> tuple[Attribute, ...]:
        """Dimensions, resources, attributes, in this order."""
        return (*self.dimensions, *self.resources, *self.attributes)


@dataclass(frozen=True, slots=True)
class Journal:
    """What a document journal shows.

    Attributes:
        documents: "Document_X", in order.
        columns: the journal's column with the attribute it shows of each document that has one: (column, ((document, attribute), …)).
    """

    documents: tuple[str, ...]
    columns: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()

    def attribute(self, column: str, document: str) -> str:
        """The attribute of a document a column shows; "" when it shows none."""
        return next((dict(sources).get(document, "") for name, sources in self.columns if name == column), "")


@dataclass(frozen=True, slots=True)
class MetaObject:
    """A metadata object.

    Attributes:
        journal: of a document journal whose documents are known.
        standard: standard attributes in the order of `$metadata`, "Ref" first.
        published: whether the composition of the OData interface holds it.
    """

    name: ObjectName
    standard: tuple[Attribute, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    sections: tuple[TabularSection, ...] = ()
    register: Register | None = None
    title: str = ""
    published: bool = True
    journal: Journal | None = None

    @property
    def kind(self) -> Kind:
        """Kind of the object."""
        return self.name.kind

    @property
    def fields(self) -> tuple[Attribute, ...]:
        """Standard attributes, then its own."""
        return (*self.standard, *self.attributes)

    def section(self, name: str) -> TabularSection | None:
        """A tabular section by name."""
        return next((section for section in self.sections if section.name == name), None)


@dataclass(frozen=True, slots=True)
class Enumeration:
    """An enumeration and its values, in order."""

    name: str
    values: tuple[str, ...]
    title: str = ""


@dataclass(frozen=True)
class Configuration:
    """A configuration: objects by resource name ("Catalog_Контрагенты"), enumerations by name, and its behaviour.

    Attributes:
        behaviour: the rest of a configuration's description as plain data (tables of the TOML files): posting rules, reports,
            exchanges, roles, users, jobs, handlers. Read by the part that interprets it; empty for a recorded base.
    """

    name: str
    version: str
    objects: Mapping[str, MetaObject]
    enumerations: Mapping[str, Enumeration] = field(default_factory=dict)
    title: str = ""
    vendor: str = ""
    platform: str = "8.3.27.1508"
    behaviour: Mapping[str, object] = field(default_factory=dict)

    @cached_property
    def published(self) -> tuple[MetaObject, ...]:
        """Objects in the composition of the OData interface, in order of definition."""
        return tuple(item for item in self.objects.values() if item.published)
