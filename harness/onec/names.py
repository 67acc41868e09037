"""Names of the standard OData interface: kinds of objects, entity sets, tabular sections, record types.

Source: 1C developer guide 17.4 (8.3.27) and recorded `$metadata` (facts/odata.md, section 1).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Kinds of metadata objects that OData publishes; the value is the prefix of the resource name."""

    CATALOG = "Catalog"
    DOCUMENT = "Document"
    DOCUMENT_JOURNAL = "DocumentJournal"
    CONSTANT = "Constant"
    EXCHANGE_PLAN = "ExchangePlan"
    CHART_OF_ACCOUNTS = "ChartOfAccounts"
    CHART_OF_CALCULATION_TYPES = "ChartOfCalculationTypes"
    CHART_OF_CHARACTERISTIC_TYPES = "ChartOfCharacteristicTypes"
    INFORMATION_REGISTER = "InformationRegister"
    ACCUMULATION_REGISTER = "AccumulationRegister"
    CALCULATION_REGISTER = "CalculationRegister"
    ACCOUNTING_REGISTER = "AccountingRegister"
    BUSINESS_PROCESS = "BusinessProcess"
    TASK = "Task"

    @property
    def is_register(self) -> bool:
        """Registers have records instead of objects."""
        return self.value.endswith("Register")

    @property
    def is_reference(self) -> bool:
        """Objects of this kind are identified by Ref_Key."""
        return not self.is_register and self not in (Kind.CONSTANT, Kind.DOCUMENT_JOURNAL)


# Longest prefix first: "ChartOfCalculationTypes_" must not be met as a shorter one, and names themselves hold "_".
_PREFIXES = sorted(Kind, key=lambda kind: -len(kind.value))

NAMESPACE = "StandardODATA"
"""The only schema of a publication."""
CONTAINER = "EnterpriseV8"
"""The only entity container."""
EMPTY_REF = "00000000-0000-0000-0000-000000000000"
"""An empty reference."""
EMPTY_DATE = "0001-01-01T00:00:00"
"""An empty date."""
UNDEFINED_TYPE = f"{NAMESPACE}.Undefined"
"""`X_Type` of a composite attribute that holds nothing."""


@dataclass(frozen=True, slots=True, order=True)
class ObjectName:
    """Name of a metadata object: kind and the configurator's name, "Catalog_Контрагенты"."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"{self.kind.value}_{self.name}"


def parse_object_name(resource: str) -> ObjectName | None:
    """Splits "Catalog_Контрагенты" by the longest known prefix; None when no prefix is known.

    Whether the rest is an object, an object with a tabular section or a record type cannot be told from the name alone
    (names hold underscores): ask the metadata.
    """
    for kind in _PREFIXES:
        prefix = kind.value + "_"
        if resource.startswith(prefix) and len(resource) > len(prefix):
            return ObjectName(kind, resource[len(prefix) :])
    return None
