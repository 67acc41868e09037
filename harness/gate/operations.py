"""The gates about the operation: backup, isolation, the update itself, coverage of reports, acceptances, the window. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.gate import facts
from harness.gate.gates import listed, policy, result
from harness.record.models import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.gate.inputs import JudgeInput
    from harness.record.models import GateResult, Step

_TRUE, _FALSE = "true", "false"


def backup(inputs: JudgeInput) -> GateResult:
    """The backup was restored and equals the stand."""
    wanted = "Резервная копия проверена восстановлением"
    proven = inputs.fact(facts.BACKUP_PROVEN)
    source = inputs.source(facts.P_BACKUP_UNPROVEN)
    if proven == _TRUE:
        seconds = inputs.number(facts.RESTORE_SECONDS)
        if seconds is None:
            return result("backup", Verdict.GO, wanted, "Копия восстановлена и совпала с базой", source=source)
        seen = "Копия восстановлена и совпала с базой; восстановление заняло {seconds} с"
        if seconds < 1:
            seen = "Копия восстановлена и совпала с базой; восстановление заняло меньше секунды"
        return result("backup", Verdict.GO, wanted, seen, source=source, seconds=f"{seconds:.0f}")
    if proven == _FALSE:
        seen = "Копия не восстанавливается или не совпала с базой"
        why = "Откатываться не к чему: копия не восстанавливается или не совпала с базой"
        return result("backup", Verdict.NO_GO, wanted, seen, why=why, source=source)
    failed = _failed(inputs, "backup") or _failed(inputs, "proof")
    if failed is not None:
        # The stand can do it and could not: that is worse than a stand that cannot.
        taken = failed.name != "backup"
        seen = (
            "Восстановлением не проверена: проверка не удалась"
            if taken
            else "Резервная копия не снята: снять её не удалось"
        )
        verdict = max(policy(inputs, facts.P_BACKUP_UNPROVEN), Verdict.INCOMPLETE, key=lambda one: one.rank)
        return result("backup", verdict, wanted, seen, why=failed.text or seen, source=source)
    seen = "Восстановлением не проверена: этот стенд не умеет восстанавливать копию в отдельную базу"
    why = "До обновления рабочей базы восстановите её копию и убедитесь, что она полна: на стенде это не проверено"
    return result("backup", policy(inputs, facts.P_BACKUP_UNPROVEN), wanted, seen, why=why, source=source)


def _failed(inputs: JudgeInput, name: str) -> Step | None:
    """The last try of a step, if it failed."""
    last = next((step for step in reversed(inputs.steps) if step.name == name), None)
    return last if last is not None and last.outcome == "failed" else None


def isolation(inputs: JudgeInput) -> GateResult:
    """The stand was cut off from the outside, so that the rehearsal touched nobody and nobody touched it."""
    wanted = "Внешние соединения и регламентные задания стенда заблокированы"
    blocked = inputs.fact(facts.RESOURCES_BLOCKED), inputs.fact(facts.JOBS_BLOCKED)
    if blocked == (_TRUE, _TRUE):
        return result("isolation", Verdict.GO, wanted, "Заблокированы")
    why = "Проверьте, что стенд не обменивался с рабочими системами: его изоляция не подтверждена"
    source = inputs.source(facts.P_ISOLATION_UNKNOWN)
    verdict = policy(inputs, facts.P_ISOLATION_UNKNOWN)
    if _FALSE not in blocked:
        seen = "Неизвестно, заблокированы ли они"
        return result("isolation", verdict, wanted, seen, why=why, source=source)
    # The policy is about not knowing; a stand that says it is open is never waved through.
    open_ = max(verdict, Verdict.CONDITIONS, key=lambda one: one.rank)
    return result("isolation", open_, wanted, "Не заблокированы", why=why, source=source)


def update(inputs: JudgeInput) -> GateResult:
    """The update was applied, reached its release and left nothing unfinished."""
    wanted = "Обновление применено, обработчики выполнены, расширения подключены"
    step = next((step for step in reversed(inputs.steps) if step.name == "update"), None)
    if step is None or step.outcome != "done":
        seen = "Обновление на стенде не применено"
        return result("update", Verdict.INCOMPLETE, wanted, seen, why=(step.text if step else None) or seen)
    return _update_wrong(inputs, wanted) or _update_known(inputs, wanted)


def _update_wrong(inputs: JudgeInput, wanted: str) -> GateResult | None:
    release = inputs.fact(facts.RELEASE_AFTER)
    if inputs.target and release is not None and release != inputs.target:
        seen = "После обновления база сообщает релиз {release}, а нужен {target}"
        return result("update", Verdict.NO_GO, wanted, seen, why=seen, release=release, target=inputs.target)
    for name, seen in (
        (facts.HANDLERS_FAILED, "Обработчиков обновления с ошибкой: {count}"),
        (facts.EXTENSIONS_REFUSED, "Расширений не подключено: {count}"),
    ):
        if inputs.number(name):
            return result("update", Verdict.NO_GO, wanted, seen, why=seen, count=inputs.fact(name))
    if inputs.number(facts.DEFERRED_LEFT):
        why = "Отложенные обработчики не завершены ({count}): часть данных ещё изменится, повторите сравнение после них"
        seen = "Отложенных обработчиков осталось: {count}"
        source = inputs.source(facts.P_DEFERRED_LEFT)
        verdict = policy(inputs, facts.P_DEFERRED_LEFT)
        return result("update", verdict, wanted, seen, why=why, source=source, count=inputs.fact(facts.DEFERRED_LEFT))
    return None


_ASKED = {
    facts.RELEASE_AFTER: "релиз после обновления",
    facts.HANDLERS_FAILED: "итог обработчиков обновления",
    facts.DEFERRED_LEFT: "состояние отложенных обработчиков",
    facts.EXTENSIONS_REFUSED: "подключение расширений",
}


def _update_known(inputs: JudgeInput, wanted: str) -> GateResult:
    release = inputs.fact(facts.RELEASE_AFTER)
    asked = {name: text for name, text in _ASKED.items() if name != facts.RELEASE_AFTER or inputs.target}
    unknown = [text for name, text in asked.items() if inputs.fact(name) is None]
    if unknown:
        why = "Проверьте сами то, чего база о своём обновлении не сообщает: {unknown}"
        seen = "База не сообщает: {unknown}"
        source = inputs.source(facts.P_UPDATE_UNKNOWN)
        return result(
            "update",
            policy(inputs, facts.P_UPDATE_UNKNOWN),
            wanted,
            seen,
            why=why,
            source=source,
            unknown=", ".join(unknown),
        )
    if not release:
        return result("update", Verdict.GO, wanted, "Применено, ошибок нет")
    if not inputs.target and release == inputs.fact(facts.RELEASE_BEFORE):
        seen = "Релиз базы после обновления тот же, что и до него: {release}"
        source = inputs.source(facts.P_UPDATE_UNKNOWN)
        verdict = policy(inputs, facts.P_UPDATE_UNKNOWN)
        return result("update", verdict, wanted, seen, why=seen, source=source, release=release)
    return result("update", Verdict.GO, wanted, "Применено, релиз {release}, ошибок нет", release=release)


def reports(inputs: JudgeInput) -> GateResult:
    """Enough of the organisation's own reports were checked."""
    share = _share(inputs.threshold(facts.T_REPORT_COVERAGE))
    source = inputs.source(facts.T_REPORT_COVERAGE)
    wanted = "Проверено не меньше {wanted} % своих отчётов"
    params = {"wanted": f"{share * 100:.0f}"}
    custom = inputs.number(facts.REPORTS_CUSTOM)
    if custom is None:
        concerned = any(scenario.area == "report" for scenario in inputs.scenarios.values())
        if not concerned:
            return result(
                "reports", Verdict.GO, wanted, "Сценариев об отчётах в этом прогоне нет", source=source, **params
            )
        seen = "Перечень отчётов базы неизвестен: долю проверенных посчитать нельзя"
        return result(
            "reports", policy(inputs, facts.P_REPORTS_UNKNOWN), wanted, seen, why=seen, source=source, **params
        )
    if not custom:
        return result("reports", Verdict.GO, wanted, "Своих отчётов в базе нет", source=source, **params)
    checked = reports_checked(inputs)
    params |= {"checked": str(checked), "custom": f"{custom:.0f}", "percent": f"{checked / custom * 100:.0f}"}
    seen = "Проверено {checked} из {custom} своих отчётов ({percent} %)"
    if checked / custom >= share:
        return result("reports", Verdict.GO, wanted, seen, source=source, **params)
    why = "Проверено только {checked} из {custom} своих отчётов ({percent} %, нужно {wanted} %): добавьте сценарии или проверьте остальные вручную"
    return result("reports", Verdict.CONDITIONS, wanted, seen, why=why, source=source, **params)


