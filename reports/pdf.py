"""The document as PDF, printed by a Chromium that is on the machine already; without one there is a reason, never a failure."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from harness.browser import FLAGS, driver_trouble, find_browser
from harness.record.files import write_atomic

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Route

    from reports.i18n import Translator

TIMEOUT: Final = 120_000.0
"""Milliseconds; a record of two thousand rows prints in one and a half seconds."""


def print_pdf(html: str, path: Path, translator: Translator, *, browser: str = "") -> str:
    """Prints a page.

    The browser gets the page as text: no file, no network, no scripts; every request it might make is refused.

    Args:
        html: the page, its `printed` variant.
        path: where the PDF goes.
        translator: language of the reason.
        browser: path of the browser from the settings, "" to look for one.

    Returns:
        "" when the PDF was written, else why not and how to get one.
    """
    executable = find_browser(browser)
    if executable is None:
        return _no_browser(translator, browser)
    # A thread of its own: playwright's synchronous interface refuses to work where an event loop runs already.
    with ThreadPoolExecutor(max_workers=1) as thread:
        content, words = thread.submit(_print, html, executable).result()
    if words:
        return translator(
            "PDF не напечатан: браузер {browser} не справился: {words}. В Debian и Ubuntu нужен ещё пакет libatomic1.",
            browser=executable,
            words=words,
        )
    write_atomic(path, content)
    return ""


def _print(html: str, executable: Path) -> tuple[bytes, str]:
    """The PDF and "", or nothing and what the browser said."""
    from playwright.sync_api import sync_playwright

    if trouble := driver_trouble():
        return b"", trouble[:300]
    try:
        with sync_playwright() as playwright:
            running = playwright.chromium.launch(executable_path=executable, args=list(FLAGS), timeout=TIMEOUT)
            try:
                context = running.new_context(java_script_enabled=False, offline=True)
                context.set_default_timeout(TIMEOUT)
                context.route("**/*", _refuse)
                page = context.new_page()
                page.set_content(html, wait_until="load")
                return page.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True), ""
            finally:
                running.close()
    except Exception as error:  # noqa: BLE001  # playwright tells of a dead driver by a bare Exception
        return b"", " ".join(str(error).split())[:300]


def _refuse(route: Route) -> None:
    route.abort()


def _no_browser(translator: Translator, configured: str) -> str:
    if configured:
        return translator(
            "PDF не напечатан: по адресу documents.browser ({browser}) браузера нет. Исправьте путь или уберите настройку.",
            browser=configured,
        )
    return translator(
        "PDF не напечатан: не найден Chromium, Chrome или Edge. Установите любой из них (Debian, Ubuntu: apt install chromium libatomic1) "
        "или укажите путь в documents.browser либо в переменной CHROMIUM, затем выполните readiness report. "
        "Тот же документ печатается из readiness.html в любом браузере."
    )
