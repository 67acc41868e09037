"""The sheet keeps its promises: contrast in light, dark and print."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import reports

SHEET = (Path(reports.__file__).parent / "templates" / "style.css").read_text(encoding="utf-8")
LEAST = 4.5


def palettes() -> dict[str, dict[str, str]]:
    light = variables(SHEET.partition("* {")[0])
    dark = variables(SHEET.partition("@media (prefers-color-scheme: dark)")[2].partition("@media print")[0])
    print_ = variables(SHEET.partition("@media print")[2])
    return {"light": light, "dark": light | dark, "print": light | print_}


def variables(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", css))


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_text_can_be_read(scheme: str) -> None:
    colours = palettes()[scheme]
    tones = ("good", "warn", "bad", "unknown", "neutral")
    pairs = [(text, ground) for text in ("ink", "muted", "link") for ground in ("paper", "soft")]
    pairs += (
        [(tone, "paper") for tone in tones]
        + [("ink", f"{tone}-soft") for tone in tones]
        + [("muted", f"{tone}-soft") for tone in tones]
    )
    weak = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in pairs}
    assert not {pair: value for pair, value in weak.items() if value < LEAST}


@pytest.mark.parametrize(("scheme", "text"), [("light", "#ffffff"), ("print", "#ffffff"), ("dark", "#10151c")])
def test_verdict_can_be_read_on_its_band(scheme: str, text: str) -> None:
    colours = palettes()[scheme]
    assert not [tone for tone in ("good", "warn", "bad", "unknown") if contrast(colours[tone], text) < LEAST]
