"""Small things every part of the view uses."""

from __future__ import annotations

import re
from itertools import accumulate
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from reports.view import words
from reports.view.model import Chip, Link

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.record.models import Decision, DifferenceClass, Fact, Outcome, Severity, Verdict
    from harness.record.reader import Record
    from reports.i18n import Translator

_ACTIVE: Final = frozenset({".htm", ".html", ".xhtml", ".xht", ".svg", ".xml", ".mht", ".mhtml", ".hta", ".js", ".pdf"})
"""Files that a browser would run or render with scripts: they come from the stand, so they are named but not linked."""

_FOLDERS: Final = ("evidence", "before", "after", "differences")


def link(path: str) -> Link:
    """A file of the record by its path inside it; only harmless files inside the record's folders get a link."""
    pure = PurePosixPath(path)
    inside = (
        bool(pure.parts)
        and pure.parts[0] in _FOLDERS
        and ".." not in pure.parts
        and re.search(r"[\\\x00-\x1f]", path) is None
    )
    harmless = pure.suffix.lower() not in _ACTIVE
    return Link(path, quote(str(pure)) if inside and harmless else "", inside)


def links(paths: Sequence[str]) -> tuple[Link, ...]:
    """Files of the record, each once."""
    return tuple(link(path) for path in dict.fromkeys(paths))


def cut(text: str, limit: int) -> str:
    """A text for a place that has an end: whole words, with an ellipsis when there was more."""
    text = re.sub(r"[^\S\N{NO-BREAK SPACE}]+", " ", text).strip()
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    at_word = head if text[limit - 1] == " " else head.rpartition(" ")[0]
    return (at_word if len(at_word) > limit // 2 else head).rstrip(" .,;:—-") + "…"


def some(tr: Translator, names: Sequence[str], room: int, separator: str = ", ") -> str:
    """As many names as fit into `room` characters, at least one, and how many more there are."""
    ends = accumulate(len(name) + len(separator) for name in names)
    fitting = max(1, sum(end <= room for end in ends))
    more = f" {tr('и ещё {count}', count=len(names) - fitting)}" if len(names) > fitting else ""
    return separator.join(names[:fitting]) + more


def verdict(tr: Translator, value: Verdict) -> Chip:
    """A verdict as icon and words."""
    return Chip(words.MARKS[value], tr(words.VERDICTS[value]))


def gate_verdict(value: Verdict) -> Chip:
    """A gate's verdict by its name of the contract, the same in every language."""
    return Chip(words.MARKS[value], value.value)


def severity(tr: Translator, value: Severity) -> Chip:
    """A severity as icon and word."""
    return Chip(value.value, tr(words.SEVERITIES[value]))


def outcome(tr: Translator, value: Outcome | None) -> Chip:
    """An outcome as icon and word; None when the scenario did not run in the phase."""
    if value is None:
        return Chip("none", tr("не запускался"))
    return Chip(value.value, tr(words.OUTCOMES[value]))


def difference(tr: Translator, value: DifferenceClass) -> Chip:
    """A class of difference as icon and word."""
    return Chip(value.value, tr(words.DIFFERENCES[value]))


def area(tr: Translator, name: str) -> str:
    """An area's title; an unknown area by its own name."""
    return tr.lookup(words.AREAS.get(name, name))


def areas(names: Sequence[str]) -> tuple[str, ...]:
    """The house's areas in their order, then others that were met."""
    return (*words.AREAS, *sorted({name for name in names if name not in words.AREAS}))


def find_fact(record: Record, decision: Decision, name: str) -> Fact | None:
    """A fact by name ("release_before"), the decision's first; None when it is not known."""
    known = (*decision.facts, *record.facts.values())
    return next((one for one in known if plain(one.name) == name), None)


def fact(record: Record, decision: Decision, name: str) -> str:
    """Value of a fact; "" when it is not known."""
    found = find_fact(record, decision, name)
    return found.value if found else ""


def plain(name: str) -> str:
    """A fact's name in the one spelling the document looks it up by: "release.before" is "release_before"."""
    return name.replace(".", "_")
