from __future__ import annotations

import base64
import hashlib
import re
from html import unescape
from typing import TYPE_CHECKING

import lxml.html
import pytest
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from harness.record.models import Verdict
from reports.html import LOOKS, anchor, render_html
from reports.i18n import Translator

if TYPE_CHECKING:
    from collections.abc import Callable

    from syrupy.assertion import SnapshotAssertion

    from harness.record import Record

KINDS = ("no_go", "go", "conditions", "incomplete", "empty", "crowded", "hostile")


class HtmlSnapshot(SingleFileSnapshotExtension):
    file_extension = "html"
    _write_mode = WriteMode.TEXT


def page(record: Record, language: str = "ru") -> lxml.html.HtmlElement:
    return lxml.html.document_fromstring(render_html(record, Translator(language)))


def said(element: lxml.html.HtmlElement) -> str:
    """Text with a space where elements meet."""
    return " ".join(" ".join(element.itertext()).split())


def front(record: Record, language: str = "ru") -> str:
    return said(page(record, language).get_element_by_id("front"))


@pytest.mark.parametrize(("kind", "language"), [("no_go", "ru"), ("go", "en"), ("incomplete", "ru"), ("empty", "en")])
def test_document_is_what_it_was(
    record: Callable[[str], Record], snapshot: SnapshotAssertion, kind: str, language: str
) -> None:
    html = render_html(record(kind), Translator(language))
    # The sheet has its own tests; here it would only make every change of a colour a change of the document.
    html = re.sub(r"<style>.*?</style>", "<style></style>", html, flags=re.DOTALL)
    html = re.sub(r"sha256-[A-Za-z0-9+/=]+", "sha256-", html)
    assert html == snapshot(extension_class=HtmlSnapshot)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("printed", [False, True])
def test_rendering_is_deterministic(record: Callable[[str], Record], kind: str, printed: bool) -> None:
    one, two = (render_html(record(kind), Translator("ru"), printed=printed) for _ in range(2))
    assert one == two


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_asked_of_the_network_and_no_script_is_there(record: Callable[[str], Record], kind: str) -> None:
    root = page(record(kind))
    assert not root.xpath(
        "//script | //iframe | //object | //embed | //form | //base | //img | //@style | //@src | //@srcset"
    )
    handlers = [name for element in root.iter() for name in element.attrib if str(name).startswith("on")]
    assert not handlers
    assert [link.get("href") for link in root.iter("link")] == ["data:,"]
    style = "".join(root.xpath("//style/text()"))
    assert not re.search(r"@import|url\(|https?:|@font-face", style)


@pytest.mark.parametrize("kind", KINDS)
def test_policy_names_the_sheet_by_its_hash_and_allows_nothing_else(record: Callable[[str], Record], kind: str) -> None:
    html = render_html(record(kind), Translator("ru"))
    style = html.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    policy = unescape(re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)[0])
    assert policy.split("; ")[:2] == ["default-src 'none'", f"style-src 'sha256-{digest}'"]
    assert "script-src 'none'" in policy
    assert "unsafe" not in policy


def test_hostile_record_stays_text(record: Callable[[str], Record]) -> None:
    root = page(record("hostile"))
    assert "<script>document.title='owned'</script>" in root.text_content()
    assert len(root.xpath("//style")) == 1
    for link in root.iter("a"):
        assert re.fullmatch(r"#[\w-]*|evidence/[\w%.~-]+", link.get("href")), link.get("href")


def test_evidence_is_linked_unless_a_browser_would_run_it(record: Callable[[str], Record]) -> None:
    root = page(record("no_go"))
    links = [link.get("href") for link in root.iter("a")]
    assert any(re.fullmatch(r"evidence/[0-9a-f]{20}-%D0%92.*\.json", link) for link in links)
    assert not any(link.endswith((".html", ".pdf", ".svg")) for link in links)
    assert re.search(r"evidence/[0-9a-f]{20}-ответ\.html", root.text_content())


