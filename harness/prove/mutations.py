"""Named alterations of answers: what is tried on somebody's own stand, through the proxy. Where each strikes is chosen from what the suite really reads.

A mutation is a variant whose place is not known beforehand: `aim` looks at what was seen while nothing was altered and gives the alteration
with the words a message must hold, or says why there is nothing to strike.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from harness.prove import altering, tampering
from harness.prove.variants import CONTROL, Kind, Variant
from harness.record.models import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.prove.altering import Alteration
    from harness.prove.proxy import Seen

ANYWHERE = ("exchanges", "reports", "flows", "operations", "sweep")
"""Nobody knows how somebody else's suite calls its observations: whatever a scenario says is a notice, and the place is told beside it."""
_KOPECK = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Aimed:
    """An alteration that knows its place.

    Attributes:
        words: the place, for people.
    """

    alteration: Alteration | None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """What may be struck.

    Attributes:
        sets: what the suite read of each set while nothing was altered.
        service: whether the base has the readiness service.
        report: name of a report that shows rows and totals; "" for none.
        job: an enabled scheduled job.
        enumeration: an enumeration of the publication and one of its values.
        function: a register with a balance.
    """

    sets: Mapping[str, Seen]
    service: bool = False
    report: str = ""
    job: str = ""
    enumeration: tuple[str, str] = ("", "")
    register: str = ""

    def cell(self, kind: str) -> tuple[str, str] | None:
        """The set with the most rows that has a column of a kind, and the column."""
        fitting = [
            (seen.rows, name, sorted(column for column, has in seen.kinds.items() if has == kind))
            for name, seen in self.sets.items()
            if kind in seen.kinds.values()
        ]
        _rows, name, columns = max(fitting, default=(0, "", []))
        return (name, columns[0]) if columns else None

    def largest(self) -> str:
        """The set with the most rows; "" when none was read."""
        return max(((seen.rows, name) for name, seen in self.sets.items()), default=(0, ""))[1]


@dataclass(frozen=True, slots=True)
class Mutation:
    """A variant, and how to aim it; `aim` returns None when this base has nothing to strike."""

    variant: Variant
    aim: Callable[[Scene], Aimed | None]


def variants() -> list[Variant]:
    """Everything that can be tried through the proxy; defects first."""
    return [item.variant for item in MUTATIONS]


def mutation(name: str) -> Mutation:
    """A mutation by the id of its variant."""
    return next(item for item in MUTATIONS if item.variant.id == name)


def _defect(name: str, title: str, area: str, aim: Callable[[Scene], Aimed | None]) -> Mutation:
    return Mutation(Variant(id=name, title=title, kind=Kind.DEFECT, area=area, scenarios=ANYWHERE), aim)


def _harmless(name: str, title: str, aim: Callable[[Scene], Aimed | None], limit: Verdict = Verdict.GO) -> Mutation:
    return Mutation(Variant(id=name, title=title, kind=Kind.HARMLESS, limit=limit), aim)


def _cell(kind: str, change: Callable[[Any], Any]) -> Callable[[Scene], Aimed | None]:
    def aim(scene: Scene) -> Aimed | None:
        place = scene.cell(kind)
        return Aimed(altering.in_cell(*place, change), place) if place else None

    return aim


