"""The page in a real browser: quiet, complete on a phone, working without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reports.html import render_html
from reports.i18n import Translator

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from harness.record import Record

PHONE = 360


@pytest.fixture
def opened(browser: Browser, record: Callable[[str], Record], tmp_path: Path) -> Callable[..., tuple[Page, list[str]]]:
    """Opens a document and listens to what the browser complains about."""

    def open_(kind: str, *, width: int = 1200, scheme: str = "light") -> tuple[Page, list[str]]:
        path = tmp_path / f"{kind}.html"
        path.write_text(render_html(record(kind), Translator("ru")), encoding="utf-8")
        page = browser.new_page(
            viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light"
        )
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on(
            "request",
            lambda request: said.append(request.url) if not request.url.startswith(("file:", "data:")) else None,
        )
        page.goto(path.as_uri())
        return page, said

    return open_


@pytest.mark.parametrize("kind", ["no_go", "go", "hostile", "empty"])
@pytest.mark.parametrize("width", [1200, PHONE])
def test_nothing_is_complained_about_and_nothing_is_wider_than_the_screen(
    opened: Callable[..., tuple[Page, list[str]]], kind: str, width: int
) -> None:
    page, said = opened(kind, width=width)
    assert said == []
    assert page.title().startswith(("Обновлять", "Проверка"))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_page_one_is_complete_on_a_phone(opened: Callable[..., tuple[Page, list[str]]]) -> None:
    page, _ = opened("no_go", width=PHONE)
    hidden = page.evaluate(
        """() => [...document.querySelectorAll('#front p, #front li, #front td, #front tbody th, #front dd, #front h2')]
            .filter(one => !one.closest('.vh'))
            .filter(one => { const box = one.getBoundingClientRect();
                return box.width === 0 || box.height === 0 || box.left < 0 || box.right > innerWidth
                    || one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline'; })
            .filter(one => one.textContent.trim() !== '')
            .map(one => one.outerHTML.slice(0, 80))"""
    )
    assert hidden == []
    for words in ("Обновлять нельзя", "NO-GO", "Рабочую базу не обновлять.", "Что не проверено", "Решение утверждаю"):
        assert page.get_by_text(words, exact=False).first.is_visible()
    page.close()


def test_filters_work_without_scripts(opened: Callable[..., tuple[Page, list[str]]]) -> None:
    page, said = opened("no_go")
    blockers, warnings = page.locator(".of-blocker .finding"), page.locator(".of-warning .finding")
    page.get_by_label("Предупреждения").check()
    assert not blockers.first.is_visible()
    assert warnings.first.is_visible()
    page.get_by_label("Требующие внимания").check()
    assert not page.locator("#scenario-BANK-02").is_visible()
    assert page.locator("#scenario-BANK-01").is_visible()
    page.emulate_media(media="print")
    assert blockers.first.is_visible()
    assert page.locator("#scenario-BANK-02").is_visible()
    assert said == []
    page.close()


def test_dark_scheme_is_dark_and_paper_stays_white(opened: Callable[..., tuple[Page, list[str]]]) -> None:
    page, _ = opened("go", scheme="dark")
    ground = "getComputedStyle(document.querySelector('.sheet')).backgroundColor"
    assert page.evaluate(ground) == "rgb(26, 33, 43)"
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    page.close()
