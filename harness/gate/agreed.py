"""What is wrong with acceptances: over, unused, wider or narrower than they say. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from harness.record.models import Acceptance, Finding, Scenario, Severity, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ORDER = (Severity.INFO, Severity.WARNING, Severity.BLOCKER)
_OPERATION = "operation"
_EXPIRED = "Согласованное расхождение «{id}» просрочено: действовало до {until}"
_MISSED = (
    "Согласованное изменение «{id}» произошло не везде: строк, которые должны были измениться и не изменились, {missed}"
)
_SHORT = "Согласованное изменение «{id}» произошло не полностью: покрыло {covered} изменений, а должно быть не меньше {least}"
_UNUSED = "Согласованное расхождение «{id}» ничего не покрыло: такого расхождения нет"
_EXCEEDED = "Согласованное расхождение «{id}» покрыло {covered} изменений, а согласовано не больше {limit}"
_BOUNDLESS = (
    "Согласованное расхождение «{id}» покрывает что угодно: покрыло {covered} изменений, а место и предел не названы"
)


def from_acceptances(acceptances: Iterable[Acceptance], owner: str, scenarios: Mapping[str, Scenario]) -> list[Finding]:
    """Findings about acceptances; `owner` answers for those that name nobody."""
    found = []
    for item in acceptances:
        told = _told_of(item, scenarios)
        if told is not None:
            code, severity, msgid = told
            params = {
                "id": item.id,
                "until": item.until,
                "covered": str(item.covered),
                "limit": str(item.at_most),
                "least": str(item.at_least),
                "missed": str(item.missed),
            }
            text = Text(
                msgid=msgid, params={name: value for name, value in params.items() if "{" + name + "}" in msgid}
            )
            found.append(_acceptance(code, severity, item, text, owner))
    return found


def _told_of(item: Acceptance, scenarios: Mapping[str, Scenario]) -> tuple[str, Severity, str] | None:
    """What is wrong with an acceptance, the gravest first: code, severity, sentence; None when nothing."""
    # What was agreed happened by half: as grave as the scenario that saw it.
    short = _worst(item, scenarios)
    wrong = (
        (item.expired, "ACCEPTANCE-EXPIRED", Severity.BLOCKER, _EXPIRED),
        (bool(item.missed), "ACCEPTANCE-SHORT", short, _MISSED),
        (item.covered < item.at_least, "ACCEPTANCE-SHORT", short, _SHORT),
        (not item.covered, "ACCEPTANCE-UNUSED", Severity.WARNING, _UNUSED),
        (0 < item.at_most < item.covered, "ACCEPTANCE-EXCEEDED", Severity.WARNING, _EXCEEDED),
        (_boundless(item), "ACCEPTANCE-BOUNDLESS", Severity.WARNING, _BOUNDLESS),
    )
    return next(((code, severity, msgid) for holds, code, severity, msgid in wrong if holds), None)


def _worst(item: Acceptance, scenarios: Mapping[str, Scenario]) -> Severity:
    """The worst severity of the scenarios an acceptance is about, never below a warning."""
    about = [one.severity for name, one in scenarios.items() if fnmatchcase(name, item.scenario)]
    return max([Severity.WARNING, *about], key=_ORDER.index) if about else Severity.BLOCKER


def _boundless(item: Acceptance) -> bool:
    """Whether an acceptance names no place of its own: it would hide a fault beside what was agreed."""
    anywhere = not item.scenario.strip("*?")
    anything = all(not part.strip("*?") for part in (item.key, item.column)) and not item.condition.strip()
    return anywhere or (anything and not item.at_most)


_ACCEPTANCE_ADVICE = {
    "ACCEPTANCE-EXPIRED": "Продлите согласование с новой причиной или устраните расхождение",
    "ACCEPTANCE-SHORT": "Найдите, почему обновление изменило не всё: обработчик остановился или не нашёл часть данных",
    "ACCEPTANCE-UNUSED": "Выясните, почему согласованное изменение не произошло; если запись больше не нужна, удалите её",
    "ACCEPTANCE-BOUNDLESS": "Назовите сценарий и наблюдение, а в них ключ, колонку или условие, или предел at_most",
    "ACCEPTANCE-EXCEEDED": "Просмотрите лишние изменения и уточните условие записи или at_most",
}


def _acceptance(code: str, severity: Severity, item: Acceptance, text: Text, owner: str) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        area=_OPERATION,
        object=f"acceptances.toml: {item.id}",
        text=text,
        owner=item.owner or owner,
        advice=Text(msgid=_ACCEPTANCE_ADVICE[code]),
    )
