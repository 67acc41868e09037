"""The gates that say whether the rehearsal itself can be believed, and what it found. Each is a pure function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.gate.facts import BACKUP_PROVEN, BASE_AFTER, BASE_BEFORE, P_NOT_CHECKED, T_MAX_WARNINGS
from harness.record.models import GateResult, Outcome, Phase, Severity, Text, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.gate.inputs import JudgeInput, PhaseInput

POLICIES = {
    "ignore": Verdict.GO,
    "conditions": Verdict.CONDITIONS,
    "incomplete": Verdict.INCOMPLETE,
    "no-go": Verdict.NO_GO,
}
"""Values of a policy."""
_PHASES = {Phase.BEFORE: "До обновления: ", Phase.AFTER: "После обновления: "}
_PROBLEMS = (
    "сценарии не выполнялись",
    "{problem}",
    "не найдено ни одного сценария",
    "прогон сценариев прерван",
    "pytest завершился с кодом {code}",
    "нет результата у сценариев: {scenarios}",
    "ни один сценарий ничего не проверил",
)
PHASE_PROBLEMS = {phase: tuple(prefix + problem for problem in _PROBLEMS) for phase, prefix in _PHASES.items()}
"""What may be wrong with a phase, as whole sentences, so that each can be translated."""
_SHOWN = 5
_FINE_EXITS = (0, 1, 5)
"""pytest's codes that say the session itself went well: passed, failed, nothing (left) to run."""


def result(
    name: str, verdict: Verdict, wanted: str, seen: str, /, *, why: str | Text = "", source: str = "", **params: object
) -> GateResult:
    """A gate's result; templates are filled from `params`. `why` may be a text of the record, which has its own translation."""
    places = {key: str(value) for key, value in params.items()}
    return GateResult(
        name=name,
        verdict=verdict,
        wanted=Text(msgid=wanted, params=places),
        seen=Text(msgid=seen, params=places),
        why=(why if isinstance(why, Text) else Text(msgid=why, params=places)) if why else None,
        source=source,
    )


def policy(inputs: JudgeInput, name: str) -> Verdict:
    """Verdict of a policy; a value that is none counts as INCOMPLETE, never as permission."""
    return POLICIES.get(inputs.threshold(name), Verdict.INCOMPLETE)


def listed(names: Iterable[str]) -> str:
    """A few names, and how many more there are."""
    known = sorted(names)
    more = f" и ещё {len(known) - _SHOWN}" if len(known) > _SHOWN else ""
    return ", ".join(known[:_SHOWN]) + more


def steps(inputs: JudgeInput) -> GateResult:
    """Every step of the pipeline that began came to its end."""
    last = {step.name: step for step in inputs.steps}
    # A proof that found differences has its own gate; documents are written after the verdict.
    apart = {"documents"} | ({"proof"} if inputs.fact(BACKUP_PROVEN) else set())
    failed = [step for step in last.values() if step.outcome == "failed" and step.name not in apart]
    wanted = "Все шаги репетиции выполнены"
    if not failed:
        return result("steps", Verdict.GO, wanted, "Не выполненных шагов нет")
    names = ", ".join(step.name for step in failed)
    why = failed[0].text or "Шаг репетиции не выполнен: {steps}"
    return result("steps", Verdict.INCOMPLETE, wanted, "Не выполнены шаги: {steps}", why=why, steps=names)


def phases(inputs: JudgeInput) -> GateResult:
    """Both phases ran to their end, and every collected scenario has a result in both."""
    wanted = "Все сценарии выполнены до и после обновления"
    for phase, state in inputs.phases.items():
        problem = _phase_problem(state)
        if problem is not None:
            number, params = problem
            seen = PHASE_PROBLEMS[phase][number]
            return result("phases", Verdict.INCOMPLETE, wanted, seen, why=seen, **params)
    apart = inputs.before.collected ^ inputs.after.collected
    if apart:
        seen = "Состав сценариев в этапах разный: {scenarios}"
        return result("phases", Verdict.INCOMPLETE, wanted, seen, why=seen, scenarios=listed(apart))
    return result("phases", Verdict.GO, wanted, "Выполнено сценариев: {count}", count=len(inputs.after.collected))


def _phase_problem(state: PhaseInput) -> tuple[int, dict[str, str]] | None:
    """Number of the first problem in `PHASE_PROBLEMS` and its params; None when the phase is whole."""
    problems = [str(problem) for session in state.sessions for problem in session.problems]
    # The last session counts: one that was interrupted may have been resumed since.
    code = state.sessions[-1].exitstatus if state.sessions else 0
    lost = state.collected - state.outcomes.keys()
    idle = all(outcome in (Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE) for outcome in state.outcomes.values())
    params = {
        "problem": problems[0] if problems else "",
        "code": str(code),
        "scenarios": listed(lost),
    }
    conditions = (
        not state.collected and not state.sessions,
        bool(problems),
        not state.collected,
        not state.sessions,
        code not in _FINE_EXITS,
        bool(lost),
        idle,
    )
    number = next((number for number, met in enumerate(conditions) if met), None)
    return None if number is None else (number, params)


