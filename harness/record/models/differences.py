"""What the comparison found."""

from __future__ import annotations

from harness.record.models.texts import Struct, Text
from harness.record.models.words import DifferenceClass, ObservationKind  # noqa: TC001 - msgspec reads annotations at run time


class ColumnChange(Struct, frozen=True, kw_only=True):
    """How many cells of a column changed, and by how much."""

    column: str
    changed: int
    before_sum: str = ""
    after_sum: str = ""


class Example(Struct, frozen=True, kw_only=True):
    """One telling change."""

    key: str
    """The row's key for people: "Номенклатура=Стол, Склад=Основной"; a path in a document."""
    column: str = ""
    before: str = ""
    after: str = ""
    delta: str = ""
    """after − before, signed; "" for what is no number."""
    percent: str = ""
    """The same as a share of before: "+1.64 %"; "" where before is zero or no number."""


class Cause(Struct, frozen=True, kw_only=True):
    """Changes of one difference that seem to have one cause.

    Attributes:
        change: added, removed, changed or structure.
        where: what their rows share: "Набор=Document_Заказ"; the place in a document without what tells list members apart.
        how: what their values share: "×1.0164", "+0.01", "20 → 22", "растёт"; "" when nothing.
        count: how many changes.
        before_sum: their sum before, for numbers (for whole rows: of the column that holds money).
        examples: the most telling three.
    """

    change: str
    column: str = ""
    where: str = ""
    how: str = ""
    count: int = 0
    before_sum: str = ""
    after_sum: str = ""
    examples: list[Example] = []


class Difference(Struct, frozen=True, kw_only=True):
    """What the comparison of one observation came to; one for each class it fell into.

    The differing rows themselves lie in `file` (Parquet or JSON), all of them.
    """

    scenario: str
    observation: str
    kind: ObservationKind
    cls: DifferenceClass
    title: str = ""
    text: Text | None = None
    """One sentence that names the place: what, where, before, after."""
    added: int = 0
    removed: int = 0
    changed: int = 0
    columns: list[ColumnChange] = []
    examples: list[Example] = []
    breaking: bool = False
    """For structure and contracts: removed, renamed, narrowed, newly mandatory."""
    acceptance: str = ""
    """Id of the acceptance that explains it (class EXPECTED)."""
    file: str = ""
    causes: list[Cause] = []
    """Its changes by cause, the largest first; empty in records made before causes were kept."""
    code: str = ""
    """Code of its finding when the class does not tell it: CONTROL-TOTAL."""
    evidence: list[str] = []
    """Further files: the picture of a difference."""
