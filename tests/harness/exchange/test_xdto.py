from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import DocumentError
from harness.exchange import enterprise_data as ed
from harness.exchange import xdto
from harness.exchange.enterprise_data_write import build_object
from harness.exchange.xdto_compare import breaking, differences, reachable

REAL = Path(__file__).parents[4] / "shared" / "real" / "enterprisedata"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="рядом с проектом нет папки shared/real с пакетами 1С")
SPACE = f"{ed.FORMAT}/1.99"
PACKAGE = f"""<package xmlns="http://v8.1c.ru/8.1/xdto" xmlns:xs="http://www.w3.org/2001/XMLSchema"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:t="{SPACE}" xmlns:m="{ed.ENVELOPE}" targetNamespace="{SPACE}">
 <import namespace="{ed.ENVELOPE}"/>
 <valueType name="Сумма" base="xs:decimal" totalDigits="15" fractionDigits="2"/>
 <valueType name="Вид" base="xs:string" variety="Atomic"><enumeration>Юр</enumeration><enumeration>Физ</enumeration></valueType>
 <valueType name="Дата" base="xs:string"><pattern>[0-9]{{2}}\\.[0-9]{{2}}</pattern></valueType>
 <valueType name="Ноль" base="xs:string"><enumeration>0</enumeration></valueType>
 <valueType name="СправочникСсылка.К" base="m:Ref"/>
 <objectType name="Ключ"><property name="Ссылка" type="t:СправочникСсылка.К" lowerBound="0"/>
  <property name="Наименование" type="xs:string"/><property name="Вид" type="t:Вид"/></objectType>
 <objectType name="Строка" open="true"><property name="Сумма" type="t:Сумма"/></objectType>
 <objectType name="Таблица"><property name="Строка" type="t:Строка" lowerBound="0" upperBound="-1"/></objectType>
 <objectType name="Справочник.К" base="m:Object" open="true">
  <property name="КлючевыеСвойства" type="t:Ключ"/>
  <property name="КПП" lowerBound="0"><typeDef xsi:type="ValueType" base="xs:string" maxLength="9"/></property>
  <property name="Период" lowerBound="0">
   <typeDef xsi:type="ValueType" variety="Union" memberTypes="{{{SPACE}}}Дата {{{SPACE}}}Ноль"/></property>
  <property name="Активен" type="xs:boolean" lowerBound="0" nillable="true"/>
  <property name="Когда" type="xs:dateTime" lowerBound="0"/>
  <property name="Товары" type="t:Таблица" lowerBound="0"/>
 </objectType>
 <objectType name="Документ.Д" base="m:Object"><property name="КлючевыеСвойства" type="t:Ключ"/></objectType>
</package>"""
GOOD: dict[str, object] = {
    "КлючевыеСвойства": {"Ссылка": "1", "Наименование": "Ромашка", "Вид": "Юр"},
    "КПП": "770101001",
    "Период": "01.02",
    "Активен": "true",
    "Когда": "2026-01-31T10:00:00",
    "Товары": {"Строка": [{"Сумма": "10.50"}, {"Сумма": "-1"}]},
}


@pytest.fixture
def package() -> xdto.Package:
    return xdto.load_package(PACKAGE.encode())


def body(**changed: object) -> ed.Message:
    values = {name: value for name, value in (GOOD | changed).items() if value is not None}
    return ed.Message(ed.FORMAT, "1.99", body_namespace=SPACE, objects=(build_object("Справочник.К", values),))


def test_a_right_object_has_no_problems(package: xdto.Package) -> None:
    assert package.validate(body()) == []
    assert package.version == "1.99"
    assert package.exchanged() == ("Справочник.К", "Документ.Д")


