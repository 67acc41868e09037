"""The steps that touch the stand: preflight, backup, proof of the restore, restore, update."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.errors import HarnessError, StepError
from harness.gate import facts as names
from harness.record.models import Finding, Severity, Text
from harness.run.context import StepReport
from stand.protocol import Backup, Capability, Info, Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.run.context import Run

_LACKING = {
    Capability.BACKUP: "Резервная копия не снята: этот стенд не умеет её снимать",
    Capability.PROOF: "Резервная копия не проверена восстановлением: этот стенд не умеет восстанавливать",
    Capability.RESTORE: "Стенд не возвращён к копии перед обновлением: он не умеет восстанавливать",
    Capability.UPDATE: "Стенд не умеет обновляться",
    Capability.ISOLATION: "Неизвестно, отключены ли внешние соединения и регламентные задания: база об этом не сообщает",
}


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A backup as it is remembered in the work folder, for `--resume`."""

    path: str = ""
    digest: str = ""
    taken: str = ""


def preflight(run: Run) -> StepReport:
    """Journals what `harness.run.launch` found: capabilities, release, isolation; the trouble of a stand that did not answer."""
    for capability in Capability:
        present = capability in run.stand.capabilities
        lacking = None if present else Text(msgid=_LACKING.get(capability, "Стенд этого не умеет"))
        run.capability(capability.value, present=present, text=lacking)
    if isinstance(run.trouble, HarnessError):
        raise run.trouble
    info, isolation = run.info, run.isolation
    if info is None or isolation is None:
        raise StepError("стенд не ответил")
    facts = {
        "base": info.base,
        "configuration": info.configuration,
        "release": info.version,
        "platform": info.platform,
        "address": run.stand.endpoints().publication,
    }
    run.fact(names.BASE_BEFORE, info.base)
    run.fact(names.RELEASE_BEFORE, info.version or names.UNKNOWN)
    run.fact(names.STAND_EMULATOR, _bool(info.emulator))
    run.fact(names.STAND_MARKED, _bool(info.marked))
    run.fact(names.RESOURCES_BLOCKED, _bool(isolation.external_resources_blocked))
    run.fact(names.JOBS_BLOCKED, _bool(isolation.scheduled_jobs_blocked))
    return StepReport(facts={name: value for name, value in facts.items() if value}, seconds=run.preflight_seconds)


def backup(run: Run) -> StepReport:
    """Takes the backup and remembers where it lies."""
    if Capability.BACKUP not in run.stand.capabilities:
        return _lacking(run, Capability.BACKUP, "Резервная копия")
    taken = run.stand.backup()
    kept = _Kept(path=str(taken.path or ""), digest=taken.digest, taken=taken.taken)
    run.work.write_private(run.work.path / "backup.json", msgspec.json.encode(kept))
    _measured(run, names.BACKUP_SECONDS, taken.result)
    return _of(taken.result, {"sha256": taken.digest, "taken": taken.taken})


def proof(run: Run) -> StepReport:
    """Restores the backup beside the stand and compares every table."""
    if Capability.PROOF not in run.stand.capabilities or Capability.BACKUP not in run.stand.capabilities:
        run.fact(names.BACKUP_PROVEN, names.UNKNOWN)
        return _lacking(run, Capability.PROOF, "Восстановление из резервной копии")
    found = run.stand.proof(_backup(run))
    run.fact(names.BACKUP_PROVEN, _bool(found.proven))
    _measured(run, "backup.restore_seconds", found.result)
    facts = {"tables": str(found.tables), "rows": str(found.rows), "proven": _bool(found.proven)}
    if found.proven:
        return _of(found.result, facts)
    if found.problem:
        text = Text(msgid="Резервная копия не восстанавливается: {problem}", params={"problem": found.problem})
    else:
        differing = ", ".join(found.differing[:5])
        text = Text(msgid="Восстановленная копия не равна базе: {tables}", params={"tables": differing})
    finding = Finding(
        code="BACKUP-NOT-PROVEN",
        severity=Severity.BLOCKER,
        area="operation",
        object="Резервная копия",
        text=text,
        advice=Text(msgid="Не обновляйте рабочую базу, пока копия не восстанавливается без расхождений"),
    )
    run.record.event("finding", finding)
    report = _of(found.result, facts)
    return StepReport(facts=report.facts, evidence=report.evidence, text=text, failed=True, seconds=report.seconds)


