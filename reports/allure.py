"""Allure results, written as the files Allure reads: one result a scenario with a step a phase, and what surrounds them.

Written here and not by allure-pytest, because a scenario runs twice and its result is known only when both phases are compared.
Layout: the result files of Allure 2 and 3 (`*-result.json`, `*-attachment.*`, environment.properties, categories.json, executor.json).
"""

from __future__ import annotations

import hashlib
import mimetypes
import shutil
import uuid
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import msgspec

from harness.record import EventKind
from harness.record.files import sha256_file, write_atomic
from harness.record.models import Outcome, Phase, Severity
from reports.cases import Case, Status, cases, tell
from reports.view import decision_of, words
from reports.view.common import area, link

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from harness.record import Record
    from harness.record.models import ScenarioRun
    from reports.i18n import Translator

FOLDER: Final = "allure-results"
LARGEST: Final = 20 * 1024 * 1024
"""Bytes of an attachment that is copied; a larger file is named in the text only."""

_SEVERITIES: Final = {Severity.BLOCKER: "blocker", Severity.WARNING: "normal", Severity.INFO: "minor"}
_STATUSES: Final = {
    Outcome.PASSED: Status.PASSED,
    Outcome.FAILED: Status.FAILED,
    Outcome.TROUBLE: Status.BROKEN,
    Outcome.NOT_CHECKED: Status.SKIPPED,
    Outcome.NOT_APPLICABLE: Status.SKIPPED,
}
_TEXTUAL: Final = frozenset(
    {"text/html", "application/xhtml+xml", "image/svg+xml", "text/javascript", "application/javascript"}
)
"""Types a browser would run: shown as text, because evidence comes from an untrusted system."""


def write_results(record: Record, translator: Translator) -> Path:
    """Writes the folder of results anew and returns it."""
    folder = record.path / FOLDER
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()
    results = _Results(record, translator, folder, _times(record))
    for case in cases(record, translator):
        result = results.result(case)
        _write(folder / f"{result['uuid']}-result.json", result)
    _surroundings(record, translator, folder)
    return folder


@dataclass(frozen=True, slots=True)
class _Results:
    """What results are made of: record, language, where attachments go, and when scenarios ran (epoch milliseconds)."""

    record: Record
    tr: Translator
    folder: Path
    times: Mapping[tuple[str, Phase], tuple[int, int]]

    def result(self, case: Case) -> dict[str, Any]:
        """One result file."""
        scenario, tr = case.scenario, self.tr
        steps = [self._step(phase, run) for phase, run in zip(Phase, case.runs, strict=True) if run is not None]
        identity = _identity(self.record.header.base, scenario.id)
        return {
            "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.record.header.run}/{scenario.id}")),
            "historyId": identity,
            "testCaseId": identity,
            "fullName": scenario.nodeid or scenario.id,
            "name": f"{scenario.id} · {tr.lookup(scenario.title)}",
            "description": escape(tr.lookup(scenario.description), quote=False),
            "status": case.status.value,
            "statusDetails": {"message": case.reason, "trace": "\n\n".join(tell(tr, one) for one in case.against)},
            "stage": "finished",
            "start": min((step["start"] for step in steps), default=0),
            "stop": max((step["stop"] for step in steps), default=0),
            "labels": self._labels(case),
            "parameters": [],
            "links": [],
            "attachments": self._attachments([path for one in (*case.against, *case.notes) for path in one.evidence]),
            "steps": steps,
        }

    def _labels(self, case: Case) -> list[dict[str, str]]:
        scenario = case.scenario
        labels = {
            "epic": self.tr("Готовность к обновлению 1С"),
            "feature": area(self.tr, scenario.area),
            "story": self.tr.lookup(scenario.title),
            "suite": area(self.tr, scenario.area),
            "severity": _SEVERITIES[scenario.severity],
            "owner": scenario.owner,
            "framework": "onec-readiness",
            "language": "python",
        }
        tags = dict.fromkeys(finding.code for finding in case.against)
        return [
            *({"name": name, "value": value} for name, value in labels.items() if value),
            *({"name": "tag", "value": code} for code in tags),
        ]

    def _step(self, phase: Phase, run: ScenarioRun) -> dict[str, Any]:
        """A phase of a scenario."""
        start, stop = self.times.get((run.id, phase), (0, round(run.seconds * 1000)))
        return {
            "name": self.tr(words.PHASES[phase]).capitalize(),
            "status": _STATUSES[run.outcome].value,
            "statusDetails": {"message": self.tr.text(run.text)},
            "stage": "finished",
            "start": start,
            "stop": stop,
            "attachments": self._attachments(run.evidence),
            "steps": [],
        }

    def _attachments(self, paths: Sequence[str]) -> list[dict[str, str]]:
        made = (_attachment(self.record, path, self.folder) for path in dict.fromkeys(paths))
        return [one for one in made if one is not None]


def _identity(base: str, scenario: str) -> str:
    """What ties results of the same scenario on the same base together in Allure's history."""
    return hashlib.md5(f"{base}|{scenario}".encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def _times(record: Record) -> dict[tuple[str, Phase], tuple[int, int]]:
    """Start and end of every scenario in every phase, epoch milliseconds, from the journal; the last run counts."""
    found = {}
    for event in record.events:
        if event.kind == EventKind.SCENARIO_FINISHED:
            run = event.data["run"]
            stop = round(datetime.fromisoformat(event.time).timestamp() * 1000)
            found[run["id"], Phase(run["phase"])] = (stop - round(1000 * run.get("seconds", 0.0)), stop)
    return found


def _attachment(record: Record, path: str, folder: Path) -> dict[str, str] | None:
    """Copies a file of the record beside the results; None for what is not a file of the record, or is too large."""
    source = record.path / path
    inside = link(path).inside and source.is_file() and source.resolve().is_relative_to(record.path.resolve())
    if not inside or source.stat().st_size > LARGEST:
        return None
    guessed = mimetypes.guess_type(source.name)[0] or "application/octet-stream"
    runnable = guessed in _TEXTUAL
    suffix = ".txt" if runnable else source.suffix
    name = f"{sha256_file(source)[:32]}-attachment{suffix}"
    shutil.copyfile(source, folder / name)
    return {"name": PurePosixPath(path).name, "source": name, "type": "text/plain" if runnable else guessed}


def _surroundings(record: Record, tr: Translator, folder: Path) -> None:
    """Environment, executor, and categories by which Allure groups what is not passed."""
    decision, header = decision_of(record), record.header
    environment = {
        "verdict": decision.verdict.value,
        "run": header.run,
        "project": header.project,
        "base": header.base,
        "target": header.target,
        "stand": header.stand_kind,
        **header.versions,
    }
    lines = (f"{name}={_one_line(value)}" for name, value in environment.items() if value)
    write_atomic(folder / "environment.properties", ("\n".join(lines) + "\n").encode("utf-8"))
    _write(
        folder / "categories.json",
        [
            {"name": tr("Замечания к обновлению"), "matchedStatuses": ["failed"]},
            {"name": tr("Сбои стенда: о продукте ничего не известно"), "matchedStatuses": ["broken"]},
            {"name": tr("Не проверено"), "matchedStatuses": ["skipped"]},
        ],
    )
    executor = {
        "name": "onec-readiness",
        "type": "onec-readiness",
        "buildName": header.run,
        "reportName": header.project,
    }
    _write(folder / "executor.json", executor)


def _one_line(value: str) -> str:
    return " ".join(value.split())


def _write(path: Path, value: Any) -> None:
    write_atomic(path, msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")