@pytest.mark.parametrize(
    ("changed", "code", "path", "words"),
    [
        (
            {"КлючевыеСвойства": {"Вид": "Юр"}},
            "MISSING",
            "КлючевыеСвойства/Наименование",
            "обязательное поле «Наименование»",
        ),
        ({"КлючевыеСвойства": None}, "MISSING", "КлючевыеСвойства", "обязательное"),
        (
            {"КлючевыеСвойства": {"Наименование": "x", "Вид": "Ип"}},
            "VALUE",
            "КлючевыеСвойства/Вид",
            "перечислении «Вид»",
        ),
        ({"КлючевыеСвойства": "1"}, "VALUE", "КлючевыеСвойства", "ожидается объект «Ключ»"),
        ({"КПП": "7701010011"}, "VALUE", "КПП", "не больше 9"),
        ({"КПП": {"Код": "1"}}, "VALUE", "КПП", "объект из полей Код"),
        ({"Период": "1.2"}, "VALUE", "Период", "образец"),
        ({"Активен": "да"}, "VALUE", "Активен", "xs:boolean"),
        ({"Когда": "2026-02-31T10:00:00"}, "VALUE", "Когда", "xs:dateTime"),
        ({"Товары": {"Строка": {"Сумма": "10,5"}}}, "VALUE", "Товары/Строка[1]/Сумма", "xs:decimal"),
        ({"Товары": {"Строка": {"Сумма": "0.005"}}}, "VALUE", "Товары/Строка[1]/Сумма", "2 знаков"),
        ({"Товары": {"Строка": [{"Сумма": "1"}, {}]}}, "MISSING", "Товары/Строка[2]/Сумма", "обязательное"),
        ({"Скидка": "1"}, "UNKNOWN", "Скидка", "потеряно"),
    ],
)
def test_a_wrong_object_is_told_with_path_and_reason(
    package: xdto.Package, changed: dict[str, object], code: str, path: str, words: str
) -> None:
    (found,) = package.validate(body(**changed))

    assert (found.code, found.path) == (code, f"/Message/Body/Справочник.К[1]/{path}")
    assert words in found.reason


def test_zero_in_a_union_and_nil_where_it_may_be_are_right(package: xdto.Package) -> None:
    data = f"""<Message xmlns:msg="{ed.ENVELOPE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><msg:Header><msg:Format>{SPACE}</msg:Format>
    </msg:Header><Body xmlns="{SPACE}"><Справочник.К><КлючевыеСвойства><Наименование>x</Наименование><Вид>Физ</Вид></КлючевыеСвойства>
    <Период>0</Период><Активен xsi:nil="true"/><e:Своё xmlns:e="http://own">1</e:Своё><AdditionalInfo/></Справочник.К></Body></Message>"""

    assert package.validate(data.encode()) == []


def test_order_and_unknown_types_and_another_version_are_told(package: xdto.Package) -> None:
    swapped = build_object("Справочник.К", {"КПП": "770101001", "КлючевыеСвойства": GOOD["КлючевыеСвойства"]})
    other = build_object("Документ.Нет", {})
    message = ed.Message(ed.FORMAT, "1.98", body_namespace=f"{ed.FORMAT}/1.98", objects=(swapped, other))

    assert [(item.code, item.path) for item in package.validate(message)] == [
        ("VERSION", "/Message/Body"),
        ("ORDER", "/Message/Body/Справочник.К[1]/КлючевыеСвойства"),
        ("UNKNOWN", "/Message/Body/Документ.Нет[1]"),
    ]


def test_a_line_is_told_for_a_message_out_of_a_file(package: xdto.Package) -> None:
    data = f"<Message xmlns:m='{ed.ENVELOPE}'><m:Header/>\n<Body xmlns='{SPACE}'>\n<Справочник.К/>\n</Body></Message>"

    (found,) = package.validate(data.encode())

    assert (found.line, str(found).startswith("строка 3, ")) == (3, True)


@pytest.mark.parametrize("data", [b"<a/>", b"<package/>", PACKAGE.replace('="15"', '="x"').encode()])
def test_what_is_no_package_is_refused(data: bytes) -> None:
    with pytest.raises(DocumentError):
        xdto.load_package(data)


def test_bases_in_a_circle_end() -> None:
    circle = PACKAGE.replace('name="Ключ"', 'name="Ключ" base="t:Строка"').replace(
        'name="Строка" open', 'name="Строка" base="t:Ключ" open'
    )

    assert xdto.load_package(circle.encode()).validate(body())


