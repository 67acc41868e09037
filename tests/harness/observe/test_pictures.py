"""Pictures: the points that differ, where they lie, a third picture that shows it."""

from __future__ import annotations

import io
import struct
import sys
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from harness.observe.pictures import compared, rectangles
from harness.record.models import Difference, DifferenceClass
from tests.harness.observe.pair import Pair

if TYPE_CHECKING:
    from pathlib import Path

Image = pytest.importorskip("PIL.Image", reason="Pillow (extra `pictures`) is not installed")


def png(size: tuple[int, int] = (40, 30), dot: tuple[int, int] | None = None, compress: int = 6) -> bytes:
    picture = Image.new("RGB", size, "white")
    if dot:
        picture.paste((0, 0, 0), (*dot, dot[0] + 2, dot[1] + 3))
    output = io.BytesIO()
    picture.save(output, "PNG", compress_level=compress)
    return output.getvalue()


def pictures(folder: Path, before: bytes, after: bytes, **how: Any) -> tuple[list[Difference], Path]:
    found = Pair(folder).both(
        lambda observe: observe.document("p", before, media="binary", **how),
        lambda observe: observe.document("p", after, media="binary", **how),
    )
    return found, folder


def test_a_changed_place_is_told_and_shown(folder: Path) -> None:
    (found,), record = pictures(folder, png(), png(dot=(10, 20)))

    assert "другие точки — 6 (0.50 %), в прямоугольнике 10,20 – 12,23" in str(found.text)
    with Image.open(record / found.evidence[0]) as shown:
        assert shown.size == (40 * 3 + 16, 30)
        assert shown.getpixel((2 * 48 + 10, 20)) == (220, 0, 0)


@pytest.mark.parametrize(
    ("size", "dot", "shown"),
    [
        ((1000, 1400), (500, 700), (360 * 3 + 16, 160)),  # a small place, with what is around it
        ((1000, 1400), (0, 0), (360 * 3 + 16, 160)),  # in a corner
        ((1000, 100), (990, 90), (360 * 3 + 16, 100)),
    ],
)
def test_of_a_large_picture_the_place_that_differs_is_shown(
    size: tuple[int, int], dot: tuple[int, int], shown: tuple[int, int]
) -> None:
    seen = compared(png(size), png(size, dot=dot), [])

    assert seen is not None
    with Image.open(io.BytesIO(seen.picture)) as picture:
        assert picture.size == shown
        assert (220, 0, 0) in {color for _, color in picture.getcolors(1 << 20)}


def test_a_wide_place_is_shown_one_above_another_and_a_tall_one_is_cut() -> None:
    def other(box: tuple[int, int, int, int]) -> bytes:
        picture = Image.new("RGB", (1000, 5000), "white")
        picture.paste((0, 0, 0), box)
        output = io.BytesIO()
        picture.save(output, "PNG")
        return output.getvalue()

    sizes = []
    for box in ((20, 2000, 980, 2060), (100, 100, 900, 4900)):
        seen = compared(other((0, 0, 0, 0)), other(box), [])
        assert seen is not None
        with Image.open(io.BytesIO(seen.picture)) as picture:
            sizes.append(picture.size)

    assert sizes == [(1000, 180 * 3 + 16), (920 * 3 + 16, 1400)]


def test_the_same_picture_packed_otherwise_is_the_same(folder: Path) -> None:
    (found,), _ = pictures(folder, png(compress=1), png(compress=9))

    assert found.cls is DifferenceClass.IDENTICAL


def test_a_mask_hides_its_rectangle_and_nothing_else(folder: Path) -> None:
    (found,), _ = pictures(folder, png(), png(dot=(10, 20)), mask=["10,20,1,3"])

    assert "другие точки — 3 " in str(found.text)


def test_another_size_is_a_difference(folder: Path) -> None:
    (found,), _ = pictures(folder, png(), png((40, 31)))

    assert [(one.before, one.after) for one in found.examples] == [("40×30", "40×31")]


def test_a_bad_mask_is_refused() -> None:
    with pytest.raises(ValueError, match="слева,сверху"):
        rectangles(["/Путь"])


def test_a_monstrous_picture_is_not_decoded() -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(header)) + chunk + struct.pack(">I", zlib.crc32(chunk))

    assert compared(bomb, png(), []) is None
    assert compared(b"\x89PNG\r\n\x1a\nbroken", png(), []) is None


def test_without_pillow_bytes_are_compared(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sides = png(), png(dot=(1, 1))
    monkeypatch.setitem(sys.modules, "PIL", None)

    (found,), _ = pictures(folder, *sides)

    assert "sha256" in str(found.text)
