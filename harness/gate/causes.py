"""A difference taken apart by cause, so that each cause is one finding that names its place, before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.observe.changes import CAUSES
from harness.observe.people import ABSENT
from harness.observe.wording import MORE, filled, template
from harness.record.models import Difference, DifferenceClass, ObservationKind, Text

if TYPE_CHECKING:
    from harness.record.models import Example

_REST = "Наблюдение «{observation}»: есть и другие изменения, всего их {count}"


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause: its sentence and its most telling example."""

    text: Text
    before: str = ""
    after: str = ""


def causes(difference: Difference) -> list[Cause]:
    """Causes of a difference; the difference's own sentence when it has no examples to tell them apart."""
    if difference.text is None:
        return []
    firsts: dict[str, Example] = {}
    for example in difference.examples:
        firsts.setdefault(_group(difference, example), example)
    if len(firsts) < 2:
        first = next(iter(firsts.values()), None)
        return [_only(difference, first)]
    found = [Cause(_sentence(difference, example), example.before, example.after) for example in firsts.values()]
    if len(firsts) >= CAUSES:
        total = difference.changed + difference.added + difference.removed
        found.append(Cause(Text(msgid=_REST, params={"observation": difference.title, "count": str(total)})))
    return found


def _only(difference: Difference, example: Example | None) -> Cause:
    """The one cause: its own sentence, but for differences that have a special one (timings, order of rows)."""
    if example is None:
        return Cause(difference.text or Text(msgid=""))
    text = _sentence(difference, example)
    special = difference.text is not None and not difference.text.msgid.startswith(text.msgid.removesuffix(MORE))
    return Cause(difference.text if special and difference.text else text, example.before, example.after)


def _group(difference: Difference, example: Example) -> str:
    if difference.kind is ObservationKind.TABLE:
        return example.column or _change(difference, example)
    return example.key


def _change(difference: Difference, example: Example) -> str:
    # A contract tells structure by its paths, a table that may grow by its new rows.
    whole = difference.kind is ObservationKind.CONTRACT or (
        difference.kind is ObservationKind.TABLE and not example.column
    )
    if difference.cls is DifferenceClass.STRUCTURE and not whole:
        return "structure"
    if example.column:
        return "changed"
    return {example.before: "added", example.after: "removed"}.get(ABSENT, "changed")


def _sentence(difference: Difference, example: Example) -> Text:
    change = _change(difference, example)
    msgid = template(difference.kind, change, example.before, example.after)
    params = {
        "observation": difference.title,
        "key": example.key,
        "column": example.column,
        "before": example.before,
        "after": example.after,
    }
    count = _count(difference, example, change)
    if count > 1:
        msgid += MORE
        params["count"] = str(count)
    return filled(msgid, params)


def _count(difference: Difference, example: Example, change: str) -> int:
    """How many rows have this cause; 1 where places are told one by one."""
    if difference.kind is not ObservationKind.TABLE:
        return 1
    if change in ("added", "removed"):
        return difference.added if change == "added" else difference.removed
    return next((column.changed for column in difference.columns if column.column == example.column), 1)
