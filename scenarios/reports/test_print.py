"""Печатные формы, которые база отдаёт другим страницей: сравниваются и текстом, и картинкой."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from harness.observe.capture import Observe
    from harness.phase.access import Base
    from harness.phase.context import Period
    from harness.phase.packs import Pack

pytestmark = pytest.mark.needs("odata")


@pytest.mark.scenario("REP-18", area="report", severity="blocker", owner="Отдел продаж")
@pytest.mark.pages
def test_invoice_looks_the_same(base: Base, pack: Pack, period: Period, observe: Observe) -> None:
    """Печатная форма счёта выглядит по-прежнему

    Счёт, который видит покупатель: реквизиты, колонки, строки, итоги и логотип те же. Текст сравнивается построчно, вид — картинкой, если на
    машине есть браузер: пропавший логотип, съехавшая таблица или обрезанная колонка в тексте не видны.
    """
    address = str(pack["print.order"])
    within = f"Posted eq true and Date ge datetime'{period.start}T00:00:00' and Date le datetime'{period.end}T23:59:59'"
    orders = list(
        base.odata.rows(pack["order"], select=("Ref_Key",), filter=within, orderby=("Date", "Ref_Key"), top=1)
    )
    assert orders, "В периоде сравнения нет ни одного проведённого заказа: печатать нечего"
    place = "/".join(quote(part) for part in address.split("/"))
    answer = base.session.get(f"{place}/{orders[0]['Ref_Key']}", headers={"Accept": "text/html"}, expect=None)
    media = answer.headers.get("content-type", "").partition(";")[0]
    assert (answer.status, media) == (200, "text/html"), (
        f"Печатная форма {address} не получена: {answer.status} {media}"
    )
    observe.page("счёт", answer.content, title="Печатная форма счёта")
