"""The steps that need no stand: compare, judge, write the documents; and the end of a run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.errors import StepError
from harness.gate import facts as names
from harness.record import EventKind, read_record
from harness.record.models import Phase, Text
from harness.run import proof, window
from harness.run.context import StepReport

if TYPE_CHECKING:
    from pathlib import Path

    from harness.record import Record, RecordWriter
    from harness.record.models import Decision
    from harness.run.context import Run

_AFTERWARDS = ("judge", "documents")
_MEASURED = {"backup": names.BACKUP_SECONDS, "update": names.UPDATE_SECONDS, "restore": names.RESTORE_SECONDS}


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
    chosen = run.config.settings.window
    found = list(window.facts(chosen, _measured(run)))
    for fact in found:
        run.record.event(EventKind.FACT, fact)
    if chosen.end is not None and not found:
        run.not_checked("Срок отката", Text(msgid="Время обновления и восстановления на стенде не измерено"))
    proof.quote(run)
    run.decision = decide(run.record)
    return StepReport(facts={"verdict": run.decision.verdict.value})


def verdict_of(record: Record) -> Decision:
    """The verdict, from the record alone: the same for the run, for its `--resume` and for `readiness judge`.

    How judging itself and writing documents went says nothing of the update: an earlier attempt that failed must not count.
    """
    from harness.gate import judge_record

    steps = [step for step in record.steps if step.name not in _AFTERWARDS]
    return judge_record(replace(record, steps=steps))


def decide(record: RecordWriter) -> Decision:
    """Computes the verdict and writes it into the record."""
    decision = verdict_of(read_record(record.path, verify=False))
    record.decide(decision)
    return decision


def documents(run: Run) -> StepReport:
    """Writes the documents; what cannot be made (a PDF without a browser) is said, and is no failure."""
    import reports

    chosen = run.config.settings.documents
    header = run.record.header
    written = reports.render(run.record.path, list(chosen.formats), language=header.language, browser=chosen.browser)
    run.documents = [path.relative_to(run.record.path).as_posix() for path in written]
    missing = " ".join(written.missing.values())
    text = Text(msgid="{missing}", params={"missing": missing}) if missing else None
    return StepReport(facts={path.name: str(_size(path)) for path in written}, text=text)


def close(run: Run) -> Decision:
    """Seals the record; a complete run needs its work folder no more.

    Raises:
        StepError: the verdict could not be computed; the record is kept as it is.
    """
    record = read_record(run.record.path, verify=False)
    decision = run.decision or record.decision  # judged by the process before `--resume`
    if decision is None:
        step = record.step("judge")
        raise StepError(str(step.text) if step and step.text else "решение не вычислено", place=str(run.record.path))
    run.record.seal()
    return decision


def _measured(run: Run) -> dict[str, float]:
    record = read_record(run.record.path)
    found = {name: float(record.facts[fact].value) for name, fact in _MEASURED.items() if fact in record.facts}
    after = record.step("after")
    return {**found, "after": after.seconds} if after else found


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else sum(1 for item in path.rglob("*") if item.is_file())
