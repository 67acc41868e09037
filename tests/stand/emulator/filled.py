"""The sample base with a few rows everybody knows, for tests of the dialect."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from stand.emulator.rows import Ref, Stored
from tests.stand.emulator.sample import (
    ACCOUNTS,
    GOODS,
    LEDGER,
    PAYMENT,
    PEOPLE,
    PRICES,
    RATES,
    SALE,
    SALES,
    STOCK,
    sample_base,
)

if TYPE_CHECKING:
    from pathlib import Path

    from stand.emulator.database.infobase import Infobase
    from tests.stand.emulator.factory import InfobaseFactory

TABLE, CHAIR, LAMP = (f"10000000-0000-4000-8000-00000000000{number}" for number in (3, 2, 1))
IVANOV = "20000000-0000-4000-8000-000000000001"
FIRST, SECOND = "30000000-0000-4000-8000-000000000001", "30000000-0000-4000-8000-000000000002"
PAID = "40000000-0000-4000-8000-000000000001"
NIGHT = datetime(2026, 1, 31, 23, 59, 59)  # noqa: DTZ001 - dates of 1C are naive


def filled_base(folder: Path | InfobaseFactory) -> Infobase:
    """Goods: Лампа (a group's child), Стол, Стул; two sales, one payment; stock, prices, rates, entries."""
    base = sample_base(folder)
    with base.transaction() as session:
        for code, (key, name, weight) in enumerate(
            ((TABLE, "Стол", "12.5"), (CHAIR, "Стул", "4.125"), (LAMP, "Лампа", "0.3")), 1
        ):
            session.put(
                GOODS,
                {
                    "Ref": Ref(GOODS, key),
                    "Code": f"00000000{code}",
                    "Description": name,
                    "Артикул": f"А'{code}/+%",
                    "Вес": Decimal(weight),
                    "Штук": 3_000_000_000 + code,
                    "Срок": code * 10,
                    "Ставка": "НДС20" if code == 1 else "",
                    "Ключ": key,
                    "Услуга": code == 3,
                    "Картинка": Stored("image/png", b"\x89PNG") if code == 1 else None,
                    "Автор": Ref("Catalog_Скрытый", key) if code == 1 else None,
                    "Создан": NIGHT if code == 1 else None,
                    "Parent": Ref(GOODS, TABLE) if code == 3 else None,
                },
            )
        session.put(
            PEOPLE, {"Ref": Ref(PEOPLE, IVANOV), "Description": "Иванов", "ИНН": "7701", "Owner": Ref(GOODS, TABLE)}
        )
        session.put(PAYMENT, {"Ref": Ref(PAYMENT, PAID), "Date": NIGHT, "Number": "П-1", "Сумма": Decimal("-10.10")})
        lines = [
            {"Товар": Ref(GOODS, TABLE), "Количество": Decimal(2), "Цена": Decimal("100.10"), "Что": Decimal("1.50")},
            {"Товар": Ref(GOODS, CHAIR), "Количество": Decimal("0.125"), "Цена": Decimal(50), "Что": Ref(SALE, FIRST)},
            {
                "Товар": Ref(GOODS, LAMP),
                "Количество": Decimal(1),
                "Цена": Decimal(0),
                "Что": Ref("Enum_Ставки", "НДС20"),
            },
        ]
        session.put(
            SALE,
            {
                "Ref": Ref(SALE, FIRST),
                "Number": "0000-000001",
                "Date": datetime(2026, 1, 5, 10),  # noqa: DTZ001 - same
                "Сумма": Decimal("206.45"),
                "Покупатель": Ref(PEOPLE, IVANOV),
                "Основание": Ref(PAYMENT, PAID),
                "Posted": True,
                "Товары": lines,
            },
        )
        session.put(
            SALE,
            {
                "Ref": Ref(SALE, SECOND),
                "Number": "0000-000002",
                "Date": NIGHT,
                "Сумма": Decimal(0),
                "Комментарий": "100% «да»",
            },
        )
        for number, (recorder, kind) in enumerate(((Ref(SALE, FIRST), "Receipt"), (Ref(PAYMENT, PAID), "Expense")), 1):
            rows = [
                {
                    "RecordType": kind,
                    "Товар": Ref(GOODS, key),
                    "Место": "Склад",
                    "Количество": Decimal(number),
                    "Сумма": Decimal("10.05"),
                }
                for key in (TABLE, CHAIR)
            ]
            session.write_records(STOCK, recorder, rows)
        session.write_records(SALES, Ref(SALE, FIRST), [{"Товар": Ref(GOODS, TABLE), "Сумма": Decimal("200.20")}])
        session.write_records(PRICES, Ref(SALE, FIRST), [{"Товар": Ref(GOODS, TABLE), "Цена": Decimal("99.90")}])
        for month, rate in ((1, "90.1234"), (2, "91.5")):
            session.write_independent(
                RATES,
                {
                    "Period": datetime(2026, month, 1),  # noqa: DTZ001 - same
                    "Валюта": "U'D",
                    "Где": Ref(GOODS, TABLE),
                    "Курс": Decimal(rate),
                    "Кратность": 1,
                },
            )
        goods, debts = (
            session.put(ACCOUNTS, {"Code": code, "Description": name, "Type": kind})
            for code, name, kind in (("41", "Товары", "Active"), ("60", "Поставщики", "Passive"))
        )
        entry = {
            "AccountDr": goods,
            "AccountCr": debts,
            "Организация": "Луч",
            "ЦехDr": "1",
            "Сумма": Decimal("55.55"),
            "КоличествоDr": Decimal(3),
            "ExtDimensionDr1": Ref(GOODS, TABLE),
        }
        session.write_records(LEDGER, Ref(SALE, FIRST), [entry])
    return base
