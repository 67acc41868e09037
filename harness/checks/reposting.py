"""Reposting of a sample: what posting a document writes now (design 4.4).

Two ways to know. The readiness service posts a document inside a transaction that is rolled back and tells the movements; a base
without it is a disposable stand, so the document is really posted again and its records are read. The sample is the same in both
phases, also when one of them has more documents: a document is chosen by a hash of its own kind and number, not by its place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, TypeAlias

from harness.checks.movements import movement_rows, stored_records
from harness.checks.references import References
from harness.errors import AnswerError, RouteAbsentError
from harness.onec.names import Kind
from harness.onec.values import datetime_literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from harness.onec.odata import ODataClient
    from harness.onec.services import ReadinessService

Records: TypeAlias = "Iterable[tuple[str, Sequence[Mapping[str, Any]]]]"
"""Register and its records, as one document wrote them."""

KEY = ("Вид", "Документ", "Регистр", "Разрез", "Показатель")
"""Key of the table of movements."""
TYPES = dict.fromkeys(KEY, "text") | {"Значение": "number"}
"""Columns of the table of movements, also of an empty one."""


@dataclass(slots=True)
class Sample:
    """Rows for `observe.table` (key: KEY), how many documents they are of, and documents that could not be posted."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    documents: int = 0
    refused: list[str] = field(default_factory=list)


def reposting(client: ODataClient, service: ReadinessService) -> Callable[[str, str], Records]:
    """The gentler way this base has."""
    careful: Callable[[str, str], Records] | None = by_service(service) if service.available() else None
    plain = by_posting(client)

    def post(kind: str, ref: str) -> Records:
        nonlocal careful
        if careful is not None:
            try:
                return careful(kind, ref)
            except RouteAbsentError:  # a partial service
                careful = None
        return plain(kind, ref)

    return post


def by_service(service: ReadinessService) -> Callable[[str, str], Records]:
    """Posts without writing: in a transaction that the readiness service rolls back."""

    def post(kind: str, ref: str) -> Records:
        return [(part.register, part.rows) for part in service.movements(kind, ref)]

    return post


def by_posting(client: ODataClient) -> Callable[[str, str], Records]:
    """Posts for real and reads what was written, from every published register that a document may write."""
    metadata = client.metadata()
    registers = sorted(
        name
        for name, item in metadata.entity_sets.items()
        if any(key.startswith("Recorder") for key in metadata.entity_types[item.entity_type].key)
        and not name.endswith("_RecordType")
    )

    def post(kind: str, ref: str) -> Records:
        client.post(kind, ref)
        found = [(register, stored_records(client, register, kind, ref)) for register in registers]
        return [(register, records) for register, records in found if records]

    return post


def repost_sample(
    client: ODataClient, post: Callable[[str, str], Records], start: date, end: date, *, count: int
) -> Sample:
    """Posts a sample of every kind of document.

    Args:
        client: of the stand.
        post: posts one document (its set, its reference) and tells what it wrote: see `reposting`.
        start: first day of the documents.
        end: last day.
        count: documents of each kind.
    """
    names = References(client)
    sample = Sample()
    for kind in document_sets(client):
        for row in chosen(kind, posted(client, kind, start, end), count):
            label = f"{row['Number']} от {row['Date']:%d.%m.%Y}"
            try:
                movements = post(kind, str(row["Ref_Key"]))
            except AnswerError as error:
                sample.refused.append(f"{kind} {label}: {error.message}")
                continue
            sample.documents += 1
            for register, records in movements:
                found = movement_rows(client, names, label, register, records)
                sample.rows += [{"Вид": kind, **line} for line in found]
    return sample


def document_sets(client: ODataClient) -> tuple[str, ...]:
    """Sets of documents that can be posted, in order of names."""
    metadata = client.metadata()
    return tuple(
        sorted(
            name
            for name, item in metadata.entity_sets.items()
            if name.startswith(f"{Kind.DOCUMENT.value}_") and "Post" in metadata.functions_of(item.entity_type)
        )
    )


def posted(client: ODataClient, kind: str, start: date, end: date) -> list[dict[str, Any]]:
    """Posted documents of a kind in a period, in order of date and number."""
    first, after = datetime_literal(start), datetime_literal(end + timedelta(days=1))
    wanted = f"Date ge {first} and Date lt {after} and Posted eq true"
    rows = client.rows(kind, select=("Ref_Key", "Number", "Date"), filter=wanted)
    return sorted(rows, key=lambda row: (row["Date"], str(row["Number"])))


def chosen(kind: str, rows: Sequence[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """At most `count` documents, those with the smallest hash of kind and number, in the order given; all when `count` is 0.

    One document more or less in the base changes the sample by one at most, so that it cannot look like a change of all movements.
    """
    if count <= 0 or len(rows) <= count:
        return list(rows)
    places = sorted(range(len(rows)), key=lambda place: (_lot(kind, rows[place]), place))[:count]
    return [rows[place] for place in sorted(places)]


def _lot(kind: str, row: Mapping[str, Any]) -> bytes:
    return blake2b(f"{kind} {row['Number']}".encode(), digest_size=8).digest()
