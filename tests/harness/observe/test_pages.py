"""Pages of HTML as text: what a reader sees, line by line; what would run or be fetched is taken out of the copy that is drawn."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import DocumentError, RecordError
from harness.gate.findings import findings_of
from harness.observe import compare_record, explain_record
from harness.observe.compare_pages import BROWSER_CHANGED
from harness.observe.pages import LARGEST, page_of
from harness.observe.renderer import Drawn, Renderer
from harness.record.models import Acceptance, DifferenceClass, Phase, Severity, Text
from tests.harness.observe.pair import Pair

if TYPE_CHECKING:
    from pathlib import Path

    from harness.record.models import Difference

ROWS = "<table><tr><th>№<th>Товар<th>Сумма</tr><tr><td>1<td>Стол<td>{}</tr></table>"


@pytest.mark.parametrize(
    ("html", "lines"),
    [
        ("<h1>Счёт №&nbsp;1</h1><p>от\n  12 мая<br>Москва", ["Счёт № 1", "от 12 мая", "Москва"]),
        (ROWS.format("1&thinsp;000,00"), ["№ | Товар | Сумма", "1 | Стол | 1 000,00"]),
        ("<table><tr><td>a<td><td>c</tr><tr><td>a<td>c</tr></table>", ["a | | c", "a | c"]),
        ("<table><tr><td><p>Стол</p><p>дубовый</p><td>1</tr></table>", ["Стол дубовый | 1"]),
        ("<p>Ито<b>го</b>: <i>5</i>", ["Итого: 5"]),
        ("<p>a<script>document.write('b')</script><style>p{}</style>c", ["ac"]),
        ("<p><!-- тайна -->ab\u200b\u00adc", ["abc"]),
        ("<input value=5><input type=hidden value=6><input type=password value=7>", ["5"]),
        ("<img src='/logo/new.png?session=17' alt=Логотип>", ["[картинка «Логотип»: new.png]"]),
        ("просто текст", ["просто текст"]),
    ],
)
def test_a_page_reads_as_its_reader_sees_it(html: str, lines: list[str]) -> None:
    assert [" ".join(line.split()) for line in page_of(html).lines] == lines


def test_another_picture_under_the_same_name_is_another_line() -> None:
    one, two = (page_of(f"<img alt=Логотип src='data:image/png;base64,{body}'>").lines for body in ("AAAA", "BBBB"))

    assert one != two


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("<p>Счёт".encode(), "Счёт"),
        (b"\xef\xbb\xbf" + "<p>Счёт".encode(), "Счёт"),
        ("<p>Счёт".encode("utf-16"), "Счёт"),
        ('<meta charset="windows-1251"><p>Счёт'.encode("cp1251"), "Счёт"),
        ('<meta http-equiv=x content="text/html; charset=koi8-r"><p>Счёт'.encode("koi8-r"), "Счёт"),
        ("<p>Счёт".encode("cp1251"), "Счёт"),
        ('<meta charset="nobody"><p>Счёт'.encode("cp1251"), "Счёт"),
        ('<meta charset="base64"><p>Счёт'.encode("cp1251"), "Счёт"),
    ],
)
def test_the_encoding_is_found_out(content: bytes, line: str) -> None:
    assert page_of(content).lines == (line,)


def test_the_copy_that_is_drawn_neither_runs_nor_fetches() -> None:
    html = page_of(
        "<base href=http://x/><meta http-equiv=refresh content='0;url=http://x'><link rel=stylesheet href=http://x/a.css>"
        "<body onload=run() background=http://x/b.png><script src=http://x/c.js></script><iframe src=http://x></iframe>"
        "<object data=http://x></object><img src=http://x/d.png onerror=run()><img src='data:image/png;base64,AAAA'>"
        "<video poster=http://x></video><svg onload=run()><a href='http://x'>ссылка</a></svg>"
    ).html

    assert "http" not in html.replace("href='http://x'", "").replace('href="http://x"', "")
    assert "run()" not in html
    assert "data:image/png;base64,AAAA" in html
    assert "ссылка" in html


@pytest.mark.parametrize("content", ["", "   ", b"", "\x00\x01"])
def test_nothing_is_no_page(content: bytes | str) -> None:
    with pytest.raises(DocumentError):
        page_of(content)


def test_a_monstrous_page_is_refused() -> None:
    with pytest.raises(DocumentError, match="больше 20 МБ"):
        page_of("x" * (LARGEST + 1))


@given(st.text(max_size=200), st.binary(max_size=200))
def test_no_page_breaks_the_reader(text: str, content: bytes) -> None:
    for page in (text, content, f"<table><tr><td>{text}<td><img src='{text}'></table>"):
        try:
            found = page_of(page)
        except DocumentError:
            continue
        assert all("\n" not in line for line in found.lines)


def test_a_deep_page_does_not_exhaust_the_stack() -> None:
    assert "дно" in " ".join(page_of("<div>" * 200 + "дно").lines)
    page_of("<table><tr><td>" * 5_000 + "дно")


def pages(folder: Path, before: str, after: str, **how: Any) -> list[Difference]:
    return Pair(folder).both(
        lambda observe: observe.page("p", before, title="Счёт", **how),
        lambda observe: observe.page("p", after, title="Счёт", **how),
    )


def test_a_changed_line_is_told_in_words(folder: Path) -> None:
    (found,) = pages(folder, ROWS.format("10,00"), ROWS.format("12,00"))

    assert found.cls is DifferenceClass.UNEXPLAINED
    assert str(found.text) == "Документ «Счёт», «строка 2»: было 1 | Стол | 10,00, стало 1 | Стол | 12,00"


def test_another_markup_of_the_same_text_is_the_same(folder: Path) -> None:
    (found,) = pages(folder, "<p>Итого: <b>5</b></p>", "<div><span>Итого:</span>\n 5</div>")

    assert found.cls is DifferenceClass.IDENTICAL


def test_masked_text_is_not_compared(folder: Path) -> None:
    how = {"mask": [r"\d\d:\d\d"]}
    (found,) = pages(folder, "<p>Напечатано в <b>12:</b>15</p>5", "<p>Напечатано в <b>13:</b>40</p>5", **how)

    assert found.cls is DifferenceClass.IDENTICAL
    assert [one.cls for one in pages(folder.with_name("b"), "<p>12:15</p>5", "<p>12:15</p>6", **how)] == [
        DifferenceClass.UNEXPLAINED
    ]


def test_a_mask_that_hides_everything_is_told(folder: Path) -> None:
    (found,) = pages(folder, "<p>12:15", "<p>13:40", mask=[r".*"])

    assert "маски закрыли его целиком" in str(found.text)


def test_personal_and_secret_pieces_do_not_get_in(folder: Path) -> None:
    pages(
        folder,
        "<p>Иванов И.И., ivanov@example.com",
        "<p>Иванов И.И., ivanov@example.com",
        personal=[r"[А-Я]\w+ \w\.\w\."],
    )

    kept = (folder / "before" / "A-1" / "p.page.json").read_text(encoding="utf-8")
    assert "Иванов" not in kept
    assert "ivanov@" not in kept


class Painted(Renderer):
    """Gives pictures made by hand, as browsers of two machines would."""

    def __init__(self, *drawn: Drawn) -> None:
        super().__init__()
        self._drawn = iter(drawn)

    def draw(self, html: str) -> Drawn:
        del html
        return next(self._drawn)


def drawn(picture: bytes, *, browser: str = "Chromium 1", manner: str = "m") -> Drawn:
    return Drawn(picture, browser, manner)


def painted(folder: Path, texts: tuple[str, str], *sides: Drawn) -> tuple[list[Difference], Pair]:
    """Two pages with pictures made by hand, compared."""
    pair = Pair(folder)
    pair.renderer = Painted(*sides)
    before, after = texts
    return pair.both(lambda observe: observe.page("p", before), lambda observe: observe.page("p", after)), pair


def test_pictures_of_two_browsers_are_not_compared_and_that_is_said(folder: Path) -> None:
    sides = drawn(b"1"), drawn(b"2", browser="Chromium 2", manner="n")
    (found,), pair = painted(folder, ("<p>a", "<p>a"), *sides)

    assert (found.cls, found.code) == (DifferenceClass.TOLERANCE, BROWSER_CHANGED)
    assert "до обновления её рисовал Chromium 1, после — Chromium 2" in str(found.text)
    explain_record(pair.writer, [])
    assert [(one.code, one.severity) for one in findings_of(pair.read())] == [(BROWSER_CHANGED, Severity.INFO)]


def test_another_machine_with_the_same_browser_is_told_too(folder: Path) -> None:
    (found,), _ = painted(folder, ("<p>a", "<p>a"), drawn(b"1"), drawn(b"2", manner="n"))

    assert "другие шрифты или другая машина" in str(found.text)


def test_a_text_that_changed_under_another_browser_is_a_difference_all_the_same(folder: Path) -> None:
    found, _ = painted(folder, ("<p>a", "<p>b"), drawn(b"1"), drawn(b"2", manner="n"))

    assert [one.cls for one in found] == [DifferenceClass.UNEXPLAINED, DifferenceClass.TOLERANCE]


def test_without_a_picture_on_one_side_texts_are_compared_and_the_picture_is_not_checked(folder: Path) -> None:
    why = Text(msgid="браузера нет")
    (found,), pair = painted(folder, ("<p>a", "<p>a"), drawn(b"1"), Drawn(why=why))

    assert found.cls is DifferenceClass.IDENTICAL
    assert [(one.what, one.why) for one in pair.not_checked[Phase.AFTER]] == [("p: картинка страницы", why)]


def test_a_picture_edited_after_it_was_kept_is_refused(folder: Path) -> None:
    _, pair = painted(folder, ("<p>a", "<p>b"), drawn(b"1"), drawn(b"2"))
    for picture in (folder / "evidence").glob("*page.png"):
        picture.write_bytes(b"3")

    with pytest.raises(RecordError, match="изменена после записи"):
        compare_record(pair.writer)


@pytest.mark.parametrize("texts", [("<p>a", "<p>a"), ("<p>a", "<p>b")])
def test_a_picture_that_differs_is_shown_beside_what_was_said(folder: Path, texts: tuple[str, str]) -> None:
    pytest.importorskip("PIL.Image", reason="Pillow (extra `pictures`) is not installed")
    (found,), pair = painted(folder, texts, drawn(png()), drawn(png(dot=(10, 20))))

    assert found.evidence == ["differences/A-1/p.png"]
    assert ("выглядит иначе при том же тексте: другие точки — 6" in str(found.text)) == (texts[0] == texts[1])
    agreed = Acceptance(id="1", scenario="A-1", reason="r", owner="o", until="2099-01-01")
    (part,) = explain_record(pair.writer, [agreed]).differences
    assert (part.cls, part.evidence) == (DifferenceClass.EXPECTED, found.evidence)


def test_a_picture_drawn_by_chance_a_shade_darker_is_the_same(folder: Path) -> None:
    pytest.importorskip("PIL.Image", reason="Pillow (extra `pictures`) is not installed")
    (found,), _ = painted(folder, ("<p>a", "<p>a"), drawn(png()), drawn(png(shade=250)))

    assert found.cls is DifferenceClass.IDENTICAL


def png(dot: tuple[int, int] | None = None, shade: int = 255) -> bytes:
    from PIL import Image

    picture = Image.new("RGB", (40, 30), (shade, shade, shade))
    if dot:
        picture.paste((0, 0, 0), (*dot, dot[0] + 2, dot[1] + 3))
    output = io.BytesIO()
    picture.save(output, "PNG")
    return output.getvalue()
