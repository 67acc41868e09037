"""Names of types in `X_Type` and in `cast`, `isof` (facts/odata.md 2, 3)."""

from __future__ import annotations

from harness.onec.names import NAMESPACE, UNDEFINED_TYPE
from stand.emulator.odata.errors import bad_value

_PREFIX = f"{NAMESPACE}."
_UNAVAILABLE = "UnavailableEntities."
_NAMESPACES = (_PREFIX, "Edm.", _UNAVAILABLE)
_EDM = {"String": "Edm.String", "Number": "Edm.Double", "Boolean": "Edm.Boolean", "Date": "Edm.DateTime"}
_FROM_EDM = {
    "Edm.String": "String",
    "Edm.Double": "Number",
    "Edm.Int16": "Number",
    "Edm.Int32": "Number",
    "Edm.Int64": "Number",
    "Edm.Decimal": "Number",
    "Edm.Boolean": "Boolean",
    "Edm.DateTime": "Date",
}


def type_to_wire(name: str) -> str:
    """`X_Type` of a stored type: "Catalog_Y" → "StandardODATA.Catalog_Y", "" → Undefined; a name with a dot stays as it is."""
    if not name:
        return UNDEFINED_TYPE
    return _EDM.get(name) or (name if "." in name else _PREFIX + name.removeprefix("Enum_"))


def type_from_wire(name: str) -> str:
    """The stored type of an `X_Type`. Types of unpublished objects stay as they are ("UnavailableEntities.…")."""
    if name in ("", UNDEFINED_TYPE):
        return ""
    return _FROM_EDM.get(name) or name.removeprefix(_PREFIX)


def spelled_type(name: str) -> bool:
    """Whether an `X_Type` is written as 1C wants it: with a namespace, but never two (facts/odata.md 1)."""
    return name.startswith(_NAMESPACES) and not name.startswith(f"{_PREFIX}{_UNAVAILABLE}")


def type_from_expression(name: str) -> str:
    """The stored type of a type string in `cast`: "Catalog_Y", "String", with or without namespace.

    Raises:
        ODataError: 400 code 4: a namespace before that of unavailable objects.
    """
    if name.startswith(f"{_PREFIX}{_UNAVAILABLE}"):
        raise bad_value(f"недопустимое имя типа «{name[:80]}»")
    return type_from_wire(name) if "." in name else name
