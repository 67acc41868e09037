"""Comparing two documents: XML and JSON by structure after masks, text by lines, anything else by its bytes."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

import msgspec

from harness.observe.causes import causes_of
from harness.observe.changes import STRUCTURE, Change, Summary, difference_file, ordered, summed, write_changes
from harness.observe.documents import text_of, tree
from harness.observe.paths import masked
from harness.observe.people import ABSENT
from harness.observe.pictures import compared, is_picture
from harness.observe.trees import Entry, Flat, side_by_side
from harness.observe.wording import difference
from harness.record.files import write_atomic
from harness.record.models import Difference, DifferenceClass, Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.observe.pictures import Seen
    from harness.record.models import Observation

_ALIGNED_LINES = 4_000
"""Lines that are aligned by difflib, whose time grows as their square; longer rests are compared as sets of lines."""
_DUPLICATES = (
    "Документ «{observation}»: под одним ключом несколько элементов: было {before}, стало {after}, например {example}; "
    "такие элементы сравнены по порядку"
)
_PICTURE = "Картинка «{observation}» изменилась: другие точки — {points} ({share} %), в прямоугольнике {place}"
_KINDS = {"text": "строка", "number": "число", "boolean": "булево", "object": "вложенный объект", "list": "список"}


def compare_documents(folder: Path, before: Observation, after: Observation) -> list[Difference]:
    """Differences of two documents, one a class; empty when they are the same after masks."""
    media = before.definition["media"]
    left, right = (folder / before.file).read_bytes(), (folder / after.file).read_bytes()
    if media in ("xml", "json"):
        identity = before.definition["identity"]
        trees = tree(left, media, before.file), tree(right, media, after.file)
        return _trees(folder, after, *side_by_side(*trees, identity, tuple(after.definition["mask"])))
    if media == "text":
        return _texts(folder, after, left, right)
    if left == right:
        return []
    if is_picture(left) and is_picture(right) and (seen := compared(left, right, before.definition["mask"])):
        return _picture(folder, after, seen)
    change = Change("changed", "содержимое", "", _bytes(left, before), _bytes(right, after))
    return _found(folder, after, [], [change])


def _bytes(content: bytes, observation: Observation) -> str:
    return f"{len(content)} байт, sha256 {observation.digest[:12]}"


def _picture(folder: Path, observation: Observation, seen: Seen) -> list[Difference]:
    """What differs in a picture, with a third one that shows it."""
    if seen.box is None:
        return []
    (width, height), (wide, high) = seen.sizes
    change = Change("changed", "картинка", "", f"{width}×{height}", f"{wide}×{high}")
    (found,) = _found(folder, observation, [], [change])
    shown = difference_file(observation, "png")
    write_atomic(folder / shown, seen.picture)
    left, top, right, bottom = seen.box
    params = {
        "observation": observation.title,
        "points": str(seen.points),
        "share": f"{seen.share * 100:.2f}",
        "place": f"{left},{top} – {right},{bottom}",
    }
    return [msgspec.structs.replace(found, text=Text(msgid=_PICTURE, params=params), evidence=[shown])]


def _trees(folder: Path, observation: Observation, before: Flat, after: Flat) -> list[Difference]:
    mask = tuple(observation.definition["mask"])
    left, right = _kept(before, mask), _kept(after, mask)
    if _blind(bool(before.entries and after.entries), bool(left or right)):
        return [_masked(observation)]
    shapes = {entry.shape for entry in left.values()}, {entry.shape for entry in right.values()}
    lost, new = shapes[0] - shapes[1], shapes[1] - shapes[0]
    structure = [Change(STRUCTURE, shape, "", "есть", None) for shape in sorted(lost)]
    structure += [Change(STRUCTURE, shape, "", None, "есть") for shape in sorted(new)]
    values = []
    for path, entry in left.items():
        twin = right.get(path)
        if twin is None:
            if entry.shape not in lost:
                values.append(Change("removed", path, "", entry.value, None))
        elif _kind_changed(entry, twin):
            structure.append(Change(STRUCTURE, path, "", _typed(entry), _typed(twin)))
        elif entry.value != twin.value or entry.kind != twin.kind:
            values.append(Change("changed", path, "", entry.value, twin.value))
    values += [
        Change("added", path, "", None, entry.value)
        for path, entry in right.items()
        if path not in left and entry.shape not in new
    ]
    found = _found(folder, observation, structure, values)
    if before.duplicates or after.duplicates:
        found.append(_duplicated(observation, before.duplicates, after.duplicates))
    return found


def _blind(full: bool, seen: bool) -> bool:
    """Whether there was something to compare, and the masks left nothing of it."""
    return full and not seen


def _masked(observation: Observation) -> Difference:
    text = Text(
        msgid="Документ «{observation}»: маски закрыли его целиком, сравнивать нечего",
        params={"observation": observation.title},
    )
    return difference(observation, DifferenceClass.NO_TWIN, Summary(), file="", text=text)


def _kept(flat: Flat, mask: tuple[str, ...]) -> dict[str, Entry]:
    return {entry.path: entry for entry in flat.entries if not masked(mask, entry.shape)}


def _kind_changed(before: Entry, after: Entry) -> bool:
    """Another JSON type; null is a value of every type."""
    return before.kind != after.kind and before.kind in _KINDS and after.kind in _KINDS


def _typed(entry: Entry) -> str:
    return f"{_KINDS[entry.kind]} {entry.value}"


def _duplicated(observation: Observation, before: Sequence[str], after: Sequence[str]) -> Difference:
    params = {
        "observation": observation.title,
        "before": str(len(before)),
        "after": str(len(after)),
        "example": (*after, *before)[0],
    }
    summary = Summary(added=len(after), removed=len(before))
    text = Text(msgid=_DUPLICATES, params=params)
    return difference(observation, DifferenceClass.DUPLICATE_KEY, summary, file="", text=text)


def _texts(folder: Path, observation: Observation, left: bytes, right: bytes) -> list[Difference]:
    (before, was), (after, now) = text_of(left), text_of(right)
    structure = [] if was == now else [Change(STRUCTURE, "кодировка", "", was, now)]
    masks = [re.compile(pattern) for pattern in observation.definition["mask"]]
    lines = _split(before, masks), _split(after, masks)
    seen = any(line.strip("… \r") for side in lines for line in side)
    if _blind(bool(before.strip() and after.strip()), seen):
        return [_masked(observation)]
    return _found(folder, observation, structure, _lines(*lines))


def _split(text: str, masks: Sequence[re.Pattern[str]]) -> list[str]:
    for mask in masks:
        text = mask.sub("…", text)
    return text.split("\n")


def _lines(before: list[str], after: list[str]) -> list[Change]:
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


def _as_sets(left: list[str], right: list[str]) -> list[Change]:
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


def _found(folder: Path, observation: Observation, structure: list[Change], values: list[Change]) -> list[Difference]:
    found = []
    breaking = [change for change in structure if change.before is not None]
    widening = [change for change in structure if change.before is None]
    for changes, breaks, name in ((breaking, True, "structure"), (widening, False, "added-structure")):
        if changes:
            shown = [Change(STRUCTURE, c.key, "", c.before or ABSENT, c.after or ABSENT) for c in changes]
            file = write_changes(folder, difference_file(observation, f"{name}.json"), shown)
            found.append(
                difference(
                    observation,
                    DifferenceClass.STRUCTURE,
                    summed(shown),
                    file=file,
                    breaking=breaks,
                    causes=causes_of(shown),
                )
            )
    if values:
        file = write_changes(folder, difference_file(observation, "values.json"), ordered(values))
        summary, causes = summed(ordered(values)), causes_of(values)
        found.append(difference(observation, DifferenceClass.UNEXPLAINED, summary, file=file, causes=causes))
    return found
