"""HTTP- и веб-сервисы, через которые к базе обращаются другие системы."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec
import pytest

from harness.checks.exchanges import LogWatch
from harness.checks.flows import choose_contract, choose_stock
from harness.onec.session import StandSession

if TYPE_CHECKING:
    from harness.checks.one_exchange import Exchanges
    from harness.observe.capture import Observe
    from harness.onec.session import Answer
    from harness.phase.access import Base
    from harness.phase.context import Period
    from harness.phase.packs import Pack

pytestmark = [pytest.mark.needs("odata", "service"), pytest.mark.group("services")]
BSP = "/hs/exchange_dsl_1_0_0_1"
SOAP = ("InterfaceVersion", "Exchange_3_0_1_1")
SITE_ORDER = "readiness-http-1"
KEY = "readiness-key-1"
TAX = "500100752939"


def _get(base: Base, path: str, **params: str) -> Answer:
    return base.session.get(path, params=params, headers={"Accept": "*/*"}, expect=None)


def _told(answer: Answer) -> str:
    """Почему сервис не отвечает, словами."""
    text = re.sub(r"<[^>]+>", " ", answer.content[:600].decode("utf-8", errors="replace"))
    known = {401: "доступ отклонён", 403: "недостаточно прав", 404: "сервис не опубликован или переименован"}
    return f"{answer.status} {known.get(answer.status, ' '.join(text.split())[:160])}".strip()


@pytest.mark.scenario("HTTP-01", area="exchange", severity="blocker", owner="Ответственный за интеграции")
def test_services_answer(base: Base, pack: Pack, observe: Observe, exchange: Exchanges) -> None:
    """Сервисы базы отвечают по прежним адресам

    Сервис обмена БСП, описания веб-сервисов и сервис интеграции с сайтом: код ответа и вид содержимого те же, и без имени и пароля
    ответ прежний. Сервис, который перестал публиковаться или потребовал других прав, останавливает обмен с той стороны, и виден он
    только там; сервис, который стал отвечать всем подряд, отдаёт данные посторонним.
    """
    node = exchange("universal").state
    checked = {
        f"{BSP}/version": {},
        f"{BSP}/1.0.0.1/GetIBParameters": {"ExchangePlanName": node.plan, "NodeCode": node.node},
    }
    checked |= {f"/ws/{name}.1cws": {"wsdl": ""} for name in SOAP}
    checked |= {f"{pack['http.order']}/нет-такого": {}}
    rows, broken = [], []
    stranger = StandSession(base.session.publication, guard=base.session.guard)
    for path, params in checked.items():
        place = "/".join(quote(part) for part in path.split("/"))
        answer = _get(base, place, **params)
        closed = stranger.get(place, params=params, headers={"Accept": "*/*"}, expect=None)
        media = answer.headers.get("content-type", "").partition(";")[0]
        rows.append({"Адрес": path, "Код": answer.status, "Содержимое": media, "КодБезПароля": closed.status})
        if answer.status != (404 if path.endswith("нет-такого") else 200):
            broken.append(f"{path}: {_told(answer)}")
        elif path.endswith("нет-такого") and b'"error"' not in answer.content:
            broken.append(f"{path}: сервис не опубликован: {_told(answer)}")
    stranger.close()
    observe.table("сервисы", rows, key="Адрес", title="Сервисы базы")
    assert not broken, f"Сервисы базы не отвечают: {'; '.join(broken)}"


@pytest.mark.scenario("HTTP-02", area="exchange", severity="blocker", owner="Ответственный за интеграции")
def test_parameters_are_kept(base: Base, observe: Observe, exchange: Exchanges) -> None:
    """Параметры базы для корреспондента прежние

    По этому ответу корреспондент решает, может ли он обмениваться: версии формата, виды объектов и направления, код и префикс
    узла. Номер версии конфигурации меняется при обновлении, а её название только показывают людям: они не сравниваются.
    """
    node = exchange("universal").state
    answer = _get(base, f"{BSP}/1.0.0.1/GetIBParameters", ExchangePlanName=node.plan, NodeCode=node.node)
    assert answer.status == 200, f"Параметры базы не получены: {_told(answer)}"
    found: dict[str, Any] = msgspec.json.decode(answer.content)
    # Версии и виды объектов по узлам сравнивает EXCH-02; здесь важно, что корреспонденту называют то же самое.
    versions, objects = (
        found.pop("ExchangeFormatVersions"),
        {item["Object"] for item in found.pop("SupportedObjectsInFormat")},
    )
    for name in ("ConfigurationVersion", "DefaultInfobaseDescription", "InfobaseDescription"):
        found.pop(name, None)
    entries = {f"параметр/{name}": f"{type(value).__name__}: {value}" for name, value in found.items()}
    observe.contract("параметры", entries, title="Параметры базы для корреспондента")
    observe.timing("время", lambda: _get(base, f"{BSP}/version"), title="Ответ сервиса обмена БСП", repeats=5)
    assert set(versions) == set(node.versions), (
        f"Обмен {node.plan}: корреспонденту названы версии {', '.join(versions)}, а узел умеет {', '.join(node.versions)}"
    )
    known = {item.name for item in node.objects if item.send or item.receive}
    assert objects == known, (
        f"Обмен {node.plan}: корреспонденту названы не те виды объектов: {', '.join(sorted(objects ^ known))}"
    )
    assert found["NodeExists"] is True, f"Обмен {node.plan}: база не знает узла «{node.node}»"


@pytest.mark.scenario("HTTP-03", area="exchange", severity="blocker", owner="Ответственный за интеграции")
@pytest.mark.writes
def test_order_is_told_the_same(base: Base, pack: Pack, period: Period, observe: Observe) -> None:
    """Сервис для сайта отвечает в том же виде

    Состояние непроведённого заказа: те же поля, числа числами и с копейками, сумма та же, что в базе, дата с часовым поясом, пустой
    комментарий значением null. Ошибка отвечает своим кодом, а не 200. Сайт читает ответ программой, и любое такое изменение его ломает.
    """
    good = choose_stock(base.odata, pack, period.end, count=1)[0]
    contract = choose_contract(base.odata, pack, "customer_contract")
    body = {
        "Date": f"{period.end:%Y-%m-%d}T12:00:00",
        pack["field.site_id"]: SITE_ORDER,
        pack["field.partner"]: contract.partner,
        pack["field.goods"]: [
            {"LineNumber": 1, pack["field.item"]: good.item, pack["field.quantity"]: 1, pack["field.price"]: 10}
        ],
    }
    order = base.odata.create(pack["order"], body)
    answer = _get(base, f"{pack['http.order']}/{SITE_ORDER}")
    media = answer.headers.get("content-type", "")
    assert answer.status == 200, f"Сервис для сайта {pack['http.order']}: {_told(answer)}"
    found: dict[str, Any] = msgspec.json.decode(answer.content)
    entries = {name: _shape(value) for name, value in found.items()}
    digits = re.search(rb'"amount":\s*"?-?\d+(?:\.(\d+))?', answer.content)
    decimals = len(digits[1] or b"") if digits else 0
    observe.contract(
        "вид ответа",
        entries | {"Content-Type": media, "Знаков после точки": str(decimals)},
        title="Вид ответа сервиса для сайта",
    )
    missing = _get(base, f"{pack['http.order']}/{quote('нет такого')}")
    observe.value("код ошибки", missing.status, title="Код ответа о заказе, которого нет")
    assert "json" in media, f"Сервис для сайта отдаёт JSON как «{media}»: сайт его не разберёт"
    wrong = []
    wrong += [f"сумма приходит как {entries.get('amount')}"] if entries.get("amount") != "число" else []
    wrong += [f"у суммы знаков после точки {decimals}"] if decimals != 2 else []
    wrong += [f"дата приходит как {entries.get('date')}"] if entries.get("date") != "дата с часовым поясом" else []
    total = order[pack["field.amount"]]
    wrong += [f"сумма {found.get('amount')}, а в базе {total}"] if Decimal(str(found.get("amount"))) != total else []
    wrong += ["непроведённый заказ назван проведённым"] if found.get("posted") is not False else []
    wrong += ["пустой комментарий не передаётся"] if "comment" not in found else []
    wrong += [f"об ошибке отвечает кодом {missing.status}"] if missing.status != 404 else []
    assert not wrong, f"Сервис для сайта изменил вид ответа: {'; '.join(wrong)}"


def _shape(value: object) -> str:
    if isinstance(value, bool):
        return "да/нет"
    if isinstance(value, int | float):
        return "число"
    if value is None:
        return "null"
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)", str(value)):
        return "дата с часовым поясом"
    return "дата без часового пояса" if re.match(r"\d{4}-\d\d-\d\d|\d\d\.\d\d\.\d{4}", str(value)) else "строка"


@pytest.mark.scenario("HTTP-04", area="exchange", severity="blocker", owner="Ответственный за интеграции")
@pytest.mark.writes
def test_request_is_taken_once(base: Base, pack: Pack, observe: Observe) -> None:
    """Повторный запрос сайта с тем же ключом ничего не создаёт

    Сайт, не дождавшийся ответа, присылает запрос снова с тем же ключом. База отвечает тем же идентификатором и второй карточки
    не создаёт.
    """
    watch = LogWatch(base.service)
    body = msgspec.json.encode({"key": KEY, "name": "Заявка проверки готовности", "inn": TAX})
    headers = {"Content-Type": "application/json", "Accept": "*/*"}
    answers = [base.session.post(str(pack["http.request"]), body, headers=headers, expect=None) for _ in range(2)]
    for answer in answers:
        assert answer.status in (200, 201), f"Сервис для сайта {pack['http.request']}: {_told(answer)}"
    first, second = (msgspec.json.decode(answer.content) for answer in answers)
    count = base.odata.count(pack["partners"], filter="Description eq 'Заявка проверки готовности'")
    rows = [
        {"Запрос": n, "Код": answer.status, "Создано": made["created"]}
        for n, (answer, made) in enumerate(zip(answers, (first, second), strict=True), 1)
    ]
    observe.table("запросы", rows, key="Запрос", title="Повторный запрос сайта")
    assert (count, first["id"]) == (1, second["id"]), (
        f"Повторный запрос сайта с тем же ключом создал вторую карточку: карточек {count}"
    )
    errors = watch.told()
    assert not errors, f"Сервис для сайта: ошибки в журнале регистрации: {errors}"


@pytest.mark.scenario("HTTP-05", area="exchange", severity="blocker", owner="Ответственный за интеграции")
def test_descriptions_are_kept(base: Base, observe: Observe) -> None:
    """Описания веб-сервисов прежние

    Пространство имён и операции описаний WSDL: тот, кто обращается к веб-сервису, собран под прежнее описание и другого не
    поймёт.
    """
    entries: dict[str, str] = {}
    for name in SOAP:
        answer = _get(base, f"/ws/{name}.1cws", wsdl="")
        assert answer.status == 200, f"Описание веб-сервиса {name} не получено: {_told(answer)}"
        text = answer.content.decode("utf-8", errors="replace")
        space = re.search(r'targetNamespace="([^"]+)"', text)
        entries[f"{name}/пространство имён"] = space[1] if space else ""
        operations = sorted(set(re.findall(r'<operation name="(\w+)">', text)))
        entries |= {f"{name}/операция/{operation}": "операция" for operation in operations}
    observe.contract("описания", entries, title="Описания веб-сервисов")
    assert all(entries.values()), "Описание веб-сервиса без пространства имён"
