"""What posting a document again would change before any update: movements that are stored against movements posting makes now.

A working release may post otherwise than it did when the documents were written: its rules were changed, movements were mended by hand,
costs were recalculated. Then posting again changes closed periods, and no new release is to blame. So this is looked at in the phase
before only, on the same sample of documents.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

import msgspec

from harness.checks.movements import movement_rows
from harness.errors import AnswerError
from harness.onec.values import Guid, literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from harness.checks.references import References
    from harness.onec.edmx import Metadata
    from harness.onec.odata import ODataClient

Document: TypeAlias = tuple[str, str]
"""Reference and label of a document."""
_LIMIT = 1500
"""Characters of an encoded condition; a web server cuts a longer address (facts/odata.md 11.6)."""


class Line(msgspec.Struct, frozen=True):
    """What differs in one document: a resource of one cut of a register, or the number of its records (`harness.checks.movements`)."""

    document: str
    register: str
    cut: str
    indicator: str
    stored: Decimal
    posted: Decimal


class Drift(msgspec.Struct, frozen=True):
    """Documents of one kind that posting again changes.

    Attributes:
        kind: their set.
        changed: how many of the sample are changed.
        posted: how many of the sample were posted.
        lines: what differs.
    """

    kind: str
    changed: int
    posted: int
    lines: tuple[Line, ...]


def recorded_registers(metadata: Metadata) -> dict[str, str]:
    """Published sets of records that documents write: register to its only kind of recorder, "" when there are several."""
    found: dict[str, str] = {}
    for name, item in metadata.entity_sets.items():
        entity = metadata.entity_types[item.entity_type]
        if name.endswith("_RecordType") or not any(key.startswith("Recorder") for key in entity.key):
            continue
        # With one kind of recorder the set says which: the others need not be asked.
        found[name] = next((metadata.target_of(link) for link in entity.navigation if link.name == "Recorder"), "")
    return found


def stored_movements(
    client: ODataClient, names: References, kind: str, documents: Sequence[Document]
) -> tuple[list[dict[str, Any]], frozenset[str]]:
    """Movements of documents of one kind as they are stored, several documents a request.

    Returns:
        Rows as `movement_rows` makes them, and the registers that answered: of the others nothing is known.
    """
    rows: list[dict[str, Any]] = []
    answered = set()
    for register, recorder in sorted(recorded_registers(client.metadata()).items()):
        if recorder not in ("", kind):
            continue
        try:
            found = [
                line
                for label, records in _stored(client, register, kind, documents)
                for line in movement_rows(client, names, label, register, records)
            ]
        except AnswerError:  # whether a register can be read is another scenario's matter
            continue
        rows += found
        answered.add(register)
    return rows, frozenset(answered)


def _stored(
    client: ODataClient, register: str, kind: str, documents: Sequence[Document]
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Label of each document that has records, and these."""
    described = client.entity_of(register)
    single = described is not None and "Recorder_Key" in described.key
    field = "Recorder_Key" if single else "Recorder"
    labels = dict(documents)
    wanted = {
        ref: f"{field} eq {literal(Guid(ref))}" if single else f"{field} eq cast({literal(Guid(ref))},{literal(kind)})"
        for ref in labels
    }
    for condition, count in _pieces(wanted.values()):
        for entry in client.rows(register, filter=condition, top=count):
            records, ref = entry.get("RecordSet"), str(entry.get(field))
            if isinstance(records, list) and ref in labels:
                yield labels[ref], records


def _pieces(conditions: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Conditions joined by "or" as far as an address takes them, and how many each joins."""
    piece: list[str] = []
    size = 0
    for condition in conditions:
        more = len(quote(f" or {condition}"))
        if piece and size + more > _LIMIT:
            yield " or ".join(piece), len(piece)
            piece, size = [], 0
        piece.append(condition)
        size += more
    if piece:
        yield " or ".join(piece), len(piece)


def drift_of(
    kind: str,
    stored: Iterable[Mapping[str, Any]],
    posted: Iterable[Mapping[str, Any]],
    *,
    documents: Sequence[str],
    registers: frozenset[str],
) -> Drift | None:
    """What posting again changes; None when nothing.

    Args:
        kind: of the documents.
        stored: rows of `movement_rows`, as they are stored.
        posted: the same, as posting makes them now.
        documents: labels of the documents that could be posted: the others have nothing to compare.
        registers: those whose stored records are known.
    """
    known = frozenset(documents)
    sides = [
        {
            (row["Документ"], row["Регистр"], row["Разрез"], row["Показатель"]): row["Значение"]
            for row in rows
            if row["Документ"] in known and row["Регистр"] in registers
        }
        for rows in (stored, posted)
    ]
    before, now = sides
    keys = sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))
    if not keys:
        return None
    lines = tuple(Line(*key, before.get(key, Decimal(0)), now.get(key, Decimal(0))) for key in keys)
    return Drift(kind, len({key[0] for key in keys}), len(known), lines)
