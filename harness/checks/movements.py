"""Movements of documents by business keys: what posting wrote, without references and numbers that change from run to run."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from harness.checks.columns import canonical, is_empty
from harness.errors import AnswerError
from harness.onec.names import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.checks.references import References
    from harness.onec.edmx import EntityType
    from harness.onec.odata import ODataClient

KEY = ("Документ", "Регистр", "Разрез", "Показатель")
"""Key of the table of movements."""
TYPES = dict.fromkeys(KEY, "text") | {"Значение": "number"}
"""Columns of the table of movements, also of an empty one."""
RECORDS = "(записей)"
"""The line that counts records with the same dimensions: pairs that cancel out and records without numbers are seen in it."""
_OWN = frozenset({"Recorder", "Recorder_Key", "Recorder_Type", "LineNumber", "Active", "Period"})
"""Fields that say which document wrote a record, where in it and when."""
_NUMBERS = frozenset({"Edm.Double", "Edm.Decimal", "Edm.Single", "Edm.Int16", "Edm.Int32", "Edm.Int64"})


def stored_records(client: ODataClient, register: str, document_set: str, ref: str) -> list[dict[str, Any]]:
    """Records a document has written to a register; empty when there are none.

    Raises:
        AnswerError: the register does not answer.
    """
    described = client.metadata().type_of(register)
    single = described is not None and "Recorder_Key" in described.key
    key = {"Recorder_Key": ref} if single else {"Recorder": ref, "Recorder_Type": f"{NAMESPACE}.{document_set}"}
    try:
        found = client.get(register, key)
    except AnswerError as error:
        if error.code == "9":
            return []
        raise
    records = found.get("RecordSet")
    return list(records) if isinstance(records, list) else []


def document_movements(
    client: ODataClient, names: References, label: str, *, document_set: str, ref: str, registers: Iterable[str]
) -> list[dict[str, Any]]:
    """Movements of one document as rows for `observe.table`, key `KEY`.

    Args:
        client: of the stand.
        names: names of references; documents of the scenario itself should have an alias there.
        label: the document in the scenario's words, "Реализация".
        document_set: its set.
        ref: its reference.
        registers: registers to look into.
    """
    rows: list[dict[str, Any]] = []
    for register in registers:
        rows += movement_rows(client, names, label, register, stored_records(client, register, document_set, ref))
    return rows


def movement_rows(
    client: ODataClient, names: References, label: str, register: str, records: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Records as rows: one for each resource, records with the same dimensions and period added up, and how many records these are.

    The period is part of what is compared: a movement that slips into another day or month changes reports of both. Order of lines
    does not matter.
    """
    metadata = client.metadata()
    described = metadata.type_of(f"{register}_RecordType") or metadata.type_of(register)
    targets = names.targets(described.name) if described else {}
    numbers = _numbers(described)
    sums: dict[tuple[str, str], Decimal] = {}
    for record in records:
        resources = {name: value for name, value in record.items() if name in numbers}
        rest = {name: value for name, value in record.items() if name not in numbers and name not in _OWN}
        shown = names.readable(rest, targets)
        cut = "; ".join(
            [*_when(record), *(f"{name}={canonical(value)}" for name, value in shown.items() if not is_empty(value))]
        )
        sums[cut, RECORDS] = sums.get((cut, RECORDS), Decimal(0)) + 1
        for name, value in resources.items():
            sums[cut, name] = sums.get((cut, name), Decimal(0)) + Decimal(value or 0)
    return [
        {"Документ": label, "Регистр": register, "Разрез": cut, "Показатель": name, "Значение": total}
        for (cut, name), total in sorted(sums.items())
        if total
    ]


def _when(record: Mapping[str, Any]) -> list[str]:
    """Period of a record, and whether it is switched off, in words."""
    period = record.get("Period")
    moment = datetime.fromisoformat(period) if isinstance(period, str) and period else period
    said = [f"Период={moment:%d.%m.%Y %H:%M:%S}"] if isinstance(moment, datetime) else []
    return [*said, "не активна"] if record.get("Active") is False else said


def _numbers(described: EntityType | None) -> frozenset[str]:
    """Resources of a register."""
    if described is None:
        return frozenset()
    return frozenset([item.name for item in described.properties if item.type in _NUMBERS and item.name not in _OWN])
