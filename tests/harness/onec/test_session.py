from __future__ import annotations

import base64
import gzip
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from harness.errors import (
    AccessError,
    AddressError,
    AnswerError,
    HarnessError,
    ProductionError,
    StandError,
    UsageError,
    WriteRefusedError,
)
from harness.onec.guard import WriteGuard
from harness.onec.session import StandSession, query_string
from tests.harness.onec.serving import Reply, Request, json_reply, odata_error, serving

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.onec.answer import Answer

PASSWORD = "пароль-Секрет"
PAGE = (
    b"<!DOCTYPE html><html><head><title>Sign in</title><style>p{color:red}</style></head><body><script>alert(1)</script>"
    b"<p>1C:Enterprise 8 application error: HTTP: Not found</p></body></html>"
)


def session_to(url: str, *, write: bool = False, **options: object) -> StandSession:
    guard = WriteGuard(permitted=(url,) if write else ())
    settings = {"timeout": (2.0, 5.0), "retries": 0} | options
    return StandSession(url, "Администратор", PASSWORD, guard=guard, **settings)  # type: ignore[arg-type]  # options of one test


def always(reply: Reply) -> Callable[[Request], Reply]:
    return lambda _: reply


def refusal_of(reply: Reply) -> HarnessError:
    """The error a JSON request meets."""
    with (
        serving(always(reply)) as server,
        session_to(server.url) as session,
        pytest.raises(HarnessError) as caught,
    ):
        session.json("GET", "/odata/standard.odata/Catalog_X")
    assert PASSWORD not in str(caught.value)
    return caught.value


def test_a_request_says_who_asks_in_utf8_and_wants_json() -> None:
    with serving(lambda _: json_reply({"value": []})) as server, session_to(server.url) as session:
        assert session.json("GET", "/odata/standard.odata/Catalog_X", params={"$filter": "Имя eq 'а+б'"}) == {
            "value": []
        }
    (seen,) = server.requests
    user, _, password = base64.b64decode(seen.headers["authorization"].removeprefix("Basic ")).decode().partition(":")
    assert (user, password) == ("Администратор", PASSWORD)
    assert seen.headers["accept"] == "application/json"
    assert "+" not in seen.target
    assert "%20eq%20" in seen.target
    assert seen.params == {"$filter": "Имя eq 'а+б'"}


def test_query_strings_never_hold_a_plus() -> None:
    assert query_string({"$filter": "a b+c'd&e", "Условие": "/:"}) == (
        "$filter=a%20b%2Bc'd%26e&%D0%A3%D1%81%D0%BB%D0%BE%D0%B2%D0%B8%D0%B5=/:"
    )


def test_nothing_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with serving(lambda _: json_reply({})) as server, session_to(server.url) as session:
        assert session.get("/info").ok


def test_cookies_are_not_kept() -> None:
    reply = Reply(200, b"{}", {"Set-Cookie": "ibsession=dead; Path=/"})
    with serving(lambda _: reply) as server, session_to(server.url) as session:
        session.get("/a")
        session.get("/b")
    assert all("cookie" not in request.headers for request in server.requests)


def test_every_answer_is_shown_to_the_listener_good_or_bad() -> None:
    seen: list[Answer] = []
    with (
        serving(lambda request: json_reply({}) if request.path == "/good" else Reply(503, b"busy")) as server,
        session_to(server.url, on_answer=seen.append) as session,
    ):
        session.get("/good")
        with pytest.raises(StandError):
            session.get("/bad")
    assert [answer.status for answer in seen] == [200, 503]
    assert all(answer.seconds > 0 for answer in seen)
    assert PASSWORD not in repr(seen)


