"""A configuration with a register of every kind that has virtual tables, and random movements for them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from stand.emulator.model import (
    BOOLEAN,
    MONEY,
    QUANTITY,
    Attribute,
    Configuration,
    MetaObject,
    Register,
    RegisterKind,
    Schedule,
)
from stand.emulator.rows import Ref, Row
from stand.emulator.standard import standard_sections
from tests.stand.emulator.sample import a_register, an_object, attribute

GOODS, PAPER, OTHER = "Catalog_Товары", "Document_Операция", "Document_Другая"
KINDS, ACCOUNTS, TYPES = "ChartOfCharacteristicTypes_Виды", "ChartOfAccounts_Счета", "ChartOfCalculationTypes_Виды"
STOCK, SALES, TILL = "AccumulationRegister_Остатки", "AccumulationRegister_Обороты", "AccumulationRegister_Касса"
LEDGER, PLAIN = "AccountingRegister_Учет", "AccountingRegister_Простой"
RATES, PRICES = "InformationRegister_Курсы", "InformationRegister_Цены"
PAY, DAYS = "CalculationRegister_Начисления", "InformationRegister_Графики"

START = datetime(2025, 11, 20)  # noqa: DTZ001 - dates of 1C are naive
PAPERS = [Ref(PAPER, f"00000000-0000-4000-8000-00000000000{number}") for number in range(3)]
ITEMS = [Ref(GOODS, f"10000000-0000-4000-8000-00000000000{number}") for number in range(3)]
KIND = [Ref(KINDS, f"20000000-0000-4000-8000-00000000000{number}") for number in range(3)]
ACCOUNT = [Ref(ACCOUNTS, f"30000000-0000-4000-8000-00000000000{number}") for number in range(4)]
TYPE = [Ref(TYPES, f"40000000-0000-4000-8000-00000000000{number}") for number in range(3)]
ACCOUNT_KINDS = ((0, 1), (1,), (2, 1, 0), ())
"""Kinds of extra dimensions of each account, in its order."""
ONLY_TURNOVERS = {(0, 1), (2, 2)}
"""Accounts and their kinds that are kept for turnovers alone."""
ACCOUNT_TYPES = ("Active", "Passive", "ActivePassive", "Active")
WITH_QUANTITY = (True, False, True, False)

relaxed = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

_EDGES = [
    *(datetime(2026, month, 1) for month in (1, 2, 3)),  # noqa: DTZ001 - as above
    *(datetime(2026, month, 1) - timedelta(seconds=1) for month in (1, 2, 3)),  # noqa: DTZ001 - as above
    datetime(2026, 1, 31),  # noqa: DTZ001 - as above
    datetime(2026, 1, 31, 23, 59),  # noqa: DTZ001 - as above
]
moments = st.one_of(st.sampled_from(_EDGES), st.integers(0, 24 * 120).map(lambda hours: START + timedelta(hours=hours)))
amounts = st.decimals(min_value=-999, max_value=999, places=2)


def _records(**fields: Any) -> st.SearchStrategy[list[Row]]:
    common = {"Period": moments, "Active": st.sampled_from([True, True, True, False])}
    return st.lists(st.fixed_dictionaries({**common, **fields}), max_size=8)


extra = st.sampled_from([*ITEMS, "строка", None])
stock_records = _records(
    RecordType=st.sampled_from(["Receipt", "Expense"]),
    Товар=st.sampled_from(ITEMS[:2]),
    Место=st.sampled_from(["А", "Б"]),
    Основание=st.sampled_from([PAPERS[0], "устно", None]),
    Количество=amounts,
    Сумма=amounts,
)
sales_records = _records(Товар=st.sampled_from(ITEMS[:2]), Сумма=amounts)
till_records = _records(RecordType=st.sampled_from(["Receipt", "Expense"]), Сумма=amounts)
ledger_records = _records(
    AccountDr=st.sampled_from(ACCOUNT),
    AccountCr=st.sampled_from(ACCOUNT),
    Организация=st.sampled_from(["О", "П"]),
    ЦехDr=st.sampled_from(["1", "2"]),
    ЦехCr=st.sampled_from(["1", "2"]),
    Сумма=amounts,
    КоличествоDr=amounts,
    КоличествоCr=amounts,
    **{f"ExtDimension{side}{number}": extra for side in ("Dr", "Cr") for number in (1, 2, 3)},
)
plain_records = _records(
    RecordType=st.sampled_from(["Debit", "Credit"]),
    Account=st.sampled_from(ACCOUNT),
    Организация=st.sampled_from(["О", "П"]),
    Сумма=amounts,
    Количество=amounts,
    **{f"ExtDimension{number}": extra for number in (1, 2, 3)},
)


def objects() -> list[MetaObject]:
    goods, place = attribute("Товар", GOODS), attribute("Место", "String", length=20)
    reason, firm = attribute("Основание", PAPER, "String"), attribute("Организация", "String", length=20)
    chart = an_object(
        ACCOUNTS,
        Attribute("Количественный", BOOLEAN),
        sections=standard_sections(an_object(ACCOUNTS).kind, ACCOUNTS, kinds=KINDS),
    )
    types = an_object(
        TYPES,
        action_period=True,
        sections=standard_sections(an_object(TYPES).kind, TYPES, calculation=("Base", "Displacing")),
    )
    counted = Attribute("Количество", QUANTITY, flag="Количественный")
    sides = [Attribute(f"Количество{side}", QUANTITY, flag="Количественный") for side in ("Dr", "Cr")]
    writers = (PAPER, OTHER)
    return [
        an_object(GOODS),
        an_object(PAPER),
        an_object(OTHER),
        an_object(KINDS),
        chart,
        types,
        a_register(
            STOCK,
            Register(
                RegisterKind.BALANCE,
                (goods, place, reason),
                (Attribute("Количество", QUANTITY), Attribute("Сумма", MONEY)),
                recorders=writers,
            ),
        ),
        a_register(SALES, Register(RegisterKind.TURNOVER, (goods,), (Attribute("Сумма", MONEY),), recorders=(PAPER,))),
        a_register(TILL, Register(RegisterKind.BALANCE, (), (Attribute("Сумма", MONEY),), recorders=writers)),
        a_register(
            LEDGER,
            Register(
                RegisterKind.ACCOUNTING,
                (firm, attribute("ЦехDr", "String"), attribute("ЦехCr", "String")),
                (Attribute("Сумма", MONEY), *sides),
                recorders=writers,
                correspondence=True,
                chart=ACCOUNTS,
            ),
        ),
        a_register(
            PLAIN,
            Register(
                RegisterKind.ACCOUNTING,
                (firm,),
                (Attribute("Сумма", MONEY), counted),
                recorders=writers,
                chart=ACCOUNTS,
            ),
        ),
        a_register(
            RATES,
            Register(
                RegisterKind.INDEPENDENT,
                (attribute("Валюта", "String", length=3), reason),
                (attribute("Курс", "Number", fraction=4),),
                periodic=True,
            ),
        ),
        a_register(
            PRICES,
            Register(
                RegisterKind.SUBORDINATE,
                (goods,),
                (Attribute("Цена", MONEY),),
                periodic=True,
                recorders=writers,
                keyed_by_recorder=True,
            ),
        ),
        a_register(
            DAYS,
            Register(
                RegisterKind.INDEPENDENT,
                (attribute("График", "String", length=10), Attribute("Дата", attribute("Д", "Date").type)),
                (attribute("Дни", "Number", digits=3, fraction=0),),
            ),
        ),
        a_register(
            PAY,
            Register(
                RegisterKind.CALCULATION,
                (attribute("Кто", "String", length=10),),
                (Attribute("Результат", MONEY),),
                (attribute("График", "String", length=10),),
                recorders=writers,
                chart=TYPES,
                action_period=True,
                base_period=True,
                bases=(PAY,),
                schedule=Schedule(DAYS, "Дни", "Дата", (("График", "График"),)),
            ),
        ),
    ]


def configuration() -> Configuration:
    return Configuration("Регистры", "1.0", {str(item.name): item for item in objects()})


def fill_charts(session: Any) -> None:
    """Accounts with their kinds, calculation types: the second is the base of the third, the third displaces the first."""
    for number, ref in enumerate(ACCOUNT):
        rows = [
            {"ExtDimensionType": KIND[kind], "TurnoversOnly": (number, kind) in ONLY_TURNOVERS}
            for kind in ACCOUNT_KINDS[number]
        ]
        session.put(
            ACCOUNTS,
            {
                "Ref": ref,
                "Code": str(number),
                "Type": ACCOUNT_TYPES[number],
                "Количественный": WITH_QUANTITY[number],
                "ExtDimensionTypes": rows,
            },
        )
    related = {
        2: {"BaseCalculationTypes": [{"CalculationType": TYPE[1]}]},
        0: {"DisplacingCalculationTypes": [{"CalculationType": TYPE[2]}]},
    }
    for number, ref in enumerate(TYPE):
        session.put(TYPES, {"Ref": ref, "Code": str(number), **related.get(number, {})})
