"""Typer's own words in Russian: headings of the help and messages about wrong usage.

Typer renders them from constants, without a catalogue, so the finished text is translated, by whole phrases.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness import i18n

if TYPE_CHECKING:
    from collections.abc import Callable


def _limit(found: re.Match[str]) -> str:
    return f"нужно не {'меньше' if found[1] == 'greater' else 'больше'} {found[2]}"


_HELP = (
    (re.compile(r"^Usage: ", re.MULTILINE), "Использование: "),
    (re.compile(r"^Options:$", re.MULTILINE), "Параметры:"),
    (re.compile(r"^Arguments:$", re.MULTILINE), "Аргументы:"),
    (re.compile(r"^Commands:$", re.MULTILINE), "Команды:"),
    (re.compile(r"Show this message and exit\."), "Показать эту справку."),
    (re.compile(r"\[required\]"), "[обязательно]"),
    (re.compile(r"\[default:(?=\s)"), "[по умолчанию:"),
    (re.compile(r"\{(RECORD|FILE|BEFORE|AFTER)\}"), r"\1"),
    (re.compile(r"\[OPTIONS\]"), "[ПАРАМЕТРЫ]"),
    (re.compile(r"COMMAND \[ARGS\]\.\.\."), "КОМАНДА …"),
)
_USAGE: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"No such option: (\S+?)\.?( |$)"), r"нет параметра \1 "),
    (re.compile(r"No such command '([^']+)'\."), r"нет команды «\1»."),
    (re.compile(r"Missing option '([^']+)'.*?\."), r"не указан параметр \1."),
    (re.compile(r"Missing argument '([^']+)'.*?\."), r"не указан аргумент \1."),
    (re.compile(r"Missing command\."), "не указана команда."),
    (re.compile(r"Option '([^']+)' requires an argument\."), r"у параметра \1 нет значения."),
    (re.compile(r"Got unexpected extra argument(?:s|\(s\))? \(([^)]+)\)"), r"лишние слова: \1"),
    (re.compile(r"Invalid value for '?([^':]+)'?: (?:Value error, )?"), r"неверное значение \1: "),
    (re.compile(r"Input should be a valid (?:integer|number).*"), r"нужно число."),
    (re.compile(r"Input should be (greater|less) than or equal to (\S+)"), _limit),
    (re.compile(r"'([^']*)' is not one of (.+)\."), r"«\1»; возможны: \2."),
    (re.compile(r"Did you mean '?(.+?)'?\?"), r"Может быть, «\1»?"),
)


def help_text(text: str) -> str:
    """Help in the language of the command."""
    return _translated(text, _HELP)


def usage_text(text: str) -> str:
    """A message about wrong usage in the language of the command."""
    return _translated(text, _USAGE).strip()


def _translated(text: str, table: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]) -> str:
    if i18n.current() == "ru":
        for pattern, russian in table:
            text = pattern.sub(russian, text)
    return text
