"""The steps that need no stand: compare, judge, write the documents; and the end of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import StepError
from harness.record import EventKind, read_record
from harness.record.models import Phase, Text
from harness.run import window
from harness.run.context import StepReport

if TYPE_CHECKING:
    from harness.record import RecordWriter
    from harness.record.models import Decision
    from harness.run.context import Run

_MEASURED = {"backup": "backup.seconds", "update": "update.seconds", "restore": "restore.seconds"}


def compare(run: Run) -> StepReport:
    """Compares what both phases saw and takes away what was accepted."""
    from harness.observe import compare_record, explain_record, load_acceptances

    record = read_record(run.record.path)
    if not all(record.phases[phase].finished for phase in Phase):
        return StepReport(text=Text(msgid="Сравнивать нечего: наблюдения есть не в обоих этапах"))
    differences = compare_record(run.record)
    file = run.config.settings.acceptances.file
    explain_record(run.record, load_acceptances(run.config.file(file)) if file else [])
    return StepReport(facts={"differences": str(len(differences))})


def judge(run: Run) -> StepReport:
    """Findings, gates, verdict."""
    for fact in window.facts(run.config.settings.window, _measured(run)):
        run.record.event(EventKind.FACT, fact)
    run.decision = decide(run.record)
    return StepReport(facts={"verdict": run.decision.verdict.value})


def decide(record: RecordWriter) -> Decision:
    """Computes the verdict from the record alone and writes it: the same for the run and for `readiness judge`."""
    from harness.gate import judge_record

    decision = judge_record(read_record(record.path, verify=False))
    record.decide(decision)
    return decision


def documents(run: Run) -> StepReport:
    """Writes the documents; what cannot be made (a PDF without a browser) is said, and is no failure."""
    import reports

    chosen = run.config.settings.documents
    header = run.record.header
    paths = reports.render(run.record.path, list(chosen.formats), language=header.language, browser=chosen.browser)
    run.documents = [Path(path).relative_to(run.record.path).as_posix() for path in paths]
    return StepReport(facts={Path(path).name: str(_size(Path(path))) for path in paths})


def close(run: Run) -> Decision:
    """Seals the record; a complete run needs its work folder no more.

    Raises:
        StepError: the verdict could not be computed; the record is kept as it is.
    """
    if run.decision is None:
        step = read_record(run.record.path).step("judge")
        raise StepError(str(step.text) if step and step.text else "решение не вычислено", place=str(run.record.path))
    run.record.seal()
    return run.decision


def _measured(run: Run) -> dict[str, float]:
    record = read_record(run.record.path)
    found = {name: float(record.facts[fact].value) for name, fact in _MEASURED.items() if fact in record.facts}
    after = record.step("after")
    return {**found, "after": after.seconds} if after else found


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else sum(1 for item in path.rglob("*") if item.is_file())
