"""Builder of `$filter` and of the `Condition` of virtual tables, in 1C's dialect (facts/odata.md 2).

    >>> str((field("Контрагент_Key") == guid("b1c89da7-cb6a-11e6-aede-5404a6b4b8ed")) & (field("Сумма") > 100))
    "Контрагент_Key eq guid'b1c89da7-cb6a-11e6-aede-5404a6b4b8ed' and Сумма gt 100"

What the dialect lacks (length, indexof, tolower, trim, in, contains …) is not here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from harness.onec.values import Guid, KeyValue, is_guid, literal, quote_string

if TYPE_CHECKING:
    from collections.abc import Callable

Operand: TypeAlias = "Expression | KeyValue"
Unit: TypeAlias = Literal["second", "minute", "hour", "day", "month", "quarter", "year"]
DatePart: TypeAlias = Literal["year", "quarter", "month", "day", "dayofyear", "dayofweek", "hour", "minute", "second"]

_PATH = re.compile(r"\w+(/\w+)*")
_TYPE = re.compile(r"\w+(\.\w+)*")
# How tightly an expression holds together; a looser one inside a tighter one gets parentheses. 1C ranks comparisons in an order of
# its own, so they are never left next to each other without them.
_ATOM, _NEGATED, _TERM, _SUM, _COMPARISON, _AND, _OR = range(7)


@dataclass(frozen=True, eq=False, slots=True)
class Expression:
    """A piece of a filter; `==`, `<`, `&`, `|`, `~`, `+` … build larger ones.

    Attributes:
        text: as it goes to 1C, not percent-encoded.
        rank: how tightly it holds together.
    """

    text: str
    rank: int = _ATOM

    def __str__(self) -> str:
        return self.text

    def __bool__(self) -> bool:
        raise TypeError("условие 1С не вычисляется в Python: соединяйте части знаками &, | и ~")

    def __eq__(self, other: Operand) -> Expression:  # type: ignore[override]  # builds a comparison, as SQL builders do
        return _compare(self, "eq", other)

    def __ne__(self, other: Operand) -> Expression:  # type: ignore[override]  # same
        return _compare(self, "ne", other)

    __hash__ = object.__hash__

    def __lt__(self, other: Operand) -> Expression:
        return _compare(self, "lt", other)

    def __le__(self, other: Operand) -> Expression:
        return _compare(self, "le", other)

    def __gt__(self, other: Operand) -> Expression:
        return _compare(self, "gt", other)

    def __ge__(self, other: Operand) -> Expression:
        return _compare(self, "ge", other)

    def __and__(self, other: Expression) -> Expression:
        return _join(self, "and", other, _AND)

    def __or__(self, other: Expression) -> Expression:
        return _join(self, "or", other, _OR)

    def __invert__(self) -> Expression:
        return Expression(f"not ({self.text})", _NEGATED)

    def __neg__(self) -> Expression:
        return Expression(f"-{_within(self, _ATOM)}", _NEGATED)

    def __add__(self, other: Operand) -> Expression:
        return _arithmetic(self, "add", other, _SUM)

    def __sub__(self, other: Operand) -> Expression:
        return _arithmetic(self, "sub", other, _SUM)

    def __mul__(self, other: Operand) -> Expression:
        return _arithmetic(self, "mul", other, _TERM)

    def __truediv__(self, other: Operand) -> Expression:
        return _arithmetic(self, "div", other, _TERM)


@dataclass(frozen=True, eq=False, slots=True)
class Field(Expression):
    """A field or a path of fields."""

    def field(self, name: str) -> Field:
        """A field behind this reference, or of this row of a tabular section."""
        return field(f"{self.text}/{name}")

    def any(self, condition: Callable[[Field], Expression] | None = None, name: str = "d") -> Expression:
        """Whether any row of a tabular section or record set meets a condition; without one, whether there is any row."""
        inner = f"{name}: {condition(field(name))}" if condition else ""
        return Expression(f"{self.text}/any({inner})")

    def all(self, condition: Callable[[Field], Expression], name: str = "d") -> Expression:
        """Whether every row meets a condition."""
        return Expression(f"{self.text}/all({name}: {condition(field(name))})")


def field(name: str) -> Field:
    """A field by name or path: "Контрагент_Key", "Контрагент/ИНН".

    Raises:
        ValueError: no name: letters, digits, "_" and "/" only.
    """
    if not _PATH.fullmatch(name):
        raise ValueError(f"«{name}» — не имя поля")
    return Field(name)


def guid(text: str) -> Guid:
    """A reference as a value; ValueError when the text is no GUID."""
    return Guid(text)


def cast(value: Operand, type_name: str) -> Expression:
    """A value as a type: what a composite field must be compared with, `cast(guid(…), "Document_Заказ")`."""
    return _call("cast", value, _type(type_name))


def isof(value: Operand, type_name: str) -> Expression:
    """Whether a value is of a type: "String", "Number", "Boolean", "Date", "Catalog_Товары"."""
    return _call("isof", value, _type(type_name))


def startswith(value: Operand, prefix: Operand) -> Expression:
    """Whether a string begins with another."""
    return _call("startswith", value, prefix)


def endswith(value: Operand, suffix: Operand) -> Expression:
    """Whether a string ends with another."""
    return _call("endswith", value, suffix)


def contains(value: Operand, part: Operand) -> Expression:
    """Whether a string holds another: 1C's `substringof`, whose arguments stand the other way round."""
    return _call("substringof", part, value)


