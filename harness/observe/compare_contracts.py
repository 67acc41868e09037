"""Comparing two contracts: each change is breaking, widening or neutral for the way our integrations use that part.

A part is described as "Edm.String(50), обязательное": a type with its limit, and marks. What a change does depends on who stands behind it:

| change | reads | writes | filters by |
| --- | --- | --- | --- |
| removed, renamed, another type, narrowed | breaking | breaking | breaking |
| longer, wider | widening | neutral | neutral |
| newly mandatory | neutral | breaking | neutral |
| no longer mandatory | widening | neutral | neutral |
| read only from now on | neutral | breaking | neutral |
| cannot be filtered by from now on | neutral | neutral | breaking |
| new part | widening | widening; breaking when mandatory | widening |
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import msgspec

from harness.observe.causes import causes_of
from harness.observe.changes import STRUCTURE, Change, difference_file, ordered, summed, write_changes
from harness.observe.paths import matches
from harness.observe.wording import difference
from harness.record.models import Difference, DifferenceClass, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from harness.record.models import Observation

USES = ("read", "write", "filter")
"""Ways in which an integration uses a contract."""
_LIMITED = re.compile(r"^(?P<type>[^()]+?)\s*(?:\((?P<limits>\d+(?:\s*,\s*\d+)*)\))?$")
_MANDATORY = re.compile(r"\bобязательн\w*|\brequired\b|\bmandatory\b", re.IGNORECASE)
_READ_ONLY = re.compile(r"только чтение|\bread[- ]?only\b", re.IGNORECASE)
_UNFILTERED = re.compile(r"без отбора|\bnot filterable\b", re.IGNORECASE)
_WIDER = {
    "Edm.Byte": 1, "Edm.Int16": 2, "Edm.Int32": 3, "Edm.Int64": 4, "Edm.Decimal": 5, "Edm.Double": 5,
}  # fmt: skip
"""Numbers, each holding those before it."""
_OWNER = re.compile(r"[A-Z][A-Za-z]+_\w+[/.]")
"""Attributes of objects are renamed; versions, codes and settings are other ones."""
_ALIKE = 0.6
"""Likeness of names from which on one of several may be a rename."""
_NEUTRAL = "Контракт «{observation}»: изменений, которые нашим интеграциям безразличны: {count}, например «{key}»: было {before}, стало {after}"


class Effect(IntEnum):
    """What a change does to an integration, the worst greatest."""

    NEUTRAL = 0
    WIDENING = 1
    BREAKING = 2


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a contract, read from its description."""

    type: str
    limits: tuple[int, ...]
    mandatory: bool
    read_only: bool
    unfiltered: bool
    marks: frozenset[str]


def part(description: str) -> Part:
    """Reads a description: the type up to the first comma outside brackets, then marks."""
    pieces = [piece.strip() for piece in re.split(r"[,;](?![^()]*\))", description)]
    head, marks = pieces[0], [piece for piece in pieces[1:] if piece]
    found = _LIMITED.match(head)
    limits = tuple(int(limit) for limit in re.findall(r"\d+", found["limits"])) if found and found["limits"] else ()
    known = (_MANDATORY, _READ_ONLY, _UNFILTERED)
    rest = frozenset(mark for mark in marks if not any(pattern.search(mark) for pattern in known))
    mandatory, read_only, unfiltered = (any(pattern.search(mark) for mark in pieces) for pattern in known)
    return Part(found["type"] if found else head, limits, mandatory, read_only, unfiltered, rest)


def effect(before: str, after: str, uses: Iterable[str]) -> Effect:
    """What another description of a part does to those who use it so."""
    left, right = part(before), part(after)
    size = _size(left, right)
    if left.marks != right.marks or size is Effect.BREAKING:
        return Effect.BREAKING
    effects = {
        "read": max(size, Effect.WIDENING if left.mandatory and not right.mandatory else Effect.NEUTRAL),
        "write": Effect.BREAKING
        if (right.mandatory and not left.mandatory) or (right.read_only and not left.read_only)
        else Effect.NEUTRAL,
        "filter": Effect.BREAKING if right.unfiltered and not left.unfiltered else Effect.NEUTRAL,
    }
    return max(effects[use] for use in uses)


def _size(left: Part, right: Part) -> Effect:
    """Types and limits: the same, holding more, or anything else."""
    if left.type != right.type:
        ranks = _WIDER.get(left.type), _WIDER.get(right.type)
        holds = None not in ranks and (ranks[0] or 0) < (ranks[1] or 0) and not left.limits and not right.limits
        return Effect.WIDENING if holds else Effect.BREAKING
    if left.limits == right.limits:
        return Effect.NEUTRAL
    if not right.limits:  # no limit any more
        return Effect.WIDENING
    if len(left.limits) != len(right.limits):
        return Effect.BREAKING
    return Effect.WIDENING if _holds(left.limits, right.limits) else Effect.BREAKING


