"""The language of `$filter`: what it finds, what 1C answers to what it does not understand, and that nothing breaks it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stand.emulator.database.functions import date_add, date_difference, divide, like
from tests.stand.emulator.filled import CHAIR, FIRST, IVANOV, PAID, SECOND, TABLE, filled_base
from tests.stand.emulator.sample import GOODS, LEDGER, PEOPLE, RATES, SALE, STOCK, Asking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.stand.emulator.factory import InfobaseFactory

LINES = f"{SALE}_Товары"
RECORDS = f"{STOCK}_RecordType"


@pytest.fixture(scope="module")
def asking(shared_infobase_factory: InfobaseFactory) -> Iterator[Asking]:
    base = filled_base(shared_infobase_factory)
    yield Asking(base)
    base.close()


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        # comparisons and logic, priorities of 1C
        (GOODS, "Description eq 'Стол'", 1),
        (GOODS, "Description ne 'Стол'", 2),
        (GOODS, "Вес gt 0.3 and Вес le 12.5", 2),
        (GOODS, "Вес gt 0.3001 or Услуга", 3),
        (GOODS, "Вес eq 4.1250", 1),
        (GOODS, "Вес eq 4.12500000000000000001", 1),
        (GOODS, "Вес lt -1", 0),
        (GOODS, "Штук ge 3000000002", 2),
        (GOODS, "not Услуга", 2),
        (GOODS, "not Услуга eq true", 2),
        (GOODS, "Услуга eq false or Услуга eq true and Срок eq 10", 2),
        (GOODS, "(Услуга eq false or Услуга eq true) and Срок eq 10", 1),
        (GOODS, "Срок add 10 mul 2 eq 50", 1),
        (GOODS, "Срок sub 5 eq 5", 1),
        (GOODS, "Срок div 3 gt 6.6666 and Срок div 3 lt 6.6667", 1),
        (GOODS, "-Срок eq -10", 1),
        (GOODS, "Срок div 0 eq 1", 0),
        (GOODS, "round(Вес) eq 13", 1),
        (GOODS, "Артикул eq 'А''1/+%'", 1),
        # strings
        (GOODS, "startswith(Description,'Ст')", 2),
        (GOODS, "endswith(Description,'ул') eq true", 1),
        (GOODS, "substringof('т', Description)", 2),
        (GOODS, "substring(Description,1,2) eq 'Ст'", 2),
        (GOODS, "substring(Description,4) eq 'л'", 2),
        (GOODS, "concat(Description,Code) eq 'Стол000000001'", 1),
        (GOODS, "like(Description,'[^С]%')", 1),
        (GOODS, "like(Description,'Ст_л')", 2),
        # dates
        (SALE, "Date ge datetime'2026-01-31T23:59:59'", 1),
        (SALE, "year(Date) eq 2026 and quarter(Date) eq 1 and month(Date) eq 1 and day(Date) eq 5", 1),
        (SALE, "hour(Date) eq 23 and minute(Date) eq 59 and second(Date) eq 59", 1),
        (SALE, "dayofweek(Date) eq 1 and dayofyear(Date) eq 5", 1),
        (SALE, "dateadd(Date,'month',1) eq datetime'2026-02-28T23:59:59'", 1),
        (SALE, "datedifference(Date, datetime'2026-02-01T00:00:00', 'month') eq 1", 2),
        (SALE, "datedifference(Date, datetime'2026-02-01T00:00:00', 'second') eq 1", 1),
        # references and navigation
        (GOODS, f"Ref_Key eq guid'{TABLE.upper()}'", 1),
        (SALE, f"Покупатель_Key eq guid'{IVANOV}'", 1),
        (SALE, f"Покупатель eq guid'{IVANOV}'", 1),
        (SALE, "Покупатель/ИНН eq '7701'", 1),
        (SALE, "Покупатель/Owner/Description eq 'Стол'", 1),
        (SALE, "Покупатель/ИНН ne '7701'", 0),
        (GOODS, "Ключ eq guid'10000000-0000-4000-8000-000000000002'", 1),
        (GOODS, "Автор_Key ne guid'00000000-0000-0000-0000-000000000000'", 1),
        (GOODS, "Ставка eq 'НДС20'", 1),
        # composite attributes
        (SALE, f"Основание eq guid'{PAID}'", 0),
        (SALE, f"Основание eq cast(guid'{PAID}','Document_Оплата')", 1),
        (SALE, f"Основание eq cast(guid'{PAID}','StandardODATA.Document_Оплата')", 1),
        (SALE, f"Основание eq cast(guid'{PAID}','Document_Продажа')", 0),
        (SALE, "isof(Основание,'Document_Оплата')", 1),
        (SALE, "Основание_Type eq 'StandardODATA.Undefined'", 1),
        (SALE, "cast(Основание,'Document_Оплата')/Number eq 'П-1'", 1),
        (SALE, "Основание/Document_Оплата/Сумма lt 0", 1),
        (LINES, "Что eq 1.5", 1),
        (LINES, "cast(Что,'Number') gt 1.4", 1),
        (
            LINES,
            f"cast(cast(Что,'Document_Продажа')/Покупатель,'Catalog_Люди')/ИНН eq '7701' and Ref_Key eq guid'{FIRST}'",
            1,
        ),
        # lambdas
        (SALE, "Товары/any(d: d/Цена gt 100)", 1),
        (SALE, "Товары/any()", 1),
        (SALE, "not Товары/any()", 1),
        (SALE, "Товары/all(d: d/Цена ge 0)", 2),
        (SALE, "Товары/all(d: d/Цена gt 0)", 1),
        (SALE, f"Товары/any(d: d/Товар_Key eq guid'{CHAIR}' and d/Товар/Вес gt 4)", 1),
        (SALE, "Товары/any(d: d/Цена gt Сумма)", 0),
        (STOCK, "RecordSet/any(r: r/Period ge datetime'2026-01-31T00:00:00')", 1),
        # registers
        (STOCK, f"Recorder eq cast(guid'{PAID}','Document_Оплата')", 1),
        (STOCK, f"Recorder eq '{PAID}'", 0),
        (RECORDS, "RecordType eq 'Receipt' and LineNumber eq 2", 1),
        (RATES, f"Где eq cast(guid'{TABLE}','{GOODS}') and Курс eq 91.5", 1),
        (PEOPLE, f"Owner_Key eq guid'{TABLE}'", 1),
    ],
)
def test_it_finds(asking: Asking, name: str, text: str, found: int) -> None:
    assert len(asking.rows(f"{name}?$filter={text}")) == found


INCOMPARABLE = "Нельзя сравнивать поля неограниченной длины и поля несовместимых типов"


@pytest.mark.parametrize(
    ("name", "text", "refusal"),
    [
        (GOODS, "Description eq", (400, "14", "$filter")),
        (GOODS, "Description eq 'Стол", (400, "14", "$filter")),
        (GOODS, "Description = 'Стол'", (400, "14", "$filter")),
        (GOODS, "", (400, "14", "$filter")),
        (GOODS, "Вес gt 1E+2", (400, "14", "$filter")),
        (GOODS, "Вес gt 1 Вес", (400, "14", "$filter")),
        (GOODS, "Ref_Key eq guid'не он'", (400, "14", "$filter")),
        (GOODS, "Создан eq datetime'2026-13-01T00:00:00'", (400, "14", "$filter")),
        (GOODS, "Description; drop table", (400, "14", "$filter")),
        (GOODS, "Description+eq+'Стол'", (500, "-1", 'в предложении "ГДЕ"')),
        (GOODS, "Description", (500, "-1", 'в предложении "ГДЕ"')),
        (GOODS, "Вес and true", (500, "-1", 'в предложении "ГДЕ"')),
        (GOODS, "Нет eq 1", (400, "6", "Сегмент пути Нет не найден")),
        (GOODS, "Автор/Description eq 'x'", (400, "6", "Description")),
        (GOODS, "Description/Нет eq 'x'", (400, "6", "Нет")),
        (SALE, "Основание/Number eq 'x'", (400, "6", "Number")),
        (GOODS, "length(Description) gt 1", (400, "21", "length")),
        (GOODS, "contains(Description,'т')", (400, "21", "contains")),
        (GOODS, "startswith(Description)", (400, "21", "startswith")),
        (GOODS, "year(Description) eq 1", (400, "21", "year")),
        (GOODS, "dateadd(Создан,'век',1) eq Создан", (400, "21", "dateadd")),
        (GOODS, "Товары/any()", (400, "6", "Товары")),
        (SALE, "Товары", (500, "-1", "")),
        (SALE, "Товары/Цена gt 1", (400, "6", "Цена")),
        (GOODS, f"Ref_Key gt guid'{TABLE}'", (500, "-1", INCOMPARABLE)),
        (GOODS, "Description eq 5", (500, "-1", INCOMPARABLE)),
        (GOODS, "Картинка eq 'x'", (500, "-1", INCOMPARABLE)),
        (GOODS, "Картинка_Base64Data eq 'x'", (500, "-1", INCOMPARABLE)),
        (STOCK, f"Recorder eq guid'{PAID}'", (500, "-1", "{(3, 23)}: Неверные параметры")),
        (STOCK, f"Recorder_Key eq guid'{PAID}'", (400, "6", "Recorder_Key")),
        (STOCK, "Period ge datetime'2026-01-01T00:00:00'", (400, "6", "Сегмент пути Period не найден!")),
        (STOCK, "LineNumber eq 1", (400, "6", "LineNumber")),
        (STOCK, "RecordSet/Period ge datetime'2026-01-01T00:00:00'", (500, "-1", "Поле не найдено")),
        (LEDGER, "RecordSet/any(r: r/ExtDimensionDr1 eq 'x')", (400, "6", "ExtDimensionDr1")),
    ],
)
def test_it_refuses_as_1c_does(asking: Asking, name: str, text: str, refusal: tuple[int, str, str]) -> None:
    found = asking.refusal("GET", f"{name}?$filter={text}")
    assert found[:2] == refusal[:2]
    assert refusal[2] in found[2]


def test_nothing_of_a_filter_becomes_sql(asking: Asking) -> None:
    for text in ("x' or 1=1 --", '"; DROP TABLE _users; --', "'||(SELECT hash FROM _users)||'", "x\x00y", "%_[^a]\\"):
        quoted = text.replace("'", "''")
        assert asking.rows(f"{GOODS}?$filter=Description eq '{quoted}'") == []
        assert asking.rows(f"{GOODS}?$filter=like(Description,'{quoted}')") in ([], asking.rows(GOODS))
    assert len(asking.rows(GOODS)) == 3


def test_a_long_or_and_deep_parentheses(asking: Asking) -> None:
    many = " or ".join([f"Ref_Key eq guid'{TABLE}'"] * 900)
    assert len(asking.rows(f"{GOODS}?$filter={many}")) == 1
    assert len(asking.rows(f"{GOODS}?$filter={'(' * 50}Услуга{')' * 50}")) == 1
    assert asking.refusal("GET", f"{GOODS}?$filter={'(' * 5000}Услуга{')' * 5000}")[:2] == (400, "14")
    assert asking.refusal("GET", f"{GOODS}?$filter={'not ' * 3000}Услуга")[:2] == (400, "14")
    assert asking.refusal("GET", f"{GOODS}?$filter={'-' * 3000}Вес eq 1")[:2] == (400, "14")


NAMES = [
    "Description",
    "Вес",
    "Срок",
    "Услуга",
    "Создан",
    "Ref_Key",
    "Parent_Key",
    "Parent",
    "Ключ",
    "Ставка",
    "Картинка",
]
LITERALS = [
    "'Стол'",
    "''",
    "5",
    "-3.25",
    "true",
    "null",
    "99999999999999999999",
    "datetime'2026-01-01T00:00:00'",
    f"guid'{SECOND}'",
]
OPERATORS = ["eq", "ne", "gt", "ge", "lt", "le", "and", "or", "add", "sub", "mul", "div"]
CALLS = ["round", "year", "startswith", "substring", "like", "cast", "isof", "dateadd", "concat", "not", "-", "нет"]

atoms = st.sampled_from(NAMES + LITERALS + ["Parent/Description", "Parent/Вес", "d/Вес", "Нет"])


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, st.sampled_from(OPERATORS), inner).map(" ".join),
        st.tuples(st.sampled_from(CALLS), st.lists(inner, min_size=1, max_size=3)).map(
            lambda item: f"{item[0]}({','.join(item[1])})"
        ),
        inner.map(lambda item: f"({item})"),
        inner.map(lambda item: f"Товары/any(d: {item})"),
    )


INTERNAL = "Произошла внутренняя ошибка OData сервиса"


class Errors(logging.Handler):
    """What the emulator logs as its own failures."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(record)