def like(value: Operand, pattern: str) -> Expression:
    """Whether a string is like a pattern of the query language: "%", "_", "[…]"."""
    return _call("like", value, pattern)


def concat(first: Operand, second: Operand) -> Expression:
    """Two strings joined."""
    return _call("concat", first, second)


def substring(value: Operand, start: int, length: int | None = None) -> Expression:
    """A part of a string; counting begins with 1."""
    return _call("substring", value, start, *(() if length is None else (length,)))


def part_of(value: Operand, part: DatePart) -> Expression:
    """A part of a date."""
    return _call(part, value)


def dateadd(value: Operand, unit: Unit, number: int) -> Expression:
    """A date moved by a number of units."""
    return _call("dateadd", value, unit, number)


def datedifference(start: Operand, end: Operand, unit: Unit) -> Expression:
    """Units between two dates."""
    return _call("datedifference", start, end, unit)


def round_(value: Operand) -> Expression:
    """A number rounded to a whole one."""
    return _call("round", value)


def all_of(*conditions: Expression | str) -> str:
    """Conditions joined by `and` as text; empty ones are left out."""
    texts = [item for item in conditions if str(item)]
    if len(texts) == 1:
        return str(texts[0])
    return " and ".join(_within(item, _AND) if isinstance(item, Expression) else f"({item})" for item in texts)


def _type(name: str) -> str:
    if not _TYPE.fullmatch(name):
        raise ValueError(f"«{name}» — не имя типа")
    return name


def _text(value: Operand) -> str:
    return value.text if isinstance(value, Expression) else literal(value)


def _within(value: Operand, rank: int) -> str:
    return f"({value.text})" if isinstance(value, Expression) and value.rank > rank else _text(value)


def _call(name: str, *arguments: Operand) -> Expression:
    return Expression(f"{name}({','.join(_text(item) for item in arguments)})")


def _compare(left: Expression, operator: str, right: Operand) -> Expression:
    if isinstance(left, Field) and left.text.endswith("_Key") and isinstance(right, str) and is_guid(right):
        right = Guid(right)
    return Expression(f"{_within(left, _SUM)} {operator} {_within(right, _SUM)}", _COMPARISON)


def _join(left: Expression, operator: str, right: Expression, rank: int) -> Expression:
    return Expression(f"{_within(left, rank)} {operator} {_within(right, rank)}", rank)


def _arithmetic(left: Expression, operator: str, right: Operand, rank: int) -> Expression:
    # Subtraction and division are not associative, so the right side holds tighter.
    return Expression(f"{_within(left, rank)} {operator} {_within(right, rank - 1)}", rank)


__all__ = [
    "Expression", "Field", "all_of", "cast", "concat", "contains", "dateadd", "datedifference", "endswith", "field", "guid",
    "isof", "like", "literal", "part_of", "quote_string", "round_", "startswith", "substring",
]  # fmt: skip
