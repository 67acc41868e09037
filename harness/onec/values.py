"""Values of 1C on the wire: literals of URLs, JSON with exact numbers, dates without a time zone.

What the protocol makes of types (facts/odata.md 3): money is `Edm.Double` and travels as JSON digits, `Edm.Int64` travels as a JSON
string, a date is naive and local to the server, an empty date is 0001-01-01, a composite value is a string next to its `X_Type`.
Numbers never pass through binary floating point here: digits go straight to `Decimal` and back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any, Self, TypeAlias

import msgspec

from harness.onec.names import NAMESPACE

Value: TypeAlias = str | int | Decimal | bool | datetime | None
"""A scalar cell."""
KeyValue: TypeAlias = str | int | Decimal | bool | datetime | date
"""A part of a key."""
Key: TypeAlias = str | Mapping[str, KeyValue]
"""A reference as GUID text, or key fields by name."""
Row: TypeAlias = dict[str, Any]
"""An entity: scalars are `Value`, a tabular section is a list of rows, an expanded reference a row, an open structure a plain dict."""

EMPTY_DATETIME = datetime(1, 1, 1)  # noqa: DTZ001 - dates of 1C are naive, local to the server
"""An empty date, as a value."""

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_KEPT = 4096
"""Dates and references whose reading is remembered: neighbouring rows repeat them."""
MAX_MAGNITUDE = 400
"""No number of 1C has more digits than 38; more is an attack or a mistake, and "1E+999999999" would be a gigabyte of digits."""


class Guid(str):
    """Text that is a GUID: written as guid'…' wherever a literal is needed."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Raises ValueError for a text that is no GUID; letters become small, as 1C writes them."""
        if not is_guid(text):
            raise ValueError(f"«{text}» — не UUID")
        return super().__new__(cls, text.lower())


def is_guid(text: str) -> bool:
    """Whether a text has the form of a GUID."""
    return _GUID.fullmatch(text) is not None


def quote_string(text: str) -> str:
    """A string literal: single quotes, inner ones doubled."""
    return "'" + text.replace("'", "''") + "'"


def guid_literal(text: str) -> str:
    """A GUID literal, guid'…'.

    Raises:
        ValueError: the text is no GUID.
    """
    return f"guid'{Guid(text)}'"


def datetime_literal(value: date) -> str:
    """A date literal, datetime'2026-01-31T00:00:00'; a date without time is its midnight."""
    return f"datetime'{format_datetime(value)}'"


