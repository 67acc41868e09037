"""Updates: what changes and nothing else, for the clean release and for every seeded defect alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import ConfigError
from stand.emulator.auth import ACTIONS, User, may
from stand.emulator.behaviour.attached import Behaviour, attach_behaviour
from stand.emulator.behaviour.deferred import run_deferred
from stand.emulator.behaviour.lookups import Lookup
from stand.emulator.behaviour.updating import handled, update_company
from stand.emulator.company import update_demo
from stand.emulator.exchanging import gateway
from stand.emulator.exchanging.common import ExchangeError
from stand.emulator.rows import EMPTY, Ref
from tests.stand.emulator.demo import UNIVERSAL, company, customer, moment, plenty, sample, update_with

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stand.emulator.database.infobase import Infobase, Session

NOON = moment(2026, 3, 31, 12)


def test_the_clean_release_changes_what_it_says_and_no_more(tmp_path: Path) -> None:
    with company(tmp_path) as base:
        before = base.fingerprint()
        report = update_demo(base, "2.0.15.2")
        assert (report.before, report.after, report.deferred) == ("2.0.14.7", "2.0.15.2", ("ПересчетНДСВЗаказах",))
        assert [item.state for item in report.handlers] == ["done", "waiting"]
        assert handled(base) == report
        assert base.fingerprint()["Document_ЗаказПокупателя"] == before["Document_ЗаказПокупателя"]
        run_deferred(base)
        after = base.fingerprint()
        assert {name for name in before | after if before.get(name) != after.get(name)} == {
            "Catalog_Контрагенты",
            "Document_ЗаказПокупателя",  # its DataVersion
            "Document_ЗаказПокупателя.Товары",
            "InformationRegister_ДействующиеСтавкиНДС",
            "_log",
            "_settings",
        }
        ended = handled(base)
        assert ended is not None
        assert (ended.deferred, [(item.state, item.deferred) for item in ended.handlers]) == (
            (),
            [("done", False), ("done", True)],
        )
        assert [event.level for event in base.log()] == ["info"]
        assert after["Catalog_Контрагенты"][0] == before["Catalog_Контрагенты"][0]


def test_open_orders_are_taxed_anew_and_keep_their_sums(tmp_path: Path) -> None:
    with company(tmp_path) as base:
        orders = _orders(base)
        update_demo(base, "2.0.15.2")
        run_deferred(base)
        changed = 0
        for key, order in _orders(base).items():
            was = orders[key]
            volatile = {"DataVersion", "Товары"}
            assert {name: order[name] for name in order if name not in volatile} == {
                name: was[name] for name in was if name not in volatile
            }
            for line, line_was in zip(order["Товары"], was["Товары"], strict=True):
                due = order["ДатаОтгрузки"] >= moment(2026, 4, 1) and order["Состояние"] == "КВыполнению"
                assert line["СтавкаНДС"] == (
                    "НДС22" if due and line_was["СтавкаНДС"] == "НДС20" else line_was["СтавкаНДС"]
                )
                changed += line["СуммаНДС"] != line_was["СуммаНДС"]
        assert changed > 0


def _orders(base: Infobase) -> dict[Ref, dict[str, Any]]:
    with base.reading() as session:
        return {row["Ref"]: row for row in session.select("Document_ЗаказПокупателя")}


def test_a_release_without_deferred_handlers_gets_one_that_is_stuck_when_ordered(tmp_path: Path) -> None:
    with company(tmp_path) as base:
        update_demo(base, "2.0.15.1")
        run_deferred(base)
        report = update_demo(base, "2.0.15.2", lifecycle={"update": "deferred-stuck"})
        assert report.deferred == ("ОтложеннаяОбработкаДанныхРелиза",)
        run_deferred(base)
        assert handled(base) == report


def test_an_update_to_an_unknown_release_leaves_the_base(tmp_path: Path) -> None:
    with company(tmp_path) as base:
        before = base.fingerprint()
        with pytest.raises(ConfigError):
            update_demo(base, "9.9.9.9")
        assert base.fingerprint() == before


def test_a_handler_that_fails_is_told_and_undone(tmp_path: Path) -> None:
    with company(tmp_path) as base:
        configuration = Behaviour.of(base).configuration
        tree: dict[str, Any] = {
            "steps": [
                {
                    "do": "write_record",
                    "register": "InformationRegister_ДействующиеСтавкиНДС",
                    "record": {"Period": "2030-01-01", "ВидСтавкиНДС": "Общая", "Процент": 1},
                },
                {"do": "fail", "error": "Нет места на диске"},
            ],
            "version": "2.0.15.0",
        }
        handlers = {"Плохой": tree, "Отложенный": {"version": "2.0.15.0", "deferred": True, "steps": []}}
        new = replace(configuration, version="2.0.15.9", behaviour={**configuration.behaviour, "handlers": handlers})
        report = update_company(base, new, attach_behaviour)
        assert [(item.state, item.error) for item in report.handlers] == [
            ("failed", "Нет места на диске"),
            ("waiting", ""),
        ]
        assert report.deferred == ("Отложенный",)
        with base.reading() as session:
            assert session.find("InformationRegister_ДействующиеСтавкиНДС", Period=moment(2030, 1, 1)) == []
        assert base.log()[0].level == "error"


# -- every defect alone: what it changes, seen from outside, is its own place and no other -----------------------------------------


def _report(base: Infobase, name: str, **parameters: str) -> object:
    behaviour = Behaviour.of(base)
    with base.reading() as session:
        lookup = Lookup(session, behaviour.configuration)
        found = behaviour.reports.by_name[name].run(session, lookup, date(2026, 1, 1), date(2026, 3, 31), parameters)
    return [column.name for column in found.columns], found.rows, found.totals


def _rehearsed(base: Infobase, act: Callable[[Session], object]) -> object:
    with base.rehearsal() as session:
        return act(session)


def _records(session: Session, name: str, **cells: object) -> object:
    document = session.put(name, {"Date": NOON, **cells})
    session.post(name, document)
    return {
        register: [
            {key: value for key, value in row.items() if key != "Recorder"}
            for row in session.records(register, recorder=document)
        ]
        for register in session.registers_of(name)
    }


def _payment(session: Session) -> object:
    order = next(iter(session.select("Document_ЗаказПокупателя", order=("Number",))))
    return _records(session, "Document_ПоступлениеНаРасчетныйСчет", Заказ=order["Ref"], СуммаДокумента=Decimal(100))


def _purchase(session: Session) -> object:
    good, warehouse = plenty(session)
    cells = {"Контрагент": customer(session)["Ref"], "Склад": warehouse}
    return _records(
        session,
        "Document_ПоступлениеТоваровУслуг",
        **cells,
        Товары=[{"Номенклатура": good, "Количество": Decimal(1), "Цена": Decimal(12)}],
    )


def _payroll(session: Session) -> object:
    employee = next(iter(session.select("Catalog_Сотрудники", order=("Code",))))
    return _records(session, "Document_НачислениеЗарплаты", Начисления=[{"Сотрудник": employee["Ref"]}])


def _file(base: Infobase) -> bytes:
    node = next(item.node for item in gateway.nodes(base) if item.kind == "bank")
    lines = gateway.preview_message(base, "БанкКлиент", node)[0].split(b"\r\n")
    return b"\n".join(
        line for line in lines if "Создания".encode("cp1251") not in line and "Создания".encode() not in line
    )


def _shop_twice(base: Infobase) -> object:
    with base.rehearsal():
        gateway.import_message(base, "ОбменССайтом", "САЙТ", sample("shop_orders.xml"))
        again = gateway.import_message(base, "ОбменССайтом", "САЙТ", sample("shop_orders.xml"))
        return again.created, again.skipped


def _universal(base: Infobase) -> object:
    try:
        with base.rehearsal():
            return gateway.import_message(base, UNIVERSAL, "БП", sample("universal_in.xml")).created
    except ExchangeError as error:
        return error.text


def _rights(base: Infobase) -> object:
    roles: dict[str, Any] = base.configuration.behaviour["roles"]  # type: ignore[assignment]
    return {
        (role, name, action): may(base, User("", (role,), full_rights="full" in roles[role]), name, action)
        for role in roles
        for name in base.configuration.objects
        for action in ACTIONS
    }


def _contract(base: Infobase) -> object:
    return {name: [item.name for item in meta.fields] for name, meta in base.configuration.objects.items()}


def _plans(base: Infobase) -> object:
    reports: dict[str, Any] = base.configuration.behaviour["reports"]  # type: ignore[assignment]
    return [source.get("plan") for table in reports.values() for source in table["sources"].values()]


PROBES: dict[str, Callable[[Infobase], object]] = {
    "ВаловаяПрибыль": lambda base: _report(base, "ВаловаяПрибыль"),
    "ЗадолженностьПоСрокам": lambda base: _report(base, "ЗадолженностьПоСрокам"),
    "ОстаткиТоваров": lambda base: _report(base, "ОстаткиТоваров"),
    "ОстаткиТоваров/Склад": lambda base: _report(base, "ОстаткиТоваров", Склад="000000003"),
    "ОборотноСальдоваяВедомость": lambda base: _report(base, "ОборотноСальдоваяВедомость"),
    "план": _plans,
    "оплата": lambda base: _rehearsed(base, _payment),
    "закупка": lambda base: _rehearsed(base, _purchase),
    "зарплата": lambda base: _rehearsed(base, _payroll),
    "файл в банк": _file,
    "заказы сайта": _shop_twice,
    "сообщение корреспондента": _universal,
    "возможности": lambda base: [(node.plan, node.versions, node.objects) for node in gateway.nodes(base)],
    "права": _rights,
    "реквизиты": _contract,
    "задания": lambda base: base.configuration.behaviour["jobs"],
    "журнал": lambda base: [event.comment for event in base.log() if event.level == "error"],
}
PLACES = {
    "attribute-removed": {"реквизиты"},
    "attribute-renamed": {"реквизиты"},
    "bank-order-encoding": {"файл в банк"},
    "bank-order-payer-inn-lost": {"файл в банк"},
    "job-switched-off": {"задания"},
    "log-errors-after-update": {"журнал"},
    "payment-wrong-dimension": {"оплата"},
    "payroll-wrong-account": {"зарплата"},
    "purchase-entry-swapped": {"закупка"},
    "report-column-lost": {"ЗадолженностьПоСрокам"},
    "report-filter-ignored": {"ОстаткиТоваров/Склад"},
    "report-slow": {"план"},
    "report-total-kopeck": {"ВаловаяПрибыль"},
    "role-closed": {"права"},
    "role-opened": {"права"},
    "shop-order-duplicates": {"заказы сайта"},
    "universal-version-dropped": {"возможности", "сообщение корреспондента"},
}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    with company(tmp_path_factory.mktemp("clean")) as base:
        update_with(base)
        return {name: probe(base) for name, probe in PROBES.items()}


@pytest.mark.parametrize("name", sorted(PLACES))
def test_a_defect_shows_in_its_place_and_nowhere_else(tmp_path: Path, clean: dict[str, object], name: str) -> None:
    with company(tmp_path) as base:
        update_with(base, name)
        changed = {place for place, probe in PROBES.items() if probe(base) != clean[place]}
    assert changed == PLACES[name]


def test_the_wrong_dimension_is_an_empty_one(tmp_path: Path) -> None:
    with company(tmp_path) as base:
        update_with(base, "payment-wrong-dimension")
        found: Any = _rehearsed(base, _payment)
    record = found["AccumulationRegister_ВзаиморасчетыСКонтрагентами"][0]
    assert record["Заказ"] == Ref("Document_ЗаказПокупателя", EMPTY)
    assert record["Контрагент"].id != EMPTY