def test_the_password_is_nowhere_to_be_seen() -> None:
    session = session_to("http://127.0.0.1:9/demo")
    token = base64.b64encode(f"Администратор:{PASSWORD}".encode()).decode()
    for text in (repr(session), repr(vars(session)["_http"].auth), str(session)):
        assert PASSWORD not in text
        assert token not in text
    echo = f"user Администратор password {PASSWORD} header Basic {token}".encode()
    error = refusal_of(Reply(503, echo))
    assert isinstance(error, StandError)
    assert PASSWORD not in error.words
    assert token not in str(error)
    assert "•••" in error.words


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("srv/base", "http:// или https://"),
        ("http://srv /base", "пробелы"),
        ("http://admin:geheim@srv/base", "имя пользователя"),
        ("http://srv/base?x=1", "параметры"),
        ("ftp://srv/base", "http:// или https://"),
    ],
)
def test_an_address_that_cannot_be_read_is_refused(url: str, message: str) -> None:
    with pytest.raises(AddressError) as caught:
        StandSession(url, guard=WriteGuard())
    assert message in caught.value.message
    assert "geheim" not in str(caught.value)


def test_a_user_name_with_a_colon_cannot_be_sent() -> None:
    with pytest.raises(UsageError, match="двоеточия"):
        StandSession("http://srv/base", "a:b", "c", guard=WriteGuard())


# The guard below the clients


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "MERGE"])
def test_a_write_without_permission_never_leaves(method: str) -> None:
    with serving(lambda _: json_reply({})) as server, session_to(server.url) as session:
        with pytest.raises(WriteRefusedError, match="не подтверждено"):
            session.request(method, "/odata/standard.odata/Catalog_X", content=b"{}")
        assert server.requests == []
        assert session.guard.permit(server.url, marked=True, isolated=True) == ""
        session.request(method, "/odata/standard.odata/Catalog_X", content=b"{}")
        assert [request.method for request in server.requests] == [method]


def test_production_is_not_even_read() -> None:
    with serving(lambda _: json_reply({})) as server:
        guard = WriteGuard(production=[server.url])
        with StandSession(server.url, guard=guard) as session:
            for call in (session.probe, lambda: session.get("/x"), lambda: session.get(f"{server.url}/x")):
                with pytest.raises(ProductionError):
                    call()
        assert server.requests == []


@pytest.mark.parametrize("path", ["/../other/odata", "/%2e%2e/other/odata", "/x/../../other", "/..%2fother"])
def test_dots_in_a_path_do_not_lead_out_of_the_permitted_publication(path: str) -> None:
    with serving(lambda _: json_reply({})) as server, session_to(server.url, write=True) as session:
        with pytest.raises(WriteRefusedError):
            session.post(path, b"{}")
        assert server.requests == []


def test_dots_do_not_lead_into_production() -> None:
    with serving(lambda _: json_reply({})) as server:
        other = server.url.replace("/demo", "/other")
        with StandSession(other, guard=WriteGuard(production=[server.url], permitted=[other])) as session:
            for path in ("/../demo/odata", "/%2e%2e/DEMO", "/..%2fdemo"):
                with pytest.raises(ProductionError):
                    session.get(path)
        assert server.requests == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_told_and_not_followed(status: int) -> None:
    with serving(lambda _: json_reply({})) as production:
        location = production.url.replace("//", "//admin:geheim@") + "/odata?token=1"
        with (
            serving(lambda _: Reply(status, b"", {"Location": location})) as server,
            session_to(server.url, write=True) as session,
        ):
            for method in ("GET", "POST"):
                with pytest.raises(StandError) as caught:
                    session.request(method, "/odata", content=b"")
                assert production.url in caught.value.message
                assert "geheim" not in str(caught.value)
                assert "token" not in str(caught.value)
        assert production.requests == []


def test_the_password_goes_to_no_other_address() -> None:
    with serving(lambda _: json_reply({})) as other, session_to("http://127.0.0.1:9/demo") as session:
        with pytest.raises(UsageError, match="не относится"):
            session.get(f"{other.url}/odata")
        assert other.requests == []


def test_an_absolute_address_of_production_is_named_as_such() -> None:
    with serving(always(json_reply({}))) as production:
        guard = WriteGuard(production=[production.url])
        with StandSession("http://127.0.0.1:9/demo", guard=guard) as session, pytest.raises(ProductionError):
            session.get(f"{production.url}/odata")
        assert production.requests == []


