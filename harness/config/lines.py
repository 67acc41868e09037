"""On which line of a TOML text a key stands: `tomllib` does not say, and an error message must."""

from __future__ import annotations

import re

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_DOTTED = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"\s*\[\[?\s*({_DOTTED})\s*\]\]?")
_KEY = re.compile(rf"\s*({_DOTTED})\s*=")
# A value, as far as brackets and the ends of strings go: strings first, so that what is inside of them does not count.
_TOKEN = re.compile(
    r'"""(?:[^\\]|\\.)*?"""|\'\'\'.*?\'\'\'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*|[\[\]{}]|\n', re.DOTALL
)


def lines_of(text: str) -> dict[tuple[str, ...], int]:
    """Line numbers, from 1, of every table and key of a TOML text; of a key met twice the first.

    Keys inside of inline tables are not found: the line of the table's own key stands for them (`line_of`).
    """
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    at = 0
    while at < len(text):
        number = text.count("\n", 0, at) + 1
        header = _HEADER.match(text, at)
        key = None if header else _KEY.match(text, at)
        if header and "\n" not in header.group(0):
            table = _parts(header.group(1))
            found.setdefault(table, number)
        elif key and "\n" not in key.group(0):
            found.setdefault((*table, *_parts(key.group(1))), number)
            at = _end_of_value(text, key.end())
            continue
        end = text.find("\n", at)
        at = len(text) if end < 0 else end + 1
    return found


def line_of(lines: dict[tuple[str, ...], int], key: tuple[str, ...]) -> int:
    """Line of a key, or of the nearest table that holds it; 0 when none is known."""
    for length in range(len(key), 0, -1):
        if key[:length] in lines:
            return lines[key[:length]]
    return 0


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part[1:-1] if part[0] in "\"'" else part for part in re.findall(_PART, dotted))


def _end_of_value(text: str, at: int) -> int:
    """Position after the line on which a value ends."""
    depth = 0
    for token in _TOKEN.finditer(text, at):
        mark = token.group(0)
        if mark in "[{":
            depth += 1
        elif mark in "]}":
            depth -= 1
        elif mark == "\n" and depth <= 0:
            return token.end()
    return len(text)
