"""Two pictures of a page, a form or a report: which points differ, and a third picture that shows it.

Decoding needs Pillow (extra `pictures`); without it pictures are compared by their bytes, and the difference says so.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_POINTS = 50_000_000
"""Points of a picture that is decoded: what is larger may be made to fill the memory."""
_RECTANGLE = re.compile(r"(\d+),(\d+),(\d+),(\d+)")
_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_VISIBLE = 8
"""Steps of 256 in one colour below which nobody sees a difference: fonts are smoothed anew with every drawing."""
_GAP = 8
_BETWEEN = (168, 168, 168)
"""What parts of white paper are told apart by."""
_SMALL = 480
"""Points of a picture that is shown whole; of a larger one the place that differs is, or nobody could read it."""
_MARGIN = 60
_LEAST = (360, 160)
_TALLEST = 1_400
"""Points of what is shown of a large difference: an inserted row moves everything below it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What differs.

    Attributes:
        sizes: width and height of both, points.
        points: points that differ; those only one picture has count too.
        share: their share of the larger picture.
        box: left, top, right, bottom of where they lie; None when nothing differs.
        picture: PNG: before, after, and what differs in red, side by side, of a wide place one above another; of a large picture only
            the place that differs and what is around it.
    """

    sizes: tuple[tuple[int, int], tuple[int, int]]
    points: int
    share: float
    box: tuple[int, int, int, int] | None
    picture: bytes


def is_picture(content: bytes) -> bool:
    """Whether bytes begin as a PNG or JPEG does."""
    return content.startswith(_SIGNATURES)


def rectangles(mask: Sequence[str]) -> list[tuple[int, int, int, int]]:
    """Masks of a picture: "left,top,width,height" in points.

    Raises:
        ValueError: another form.
    """
    found = []
    for text in mask:
        match = _RECTANGLE.fullmatch(text.replace(" ", ""))
        if match is None:
            raise ValueError(f"Маска картинки — «слева,сверху,ширина,высота» в точках, а не «{text}»")
        left, top, width, height = map(int, match.groups())
        found.append((left, top, left + width, top + height))
    return found


def compared(before: bytes, after: bytes, mask: Sequence[str]) -> Seen | None:
    """What differs between two pictures; None when they cannot be decoded here."""
    pictures = [_decoded(content) for content in (before, after)]
    if pictures[0] is None or pictures[1] is None:
        return None
    from PIL import Image, ImageChops, ImageDraw

    sizes = pictures[0].size, pictures[1].size
    whole = max(sizes[0][0], sizes[1][0]), max(sizes[0][1], sizes[1][1])
    left, right = (_on(picture, whole) for picture in pictures)
    for picture in (left, right):
        draw = ImageDraw.Draw(picture)
        for hidden in rectangles(mask):
            draw.rectangle((hidden[0], hidden[1], hidden[2] - 1, hidden[3] - 1), fill=(0, 0, 0, 255))
    bands = ImageChops.difference(left, right).split()
    brightest = bands[0]
    for band in bands[1:]:
        brightest = ImageChops.lighter(brightest, band)
    marks = brightest.point([0 if value < _VISIBLE else 255 for value in range(256)])
    points = marks.histogram()[255]
    # Where one picture has no points at all there is grey, not a black that looks like ink.
    ground = Image.new("RGBA", whole, (228, 228, 228, 255))
    sides = [Image.alpha_composite(ground, picture).convert("RGB") for picture in (left, right)]
    pale = Image.blend(sides[1].convert("L").convert("RGB"), Image.new("RGB", whole, "white"), 0.7)
    pale.paste((220, 0, 0), mask=marks)
    box = marks.getbbox()
    shown = _beside((*sides, pale), _place(box, whole))
    return Seen(sizes, points, points / max(whole[0] * whole[1], 1), box, shown)


def _place(box: tuple[int, int, int, int] | None, whole: tuple[int, int]) -> tuple[int, int, int, int]:
    """What of a picture is shown."""
    if box is None or max(whole) <= _SMALL:
        return (0, 0, *whole)
    found = []
    for start, end, size, least in zip(box[:2], box[2:], whole, _LEAST, strict=True):
        first, last = max(0, start - _MARGIN), min(size, end + _MARGIN)
        lacking = max(0, least - (last - first))
        first = max(0, min(first - lacking // 2, size - least))
        found.append((first, min(size, max(last, first + least))))
    (left, right), (top, bottom) = found
    return left, top, right, min(bottom, top + _TALLEST)


def _beside(parts: Sequence[Any], place: tuple[int, int, int, int]) -> bytes:
    from PIL import Image

    width, height = place[2] - place[0], place[3] - place[1]
    stacked = width > _SMALL and width > height
    step = (0, height + _GAP) if stacked else (width + _GAP, 0)
    ground = Image.new("RGB", (width + step[0] * 2, height + step[1] * 2), _BETWEEN)
    for number, part in enumerate(parts):
        ground.paste(part.crop(place), (step[0] * number, step[1] * number))
    output = io.BytesIO()
    ground.save(output, "PNG", optimize=True)
    return output.getvalue()


def _decoded(content: bytes) -> Any:
    """A picture; None without Pillow, and for what is no picture, a damaged or a monstrous one."""
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        return None
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as picture:
            if picture.width * picture.height > _MOST_POINTS:
                return None
            return picture.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None


def _on(picture: Any, size: tuple[int, int]) -> Any:
    """A picture on a transparent ground of a size both fit on."""
    from PIL import Image

    ground = Image.new("RGBA", size, (0, 0, 0, 0))
    ground.paste(picture, (0, 0))
    return ground
