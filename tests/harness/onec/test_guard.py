from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError, ProductionError, WriteRefusedError
from harness.onec.guard import WriteGuard, system_addresses

if TYPE_CHECKING:
    from collections.abc import Mapping

PRODUCTION = "https://1c.company.ru/erp"
STAND = "http://127.0.0.1:8080/stand"


def resolver(known: Mapping[str, str]) -> WriteGuardResolver:
    return WriteGuardResolver(known)


class WriteGuardResolver:
    """A directory of names; counts what it was asked."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self.known = known
        self.asked: list[str] = []

    def __call__(self, host: str) -> frozenset[str]:
        self.asked.append(host)
        return frozenset({self.known[host]}) if host in self.known else frozenset()


def guard(*production: str, permitted: tuple[str, ...] = (), known: Mapping[str, str] | None = None) -> WriteGuard:
    return WriteGuard(production or (PRODUCTION,), permitted, resolve=resolver(known or {}))


PRODUCTION_SPELLINGS = [
    "https://1c.company.ru/erp",
    "https://1c.company.ru/erp/",
    "https://1c.company.ru/erp/odata/standard.odata/Catalog_X",
    "https://1c.company.ru/erp?x=1",
    "http://1c.company.ru/erp/odata",
    "https://1c.company.ru:443/erp",
    "http://1c.company.ru:80/erp",
    "https://1c.company.ru:8443/erp",
    "HTTPS://1C.Company.RU/erp",
    "https://1c.company.ru./erp",
    "https://user:secret@1c.company.ru/erp",
    "https://127.0.0.1@1c.company.ru/erp",
    "https://1c.company.ru/ERP/odata",
    "https://1c.company.ru/Erp",
    "https://1c.company.ru//erp/odata",
    "https://1c.company.ru/./erp/odata",
    "https://1c.company.ru/stand/../erp/odata",
    "https://1c.company.ru/erp/../stand",
    "https://1c.company.ru/%65rp/odata",
    "https://1c.company.ru/%45RP/odata",
    "https://1c.company.ru/%2565rp/odata",
    "https://1c.company.ru/stand/%2e%2e/erp/odata",
    "https://1c.company.ru/stand/%2E%2E%2Ferp/odata",
    "https://1c.company.ru/stand/..%2ferp/odata",
    "https://1c.company.ru/stand/%252e%252e/erp",
    "https://1c.company.ru/stand/..%5cerp/odata",
    "https://1c.company.ru/x/y/../../erp",
    "https://1c.company.ru/../../erp",
    "https://1c.company.ru/erp;v=1/odata",
    "https://1c.company.ru/erp%20/odata",
    "https://1c.company.ru/erp./odata",
    "https://1c.company.ru/%EF%BD%85rp/odata",
]


@pytest.mark.parametrize("url", PRODUCTION_SPELLINGS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_production_is_refused_in_every_spelling(url: str, method: str) -> None:
    with pytest.raises(ProductionError) as caught:
        guard().check(method, url)
    assert PRODUCTION in caught.value.message
    assert "secret" not in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "url",
    [
        "https://1c.company.ru/erp2",
        "https://1c.company.ru/erp2/odata",
        "https://1c.company.ru/erp-stand/odata",
        "https://1c.company.ru/erp_/odata",
        "https://1c.company.ru/e/rp",
        "https://1c.company.ru/stand/erp",
        "https://1c.company.ru/",
        "https://1c.company.ru",
        "https://1c.company.ru.evil.com/erp",
        "https://x1c.company.ru/erp",
        "https://1c-company.ru/erp",
        "https://company.ru/erp",
        "https://1c.company.ru@10.0.0.9/erp",
    ],
)
def test_what_only_looks_alike_is_not_production(url: str) -> None:
    guard().check("GET", url)
    assert guard().production_entry(url) == ""


@pytest.mark.parametrize(
    ("production", "url", "hit"),
    [
        ("1c.company.ru", "http://1c.company.ru:1541/any", True),
        ("1c.company.ru/erp", "https://1c.company.ru/erp/hs", True),
        ("10.0.0.5:8080/erp", "http://10.0.0.5:8080/erp", True),
        ("10.0.0.5:8080/erp", "http://10.0.0.5:8081/erp", False),
        ("10.0.0.5:8080/erp", "http://10.0.0.5/erp", False),
        ("http://srv:80/erp", "https://srv/erp", True),
        ("https://srv:443/erp", "http://srv:80/erp", True),
        ("http://srv:80/erp", "http://srv:8080/erp", False),
        ("http://admin:pass@srv/erp", "http://srv/erp", True),
        ("http://10.0.0.5/erp", "http://0x0a.0.0.5/erp", True),
        ("http://10.0.0.5/erp", "http://012.0.0.5/erp", True),
        ("http://10.0.0.5/erp", "http://167772165/erp", True),
        ("http://10.0.0.5/erp", "http://10.5/erp", True),
        ("http://10.0.0.5/erp", "http://[::ffff:10.0.0.5]/erp", True),
        ("http://10.0.0.5/erp", "http://[::ffff:a00:5]/erp", True),
        ("http://10.0.0.5/erp", "http://10.0.0.50/erp", False),
        ("http://[2001:db8::1]/erp", "http://[2001:0db8:0:0:0:0:0:1]/erp", True),
        ("http://[2001:DB8::1]:8080/erp", "http://[2001:db8::1]:8080/erp/x", True),
        ("http://[2001:db8::1]/erp", "http://[2001:db8::2]/erp", False),
        ("http://сервер.рф/база", "http://xn--80ae6akabk.xn--p1ai/%D0%B1%D0%B0%D0%B7%D0%B0/odata", False),
        ("http://пример.рф/база", "http://xn--e1afmkfd.xn--p1ai/%D0%B1%D0%B0%D0%B7%D0%B0/odata", True),
        ("http://пример.рф/база", "http://ПРИМЕР.РФ./БАЗА", True),
        ("http://xn--e1afmkfd.xn--p1ai/%D0%B1%D0%B0%D0%B7%D0%B0", "http://пример.рф/база", True),
        ("http://srv/a/app/1", "http://srv/a/app/1/odata", True),
        ("http://srv/a/app/1", "http://srv/a/app/10/odata", False),
        ("http://srv/a/app/1", "http://srv/a/app", False),
    ],
)
def test_lines_of_production(production: str, url: str, hit: bool) -> None:
    assert bool(guard(production).production_entry(url)) is hit


def test_another_name_of_the_same_machine_is_production() -> None:
    known = {"1c.company.ru": "10.0.0.5", "srv-1c": "10.0.0.5", "stand": "10.0.0.6", "10.0.0.5": "10.0.0.5"}
    with pytest.raises(ProductionError):
        guard(known=known).check("GET", "http://srv-1c/erp/odata")
    with pytest.raises(ProductionError):
        guard(known=known).check("GET", "http://10.0.0.5/erp/odata")
    guard(known=known).check("GET", "http://stand/erp/odata")


def test_names_are_looked_up_only_when_port_and_path_are_those_of_production() -> None:
    directory = resolver({})
    one = WriteGuard([PRODUCTION], resolve=directory)
    one.check("GET", "http://127.0.0.1:8080/stand/odata")
    assert directory.asked == []
    one.check("GET", "http://127.0.0.1:8080/erp/odata")
    one.check("GET", "http://127.0.0.1:8080/erp/odata")
    assert sorted(directory.asked) == ["127.0.0.1", "1c.company.ru"]


def test_this_machine_knows_itself_by_all_its_names() -> None:
    assert system_addresses("localhost") & system_addresses("127.0.0.1")
    assert system_addresses("0.0.0.0") & system_addresses("127.0.0.1")  # noqa: S104 - an address to connect to
    assert system_addresses("имя с пробелом") == frozenset()
    one = WriteGuard(["http://127.0.0.1:8080/erp"])
    for host in ("localhost", "LOCALHOST.", "127.1", "0.0.0.0"):  # noqa: S104 - same
        with pytest.raises(ProductionError):
            one.check("GET", f"http://{host}:8080/erp/odata")
    own = socket.gethostname()
    if system_addresses(own):
        assert system_addresses(own) & system_addresses("127.0.0.1")


AMBIGUOUS = [
    "",
    "erp",
    "/erp",
    "//1c.company.ru/erp",
    "https:/1c.company.ru/erp",
    "https:1c.company.ru/erp",
    "https:///erp",
    "ftp://1c.company.ru/erp",
    "file:///erp",
    " https://1c.company.ru/erp",
    "https://1c.company.ru/erp ",
    "https://1c.company.ru/er\tp",
    "https://1c.company.ru\n/erp",
    "https://1c.company.ru/erp\x00",
    "https://1c.company.ru\\@127.0.0.1/erp",
    "https://127.0.0.1\\@1c.company.ru/erp",
    "https://127.0.0.1\\.1c.company.ru/erp",
    "https://a@b@1c.company.ru/erp",
    "https://127.0.0.1#@1c.company.ru/erp",
    "https://1c.company.ru/erp#x",
    "https://1c%2ecompany.ru/erp",
    "https://1c.company.ru%00.evil.ru/erp",
    "https://1c..company.ru/erp",
    "https://1c.company.ru../erp",
    "https://1c.company.ru:порт/erp",
    "https://1c.company.ru:99999/erp",
    "https://1c.company.ru:-1/erp",
    "https://[::1/erp",
    "https://[zz::1]/erp",
    "https://1c.com\u200bpany.ru/erp",
    "https://1c.company.ru/\u202eerp",
    "https://exa(mple.ru/erp",
    "https://1C。company.ru/erp",
    "https://１c.company.ru/erp",
    "https://1c.company.ru/%25252525252565rp",
]


@pytest.mark.parametrize("url", AMBIGUOUS)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_what_can_be_read_in_two_ways_is_not_sent(url: str, method: str) -> None:
    with pytest.raises(WriteRefusedError, match="не отправлен"):
        guard(permitted=("http://127.0.0.1/erp",)).check(method, url)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_needs_no_permission(method: str) -> None:
    guard().check(method, f"{STAND}/odata/standard.odata/Catalog_X?$filter=a")


WRITES = [
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "MERGE",
    "LOCK",
    "get",
    "Get",
    "GET ",
    "GET\r\nX",
    "",
    "ГЕТ",
    "TRACE",
    "CONNECT",
]


@pytest.mark.parametrize("method", WRITES)
def test_everything_else_needs_it(method: str) -> None:
    with pytest.raises(WriteRefusedError, match="не разрешена"):
        guard().check(method, f"{STAND}/odata")


@pytest.mark.parametrize(
    "header", ["X-HTTP-Method", "x-http-method-override", "X_HTTP_Method_Override", "X-Method-Override"]
)
def test_a_header_cannot_turn_reading_into_writing(header: str) -> None:
    with pytest.raises(WriteRefusedError):
        guard().check("GET", f"{STAND}/odata", {header: "DELETE"})
    guard(permitted=(STAND,)).check("GET", f"{STAND}/odata", {header: "DELETE"})


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "x_original_url", "Forwarded", "Transfer-Encoding"])
def test_a_header_cannot_lead_elsewhere(header: str) -> None:
    with pytest.raises(WriteRefusedError, match="заголовок"):
        guard(permitted=(STAND,)).check("POST", f"{STAND}/odata", {header: "1c.company.ru"})


@pytest.mark.parametrize(
    "action",
    [
        "Document_X(guid'1')/Post",
        "Document_X(guid'1')/Post()",
        "Document_X(1)/unpost",
        "SelectChanges",
        "%53electChanges",
        "NotifyChangesReceived/",
    ],
)
def test_actions_write_by_whatever_method(action: str) -> None:
    with pytest.raises(WriteRefusedError):
        guard().check("GET", f"{STAND}/odata/standard.odata/{action}?DataExchangePoint='x'")


def test_permission_needs_mark_and_isolation() -> None:
    one = guard()
    assert "нет отметки" in one.permit(STAND, marked=False, isolated=True)
    assert "неизвестно, есть ли отметка" in one.permit(STAND, marked=None, isolated=True)
    assert "не заблокированы" in one.permit(STAND, marked=True, isolated=False)
    assert "неизвестно, заблокированы ли" in one.permit(STAND, marked=True, isolated=None)
    assert one.refusal(f"{STAND}/odata")
    assert one.permit(STAND, marked=True, isolated=True) == ""
    assert one.refusal(f"{STAND}/odata") == ""
    one.check("POST", f"{STAND}/odata/standard.odata/Catalog_X")


def test_permission_is_lost_with_its_grounds() -> None:
    one = guard(permitted=(STAND,))
    assert one.permit(STAND, marked=True, isolated=None)
    assert one.refusal(f"{STAND}/odata")
    again = guard(permitted=(STAND,))
    again.revoke(f"{STAND}/")
    assert again.refusal(f"{STAND}/odata")


@pytest.mark.parametrize("url", [PRODUCTION, "https://1c.company.ru/ERP/", "http://1c.company.ru/stand/../erp"])
def test_production_is_never_permitted(url: str) -> None:
    assert guard().permit(url, marked=True, isolated=True)
    with pytest.raises(WriteRefusedError):
        guard(permitted=(url,))


def test_production_below_a_permitted_address_stays_closed() -> None:
    one = guard("http://srv:8080/stand/erp", permitted=("http://srv:8080/stand",))
    one.check("POST", "http://srv:8080/stand/demo")
    with pytest.raises(ProductionError):
        one.check("POST", "http://srv:8080/stand/ERP/x")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080/stand",
        "http://127.0.0.1:8080/stand/",
        "http://127.0.0.1:8080/stand/odata/standard.odata/Catalog_X(Код='a%2Fb')",
        "http://127.0.0.1:8080/stand/odata/X(Код='100%25')",
        "http://127.0.0.1:8080/st%61nd/odata",
        "HTTP://127.0.0.1:8080/stand/odata?x=/../erp",
    ],
)
def test_the_permitted_publication_may_be_written(url: str) -> None:
    guard(permitted=(STAND,)).check("POST", url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080/",
        "http://127.0.0.1:8080/stand2/odata",
        "http://127.0.0.1:8080/standerp",
        "http://127.0.0.1:8080/Stand/odata",
        "http://127.0.0.1:8080/stand/../other/odata",
        "http://127.0.0.1:8080/stand/..",
        "http://127.0.0.1:8080/stand/%2e%2e/other",
        "http://127.0.0.1:8080/stand/%252e%252e/other",
        "http://127.0.0.1:8080/stand/..%2fother",
        "http://127.0.0.1:8080/stand/..%5cother",
        "http://127.0.0.1:8080/stand%2f..%2fother",
        "http://127.0.0.1:8080/other/../stand/odata",
        "http://127.0.0.1:8080//stand/../x",
        "http://127.0.0.1:8081/stand/odata",
        "http://127.0.0.1/stand/odata",
        "https://127.0.0.1:8080/stand/odata",
        "http://localhost:8080/stand/odata",
        "http://127.0.0.1:8080@10.0.0.9/stand/odata",
        "http://10.0.0.9:8080/stand/odata",
    ],
)
def test_nothing_beside_it_may(url: str) -> None:
    with pytest.raises(WriteRefusedError):
        guard(permitted=(STAND,)).check("POST", url)


def test_a_publication_with_cyrillic_letters() -> None:
    one = guard(permitted=("http://пример.рф/стенд",))
    one.check("POST", "http://xn--e1afmkfd.xn--p1ai/%D1%81%D1%82%D0%B5%D0%BD%D0%B4/odata")
    with pytest.raises(WriteRefusedError):
        one.check("POST", "http://xn--e1afmkfd.xn--p1ai/%D1%81%D1%82%D0%B5%D0%BD%D0%B42/odata")


@pytest.mark.parametrize(
    "publication", ["http://srv/a/../b", "http://srv/a%2fb", "http://srv/..", "srv/a", "http://s rv/a"]
)
def test_a_publication_must_be_unambiguous(publication: str) -> None:
    one = guard()
    assert "не разрешена" in one.permit(publication, marked=True, isolated=True)
    with pytest.raises(WriteRefusedError):
        one.check("POST", "http://srv/b/odata")


@pytest.mark.parametrize(
    "line", ["", "https://", "ht tp://x", "http://a@b@c", "ftp://srv/erp", "http://srv/%25252525252565"]
)
def test_an_unreadable_line_of_production_is_a_configuration_error(line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        guard(line)
    assert caught.value.place == "[production]"


def test_it_shows_no_passwords() -> None:
    one = guard("https://admin:geheim@1c.company.ru/erp", permitted=(STAND,))
    assert "geheim" not in repr(one)
    with pytest.raises(ProductionError) as caught:
        one.check("GET", "https://x:tajna@1c.company.ru/erp")
    assert "geheim" not in str(caught.value)
    assert "tajna" not in str(caught.value)


TRICKS = st.sampled_from(
    [
        "..",
        ".",
        "",
        "%2e%2e",
        "%2E.",
        "..%2f..",
        "..%5c",
        "%252e%252e",
        "erp",
        "ERP",
        "%65rp",
        "stand",
        "x",
        ";a",
        "e%72p",
        "..;a",
    ]
)


@given(st.lists(TRICKS, max_size=7))
def test_no_walk_through_directories_writes_outside_the_permitted_publication(walk: list[str]) -> None:
    """Whatever a server makes of a path (decoding or not, resolving or not), a write that passed ends below the publication."""
    path = "/".join(["", *walk])
    one = guard("http://127.0.0.1:8080/erp", permitted=(STAND,))
    try:
        one.check("POST", f"http://127.0.0.1:8080{path}")
    except (ProductionError, WriteRefusedError):
        return
    for reading in server_readings(path):
        assert reading.startswith("stand"), path


def server_readings(path: str) -> list[str]:
    """What servers of different habits see: written apart from the guard, on purpose."""
    import posixpath
    from urllib.parse import unquote

    forms = [path, unquote(path), unquote(unquote(path)), unquote(unquote(path)).replace("\\", "/")]
    return [posixpath.normpath("/" + form.lstrip("/")).lstrip("/") for form in forms]