def literal(value: KeyValue | None) -> str:
    """A literal of a URL or an expression, by the type of the value; a plain `str` is a string, a `Guid` a GUID."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Guid):
        return guid_literal(value)
    if isinstance(value, str):
        return quote_string(value)
    if isinstance(value, date):
        return datetime_literal(value)
    return str(value) if isinstance(value, int) else format_decimal(value)


def key_literal(key: Key, types: Mapping[str, str] | None = None) -> str:
    """What stands between the parentheses of a key: guid'…' or Name=Value pairs (facts/odata.md 1, Keys).

    Args:
        key: a GUID, or key fields by name.
        types: Edm types of key fields by name; without them a field whose name ends in `_Key` is taken for a GUID.

    Raises:
        ValueError: the key is empty, or a GUID field holds no GUID.
    """
    if isinstance(key, str):
        return guid_literal(key) if is_guid(key) else quote_string(key)
    if not key:
        raise ValueError("пустой ключ")
    return ",".join(f"{name}={_key_value(name, value, types or {})}" for name, value in key.items())


def key_filter(key: Key, types: Mapping[str, str]) -> str:
    """A `$filter` that finds the entity of a key.

    Args:
        key: a GUID, or key fields by name.
        types: Edm types of key fields by name, in the order of `$metadata`.
    """
    fields = {next(iter(types), "Ref_Key"): key} if isinstance(key, str) else key
    return " and ".join(f"{name} eq {_key_value(name, value, types)}" for name, value in fields.items())


def _key_value(name: str, value: KeyValue, types: Mapping[str, str]) -> str:
    edm = types.get(name, "Edm.Guid" if name.endswith("_Key") else "")
    if isinstance(value, str):
        if edm == "Edm.Guid":
            return guid_literal(value)
        # A composite key value is a plain string even when it looks like a GUID.
        return quote_string(value) if edm == "Edm.String" else literal(value)
    return literal(value)


def parse_datetime(text: str) -> datetime:
    """A date of 1C; an offset, which 1C itself never writes, is dropped and the wall clock kept.

    Raises:
        ValueError: the text is no ISO date.
    """
    return datetime.fromisoformat(text).replace(tzinfo=None)


def format_datetime(value: date) -> str:
    """A date for the wire: seconds, no offset (1C reads `Z` as a shifted wall clock); a date without time is its midnight."""
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")


def format_decimal(value: Decimal | int) -> str:
    """Digits, never with an exponent: 1C refuses 1E+20 (facts/odata.md 2).

    Raises:
        ValueError: not a number, infinite, or of a magnitude no number of 1C has.
    """
    number = Decimal(value)
    if not number.is_finite() or abs(number.adjusted()) > MAX_MAGNITUDE:
        raise ValueError(f"число {number} нельзя передать в 1С")
    return f"{number:f}" if number else "0"


def decode_value(edm_type: str, value: object) -> Any:
    """A JSON value as the Edm type of its property says; a type that is not primitive leaves the value as it is.

    Raises:
        ValueError: the value is not of the type.
    """
    if value is None:
        return None
    decode = DECODERS.get(edm_type)
    if decode is None:
        return value
    try:
        return decode(value)
    except (ValueError, ArithmeticError, TypeError) as error:
        raise ValueError(f"«{str(value)[:80]}» — не значение типа {edm_type}") from error


def decode_typed(value: object, type_name: str) -> Any:
    """A composite value by its `X_Type`: primitives get their type, references stay GUID text, Undefined is None."""
    if type_name == f"{NAMESPACE}.Undefined":
        return None
    return decode_value(type_name, value)


def _int(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise TypeError
    number = int(value)
    if isinstance(value, Decimal) and number != value:
        raise ValueError
    return number


def _decimal(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise TypeError
    number = Decimal(value)
    if not (number.is_finite() and abs(number.adjusted()) <= MAX_MAGNITUDE):
        raise ValueError
    return number


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise TypeError


@lru_cache(_KEPT)
def _datetime(value: object) -> datetime:
    if not isinstance(value, str):
        raise TypeError
    return parse_datetime(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def decode_guid(value: object) -> str:
    """A reference in lower case.

    Raises:
        TypeError: it is none.
    """
    # A composite key prints its GUID in an Edm.String, and an empty text stands for no reference there.
    text = _text(value)
    return text.lower() if is_guid(text) or not text else _text(None)


DECODERS: Mapping[str, Callable[[Any], Any]] = {
    "Edm.Int16": _int,
    "Edm.Int32": _int,
    "Edm.Int64": _int,
    "Edm.Byte": _int,
    "Edm.Double": _decimal,
    "Edm.Decimal": _decimal,
    "Edm.Single": _decimal,
    "Edm.Boolean": _boolean,
    "Edm.DateTime": _datetime,
    "Edm.Guid": lru_cache(_KEPT)(decode_guid),
    "Edm.String": _text,
    "Edm.Binary": _text,
}
"""From a JSON value that is not null to a value of an Edm type; they raise ValueError, ArithmeticError or TypeError."""

_JSON = msgspec.json.Decoder(float_hook=Decimal)
_BOM = b"\xef\xbb\xbf"


def decode_json(data: bytes) -> Any:
    """JSON of 1C: a UTF-8 mark at the beginning is allowed, fractions come as `Decimal` digit by digit.

    Raises:
        ValueError: no JSON, or not UTF-8; says the byte.
    """
    try:
        return _JSON.decode(data.removeprefix(_BOM))
    except (msgspec.DecodeError, RecursionError, ArithmeticError) as error:
        raise ValueError(str(error)) from error


def encode_json(value: object) -> bytes:
    """JSON for 1C: `Decimal` as plain digits, dates naive with seconds.

    Raises:
        ValueError: a number that cannot be sent (NaN, infinity); a binary float, which has no place in money.
        TypeError: a value of a type 1C does not know.
    """
    return msgspec.json.encode(_plain(value))


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return msgspec.Raw(format_decimal(value).encode())
    if isinstance(value, float):
        raise ValueError(f"двоичное число {value}: передавайте Decimal")  # noqa: TRY004 - the type is known, its precision is the matter
    if isinstance(value, date):
        return format_datetime(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(item) for item in value]
    # A Guid is a str for JSON as well, but msgspec knows only the plain type.
    return str(value) if isinstance(value, str) else value
