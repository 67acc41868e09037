"""Steps of update handlers that change data: what fits is changed, as data, and nothing else."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import ConfigError
from stand.emulator.behaviour.handler_steps import DATA_STEPS
from stand.emulator.behaviour.lookups import Lookup
from stand.emulator.rows import EMPTY
from tests.stand.emulator.demo import company, moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stand.emulator.database.infobase import Infobase

PARTNERS, ORDERS, SALES = "Catalog_Контрагенты", "Document_ЗаказПокупателя", "AccumulationRegister_Продажи"


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Infobase]:
    with company(tmp_path) as infobase:
        yield infobase


def done(base: Infobase, **step: Any) -> int:
    with base.transaction() as session:
        return DATA_STEPS[step["do"]](session, Lookup(session, base.configuration), step)


def rows(base: Infobase, name: str) -> list[dict[str, Any]]:
    with base.reading() as session:
        return list(session.select(name))


def test_every_second_of_those_that_fit_is_changed(base: Infobase) -> None:
    fitting = [row for row in rows(base, PARTNERS) if not row["IsFolder"]]
    changed = done(base, do="change_objects", object=PARTNERS, where="not one.IsFolder", every=2, set={"КПП": "'1'"})
    assert changed == (len(fitting) + 1) // 2
    assert sum(row["КПП"] == "1" for row in rows(base, PARTNERS)) == changed


def test_lines_are_dropped_and_movements_stay(base: Infobase) -> None:
    before = base.fingerprint()
    done(base, do="change_objects", object=ORDERS, section="Товары", row_where="row.LineNumber > 1", drop_rows=True)
    assert {len(row["Товары"]) for row in rows(base, ORDERS)} == {1}
    after = base.fingerprint()
    assert {name for name in before if before[name] != after[name]} == {ORDERS, f"{ORDERS}.Товары"}


def test_records_of_registers_are_deleted_moved_and_cleared(base: Infobase) -> None:
    rates = "InformationRegister_КурсыВалют"
    total = len(rows(base, rates))
    gone = done(base, do="delete_objects", object=rates, where="one.Period >= date('2026-03-01')")
    assert gone > 0
    assert len(rows(base, rates)) == total - gone
    assert all(row["Period"] < moment(2026, 3, 1) for row in rows(base, rates))

    sale = "Document_РеализацияТоваровУслуг"
    sums = sum(row["Сумма"] for row in rows(base, SALES))
    done(base, do="change_records", object=sale, register=SALES, set={"Сумма": "row.Сумма * 2"})
    assert sum(row["Сумма"] for row in rows(base, SALES)) == sums * 2
    done(base, do="clear_records", object=sale, register=SALES)
    assert rows(base, SALES) == []


def test_objects_are_copied_and_constants_set(base: Infobase) -> None:
    count = len(rows(base, PARTNERS))
    done(base, do="copy_objects", object=PARTNERS, where="one.Code == '000000010'", set={"Code": "'999999999'"})
    assert len(rows(base, PARTNERS)) == count + 1
    done(base, do="set_constant", constant="ОсновнаяОрганизация", value="nothing('Catalog_Организации')")
    assert rows(base, "Constant_ОсновнаяОрганизация")[0]["Value"].id == EMPTY


@pytest.mark.parametrize(
    "step",
    [
        {"object": "Catalog_Нет", "set": {}},
        {"object": PARTNERS, "set": {"НетРеквизита": "1"}},
        {"object": SALES, "set": {"Сумма": "1"}},  # written by documents only
    ],
)
def test_a_step_that_leads_nowhere_is_an_error(base: Infobase, step: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        done(base, do="change_objects", **step)
    assert sum((row["Сумма"] for row in rows(base, SALES)), Decimal(0)) > 0
