"""Clients that others wrote work against the emulator; where one does not, the fact says that the client is wrong.

`python-1c-odata` 0.6.0 (asynchronous, the most complete one) and `enterprise-1c-odata` 0.1.0, both from PyPI (facts/odata.md 13).
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from enterprise_1c_odata import ODataAuthError, ODataClient, ODataError, ODataQuery, ODataQueryError
from python_1c_odata import (
    AccessDenied,
    AccountingRegister,
    AccumulationRegister,
    CalculationRegister,
    Catalog,
    Document,
    EntityNotFound,
    Enumeration,
    F,
    Infobase,
    InformationRegister,
    PostingMode,
    bind_field,
    guid,
)
from python_1c_odata import ODataError as PythonError

from stand.emulator.server import EmulatorServer
from tests.stand.emulator.demo import PASSWORD, company, customer, plenty

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from stand.emulator.database.infobase import Infobase as Base

USER = "Администратор"
QUARTER = datetime(2026, 1, 1), datetime(2026, 3, 31, 23, 59, 59)  # noqa: DTZ001 - dates of 1C are naive


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Base]:
    with company(tmp_path_factory.mktemp("clients")) as infobase:
        yield infobase


@pytest.fixture(scope="module")
def server(base: Base) -> Iterator[str]:
    running = EmulatorServer(base)
    yield running.start()
    running.stop()


@pytest.fixture
def run(server: str) -> Callable[..., Any]:
    """Does a piece of work with python-1c-odata."""

    def call(work: Callable[[Infobase], Awaitable[Any]], **options: Any) -> Any:
        async def whole() -> Any:
            root, _, name = server.rpartition("/")
            async with Infobase(root, name, USER, options.pop("password", PASSWORD), **options) as infobase:
                return await work(infobase)

        return asyncio.run(whole())

    return call


# -- python-1c-odata: metadata, reading ------------------------------------------------------------------------------------------------


def test_metadata_is_understood(run: Callable[..., Any], base: Base) -> None:
    async def work(infobase: Infobase) -> Any:
        info = await infobase.entity_type_for_set("Catalog_Контрагенты")
        return await infobase.entity_sets(), {item.name for item in info.properties}, info.keys

    sets, properties, keys = run(work)
    assert {str(item.name) for item in base.configuration.published} <= set(sets)
    assert {"Ref_Key", "ИНН", "КПП", "DataVersion"} <= properties
    assert tuple(keys) == ("Ref_Key",)


@pytest.mark.parametrize("form", ["json", "atom", "auto"])
def test_a_set_is_read_filtered_sorted_and_counted(run: Callable[..., Any], form: str) -> None:
    async def work(infobase: Infobase) -> Any:
        goods = Catalog(infobase, "Номенклатура")
        page = await goods.query(
            top=3,
            select=["Ref_Key", "Description"],
            odata_filter=F("IsFolder").eq(False),  # noqa: FBT003 - a literal of the filter
            orderby="Description",
            inlinecount=True,
        )
        again = [row["Ref_Key"] async for row in goods.iterate(page_size=5, odata_filter=F("IsFolder").eq(False))]  # noqa: FBT003 - same
        return page.value, page.count, again, await goods.get(page.value[0]["Ref_Key"])

    if form == "atom":
        rows, _, again, one = run(work, format=form)
    else:
        rows, count, again, one = run(work, format=form)
        assert count == len(again)
    assert [row["Description"] for row in rows] == sorted(row["Description"] for row in rows)
    assert len(rows) == 3
    assert len(again) == len(set(again)) > 5
    assert one["Description"] == rows[0]["Description"]


def test_filters_of_every_kind(run: Callable[..., Any]) -> None:
    async def work(infobase: Infobase) -> Any:
        sales = Document(infobase, "РеализацияТоваровУслуг")
        late = (F("Date") >= datetime(2026, 2, 1)) & F("Posted").eq(True)  # noqa: DTZ001, FBT003 - dates of 1C are naive; a literal
        lines = F("Товары").any(F("Количество") > 0)
        first = (await sales.query(top=1, odata_filter=late & lines)).value[0]
        partner = F("Контрагент_Key") == guid(first["Контрагент_Key"])
        named = await sales.where(partner & late).presentations().top(1).execute()
        expanded = await sales.query(top=1, odata_filter=partner, expand="Контрагент")
        return first, named.value[0], expanded.value[0]

    first, named, expanded = run(work)
    assert first["Date"] >= "2026-02-01"
    assert first["Товары"][0]["LineNumber"] == "1"  # Int64 is a string (facts/odata.md 3)
    assert named["Контрагент____Presentation"] == expanded["Контрагент"]["Description"]


# -- python-1c-odata: registers --------------------------------------------------------------------------------------------------------


def test_slices_balances_and_turnovers(run: Callable[..., Any], base: Base) -> None:
    with base.reading() as session:
        goods, store = plenty(session)
        wanted = session.balance(
            "AccumulationRegister_ТоварыНаСкладах",
            where={"Номенклатура": goods, "Склад": store},
            dimensions=("Номенклатура",),
        )

    async def work(infobase: Infobase) -> Any:
        stock = AccumulationRegister(infobase, "ТоварыНаСкладах")
        condition = f"Номенклатура_Key eq guid'{goods.id}' and Склад_Key eq guid'{store.id}'"
        balance = await stock.balance(condition=condition)
        turnovers = await stock.turnovers(*QUARTER)
        both = await stock.balance_and_turnovers(*QUARTER)
        rates = await InformationRegister(infobase, "КурсыВалют").slice_last(datetime(2026, 3, 31))  # noqa: DTZ001
        first = await InformationRegister(infobase, "КурсыВалют").slice_first()
        entries = await AccountingRegister(infobase, "Хозрасчетный").turnovers(*QUARTER)
        return [item["value"] for item in (balance, turnovers, both, rates, first, entries)]

    balance, turnovers, both, rates, first, entries = run(work)
    assert sum(row["КоличествоBalance"] for row in balance) == float(sum(row["КоличествоBalance"] for row in wanted))
    assert turnovers
    assert {"КоличествоOpeningBalance", "КоличествоClosingBalance"} <= set(both[0])
    assert rates
    assert first
    assert sum(row["СуммаTurnoverDr"] for row in entries) == pytest.approx(
        sum(row["СуммаTurnoverCr"] for row in entries)
    )


# -- python-1c-odata: writing ----------------------------------------------------------------------------------------------------------


def test_create_change_mark_and_delete(run: Callable[..., Any]) -> None:
    async def work(infobase: Infobase) -> Any:
        partners = Catalog(infobase, "Контрагенты")
        made = await partners.create({"Description": "Проба клиента", "ИНН": "7707083893"})
        key = made["Ref_Key"]
        changed = await partners.edit(key, {"Description": "Проба клиента 2"})
        marked = await partners.edit(key, {"DeletionMark": True})
        await partners.delete(key)
        try:
            await partners.get(key)
        except EntityNotFound as error:
            return made, changed, marked, error
        return None

    made, changed, marked, error = run(work)
    assert changed["Description"] == "Проба клиента 2"
    assert changed["DataVersion"] != made["DataVersion"]
    assert marked["DeletionMark"] is True
    assert (error.status, error.internal_code) == (404, "9")


def test_a_document_is_bound_posted_and_unposted(run: Callable[..., Any], base: Base) -> None:
    with base.reading() as session:
        source = next(iter(session.select("Document_РеализацияТоваровУслуг", where={"Posted": True}, limit=1)))
        goods, store = plenty(session)
        partner = customer(session)["Ref"]

    async def work(infobase: Infobase) -> Any:
        sales = Document(infobase, "РеализацияТоваровУслуг")
        shown = await sales.get(source["Ref"].id)
        own = {name: value for name, value in shown.items() if name.endswith("_Key") and name != "Ref_Key"}
        own["Склад_Key"] = store.id
        lines = [{**shown["Товары"][0], "Номенклатура_Key": goods.id, "Количество": 1}]
        made = await sales.create(
            {
                "Date": "2026-03-30T12:00:00",
                **own,
                "Товары": lines,
                **bind_field("Контрагент", "Catalog_Контрагенты", partner.id),
            }
        )
        key = made["Ref_Key"]
        await sales.post(key, PostingMode.POST)
        posted = await sales.get(key)
        await sales.unpost(key)
        unposted = await sales.get(key)
        await sales.delete(key)
        return made, posted, unposted

    made, posted, unposted = run(work)
    assert made["Контрагент_Key"] == partner.id
    assert (posted["Posted"], unposted["Posted"]) == (True, False)


def test_data_load_mode_writes_without_handlers(run: Callable[..., Any]) -> None:
    async def work(infobase: Infobase) -> Any:
        documents = Document(infobase, "ЗаказПокупателя")
        loaded = await documents.create({"Date": "2026-03-01T00:00:00"}, data_load_mode=True)
        await documents.delete(loaded["Ref_Key"], data_load_mode=True)
        return loaded

    assert run(work)["Ref_Key"]


# -- python-1c-odata: errors -----------------------------------------------------------------------------------------------------------


def test_errors_carry_1cs_code(run: Callable[..., Any]) -> None:
    async def work(infobase: Infobase) -> Any:
        found = []
        calls = (
            Catalog(infobase, "НетТакого").query(),
            Catalog(infobase, "Контрагенты").query(odata_filter="ИНН ~ 1"),
            Catalog(infobase, "Контрагенты").query(select="НетПоля"),
        )
        for call in calls:
            try:
                await call
            except PythonError as error:
                found.append((error.status, error.internal_code))
        return found

    assert run(work) == [(404, "8"), (400, "14"), (400, "6")]


def test_a_wrong_password_is_401(run: Callable[..., Any]) -> None:
    async def work(infobase: Infobase) -> Any:
        return await Catalog(infobase, "Валюты").query()

    with pytest.raises(PythonError) as caught:
        run(work, password="wrong")
    assert caught.value.status == 401
    # The client has AccessDenied for 403 only; 1C says 401 to a stranger and to a user without the right (facts/odata.md 7).
    assert not isinstance(caught.value, AccessDenied)


# -- python-1c-odata: what of it is wrong -------------------------------------------------------------------------------------------------


def test_its_enumerations_do_not_exist_in_1c(run: Callable[..., Any]) -> None:
    """1C publishes an enumeration as a type, never as a set (facts/odata.md 13: `Enumeration_` is not real)."""

    async def work(infobase: Infobase) -> Any:
        return await Enumeration(infobase, "СтавкиНДС").query()

    with pytest.raises(EntityNotFound) as caught:
        run(work)
    assert caught.value.internal_code == "8"


def test_its_scheduled_data_does_not_exist_in_1c(run: Callable[..., Any], base: Base) -> None:
    """The function is called ScheduleData (facts/odata.md 5: the client writes `ScheduledData`)."""
    name = next(
        str(item.name) for item in base.configuration.published if str(item.name).startswith("CalculationRegister_")
    )

    async def work(infobase: Infobase) -> Any:
        return await CalculationRegister(infobase, name.partition("_")[2]).schedule_data()

    with pytest.raises(PythonError) as caught:
        run(work)
    assert (caught.value.status, caught.value.internal_code) == (400, "6")


# -- enterprise-1c-odata -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def simple(server: str) -> ODataClient:
    return ODataClient(f"{server}/odata/standard.odata", USER, PASSWORD)


def test_the_simple_client_reads_pages(simple: ODataClient) -> None:
    query = (
        ODataQuery(quote("Catalog_Номенклатура")).select("Ref_Key", "Description").orderby("Description").top(4).skip(1)
    )
    answer = simple.execute(query)
    assert answer.count == 4
    assert set(answer.items[0]) == {"Ref_Key", "Description"}
    assert "odata.metadata" in answer.raw  # its Accept asks for nometadata, its own `$format=json` overrides that


def test_the_simple_client_expands_and_filters_without_a_space(simple: ODataClient) -> None:
    query = ODataQuery(quote("Document_РеализацияТоваровУслуг")).filter("Posted").expand("Контрагент").top(1)
    (row,) = simple.execute(query).items
    assert row["Posted"] is True
    assert row["Контрагент"]["Description"]


def test_its_plus_is_a_plus_in_1c(simple: ODataClient) -> None:
    """It writes a space as `+`, which 1C takes literally: a filter with a space is refused (facts/odata.md 2)."""
    with pytest.raises(ODataQueryError, match=r"HTTP (400|500)"):
        simple.execute(ODataQuery(quote("Catalog_Контрагенты")).filter("ИНН eq '7707083893'"))


def test_its_addresses_are_not_encoded(simple: ODataClient) -> None:
    """A Cyrillic name must be percent-encoded in a request line (RFC 3986); the client leaves that to its caller."""
    with pytest.raises(ODataError, match="Unexpected error"):
        simple.execute(ODataQuery("Catalog_Контрагенты"))


def test_the_simple_client_knows_a_stranger(server: str) -> None:
    with pytest.raises(ODataAuthError):
        ODataClient(f"{server}/odata/standard.odata", USER, "wrong").execute(ODataQuery(quote("Catalog_Валюты")))
