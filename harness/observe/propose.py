"""Proposals for acceptances.toml from what is unexplained: one a cause, as narrow as its changes allow, with what it would cover."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec.structs import replace

from harness.observe.accept import Matcher
from harness.observe.changes import Change, read_changes
from harness.observe.people import ABSENT, grown
from harness.observe.rest import Rest
from harness.record.models import Acceptance, Cause, Difference, DifferenceClass, Example, ObservationKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.record.reader import Record

_SPECIAL = re.compile(r"[*?\[]")
_UNEXPLAINED = (DifferenceClass.UNEXPLAINED, DifferenceClass.STRUCTURE)


@dataclass(frozen=True, slots=True)
class Proposal:
    """One entry that a person may confirm.

    Attributes:
        number: what it is confirmed by, from 1.
        title: what it is about, for people.
        acceptance: the entry; its reason, owner and end may be empty yet.
        covers: changes it would cover in this record.
        money: change of their sum, signed; "" when they are about no numbers.
        examples: some of them.
    """

    number: int
    title: str
    acceptance: Acceptance
    covers: int
    money: str
    examples: tuple[Example, ...]

    @property
    def toml(self) -> str:
        """The entry as acceptances.toml has it."""
        entry = self.acceptance
        fields = {
            "id": entry.id,
            "scenario": entry.scenario,
            "observation": entry.observation,
            "key": entry.key,
            "column": entry.column,
            "change": entry.change,
            "condition": entry.condition,
        }
        lines = [
            f"{name} = {json.dumps(value, ensure_ascii=False)}"
            for name, value in fields.items()
            if value not in ("", "*")
        ]
        lines += [
            f"{name} = {json.dumps(getattr(entry, name), ensure_ascii=False)}" for name in ("reason", "owner", "until")
        ]
        lines += [f"{name} = {getattr(entry, name)}" for name in ("at_most", "at_least")]
        return "\n[[acceptance]]\n" + "\n".join(lines) + "\n"


def propose(
    record: Record, *, owner: str = "", until: str = "", reason: str = "", taken: Sequence[str] = ()
) -> list[Proposal]:
    """Entries that together would cover every unexplained difference of a record, one a cause.

    Args:
        record: a compared record.
        owner: who will answer for them.
        until: date or release until which they hold.
        reason: why it must be so.
        taken: ids that are in use already.
    """
    names = set(taken)
    found: list[Proposal] = []
    for difference in record.differences:
        if difference.cls not in _UNEXPLAINED or not difference.file:
            continue
        changes = [change for change in read_changes(record.path, difference) if change.change != "tolerance"]
        for cause in difference.causes or _anew(record, difference, changes):
            entry = _narrowest(difference, cause, changes)
            name = _free(difference.scenario, names)
            covered = [change for change in changes if Matcher(entry).covers(difference, change)]
            signed = {"id": name, "owner": owner, "until": until, "reason": reason}
            found.append(
                Proposal(
                    number=len(found) + 1,
                    title=difference.title or difference.observation,
                    acceptance=replace(entry, **signed, at_most=len(covered), at_least=len(covered)),
                    covers=len(covered),
                    money=grown(cause.before_sum or "0", cause.after_sum or "0")[0]
                    if cause.before_sum or cause.after_sum
                    else "",
                    examples=tuple(change.example for change in covered[:3]),
                )
            )
    return found


def _anew(record: Record, difference: Difference, changes: Sequence[Change]) -> list[Cause]:
    """Causes of a difference in a record made before they were kept."""
    rest = Rest(record.path, difference)
    for change in changes:
        rest.take(change)
    return rest.causes()


def _free(scenario: str, names: set[str]) -> str:
    number = next(number for number in range(1, len(names) + 2) if f"{scenario}-{number}" not in names)
    names.add(f"{scenario}-{number}")
    return f"{scenario}-{number}"


def _narrowest(difference: Difference, cause: Cause, changes: Sequence[Change]) -> Acceptance:
    """The first of ever wider entries that covers all the changes of a cause."""
    entries = list(_entries(difference, cause))
    for entry in entries[:-1]:
        matcher = Matcher(entry)
        if sum(matcher.covers(difference, change) for change in changes) >= cause.count:
            return entry
    return entries[-1]


def _entries(difference: Difference, cause: Cause) -> Iterator[Acceptance]:
    structure = difference.cls is DifferenceClass.STRUCTURE
    base = Acceptance(
        id="?",
        scenario=escaped(difference.scenario),
        observation=escaped(difference.observation),
        change="structure" if structure else cause.change,
        column=escaped(cause.column) if cause.column else "*",
        reason="",
        owner="",
        until="",
    )
    if cause.count == 1 and cause.examples:
        one = replace(base, key=escaped(cause.examples[0].key) or "*")
        yield replace(one, condition=_exact(cause.examples[0]))
        yield one
        return
    key = _pattern(difference, cause.where)
    for condition in dict.fromkeys((_shared(cause.how), _direction(cause), "")):
        yield replace(base, key=key, condition=condition)
    if key != "*":
        yield replace(base, condition=_shared(cause.how))


def escaped(text: str) -> str:
    """A text as a pattern that only it fits."""
    return _SPECIAL.sub(lambda found: f"[{found[0]}]", text)


def _pattern(difference: Difference, where: str) -> str:
    """Pattern of the keys a cause is about."""
    if not where:
        return "*"
    if difference.kind is ObservationKind.TABLE:
        return f"*{escaped(where)}*"
    if where.endswith("/*"):
        return f"{escaped(where[:-2])}*"
    # Members of lists are told apart in paths: "/Заказы/Заказ[Номер=7]/Сумма".
    return "/".join(f"{escaped(step)}*" if step else "" for step in where.split("/"))


def _exact(example: Example) -> str:
    sides = [_written(side) for side in (example.before, example.after)]
    if ABSENT in (example.before, example.after) or "" in sides:
        return ""
    return f"before == {sides[0]} and after == {sides[1]}"


def _written(text: str) -> str:
    """A side as a condition writes it; "" for one that it cannot write shortly."""
    try:
        return format(Decimal(text), "f")
    except ArithmeticError:
        return json.dumps(text, ensure_ascii=False) if len(text) < 100 and text.isprintable() else ""


def _shared(how: str) -> str:
    """What the changes of a cause have in common, as a condition."""
    if how.startswith("×"):
        ratio = how[1:]
        return f"abs(after - before * {ratio}) <= 0.02 + abs(before) * 0.0006"
    if how[:1] in ("+", "−") and _written(how[1:]):
        return f"after == before {'+' if how[0] == '+' else '-'} {how[1:]}"
    if " → " in how:
        sides = [_written(side) for side in how.split(" → ", 1)]
        return f"before == {sides[0]} and after == {sides[1]}" if all(sides) else ""
    return {"сменился знак": "after == -before", "стало 0": "after == 0"}.get(how, "")


def _direction(cause: Cause) -> str:
    grows = cause.how in ("растёт", "позже") or cause.how.startswith("+")
    falls = cause.how in ("уменьшается", "раньше") or cause.how.startswith("−")
    return "after > before" if grows else "after < before" if falls else ""
