"""The one sentence of a difference: where, what, before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.observe.people import ABSENT
from harness.record.models import Difference, DifferenceClass, ObservationKind, Text

if TYPE_CHECKING:
    from harness.observe.changes import Change, Summary
    from harness.record.models import Observation

_TABLE = {
    "structure": "Таблица «{observation}»: колонка «{column}»: было {before}, стало {after}",
    "changed": "Таблица «{observation}», строка {key}, колонка «{column}»: было {before}, стало {after}",
    "removed": "Таблица «{observation}»: исчезла строка {key}: было {before}, стало {after}",
    "added": "Таблица «{observation}»: появилась строка {key}: было {before}, стало {after}",
}
_DOCUMENT = {
    "structure": "Документ «{observation}»: изменилось устройство, «{key}»: было {before}, стало {after}",
    "changed": "Документ «{observation}», «{key}»: было {before}, стало {after}",
    "removed": "Документ «{observation}»: исчезло «{key}»: было {before}, стало {after}",
    "added": "Документ «{observation}»: появилось «{key}»: было {before}, стало {after}",
}
_CONTRACT = {
    "changed": "Контракт «{observation}»: изменилось «{key}»: было {before}, стало {after}",
    "removed": "Контракт «{observation}»: исчезло «{key}»: было {before}, стало {after}",
    "added": "Контракт «{observation}»: появилось «{key}»: было {before}, стало {after}",
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
_TOTALS = ". Всего: изменено {changed}, исчезло {removed}, появилось {added}"


def sentence(kind: ObservationKind, title: str, change: Change, summary: Summary) -> Text:
    """Names the place of the most telling change; says how many there are when it is not the only one."""
    before, after = change.sides
    params = {"observation": title, "before": before, "after": after}
    if change.key:
        params["key"] = change.key
    if change.column:
        params["column"] = change.column
    templates = _BY_KIND[kind]
    msgid = templates.get(change.change, templates["changed"])
    counts = {"changed": summary.changed, "removed": summary.removed, "added": summary.added}
    if sum(counts.values()) > 1:
        msgid += _TOTALS
        params |= {name: str(count) for name, count in counts.items()}
    return Text(msgid=msgid, params={"key": change.key, **params} if "{key}" in msgid else params)


def difference(
    observation: Observation,
    cls: DifferenceClass,
    summary: Summary,
    *,
    file: str,
    breaking: bool = False,
    text: Text | None = None,
) -> Difference:
    """A difference out of a summary of its changes."""
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
    )


__all__ = ["ABSENT", "difference", "sentence"]
