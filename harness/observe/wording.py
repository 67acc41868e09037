"""The one sentence of a difference: where, what, before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.observe.people import ABSENT
from harness.record.models import Difference, DifferenceClass, ObservationKind, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.observe.changes import Change, Summary
    from harness.record.models import Cause, Observation

_TABLE = {
    "structure": "Таблица «{observation}»: изменилась колонка «{column}»: было {before}, стало {after}",
    "lost": "Таблица «{observation}»: исчезла колонка «{column}» (было: {before})",
    "new": "Таблица «{observation}»: появилась колонка «{column}» (стало: {after})",
    "changed": "Таблица «{observation}», строка {key}, колонка «{column}»: было {before}, стало {after}",
    "removed": "Таблица «{observation}»: исчезла строка {key}: было {before}, теперь её нет",
    "added": "Таблица «{observation}»: появилась строка {key}: раньше её не было, стало {after}",
}
_DOCUMENT = {
    "structure": "Документ «{observation}»: изменилось устройство, «{key}»: было {before}, стало {after}",
    "lost": "Документ «{observation}»: больше нет «{key}»",
    "new": "Документ «{observation}»: появилось новое «{key}»",
    "changed": "Документ «{observation}», «{key}»: было {before}, стало {after}",
    "removed": "Документ «{observation}»: исчезло «{key}»: было {before}, теперь нет",
    "added": "Документ «{observation}»: появилось «{key}»: раньше не было, стало {after}",
}
_CONTRACT = {
    "structure": "Контракт «{observation}»: «{key}», похоже, переименовано: было {before}, стало {after}",
    "changed": "Контракт «{observation}»: изменилось «{key}»: было {before}, стало {after}",
    "removed": "Контракт «{observation}»: исчезло «{key}»: было {before}, теперь нет",
    "added": "Контракт «{observation}»: появилось «{key}»: раньше не было, стало {after}",
}
_VALUE = {
    "structure": "Величина «{observation}» изменила тип: было {before}, стало {after}",
    "changed": "Величина «{observation}»: было {before}, стало {after}",
}
_TIMING = {"changed": "«{observation}» стало медленнее: было {before}, стало {after}"}
_BY_KIND = {
    ObservationKind.TABLE: _TABLE,
    ObservationKind.DOCUMENT: _DOCUMENT,
    ObservationKind.CONTRACT: _CONTRACT,
    ObservationKind.VALUE: _VALUE,
    ObservationKind.TIMING: _TIMING,
}
MORE = "; всего таких строк: {count}"
"""Added to a sentence about one cause that many rows have."""
PLACES = "; всего таких мест: {count}"
"""The same for documents and contracts."""
HOW = ", у всех: {how}"
"""What they have in common."""
MONEY = "; в сумме {money}"
"""What it comes to."""
TOTALS = ". Всего: изменено {changed}, исчезло {removed}, появилось {added}"
"""Added to a sentence that tells one change of many of a whole observation."""


def template(kind: ObservationKind, change: str, before: str, after: str) -> str:
    """Sentence about one change of an observation of this kind; places: observation, key, column, before, after."""
    if change == "structure":
        change = {before: "new", after: "lost"}.get(ABSENT, change)
    templates = _BY_KIND[kind]
    return templates.get(change, templates["changed"])


def sentence(kind: ObservationKind, title: str, change: Change, summary: Summary) -> Text:
    """Names the place of the most telling change; says how many there are when it is not the only one."""
    before, after = change.sides
    msgid = template(kind, change.change, before, after)
    params = {"observation": title, "key": change.key, "column": change.column, "before": before, "after": after}
    counts = {"changed": summary.changed, "removed": summary.removed, "added": summary.added}
    if sum(counts.values()) > 1:
        msgid += TOTALS
        params |= {name: str(count) for name, count in counts.items()}
    return filled(msgid, params)


def filled(msgid: str, params: dict[str, str]) -> Text:
    """A text with only the params it has places for."""
    return Text(msgid=msgid, params={name: value for name, value in params.items() if "{" + name + "}" in msgid})


def difference(
    observation: Observation,
    cls: DifferenceClass,
    summary: Summary,
    *,
    file: str,
    breaking: bool = False,
    text: Text | None = None,
    causes: Sequence[Cause] = (),
) -> Difference:
    """A difference out of a summary of its changes, and of their causes."""
    said = text
    if said is None and summary.first is not None:
        said = sentence(observation.kind, observation.title, summary.first, summary)
    return Difference(
        scenario=observation.scenario,
        observation=observation.name,
        kind=observation.kind,
        cls=cls,
        title=observation.title,
        text=said,
        added=summary.added,
        removed=summary.removed,
        changed=summary.changed,
        columns=summary.column_changes,
        examples=summary.examples,
        breaking=breaking,
        file=file,
        causes=list(causes),
    )
