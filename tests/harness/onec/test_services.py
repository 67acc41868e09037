from __future__ import annotations

import contextlib
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from harness.errors import AccessError, AnswerError, RouteAbsentError, StandError, WriteRefusedError
from harness.onec.guard import WriteGuard
from harness.onec.services import ReadinessService
from harness.onec.session import StandSession
from tests.harness.onec.serving import Reply, Request, Server, json_reply, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = "/hs/readiness/v1"
INFO = {
    "base": "demo",
    "configuration": {"name": "ДемоТорговля", "synonym": "Демо", "version": "2.0.14.7", "vendor": "x"},
    "platform": "8.3.27.1508",
    "time_zone": "Europe/Moscow",
    "server_time": "2026-04-01T00:00:00",
    "emulator": True,
    "stand": {"mark": True, "name": "demo"},
    "isolation": {"scheduled_jobs_blocked": True, "external_resources_blocked": False},
    "extensions": [{"name": "Доработки", "version": "1.0", "applied": False, "reason": "не совпадает версия"}],
    "update": {
        "handlers": [{"name": "A", "version": "2.0", "state": "failed", "error": "деление на 0"}],
        "deferred_left": 3,
    },
    "новое поле": 1,
}


@contextlib.contextmanager
def service_of(answer: Callable[[Request], Reply], *, write: bool = False) -> Iterator[tuple[ReadinessService, Server]]:
    with serving(answer) as server:
        guard = WriteGuard(permitted=(server.url,) if write else ())
        with StandSession(server.url, guard=guard, retries=0) as session:
            yield ReadinessService(session), server


def test_what_the_base_says_of_itself() -> None:
    with service_of(lambda _: json_reply(INFO)) as (service, server):
        info = service.info()
        assert service.available()
    assert server.requests[0].path == f"{ROOT}/info"
    assert (info.base, info.configuration.version, info.stand.mark) == ("demo", "2.0.14.7", True)
    assert info.isolation.external_resources_blocked is False
    assert info.extensions[0].reason == "не совпадает версия"
    assert (info.update.handlers[0].state, info.update.deferred_left) == ("failed", 3)


def test_what_the_base_does_not_say_is_not_known() -> None:
    with service_of(lambda _: json_reply({"base": "x", "configuration": {"name": "y"}})) as (service, _):
        info = service.info()
    assert info.isolation.scheduled_jobs_blocked is None
    assert info.update.deferred_left is None
    assert info.stand.mark is False


def test_an_absent_service_is_told_from_a_stand_in_trouble() -> None:
    absent = (Reply(404, b"<html>not found</html>"), json_reply({"error": {"code": "x", "message": "нет"}}, 404))
    for reply in absent:
        with service_of(lambda _, reply=reply: reply) as (service, _):  # type: ignore[misc]  # a lambda with a default
            assert service.available() is False
    for reply, kind in ((Reply(503), StandError), (Reply(401), AccessError), (json_reply([]), AnswerError)):
        with service_of(lambda _, reply=reply: reply) as (service, _), pytest.raises(kind):  # type: ignore[misc]  # same
            service.available()


@pytest.mark.parametrize("reply", [Reply(404, b"<html>not found</html>"), Reply(404, b"no")])
def test_a_route_the_service_does_not_have_is_no_answer_about_the_product(reply: Reply) -> None:
    with service_of(lambda _: reply, write=True) as (service, _):
        for call in (
            service.exchanges,
            lambda: service.report("Продажи"),
            lambda: service.preview_message("План", "Узел"),
            lambda: service.movements("Document_Заказ", "0"),
        ):
            with pytest.raises(RouteAbsentError):
                call()


def test_a_report_the_service_does_not_find_is_an_answer() -> None:
    gone = json_reply({"error": {"code": "report", "message": "Отчёта «Продажи» нет"}}, 404)
    with service_of(lambda _: gone) as (service, _), pytest.raises(AnswerError, match="Продажи") as caught:
        service.report("Продажи")
    assert not isinstance(caught.value, RouteAbsentError)


def test_another_shape_is_an_error_that_names_the_place() -> None:
    with (
        service_of(lambda _: json_reply([{"name": "a", "custom": "да"}])) as (service, _),
        pytest.raises(AnswerError) as caught,
    ):
        service.reports()
    assert caught.value.place == f"{ROOT}/reports"
    assert "custom" in caught.value.message
    assert caught.value.code == "shape"


def test_reports_come_typed() -> None:
    body = {
        "report": "ВаловаяПрибыль",
        "variant": "Основной",
        "start": "2026-01-01",
        "end": "2026-03-31",
        "columns": [
            {"name": "Номенклатура", "title": "Номенклатура", "type": "string"},
            {"name": "Выручка", "title": "Выручка", "type": "number"},
            {"name": "День", "title": "День", "type": "date"},
        ],
        "key": ["Номенклатура"],
        "rows": [
            {"Номенклатура": "Стол", "Выручка": 100, "День": "2026-01-31T00:00:00"},
            {"Номенклатура": "Стул", "Выручка": None},
        ],
        "totals": {"Выручка": 100.5},
    }
    with service_of(lambda _: json_reply(body)) as (service, server):
        result = service.report(
            "ВаловаяПрибыль",
            variant="Основной",
            start=date(2026, 1, 1),
            end=date(2026, 3, 31),
            parameters={"Склад": "Главный+1"},
        )
    seen = server.requests[0]
    assert seen.path == f"{ROOT}/reports/ВаловаяПрибыль"
    assert seen.params == {"variant": "Основной", "start": "2026-01-01", "end": "2026-03-31", "Склад": "Главный+1"}
    assert result.key == ("Номенклатура",)
    assert result.rows[0]["Выручка"] == Decimal(100)
    assert type(result.rows[0]["Выручка"]) is Decimal
    assert result.rows[0]["День"] == datetime(2026, 1, 31)  # noqa: DTZ001 - dates of 1C are naive
    assert result.rows[1]["Выручка"] is None
    assert result.totals == {"Выручка": Decimal("100.5")}