def test_an_absolute_address_of_the_own_publication_is_good() -> None:
    with serving(lambda _: json_reply({})) as server, session_to(server.url) as session:
        assert session.get(f"{server.url}/odata").ok


# Answers told apart


def test_html_instead_of_json_is_the_stands_trouble() -> None:
    error = refusal_of(Reply(200, PAGE, {"Content-Type": "text/html"}))
    assert isinstance(error, StandError)
    assert "HTML" in error.message
    assert error.words == "Sign in 1C:Enterprise 8 application error: HTTP: Not found"
    assert error.exit_code == 11


@pytest.mark.parametrize("body", [b"", b"\xef\xbb\xbf", b"  \n"])
def test_an_empty_answer_is_the_stands_trouble(body: bytes) -> None:
    assert "пустой ответ" in refusal_of(Reply(200, body)).message


def test_an_answer_that_stops_is_the_stands_trouble() -> None:
    body = b'{"value":[{"Ref_Key":"b1c8'
    for reply in (Reply(200, body, length=1000), Reply(200, body, chunked=True), Reply(200, body)):
        error = refusal_of(reply)
        assert isinstance(error, StandError)
        assert "оборвался" in error.message


def test_a_broken_compression_is_the_stands_trouble() -> None:
    error = refusal_of(Reply(200, gzip.compress(b'{"value":[]}')[:-12] + b"x" * 12, {"Content-Encoding": "gzip"}))
    assert isinstance(error, StandError)
    assert "оборвался" in error.message


def test_compressed_answers_are_read() -> None:
    reply = Reply(200, gzip.compress(b'{"value":[]}'), {"Content-Encoding": "gzip"})
    with serving(lambda _: reply) as server, session_to(server.url) as session:
        assert session.json("GET", "/x") == {"value": []}


def test_what_is_no_json_is_the_stands_trouble() -> None:
    error = refusal_of(Reply(200, b"Service is starting"))
    assert isinstance(error, StandError)
    assert "не JSON" in error.message
    assert error.words == "Service is starting"


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (402, "Не обнаружено свободной лицензии!", "лицензии"),
        (406, "Истекло время ожидания сеанса", "не дал сеанса"),
        (500, "<p>Не найдена лицензия. Не обнаружен ключ защиты программы</p>", "лицензии"),
        (502, "<h1>Bad Gateway</h1>", "не получил ответа"),
        (503, "", "недоступен"),
        (504, "timeout", "не дождался"),
        (404, PAGE.decode(), "ничего не опубликовано"),
        (405, "<h1>Not allowed</h1>", "метод"),
        (403, "<h1>Forbidden</h1>", "не пустил"),
        (500, "<h1>Internal Server Error</h1>", "не как 1С"),
        (418, "", "не как 1С"),
    ],
)
def test_refusals_before_1c_are_the_stands_trouble(status: int, body: str, message: str) -> None:
    error = refusal_of(Reply(status, body.encode(), {"Content-Type": "text/html; charset=utf-8"}))
    assert isinstance(error, StandError)
    assert message in error.message
    assert f"HTTP {status}" in error.message
    assert error.status == status
    assert len(error.words) <= 300


def test_platform_exceptions_are_the_stands_trouble_in_their_words() -> None:
    body = {
        "#exception": "{http://v8.1c.ru/8.2/virtual-resource-system}Exception",
        "exception": {
            "reason": 403,
            "descr": "HTTP: Forbidden",
            "inner": {"descr": "Начало сеанса с информационной базой запрещено"},
        },
    }
    reply = json_reply(body, 403)
    error = refusal_of(Reply(403, b"\xef\xbb\xbf" + reply.body))
    assert isinstance(error, StandError)
    assert error.words == "HTTP: Forbidden Начало сеанса с информационной базой запрещено"
    xml = (
        '<?xml version="1.0"?><exception xmlns="http://v8.1c.ru/8.2/virtual-resource-system" reason="406">'
        '<descr xmlns="http://v8.1c.ru/8.1/data/core">Истекло время &lt;ожидания&gt; сеанса</descr></exception>'
    )
    again = refusal_of(Reply(406, xml.encode()))
    assert isinstance(again, StandError)
    assert "Истекло время" in again.words