@pytest.mark.parametrize("kind", KINDS)
def test_every_link_of_the_page_leads_somewhere(record: Callable[[str], Record], kind: str) -> None:
    root = page(record(kind))
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    targets = {link.get("href")[1:] for link in root.iter("a") if str(link.get("href")).startswith("#")}
    unknown = targets - set(ids)
    # A finding or an acceptance may name a scenario that the record does not hold: then there is no row to lead to.
    assert all(name.startswith("scenario-") for name in unknown), unknown
    assert {use.get("href")[1:] for use in root.iter("use")} <= set(ids)


@pytest.mark.parametrize(
    ("kind", "code", "word", "shape"),
    [
        ("no_go", "NO-GO", "Обновлять нельзя", "i-no-go"),
        ("go", "GO", "Обновлять можно", "i-go"),
        ("conditions", "GO WITH CONDITIONS", "Обновлять можно с условиями", "i-conditions"),
        ("incomplete", "INCOMPLETE", "Проверка не завершена", "i-incomplete"),
        ("empty", "INCOMPLETE", "Проверка не завершена", "i-incomplete"),
    ],
)
def test_verdict_is_told_by_colour_word_and_shape(
    record: Callable[[str], Record], kind: str, code: str, word: str, shape: str
) -> None:
    root = page(record(kind))
    (band,) = root.find_class("verdict")
    assert said(root.get_element_by_id("verdict")) == word
    assert said(band.find_class("code")[0]) == code
    assert band.xpath(".//use/@href") == [f"#{shape}"]
    tones = {"NO-GO": "bad", "GO": "good", "GO WITH CONDITIONS": "warn", "INCOMPLETE": "unknown"}
    assert tones[code] in band.get("class").split()


def test_every_verdict_has_a_shape_and_a_colour_of_its_own() -> None:
    looks = {LOOKS[mark] for mark in ("go", "conditions", "incomplete", "no-go")}
    assert len({look.shape for look in looks}) == len({look.tone for look in looks}) == len(Verdict)


def test_page_one_says_why_what_to_do_by_whom_and_what_is_unknown(record: Callable[[str], Record]) -> None:
    text = front(record("no_go"))
    for words in (
        "Выявлено: 9 блокирующих замечаний (обмены — 3, отчёты — 2, бизнес-процессы — 1, эксплуатация — 1, сплошная сверка — 2).",
        "Нарушено «Заказы с сайта становятся заказами покупателей»: Заказы с сайта при повторном приёме создаются второй раз.",
        "Нарушено «Валовая прибыль по товарам»: Валовая прибыль завышена",
        "Рабочую базу не обновлять.",
        "Орлова Н. П., руководитель отдела учётных систем",
        "2.0.14.7 → 2.0.15.1",
        "Печатная форма отчёта «Платёжный календарь» — Служба готовности не отдаёт файл этого отчёта.",
        "Стенд — эмулятор 1С",
        "Решение утверждаю",
    ):
        assert words in text


def test_page_one_of_a_clean_update_gives_window_and_rollback_deadline(record: Callable[[str], Record]) -> None:
    text = front(record("go"))
    assert "Откат нужно начать не позже 29.11.2026 06:20" in text
    assert "28 ноября 2026, 20:00" in text
    assert "Ставка НДС 22 % с 1 января 2026 года" in text
    assert "Рабочую базу не обновлять" not in text


def test_no_deadline_is_offered_when_the_update_may_not_begin(record: Callable[[str], Record]) -> None:
    assert "06:20" not in front(record("no_go"))


def test_override_stands_beside_the_verdict_and_does_not_replace_it(record: Callable[[str], Record]) -> None:
    text = front(record("conditions"))
    assert "Решение изменено человеком: Обновлять можно с условиями → изменено на Обновлять можно" in text
    assert "Замедление отчёта принято до релиза 2.0.16" in text
    assert page(record("conditions")).find_class("code")[0].text_content() == "GO WITH CONDITIONS"


