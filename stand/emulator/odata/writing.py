"""Bodies of writes to values of the model (facts/odata.md 6): the writing half of the types, with all of 1C's leniency and refusals."""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from harness.onec.values import decode_json, is_guid
from stand.emulator.database.tables import Storage, decode_composite
from stand.emulator.odata.errors import INTERNAL, bad_body, bad_literal, bad_value, business, twice_in_body
from stand.emulator.odata.shapes import Part, Shape, ShapeKind
from stand.emulator.odata.types import spelled_type, type_from_wire
from stand.emulator.rows import EMPTY_MOMENT, Ref, Row, Stored

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stand.emulator.database.tables import Field
    from stand.emulator.odata.shapes import Prop

_READ_ONLY = frozenset({"Ref", "DataVersion", "Predefined", "Posted"})
"""Never set by a body: `Posted` only by Post and Unpost (facts/odata.md 6)."""
_BIND = re.compile(r"(?:.*/)?(\w+)\(guid'([0-9A-Fa-f-]{36})'\)")
_ZONE = timezone(timedelta(hours=3))
"""Zone of the emulated server: a date with `Z` or an offset is read as a moment and becomes its wall clock."""
_MAX_ROWS = 100_000
_MAGNITUDE = 40
"""Powers of ten a number in a composite attribute may have."""


def read_body(body: bytes) -> dict[str, Any]:
    """A JSON object.

    Raises:
        ODataError: 500 code -1: broken JSON, as 1C says it; 400 code 2: not an object; 400 code 18: a property twice.
    """
    try:
        value = decode_json(body)
        if isinstance(value, dict) and body.count(b'"') > 2 * len(value):
            _once(body)
    except (ValueError, RecursionError) as error:
        raise business("Непредвиденный символ при чтении JSON") from error
    if not isinstance(value, dict):
        raise bad_body("ожидался объект JSON")
    return value