def test_errors_of_1c_are_told_from_the_stands() -> None:
    error = refusal_of(odata_error(404, "9", "Экземпляр сущности не найден"))
    assert isinstance(error, AnswerError)
    assert (error.status, error.code, error.message) == (404, "9", "Экземпляр сущности не найден")
    assert error.exit_code == 1
    with_mark = refusal_of(Reply(500, b"\xef\xbb\xbf" + odata_error(500, "-1", "Ошибка").body))
    assert isinstance(with_mark, AnswerError)
    xml = (
        '<?xml version="1.0"?><m:error xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">'
        "<m:code>0</m:code><m:message>Параметр не поддерживается</m:message></m:error>"
    )
    third = refusal_of(Reply(501, xml.encode()))
    assert isinstance(third, AnswerError)
    assert (third.code, third.message) == ("0", "Параметр не поддерживается")


def test_errors_of_http_services_are_1cs() -> None:
    error = refusal_of(json_reply({"error": {"code": "message-number", "message": "Сообщение уже принято"}}, 400))
    assert isinstance(error, AnswerError)
    assert (error.code, error.message) == ("message-number", "Сообщение уже принято")
    text = "<p>{HTTPСервис.readiness.Модуль(10)}: Деление на 0</p>"
    thrown = refusal_of(Reply(500, text.encode(), {"Content-Type": "text/html"}))
    assert isinstance(thrown, AnswerError)
    assert "Деление на 0" in thrown.message


def test_a_refused_password_is_told_from_a_missing_right() -> None:
    for reply in (Reply(401), Reply(401, b"<h1>401</h1>"), json_reply({"error": {"code": "x", "message": "y"}}, 401)):
        assert isinstance(refusal_of(reply), AccessError)
    right = refusal_of(odata_error(401, "20", "Нарушение прав доступа"))
    assert isinstance(right, AnswerError)
    assert right.code == "20"


def test_a_wrong_charset_and_a_mark_are_read() -> None:
    body = "\ufeff" + '{"value":[{"Description":"Стол"}]}'
    reply = Reply(200, body.encode(), {"Content-Type": "application/json; charset=windows-1251"})
    with serving(lambda _: reply) as server, session_to(server.url) as session:
        assert session.json("GET", "/x")["value"][0]["Description"] == "Стол"
    error = refusal_of(
        Reply(503, "Сервер занят".encode("cp1251"), {"Content-Type": "text/plain; charset=windows-1251"})
    )
    assert isinstance(error, StandError)
    assert error.words == "Сервер занят"
    unknown = refusal_of(Reply(503, "Сервер занят".encode("cp1251"), {"Content-Type": "text/plain; charset=koi9"}))
    assert isinstance(unknown, StandError)
    assert unknown.words == "Сервер занят"


def test_a_long_refusal_is_cut() -> None:
    error = refusal_of(Reply(503, b"<p>" + b"x" * 100_000))
    assert isinstance(error, StandError)
    assert len(error.words) == 300


def test_xml_is_checked_for_its_end() -> None:
    with (
        serving(lambda request: Reply(200, b"<edmx" if "cut" in request.path else b"<a/>")) as server,
        session_to(server.url) as session,
    ):
        assert session.get("/whole", expect="xml").content == b"<a/>"
        with pytest.raises(StandError, match="оборвался"):
            session.get("/cut", expect="xml")


def test_anything_may_be_asked_for_as_it_is() -> None:
    with serving(lambda _: Reply(503, b"busy")) as server, session_to(server.url) as session:
        answer = session.get("/x", expect=None)
    assert (answer.status, answer.content, answer.ok) == (503, b"busy", False)


def test_an_empty_204_is_good_json() -> None:
    with serving(lambda _: Reply(204)) as server, session_to(server.url, write=True) as session:
        assert session.json("POST", "/x", content=b"{}") is None
        assert session.delete("/x").status == 204
    assert server.requests[1].headers["content-length"] == "0"


