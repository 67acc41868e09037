"""Proposals for acceptances.toml from what is unexplained, grouped by cause; a person fills in the reason and signs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from harness.observe.changes import Change, read_changes
from harness.record.models import Difference, DifferenceClass

if TYPE_CHECKING:
    from harness.record.reader import Record

_EXAMPLES = 3
_HEAD = (
    "# Предложение: согласованные расхождения. Проверьте каждую запись, впишите причину, лишние удалите.\n"
    "# Запись без причины (reason) не принимается.\n"
)


@dataclass(slots=True)
class _Cause:
    """Changes that seem to have one cause: one observation, one kind of change, one column."""

    found: Difference
    change: str
    column: str
    count: int = 0
    pairs: set[tuple[str, str]] = field(default_factory=set)
    ratios: set[Decimal] = field(default_factory=set)
    examples: list[str] = field(default_factory=list)

    def take(self, change: Change) -> None:
        """Counts one change."""
        self.count += 1
        before, after = change.sides
        if len(self.pairs) < 2:
            self.pairs.add((repr_of(change.before), repr_of(change.after)))
        if (
            isinstance(change.before, Decimal)
            and isinstance(change.after, Decimal)
            and change.before
            and len(self.ratios) < 2
        ):
            self.ratios.add(round(change.after / change.before, 6))
        if len(self.examples) < _EXAMPLES:
            where = f"{change.key}: " if change.key else ""
            self.examples.append(f"{where}{before} → {after}")


def repr_of(value: object) -> str:
    """A value as a condition writes it; "" for one that a condition cannot write shortly."""
    if isinstance(value, bool | None):
        return ""
    if isinstance(value, int | Decimal):
        return format(value, "f")
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else ""


def propose(record: Record, *, owner: str, until: str) -> str:
    """Text of acceptances that would cover every unexplained difference of a record.

    Args:
        record: a compared record.
        owner: who will answer for the acceptances.
        until: date or release until which they hold.
    """
    causes: dict[tuple[str, str, str, str], _Cause] = {}
    for found in record.differences:
        if found.cls not in (DifferenceClass.UNEXPLAINED, DifferenceClass.STRUCTURE) or not found.file:
            continue
        for change in read_changes(record.path, found):
            if change.change != "tolerance":
                named = "structure" if found.cls is DifferenceClass.STRUCTURE else change.change
                key = (found.scenario, found.observation, named, change.column)
                causes.setdefault(key, _Cause(found, named, change.column)).take(change)
    entries = [_entry(number, cause, owner, until) for number, cause in enumerate(causes.values(), start=1)]
    return _HEAD + "".join(entries)


def _entry(number: int, cause: _Cause, owner: str, until: str) -> str:
    lines = [f"# {cause.found.title or cause.found.observation}: изменений {cause.count}"]
    lines += [f"#   {example}".replace("\n", " ") for example in cause.examples]
    if len(cause.ratios) == 1:
        lines.append(f"#   во всех строках одно отношение: {next(iter(cause.ratios))}")
    fields = {
        "id": f"{cause.found.scenario}-{number}",
        "scenario": cause.found.scenario,
        "observation": cause.found.observation,
        "change": cause.change,
    }
    if cause.column:
        fields["column"] = cause.column
    if len(cause.pairs) == 1 and cause.change == "changed" and all(pair := next(iter(cause.pairs))):
        fields["condition"] = f"before == {pair[0]} and after == {pair[1]}"
    fields |= {"reason": "", "owner": owner, "until": until}
    body = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items()]
    return "\n" + "\n".join([*lines, "[[acceptance]]", *body, f"at_most = {cause.count}"]) + "\n"
