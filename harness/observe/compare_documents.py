"""Comparing two documents: XML and JSON by structure after masks, text by lines, pages also as pictures, anything else by its bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from harness.observe.changes import STRUCTURE, Change, Summary, difference_file
from harness.observe.compare_pages import compare_pages
from harness.observe.documents import text_of, tree
from harness.observe.documents_found import blind, found_in, masked_wholly
from harness.observe.lines import line_changes
from harness.observe.paths import masked
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

_DUPLICATES = (
    "Документ «{observation}»: под одним ключом несколько элементов: было {before}, стало {after}, например {example}; "
    "такие элементы сравнены по порядку"
)
_PICTURE = "Картинка «{observation}» изменилась: другие точки — {points} ({share} %), в прямоугольнике {place}"
_KINDS = {"text": "строка", "number": "число", "boolean": "булево", "object": "вложенный объект", "list": "список"}


def compare_documents(folder: Path, before: Observation, after: Observation) -> list[Difference]:
    """Differences of two documents, one a class; empty when they are the same after masks."""
    media = before.definition["media"]
    if media == "page":
        return compare_pages(folder, before, after)
    left, right = (folder / before.file).read_bytes(), (folder / after.file).read_bytes()
    identity, mask = before.definition["identity"], after.definition["mask"]
    if left == right and not identity and not mask:
        return []  # only members that share an identity, and masks that leave nothing, are told of equal documents
    if media in ("xml", "json"):
        trees = tree(left, media, before.file), tree(right, media, after.file)
        return _trees(folder, after, *side_by_side(*trees, identity, tuple(mask)))
    return _texts(folder, after, left, right) if media == "text" else _binaries(folder, before, after, (left, right))


def _binaries(folder: Path, before: Observation, after: Observation, sides: tuple[bytes, bytes]) -> list[Difference]:
    left, right = sides
    if left == right:
        return []
    if is_picture(left) and is_picture(right) and (seen := compared(left, right, before.definition["mask"])):
        return _picture(folder, after, seen)
    change = Change("changed", "содержимое", "", _bytes(left, before), _bytes(right, after))
    return found_in(folder, after, [], [change])


def _bytes(content: bytes, observation: Observation) -> str:
    return f"{len(content)} байт, sha256 {observation.digest[:12]}"


def _picture(folder: Path, observation: Observation, seen: Seen) -> list[Difference]:
    """What differs in a picture, with a third one that shows it."""
    if seen.box is None:
        return []
    (width, height), (wide, high) = seen.sizes
    change = Change("changed", "картинка", "", f"{width}×{height}", f"{wide}×{high}")
    (found,) = found_in(folder, observation, [], [change])
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
    if blind(bool(before.entries and after.entries), bool(left or right)):
        return [masked_wholly(observation)]
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
    found = found_in(folder, observation, structure, values)
    if before.duplicates or after.duplicates:
        found.append(_duplicated(observation, before.duplicates, after.duplicates))
    return found


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
    if blind(bool(before.strip() and after.strip()), seen):
        return [masked_wholly(observation)]
    return found_in(folder, observation, structure, line_changes(*lines))


def _split(text: str, masks: Sequence[re.Pattern[str]]) -> list[str]:
    for mask in masks:
        text = mask.sub("…", text)
    return text.split("\n")