def reports_checked(inputs: JudgeInput) -> int:
    """How many custom reports were checked in both phases."""
    covered = {name.removeprefix("report:") for name in inputs.covered if name.startswith("report:")}
    known = inputs.fact(facts.REPORTS_CUSTOM_NAMES)
    return (
        len(covered & set(known.splitlines()))
        if known
        else min(len(covered), int(inputs.number(facts.REPORTS_CUSTOM) or 0))
    )


def _share(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 1.0


def acceptances(inputs: JudgeInput) -> GateResult:
    """Every acceptance still holds."""
    wanted = "Все согласованные расхождения действуют"
    expired = [item.id for item in inputs.acceptances if item.expired]
    if expired:
        seen = "Просрочены: {acceptances}"
        why = "Согласование расхождений просрочено: {acceptances}"
        return result("acceptances", Verdict.NO_GO, wanted, seen, why=why, acceptances=listed(expired))
    used = sum(1 for item in inputs.acceptances if item.covered)
    return result(
        "acceptances",
        Verdict.GO,
        wanted,
        "Применено согласований: {used} из {all}",
        used=used,
        all=len(inputs.acceptances),
    )


def window(inputs: JudgeInput) -> GateResult | None:
    """Update and rollback fit into the maintenance window; no gate when no window was set."""
    fits = inputs.facts.get(facts.WINDOW_FITS)
    if fits is None:
        return None
    wanted = "Обновление, проверка и откат помещаются в технологическое окно"
    seen = fits.text.msgid if fits.text else "Помещаются" if fits.value == _TRUE else "Не помещаются"
    params = dict(fits.text.params) if fits.text else {}
    if fits.value == _TRUE:
        return result("window", Verdict.GO, wanted, seen, **params)
    source = inputs.source(facts.P_WINDOW)
    return result("window", policy(inputs, facts.P_WINDOW), wanted, seen, why=seen, source=source, **params)


def applicable(inputs: JudgeInput) -> GateResult:
    """Scenarios for another release or configuration are named, so that nobody counts them as passed."""
    names = {
        name
        for state in inputs.phases.values()
        for name, outcome in state.outcomes.items()
        if outcome is Outcome.NOT_APPLICABLE
    }
    wanted = "Известно, какие сценарии к этому обновлению не относятся"
    if not names:
        return result("applicable", Verdict.GO, wanted, "Относятся все")
    return result("applicable", Verdict.GO, wanted, "Не относятся: {scenarios}", scenarios=listed(names))


OPERATIONS: tuple[Callable[[JudgeInput], GateResult | None], ...] = (
    backup,
    isolation,
    update,
    reports,
    acceptances,
    window,
    applicable,
)
