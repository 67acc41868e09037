"""The run record: what one run saw and decided, as a folder. Imports nothing of the project but its errors."""

from __future__ import annotations

from harness.record.events import Collected, EventKind, Excluded, PhaseFinished, ScenarioFinished, ScenarioStarted
from harness.record.journal import Event, Journal, canonical, now, read_journal
from harness.record.manifest import verify_manifest
from harness.record.reader import PhaseState, Record, read_record
from harness.record.redact import add_personal, add_secret, redact, redact_content, redact_text
from harness.record.store import RecordWriter, read_header, write_evidence

__all__ = [
    "Collected",
    "Event",
    "EventKind",
    "Excluded",
    "Journal",
    "PhaseFinished",
    "PhaseState",
    "Record",
    "RecordWriter",
    "ScenarioFinished",
    "ScenarioStarted",
    "add_personal",
    "add_secret",
    "canonical",
    "now",
    "read_header",
    "read_journal",
    "read_record",
    "redact",
    "redact_content",
    "redact_text",
    "verify_manifest",
    "write_evidence",
]