def restore(run: Run) -> StepReport:
    """Puts the stand back to the backup, so that the update begins where production stands."""
    if Capability.RESTORE not in run.stand.capabilities or Capability.BACKUP not in run.stand.capabilities:
        return _lacking(run, Capability.RESTORE, "Возврат стенда к копии")
    result = run.stand.restore(_backup(run))
    _measured(run, names.RESTORE_SECONDS, result)
    _refresh(run)
    return _of(result)


def update(run: Run) -> StepReport:
    """Updates the stand; believed only when the base says that it runs the release."""
    target = run.record.header.target
    result = run.stand.update(target)
    _measured(run, names.UPDATE_SECONDS, result)
    info = _refresh(run)
    run.fact(names.BASE_AFTER, info.base)
    run.fact(names.RELEASE_AFTER, info.version or names.UNKNOWN)
    run.fact(names.HANDLERS_FAILED, str(len(info.handlers_failed)))
    run.fact(names.DEFERRED_LEFT, names.UNKNOWN if info.deferred_left is None else str(info.deferred_left))
    run.fact(names.EXTENSIONS_REFUSED, str(len(info.extensions_refused)))
    _findings_of_update(run, info)
    report = _of(result, {"release": info.version})
    if target and info.version and info.version != target:
        text = Text(
            msgid="После обновления база сообщает релиз {seen}, а ожидался {wanted}",
            params={"seen": info.version, "wanted": target},
        )
        return StepReport(facts=report.facts, evidence=report.evidence, text=text, failed=True, stops=True)
    return report


def put_back(run: Run, *, updated: bool) -> None:
    """Before a phase goes on in which a writing scenario was killed: the half-written data must not stay in the stand."""
    if Capability.RESTORE in run.stand.capabilities:
        run.stand.restore(_backup(run))
        if updated:
            run.stand.update(run.record.header.target)
        _refresh(run)


def _findings_of_update(run: Run, info: Info) -> None:
    for handler in info.handlers_failed:
        _finding(
            run,
            "UPDATE-HANDLER-FAILED",
            handler,
            Text(msgid="Обработчик обновления завершился с ошибкой: {handler}", params={"handler": handler}),
        )
    for name, reason in info.extensions_refused.items():
        text = Text(msgid="Расширение «{name}» не применено: {reason}", params={"name": name, "reason": reason})
        _finding(run, "EXTENSION-REFUSED", name, text)
    for handler in info.deferred_waiting:
        # What it weighs is a policy of the gate; here it gets its name.
        text = Text(msgid="Отложенный обработчик обновления не завершён: {handler}", params={"handler": handler})
        _finding(run, "DEFERRED-LEFT", handler, text, Severity.INFO)


def _finding(run: Run, code: str, about: str, text: Text, severity: Severity = Severity.BLOCKER) -> None:
    run.record.event(
        "finding",
        Finding(code=code, severity=severity, area="operation", object=about, text=text, phase="after"),
    )


def _refresh(run: Run) -> Info:
    run.info = run.stand.info()
    run.isolation = run.stand.isolation()
    return run.info


def _backup(run: Run) -> Backup:
    try:
        kept = msgspec.json.decode((run.work.path / "backup.json").read_bytes(), type=_Kept)
    except OSError as error:
        raise StepError("неизвестно, где лежит резервная копия", hint="начните новый прогон") from error
    return Backup(Result(0.0), Path(kept.path) if kept.path else None, kept.digest, kept.taken)


def _lacking(run: Run, capability: Capability, what: str) -> StepReport:
    text = Text(msgid=_LACKING[capability])
    run.not_checked(what, text)
    return StepReport(text=text)


def _of(result: Result, more: Mapping[str, str] | None = None) -> StepReport:
    by_hand = result.facts.get("by_hand") == "true"
    seconds = result.seconds if by_hand else None  # the call itself only looked whether it was done
    return StepReport(facts={**result.facts, **(more or {})}, evidence=result.evidence, seconds=seconds)


def _bool(value: bool | None) -> str:
    return names.UNKNOWN if value is None else "true" if value else "false"


def _measured(run: Run, name: str, result: Result) -> None:
    """A duration the rollback deadline may rest on: not the hours a person took to find the time."""
    if result.facts.get("by_hand") != "true":
        run.fact(name, f"{result.seconds:.3f}", unit="s")
