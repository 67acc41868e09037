"""SelectChanges and NotifyChangesReceived: what waits for a node, what stays, what a package cannot hold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from harness.onec.names import Kind, ObjectName
from stand.emulator.auth import User
from stand.emulator.database.infobase import Infobase
from stand.emulator.exchanging import registration
from stand.emulator.model import Attribute, MetaObject, Register, RegisterKind, ValueType
from stand.emulator.odata.service import ODataService
from stand.emulator.quirks import Quirks
from stand.emulator.rows import Ref
from tests.stand.emulator.sample import GOODS, PLAN, RATES, ROOT, SECRET, Asking, sample_configuration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stand.emulator.odata.answers import Answer

ATOM, AT, D = (
    "{http://www.w3.org/2005/Atom}",
    "{http://purl.org/atompub/tombstones/1.0}",
    "{http://schemas.microsoft.com/ado/2007/08/dataservices}",
)
NODE, TABLE, CHAIR, GONE = (f"7000000{number}-0000-4000-8000-000000000000" for number in (1, 2, 3, 4))
OBJECTS = [Ref(GOODS, TABLE), Ref(GOODS, CHAIR), Ref(GOODS, GONE), Ref(SECRET, TABLE), Ref(RATES, TABLE)]


@pytest.fixture
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    text = ValueType(("String",))
    register = Register(
        RegisterKind.INDEPENDENT,
        tuple(Attribute(name, text) for name in ("ПланОбмена", "Узел", "ОбъектМетаданных", "Идентификатор")),
        (Attribute("НомерСообщения", ValueType(("Number",), digits=10, fraction=0)),),
    )
    configuration = sample_configuration()
    name = ObjectName(Kind.INFORMATION_REGISTER, "РегистрацияИзменений")
    objects = {**configuration.objects, str(name): MetaObject(name, register=register, published=False)}
    changed = replace(configuration, objects=objects)
    base = Infobase.create(tmp_path_factory.mktemp("changes") / "base.db", changed)
    with base.transaction() as session:
        session.put(PLAN, {"Ref": Ref(PLAN, NODE), "Code": "001", "Description": "Филиал"})
        for key, title in ((TABLE, "Стол"), (CHAIR, "Стул")):
            session.put(GOODS, {"Ref": Ref(GOODS, key), "Description": title})
        registration.register(session, "Филиал", "001", OBJECTS)
    yield Asking(base)
    base.close()


def call(asking: Asking, method: str, number: int | str, point: str = "") -> Answer:
    point = point or f"'{ROOT}/{PLAN}(guid'{NODE}')'"
    return asking.call("POST", f"{method}?DataExchangePoint={point}&MessageNo={number}&$top=1&$select=Code")


def selected(asking: Asking, number: int) -> tuple[list[str], list[str]]:
    """Descriptions of what changed, ids of what is deleted."""
    answer = call(asking, "SelectChanges", number)
    assert answer.status == 200, answer.body.decode()
    assert answer.content_type == "application/atom+xml;type=feed;charset=utf-8"
    feed = etree.fromstring(answer.body)
    return (
        [str(item.findtext(f".//{D}Description")) for item in feed.findall(f"{ATOM}entry")],
        [str(item.get("ref")) for item in feed.findall(f"{AT}deleted-entry")],
    )


def left(asking: Asking) -> set[Ref]:
    with asking.infobase.reading() as session:
        return set(registration.waiting(session, "Филиал", "001"))


def test_changes_are_told_again_until_they_are_confirmed(asking: Asking) -> None:
    gone = [f"{ROOT}/{GOODS}(guid'{GONE}')"]
    assert selected(asking, 5) == (["Стол", "Стул"], gone)
    with asking.infobase.transaction() as session:
        later = session.put(GOODS, {"Description": "Шкаф"})
        registration.register(session, "Филиал", "001", [later])
    assert (sorted(selected(asking, 5)[0]), left(asking)) == (["Стол", "Стул", "Шкаф"], {*OBJECTS, later})
    assert call(asking, "NotifyChangesReceived", 4).status == 200
    assert left(asking) == {*OBJECTS, later}
    assert call(asking, "NotifyChangesReceived", 5).status == 200
    # What OData does not publish was skipped and stays; so does what lives in an independent register.
    assert left(asking) == {Ref(SECRET, TABLE), Ref(RATES, TABLE)}
    assert selected(asking, 6) == ([], [])


def test_a_change_after_the_package_waits_for_the_next(asking: Asking) -> None:
    selected(asking, 1)
    with asking.infobase.transaction() as session:
        registration.register(session, "Филиал", "001", [Ref(GOODS, TABLE)])
    call(asking, "NotifyChangesReceived", 1)
    assert selected(asking, 2) == (["Стол"], [])


def test_a_control_character_fails_the_package_and_nothing_is_marked(asking: Asking) -> None:
    asking.send("PATCH", f"{GOODS}(guid'{TABLE}')", {"Description": "Стол\x02"})
    refused = call(asking, "SelectChanges", 1)
    assert refused.status == 400
    call(asking, "NotifyChangesReceived", 1)
    assert left(asking) == set(OBJECTS)


def test_who_may_not_read_an_object_gets_no_package(asking: Asking) -> None:
    roles = {"Обмен": {"read": [PLAN]}, "Чтение": {"read": ["Catalog_*", PLAN]}, "Чужой": {"read": [GOODS]}}
    before = asking.infobase.configuration
    asking.infobase.replace_configuration(replace(before, behaviour={"roles": roles}))
    for role, status in (("Обмен", 401), ("Чужой", 401), ("Чтение", 200)):
        asking.user = User("Обмен", (role,))
        assert call(asking, "SelectChanges", 1).status == status


def test_spellings_of_the_point(asking: Asking) -> None:
    points = {
        "single": f"'http://any/base/odata/standard.odata/{PLAN}(guid'{NODE}')'",
        "doubled": f"'{ROOT}/{PLAN}(guid''{NODE}'')'",
    }
    for name, point in points.items():
        assert call(asking, "SelectChanges", 1, point).status == 200
        for switch in points:
            asking.service = ODataService(asking.infobase, Quirks.parse([f"exchange-point-quotes={switch}"]))
            assert call(asking, "SelectChanges", 1, point).status == (200 if name == switch else 400)
        asking.service = ODataService(asking.infobase)


@pytest.mark.parametrize(
    ("method", "url", "status", "code"),
    [
        ("GET", "SelectChanges", 405, "19"),
        ("POST", "SelectChanges?MessageNo=1", 400, "12"),
        ("POST", f"SelectChanges?DataExchangePoint='{PLAN}(guid'{NODE}')'", 400, "12"),
        ("POST", f"SelectChanges?DataExchangePoint='{PLAN}(guid'{NODE}')'&MessageNo=-1", 400, "1"),
        ("POST", f"SelectChanges?DataExchangePoint='{GOODS}(guid'{TABLE}')'&MessageNo=1", 400, "1"),
        ("POST", f"SelectChanges?DataExchangePoint='{PLAN}(guid'{TABLE}')'&MessageNo=1", 404, "9"),
        ("POST", f"SelectChanges?DataExchangePoint='ExchangePlan_Нет(guid'{TABLE}')'&MessageNo=1", 404, "8"),
        ("POST", f"NotifyChangesReceived?DataExchangePoint='{PLAN}(guid'{NODE}')'&MessageNo=1.5", 400, "1"),
    ],
)
def test_it_refuses(asking: Asking, method: str, url: str, status: int, code: str) -> None:
    assert asking.refusal(method, url)[:2] == (status, code)


def test_a_base_without_registration_has_nothing_to_tell(tmp_path_factory: pytest.TempPathFactory) -> None:
    base = Infobase.create(tmp_path_factory.mktemp("bare") / "base.db", sample_configuration())
    with base.transaction() as session:
        session.put(PLAN, {"Ref": Ref(PLAN, NODE), "Code": "001"})
    bare = Asking(base)
    assert selected(bare, 1) == ([], [])
    assert call(bare, "NotifyChangesReceived", 1).status == 200
    base.close()
