"""Changes of documents and contracts gathered by cause, and the words all causes are told in."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from harness.observe.changes import CAUSES, EXAMPLES, STRUCTURE, Change
from harness.observe.people import number_of, shown
from harness.record.models import Cause, Example

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

OBJECT_NAME = r"[A-Z][A-Za-z]+_[\p{L}\p{N}_]+"
"""A name of metadata as OData has it, for the engine's regular expressions."""
KIND_COLUMNS = frozenset({"Набор", "Вид", "Отчёт", "Отчет", "Роль", "Обмен", "Регистр", "План", "Задание"})
"""Key columns whose value is a kind of object, not one object."""
MOST_OF_ONE = 5
"""Ratios, shifts or pairs of values that are told apart in one column."""
_MONEY = re.compile(r"сумм|стоимост|выруч|прибыл|остаток|долг|оборот|amount|sum|cost|total", re.IGNORECASE)
_IDENTITY = re.compile(r"\[[^\]]*\]|#\d+")
_LINE = re.compile(r"^строка \d+$")
_WHOLE = 3
"""Parts of one object that changed alike from which on they are told as one."""


def how_ratio(ratio: float) -> str:
    """One ratio for people."""
    return f"×{shown(Decimal(repr(ratio)))}"


def how_shift(shift: Decimal) -> str:
    """One shift for people."""
    return f"{'+' if shift > 0 else '−'}{shown(abs(shift))}"


def money_column(names: Sequence[str]) -> str:
    """The column that says how much money rows are about: by its name, else none."""
    return next((name for name in names if _MONEY.search(name)), "")


@dataclass(slots=True)
class _Group:
    change: str
    where: str
    how: str
    count: int = 0
    before: Decimal = Decimal(0)
    after: Decimal = Decimal(0)
    summed: bool = False
    examples: list[Example] = field(default_factory=list)

    def take(self, change: Change, rows: int) -> None:
        self.count += rows
        if len(self.examples) < EXAMPLES:
            self.examples.append(change.example)
        sides = number_of(change.before), number_of(change.after)
        if change.change == "changed" and None not in sides:
            self.summed = True
            self.before += sides[0] or 0
            self.after += sides[1] or 0

    @property
    def cause(self) -> Cause:
        return Cause(
            change=self.change,
            column=self.examples[0].column,
            where=self.where,
            how=self.how,
            count=self.count,
            before_sum=shown(self.before) if self.summed else "",
            after_sum=shown(self.after) if self.summed else "",
            examples=self.examples,
        )


def causes_of(changes: Iterable[Change]) -> list[Cause]:
    """Causes of changes that are not rows of a table, in the order of telling, the largest first within a kind of change."""
    listed = list(changes)
    parents: dict[tuple[str, str], int] = {}
    for change in listed:
        parents[change.change, _parent(change)] = parents.get((change.change, _parent(change)), 0) + 1
    ratios = Counter((_place(change, parents), change.column, _how(change)) for change in listed)
    kinds = Counter((place, column) for place, column, _ in ratios)
    groups: dict[tuple[str, str, str, str], _Group] = {}
    for change in listed:
        where, how = _place(change, parents), _how(change)
        # A ratio that one change has says nothing of a cause where there are others.
        if how.startswith("×") and ratios[where, change.column, how] == 1 and kinds[where, change.column] > 1:
            how = _direction(change)
        group = groups.setdefault((change.change, where, change.column, how), _Group(change.change, where, how))
        group.take(change, 1)
    found = [group.cause for group in groups.values()]
    return sorted(found, key=lambda cause: (_RANK[cause.change], -cause.count))[:CAUSES]


_RANK = {STRUCTURE: 0, "changed": 1, "removed": 2, "added": 3}


def _place(change: Change, parents: dict[tuple[str, str], int]) -> str:
    """Where a change is, without what tells members of a list apart; the whole object when most of it changed alike."""
    parent = _parent(change)
    if parent and change.change in ("removed", "added") and parents[change.change, parent] > _WHOLE:
        return f"{parent}/*"
    if change.row or _LINE.match(change.key):
        return ""
    return _IDENTITY.sub("", change.key)


def _parent(change: Change) -> str:
    """The object a part of a contract belongs to: "Catalog_Валюты" of "Catalog_Валюты/Code"."""
    head, _, rest = change.key.partition("/")
    return head if head and (rest or change.change in ("removed", "added")) else ""


def _how(change: Change) -> str:
    if change.change != "changed":
        return ""
    before, after = number_of(change.before), number_of(change.after)
    if before is None or after is None:
        return ""
    if before and after == -before:
        return "сменился знак"
    if not after:
        return "стало 0"
    if before:
        return how_ratio(float(round(after / before, 3)))
    return _direction(change)


def _direction(change: Change) -> str:
    before, after = number_of(change.before) or 0, number_of(change.after) or 0
    return "растёт" if after > before else "уменьшается"
