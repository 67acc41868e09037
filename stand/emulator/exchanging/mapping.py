"""How objects of the universal format and objects of the base correspond (header of behaviour/exchanges.toml).

A property is an attribute of the same shape, a constant, or a value with a converter: `date`, `vat` (an object since version 1.17 of the
format), `unit` (the unit of an item), `table:Имя` (a table of the behaviour, read backwards on import). References carry the key
properties of their target, and its public identifier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stand.emulator.exchanging.common import Context

__all__ = ["KEY", "PUBLIC", "ObjectMapping", "Properties", "by_object", "mapping_of"]

PUBLIC = "InformationRegister_ПубличныеИдентификаторыСинхронизируемыхОбъектов"
KEY = "КлючевыеСвойства"
Properties = tuple[tuple[str, "Mapping[str, Any]"], ...]


class ObjectMapping:
    """Mapping of one object type of the format."""

    def __init__(self, name: str, table: Mapping[str, Any]) -> None:
        self.name = name
        self.object = str(table["object"])
        self.send = bool(table.get("send", False))
        self.receive = bool(table.get("receive", False))
        self.search: tuple[str, ...] = tuple(table.get("search", ()))
        self.creates = bool(table.get("creates", False))
        self.required: tuple[str, ...] = tuple(table.get("required", ()))
        self.key = _properties(table.get("key", {}))
        self.body = _properties(table.get("body", {}))
        self.sections = {section: _properties(columns) for section, columns in table.get("sections", {}).items()}


def _properties(table: Mapping[str, Any]) -> Properties:
    return tuple((path, {"attribute": rule} if isinstance(rule, str) else rule) for path, rule in table.items())


def mapping_of(context: Context) -> dict[str, ObjectMapping]:
    """Mappings of an exchange by name in the format."""
    return {name: ObjectMapping(name, table) for name, table in context.table["objects"].items()}


def by_object(mappings: Mapping[str, ObjectMapping], name: str) -> ObjectMapping | None:
    """The mapping of an object of the base."""
    return next((item for item in mappings.values() if item.object == name), None)
