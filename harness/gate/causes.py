"""A difference taken apart by cause, so that each cause is one finding that names its place, before and after, count and money."""

from __future__ import annotations

from dataclasses import dataclass

from harness.observe.changes import CAUSES
from harness.observe.people import ABSENT, grown
from harness.observe.wording import HOW, MONEY, MORE, PLACES, filled, template
from harness.record.models import Cause, Difference, DifferenceClass, Example, ObservationKind, Text

_REST = "Наблюдение «{observation}»: есть и другие изменения, всего их {count}"


@dataclass(frozen=True, slots=True)
class Told:
    """One cause: its sentence, its most telling examples, how many changes it stands for.

    Attributes:
        money: change of the sum of these changes, signed; "" when they are about no numbers.
    """

    text: Text
    examples: tuple[Example, ...] = ()
    count: int = 0
    money: str = ""

    @property
    def sides(self) -> tuple[str, str]:
        """Before and after of the first example."""
        return (self.examples[0].before, self.examples[0].after) if self.examples else ("", "")


def causes(difference: Difference) -> list[Told]:
    """Causes of a difference; the difference's own sentence when it does not tell them apart."""
    if difference.text is None:
        return []
    known = list(difference.causes) or _by_examples(difference)
    if not known:
        return [Told(difference.text)]
    if len(known) == 1:
        return [_only(difference, known[0])]
    found = [_told(difference, cause) for cause in known]
    total = difference.changed + difference.added + difference.removed
    if len(known) >= CAUSES:
        text = Text(msgid=_REST, params={"observation": difference.title, "count": str(total)})
        found.append(Told(text, count=total))
    return found


def _only(difference: Difference, cause: Cause) -> Told:
    """The one cause: its own sentence, but for differences that have a special one (timings, order of rows, equations)."""
    told = _told(difference, cause)
    own = template(difference.kind, _change(difference, cause), *_sides(cause))
    special = difference.text is not None and not difference.text.msgid.startswith(own)
    if special and difference.text is not None:
        return Told(difference.text, told.examples, told.count, told.money)
    return told


def _by_examples(difference: Difference) -> list[Cause]:
    """Causes of a record made before they were kept: by column, or by place."""
    firsts: dict[str, Example] = {}
    for example in difference.examples:
        whole = ABSENT if ABSENT in (example.before, example.after) else ""
        key = (example.column or whole + example.before) if difference.kind is ObservationKind.TABLE else example.key
        firsts.setdefault(key, example)
    found = []
    for example in firsts.values():
        change = {example.before: "added", example.after: "removed"}.get(ABSENT, "changed")
        counts = {"added": difference.added, "removed": difference.removed}
        by_column = {column.column: column.changed for column in difference.columns}
        count = counts[change] if change in counts else by_column.get(example.column, 1)
        table = difference.kind is ObservationKind.TABLE
        found.append(Cause(change=change, column=example.column, count=count if table else 1, examples=[example]))
    return found


def _change(difference: Difference, cause: Cause) -> str:
    """Which sentence a cause has; of structure, what is lost and what is new are told apart by their sides."""
    # A contract tells structure by its paths, a table that may grow by its new rows.
    whole = difference.kind is ObservationKind.CONTRACT or (
        difference.kind is ObservationKind.TABLE and not cause.column
    )
    if difference.cls is DifferenceClass.STRUCTURE and not whole:
        return "structure"
    return cause.change


def _sides(cause: Cause) -> tuple[str, str]:
    return (cause.examples[0].before, cause.examples[0].after) if cause.examples else ("", "")


def _told(difference: Difference, cause: Cause) -> Told:
    example = cause.examples[0] if cause.examples else Example(key=cause.where, column=cause.column)
    msgid = template(difference.kind, _change(difference, cause), example.before, example.after)
    money = grown(cause.before_sum or "0", cause.after_sum or "0")[0] if cause.before_sum or cause.after_sum else ""
    params = {
        "observation": difference.title,
        "key": example.key,
        "column": cause.column,
        "before": example.before,
        "after": example.after,
        "count": str(cause.count),
        "how": cause.how,
        "money": money,
    }
    if cause.count > 1:
        msgid += MORE if difference.kind is ObservationKind.TABLE else PLACES
        msgid += HOW if cause.how else ""
        msgid += MONEY if money else ""
    return Told(filled(msgid, params), tuple(cause.examples), cause.count, money)
