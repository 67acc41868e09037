"""Shapes of JSON answers: derived from real ones before an update, demanded of those after it (facts/exchanges.md 6).

A shape says of each path which types were met, whether the field was always there, and how dates look. Values are not kept, so that a
shape may lie in a record.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from harness.exchange.changes import ADDED, CHANGED, MANDATORY, REMOVED, TYPE, Change
from harness.exchange.problems import FormatError
from harness.exchange.problems import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LIMIT = 64 * 2**20
_MOST = 5000
"""Paths of a shape; an object whose keys are data (dates, identifiers) would make endlessly many."""
_FORMS = (
    ("uuid", re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")),
    ("date-time with zone", re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")),
    ("date-time", re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?")),
    ("date", re.compile(r"\d{4}-\d\d-\d\d")),
    ("date dd.mm.yyyy", re.compile(r"\d\d\.\d\d\.\d{4}( \d\d?:\d\d(:\d\d)?)?")),
    ("number in text", re.compile(r"-?\d{1,18}([.,]\d+)?")),
)


@dataclass(frozen=True, slots=True)
class Field:
    """What was met at a path.

    Attributes:
        types: "object", "array", "string", "string: date-time", "number", "integer", "boolean", "null".
        always: in every object that could have had it.
    """

    types: frozenset[str]
    always: bool = True


Shape = dict[str, Field]
"""Fields by path: "$", "$.Товары[]", "$.Товары[].Количество"."""


def read(data: bytes, place: str = "ответ") -> Any:
    """Decodes JSON; numbers stay exact.

    Raises:
        DocumentError: not JSON, too large or too deep.
    """
    if len(data) > _LIMIT:
        raise FormatError(_("файл больше {limit} МБ: целиком такой не читается"), place=place, limit=_LIMIT // 2**20)
    try:
        return _decoder().decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise FormatError(_("это не JSON: {error}"), place=place, error=error) from error


class Fraction(str):
    """A number with a fraction, kept as it was written and told from text by its type."""

    __slots__ = ()


@cache
def _decoder() -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(float_hook=Fraction)


def derive(values: Iterable[Any]) -> Shape:
    """Shape of one or several answers together.

    Raises:
        DocumentError: more different paths than any answer of a service has.
    """
    seen: dict[str, set[str]] = {}
    met: dict[str, int] = {}
    holders: dict[str, int] = {}
    for value in values:
        for path, kind in _walk(value):
            seen.setdefault(path, set()).add(kind)
            met[path] = met.get(path, 0) + 1
            if kind == "object":
                holders[path] = holders.get(path, 0) + 1
            if len(seen) > _MOST:
                raise FormatError(_("в ответе больше {number} разных путей: его ключи — данные"), number=_MOST)
    return {
        path: Field(frozenset(kinds), always=met[path] >= holders.get(_parent(path), 0) or path.endswith("[]"))
        for path, kinds in seen.items()
    }


def _parent(path: str) -> str:
    return path.rpartition(".")[0]


def _walk(top: Any) -> Iterator[tuple[str, str]]:
    """Path and type of every value, without recursion."""
    waiting: list[tuple[str, Any]] = [("$", top)]
    while waiting:
        path, value = waiting.pop()
        yield path, _kind(value)
        if isinstance(value, dict):
            waiting += [(f"{path}.{name}", inner) for name, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{path}[]", inner) for inner in value]


def _kind(value: Any) -> str:
    if isinstance(value, Fraction):
        return "number"
    if isinstance(value, str):
        form = next((name for name, pattern in _FORMS if pattern.fullmatch(value)), "")
        return f"string: {form}" if form else "string"
    names = {bool: "boolean", int: "integer", dict: "object", list: "array", type(None): "null"}
    return names.get(type(value), "number")


def differences(before: Shape, after: Shape) -> list[Change]:
    """What a caller that was written for `before` would stumble over in `after`, and what is merely new."""
    found = []
    for path, field in sorted(before.items()):
        other = after.get(path)
        if other is None:
            # An empty array says nothing of its elements, and what was inside of a lost object is lost with it.
            if not path.endswith("[]") and (_parent(path) in after or path == "$"):
                found.append(Change(REMOVED, path, breaking=field.always))
            continue
        extra = _loosened(other.types) - _loosened(field.types)
        if extra:
            was, now = ", ".join(sorted(field.types)), ", ".join(sorted(other.types))
            found.append(Change(CHANGED, _parent(path) or "$", path, was, now, breaking=True, aspect=TYPE))
        if field.always and not other.always:
            found.append(Change(REMOVED, _parent(path), path, breaking=True, aspect=MANDATORY))
    found += [Change(ADDED, path) for path in sorted(after) if path not in before]
    return sorted(found, key=lambda one: not one.breaking)


def _loosened(types: frozenset[str]) -> frozenset[str]:
    """An integer where fractions were met is still a number."""
    return types | {"integer"} if "number" in types else types
