"""Reads the YAML of an OpenAPI file: the plain subset it is written in (block and flow maps and lists, plain and quoted scalars, `|` texts)."""

from __future__ import annotations

import re
from typing import Any

_KEY = re.compile(r'(?P<key>"[^"]*"|[^\s:"{\[][^\s:"]*):(?:\s+(?P<rest>.*))?$')


def read_yaml(text: str) -> Any:
    """The document as dicts, lists and scalars."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    value, at = _block(lines, 0, 0)
    if at != len(lines):
        raise ValueError(f"not read from: {lines[at]}")
    return value


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _block(lines: list[str], at: int, indent: int) -> tuple[Any, int]:
    return _list(lines, at, indent) if lines[at].lstrip().startswith("- ") else _map(lines, at, indent)


def _list(lines: list[str], at: int, indent: int) -> tuple[list[Any], int]:
    result: list[Any] = []
    while at < len(lines) and _indent(lines[at]) == indent and lines[at].lstrip().startswith("- "):
        rest = lines[at].lstrip()[2:]
        if _KEY.match(rest) and not rest.startswith("{"):
            lines[at] = " " * (indent + 2) + rest
            value, at = _map(lines, at, indent + 2)
        else:
            value, at = _scalar(rest), at + 1
        result.append(value)
    return result, at


def _map(lines: list[str], at: int, indent: int) -> tuple[dict[str, Any], int]:
    result: dict[str, Any] = {}
    while at < len(lines) and _indent(lines[at]) == indent and not lines[at].lstrip().startswith("- "):
        match = _KEY.match(lines[at].strip())
        if match is None:
            raise ValueError(lines[at])
        key, rest = match["key"].strip('"'), match["rest"]
        at += 1
        if rest == "|":
            end = at
            while end < len(lines) and _indent(lines[end]) > indent:
                end += 1
            result[key], at = "\n".join(line.strip() for line in lines[at:end]), end
        elif rest:
            result[key] = _scalar(rest)
        else:
            result[key], at = _block(lines, at, _indent(lines[at]))
    return result, at


def _scalar(text: str) -> Any:
    value, rest = _flow(text.strip())
    if rest.strip():
        raise ValueError(text)
    return value


def _flow(text: str) -> tuple[Any, str]:
    if text.startswith("{"):
        return _members(text[1:])
    if text.startswith("["):
        return _items(text[1:])
    if text.startswith('"'):
        end = text.index('"', 1)
        return text[1:end], text[end + 1 :]
    match = re.match(r"[^,\]}]*", text) if _nested else re.match(r".*", text)
    raw = match.group() if match else ""
    word = raw.strip()
    known: dict[str, Any] = {"true": True, "false": False}
    return known.get(word, int(word) if word.isdigit() else word), text[len(raw) :]


_nested: list[int] = []
"""Not empty while inside of brackets, where a comma ends a scalar."""


def _members(text: str) -> tuple[dict[str, Any], str]:
    result: dict[str, Any] = {}
    _nested.append(1)
    while not (text := text.lstrip(" ,")).startswith("}"):
        key, _colon, text = text.partition(":")
        result[key.strip().strip('"')], text = _flow(text.lstrip())
    _nested.pop()
    return result, text[1:]


def _items(text: str) -> tuple[list[Any], str]:
    result: list[Any] = []
    _nested.append(1)
    while not (text := text.lstrip(" ,")).startswith("]"):
        value, text = _flow(text)
        result.append(value)
    _nested.pop()
    return result, text[1:]