@pytest.fixture(scope="module")
def errors() -> Iterator[Errors]:
    handler = Errors()
    logger = logging.getLogger("stand.emulator")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


def assert_understood_or_refused(asking: Asking, text: str, errors: Errors) -> None:
    answer = asking.call("GET", f"{GOODS}?$top=2&$filter={text.replace('&', '%26')}")
    assert answer.status in (200, 400, 500)
    # A refusal in 1C's own words is an answer; an exception of ours behind a 500 is not.
    assert not errors.seen, text
    assert INTERNAL not in answer.body.decode(), text


@settings(max_examples=300, deadline=None)
@given(st.recursive(atoms, grown, max_leaves=12))
def test_no_expression_breaks_it(asking: Asking, errors: Errors, text: str) -> None:
    assert_understood_or_refused(asking, text, errors)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
@example("''''")
@example("guid'")
@example("²")
@example("Вес eq ١٢")
@example("\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
def test_no_text_breaks_it(asking: Asking, errors: Errors, text: str) -> None:
    assert_understood_or_refused(asking, text, errors)


@pytest.mark.parametrize(
    ("text", "pattern", "matches"),
    [
        ("Стол", "Ст%", True),
        ("Стол", "%о%", True),
        ("Стол", "%ол%ол", False),
        ("аба", "а%а", True),
        ("а", "а%а", False),
        ("Стол", "[С-Т]т[^а]л", True),
        ("100%", "100[%]", True),
        ("[", "[", True),
        ("", "%", True),
        ("", "", True),
        ("а", "", False),
    ],
)
def test_patterns(text: str, pattern: str, matches: bool) -> None:
    assert like(text, pattern) is matches


def test_a_hostile_pattern_takes_no_time() -> None:
    assert like("а" * 20_000, "%а" * 300 + "б") is False


def test_dates_at_the_edge_and_division() -> None:
    assert date_add("2024-02-29T00:00:00", "year", 1) == "2025-02-28T00:00:00"
    assert date_add("9999-12-31T00:00:00", "day", 10**12) == "0001-01-01T00:00:00"
    assert date_add("2026-01-31T00:00:00", "month", -1) == "2025-12-31T00:00:00"
    assert date_difference("2026-01-31T23:59:59", "2026-02-01T00:00:00", "quarter") == 0
    assert divide(-1, 0, 3, 0) == -3333333333
    assert divide(1, 0, 0, 0) is None
