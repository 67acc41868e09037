"""The readiness document as one HTML file that asks nothing of anybody.

No network, no scripts, no inline styles: the policy in its head allows the one style sheet, by its hash, and nothing else. Every
text of the record passes through jinja's autoescaping; a record is data from untrusted systems (design 4.8).
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports.view import View, build

if TYPE_CHECKING:
    from harness.record import Record
    from reports.i18n import Translator

TEMPLATES: Final = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Look:
    """Shape of an icon and tone of its colour."""

    shape: str
    tone: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the table of contents."""

    anchor: str
    title: str
    count: int = 0


LOOKS: Final[dict[str, Look]] = {
    "go": Look("go", "good"),
    "conditions": Look("conditions", "warn"),
    "incomplete": Look("incomplete", "unknown"),
    "no-go": Look("no-go", "bad"),
    "blocker": Look("no-go", "bad"),
    "warning": Look("conditions", "warn"),
    "info": Look("info", "neutral"),
    "passed": Look("go", "good"),
    "failed": Look("cross", "bad"),
    "trouble": Look("bolt", "unknown"),
    "not-checked": Look("incomplete", "unknown"),
    "not-applicable": Look("dash", "neutral"),
    "none": Look("dash", "unknown"),
    "unexplained": Look("no-go", "bad"),
    "structure": Look("shape", "warn"),
    "duplicate-key": Look("no-go", "bad"),
    "no-twin": Look("incomplete", "unknown"),
    "expected": Look("agreed", "good"),
    "within-tolerance": Look("agreed", "neutral"),
    "same": Look("go", "good"),
    "differs": Look("conditions", "warn"),
    "broken": Look("cross", "bad"),
    "fixed": Look("go", "good"),
    "old": Look("cross", "warn"),
    "skipped": Look("dash", "neutral"),
    "unknown": Look("incomplete", "unknown"),
    "done": Look("go", "good"),
    "yes": Look("go", "good"),
    "no": Look("dash", "unknown"),
}
"""Marks to looks: the only way from a record's word to a class or an icon of the page."""


def render_html(record: Record, translator: Translator, *, printed: bool = False) -> str:
    """Renders a record.

    Args:
        record: what is rendered.
        translator: the document's language.
        printed: the variant for PDF: always light, without links out of the document and without filters.
    """
    view = build(translator, record)
    style = _style(translator, view)
    page = _environment().get_template("readiness.html.j2")
    return page.render(
        view=view,
        _=translator,
        number_of_observations=lambda number: translator.count(number, "наблюдение", "наблюдений"),
        contents=_contents(translator, view),
        style=Markup(style),  # noqa: S704 - our own sheet; the two texts set into it are quoted by _quoted
        policy=_policy(style),
        printed=printed,
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["anchor"] = anchor
    environment.globals["look_of"] = lambda mark: LOOKS.get(mark, Look("dash", "neutral"))
    return environment


def anchor(name: str) -> str:
    """A name as part of an id and of a link to it: the same for the same name, without characters that mean something."""
    safe = re.sub(r"[^\w-]", "", name)[:60]
    return safe if safe == name else f"{safe}-{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:8]}"


def _style(tr: Translator, view: View) -> str:
    """The sheet with its page rule: format, margins and the running foot, in the document's language."""
    title = _quoted(tr("Заключение о готовности к обновлению 1С"))
    run = _quoted(tr("прогон {run}", run=view.run[:8] if re.fullmatch(r"[0-9a-fA-F-]+", view.run) else "—"))
    foot = 'font: 9px "Segoe UI", "Liberation Sans", Arial, sans-serif; color: #45505e;'
    page = _quoted(tr("страница")), _quoted(tr("из"))
    rule = (
        "@page { size: A4; margin: 12mm 14mm 15mm;"
        f" @bottom-left {{ {foot} content: {title}; }}"
        f" @bottom-center {{ {foot} content: {run}; }}"
        f' @bottom-right {{ {foot} content: {page[0]} " " counter(page) " " {page[1]} " " counter(pages); }} }}\n'
    )
    return "\n" + (TEMPLATES / "style.css").read_text(encoding="utf-8") + rule


def _quoted(text: str) -> str:
    """A string of CSS: everything but letters, digits and plain punctuation is written as an escape."""
    safe = "".join(char if char.isalnum() or char in " .,—-" else f"\\{ord(char):06x}" for char in text)
    return f'"{safe}"'


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; script-src 'none'; base-uri 'none'; form-action 'none'"


def _contents(tr: Translator, view: View) -> list[Entry]:
    return [
        Entry("gates", tr("Критерии допуска"), len(view.gates)),
        Entry("findings", tr("Замечания"), sum(group.total for group in view.findings)),
        Entry("accepted", tr("Согласованные расхождения"), len(view.acceptances)),
        Entry(
            "differences",
            tr("Расхождения между этапами"),
            len(view.differences) + view.differences_hidden + len(view.unpaired),
        ),
        Entry("scenarios", tr("Сценарии"), sum(len(group.scenarios) for group in view.scenarios)),
        Entry("timings", tr("Время ключевых операций"), len(view.timings)),
        Entry("steps", tr("Ход репетиции"), len(view.steps)),
        Entry("unchecked", tr("Что не проверено и почему"), len(view.unchecked)),
        Entry("stand", tr("Возможности стенда"), len(view.capabilities)),
        *([Entry("facts", tr("Измерения и факты"), len(view.facts))] if view.facts else []),
        Entry("settings", tr("Настройки прогона"), len(view.settings)),
        Entry("versions", tr("Версии и контрольные суммы")),
    ]