@pytest.mark.parametrize(
    ("old", "new", "sentence", "breaks"),
    [
        ("<enumeration>Физ</enumeration>", "", "Вид: исчезло значение «Физ»", True),
        ('<property name="Вид" type="t:Вид"/>', "", "Ключ: исчезло поле «Вид», было Вид", True),
        (
            'maxLength="9"',
            'maxLength="5"',
            "Справочник.К/КПП: ограничение было «maxLength 9», стало «maxLength 5»",
            True,
        ),
        (
            'maxLength="9"',
            'maxLength="12"',
            "Справочник.К/КПП: ограничение было «maxLength 9», стало «maxLength 12»",
            False,
        ),
        (
            'type="xs:dateTime" lowerBound="0"',
            'type="xs:dateTime"',
            "Справочник.К: поле «Когда» стало обязательным",
            True,
        ),
        ('type="t:Вид"/>', 'type="t:Вид" lowerBound="0"/>', "Ключ: поле «Вид» стало необязательным", False),
        (
            'name="Сумма" type="t:Сумма"',
            'name="Сумма" type="xs:string"',
            "Строка: тип поля «Сумма» был Сумма, стал xs:string",
            True,
        ),
        (
            '<property name="КПП"',
            '<property name="ИНН" type="xs:string"/><property name="КПП"',
            "Справочник.К: появилось обязательное поле «ИНН»",
            True,
        ),
    ],
)
def test_a_change_of_the_format_is_told(old: str, new: str, sentence: str, breaks: bool) -> None:
    before, after = (xdto.load_package(text.encode()) for text in (PACKAGE, PACKAGE.replace(old, new)))

    (change,) = differences(before, after)

    assert (change.told(), change.breaking) == (sentence, breaks)
    assert (breaking(before, after) == [change]) is breaks


def test_only_types_a_base_exchanges_count() -> None:
    before, after = (
        xdto.load_package(text.encode()) for text in (PACKAGE, PACKAGE.replace('maxLength="9"', 'maxLength="5"'))
    )

    assert differences(before, after, used=["Документ.Д"]) == []
    assert len(differences(before, after, used=["Справочник.К"])) == 1
    assert {"Ключ", "Таблица", "Строка", "Сумма", "Вид"} <= reachable(before, ["Справочник.К"])


@needs_real
def test_the_packages_of_1c_are_read_whole() -> None:
    counts = {}
    for path in sorted(REAL.glob("EnterpriseData_*.xdto.xml")):
        package = xdto.load_package(path.read_bytes())
        counts[package.version] = (len(package.objects), len(package.values))

    # The table of facts/exchanges.md 1.5, measured by other means.
    assert counts == {"1.8": (737, 278), "1.17": (867, 328), "1.19": (881, 337), "1.20": (891, 343), "1.22": (904, 354)}


@needs_real
def test_changes_between_versions_of_1c_are_those_that_were_measured() -> None:
    before, after = (
        xdto.load_package((REAL / f"EnterpriseData_{name}.xdto.xml").read_bytes()) for name in ("1_19_1", "1_20_2")
    )

    found = differences(before, after)

    def count(kind: str, aspect: str, *, field: bool) -> int:
        return sum((one.kind, one.aspect, bool(one.field)) == (kind, aspect, field) for one in found)

    assert count("removed", "", field=True) == 16
    assert count("added", "mandatory", field=True) == 3
    assert count("removed", "value", field=False) == 3
    assert count("removed", "mandatory", field=True) == 1


@needs_real
def test_a_real_body_fits_its_version_and_a_vat_rate_of_1_16_does_not_fit_1_17() -> None:
    own = xdto.load_package((REAL / "EnterpriseData_1_8_6.xdto.xml").read_bytes())
    later = xdto.load_package((REAL / "EnterpriseData_1_17_3.xdto.xml").read_bytes())
    assert own.validate((REAL / "message_1.8_partial.xml").read_bytes()) == []

    line: dict[str, object] = {"Товары": {"Строка": {"СтавкаНДС": "НДС20"}}}
    message = ed.Message(
        ed.FORMAT, "1.17", body_namespace=later.namespace, objects=(build_object("Документ.ЗаказКлиента", line),)
    )
    found = [item for item in later.validate(message) if item.path.endswith("СтавкаНДС")]

    assert [item.code for item in found] == ["VALUE"]
    assert "КлючевыеСвойстваСтавкиНДС" in found[0].reason
