"""Changes one by one, whatever was compared: what acceptances look at and what a difference is summed up from.

Tables keep theirs in Parquet (one line a row, both sides of every column); everything else in JSON, as `Change` is written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from harness.observe.people import ABSENT, grown, key_text, shown
from harness.record.files import safe_name, write_atomic
from harness.record.journal import canonical
from harness.record.models import ColumnChange, Difference, DifferenceClass, Example, Observation
from harness.record.redact import redact_content

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

CAUSES = 30
"""Columns (of a table) or places (of anything else) that a difference has examples of; all changes lie in its file."""
EXAMPLES = 3
"""Telling changes of one cause."""
BEFORE, AFTER = "before.", "after."
"""Prefixes of the two sides' columns in a table's file."""
STRUCTURE = "structure"


@dataclass(frozen=True, slots=True)
class Change:
    """One change.

    Attributes:
        change: added, removed, changed or structure.
        key: the row's key, or the path in a document or contract, for people.
        column: the changed column, "" for a whole row.
        before: value before the update; None also when there was none (see `change`).
        after: value after it.
        row: values by column (those of after, of before where the row is gone), for conditions of acceptances.
        number: the row's number in a table's file; -1 elsewhere.
    """

    change: str
    key: str = ""
    column: str = ""
    before: Any = None
    after: Any = None
    row: Mapping[str, Any] = field(default_factory=dict)
    number: int = -1

    @property
    def cause(self) -> str:
        """What changes of one cause have in common: the column, the kind of change, or the place in a document."""
        if self.column:
            return self.column
        return f"+{self.change}" if self.row else self.key or self.change

    @property
    def example(self) -> Example:
        """This change for people."""
        before, after = self.sides
        delta, percent = grown(self.before, self.after) if self.change == "changed" else ("", "")
        return Example(key=self.key, column=self.column, before=before, after=after, delta=delta, percent=percent)

    @property
    def sides(self) -> tuple[str, str]:
        """Before and after for people."""
        before = ABSENT if self.change == "added" else shown(self.before)
        after = ABSENT if self.change == "removed" else shown(self.after)
        return before, after


class _Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A change as JSON keeps it."""

    change: str
    key: str = ""
    column: str = ""
    before: str | None = None
    after: str | None = None
    rows: int = 1


def difference_file(observation: Observation, name: str) -> str:
    """Path, inside the record, of the file with a difference's changes."""
    return f"differences/{safe_name(observation.scenario)}/{safe_name(observation.name)}.{name}"


def write_changes(folder: Path, file: str, changes: Iterable[Change]) -> str:
    """Writes changes as JSON and returns the path inside the record."""
    lines = [
        _Line(change=item.change, key=item.key, column=item.column, before=_side(item.before), after=_side(item.after))
        for item in changes
    ]
    write_atomic(folder / file, redact_content(canonical(lines)))
    return file


def _side(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else shown(value)


def read_changes(folder: Path, difference: Difference) -> Iterator[Change]:
    """Every change of a difference, from its file."""
    path = folder / difference.file
    if path.suffix == ".parquet":
        yield from _table_changes(path)
        return
    for line in msgspec.json.decode(path.read_bytes(), type=list[_Line]):
        yield Change(line.change, line.key, line.column, line.before, line.after)


def _table_changes(path: Path) -> Iterator[Change]:
    import pyarrow.parquet as pq

    number = 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=10_000):
            for row in batch.to_pylist():
                yield from row_changes(row, number)
                number += 1


def row_changes(row: Mapping[str, Any], number: int = -1) -> Iterator[Change]:
    """Changes of one line of a table's file: one for an added or removed row, one a column for a changed one."""
    change = row["change"]
    before = {name.removeprefix(BEFORE): value for name, value in row.items() if name.startswith(BEFORE)}
    after = {name.removeprefix(AFTER): value for name, value in row.items() if name.startswith(AFTER)}
    own = before if change == "removed" else after
    key = key_text({name: own.get(name) for name in row["key"]})
    values = {**before, **after} if change != "removed" else before
    if change in ("added", "removed"):
        rest = {name: value for name, value in own.items() if name not in row["key"]}
        side = key_text(rest) or key
        yield Change(
            change, key, "", side if change == "removed" else None, side if change == "added" else None, values, number
        )
        return
    for column in row["columns"]:
        yield Change("changed", key, column, before.get(column), after.get(column), values, number)


@dataclass(slots=True)
class Summary:
    """Changes summed up: what a `Difference` says of them."""

    added: int = 0
    removed: int = 0
    keys: set[str] = field(default_factory=set)
    columns: dict[str, list[Any]] = field(default_factory=dict)
    causes: dict[str, list[Example]] = field(default_factory=dict)
    first: Change | None = None

    def take(self, change: Change) -> None:
        """Counts one change."""
        if self.first is None or _RANK[change.change] < _RANK[self.first.change]:
            self.first = change
        if change.change == "added":
            self.added += 1
        elif change.change == "removed":
            self.removed += 1
        else:
            self.keys.add(change.key or change.column)
        if change.column:
            self._column(change)
        known = self.causes.get(change.cause)
        if known is None and len(self.causes) < CAUSES:
            known = self.causes[change.cause] = []
        if known is not None and len(known) < EXAMPLES:
            known.append(change.example)

    @property
    def examples(self) -> list[Example]:
        """The first example of every cause, then the others."""
        firsts = [known[0] for known in self.causes.values()]
        return firsts + [example for known in self.causes.values() for example in known[1:]]

    def _column(self, change: Change) -> None:
        entry = self.columns.setdefault(change.column, [0, None, None])
        entry[0] += 1
        for place, value in ((1, change.before), (2, change.after)):
            if isinstance(value, int | Decimal) and not isinstance(value, bool):
                entry[place] = (entry[place] or Decimal(0)) + value

    @property
    def changed(self) -> int:
        """Rows with at least one changed cell."""
        return len(self.keys)

    @property
    def column_changes(self) -> list[ColumnChange]:
        """Summary by column, most changed first."""
        found = [
            ColumnChange(column=name, changed=count, before_sum=_sum(before), after_sum=_sum(after))
            for name, (count, before, after) in self.columns.items()
        ]
        return sorted(found, key=lambda item: (-item.changed, item.column))


_RANK = {"structure": 0, "changed": 1, "removed": 2, "added": 3}
"""Which change makes the sentence: what changed tells more than what appeared."""


def _sum(value: Any) -> str:
    return "" if value is None else shown(value)


def summed(changes: Iterable[Change]) -> Summary:
    """Sums up changes."""
    summary = Summary()
    for change in changes:
        summary.take(change)
    return summary


def ordered(changes: Sequence[Change]) -> list[Change]:
    """Changes in the order of telling."""
    return sorted(changes, key=lambda change: _RANK[change.change])


def identical(observation: Observation) -> Difference:
    """The difference that says there is none."""
    return Difference(
        scenario=observation.scenario,
        observation=observation.name,
        kind=observation.kind,
        cls=DifferenceClass.IDENTICAL,
        title=observation.title,
    )