def _rows(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Callable[[Scene], Aimed | None]:
    def aim(scene: Scene) -> Aimed | None:
        name = scene.largest()
        return Aimed(altering.in_rows(name, change), (name,)) if name else None

    return aim


def _instead(answer: Callable[[altering.Exchange], altering.Exchange]) -> Callable[[Scene], Aimed | None]:
    def aim(scene: Scene) -> Aimed | None:
        name = scene.largest()
        return Aimed(altering.instead(name, answer), (name,)) if name else None

    return aim


def _field_lost(scene: Scene) -> Aimed | None:
    place = scene.cell("text") or scene.cell("number")
    return Aimed(altering.without_cell(*place), place) if place else None


def _set_lost(scene: Scene) -> Aimed | None:
    name = scene.largest()
    return Aimed(altering.without_set(name), (name,)) if name else None


def _value_lost(scene: Scene) -> Aimed | None:
    name, value = scene.enumeration
    if not name:
        return None
    pattern = rf'(<EnumType Name="{name}".*?)<Member Name="{value}"[^>]*?(?:/>|>.*?</Member>)'
    return Aimed(altering.in_metadata(pattern, r"\1"), (name, value))


def _new_property(scene: Scene) -> Aimed | None:
    name = scene.largest()
    pattern = rf'(<EntityType Name="{name}".*?)(<Property )'
    put = r'\1<Property Name="ДобавленныйРеквизит" Type="Edm.String" Nullable="true"/>\2'
    return Aimed(altering.in_metadata(pattern, put)) if name else None


def _slow(scene: Scene) -> Aimed | None:
    if not scene.report:
        return None
    return Aimed(altering.slower(f"{altering.SERVICE}/reports/", times=3, floor=0.3), ())


def _report(change: Callable[[Any], Any]) -> Callable[[Scene], Aimed | None]:
    def aim(scene: Scene) -> Aimed | None:
        if not scene.report:
            return None
        return Aimed(altering.in_service(f"reports/{scene.report}", change), (scene.report,))

    return aim


def _service(path: str, change: Callable[[Any], Any], *words: str) -> Callable[[Scene], Aimed | None]:
    return lambda scene: Aimed(altering.in_service(path, change), words) if scene.service else None


def _job(change: Callable[[str], Callable[[Any], Any]]) -> Callable[[Scene], Aimed | None]:
    def aim(scene: Scene) -> Aimed | None:
        return Aimed(altering.in_service("jobs", change(scene.job)), (scene.job,)) if scene.job else None

    return aim


def _report_gone(scene: Scene) -> Aimed | None:
    name = scene.report
    if not name:
        return None
    return Aimed(altering.in_service("reports", tampering.without(name)), (name,))


MUTATIONS: tuple[Mutation, ...] = (
    _defect("number-off-by-a-kopeck", "Число больше на копейку", "numbers", _cell("number", tampering.plus(_KOPECK))),
    _defect("number-sign", "Число с обратным знаком", "numbers", _cell("number", tampering.negative)),
    _defect("number-zero", "Число стало нулём", "numbers", _cell("number", tampering.zero)),
    _defect("text-truncated", "Строка обрезана", "fields", _cell("text", tampering.shorter)),
    _defect(
        "moment-shifted",
        "Дата сдвинута на часовой пояс",
        "fields",
        _cell("moment", lambda value: altering.shifted(value, timedelta(hours=-3))),
    ),
    _defect("field-lost", "Реквизит исчез", "fields", _field_lost),
    _defect("set-lost", "Набор исчез из публикации", "fields", _set_lost),
    _defect("enum-value-lost", "Значение перечисления исчезло", "fields", _value_lost),
    _defect("row-lost", "Потеряна последняя строка каждой страницы", "rows", _rows(lambda rows: rows[:-1])),
    _defect("row-changed-places", "Значения соседних строк перепутаны", "rows", _rows(tampering.crossed)),
    _defect("answer-500", "Чтение набора завершается ошибкой", "statuses", _instead(tampering.broken)),
    _defect("answer-403", "Чтение набора запрещено", "statuses", _instead(tampering.forbidden)),
    _defect("answer-html", "Вместо данных страница входа", "statuses", _instead(altering.login_page)),
    _defect("answer-cut", "Ответ обрывается на середине", "statuses", _instead(altering.cut_short)),
    _defect("reports-slow", "Отчёты в три раза медленнее", "delays", _slow),
    _defect("report-total", "Итоги отчёта больше на копейку", "reports", _report(tampering.totals_plus)),
    _defect("report-row-lost", "В отчёте потеряна строка", "reports", _report(tampering.row_lost)),
    _defect("report-column-lost", "В отчёте нет последней колонки", "reports", _report(tampering.column_lost)),
    _defect("report-gone", "Отчёт исчез из перечня", "reports", _report_gone),
    _defect("job-off", "Регламентное задание выключено", "operations", _job(tampering.switched_off)),
    _defect("job-lost", "Регламентное задание исчезло", "operations", _job(tampering.without)),
    _defect("right-opened", "Роли открыто запрещённое", "operations", _service("rights", tampering.opened)),
    _defect(
        "extension-refused", "Расширение не применено", "operations", _service("info", tampering.refused, "Расширение")
    ),
    _defect(
        "handler-failed",
        "Обработчик обновления упал",
        "operations",
        _service("info", tampering.failed, "ВнесённаяОшибка"),
    ),
    _defect(
        "log-errors", "Ошибки в журнале регистрации", "operations", _service("log", tampering.logged, "ВнесённаяОшибка")
    ),
    _defect(
        "exchange-number-reset", "Номер сообщения обмена сброшен", "exchanges", _service("exchanges", tampering.reset)
    ),
    _harmless(CONTROL, "Прокси ничего не изменяет", lambda _scene: Aimed(None)),
    _harmless("json-spaced", "JSON с отступами", lambda _scene: Aimed(tampering.spaced)),
    _harmless("json-reordered", "Поля JSON в другом порядке", lambda _scene: Aimed(tampering.reordered)),
    _harmless("number-with-zeros", "Числа с лишними нулями: 1.50 вместо 1.5", _cell("number", tampering.padded)),
    _harmless("attribute-added", "Новый реквизит в публикации", _new_property, Verdict.CONDITIONS),
    _harmless("report-titles", "Другие заголовки колонок отчёта", _report(tampering.retitled)),
    _harmless("job-titles", "Другие названия заданий", _service("jobs", tampering.renamed)),
    _harmless("job-added", "Новое регламентное задание", _service("jobs", tampering.job_added), Verdict.CONDITIONS),
    _harmless("role-added", "Новая роль", _service("rights", tampering.role_added), Verdict.CONDITIONS),
    _harmless(
        "a-bit-slower",
        "Ответы на несколько миллисекунд медленнее",
        lambda _scene: Aimed(altering.slower(".", times=1, floor=0.003)),
    ),
)
"""In the order of the matrix."""
