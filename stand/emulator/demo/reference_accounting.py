"""Reference data of accounting and pay: kinds of extra dimensions, charts of accounts, calculation types, the schedule of work."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from stand.emulator.demo.world import PERIOD_END, PERIOD_START

if TYPE_CHECKING:
    from stand.emulator.demo.reference_items import Items
    from stand.emulator.rows import Row

__all__ = ["write_accounting"]

_KINDS = "ChartOfCharacteristicTypes_ВидыСубконто"
_TYPES = "ChartOfCalculationTypes_Начисления"
_CHART = "ChartOfAccounts_"
_ONLY_TURNOVERS = "*"
_WORKDAYS = 5


def write_accounting(items: Items, books: dict[str, Any]) -> None:
    """Writes it all out of data/books.toml."""
    for code, title, type_ in books["kinds"]:
        items.add(_KINDS, title, {"ValueType": _type_description(type_)}, code=code)
    for code, title, kind in books["accounts"]:
        items.add(f"{_CHART}Хозрасчетный", title, _account(items, books, "Хозрасчетный", code, kind), code=code)
    for code, title, kind, quantity, currency in books["management_accounts"]:
        cells = _account(items, books, "Управленческий", code, kind)
        cells |= {"Количественный": quantity, "Валютный": currency}
        items.add(f"{_CHART}Управленческий", title, cells, code=code)
    _write_calculation_types(items, books)
    _write_schedule(items)


def _type_description(type_: str) -> dict[str, Any]:
    """A description of one type, as OData writes it (facts/odata.md 3)."""
    return {
        "Types": [type_],
        "NumberQualifiers": {"AllowedSign": "Any", "Digits": 0, "FractionDigits": 0},
        "StringQualifiers": {"AllowedLength": "Variable", "Length": "0"},
        "DateQualifiers": {"DateFractions": "DateTime"},
        "BinaryDataQualifiers": {"AllowedLength": "Variable", "Length": "0"},
    }


def _account(items: Items, books: dict[str, Any], chart: str, code: str, kind: str) -> Row:
    flags = {"Суммовой": True, "Количественный": True} if chart == "Управленческий" else {}
    rows: list[Row] = [
        {
            "ExtDimensionType": items.reference(_KINDS, item.removesuffix(_ONLY_TURNOVERS)),
            "Predefined": True,
            "TurnoversOnly": item.endswith(_ONLY_TURNOVERS),
            **flags,
        }
        for item in books["account_kinds"][chart].get(code, ())
    ]
    return {
        "Order": code.rjust(5),
        "Type": kind,
        "OffBalance": False,
        "Predefined": True,
        "PredefinedDataName": f"Счет{code.replace('.', '_')}",
        "ExtDimensionTypes": rows,
    }


def _write_calculation_types(items: Items, books: dict[str, Any]) -> None:
    def related(name: str, code: str) -> list[Row]:
        pairs = (pair for pair in books[name] if pair[0] == code)
        return [{"CalculationType": items.reference(_TYPES, other), "Predefined": True} for _own, other in pairs]

    for code, title in books["calculation_types"]:
        cells = {
            "BaseCalculationTypes": related("calculation_bases", code),
            "DisplacingCalculationTypes": related("calculation_displacing", code),
        }
        items.add(_TYPES, title, cells, code=code)


def _write_schedule(items: Items) -> None:
    """Five days a week, the days of the period the company works in."""
    schedule = items.add("Catalog_ГрафикиРаботы", "Пятидневка")
    for offset in range((PERIOD_END - PERIOD_START).days + 1):
        day = PERIOD_START + timedelta(days=offset)
        row = {"График": schedule, "Дата": day, "Дни": int(day.weekday() < _WORKDAYS)}
        items.bulk.independent("InformationRegister_ДанныеГрафиковРаботы", row)
