"""Texts of the command in Russian or English: the source strings are Russian, `locale/en.po` holds the English ones.

gettext's model without its compiled files: the catalogue is read as text, once, and only when the language is not Russian, so
nothing has to be built after an edit. The documents of a run have their own catalogue (`reports/locale`).
"""

from __future__ import annotations

import ast
import locale
import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES = ("ru", "en")
_VARIABLES = ("READINESS_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
_RUSSIAN_UI = 0x19  # primary language id of Windows


def detect(environ: Mapping[str, str]) -> str:
    """Language of texts for this environment: "ru" or "en".

    The first variable that is set decides; "C" and "POSIX" name no language, and neither does an empty environment: then the
    source language, Russian, stays, as gettext has it. On Windows without variables the language of the system decides.
    """
    for name in _VARIABLES:
        value = environ.get(name, "")
        if value:
            return _language_of(value)
    if sys.platform == "win32":
        import ctypes

        return "ru" if ctypes.windll.kernel32.GetUserDefaultUILanguage() & 0x3FF == _RUSSIAN_UI else "en"
    return _language_of(locale.getlocale()[0] or "")


def _language_of(value: str) -> str:
    name = value.split(".", maxsplit=1)[0].lower()
    return "ru" if name in ("", "c", "posix") or name.startswith("ru") else "en"


_current = detect(os.environ)


def use(language: str) -> None:
    """Chooses the language of this process; another than ours is an error of the caller."""
    global _current  # noqa: PLW0603  # the language of a command is one for the process, as in gettext itself
    if language not in LANGUAGES:
        raise ValueError(language)
    _current = language


def current() -> str:
    """The language in use."""
    return _current


def _(text: str) -> str:
    """Translates a text; what the catalogue does not have stays Russian."""
    return text if _current == "ru" else catalogue(_current).get(text, text)


@cache
def catalogue(language: str) -> dict[str, str]:
    """Russian texts and their translations into a language."""
    path = Path(__file__).parent / "locale" / f"{language}.po"
    return parse_po(path.read_text(encoding="utf-8"))


def parse_po(text: str) -> dict[str, str]:
    """Reads msgid and msgstr pairs of a .po file (the part of the format that this project writes: no plurals, no contexts)."""
    entries: dict[str, str] = {}
    parts = {"msgid": "", "msgstr": ""}
    at = ""
    for line in (*text.splitlines(), 'msgid ""'):
        keyword, _space, rest = line.partition(" ")
        if keyword in parts:
            if keyword == "msgid":
                entries[parts["msgid"]] = parts["msgstr"]
                parts = {"msgid": "", "msgstr": ""}
            at = keyword
        elif line.startswith('"'):
            rest = line
        else:
            continue
        parts[at] += ast.literal_eval(rest)
    entries.pop("", None)
    return {source: target for source, target in entries.items() if target}
