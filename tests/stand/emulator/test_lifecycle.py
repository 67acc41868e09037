"""A base over its life: opened again, backed up, restored, updated."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from harness.errors import DocumentError
from stand.emulator.database.backup import compare, restore
from stand.emulator.database.infobase import BusinessError, Infobase
from stand.emulator.model import MONEY, Attribute, ValueType
from tests.stand.emulator.sample import (
    GOODS,
    RATES,
    SALE,
    sample_base,
    sample_configuration,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stand.emulator.database.session import Session
    from stand.emulator.rows import Ref
    from tests.stand.emulator.factory import InfobaseFactory

MOMENT = datetime(2026, 1, 5, 10)  # noqa: DTZ001 - dates of 1C are naive


@pytest.fixture
def base(infobase_factory: InfobaseFactory) -> Iterator[Infobase]:
    infobase = sample_base(infobase_factory)
    yield infobase
    infobase.close()


def a_sale(session: Session, quantity: str = "2") -> Ref:
    good = session.put(GOODS, {"Description": "Стол"})
    line = {"Товар": good, "Количество": Decimal(quantity), "Цена": Decimal("1.50")}
    return session.put(SALE, {"Date": MOMENT, "Товары": [line, dict(line)]})


def test_the_configuration_is_in_the_base_and_in_its_backup(
    base: Infobase, infobase_factory: InfobaseFactory, tmp_path: Path
) -> None:
    with base.transaction() as session:
        a_sale(session)
    place = infobase_factory.place()
    base.backup(tmp_path / "copy")
    restore(tmp_path / "copy", place)
    again = Infobase.open(place)
    assert again.configuration == base.configuration
    found = compare(base.fingerprint(), again.fingerprint())
    assert (found.differing, found.rows) == ((), sum(rows for rows, _digest in base.fingerprint().values()))
    with again.transaction() as session:
        session.put(GOODS, {"Description": "ещё"})
    assert GOODS in compare(base.fingerprint(), again.fingerprint()).differing
    again.close()


def test_behaviour_keeps_its_types(infobase_factory: InfobaseFactory) -> None:
    behaviour = {"с": date(2026, 1, 1), "в": {"шаг": [Decimal("0.2"), MOMENT, {"$": 1}]}}
    base = infobase_factory(sample_configuration(**behaviour))
    base.close()
    again = Infobase.open(base.place)
    assert again.configuration.behaviour == behaviour
    again.close()


def test_an_update_keeps_data_and_converts_numbers(base: Infobase) -> None:
    with base.transaction() as session:
        ref = session.put(GOODS, {"Description": "Стол", "Артикул": "А-1", "Вес": Decimal("1.235"), "Штук": 7})
    goods = base.configuration.objects[GOODS]
    attributes = [item for item in goods.attributes if item.name not in ("Артикул", "Вес", "Штук")]
    attributes += [
        Attribute("Вес", ValueType(("Number",), fraction=2)),
        Attribute("Штук", ValueType(("Number",), fraction=3)),
        Attribute("Наценка", MONEY),
    ]
    objects = {name: item for name, item in base.configuration.objects.items() if name != RATES}
    objects[GOODS] = replace(goods, attributes=tuple(attributes))
    base.replace_configuration(replace(base.configuration, version="2.0", objects=objects))
    with base.reading() as session:
        row = session.get(GOODS, ref)
    assert row is not None
    assert (row["Вес"], row["Штук"], row["Наценка"]) == (Decimal("1.24"), Decimal(7), Decimal(0))
    assert "Артикул" not in row
    assert RATES not in base.fingerprint()
    base.close()
    again = Infobase.open(base.place)
    assert again.configuration.version == "2.0"
    again.close()


def test_a_failed_update_leaves_the_old_release(base: Infobase) -> None:
    old = base.configuration

    def update() -> None:
        with base.transaction():
            base.replace_configuration(replace(old, version="2.0", objects={GOODS: old.objects[GOODS]}))
            raise BusinessError("обработчик обновления не выполнен")

    with pytest.raises(BusinessError):
        update()
    assert base.configuration.version == "1.0"
    with base.transaction() as session:
        a_sale(session)


def test_an_existing_file_and_a_foreign_file_are_refused(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.db"
    foreign.write_bytes(b"not a database at all, but long enough to have a header of its own" * 20)
    with pytest.raises(DocumentError):
        Infobase.open(foreign)
    with pytest.raises(DocumentError):
        Infobase.create(foreign, sample_configuration())
    with pytest.raises(DocumentError):
        Infobase.open(tmp_path / "absent.db")
    with pytest.raises(DocumentError):
        restore(foreign, tmp_path / "base.db")