def _once(body: bytes) -> None:
    """Refuses an object that names a property twice: code 18 (facts/odata.md 7)."""

    def check(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for name, _value in pairs:
            if name in seen:
                raise twice_in_body(name)
            seen.add(name)

    json.loads(body.decode("utf-8-sig"), object_pairs_hook=check, parse_int=str, parse_float=str)


def values_of(shape: Shape, body: Mapping[str, Any]) -> Row:
    """Model values a body names. Unknown properties are ignored, and so are those that cannot be set.

    Raises:
        ODataError: a value that is not of its type.
    """
    row: Row = {}
    for prop in shape.properties:
        field = prop.field
        if prop.part is Part.SECTION:
            if prop.name in body:
                row[prop.name] = rows_of(shape.rows[prop.name], body[prop.name], prop.name)
        elif field is not None and prop.part in (Part.VALUE, Part.STREAM) and _writable(shape, field):
            _take(row, prop, field, body)
    return row


def _writable(shape: Shape, field: Field) -> bool:
    return shape.kind is not ShapeKind.OBJECT or field.name not in _READ_ONLY


def _take(row: Row, prop: Prop, field: Field, body: Mapping[str, Any]) -> None:
    if field.storage is Storage.BINARY:
        if f"{field.name}_Base64Data" in body:
            row[field.name] = _stored(field, body)
        return
    bind = body.get(f"{field.name}@odata.bind")
    if bind is not None:
        row[field.name] = _bound(field, bind)
    elif prop.name in body:
        row[field.name] = value_of(field, body[prop.name], body.get(f"{field.name}_Type"))


def rows_of(rows: Shape, value: Any, name: str) -> list[Row]:
    """Rows of a tabular section or of a record set, which replace all there were.

    Raises:
        ODataError: `LineNumber` missing: 500 code -1; not 1, 2, 3 …: 400 (facts/odata.md 6).
    """
    if not isinstance(value, list) or len(value) > _MAX_ROWS:
        raise business(f"Неверное значение табличной части {name}")
    result: list[Row] = []
    for number, item in enumerate(value, 1):
        if not isinstance(item, dict):
            raise bad_body(f"строка {number} табличной части {name}")
        if "LineNumber" not in item:
            raise business(INTERNAL)
        if str(item["LineNumber"]) != str(number):
            raise bad_value(f"LineNumber ({str(item['LineNumber'])[:20]})")
        line = values_of(rows, item)
        line.pop("Ref", None)
        line["LineNumber"] = number
        result.append(line)
    return result


def value_of(field: Field, value: Any, type_name: Any = None) -> Any:
    """One value by the type of its field.

    Raises:
        ODataError: a value that is not of its type.
    """
    if isinstance(value, list | dict) and field.storage is not Storage.TYPES:
        # 1C fails inside here: an array in a string field is a 500 (facts/odata.md 6).
        raise business("Несоответствие типов (параметр номер '1')")
    if value is None:
        return None
    if field.storage is Storage.COMPOSITE:
        return _composite(field, value, type_name)
    return _READERS[field.storage](field, value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)[:400]


def _guid(value: Any) -> str:
    if not isinstance(value, str) or not is_guid(value):
        raise bad_literal(f"'{str(value)[:80]}' как значение типа Edm.Guid")
    return value.lower()


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise bad_literal(f"'{str(value)[:80]}' как значение типа Edm.Boolean")


def _number(field: Field, value: Any) -> Decimal | int:
    whole = field.scale == 0
    if isinstance(value, bool):
        raise bad_literal(f"'{value}' как значение типа Edm.Double")
    try:
        number = Decimal(value)
    except (InvalidOperation, ValueError, TypeError) as error:
        if whole:
            return 0  # a wrong Int64 is silently zero (facts/odata.md 6)
        raise bad_literal(f"'{str(value)[:80]}' как значение типа Edm.Double") from error
    if not number.is_finite():
        raise bad_literal(f"'{str(value)[:80]}' как значение типа Edm.Double")
    return number


def _date(value: Any) -> datetime:
    if value == "":
        return EMPTY_MOMENT
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            moment = moment.astimezone(_ZONE)
    except (ValueError, TypeError, OverflowError) as error:
        raise bad_literal(f"'{str(value)[:80]}' как значение типа Edm.DateTime") from error
    return moment.replace(tzinfo=None, microsecond=0)


def _composite(field: Field, value: Any, type_name: Any) -> Any:
    if not isinstance(type_name, str):
        if value == "":
            return None
        raise bad_value(f"{field.name}: не указан тип {field.name}_Type")
    if not spelled_type(type_name):
        raise bad_value(f"недопустимое значение «{type_name[:80]}» для свойства составного типа {field.name}")
    name = type_from_wire(type_name)
    text = _text(value)
    try:
        result = decode_composite(text, name)
    except (ValueError, InvalidOperation) as error:
        raise bad_literal(f"'{text[:80]}' как значение типа {type_name[:80]}") from error
    if not _sound(result, name):
        raise bad_literal(f"'{text[:80]}' как значение типа {type_name[:80]}")
    return result


def _sound(value: Any, type_name: str) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite() and abs(value.adjusted()) <= _MAGNITUDE
    if isinstance(value, Ref):
        return type_name.startswith("Enum_") or "_" not in type_name or is_guid(value.id)
    return True


def _bound(field: Field, bind: Any) -> Ref:
    found = _BIND.fullmatch(bind) if isinstance(bind, str) else None
    if found is None or not is_guid(found.group(2)):
        raise bad_value(f"{field.name}@odata.bind")
    if field.storage is Storage.REFERENCE and field.type.reference not in ("?", found.group(1)):
        raise bad_value(f"{field.name}@odata.bind")
    return Ref(found.group(1), found.group(2).lower())


def _stored(field: Field, body: Mapping[str, Any]) -> Stored:
    data = body[f"{field.name}_Base64Data"]
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise bad_literal(f"{field.name}_Base64Data как значение типа Edm.Binary") from error
    media = body.get(f"{field.name}_Type")
    return Stored(media if isinstance(media, str) and media else "application/octet-stream", content)


_READERS: dict[Storage, Callable[[Field, Any], Any]] = {
    Storage.REFERENCE: lambda field, value: Ref(field.type.reference, _guid(value)),
    Storage.UUID: lambda _field, value: _guid(value),
    Storage.NUMBER: _number,
    Storage.BOOLEAN: lambda _field, value: _boolean(value),
    Storage.DATE: lambda _field, value: _date(value),
    Storage.TYPES: lambda _field, value: value if isinstance(value, dict) else None,
    Storage.TEXT: lambda _field, value: _text(value),
}
