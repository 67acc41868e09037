"""Words of the query language: of `$filter`, of keys, of parameters of functions (facts/odata.md 1, 2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from harness.onec.values import Guid, is_guid, parse_datetime

if TYPE_CHECKING:
    from datetime import datetime

LiteralValue: TypeAlias = "str | Guid | Decimal | bool | datetime | None"
_NUMBER_LENGTH = 60


class LexError(ValueError):
    """A text that is not of the language; says where."""


class Kind(StrEnum):
    """Kinds of words."""

    NAME = "name"
    LITERAL = "literal"
    MARK = "mark"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """A word: a name, a literal with its value, a mark (one of `( ) , / : = - + * .`), or the end."""

    kind: Kind
    text: str
    at: int
    value: LiteralValue = None


_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"[^\W\d]\w*")
_TYPED = re.compile(r"(guid|datetime|datetimeoffset|X|binary)'([^']*)'")
_STRING = re.compile(r"'((?:[^']|'')*)'")
# Exponents are not of the language (facts/odata.md 2); the suffixes of OData for longs and doubles are let through.
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_NUMBER_TAIL = re.compile(r"[\w.]+")
_MARKS = frozenset("(),/:=-+*.")


def tokens(text: str) -> list[Token]:
    """All words of a text, an END last.

    Raises:
        LexError: a character or a literal that is not of the language.
    """
    result: list[Token] = []
    at = 0
    while at < len(text):
        if space := _SPACE.match(text, at):
            at = space.end()
            continue
        token, at = _token(text, at)
        result.append(token)
    result.append(Token(Kind.END, "", at))
    return result


def _token(text: str, at: int) -> tuple[Token, int]:
    if typed := _TYPED.match(text, at):
        return Token(Kind.LITERAL, typed.group(), at, _typed(typed.group(1), typed.group(2), at)), typed.end()
    if text[at] == "'":
        found = _STRING.match(text, at)
        if found is None:
            raise LexError(f"строка не закрыта (позиция {at + 1})")
        return Token(Kind.LITERAL, found.group(), at, found.group(1).replace("''", "'")), found.end()
    if number := _NUMBER.match(text, at):
        return _number(text, number, at)
    if word := _WORD.match(text, at):
        return _word(word.group(), at), word.end()
    if text[at] in _MARKS:
        return Token(Kind.MARK, text[at], at), at + 1
    raise LexError(f"неожиданный символ (позиция {at + 1})")


def _typed(kind: str, inner: str, at: int) -> LiteralValue:
    if kind == "guid" and is_guid(inner):
        return Guid(inner)
    if kind == "datetime":
        try:
            return parse_datetime(inner)
        except ValueError:
            pass
    raise LexError(f"неверный литерал {kind} (позиция {at + 1})")


def _number(text: str, number: re.Match[str], at: int) -> tuple[Token, int]:
    end = number.end()
    tail = _NUMBER_TAIL.match(text, end)
    if tail is not None:
        if tail.group() not in ("L", "l", "M", "m", "D", "d", "F", "f"):
            raise LexError(f"неверное число (позиция {at + 1})")
        end = tail.end()
    if len(number.group()) > _NUMBER_LENGTH:
        raise LexError(f"слишком длинное число (позиция {at + 1})")
    try:
        return Token(Kind.LITERAL, number.group(), at, Decimal(number.group())), end
    except InvalidOperation as error:  # digits of other scripts that \d lets through
        raise LexError(f"неверное число (позиция {at + 1})") from error


def _word(word: str, at: int) -> Token:
    match word:
        case "true" | "false":
            return Token(Kind.LITERAL, word, at, word == "true")
        case "null":
            return Token(Kind.LITERAL, word, at, None)
        case _:
            return Token(Kind.NAME, word, at)
