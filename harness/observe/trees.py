"""Two documents as trees, walked side by side into leaves with paths, so that members of lists meet their twins.

Members of a list meet by their declared identity; without one, by content: the longest run of equal members stays in place, what is between
is paired by likeness. So one inserted member is one difference, not a shift of all that follow. A path numbers members as the document
before has them; a member only the document after has is "[+3]".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from harness.observe.paths import masked, matches

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_ALIGNED = 2_000
"""Members that are aligned by content; the time grows as their square, longer rests are paired by position."""
_LIKENED = 60
"""Members between equal ones that are paired by likeness."""
_ALIKE = 0.5
"""Share of equal leaves from which on two members are taken for one that changed."""


@dataclass(slots=True)
class Node:
    """One element, object, list or leaf.

    Attributes:
        value: text of a leaf (of an element beside its children too); None where there is none.
        kind: for JSON: text, number, boolean, null, object, list; "" for XML.
        attributes: of an element.
        children: name and node; members of a JSON list have the name "".
    """

    value: str | None
    kind: str = ""
    attributes: list[tuple[str, str]] = field(default_factory=list)
    children: list[tuple[str, Node]] = field(default_factory=list)

    def child(self, step: str) -> Node | None:
        """The first child of a name."""
        return next((node for name, node in self.children if name == step), None)


@dataclass(frozen=True, slots=True)
class Entry:
    """One leaf of a document.

    Attributes:
        path: where it is, with what tells list members apart.
        shape: where it is, without.
        value: what is there, as text.
        kind: for JSON: text, number, boolean, null, empty object, empty list; "" for XML.
    """

    path: str
    shape: str
    value: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Flat:
    """A document's leaves in order, and paths of list members that share one identity."""

    entries: tuple[Entry, ...]
    duplicates: tuple[str, ...]


@dataclass(slots=True)
class _Side:
    entries: list[Entry] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)


def side_by_side(
    before: tuple[str, Node], after: tuple[str, Node], identity: Mapping[str, str], mask: tuple[str, ...] = ()
) -> tuple[Flat, Flat]:
    """Leaves of two documents whose equal members have equal paths.

    Args:
        before: path of the root, and the root.
        after: the same of the other document.
        identity: pattern of a list's path to the key of its members.
        mask: paths that do not count when members are likened.
    """
    walk = _Walk(identity, mask)
    if before[0] == after[0]:
        walk.both(before[1], after[1], before[0], before[0])
    else:
        walk.both(before[1], None, before[0], before[0])
        walk.both(None, after[1], after[0], after[0])
    left, right = (Flat(tuple(side.entries), tuple(side.duplicates)) for side in walk.sides)
    return left, right


class _Walk:
    def __init__(self, identity: Mapping[str, str], mask: tuple[str, ...]) -> None:
        self._identity = identity
        self._mask = mask
        self.sides = (_Side(), _Side())

    def both(self, left: Node | None, right: Node | None, path: str, shape: str) -> None:
        """Walks one pair of nodes; a missing side has nothing below."""
        for side, node in zip(self.sides, (left, right), strict=True):
            if node is not None:
                side.entries += [Entry(f"{path}/@{name}", f"{shape}/@{name}", value) for name, value in node.attributes]
                if node.value is not None:
                    side.entries.append(Entry(path or "/", shape or "/", node.value, node.kind))
        groups: dict[str, tuple[list[Node], list[Node]]] = {}
        for number, node in enumerate((left, right)):
            for name, child in node.children if node is not None else ():
                groups.setdefault(name, ([], []))[number].append(child)
        for name, (ours, theirs) in groups.items():
            step = f"/{name}" if name else ""
            base, inner = f"{path}{step}", f"{shape}{step}"
            for label, one, other in self._paired(base or "/", inner or "/", ours, theirs):
                # A list within a list: the first member needs its number too, nothing else tells their members apart.
                lists = any(not step for node in (one, other) if node is not None for step, _ in node.children)
                told = f"{label}[1]" if lists and not name and label == (base or "/") else label
                self.both(one, other, told, inner)

    def _paired(
        self, base: str, shape: str, left: Sequence[Node], right: Sequence[Node]
    ) -> Iterator[tuple[str, Node | None, Node | None]]:
        key = next((key for pattern, key in self._identity.items() if matches(pattern, shape)), "")
        if key:
            sides = [
                self._labelled(base, key, nodes, side) for nodes, side in zip((left, right), self.sides, strict=True)
            ]
            for label in dict.fromkeys([*sides[0], *sides[1]]):
                yield label, sides[0].get(label), sides[1].get(label)
            return
        for first, second in self._aligned(shape, left, right):
            one = left[first] if first is not None else None
            other = right[second] if second is not None else None
            yield _numbered(base, first, second, len(left)), one, other

    def _labelled(self, base: str, key: str, nodes: Sequence[Node], side: _Side) -> dict[str, Node]:
        """Members by identity; those without by position, those that share one by their turn."""
        found: dict[str, Node] = {}
        seen: dict[str, int] = {}
        for number, node in enumerate(nodes):
            value = identity_of(node, key)
            if value is None:
                found[_numbered(base, number, None, 0)] = node
                continue
            path = f"{base}[{key}={value.replace('/', '⁄')}]"
            seen[path] = seen.get(path, 0) + 1
            if seen[path] == 2:
                side.duplicates.append(path)
            found[path if seen[path] == 1 else f"{path}#{seen[path]}"] = node
        return found

    def _aligned(
        self, shape: str, left: Sequence[Node], right: Sequence[Node]
    ) -> Iterator[tuple[int | None, int | None]]:
        """Pairs of positions; None for a member the other side has not."""
        if len(left) <= 1 and len(right) <= 1:
            if left or right:
                yield (0 if left else None), (0 if right else None)
            return
        digests = [[self._digest(node, shape) for node in nodes] for nodes in (left, right)]
        start, end = _common(*digests)
        yield from ((number, number) for number in range(start))
        middle = [side[start : len(side) - end] for side in digests]
        if max(map(len, middle)) > _ALIGNED:
            pairs = _by_position(len(middle[0]), len(middle[1]))
        else:
            pairs = self._by_content(middle[0], middle[1])
        for first, second in pairs:
            yield (None if first is None else first + start), (None if second is None else second + start)
        yield from ((len(left) - end + number, len(right) - end + number) for number in range(end))

    def _by_content(
        self, left: Sequence[frozenset[tuple[str, str]]], right: Sequence[frozenset[tuple[str, str]]]
    ) -> Iterator[tuple[int | None, int | None]]:
        for tag, b1, b2, a1, a2 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
            if tag == "equal":
                yield from zip(range(b1, b2), range(a1, a2), strict=True)
            elif max(b2 - b1, a2 - a1) > _LIKENED:
                yield from ((_add(first, b1), _add(second, a1)) for first, second in _by_position(b2 - b1, a2 - a1))
            else:
                found = _likest(left[b1:b2], right[a1:a2])
                yield from ((_add(first, b1), _add(second, a1)) for first, second in found)

    def _digest(self, node: Node, shape: str) -> frozenset[tuple[str, str]]:
        """What a member is made of: its leaves with their places, in order, without what is masked."""
        return frozenset(_leaves(node, shape, "", self._mask))