def test_what_was_not_checked_is_counted_on_page_one_and_listed_in_full(record: Callable[[str], Record]) -> None:
    root = page(record("incomplete"))
    (box,) = root.get_element_by_id("front").find_class("unchecked")
    rows = root.xpath("//section[@id='unchecked']//tbody/tr")
    assert said(box.xpath("./h2")[0]) == f"Что не проверено {len(rows)}"
    assert f"И ещё {len(rows) - 3}" in said(box)
    assert any("RIGHT-01" in said(row) and "scenarios.skip" in said(row) for row in rows)


def test_an_empty_record_never_reads_as_passed(record: Callable[[str], Record]) -> None:
    text = front(record("empty"))
    assert "Прогон не дошёл до решения" in text
    assert text.count("не проверялось") == 5
    assert "исправно" not in text


def test_findings_of_a_scenario_share_a_card_and_say_an_advice_once(record: Callable[[str], Record]) -> None:
    root = page(record("no_go"))
    (card,) = root.xpath("//article[@class='finding bad'][.//a[@href='#scenario-EXC-03']]")
    assert "Интернет-магазин" in said(card)
    assert [said(number) for number in card.find_class("number")] == ["2"]
    assert said(card).count("Что сделать:") == 1


def test_accepted_changes_have_reason_owner_and_term(record: Callable[[str], Record]) -> None:
    text = said(page(record("go")).get_element_by_id("accepted"))
    assert (
        "ACC-04 REP-09 Ставка НДС 22 % с 1 января 2026 года колонка: СуммаНДС; условие: Период >= 2026-01-01 Главный бухгалтер 31 марта 2027 4"
        in text
    )


def test_sums_of_columns_have_their_difference(record: Callable[[str], Record]) -> None:
    text = said(page(record("no_go")).get_element_by_id("differences"))
    assert "Выручка 3 1 843 200,00 1 911 650,00 +68 450,00" in text


def test_document_in_english_is_english(record: Callable[[str], Record]) -> None:
    root = page(record("go"), "en")
    assert root.get("lang") == "en"
    for row in root.xpath("//dl[@class]//dt | //thead//th | //h2"):
        assert not re.search("[а-яё]", said(row), re.IGNORECASE), said(row)
    assert "Go: update" in front(record("go"), "en")


@pytest.mark.parametrize("kind", ["no_go", "incomplete"])
def test_page_is_accessible(record: Callable[[str], Record], kind: str) -> None:
    root = page(record(kind))
    assert len(root.xpath("//main")) == 1
    assert root.xpath("//nav[@aria-label]")
    assert not root.xpath("//thead//th[not(@scope='col')] | //tbody//th[not(@scope='row')] | //table[not(.//thead)]")
    assert not root.xpath("//svg[not(@aria-hidden='true')]")
    assert not root.xpath("//section[not(@aria-labelledby)]")
    assert not root.xpath("//input[not(ancestor::label)]")
    named = {element.get("aria-labelledby") for element in root.iter() if element.get("aria-labelledby")}
    assert named <= {element.get("id") for element in root.iter()}


def test_cells_of_cards_carry_the_header_they_lose_on_a_phone(record: Callable[[str], Record]) -> None:
    for table in page(record("no_go")).find_class("cards"):
        headers = {said(header) for header in table.xpath("./thead//th")}
        for cell in table.xpath("./tbody/tr/td"):
            assert cell.get("data-label") in headers


def test_printed_variant_has_no_links_out_and_no_filters(record: Callable[[str], Record]) -> None:
    root = lxml.html.document_fromstring(render_html(record("no_go"), Translator("ru"), printed=True))
    assert all(str(link.get("href")).startswith("#") for link in root.iter("a"))
    assert not root.xpath("//input")


@pytest.mark.parametrize("name", ["BANK-01", "банк 01", "a\"b'<c>", "", "x" * 300])
def test_anchor_is_safe_and_one_for_one_name(name: str) -> None:
    assert re.fullmatch(r"[\w-]*", anchor(name))
    assert anchor(name) == anchor(name)
    assert anchor(name) != anchor(name + "!")