# Silence, refusals, repetitions


def test_silence_is_the_stands_trouble_and_is_not_repeated() -> None:
    with serving(lambda _: Reply(silent=True)) as server:
        with session_to(server.url, timeout=(2.0, 0.1), retries=3) as session, pytest.raises(StandError) as caught:
            session.get("/x")
        assert len(server.requests) == 1
    assert "молчит дольше 0.1 с" in caught.value.message
    assert caught.value.status == 0


def test_a_server_that_drips_meets_the_limit() -> None:
    stop = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(10_000)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            while not stop.wait(0.01):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/demo"
    try:
        with session_to(url, total=0.1) as session, pytest.raises(StandError, match="не пришёл целиком"):
            session.get("/x")
    finally:
        stop.set()
        thread.join()
        listener.close()


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def test_nobody_there_is_a_wrong_address_at_first_contact_and_trouble_later() -> None:
    with session_to(f"http://127.0.0.1:{closed_port()}/demo") as session:
        with pytest.raises(AddressError) as first:
            session.probe()
        with pytest.raises(StandError) as later:
            session.get("/x")
    assert "никто не отвечает" in first.value.message
    assert first.value.exit_code == 2
    assert later.value.exit_code == 11


def test_an_unknown_name_is_a_wrong_address() -> None:
    with session_to("http://no-such-host.invalid/demo") as session, pytest.raises(AddressError, match="не найдено"):
        session.probe()


def test_a_server_without_encryption_is_told() -> None:
    with (
        serving(always(json_reply({}))) as server,
        session_to(server.url.replace("http:", "https:")) as session,
        pytest.raises(AddressError, match="защищённое соединение"),
    ):
        session.probe()


def test_the_probe_tells_a_refused_password_and_a_page() -> None:
    for reply, kind in ((Reply(401), AccessError), (Reply(200, PAGE), StandError), (Reply(404, PAGE), StandError)):
        with serving(always(reply)) as server, session_to(server.url) as session, pytest.raises(kind):
            session.probe()
    with serving(lambda _: json_reply({"value": []})) as server, session_to(server.url) as session:
        assert session.probe().ok
        assert server.requests[0].params == {"$format": "json"}


@pytest.mark.parametrize("status", [502, 503, 504])
def test_reading_is_repeated_when_the_web_server_hiccups(status: int) -> None:
    replies = [Reply(status, b"", {"Retry-After": "3600"}), json_reply({"value": [1]})]
    with serving(lambda _: replies.pop(0)) as server, session_to(server.url, retries=1) as session:
        assert session.json("GET", "/x") == {"value": [1]}
    assert len(server.requests) == 2


@pytest.mark.parametrize("reply", [Reply(503), Reply(200, b"{", length=99)])
def test_writing_is_never_repeated(reply: Reply) -> None:
    with (
        serving(lambda _: reply) as server,
        session_to(server.url, write=True, retries=3) as session,
        pytest.raises(StandError),
    ):
        session.post("/x", b"{}")
    assert len(server.requests) == 1


def test_threads_share_a_session() -> None:
    with serving(lambda request: json_reply({"path": request.path})) as server, session_to(server.url) as session:
        found: list[str] = []

        def ask(number: int) -> None:
            found.append(session.json("GET", f"/{number}")["path"])

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(found) == [f"/{number}" for number in range(8)]


def test_an_answer_that_stops_at_first_contact_is_no_wrong_address() -> None:
    """Somebody is there: the stand's trouble (11), not wrong settings (2)."""
    for reply in (Reply(200, b'{"value":[{', length=1000), Reply(200, b"{", chunked=True)):
        with serving(always(reply)) as server, session_to(server.url) as session:
            with pytest.raises(StandError, match="оборвался") as caught:
                session.probe()
            assert caught.value.exit_code == 11


def test_silence_at_first_contact_is_no_wrong_address() -> None:
    with serving(always(Reply(silent=True))) as server, session_to(server.url, timeout=(1.0, 0.2)) as session:
        with pytest.raises(StandError, match="молчит"):
            session.probe()
        server.release.set()