def stand(inputs: JudgeInput) -> GateResult:
    """The stand answered, and no process of ours was lost: otherwise nothing is known of the product."""
    wanted = "Стенд отвечал, ни один процесс не потерян"
    found = [
        (name, phase)
        for phase, state in inputs.phases.items()
        for name, outcome in sorted(state.outcomes.items())
        if outcome is Outcome.TROUBLE
    ]
    if not found:
        return result("stand", Verdict.GO, wanted, "Сбоев стенда не было")
    name, phase = found[0]
    why = inputs.phases[phase].reasons.get(name) or "Не удалось проверить из-за сбоев: {scenarios}"
    names = listed({name for name, _ in found})
    return result(
        "stand", Verdict.INCOMPLETE, wanted, "Не удалось проверить из-за сбоев: {scenarios}", why=why, scenarios=names
    )


def pairing(inputs: JudgeInput) -> GateResult:
    """What was seen before and after can be compared: the same base, the same scenarios, every observation with its twin."""
    wanted = "Каждое наблюдение есть до и после обновления и относится к одной базе"
    bases = inputs.fact(BASE_BEFORE), inputs.fact(BASE_AFTER)
    if None not in bases and bases[0] != bases[1]:
        seen = "До и после обновления отвечали разные базы: {before} и {after}"
        return result("pairing", Verdict.INCOMPLETE, wanted, seen, why=seen, before=bases[0], after=bases[1])
    if not inputs.compared:
        seen = "Наблюдения не сравнивались"
        return result("pairing", Verdict.INCOMPLETE, wanted, seen, why=seen)
    if not inputs.observed:
        seen = "Ни один сценарий ничего не наблюдал: сравнивать нечего"
        return result("pairing", Verdict.INCOMPLETE, wanted, seen, why=seen)
    if inputs.untold:
        return result(
            "pairing",
            Verdict.INCOMPLETE,
            wanted,
            "Не удалось сравнить наблюдений: {count}",
            why=inputs.untold[0].why,
            count=len(inputs.untold),
        )
    return result("pairing", Verdict.GO, wanted, "Сравнены все наблюдения")


def blockers(inputs: JudgeInput) -> GateResult:
    """No blocking finding."""
    found = [finding for finding in inputs.findings if finding.severity is Severity.BLOCKER]
    wanted = "Блокирующих замечаний нет"
    if not found:
        return result("blockers", Verdict.GO, wanted, "Блокирующих замечаний нет")
    causes = len({finding.cause or str(number) for number, finding in enumerate(found)})
    return result(
        "blockers",
        Verdict.NO_GO,
        wanted,
        "Блокирующих замечаний: {count}"
        if causes == len(found)
        else "Блокирующих замечаний: {count}, причин: {causes}",
        why="{first}",
        count=len(found),
        causes=causes,
        first=found[0].text,
    )


def warnings(inputs: JudgeInput) -> GateResult:
    """Not more warnings than GO bears."""
    found = [finding for finding in inputs.findings if finding.severity is Severity.WARNING]
    limit = _count(inputs.threshold(T_MAX_WARNINGS))
    verdict = Verdict.CONDITIONS if len(found) > limit else Verdict.GO
    return result(
        "warnings",
        verdict,
        "Предупреждений не больше {limit}",
        "Предупреждений: {count}",
        why=found[0].text if verdict is not Verdict.GO else "",
        source=inputs.source(T_MAX_WARNINGS),
        limit=limit,
        count=len(found),
    )


def _count(text: str) -> int:
    return int(text) if text.isdigit() else 0


_UNABLE = "Проверьте сами то, чего не смогли проверить сценарии: {unable}"
_LEFT_OUT = "Выполнена только часть набора: выбором сценариев (--only, --skip) не выполнено {excluded}: {left}; для решения выполните и их"
_BOTH = "Проверьте сами то, чего не смогли проверить сценарии: {unable}; и выполните те, что оставлены выбором (--only, --skip): {left}"


def not_checked(inputs: JudgeInput) -> GateResult:
    """No scenario that could stop the update was left unchecked."""
    wanted = "Все важные сценарии проверены"
    lacking = {
        name
        for state in inputs.phases.values()
        for name, outcome in state.outcomes.items()
        if outcome is Outcome.NOT_CHECKED and _matters(inputs, name)
    }
    # What the settings left out was not checked either: a run of a part is no permission for the whole.
    left_out = inputs.before.excluded | inputs.after.excluded
    if not lacking and not left_out:
        return result("not_checked", Verdict.GO, wanted, "Непроверенных важных сценариев нет")
    why = _UNABLE if not left_out else _LEFT_OUT if not lacking else _BOTH
    return result(
        "not_checked",
        policy(inputs, P_NOT_CHECKED),
        wanted,
        "Не проверено сценариев: {count} ({scenarios})",
        why=why,
        source=inputs.source(P_NOT_CHECKED),
        count=len(lacking | left_out),
        scenarios=listed(lacking | left_out),
        unable=listed(lacking),
        excluded=len(left_out),
        left=listed(left_out),
    )


def _matters(inputs: JudgeInput, name: str) -> bool:
    scenario = inputs.scenarios.get(name)
    return scenario is None or scenario.severity is not Severity.INFO