def _holds(before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    """Whether every value of the old limits fits into the new: digits before the point and after it apart."""
    if len(before) == 2:
        return after[1] >= before[1] and after[0] - after[1] >= before[0] - before[1]
    return all(new >= old for old, new in zip(before, after, strict=True))


def uses_of(direction: Any, path: str) -> tuple[str, ...]:
    """How a part is used: one way for all, several, or by pattern of its path; a part no pattern fits is read."""
    if isinstance(direction, dict):
        found = [uses for pattern, uses in direction.items() if matches(pattern, f"/{path}")]
        return tuple(dict.fromkeys(use for uses in found for use in uses)) or ("read",)
    return (direction,) if isinstance(direction, str) else tuple(direction)


def compare_contracts(folder: Path, before: Observation, after: Observation) -> list[Difference]:
    """Differences of two contracts, one an effect: what breaks, what only widens, what is neutral."""
    left: dict[str, str] = msgspec.json.decode((folder / before.file).read_bytes())
    right: dict[str, str] = msgspec.json.decode((folder / after.file).read_bytes())
    direction = before.definition["direction"]
    renamed = renames(left, right)
    changes: dict[Effect, list[Change]] = {known: [] for known in Effect}
    for path, kind in left.items():
        if path in renamed:
            new = renamed[path]
            changes[Effect.BREAKING].append(Change(STRUCTURE, path, "", f"{path} ({kind})", f"{new} ({right[new]})"))
        elif path not in right:
            changes[Effect.BREAKING].append(Change("removed", path, "", kind, None))
        elif right[path] != kind:
            found = effect(kind, right[path], uses_of(direction, path))
            changes[found].append(Change("changed", path, "", kind, right[path]))
    for path, kind in right.items():
        if path not in left and path not in renamed.values():
            demanded = part(kind).mandatory and "write" in uses_of(direction, path)
            changes[Effect.BREAKING if demanded else Effect.WIDENING].append(Change("added", path, "", None, kind))
    return [*_told(folder, after, changes), *_neutral(after, changes[Effect.NEUTRAL])]


def _told(folder: Path, after: Observation, changes: Mapping[Effect, list[Change]]) -> list[Difference]:
    found = []
    for known, name in ((Effect.BREAKING, "contract"), (Effect.WIDENING, "added-contract")):
        if changes[known]:
            listed = ordered(changes[known])
            file = write_changes(folder, difference_file(after, f"{name}.json"), listed)
            found.append(
                difference(
                    after,
                    DifferenceClass.STRUCTURE,
                    summed(listed),
                    file=file,
                    breaking=known is Effect.BREAKING,
                    causes=causes_of(listed),
                )
            )
    return found


def _neutral(after: Observation, changes: list[Change]) -> list[Difference]:
    if not changes:
        return []
    first = changes[0]
    params = {
        "observation": after.title,
        "count": str(len(changes)),
        "key": first.key,
        "before": str(first.before),
        "after": str(first.after),
    }
    return [
        difference(after, DifferenceClass.TOLERANCE, summed(changes), file="", text=Text(msgid=_NEUTRAL, params=params))
    ]


def renames(left: Mapping[str, str], right: Mapping[str, str]) -> dict[str, str]:
    """Parts that are probably called otherwise now, old name to new.

    Of one object and one type: the only one lost and the only one new, or those whose names are most alike.
    """
    lost, new = _by_place(left, right), _by_place(right, left)
    found: dict[str, str] = {}
    for place, olds in lost.items():
        news = new.get(place, [])
        if len(olds) == len(news) == 1:
            found[olds[0]] = news[0]
            continue
        alike = sorted(
            ((_likeness(old, one), old, one) for old in olds for one in news), key=lambda item: (-item[0], *item[1:])
        )
        for share, old, one in alike:
            if share >= _ALIKE and old not in found and one not in found.values():
                found[old] = one
    return found


def _likeness(old: str, new: str) -> float:
    """How alike two names are, 0 to 1."""
    before, after = (path.rpartition("/")[2].casefold() for path in (old, new))
    return SequenceMatcher(None, before, after, autojunk=False).ratio()


def _by_place(these: Mapping[str, str], others: Mapping[str, str]) -> dict[tuple[str, str], list[str]]:
    """Paths only one side has, by object and description; objects that side alone has are not renamed part by part."""
    found: dict[tuple[str, str], list[str]] = {}
    parents = {path.rpartition("/")[0] for path in others}
    for path, kind in these.items():
        parent = path.rpartition("/")[0]
        if path not in others and _OWNER.match(path) and parent in parents:
            found.setdefault((parent, kind), []).append(path)
    return found
