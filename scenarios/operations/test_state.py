"""Состояние базы: копия, изоляция, завершённость обновления, задания, журнал."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.checks import jobs, log, state

if TYPE_CHECKING:
    from harness.observe.capture import Observe
    from harness.phase.access import Base
    from harness.phase.context import Period
    from harness.phase.fixtures import FactsFixture


@pytest.mark.scenario("OPS-01", area="operation", severity="blocker", owner="Администратор 1С")
@pytest.mark.needs("odata")
def test_data_are_of_one_copy(base: Base, period: Period, observe: Observe) -> None:
    """Оба этапа проверяются на одной и той же резервной копии

    Документов каждого вида в каждом месяце столько же, столько же из них проведено и помечено на удаление. Если нет, то
    сравниваются разные базы, или обновление удалило документы.
    """
    rows = state.documents_by_month(base.odata, period.start, period.end)
    observe.table("документы", rows, key=state.KEY, title="Документы по видам и месяцам", types=state.TYPES)


@pytest.mark.scenario("OPS-02", area="operation", severity="blocker", owner="Администратор 1С")
@pytest.mark.needs("service")
def test_copy_is_isolated(base: Base, observe: Observe, facts: FactsFixture) -> None:
    """Копия изолирована: не сможет обратиться к банку, сайту и почте

    База отмечена как стенд, внешние ресурсы и регламентные задания заблокированы. Иначе копия отправит настоящие платежи,
    заказы и письма вместо рабочей базы.
    """
    info = base.service.info()
    signs = {
        "Отметка стенда": info.stand.mark,
        "Внешние ресурсы заблокированы": info.isolation.external_resources_blocked is True,
        "Регламентные задания заблокированы": info.isolation.scheduled_jobs_blocked is True,
    }
    observe.table("изоляция", [{"Признак": name, "Значение": value} for name, value in signs.items()], key="Признак")
    facts.add("isolated", all(signs.values()))
    broken = [name for name, value in signs.items() if not value]
    assert not broken, "Не выполнено: " + "; ".join(broken)


@pytest.mark.scenario("OPS-09", area="operation", severity="blocker", owner="Администратор 1С")
@pytest.mark.needs("service")
def test_update_is_finished(base: Base, observe: Observe) -> None:
    """Обновление завершено: обработчики выполнены, расширения применены

    Нет обработчиков обновления, завершившихся с ошибкой, не осталось отложенных обработчиков, все расширения применены.
    """
    info = base.service.info()
    observe.contract("расширения", state.extension_entries(info), title="Расширения и их состояние")
    problems = state.update_problems(info)
    assert not problems, "; ".join(problems[:5])


@pytest.mark.scenario("OPS-05", area="operation", severity="blocker", owner="Администратор 1С")
@pytest.mark.needs("service")
def test_scheduled_jobs(base: Base, observe: Observe) -> None:
    """Регламентные задания включены так же и не завершаются ошибкой

    Обновление не должно выключать задания, включать лишние и менять расписание: без загрузки заказов или пересчёта итогов
    компания заметит это не сразу.
    """
    rows = jobs.job_rows(base.service)
    # Название задания — только надпись; новое задание никого не останавливает, но показывается.
    observe.table(
        "задания",
        rows,
        key=jobs.KEY,
        title="Регламентные задания",
        types=jobs.TYPES,
        mask=("Название",),
        growing=True,
        may_be_empty=True,
    )
    failed = [f"{row['Название'] or row['Задание']}: {row['Ошибка']}" for row in rows if row["Состояние"] == "failed"]
    assert not failed, "Завершились ошибкой: " + "; ".join(failed[:5])


@pytest.mark.scenario("OPS-06", area="operation", severity="warning", owner="Администратор 1С")
@pytest.mark.needs("service")
def test_event_log(base: Base, observe: Observe) -> None:
    """В журнале регистрации нет новых видов ошибок и всплесков прежних

    Ошибки журнала сгруппированы по событию, объекту и тексту без чисел; ошибка, которой стало вдвое больше, тоже новость. Сценарий выполняется до сценариев, которые пишут в базу, поэтому новая
    ошибка означает, что её вызвало обновление.
    """
    rows = log.error_rows(base.service, None)
    title = "Ошибки журнала регистрации"
    allowed = {"Количество": log.SURGE}
    observe.table("ошибки", rows, key=log.KEY, title=title, types=log.TYPES, tolerance=allowed, may_be_empty=True)


@pytest.mark.scenario("OPS-13", area="operation", severity="blocker", owner="Администратор 1С")
@pytest.mark.needs("service")
def test_sessions_may_begin(base: Base, observe: Observe) -> None:
    """Начало сеансов не заблокировано, лишних сеансов нет

    Обновление блокирует начало сеансов и снимает блокировку в конце. Забытая блокировка не пустит утром никого, а забытый сеанс
    конфигуратора или фонового задания помешает следующему обновлению.
    """
    lock = base.service.session_lock()
    observe.value("блокировка", lock.locked, title="Начало сеансов заблокировано")
    rows, title = state.strange_sessions(base.service.sessions()), "Сеансы, кроме сеансов самих проверок"
    observe.table("сеансы", rows, key=state.SESSION_KEY, title=title, types=state.SESSION_TYPES, may_be_empty=True)
    assert not lock.locked, f"Начало сеансов заблокировано: {lock.message or 'без объяснения'}"
