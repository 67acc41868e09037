"""What to do now, by whom, until when: derived from verdict, findings, window and the rollback deadline."""

from __future__ import annotations

from itertools import accumulate, islice
from typing import TYPE_CHECKING, Final

from harness.record.models import Severity, Verdict
from reports.view.common import cut, fact, find_fact, some
from reports.view.model import Action
from reports.view.reasons import COUNTING_GATES, finished

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.record.models import Decision, Finding, GateResult
    from harness.record.reader import Record
    from reports.i18n import Translator

MOST: Final = 7
SHOWN_REF: Final = 24
"""Characters of a scenario's id that the template shows."""
ROOM_FOR_REFS: Final = 56
LONGEST_NAME: Final = 60
LONGEST_LIST: Final = 84
"""Characters of one owner, and of several in one line of the plan."""


def actions(tr: Translator, record: Record, decision: Decision) -> tuple[Action, ...]:
    """Lines of the table "What to do now", at most seven; what is nobody's falls to the one who answers for the update."""
    plan = list(_PLANS[decision.verdict](tr, record, decision))
    owner = cut(record.header.owner, LONGEST_NAME) or tr("не назначен")
    return tuple(
        Action(cut(one.what, 120), one.who or owner, cut(one.until, 50), one.refs, one.more) for one in plan[:MOST]
    )


def deadline(tr: Translator, record: Record, decision: Decision) -> str:
    """How the moment was computed after which going back no longer fits the window; "" when the update may not begin."""
    found = find_fact(record, decision, "rollback_deadline")
    if found is None or decision.verdict not in {Verdict.GO, Verdict.CONDITIONS}:
        return ""
    return cut(tr.text(found.text), 260) or tr(
        "Решение об откате — не позднее {moment}.", moment=tr.moment(found.value)
    )


def _no_go(tr: Translator, _record: Record, decision: Decision) -> Iterator[Action]:
    yield Action(tr("Рабочую базу не обновлять."), "", tr("до решения «Обновлять можно»"))
    wrong = list(_causes(tr, decision, Verdict.NO_GO))
    yield from _by_owner(tr, decision, Severity.BLOCKER, room=MOST - 2 - len(wrong[:2]))
    yield from wrong[:2]
    yield Action(tr("Повторить репетицию на стенде."), "", tr("после исправлений"))


def _conditions(tr: Translator, record: Record, decision: Decision) -> Iterator[Action]:
    start = _window(tr, record, "start")
    until = start or tr("до обновления")
    yield from _by_owner(tr, decision, Severity.WARNING, room=2, until=until)
    for gate in _telling(decision, Verdict.CONDITIONS)[:2]:
        yield Action(finished(tr.text(gate.why or gate.seen)), "", until)
    yield from _update(tr, record, decision)


def _incomplete(tr: Translator, _record: Record, decision: Decision) -> Iterator[Action]:
    yield Action(tr("Рабочую базу не обновлять."), "", tr("до решения «Обновлять можно»"))
    yield from islice(_causes(tr, decision, Verdict.INCOMPLETE), MOST - 2)
    yield Action(tr("Продолжить прогон (--resume) или повторить репетицию."), "", tr("после устранения причин"))


def _go(tr: Translator, record: Record, decision: Decision) -> Iterator[Action]:
    yield from _update(tr, record, decision)


def _update(tr: Translator, record: Record, decision: Decision) -> Iterator[Action]:
    """The update itself, in the order in which it is done."""
    start, end = _window(tr, record, "start"), _window(tr, record, "end")
    moment = fact(record, decision, "rollback_deadline")
    decided = tr.moment(moment) if moment else ""
    yield Action(
        tr("Снять резервную копию рабочей базы тем же способом, что на репетиции."),
        "",
        start or tr("перед обновлением"),
    )
    release = record.header.target
    what = (
        tr("Обновить рабочую базу до релиза {release}.", release=release) if release else tr("Обновить рабочую базу.")
    )
    yield Action(what, "", decided or end or tr("в согласованное окно"))
    yield Action(
        tr("Решить: оставить новый релиз или откатиться к копии."),
        "",
        decided or tr("до конца окна: срок не рассчитан, окно не задано"),
    )
    if decision.not_checked or record.not_checked:
        yield Action(
            tr("Проверить вручную то, что осталось непроверенным (перечень ниже)."), "", tr("сразу после обновления")
        )


_PLANS: Final = {
    Verdict.NO_GO: _no_go,
    Verdict.CONDITIONS: _conditions,
    Verdict.INCOMPLETE: _incomplete,
    Verdict.GO: _go,
}


def _telling(decision: Decision, verdict: Verdict) -> list[GateResult]:
    """Gates of a verdict that say more than how many findings there are."""
    return [gate for gate in decision.gates if gate.verdict is verdict and gate.name not in COUNTING_GATES]


def _causes(tr: Translator, decision: Decision, verdict: Verdict) -> Iterator[Action]:
    """One line a gate: what has to be put right before the next rehearsal."""
    for gate in _telling(decision, verdict):
        seen = tr.text(gate.why or gate.seen).rstrip(".")
        yield Action(tr("Устранить причину: {seen}.", seen=seen), "", tr("до повторной репетиции"))


def _by_owner(
    tr: Translator, decision: Decision, severity: Severity, *, room: int, until: str = ""
) -> Iterator[Action]:
    """One line an owner, at most `room`: how many findings, and in which scenarios."""
    groups: dict[str, list[Finding]] = {}
    for finding in decision.findings:
        if finding.severity is severity:
            groups.setdefault(cut(tr.lookup(finding.owner), LONGEST_NAME), []).append(finding)
    ordered = sorted(groups.items(), key=lambda pair: -len(pair[1]))
    if len(ordered) > room:
        rest = [finding for _, findings in ordered[room - 1 :] for finding in findings]
        ordered = [
            *ordered[: room - 1],
            (
                some(
                    tr,
                    [cut(owner, LONGEST_NAME // 2) or tr("не назначен") for owner, _ in ordered[room - 1 :]],
                    LONGEST_LIST,
                ),
                rest,
            ),
        ]
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