def _leaves(node: Node, shape: str, path: str, mask: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if mask and masked(mask, shape):
        return
    for name, value in node.attributes:
        if not (mask and masked(mask, f"{shape}/@{name}")):
            yield f"{path}/@{name}", value
    if node.value is not None:
        yield path, f"{node.kind}:{node.value}"
    for number, (name, child) in enumerate(node.children):
        yield from _leaves(child, f"{shape}/{name}" if name else shape, f"{path}/{name}{number}", mask)


def _common(left: Sequence[object], right: Sequence[object]) -> tuple[int, int]:
    """How many members at the beginning, and how many at the end, are equal."""
    shortest = min(len(left), len(right))
    start = next((number for number in range(shortest) if left[number] != right[number]), shortest)
    rest = shortest - start
    end = next((number for number in range(rest) if left[-1 - number] != right[-1 - number]), rest)
    return start, end


def _by_position(left: int, right: int) -> Iterator[tuple[int | None, int | None]]:
    for number in range(max(left, right)):
        yield (number if number < left else None), (number if number < right else None)


def _likest(
    left: Sequence[frozenset[tuple[str, str]]], right: Sequence[frozenset[tuple[str, str]]]
) -> list[tuple[int | None, int | None]]:
    """The pairing, in order, that keeps most leaves equal; as many members on both sides are simply paired when nothing is alike."""
    rows, columns = len(left), len(right)
    if rows == columns:
        return list(_by_position(rows, columns))
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for first in range(rows - 1, -1, -1):
        for second in range(columns - 1, -1, -1):
            paired = best[first + 1][second + 1] + _likeness(left[first], right[second])
            best[first][second] = max(paired, best[first + 1][second], best[first][second + 1])
    found: list[tuple[int | None, int | None]] = []
    first = second = 0
    while first < rows and second < columns:
        alike = _likeness(left[first], right[second])
        if alike and best[first][second] == best[first + 1][second + 1] + alike:
            found.append((first, second))
            first, second = first + 1, second + 1
        elif best[first][second] == best[first + 1][second]:
            found.append((first, None))
            first += 1
        else:
            found.append((None, second))
            second += 1
    found += [(number, None) for number in range(first, rows)]
    return found + [(None, number) for number in range(second, columns)]


def _likeness(left: frozenset[tuple[str, str]], right: frozenset[tuple[str, str]]) -> float:
    """Share of equal leaves, 0 when too small to mean anything; simple values are never alike."""
    share = len(left & right) / max(len(left), len(right), 1)
    return share if share >= _ALIKE else 0.0


def _add(number: int | None, start: int) -> int | None:
    return None if number is None else number + start


def _numbered(base: str, first: int | None, second: int | None, before: int) -> str:
    """Path of a list member: by its number before (the first has none), or after where it is new."""
    if first is not None:
        return base if first == 0 else f"{base}[{first + 1}]"
    return base if not before and second == 0 else f"{base}[+{(second or 0) + 1}]"


def identity_of(node: Node, key: str) -> str | None:
    """Value of "Номер", "@id" or "Товар/Код" below a member; None when it has none."""
    here: Node | None = node
    for step in key.split("/"):
        if here is None:
            return None
        if step.startswith("@"):
            return next((value for name, value in here.attributes if name == step[1:]), None)
        here = here.child(step)
    if here is None or here.kind in ("object", "list"):
        return None
    return here.value if here.value is not None else None if here.children else ""
