"""Whom a change can concern."""

from __future__ import annotations

from typing import Any

import pytest

from harness.prove.proving import variants_of
from harness.prove.reach import Asking, reached
from harness.prove.variants import Kind, Variant

SERVICE = "hs/readiness/v1"
ASKED = {
    "OPS-05": [f"GET {SERVICE}/jobs"],
    "OPS-06": [f"GET {SERVICE}/log"],
    "REP-01": [f"GET {SERVICE}/reports", f"GET {SERVICE}/reports/Продажи", f"GET {SERVICE}/reports/Остатки"],
    "REP-07": [f"GET {SERVICE}/reports/Остатки", "GET odata/standard.odata/Catalog_Склады"],
    "REP-18": ["GET hs/print/v1/Счет/1"],
    "SWEEP-03": ["GET odata/standard.odata/Catalog_Склады", "GET odata/standard.odata/$metadata"],
    "EXCH-02": [f"GET {SERVICE}/exchanges"],
    "SHOP-01": [f"GET {SERVICE}/exchanges", f"POST {SERVICE}/exchanges/Сайт/С1/import", f"GET {SERVICE}/log"],
    "BANK-01": [f"GET {SERVICE}/exchanges", f"PUT {SERVICE}/outward/Банк"],
    "HTTP-01": ["GET hs/site/v1/orders/1", "GET ws/Exchange.1cws"],
    "FLOW-01": ["POST odata/standard.odata/Document_Заказ", "GET odata/standard.odata/Catalog_Склады"],
}


def seeded(*changes: dict[str, Any], kind: Kind = Kind.DEFECT, early: bool = False) -> Variant:
    return Variant("x", "x", kind, changes=changes, early=early)


@pytest.mark.parametrize(
    ("change", "who"),
    [
        ({"set": "reports/Остатки/totals/Сумма", "value": 1}, "REP-01 REP-07"),
        ({"remove": "reports/Новый"}, "REP-01"),
        ({"remove": "print_forms/Счет/logo"}, "REP-01 REP-18"),
        ({"set": "jobs/Пересчет/enabled", "value": False}, "OPS-05"),
        ({"add": "exchanges/Сайт/comma", "value": True}, "OPS-05 OPS-06 EXCH-02 SHOP-01 HTTP-01"),
        ({"add": "exchanges/Банк/comma", "value": True}, "OPS-05 OPS-06 EXCH-02 BANK-01 HTTP-01"),
        ({"add": "site_service", "value": {}}, "HTTP-01"),
        ({"set": "posting/Document_Заказ/rules/x", "value": 1}, "SHOP-01 BANK-01 FLOW-01"),
        (
            {"set": "tables/НДС/Общая", "value": 1},
            "OPS-05 OPS-06 REP-01 REP-07 REP-18 EXCH-02 SHOP-01 BANK-01 HTTP-01 FLOW-01",
        ),
        ({"add": "faults", "value": [{"match": {"path": "hs/print"}, "then": {"status": 500}}]}, "REP-18"),
        (
            {"add": "faults", "value": [{"match": {"method": "POST", "path": "Document_"}, "then": {"status": 500}}]},
            "SHOP-01 BANK-01 FLOW-01",
        ),
        ({"add": "faults", "value": [{"match": {"path": "^hs/site"}, "then": {"drop": True}}]}, "HTTP-01"),
    ],
    ids=lambda value: next(iter(value.values())) if isinstance(value, dict) else "",
)
def test_a_change_concerns_whoever_asks_where_it_acts(change: dict[str, Any], who: str) -> None:
    assert reached(seeded(change), ASKED) == who.split()


def test_changes_of_one_variant_add_up() -> None:
    both = seeded({"remove": "print_forms/Счет"}, {"set": "jobs/Пересчет/enabled", "value": False})
    assert reached(both, ASKED) == ["OPS-05", "REP-01", "REP-18"]


@pytest.mark.parametrize(
    "variant",
    [
        seeded({"remove": "Catalog/Склады/attributes/Адрес"}),
        seeded({"drop": "roles/Менеджер/read", "value": "Catalog_Склады"}),
        seeded({"add": "handlers/Пересчет", "value": {}}),
        seeded({"add": "lifecycle", "value": {}}),
        seeded({"add": "exchanges", "value": {}}),
        seeded({"remove": "reports/Остатки"}, {"remove": "Catalog/Склады"}),
        seeded({"remove": "reports/Остатки"}, kind=Kind.HARMLESS),
        seeded({"remove": "reports/Остатки"}, early=True),
    ],
)
def test_what_may_act_anywhere_concerns_everybody(variant: Variant) -> None:
    assert reached(variant, ASKED) is None


def test_of_what_is_shipped_whom_it_concerns_is_known_of_most_defects() -> None:
    """A path that is spelt otherwise would quietly make the proof three times as long."""
    defects = [item for item in variants_of(proxied=False) if item.kind is Kind.DEFECT]
    known = [item for item in defects if reached(item, ASKED) is not None]
    assert len(known) > 0.7 * len(defects)


def test_a_base_is_heard_only_while_a_scenario_runs() -> None:
    asking = Asking()
    asking.told("GET", "before")
    asking.pytest_runtest_logstart("a")
    asking.told("GET", "hs/x")
    asking.told("GET", "hs/x")
    asking.pytest_runtest_logfinish()
    asking.told("GET", "between")
    asking.pytest_runtest_logstart("b")
    assert asking.heard == {"a": {"GET hs/x"}, "b": set()}
