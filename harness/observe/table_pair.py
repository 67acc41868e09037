"""Two stored tables, side by side: which columns are compared, by which key, and the SQL both sides share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.observe.sql import literal, quoted
from harness.observe.table_sql import Stored, key_equality, kinds_differ, stored_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.record.models import Observation


ANY_ROW = "*"
"""In a definition's "growing": every new row widens the table."""


@dataclass(slots=True)
class Pair:
    """Two stored tables and how they are compared.

    Attributes:
        left: columns of the phase before.
        right: columns of the phase after.
        rows: how many rows the sides have.
        bare: whether a side was stored without columns, having neither rows nor declarations.
        key: key columns both have.
        common: columns both have.
        growing: columns a new value of which makes a new row widen the table only; `ANY_ROW`: any new row; none: no row does.
    """

    folder: Path
    before: Observation
    after: Observation
    left: dict[str, Stored]
    right: dict[str, Stored]
    rows: tuple[int, int]
    bare: tuple[bool, bool]
    key: list[str]
    common: list[str]
    mask: frozenset[str]
    tolerance: dict[str, str]
    ordered: bool
    growing: tuple[str, ...]

    @property
    def compared(self) -> list[str]:
        """Columns whose values are compared."""
        contradicting = set(kinds_differ(self.left, self.right))
        return [
            name for name in self.common if name not in self.key and name not in self.mask and name not in contradicting
        ]


def pair_of(folder: Path, before: Observation, after: Observation) -> Pair:
    """Puts two observations side by side."""
    sides = [stored_table(folder / before.file)]
    sides.append(sides[0] if before.digest == after.digest else stored_table(folder / after.file))
    (left, were), (right, are) = sides
    bare = not left, not right
    # A table without rows and declarations says nothing of its columns: they are those of the other side.
    left, right = left or right, right or left
    definition = before.definition
    return Pair(
        folder=folder,
        before=before,
        after=after,
        left=left,
        right=right,
        rows=(were, are),
        bare=bare,
        key=[name for name in definition["key"] if name in left and name in right],
        common=[name for name in left if name in right],
        mask=frozenset(definition["mask"]),
        tolerance=definition["tolerance"],
        ordered=definition["ordered"],
        growing=tuple(name for name in definition.get("growing", ()) if name == ANY_ROW or name in right),
    )


def source(folder: Path, observation: Observation) -> str:
    """A stored table as SQL, with the row's number."""
    return f"read_parquet({literal(str(folder / observation.file))}, file_row_number = true)"


def listed(columns: Sequence[str]) -> str:
    """Columns, quoted, with commas."""
    return ", ".join(quoted(name) for name in columns)


def on(pair: Pair) -> str:
    """Condition of a join of `b` and `a` by key."""
    return " AND ".join(key_equality(name, pair.left[name], pair.right[name]) for name in pair.key)
