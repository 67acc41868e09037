"""What to do now, by whom, until when: derived from verdict, findings, window and the rollback deadline."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final

from harness.record.models import Severity, Verdict
from reports.view.common import cut, fact, find_fact
from reports.view.model import Action

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.record.models import Decision, Finding
    from harness.record.reader import Record
    from reports.i18n import Translator

MOST: Final = 6
SHOWN_REF: Final = 24
"""Characters of a scenario's id that the template shows."""
ROOM_FOR_REFS: Final = 56


def actions(tr: Translator, record: Record, decision: Decision) -> tuple[Action, ...]:
    """Lines of the table "What to do now", at most six."""
    plan = list(_PLANS[decision.verdict](tr, record, decision))
    owner = record.header.owner or tr("не назначен")
    return tuple(
        Action(cut(one.what, 120), cut(one.who or owner, 60), cut(one.until, 50), one.refs, one.more)
        for one in plan[:MOST]
    )


def deadline(tr: Translator, record: Record, decision: Decision) -> str:
    """How the moment was computed after which going back no longer fits the window; "" when the update may not begin."""
    found = find_fact(record, decision, "rollback_deadline")
    if found is None or decision.verdict not in {Verdict.GO, Verdict.CONDITIONS}:
        return ""
    return cut(tr.text(found.text), 260) or tr(
        "Решение об откате — не позднее {moment}.", moment=tr.moment(found.value)
    )


def _no_go(tr: Translator, record: Record, decision: Decision) -> Iterator[Action]:
    yield Action(tr("Рабочую базу не обновлять."), record.header.owner, tr("до решения «Обновлять можно»"))
    yield from _by_owner(tr, decision, Severity.BLOCKER)
    yield Action(tr("Повторить репетицию на стенде."), record.header.owner, tr("после исправлений"))


def _conditions(tr: Translator, record: Record, decision: Decision) -> Iterator[Action]:
    start = _window(tr, record, "start")
    yield from _by_owner(tr, decision, Severity.WARNING, until=start or tr("до обновления"))
    yield from _update(tr, record, decision)


def _incomplete(tr: Translator, record: Record, decision: Decision) -> Iterator[Action]:
    yield Action(tr("Рабочую базу не обновлять."), record.header.owner, tr("до решения «Обновлять можно»"))
    unknown = [gate for gate in decision.gates if gate.verdict is Verdict.INCOMPLETE]
    for gate in unknown[: MOST - 2]:
        seen = tr.text(gate.why or gate.seen).rstrip(".")
        yield Action(tr("Устранить причину: {seen}.", seen=seen), record.header.owner, tr("до повторной репетиции"))
    yield Action(
        tr("Продолжить прогон (--resume) или повторить репетицию."), record.header.owner, tr("после устранения причин")
    )


def _go(tr: Translator, record: Record, decision: Decision) -> Iterator[Action]:
    yield from _update(tr, record, decision)


def _update(tr: Translator, record: Record, decision: Decision) -> Iterator[Action]:
    """The update itself, in the order in which it is done."""
    owner, start, end = record.header.owner, _window(tr, record, "start"), _window(tr, record, "end")
    yield Action(
        tr("Снять резервную копию рабочей базы тем же способом, что на репетиции."),
        owner,
        start or tr("перед обновлением"),
    )
    release = record.header.target
    what = (
        tr("Обновить рабочую базу до релиза {release}.", release=release) if release else tr("Обновить рабочую базу.")
    )
    yield Action(what, owner, end or tr("в согласованное окно"))
    moment = fact(record, decision, "rollback_deadline")
    yield Action(
        tr("Решить: оставить новый релиз или откатиться к копии."),
        owner,
        tr.moment(moment) if moment else tr("до конца окна: срок не рассчитан, окно не задано"),
    )
    if decision.not_checked or record.not_checked:
        yield Action(
            tr("Проверить вручную то, что осталось непроверенным (перечень ниже)."), owner, tr("сразу после обновления")
        )


_PLANS: Final = {
    Verdict.NO_GO: _no_go,
    Verdict.CONDITIONS: _conditions,
    Verdict.INCOMPLETE: _incomplete,
    Verdict.GO: _go,
}


def _by_owner(tr: Translator, decision: Decision, severity: Severity, until: str = "") -> Iterator[Action]:
    """One line an owner: how many findings, in which scenarios, and the first advice."""
    groups: dict[str, list[Finding]] = {}
    for finding in decision.findings:
        if finding.severity is severity:
            groups.setdefault(finding.owner, []).append(finding)
    ordered = sorted(groups.items(), key=lambda pair: -len(pair[1]))
    room = MOST - 2
    if len(ordered) > room:
        rest = [finding for _, findings in ordered[room - 1 :] for finding in findings]
        others = ", ".join(owner or tr("не назначен") for owner, _ in ordered[room - 1 :])
        ordered = [*ordered[: room - 1], (others, rest)]
    for owner, findings in ordered:
        refs = tuple(dict.fromkeys(finding.scenario for finding in findings if finding.scenario))
        named = _fitting(refs)
        yield Action(
            _task(tr, findings, severity),
            owner or tr("не назначен"),
            until or tr("до повторной репетиции"),
            refs[:named],
            len(refs) - named,
        )


def _task(tr: Translator, findings: list[Finding], severity: Severity) -> str:
    counted = (
        tr.count(len(findings), "блокирующее замечание", "блокирующих замечаний")
        if severity is Severity.BLOCKER
        else tr.count(len(findings), "предупреждение", "предупреждений")
    )
    if severity is Severity.BLOCKER:
        return tr("Устранить {counted}:", counted=counted)
    return tr("Принять или устранить {counted}:", counted=counted)


def _fitting(refs: tuple[str, ...]) -> int:
    """How many names fit two printed lines; at least one."""
    ends = accumulate(min(len(ref), SHOWN_REF) + 2 for ref in refs)
    return max(1, sum(end <= ROOM_FOR_REFS for end in ends)) if refs else 0


def _window(tr: Translator, record: Record, end: str) -> str:
    """Begin or end of the maintenance window as configured."""
    for setting in record.header.settings:
        if setting.key == f"window.{end}" and setting.value:
            return tr.moment(setting.value)
    return ""
