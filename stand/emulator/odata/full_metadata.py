"""`odata=fullmetadata`: types beside values (facts/odata.md 3: the manual names the level, the exact keys follow OData 3.0 [INFER])."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.onec.names import NAMESPACE
from stand.emulator.odata.atom import ID
from stand.emulator.odata.shapes import Part

if TYPE_CHECKING:
    from stand.emulator.odata.shapes import Shape

_OBVIOUS = ("Edm.String", "Edm.Boolean", "Edm.Double", "Edm.Stream")
"""JSON tells these by itself, so OData 3.0 leaves their type out."""


def full_entity(root: str, shape: Shape, entity: dict[str, Any]) -> dict[str, Any]:
    """An entity with `odata.type`, `odata.id`, `odata.editLink` and the type of each property that JSON does not tell."""
    result: dict[str, Any] = {"odata.type": f"{NAMESPACE}.{shape.name}"}
    address = entity.pop(ID, "")
    if address:
        result["odata.id"] = f"{root}/{address}"
        result["odata.editLink"] = address
    for name, value in entity.items():
        prop = shape.by_name.get(name)
        if prop is not None and prop.edm not in _OBVIOUS:
            result[f"{name}@odata.type"] = prop.edm
        rows = shape.rows.get(name) if prop is not None and prop.part is Part.SECTION else None
        if rows is not None and isinstance(value, list):
            row_type = prop.edm.removeprefix("Collection(").removesuffix(")") if prop is not None else ""
            value = [_row(rows, row_type, line) for line in value]  # noqa: PLW2901 - the same value, fuller
        if isinstance(value, dict) and ID in value:  # an expanded object
            value = {key: item for key, item in value.items() if key != ID}  # noqa: PLW2901 - the same, as it goes out
        result[name] = value
    return result


def _row(shape: Shape, row_type: str, row: dict[str, Any]) -> dict[str, Any]:
    line: dict[str, Any] = {"odata.type": row_type}
    for name, value in row.items():
        prop = shape.by_name.get(name)
        if prop is not None and prop.edm not in _OBVIOUS:
            line[f"{name}@odata.type"] = prop.edm
        line[name] = value
    return line
