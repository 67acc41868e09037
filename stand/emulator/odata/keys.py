"""Keys: from an address to a condition, and from a row to an address (facts/odata.md 1, Keys)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from harness.onec.names import EMPTY_REF
from harness.onec.values import Guid, format_datetime, is_guid, quote_string
from stand.emulator.database.tables import Storage, decode_composite
from stand.emulator.odata.errors import bad_literal, bad_value, missing_key, no_property
from stand.emulator.odata.shapes import Part, ShapeKind
from stand.emulator.odata.types import spelled_type, type_from_wire
from stand.emulator.odata.wire import reader
from stand.emulator.rows import Ref

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stand.emulator.database.tables import Field
    from stand.emulator.odata.lexer import LiteralValue
    from stand.emulator.odata.shapes import Prop, Shape

_LITERALS: dict[Storage, type] = {
    Storage.NUMBER: Decimal,
    Storage.BOOLEAN: bool,
    Storage.DATE: datetime,
    Storage.TEXT: str,
}


def key_values(shape: Shape, key: Mapping[str, LiteralValue], constants: str = "both") -> dict[str, Any]:
    """Model values of the key fields; `constants`: which key of a constant is accepted.

    Raises:
        ODataError: 400 code 7: an element is missing; code 10: an element nobody knows; codes 1 and 4: a bad value.
    """
    if shape.kind is ShapeKind.CONSTANT:
        return _constant(key, constants)
    given = _named(shape, key)
    result: dict[str, Any] = {}
    for prop in shape.key:
        if prop.part is Part.TYPE or prop.field is None:
            continue
        if prop.name not in given:
            raise missing_key(prop.name)
        result[prop.field.name] = _value(prop, prop.field, given)
    return result


def _constant(key: Mapping[str, LiteralValue], accepted: str) -> dict[str, Any]:
    """The manual addresses a constant by the zero GUID, `$metadata` by its surrogate key: both are the one row unless a switch says otherwise."""
    (value,) = key.values() if len(key) == 1 else (None,)
    spelled = "guid" if isinstance(value, Guid) else "surrogate" if isinstance(value, Decimal) else ""
    if accepted not in ("both", spelled):
        raise missing_key("SurrogateKey" if accepted == "surrogate" else "Ref_Key")
    return {"SurrogateKey": 0}


def _named(shape: Shape, key: Mapping[str, LiteralValue]) -> Mapping[str, LiteralValue]:
    names = [prop.name for prop in shape.key]
    if "" in key:
        if len(names) != 1:
            raise missing_key(names[1] if len(names) > 1 else names[0] if names else "")
        return {names[0]: key[""]}
    for name in key:
        if name not in names:
            raise no_property(name)
    return key


def _value(prop: Prop, field: Field, given: Mapping[str, LiteralValue]) -> Any:
    value = given[prop.name]
    match field.storage:
        case Storage.REFERENCE:
            return Ref(field.type.reference, _guid(value))
        case Storage.UUID:
            return _guid(value)
        case Storage.COMPOSITE:
            return _composite(field, value, given.get(f"{field.name}_Type"))
    wanted = _LITERALS.get(field.storage)
    if wanted is None or not isinstance(value, wanted) or isinstance(value, Guid):
        raise bad_literal(f"'{str(value)[:80]}' как значение типа {prop.edm}")
    return value


def _guid(value: LiteralValue) -> str:
    if not isinstance(value, Guid):
        raise bad_literal(f"'{str(value)[:80]}' как значение типа Edm.Guid")
    return str(value)


def _composite(field: Field, value: LiteralValue, type_name: LiteralValue) -> Any:
    if type_name is None:
        raise missing_key(f"{field.name}_Type")
    if not isinstance(type_name, str) or not spelled_type(type_name):
        raise bad_value(f"недопустимое значение «{str(type_name)[:80]}» для свойства составного типа {field.name}")
    name = type_from_wire(type_name)
    text = value if isinstance(value, str) else _text(value)
    if name and not name.startswith("Enum_") and "_" in name and not is_guid(text):
        raise bad_literal(f"'{text[:80]}' как значение типа {type_name[:80]}")
    try:
        return decode_composite(text.lower() if is_guid(text) else text, name)
    except (ValueError, ArithmeticError) as error:
        raise bad_literal(f"'{text[:80]}' как значение типа {type_name[:80]}") from error


def _text(value: Decimal | bool | datetime | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, Decimal) else format_datetime(value) if value is not None else ""


def address(shape: Shape, cells: Mapping[str, Sequence[Any]]) -> str:
    """Relative address of an entity, from the cells of its key fields: `Catalog_X(guid'…')`, `Register(Recorder='…', Recorder_Type='…')`."""
    if shape.kind is ShapeKind.OBJECT:
        return f"{shape.name}(guid'{cells['Ref'][0]}')"
    if shape.kind is ShapeKind.CONSTANT:
        return f"{shape.name}(guid'{EMPTY_REF}')"
    parts = [(prop.name, _literal(prop, cells[prop.field.name])) for prop in shape.key if prop.field is not None]
    inner = parts[0][1] if len(parts) == 1 else ", ".join(f"{name}={text}" for name, text in parts)
    return f"{shape.name}({inner})"


def _literal(prop: Prop, cells: Sequence[Any]) -> str:
    offset, convert = reader(prop)
    value = cells[offset] if convert is None else convert(cells[offset])
    match prop.edm:
        case "Edm.Guid":
            return f"guid'{value}'"
        case "Edm.DateTime":
            return f"datetime'{value}'"
        case "Edm.String":
            return quote_string(value)
        case "Edm.Boolean":
            return "true" if value else "false"
        case "Edm.Double":
            return str(cells[0]) if prop.field is None else _digits(cells[0], prop.field.scale)
        case _:
            return str(value)


def _digits(number: int, scale: int) -> str:
    return f"{Decimal(number).scaleb(-scale):f}"
