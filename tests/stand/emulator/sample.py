"""A small configuration with every kind of object the core of the emulator knows, and a way to ask its OData without a socket."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from harness.onec.names import Kind, ObjectName
from harness.onec.values import decode_json, encode_json
from stand.emulator.auth import NOBODY, User
from stand.emulator.database.infobase import Infobase
from stand.emulator.model import (
    BOOLEAN,
    DATE,
    INTEGER,
    MONEY,
    QUANTITY,
    STRING,
    Attribute,
    Configuration,
    Enumeration,
    MetaObject,
    Register,
    RegisterKind,
    TabularSection,
    ValueType,
)
from stand.emulator.odata.errors import ODataError
from stand.emulator.odata.service import ODataService
from stand.emulator.odata.urls import Request, parse_path, parse_query
from stand.emulator.standard import standard_attributes
from tests.stand.emulator.factory import InfobaseFactory

if TYPE_CHECKING:
    from pathlib import Path

    from stand.emulator.odata.answers import Answer

GOODS, PEOPLE, SECRET = "Catalog_Товары", "Catalog_Люди", "Catalog_Скрытый"
SALE, PAYMENT = "Document_Продажа", "Document_Оплата"
STOCK, SALES = "AccumulationRegister_Остатки", "AccumulationRegister_Обороты"
RATES, PRICES = "InformationRegister_Курсы", "InformationRegister_Цены"
LEDGER, ACCOUNTS = "AccountingRegister_Учет", "ChartOfAccounts_Счета"
CURRENCY, PLAN = "Constant_Валюта", "ExchangePlan_Филиал"
ROOT = "http://stand/demo/odata/standard.odata"


def attribute(name: str, *alternatives: str, length: int = 0, digits: int = 15, fraction: int = 2) -> Attribute:
    return Attribute(name, ValueType(alternatives, length, digits, fraction))


def an_object(
    name: str, *attributes: Attribute, sections: tuple[TabularSection, ...] = (), **standard: Any
) -> MetaObject:
    kind, _, title = name.partition("_")
    head = standard_attributes(name, Kind(kind), **standard)
    return MetaObject(ObjectName(Kind(kind), title), head, attributes, sections, title=title)


def a_register(name: str, register: Register) -> MetaObject:
    kind, _, title = name.partition("_")
    return MetaObject(ObjectName(Kind(kind), title), register=register)


def sample_objects() -> list[MetaObject]:
    lines = TabularSection(
        "Товары",
        (
            attribute("Товар", GOODS),
            Attribute("Количество", QUANTITY),
            attribute("Цена", "Number"),
            attribute("Что", "String", "Number", "Boolean", "Date", GOODS, SALE, "Enum_Ставки"),
        ),
    )
    goods = an_object(
        GOODS,
        attribute("Артикул", "String", length=10),
        attribute("Ставка", "Enum_Ставки"),
        attribute("Вес", "Number", fraction=3),
        attribute("Штук", "Number", digits=10, fraction=0),
        attribute("Срок", "Number", digits=3, fraction=0),
        attribute("Ключ", "UUID"),
        attribute("Картинка", "ValueStorage"),
        attribute("Автор", SECRET),
        Attribute("Услуга", BOOLEAN),
        Attribute("Создан", DATE),
        folders=True,
    )
    sale = an_object(
        SALE,
        attribute("Покупатель", PEOPLE),
        Attribute("Сумма", MONEY),
        attribute("Основание", SALE, PAYMENT),
        Attribute("Комментарий", STRING),
        sections=(lines,),
    )
    stock = Register(
        RegisterKind.BALANCE,
        (attribute("Товар", GOODS), attribute("Место", "String", length=20)),
        (Attribute("Количество", QUANTITY), Attribute("Сумма", MONEY)),
        recorders=(SALE, PAYMENT),
    )
    sales = Register(
        RegisterKind.TURNOVER, (attribute("Товар", GOODS),), (Attribute("Сумма", MONEY),), recorders=(SALE,)
    )
    rates = Register(
        RegisterKind.INDEPENDENT,
        (attribute("Валюта", "String", length=3), attribute("Где", GOODS, PEOPLE)),
        (attribute("Курс", "Number", fraction=4), Attribute("Кратность", INTEGER)),
        periodic=True,
    )
    prices = Register(
        RegisterKind.SUBORDINATE,
        (attribute("Товар", GOODS),),
        (Attribute("Цена", MONEY),),
        periodic=True,
        recorders=(SALE,),
    )
    ledger = Register(
        RegisterKind.ACCOUNTING,
        (attribute("Организация", "String", length=20), attribute("ЦехDr", "String"), attribute("ЦехCr", "String")),
        (Attribute("Сумма", MONEY), Attribute("КоличествоDr", QUANTITY), Attribute("КоличествоCr", QUANTITY)),
        (attribute("Содержание", "String"),),
        recorders=(SALE, PAYMENT),
        correspondence=True,
        chart=ACCOUNTS,
    )
    value = Attribute("Value", ValueType(("String",), length=3), standard=True)
    secret = an_object(SECRET)
    return [
        goods,
        an_object(PEOPLE, attribute("ИНН", "String", length=12), owners=(GOODS,)),
        MetaObject(secret.name, secret.standard, published=False),
        sale,
        an_object(PAYMENT, Attribute("Сумма", MONEY)),
        an_object(ACCOUNTS),
        an_object(PLAN, code_length=3),
        MetaObject(ObjectName(Kind.CONSTANT, "Валюта"), (value,)),
        a_register(STOCK, stock),
        a_register(SALES, sales),
        a_register(RATES, rates),
        a_register(PRICES, prices),
        a_register(LEDGER, ledger),
    ]


def sample_configuration(**behaviour: object) -> Configuration:
    return Configuration(
        "Проба",
        "1.0",
        {str(item.name): item for item in sample_objects()},
        {"Ставки": Enumeration("Ставки", ("БезНДС", "НДС20"))},
        behaviour=behaviour,
    )


def sample_base(folder: Path | InfobaseFactory, **behaviour: object) -> Infobase:
    """In a folder, or on the database of a factory."""
    configuration = sample_configuration(**behaviour)
    if isinstance(folder, InfobaseFactory):
        return folder(configuration)
    return Infobase.create(folder / "base.db", configuration)


@dataclass
class Asking:
    """Asks the interface of a base as the server does, without a socket."""

    infobase: Infobase
    user: User = NOBODY
    headers: dict[str, str] = field(default_factory=lambda: {"accept": "application/json"})

    def __post_init__(self) -> None:
        self.service = ODataService(self.infobase)

    def call(self, method: str, url: str, body: object = None, **headers: str) -> Answer:
        """`url` is written plainly; `body` may be bytes."""
        path, _, query = url.partition("?")
        options, parameters = parse_query(quote(query, safe="&=$+'(),:/*;").encode())
        content = body if isinstance(body, bytes) else b"" if body is None else encode_json(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(method, ROOT, parse_path(path), options, parameters, {**self.headers, **named}, content)
        return self.service.handle(request, self.user)

    def get(self, url: str) -> Any:
        """JSON of an answer that must be good."""
        answer = self.call("GET", url)
        assert answer.status == 200, answer.body.decode()
        return decode_json(answer.body)

    def rows(self, url: str) -> list[dict[str, Any]]:
        """Entities of a collection."""
        value: list[dict[str, Any]] = self.get(url)["value"]
        return value

    def send(self, method: str, url: str, body: object = None, status: int = 200) -> Any:
        """A write that must succeed."""
        answer = self.call(method, url, body)
        assert answer.status == status, answer.body.decode()
        return decode_json(answer.body) if answer.body else None

    def refusal(self, method: str, url: str, body: object = None) -> tuple[int, str, str]:
        """Status, code and text of an answer that must be an error."""
        try:
            answer = self.call(method, url, body)
        except ODataError as error:  # refused while the address was read, as the server would
            return error.status, str(error.code), error.text
        error_ = decode_json(answer.body)["odata.error"]
        return answer.status, error_["code"], error_["message"]["value"]
