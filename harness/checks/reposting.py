"""Reposting of a sample: what posting a document writes now (design 4.4).

Two ways to know. The readiness service posts a document inside a transaction that is rolled back and tells the movements; a base
without it is a disposable stand, so the document is really posted again, its records are read, and records that came out otherwise are
put back. The sample is the same in both phases, also when one of them has more documents (`harness.checks.sampling`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from harness.checks.drift import Drift, drift_of, recorded_registers, stored_movements
from harness.checks.movements import movement_rows, stored_records
from harness.checks.references import References
from harness.checks.sampling import strata_fields, stratified
from harness.errors import AnswerError, RouteAbsentError
from harness.onec.names import NAMESPACE, Kind
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
    """Rows for `observe.table` (key: KEY), and what became of the documents.

    Attributes:
        documents: how many were posted.
        refused: documents that could not be posted, with the reason.
        altered: documents whose records could not be put back as they were, with the reason.
        drifts: kinds of documents that posting again changes, when that was asked for.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    documents: int = 0
    refused: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    drifts: list[Drift] = field(default_factory=list)


def reposting(client: ODataClient, service: ReadinessService, sample: Sample) -> Callable[[str, str], Records]:
    """The gentler way this base has."""
    careful: Callable[[str, str], Records] | None = by_service(service) if service.available() else None
    plain = by_posting(client, sample)

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


def by_posting(client: ODataClient, sample: Sample) -> Callable[[str, str], Records]:
    """Posts for real, reads what was written in every published register the document may write, and puts back what came out otherwise."""
    registers = recorded_registers(client.metadata())

    def post(kind: str, ref: str) -> Records:
        mine = sorted(name for name, recorder in registers.items() if recorder in ("", kind))
        before = {name: stored_records(client, name, kind, ref) for name in mine}
        client.post(kind, ref)
        found = {name: stored_records(client, name, kind, ref) for name in mine}
        for name, records in before.items():
            if records != found[name]:
                _put_back(client, name, kind, ref, records, sample=sample)
        return [(name, records) for name, records in found.items() if records]

    return post


def _put_back(
    client: ODataClient, register: str, kind: str, ref: str, records: Sequence[Mapping[str, Any]], *, sample: Sample
) -> None:
    """Writes the records of a document as they were (facts/odata.md 6); what the base refuses is said."""
    described = client.metadata().type_of(register)
    single = described is not None and "Recorder_Key" in described.key
    key = {"Recorder_Key": ref} if single else {"Recorder": ref, "Recorder_Type": f"{NAMESPACE}.{kind}"}
    try:
        client.change(register, key, {**key, "RecordSet": list(records)}, load=True)
    except AnswerError as error:
        sample.altered.append(f"{kind} {ref}, {register}: {error.message}")


def repost_sample(
    client: ODataClient,
    service: ReadinessService,
    kinds: Iterable[str],
    start: date,
    end: date,
    *,
    count: int,
    seed: int = 1,
    stored: bool = False,
) -> Sample:
    """Posts a sample of every kind of document.

    Args:
        client: of the stand.
        service: of the stand; a base may be without it.
        kinds: sets of documents, taken one by one: see `document_sets`.
        start: first day of the documents.
        end: last day.
        count: documents of each kind.
        seed: of the sample.
        stored: whether to compare with the movements that are stored, too.
    """
    names = References(client)
    sample = Sample()
    post = reposting(client, service, sample)
    metadata = client.metadata()
    for kind in kinds:
        described = metadata.type_of(kind)
        fields = strata_fields(metadata, described) if described else ()
        rows = stratified(kind, posted(client, kind, start, end, fields), fields, count, seed)
        documents = [(str(row["Ref_Key"]), f"{row['Number']} от {row['Date']:%d.%m.%Y}") for row in rows]
        kept, registers = stored_movements(client, names, kind, documents) if stored else ([], frozenset[str]())
        done: list[str] = []
        first = len(sample.rows)
        for ref, label in documents:
            try:
                movements = post(kind, ref)
            except AnswerError as error:
                sample.refused.append(f"{kind} {label}: {error.message}")
                continue
            done.append(label)
            for register, records in movements:
                found = movement_rows(client, names, label, register, records)
                sample.rows += [{"Вид": kind, **line} for line in found]
        sample.documents += len(done)
        if stored:
            drift = drift_of(kind, kept, sample.rows[first:], documents=done, registers=registers)
            sample.drifts += [drift] if drift else []
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


def posted(client: ODataClient, kind: str, start: date, end: date, fields: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Posted documents of a kind in a period with some of their fields, in order of date and number."""
    first, after = datetime_literal(start), datetime_literal(end + timedelta(days=1))
    wanted = f"Date ge {first} and Date lt {after} and Posted eq true"
    rows = client.rows(kind, select=("Ref_Key", "Number", "Date", *fields), filter=wanted)
    return sorted(rows, key=lambda row: (row["Date"], str(row["Number"])))
