"""What is wrong with an exchange file: a place, a stable code, a sentence in Russian and in English.

Sentences are templates with named places, so that the same problem is told in the language of the reader and two problems can be
compared by code, place and values and not by wording.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness import i18n
from harness.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with a file.

    Attributes:
        line: line number from 1; 0 is the file as a whole.
        code: stable machine name: ENCODING, STRUCTURE, MISSING, VALUE, TOTALS, PERIOD, CHECKSUM, MOJIBAKE, ORDER, UNKNOWN,
            VERSION, DUPLICATE, REFERENCE, SCHEMA.
        text: one Russian sentence.
        path: path of the element in an XML document ("/Body/Документ.ЗаказКлиента[2]/Валюта"), "" in a text file.
        hint: what to do now, in Russian; "" when nothing can be said.
        template: the sentence with places in braces, key of the translation; "" when `text` is all there is.
        values: values of the places; one that is a word of ours ("плательщика") is translated too.
    """

    line: int
    code: str
    text: str
    path: str = ""
    hint: str = ""
    template: str = ""
    values: tuple[tuple[str, str], ...] = ()

    @property
    def reason(self) -> str:
        """The sentence without its place."""
        return self.text

    def __str__(self) -> str:
        where = f"строка {self.line}" if self.line else ""
        place = ", ".join(part for part in (where, self.path) if part)
        return f"{place}: {self.text}" if place else self.text

    def told(self) -> str:
        """The sentence in the language of the process."""
        if not self.template:
            return self.text
        return filled(i18n._(self.template), {name: i18n._(value) for name, value in self.values})

    def advice(self) -> str:
        """The hint in the language of the process."""
        return i18n._(self.hint) if self.hint else ""


class FormatError(DocumentError):
    """A file that cannot be read as its format, told in the language of the reader."""

    def __init__(self, template: str, *, place: str = "", hint: str = "", **values: object) -> None:
        self.template = template
        self.values = _cut(values)
        super().__init__(filled(template, self.values), place=place, hint=hint)

    def told(self) -> str:
        """The message in the language of the process."""
        return filled(i18n._(self.template), self.values)

    def advice(self) -> str:
        """The hint in the language of the process."""
        return i18n._(self.hint) if self.hint else ""


def mark(text: str) -> str:
    """Marks a template for translation, which happens when it is told (gettext's `N_`); imported as `_`."""
    return text


def problem(code: str, template: str, *, line: int = 0, path: str = "", hint: str = "", **values: object) -> Problem:
    """Makes a problem; long values are cut, control signs in them shown as a space."""
    return problem_of(code, template, values, line=line, path=path, hint=hint)


def problem_of(
    code: str, template: str, values: Mapping[str, object], *, line: int = 0, path: str = "", hint: str = ""
) -> Problem:
    """The same with the values as a mapping."""
    cut = _cut(values)
    return Problem(line, code, filled(template, cut), path, hint, template, tuple(cut.items()))


def _cut(values: Mapping[str, object]) -> dict[str, str]:
    shown = {name: " ".join(str(value).split()) for name, value in values.items()}
    return {name: value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…" for name, value in shown.items()}


def filled(template: str, values: dict[str, str]) -> str:
    """Values hold braces of foreign files, so that each place is replaced on the template alone."""
    pieces = template.split("{")
    out = [pieces[0]]
    for piece in pieces[1:]:
        name, closed, rest = piece.partition("}")
        out.append(values.get(name, "{" + name + closed) + rest if closed else "{" + piece)
    return "".join(out)


def appeared(before: Iterable[Problem], after: Iterable[Problem]) -> list[Problem]:
    """Problems of `after` whose code, path pattern and sentence `before` does not have: what an update brought.

    Line numbers and positions in brackets do not count: the same objects may stand elsewhere.
    """
    known = {_identity(item) for item in before}
    found: dict[tuple[str, str, str], Problem] = {}
    for item in after:
        if _identity(item) not in known:
            found.setdefault(_identity(item), item)
    return list(found.values())


def _identity(item: Problem) -> tuple[str, str, str]:
    return item.code, pattern(item.path), item.text


def pattern(path: str) -> str:
    """A path without the positions of its elements."""
    out, inside = [], False
    for sign in path:
        if sign == "[":
            inside = True
        elif sign == "]":
            inside = False
        elif not inside:
            out.append(sign)
    return "".join(out)
