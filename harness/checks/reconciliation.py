"""Documents of two bases after an exchange: lost, changed and ghost ones (issue 5)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Fate(StrEnum):
    """What became of a document on the other side."""

    LOST = "потерян"
    CHANGED = "изменён"
    GHOST = "лишний"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A document the two sides do not have alike.

    Attributes:
        column: what differs, of a changed one.
        ours: value on the side that sent it.
        theirs: value on the side that received it.
    """

    document: str
    fate: Fate
    column: str = ""
    ours: str = ""
    theirs: str = ""

    def __str__(self) -> str:
        if self.fate is Fate.CHANGED:
            return f"{self.document} {self.fate}: {self.column} {self.ours} → {self.theirs}"
        return f"{self.document} {self.fate}"


def reconcile(
    ours: Iterable[Mapping[str, Any]], theirs: Iterable[Mapping[str, Any]], *, key: str, columns: Sequence[str]
) -> list[Mismatch]:
    """Compares what was sent with what arrived.

    Args:
        ours: documents of the side that sends, live ones only.
        theirs: documents of the side that receives, live ones only.
        key: column that names a document on both sides.
        columns: what must be equal.

    Returns:
        Mismatches by document; a document named twice on the other side is a ghost as well.
    """
    sent = {str(row[key]): row for row in ours}
    found: list[Mismatch] = []
    arrived: dict[str, Mapping[str, Any]] = {}
    for row in theirs:
        name = str(row[key])
        if name in arrived or name not in sent:
            found.append(Mismatch(name, Fate.GHOST))
        arrived.setdefault(name, row)
    for name, row in sent.items():
        other = arrived.get(name)
        if other is None:
            found.append(Mismatch(name, Fate.LOST))
            continue
        found += [
            Mismatch(name, Fate.CHANGED, column, _shown(row[column]), _shown(other[column]))
            for column in columns
            if row[column] != other[column]
        ]
    return sorted(found, key=lambda item: (item.document, item.fate, item.column))


def _shown(value: object) -> str:
    return "" if value is None else str(value)
