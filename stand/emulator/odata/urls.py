"""Addresses of the interface: path segments, keys, options (facts/odata.md 1, 2).

`+` in a query is a plus, never a space. Slashes and parentheses inside of quotes belong to literals. Parameters of functions may have inner
quotes doubled or not: the manual prints them undoubled, clients double them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from harness.onec.values import Guid
from stand.emulator.odata.errors import bad_option, bad_url, unsupported_option
from stand.emulator.odata.lexer import Kind, LexError, LiteralValue, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OPTIONS = frozenset(
    ["$select", "$filter", "$expand", "$orderby", "$top", "$skip", "$inlinecount", "$format", "$allowedOnly"]
)
"""Query options of the interface; any other `$x` is refused with 501."""
_SEGMENTS = 20
_GUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
# What most requests are: one set, or one entity by its GUID.
_ONE = re.compile(rf"/?([^\W\d]\w*)(?:\((guid'{_GUID}')\))?")
_GUID_KEY = re.compile(rf"guid'({_GUID})'")
_PARAMETER = re.compile(r"(?:^|,)\s*([^\W\d]\w*)\s*=\s*")


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a path.

    Attributes:
        arguments: what stood between the parentheses, None without parentheses.
    """

    name: str
    arguments: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A request to the interface.

    Attributes:
        root: absolute address of the interface, without a slash at the end.
        segments: path below the root.
        options: query options that begin with `$`.
        parameters: other parameters of the query: of functions, `allowedOnly`.
        headers: names in small letters.
    """

    method: str
    root: str
    segments: tuple[Segment, ...]
    options: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def decoded(raw: bytes) -> str:
    """Percent-encoded UTF-8 as text.

    Raises:
        ODataError: not UTF-8.
    """
    try:
        return unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError as error:
        raise bad_url("не UTF-8") from error


def parse_path(path: str) -> tuple[Segment, ...]:
    """Segments of a decoded path below the root.

    Raises:
        ODataError: 400 code 6: parentheses or quotes do not match.
    """
    plain = _ONE.fullmatch(path)
    if plain is not None:
        return (Segment(plain.group(1), plain.group(2)),)
    result = tuple(_segment(text) for text in _split(path) if text)
    if len(result) > _SEGMENTS:
        raise bad_url("слишком много сегментов")
    return result


def _split(path: str) -> Iterator[str]:
    start = depth = 0
    quoted = False
    for at, char in enumerate(path):
        if char == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
        elif char == "/" and depth == 0:
            yield path[start:at]
            start = at + 1
    if quoted or depth:
        raise bad_url(path)
    yield path[start:]


def _segment(text: str) -> Segment:
    name, opening, rest = text.partition("(")
    if not opening:
        return Segment(text.strip())
    if not rest.endswith(")"):
        raise bad_url(text)
    return Segment(name.strip(), rest[:-1].strip())


def parse_query(raw: bytes) -> tuple[dict[str, str], dict[str, str]]:
    """Options (`$…`) and other parameters of a raw query string.

    Raises:
        ODataError: 501 code 0: an option nobody knows; 400 code 6: not UTF-8.
    """
    options: dict[str, str] = {}
    parameters: dict[str, str] = {}
    for pair in raw.split(b"&"):
        if not pair:
            continue
        name, _equals, value = pair.partition(b"=")
        title = decoded(name)
        if not title.startswith("$"):
            parameters[title] = decoded(value)
        elif title in OPTIONS:
            options[title] = decoded(value)
        else:
            raise unsupported_option(title)
    return options, parameters


def parse_key(arguments: str) -> dict[str, LiteralValue]:
    """A key: values by name, or one value under "" when the name was omitted.

    Raises:
        ODataError: 400 code 6: not a key.
    """
    plain = _GUID_KEY.fullmatch(arguments)
    if plain is not None:
        return {"": Guid(plain.group(1))}
    try:
        words = tokens(arguments)
    except LexError as error:
        raise bad_url(f"ключ ({arguments[:100]}): {error}") from error
    if len(words) == 2 and words[0].kind is Kind.LITERAL:
        return {"": words[0].value}
    result: dict[str, LiteralValue] = {}
    at = 0
    while words[at].kind is Kind.NAME and words[at + 1].text == "=" and len(words) > at + 3:
        negative = words[at + 2].text == "-"
        literal = words[at + 2 + negative]
        if literal.kind is not Kind.LITERAL or words[at].text in result:
            break
        result[words[at].text] = _negated(literal.value) if negative else literal.value
        at += 3 + negative
        if words[at].kind is Kind.END:
            return result
        if words[at].text != ",":
            break
        at += 1
    raise bad_url(f"ключ ({arguments[:100]})")


def _negated(value: LiteralValue) -> LiteralValue:
    if not isinstance(value, Decimal):
        raise bad_url("ключ")
    return -value


def parse_arguments(arguments: str) -> dict[str, str]:
    """Parameters of a function as written, by name; `text_argument` and others make values of them.

    Raises:
        ODataError: 400 code 6: not a list of parameters.
    """
    strict = _strict_arguments(arguments)
    if strict is not None:
        return strict
    found = list(_PARAMETER.finditer(arguments))
    if not found or found[0].start() != 0:
        raise bad_url(f"параметры ({arguments[:100]})")
    ends = [*(item.start() for item in found[1:]), len(arguments)]
    return {item.group(1): arguments[item.end() : end].strip() for item, end in zip(found, ends, strict=True)}


def _strict_arguments(arguments: str) -> dict[str, str] | None:
    try:
        words = tokens(arguments)
    except LexError:
        return None
    result: dict[str, str] = {}
    at = 0
    while words[at].kind is not Kind.END:
        if len(words) < at + 4 or words[at].kind is not Kind.NAME or words[at + 1].text != "=":
            return None
        if words[at + 2].kind is not Kind.LITERAL:
            return None
        result[words[at].text] = words[at + 2].text
        at += 3
        if words[at].text == ",":
            at += 1
        elif words[at].kind is not Kind.END:
            return None
    return result


def text_argument(raw: str) -> str:
    """A string parameter without its quotes; inner quotes may be doubled or not."""
    raw = raw.strip()
    if len(raw) < 2 or not (raw.startswith("'") and raw.endswith("'")):
        return raw
    inner = raw[1:-1]
    single = inner.replace("''", "")
    return inner if "'" in single else inner.replace("''", "'")


def literal_argument(raw: str, option: str) -> LiteralValue:
    """A parameter that is one literal: a date, a boolean.

    Raises:
        ODataError: 400 code 14.
    """
    try:
        words = tokens(raw)
    except LexError as error:
        raise bad_option(f"{option}: {error}") from error
    if len(words) != 2 or words[0].kind is not Kind.LITERAL:
        raise bad_option(option)
    return words[0].value


def number_option(options: Mapping[str, str], name: str) -> int | None:
    """`$top`, `$skip`: a whole number that is not negative.

    Raises:
        ODataError: 400 code 14.
    """
    raw = options.get(name)
    if raw is None:
        return None
    raw = raw.strip()
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 18):
        raise bad_option(name)
    return int(raw)
