"""Lines of two texts, aligned: what changed, with the number of the line in the file it lies in."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from harness.observe.changes import Change

if TYPE_CHECKING:
    from collections.abc import Sequence

_ALIGNED_LINES = 4_000
"""Lines that are aligned by difflib, whose time grows as their square; longer rests are compared as sets of lines."""


def line_changes(before: Sequence[str], after: Sequence[str]) -> list[Change]:
    """Changed, removed and added lines; numbers are those of the file a line lies in."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    left, right = before[start : len(before) - end], after[start : len(after) - end]
    if max(len(left), len(right)) > _ALIGNED_LINES:
        return _as_sets(left, right)
    changes = []
    for tag, b1, b2, a1, a2 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        pairs = min(b2 - b1, a2 - a1)
        changes += [Change("changed", _line(start + a1 + i), "", left[b1 + i], right[a1 + i]) for i in range(pairs)]
        changes += [Change("removed", _line(start + i), "", left[i], None) for i in range(b1 + pairs, b2)]
        changes += [Change("added", _line(start + i), "", None, right[i]) for i in range(a1 + pairs, a2)]
    return changes


def _as_sets(left: Sequence[str], right: Sequence[str]) -> list[Change]:
    counts: dict[str, int] = {}
    for line in right:
        counts[line] = counts.get(line, 0) + 1
    for line in left:
        counts[line] = counts.get(line, 0) - 1
    changes = []
    for line, count in counts.items():
        change = Change("added", "строка", "", None, line) if count > 0 else Change("removed", "строка", "", line, None)
        changes += [change] * abs(count)
    # Equal sets of lines in another order are still another file.
    return changes or [Change("changed", "порядок строк", "", "прежний", "другой")]


def _line(index: int) -> str:
    return f"строка {index + 1}"
