"""Pieces of SQL that know their type, and what the query language lets be done with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

from harness.onec.values import Guid, format_datetime, format_decimal
from stand.emulator.database.tables import MAX_INT, Storage, quoted, scaled
from stand.emulator.odata.errors import incomparable, not_in_where
from stand.emulator.odata.types import type_from_wire

if TYPE_CHECKING:
    from stand.emulator.database.tables import Field
    from stand.emulator.odata.lexer import LiteralValue

Params: TypeAlias = "tuple[Any, ...]"


class T(StrEnum):
    """Types of expressions."""

    BOOL = "bool"
    STRING = "string"
    NUMBER = "number"
    DATE = "date"
    GUID = "guid"
    REF = "ref"
    COMPOSITE = "composite"
    TYPE_NAME = "type name"
    NULL = "null"
    OPAQUE = "opaque"


@dataclass(frozen=True, slots=True)
class Sql:
    """An expression.

    Attributes:
        scale: of a number: it is an integer of 10^-scale.
        target: of a reference: the object; of a literal reference made by `cast` too.
        kind_sql: of a composite value: SQL of its type, and its parameters are those of `params` again.
        field: the field it is, when it is a plain one.
        literal: written in the text: a value, not a field.
        recorder: a composite recorder of a record set: comparing it plainly is an error, not an empty answer.
    """

    text: str
    params: Params
    type: T
    scale: int = 0
    target: str = ""
    kind_sql: str = ""
    field: Field | None = None
    literal: bool = False
    recorder: bool = False


TRUE = Sql("(1 = 1)", (), T.BOOL)
FALSE = Sql("(1 = 0)", (), T.BOOL)

_TYPE = {
    Storage.TEXT: T.STRING,
    Storage.NUMBER: T.NUMBER,
    Storage.BOOLEAN: T.BOOL,
    Storage.DATE: T.DATE,
    Storage.UUID: T.GUID,
    Storage.REFERENCE: T.REF,
    Storage.COMPOSITE: T.COMPOSITE,
    Storage.BINARY: T.OPAQUE,
    Storage.TYPES: T.OPAQUE,
}


def column(alias: str, field: Field) -> Sql:
    """A field of a table."""
    kind = f"{alias}.{quoted(field.columns[1])}" if field.storage is Storage.COMPOSITE else ""
    cell = f"{alias}.{quoted(field.columns[0])}"
    return Sql(
        # A condition is no number to every database, and a Boolean cell is one.
        f"({cell} = 1)" if field.storage is Storage.BOOLEAN else cell,
        (),
        _TYPE[field.storage],
        scale=field.scale,
        target=field.type.reference,
        kind_sql=kind,
        field=field,
    )


def value(given: LiteralValue) -> Sql:
    """A literal, bound."""
    match given:
        case None:
            return Sql("NULL", (), T.NULL, literal=True)
        case bool():
            return replace(TRUE if given else FALSE, literal=True)
        case Decimal():
            scale = min(max(0, -_exponent(given)), 15)
            return Sql("?", (scaled(given, scale),), T.NUMBER, scale=scale, literal=True)
        case Guid():
            return Sql("?", (str(given),), T.GUID, literal=True)
        case str():
            return Sql("?", (given,), T.STRING, literal=True)
        case _:
            return Sql("?", (format_datetime(given),), T.DATE, literal=True)


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def boolean(item: Sql) -> Sql:
    """The expression as a condition.

    Raises:
        ODataError: it is none.
    """
    if item.type is not T.BOOL:
        raise not_in_where()
    return item


def with_scale(item: Sql, scale: int) -> Sql:
    """A number with at least so many digits after the point."""
    up = scale - item.scale
    if up <= 0:
        return item
    if item.literal and len(item.params) == 1:
        number = max(-MAX_INT, min(MAX_INT, item.params[0] * 10**up))
        return replace(item, params=(number,), scale=scale)
    return replace(item, text=f"({item.text} * {10**up})", scale=scale)


_SIGNS = {"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_ORDERED = frozenset({T.STRING, T.NUMBER, T.DATE})


def compare(operator: str, left: Sql, right: Sql) -> Sql:
    """A comparison.

    Raises:
        ODataError: 500: the types cannot be compared, or references by size (facts/odata.md 2).
    """
    if T.NULL in (left.type, right.type):
        return _with_null(operator, left, right)
    if T.OPAQUE in (left.type, right.type) or _unlimited(left) or _unlimited(right):
        raise incomparable()
    if T.TYPE_NAME in (left.type, right.type):
        return _type_names(operator, left, right)
    if T.COMPOSITE in (left.type, right.type):
        return _composites(operator, left, right)
    references = {left.type, right.type} <= {T.REF, T.GUID}
    if references:
        return _references(operator, left, right)
    if left.type is not right.type or (operator not in ("eq", "ne") and left.type not in _ORDERED):
        raise incomparable()
    if left.type is T.NUMBER:
        scale = max(left.scale, right.scale)
        left, right = with_scale(left, scale), with_scale(right, scale)
    return Sql(f"({left.text} {_SIGNS[operator]} {right.text})", (*left.params, *right.params), T.BOOL)


def _unlimited(item: Sql) -> bool:
    """A field of unlimited length, which is searched by `like` and never compared (facts/odata.md 2)."""
    return item.field is not None and item.field.type.unlimited


def _equality(operator: str) -> bool:
    if operator not in ("eq", "ne"):
        raise incomparable()
    return operator == "eq"


def _with_null(operator: str, left: Sql, right: Sql) -> Sql:
    other = right if left.type is T.NULL else left
    word = "IS NULL" if _equality(operator) else "IS NOT NULL"
    if other.type is T.COMPOSITE:
        sign = "=" if operator == "eq" else "<>"
        return Sql(f"({other.kind_sql} {sign} '')", other.params, T.BOOL)
    return Sql(f"({other.text} {word})", other.params, T.BOOL)


def _type_names(operator: str, left: Sql, right: Sql) -> Sql:
    sign = "=" if _equality(operator) else "<>"
    if right.type is T.TYPE_NAME and left.type is not T.TYPE_NAME:
        left, right = right, left
    if right.type is T.TYPE_NAME:
        return Sql(f"({left.text} {sign} {right.text})", (*left.params, *right.params), T.BOOL)
    if right.type is not T.STRING or not right.literal:
        raise incomparable()
    return Sql(f"({left.text} {sign} ?)", (*left.params, type_from_wire(right.params[0])), T.BOOL)


def _references(operator: str, left: Sql, right: Sql) -> Sql:
    sign = "=" if _equality(operator) else "<>"
    if (
        left.type is T.REF
        and right.type is T.REF
        and left.target != right.target
        and "?" not in (left.target, right.target)
    ):
        return _constant(operator, left, right)
    if {left.type, right.type} == {T.REF, T.GUID} and not (left.literal or right.literal):
        raise incomparable()
    return Sql(f"({left.text} {sign} {right.text})", (*left.params, *right.params), T.BOOL)


def _constant(operator: str, left: Sql, right: Sql) -> Sql:
    """Never equal; the operands stay, so bound values and errors stay too."""
    sign = "<" if operator == "eq" else ">="
    return Sql(f"(COALESCE(length({left.text} || {right.text}), 0) {sign} 0)", (*left.params, *right.params), T.BOOL)


def _composites(operator: str, left: Sql, right: Sql) -> Sql:
    if right.type is T.COMPOSITE and left.type is not T.COMPOSITE:
        left, right = right, left
    equal = _equality(operator)
    if right.type is T.COMPOSITE:
        text = f"({left.text} = {right.text} AND {left.kind_sql} = {right.kind_sql})"
        params: Params = (*left.params, *right.params, *left.params, *right.params)
    elif right.type is T.GUID:
        # A bare GUID has no type: nothing equals it, and a recorder refuses it (facts/odata.md 2).
        if left.recorder:
            raise incomparable(3, 23)
        return FALSE if equal else TRUE
    else:
        name, other = _as_composite(right)
        text = f"({left.text} = {other.text} AND {left.kind_sql} = ?)"
        params = (*left.params, *other.params, *left.params, name)
    return Sql(text if equal else f"(NOT {text})", params, T.BOOL)


def _as_composite(item: Sql) -> tuple[str, Sql]:
    """Stored type and stored text of a value compared with a composite one."""
    match item.type:
        case T.REF:
            return item.target, item
        case T.STRING:
            return "String", item
        case T.DATE:
            return "Date", item
        case T.BOOL:
            return "Boolean", replace(item, text=f"(CASE WHEN {item.text} THEN 'true' ELSE 'false' END)")
        case T.NUMBER if item.literal:
            number = Decimal(item.params[0]).scaleb(-item.scale).normalize()
            return "Number", replace(item, params=(format_decimal(number),))
        case _:
            raise incomparable()


def arithmetic(operator: str, left: Sql, right: Sql) -> Sql:
    """`add sub mul div` of numbers.

    Raises:
        ODataError: an operand is no number.
    """
    if left.type is not T.NUMBER or right.type is not T.NUMBER:
        raise not_in_where()
    params = (*left.params, *right.params)
    if operator == "div":
        from stand.emulator.database.functions import DIVISION_SCALE

        text = f"onec_div({left.text}, {left.scale}, {right.text}, {right.scale})"
        return Sql(text, params, T.NUMBER, scale=DIVISION_SCALE)
    if operator == "mul":
        return Sql(f"({left.text} * {right.text})", params, T.NUMBER, scale=left.scale + right.scale)
    scale = max(left.scale, right.scale)
    left, right = with_scale(left, scale), with_scale(right, scale)
    sign = "+" if operator == "add" else "-"
    return Sql(f"({left.text} {sign} {right.text})", (*left.params, *right.params), T.NUMBER, scale=scale)
