"""Print forms the base gives as pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
from requests.auth import HTTPBasicAuth

from harness.observe.pages import page_of
from stand.emulator.company import service_routes
from stand.emulator.server import EmulatorServer
from tests.stand.emulator.demo import PASSWORD, company, update_with

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from stand.emulator.database.infobase import Infobase

FORM = "СчетНаОплату"
ORDER = "Document_ЗаказПокупателя"


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Infobase]:
    with company(tmp_path) as infobase:
        yield infobase


@pytest.fixture
def get(base: Infobase) -> Iterator[Callable[..., requests.Response]]:
    """Asks for a form of the first order."""
    with base.reading() as session:
        (first,) = session.select(ORDER, where={"Posted": True}, limit=1)
    server = EmulatorServer(base, publication="demo", extra_routes=service_routes(base))
    server.start()

    def ask(form: str = FORM, ident: str = "", user: str = "Администратор") -> requests.Response:
        auth = HTTPBasicAuth(user.encode(), PASSWORD.encode())
        return requests.get(f"{server.url}/hs/print/v1/{form}/{ident or first['Ref'].id}", auth=auth, timeout=30)

    yield ask
    server.stop()


def test_an_invoice_has_its_columns_rows_and_totals(get: Callable[..., requests.Response]) -> None:
    answer = get()

    lines = page_of(answer.content).lines
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "№ | Артикул | Товар | Количество | Единица | Цена | Сумма" in lines
    assert any(line.startswith("[картинка «Логотип»") for line in lines)
    assert [line.partition(":")[0] for line in lines[-3:]] == ["Итого", "В том числе НДС", "Всего к оплате"]
    assert lines[-3].partition(" | ")[2] == lines[-1].partition(" | ")[2]


def test_who_may_not_read_the_document_gets_no_form(get: Callable[..., requests.Response]) -> None:
    assert get(ident="00000000-0000-0000-0000-000000000001").status_code == 404
    assert get(form="Нет").status_code == 404
    assert get(user="Никто").status_code == 401


@pytest.mark.parametrize(
    ("defect", "gone"),
    [("print-column-lost", "Артикул"), ("print-logo-lost", "Логотип"), ("print-form-gone", "Счёт")],
)
def test_defects_show_on_the_page(
    base: Infobase, get: Callable[..., requests.Response], defect: str, gone: str
) -> None:
    assert gone in "".join(page_of(get().content).lines)

    update_with(base, defect)

    assert gone not in "".join(page_of(get().content).lines)
