"""What can be done with a record after its run: judge again, override, agree, render."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.record import EventKind, RecordWriter, now, read_record
from harness.record.manifest import MANIFEST, write_manifest
from harness.record.models import Override
from harness.run.finish import decide, verdict_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.record.models import Decision, Verdict
    from reports import Documents


def judge(path: Path) -> Decision:
    """The verdict computed anew from the record alone; nothing is written.

    Raises:
        RecordError: not a record, of another version, or edited; names the file.
    """
    return verdict_of(read_record(path))


def override(path: Path, verdict: Verdict, name: str, reason: str) -> Decision:
    """Adds a person's decision to the record for good; the gates' own verdict and the exit code stay.

    Raises:
        UsageError: no name or no reason.
    """
    if not name or not reason:
        raise UsageError(
            "решение человека записывается с именем и причиной",
            place="--override",
            hint='--by "Фамилия И. О." --reason "почему"',
        )
    with RecordWriter.open(path) as writer:
        writer.event(EventKind.OVERRIDE, Override(name=name, reason=reason, verdict=verdict, at=now()))
        unseal(path)
        decision = decide(writer)
        _render_again(path)
        writer.seal()
    return decision


def agree(path: Path, acceptances: Path) -> Decision:
    """Explains the record's differences by another set of acceptances and judges anew: agreeing takes no second rehearsal.

    What was compared stays as it was; the file itself becomes evidence, and the journal says when it was applied.

    Raises:
        RecordError: edited.
        ConfigError: the file of acceptances cannot be understood.
        UsageError: the run has not come to the comparison.
    """
    from harness.observe import explain_record, load_acceptances

    declared = load_acceptances(acceptances)
    if not read_record(path).compared:
        raise UsageError(
            "в протоколе ещё нет сравнения: согласовывать нечего",
            place=str(path),
            hint=f"доведите прогон до конца: readiness run --resume {path}",
        )
    with RecordWriter.open(path) as writer:
        unseal(path)
        kept = writer.evidence("acceptances.toml", acceptances.read_bytes())
        writer.event(EventKind.AGREED, {"file": kept, "entries": len(declared)})
        explain_record(writer, declared)
        decision = decide(writer)
        _render_again(path)
        writer.seal()
    return decision


def unseal(path: Path) -> None:
    """Takes the seal off a record that was verified and is about to grow; it is sealed again afterwards."""
    (path / MANIFEST).unlink(missing_ok=True)


def _render_again(path: Path) -> None:
    """The documents that are there must say what was decided."""
    import reports

    chosen = {item.key: item.value for item in read_record(path).header.settings}
    formats = [name for name in chosen.get("documents.formats", "").split(", ") if name in reports.FORMATS]
    reports.render(path, formats, browser=chosen.get("documents.browser", ""))


def render(path: Path, formats: Sequence[str], language: str, browser: str) -> Documents:
    """Renders documents into the record; a sealed record is verified before and sealed again.

    Raises:
        RecordError: edited.
    """
    import reports

    record = read_record(path)
    documents = reports.render(path, list(formats), language=language, browser=browser)
    if record.sealed:
        write_manifest(path)
    return documents
