"""verdict.json and its published schema: the machine's side of the document.

The file itself is written by those who decide (`RecordWriter.decide`); here it gets its schema beside it, so that a record
explains itself, and readers of a record that came to no verdict are told so.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from harness.record.files import write_atomic
from harness.record.models import SCHEMA, Decision
from harness.record.store import VERDICT

if TYPE_CHECKING:
    from harness.record import Record
    from reports.i18n import Translator

SCHEMA_FILE: Final = Path(__file__).parent / "verdict.schema.json"


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of verdict.json, made from the record's own structures; the shipped file is kept equal by a test."""
    made = msgspec.json.schema(Decision)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "onec-readiness: verdict.json",
        "description": f"Gates, findings and verdict of one rehearsal; layout version {SCHEMA}.",
        **made,
    }


def write_verdict(record: Record, translator: Translator) -> tuple[Path | None, str]:
    """Puts the schema beside verdict.json.

    Returns:
        The path of verdict.json and "", or None and the reason why there is no verdict.
    """
    if record.decision is None:
        return None, translator("verdict.json не создан: прогон не дошёл до решения.")
    write_atomic(record.path / SCHEMA_FILE.name, SCHEMA_FILE.read_bytes())
    return record.path / VERDICT, ""
