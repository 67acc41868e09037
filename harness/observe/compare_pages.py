"""Comparing two pages: their lines first, which say in words what changed; then their pictures, when both were drawn in one manner.

A changed line changes the picture too, so then the picture is its evidence; a picture that changed alone (a logo, a width, a colour) is a
difference of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from harness.errors import RecordError
from harness.observe.changes import Change, Summary, difference_file
from harness.observe.documents_found import blind, found_in, masked_wholly
from harness.observe.lines import line_changes
from harness.observe.pictures import compared
from harness.observe.seen_pages import MASKED, SeenPage
from harness.observe.wording import difference
from harness.record.files import sha256, write_atomic
from harness.record.models import Difference, DifferenceClass, Text

if TYPE_CHECKING:
    from pathlib import Path

    from harness.observe.pictures import Seen
    from harness.record.models import Observation

BROWSER_CHANGED = "BROWSER-CHANGED"
"""Code of what is said when pictures of two browsers cannot be compared."""
_ANOTHER_BROWSER = (
    "Страница «{observation}»: картинки не сравнивались — до обновления её рисовал {before}, после — {after}, "
    "и рисуют они по-разному; текст сравнён"
)
_ANOTHER_FONTS = (
    "Страница «{observation}»: картинки не сравнивались — {after} до и после обновления рисует по-разному "
    "(другие шрифты или другая машина); текст сравнён"
)
_LOOKS = "Страница «{observation}» выглядит иначе при том же тексте: другие точки — {points} ({share} %), в прямоугольнике {place}"
_BYTES = "Страница «{observation}» выглядит иначе при том же тексте; чтобы увидеть где, установите Pillow (pip install onec-readiness[pictures])"


def compare_pages(folder: Path, before: Observation, after: Observation) -> list[Difference]:
    """Differences of two pages, one a class; empty when they are the same.

    Raises:
        RecordError: a picture is missing or is not what was observed.
    """
    left, right = (msgspec.json.decode((folder / side.file).read_bytes(), type=SeenPage) for side in (before, after))
    if blind(
        bool(left.lines and right.lines),
        any(line.strip(f"{MASKED} |") for side in (left, right) for line in side.lines),
    ):
        return [masked_wholly(after)]
    found = found_in(folder, after, [], line_changes(left.lines, right.lines))
    if not left.picture or not right.picture:
        return found  # the reason was noted when it was drawn
    return _pictures(folder, (before, after), (left, right), found)


def _pictures(
    folder: Path, sides: tuple[Observation, Observation], pages: tuple[SeenPage, SeenPage], found: list[Difference]
) -> list[Difference]:
    """What the lines came to, with what the pictures add to it."""
    (before, after), (left, right) = sides, pages
    if left.manner != right.manner:
        return [*found, _drawn_otherwise(after, left, right)]
    pictures = _content(folder, before, left), _content(folder, after, right)
    if left.sha256 == right.sha256:
        return found
    seen = compared(*pictures, [])
    if seen is None:
        return found or _by_bytes(folder, after, left, right)
    if seen.box is None:
        return found
    shown = difference_file(after, "png")
    write_atomic(folder / shown, seen.picture)
    whole = found or _looks(folder, after, seen)
    return [msgspec.structs.replace(one, evidence=[shown]) for one in whole[:1]] + whole[1:]


def _content(folder: Path, observation: Observation, page: SeenPage) -> bytes:
    path = folder / page.picture
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RecordError(
            "В протоколе прогона не хватает картинки страницы",
            place=str(path),
            hint="Возьмите исходную копию протокола",
        ) from error
    if sha256(content) != page.sha256:
        raise RecordError(
            f"Картинка страницы «{observation.title}» изменена после записи",
            place=str(path),
            hint="Возьмите исходную копию протокола",
        )
    return content


def _drawn_otherwise(after: Observation, left: SeenPage, right: SeenPage) -> Difference:
    params = {"observation": after.title, "after": right.browser}
    msgid = _ANOTHER_FONTS
    if left.browser != right.browser:
        msgid, params = _ANOTHER_BROWSER, {**params, "before": left.browser}
    told = difference(after, DifferenceClass.TOLERANCE, Summary(), file="", text=Text(msgid=msgid, params=params))
    return msgspec.structs.replace(told, code=BROWSER_CHANGED)


def _looks(folder: Path, after: Observation, seen: Seen) -> list[Difference]:
    (width, height), (wide, high) = seen.sizes
    left, top, right, bottom = seen.box or (0, 0, 0, 0)
    sizes = (f"{width}×{height}", f"{wide}×{high}")
    was, now = sizes if sizes[0] != sizes[1] else ("прежний", "другой")
    change = Change("changed", "вид страницы", "", was, now)
    params = {
        "observation": after.title,
        "points": str(seen.points),
        "share": f"{seen.share * 100:.2f}",
        "place": f"{left},{top} – {right},{bottom}",
    }
    return _told(found_in(folder, after, [], [change]), Text(msgid=_LOOKS, params=params))


def _by_bytes(folder: Path, after: Observation, left: SeenPage, right: SeenPage) -> list[Difference]:
    was, now = (f"картинка sha256 {side.sha256[:12]}" for side in (left, right))
    change = Change("changed", "вид страницы", "", was, now)
    return _told(found_in(folder, after, [], [change]), Text(msgid=_BYTES, params={"observation": after.title}))


def _told(found: list[Difference], text: Text) -> list[Difference]:
    return [msgspec.structs.replace(one, text=text) for one in found]