def test_a_number_that_is_none_is_an_error_that_names_the_column() -> None:
    body = {"report": "Р", "columns": [{"name": "Сумма", "type": "number"}], "rows": [{"Сумма": "сто"}]}
    with service_of(lambda _: json_reply(body)) as (service, _), pytest.raises(AnswerError, match="Сумма") as caught:
        service.report("Р")
    assert caught.value.place == "отчёт Р"


def test_files_and_messages_are_bytes() -> None:
    with service_of(lambda request: Reply(200, request.path.encode()), write=True) as (service, server):
        assert service.report_file("Р") == f"{ROOT}/reports/Р/file".encode()
        assert (
            service.preview_message("БанкКлиент", "4070/2810")
            == f"{ROOT}/exchanges/БанкКлиент/4070/2810/message".encode()
        )
        assert "%2F2810" in server.requests[-1].target
        assert service.export_message("БанкКлиент", "1") == f"{ROOT}/exchanges/БанкКлиент/1/export".encode()
    assert [request.method for request in server.requests] == ["GET", "GET", "POST"]


def test_imports() -> None:
    body = {
        "created": 1,
        "objects": [{"set": "Document_X", "ref": "r", "number": "5"}],
        "warnings": ["w"],
        "already_received": True,
    }
    with service_of(lambda _: json_reply(body), write=True) as (service, server):
        result = service.import_message("БанкКлиент", "1", "Секция".encode("cp1251"), dry_run=True)
    assert (result.created, result.objects[0].number, result.already_received) == (1, "5", True)
    assert server.requests[0].body == "Секция".encode("cp1251")
    assert server.requests[0].params == {"dry_run": "true"}
    refused = json_reply({"error": {"code": "format", "message": "Неизвестная версия формата"}}, 400)
    with service_of(lambda _: refused, write=True) as (service, _), pytest.raises(AnswerError) as caught:
        service.import_message("П", "1", b"")
    assert (caught.value.code, caught.value.message) == ("format", "Неизвестная версия формата")


def test_writes_are_guarded() -> None:
    with service_of(lambda _: json_reply({})) as (service, server):
        calls: list[Callable[[], object]] = [
            lambda: service.export_message("П", "1"),
            lambda: service.import_message("П", "1", b"x"),
            lambda: service.movements("Document_X", "r"),
        ]
        for call in calls:
            with pytest.raises(WriteRefusedError):
                call()
    assert server.requests == []


def test_lists() -> None:
    answers = {
        "/reports": [
            {"name": "Р", "origin": "external", "custom": True, "variants": ["a"], "parameters": [{"name": "Склад"}]}
        ],
        "/exchanges": [
            {"plan": "П", "node": "1", "kind": "bank", "sent_no": 5, "objects": [{"name": "X", "send": False}]}
        ],
        "/jobs": [{"name": "Ж", "state": "failed", "last_run": None, "last_error": "x"}],
        "/rights": [{"role": "Менеджер", "object": "Catalog_X", "read": True}],
        "/log": [{"time": "2026-01-01T00:00:00", "level": "error", "comment": "x"}],
        "/documents/Document_X/r/movements": [{"register": "AccumulationRegister_Y", "rows": [{"Количество": 1.5}]}],
    }
    with service_of(lambda request: json_reply(answers[request.path.removeprefix(ROOT)]), write=True) as (
        service,
        server,
    ):
        assert service.reports()[0].parameters[0].name == "Склад"
        assert service.exchanges()[0].objects[0].send is False
        assert service.jobs()[0].last_run is None
        assert service.rights("Менеджер")[0].read is True
        assert server.requests[-1].params == {"role": "Менеджер"}
        assert service.log(datetime(2026, 1, 1))[0].level == "error"  # noqa: DTZ001 - same
        assert server.requests[-1].params == {"since": "2026-01-01T00:00:00"}
        service.log("2026-01-02T00:00:00")
        assert server.requests[-1].params == {"since": "2026-01-02T00:00:00"}
        assert service.movements("Document_X", "r")[0].rows == ({"Количество": Decimal("1.5")},)


def test_sessions_and_their_lock() -> None:
    answers = {
        "/hs/readiness/v1/sessions": [{"number": 3, "user": "Иванова", "application": "Designer", "active": False}],
        "/hs/readiness/v1/sessions/lock": {
            "locked": True,
            "message": "Идёт обновление",
            "with_code": True,
            "start": None,
        },
    }
    with service_of(lambda request: json_reply(answers[request.path])) as (service, _):
        assert [(item.number, item.application) for item in service.sessions()] == [(3, "Designer")]
        assert (service.session_lock().locked, service.session_lock().message) == (True, "Идёт обновление")
