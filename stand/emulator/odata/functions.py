"""Functions of the query language (facts/odata.md 2). What 1C does not have (`length`, `tolower`, `contains` …) is not here either."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stand.emulator.database.functions import UNITS
from stand.emulator.odata import typed
from stand.emulator.odata.ast import Literal
from stand.emulator.odata.errors import bad_function
from stand.emulator.odata.typed import Sql, T
from stand.emulator.odata.types import type_from_expression

if TYPE_CHECKING:
    from collections.abc import Callable

    from stand.emulator.odata.ast import Call
    from stand.emulator.odata.compiler import Compiler

_PARTS = ("year", "quarter", "month", "day", "dayofyear", "dayofweek", "hour", "minute", "second")
_SUBSTRING = (2, 3)


def call(compiler: Compiler, node: Call) -> Sql:
    """A function.

    Raises:
        ODataError: 400 code 21: there is no such function, or not with these arguments.
    """
    known = _FUNCTIONS.get(node.name)
    if known is None:
        raise bad_function(node.name)
    return known(compiler, node)


def _arguments(compiler: Compiler, node: Call, *types: T) -> list[Sql]:
    if len(node.arguments) != len(types):
        raise bad_function(node.name)
    result = [compiler.compile(item) for item in node.arguments]
    for item, type_ in zip(result, types, strict=True):
        if item.type is not type_:
            raise bad_function(node.name)
    return result


def _text_of(node: Call, at: int) -> str:
    """A literal string among the arguments: a name of a type or of a unit."""
    argument = node.arguments[at] if at < len(node.arguments) else None
    if isinstance(argument, Literal) and isinstance(argument.value, str):
        return str(argument.value)
    raise bad_function(node.name)


def _concat(compiler: Compiler, node: Call) -> Sql:
    left, right = _arguments(compiler, node, T.STRING, T.STRING)
    return Sql(f"({left.text} || {right.text})", (*left.params, *right.params), T.STRING)


def _startswith(compiler: Compiler, node: Call) -> Sql:
    text, start = _arguments(compiler, node, T.STRING, T.STRING)
    return Sql(
        f"(substr({text.text}, 1, length({start.text})) = {start.text})",
        (*text.params, *start.params, *start.params),
        T.BOOL,
    )


def _endswith(compiler: Compiler, node: Call) -> Sql:
    text, end = _arguments(compiler, node, T.STRING, T.STRING)
    # The place is counted from the start: only SQLite counts a negative one from the end.
    return Sql(
        f"(length({text.text}) >= length({end.text})"
        f" AND substr({text.text}, length({text.text}) - length({end.text}) + 1) = {end.text})",
        (*text.params, *end.params, *text.params, *text.params, *end.params, *end.params),
        T.BOOL,
    )


def _substringof(compiler: Compiler, node: Call) -> Sql:
    needle, text = _arguments(compiler, node, T.STRING, T.STRING)
    return Sql(f"(instr({text.text}, {needle.text}) > 0)", (*text.params, *needle.params), T.BOOL)


def _substring(compiler: Compiler, node: Call) -> Sql:
    if len(node.arguments) not in _SUBSTRING:
        raise bad_function(node.name)
    text, *numbers = (compiler.compile(item) for item in node.arguments)
    if text.type is not T.STRING or any(item.type is not T.NUMBER or item.scale for item in numbers):
        raise bad_function(node.name)
    params = (*text.params, *(one for item in numbers for one in item.params))
    # Counted from 1, as ПОДСТРОКА does.
    return Sql(f"substr({', '.join(item.text for item in (text, *numbers))})", params, T.STRING)


def _like(compiler: Compiler, node: Call) -> Sql:
    text, pattern = _arguments(compiler, node, T.STRING, T.STRING)
    return Sql(f"(onec_like({text.text}, {pattern.text}) = 1)", (*text.params, *pattern.params), T.BOOL)


def _part(compiler: Compiler, node: Call) -> Sql:
    (moment,) = _arguments(compiler, node, T.DATE)
    return Sql(f"onec_part({moment.text}, '{node.name}')", moment.params, T.NUMBER)


def _dateadd(compiler: Compiler, node: Call) -> Sql:
    unit = _text_of(node, 1)
    if unit not in UNITS or len(node.arguments) != 3:
        raise bad_function(node.name)
    moment, number = compiler.compile(node.arguments[0]), compiler.compile(node.arguments[2])
    if moment.type is not T.DATE or number.type is not T.NUMBER or number.scale:
        raise bad_function(node.name)
    return Sql(f"onec_dateadd({moment.text}, '{unit}', {number.text})", (*moment.params, *number.params), T.DATE)


def _datedifference(compiler: Compiler, node: Call) -> Sql:
    unit = _text_of(node, 2)
    if unit not in UNITS or len(node.arguments) != 3:
        raise bad_function(node.name)
    first, second = compiler.compile(node.arguments[0]), compiler.compile(node.arguments[1])
    if first.type is not T.DATE or second.type is not T.DATE:
        raise bad_function(node.name)
    return Sql(f"onec_datediff({first.text}, {second.text}, '{unit}')", (*first.params, *second.params), T.NUMBER)


def _round(compiler: Compiler, node: Call) -> Sql:
    (number,) = _arguments(compiler, node, T.NUMBER)
    if not number.scale:
        return number
    unit = 10**number.scale
    sign = f"(CASE WHEN {number.text} < 0 THEN -1 ELSE 1 END)"
    text = f"((abs({number.text}) + {unit // 2}) / {unit} * {sign})"
    return Sql(text, (*number.params, *number.params), T.NUMBER)


def _cast(compiler: Compiler, node: Call) -> Sql:
    if len(node.arguments) != 2:
        raise bad_function(node.name)
    return cast_to(compiler.compile(node.arguments[0]), _text_of(node, 1))


def cast_to(item: Sql, type_name: str) -> Sql:
    """A value as one of a type: of a composite field NULL when it holds another.

    Raises:
        ODataError: 400 code 21: it cannot be one.
    """
    name = type_from_expression(type_name)
    primitive = {"String": T.STRING, "Boolean": T.BOOL, "Date": T.DATE, "Number": T.NUMBER}.get(name)
    if item.type is T.GUID and item.literal and primitive is None:
        return replace(item, type=T.REF, target=name)
    if item.type is T.REF and item.target in (name, "?"):
        return replace(item, target=name)
    if item.type is primitive:
        return item
    if item.type is T.COMPOSITE:
        return _out_of_composite(item, name, primitive)
    if item.type is T.STRING and item.literal and primitive is None:
        # A type that is only known by the value: UnavailableEntities.…
        return replace(item, type=T.REF, target=name)
    raise bad_function("cast")


def _out_of_composite(item: Sql, name: str, primitive: T | None) -> Sql:
    text = f"(CASE WHEN {item.kind_sql} = ? THEN {item.text} END)"
    params = (*item.params, name, *item.params)
    if primitive is None:
        return Sql(text, params, T.REF, target=name)
    if primitive is T.BOOL:
        return Sql(f"({text} = 'true')", params, T.BOOL)
    if primitive is T.NUMBER:
        from stand.emulator.database.functions import DIVISION_SCALE

        return Sql(f"onec_number({text}, {DIVISION_SCALE})", params, T.NUMBER, scale=DIVISION_SCALE)
    return Sql(text, params, primitive)


def _isof(compiler: Compiler, node: Call) -> Sql:
    if len(node.arguments) != 2:
        raise bad_function(node.name)
    item = compiler.compile(node.arguments[0])
    name = type_from_expression(_text_of(node, 1))
    if item.type is T.COMPOSITE:
        return Sql(f"({item.kind_sql} = ?)", (*item.params, name), T.BOOL)
    if item.type is T.REF:
        return typed.TRUE if item.target == name else typed.FALSE
    own = {T.STRING: "String", T.NUMBER: "Number", T.BOOL: "Boolean", T.DATE: "Date"}.get(item.type)
    return typed.TRUE if own == name else typed.FALSE


_FUNCTIONS: dict[str, Callable[[Compiler, Call], Sql]] = {
    "concat": _concat,
    "startswith": _startswith,
    "endswith": _endswith,
    "substringof": _substringof,
    "substring": _substring,
    "like": _like,
    **dict.fromkeys(_PARTS, _part),
    "dateadd": _dateadd,
    "datedifference": _datedifference,
    "round": _round,
    "cast": _cast,
    "isof": _isof,
}
