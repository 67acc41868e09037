"""Which documents are posted again: some of every month, organisation and kind of operation, the same ones at every run with one seed."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.onec.edmx import EntityType, Metadata

_ORGANISATIONS = ("Организации", "Organizations")
_OPERATIONS = ("ВидОперации", "ХозяйственнаяОперация", "ТипОперации", "ВидДокумента")
"""How configurations of the vendor name the kind of operation of a document."""


def strata_fields(metadata: Metadata, described: EntityType) -> tuple[str, ...]:
    """Fields of a document that tell organisations and kinds of operation apart, found in the metadata."""
    organisations = [
        f"{link.name}_Key"
        for link in described.navigation
        if metadata.target_of(link).partition("_")[2] in _ORGANISATIONS
    ]
    names = {item.name for item in described.properties}
    operations = [f"{name}{end}" for name in _OPERATIONS for end in ("", "_Key") if f"{name}{end}" in names]
    return (*organisations[:1], *operations[:1])


def stratified(
    kind: str, rows: Sequence[dict[str, Any]], fields: Sequence[str], count: int, seed: int = 1
) -> list[dict[str, Any]]:
    """At most `count` documents out of as many strata as possible, in the order given; all when `count` is 0.

    A stratum is a month with one value of every field. Strata and the documents within them come by the lot of their own names, so one
    document more or less in the base changes the sample by few, and the same seed gives the same sample in both phases.

    Args:
        kind: of documents.
        rows: with `Number`, `Date` and the fields.
        fields: see `strata_fields`.
        count: how many.
        seed: of the lot.
    """
    if count <= 0 or len(rows) <= count:
        return list(rows)
    strata: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        month = f"{row['Date']:%Y-%m}" if row.get("Date") else ""
        strata.setdefault("|".join([month, *(str(row.get(name) or "") for name in fields)]), []).append(place)
    queues = []
    for name in sorted(strata, key=lambda name: _lot(seed, kind, name)):
        places = sorted(strata[name], key=lambda place: (_lot(seed, kind, _label(rows[place])), place))
        queues.append(places)
    taken: list[int] = []
    while len(taken) < count:
        for queue in queues:
            if queue and len(taken) < count:
                taken.append(queue.pop(0))
    return [rows[place] for place in sorted(taken)]


def _label(row: Mapping[str, Any]) -> str:
    return f"{row['Number']} {row.get('Date') or ''}"


def _lot(seed: int, kind: str, name: str) -> bytes:
    return blake2b(f"{seed} {kind} {name}".encode(), digest_size=8).digest()
