"""Drawing pages with the Chromium the documents are printed by: one browser a session, started by the first page, in a locked room.

No network (every request is refused), no scripts, a fixed window, language, time zone and smoothing of fonts; bounded size and time. A browser
draws as its version and the machine's fonts make it: `Drawn.manner` says which, and only pictures drawn in one manner can be compared.
"""

from __future__ import annotations

import os
import struct
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from harness.browser import FLAGS, driver_trouble, find_browser
from harness.record.files import sha256
from harness.record.models import Text

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Route

WIDTH: Final = 1000
"""Points of the window: a sheet of A4 at 120 to the inch."""
_HEIGHT: Final = 1414
_WIDEST: Final = 2400
_HIGHEST: Final = 6000
"""Points of a picture; what lies beyond is compared as text only."""
_HEAVIEST: Final = 3_000_000
"""Signs of a page that is drawn."""
_TIMEOUT: Final = 20_000.0
"""Milliseconds for each step of drawing."""
_FAILURES: Final = 2
"""Pages after which a browser that fails is not tried again in this session."""
_STEADY: Final = ("--font-render-hinting=none", "--force-color-profile=srgb", "--disable-lcd-text", "--hide-scrollbars")
_SANDBOX: Final = "--no-sandbox"
_PROBE: Final = (
    '<!doctype html><meta charset="utf-8"><body style="margin:4px"><b>Щука №1 Ёж</b> <i style="font-family:serif">Итого 1 234,56 ₽</i>'
    ' <tt>gjpqy</tt> <span style="font:13px Arial">Счёт</span><table border=1><tr><td>1<td>2</table>'
)
"""Letters of the fonts pages use: another browser, another smoothing or other fonts draw it otherwise."""

_NO_BROWSER = "на машине нет Chromium, Chrome или Edge: установите его или укажите documents.browser"
_BY_SETTINGS = "так задано настройкой documents.pages"
_TOO_HEAVY = "страница слишком велика для картинки: {size} знаков"
_FAILED = "браузер {browser} не справился: {words}"
_CUT = "страница длиннее {height} точек: картинкой сравнивается её начало"


@dataclass(frozen=True, slots=True)
class Drawn:
    """What came of drawing a page.

    Attributes:
        picture: PNG; empty when there is none.
        browser: name and version.
        manner: hash of what this browser makes of a page that never changes.
        why: why there is no picture, or what of the page it does not show; None when it shows all.
    """

    picture: bytes = b""
    browser: str = ""
    manner: str = ""
    why: Text | None = None


class Renderer:
    """A browser for the pages of one session.

    Args:
        browser: path of it from the settings, "" to look for one.
        wanted: False: pages are not drawn, because the settings say so.
    """

    def __init__(self, browser: str = "", *, wanted: bool = True) -> None:
        self._browser = browser
        self._wanted = wanted
        # A thread of its own: playwright's synchronous interface refuses to work where an event loop runs, and keeps to one thread.
        self._thread: ThreadPoolExecutor | None = None
        self._running: _Room | None = None
        self._failures = 0
        self._last = Text(msgid=_BY_SETTINGS)

    def warm(self) -> None:
        """Starts the browser in the background, where one is sure to be needed: it takes a second that others can use."""
        executable = find_browser(self._browser) if self._wanted else None
        if executable is not None:
            self._worker().submit(self._start, executable)

    def draw(self, html: str) -> Drawn:
        """A picture of a page, or why there is none; never fails."""
        if not self._wanted:
            return Drawn(why=Text(msgid=_BY_SETTINGS))
        if len(html) > _HEAVIEST:
            return Drawn(why=Text(msgid=_TOO_HEAVY, params={"size": str(len(html))}))
        if self._failures >= _FAILURES:
            return Drawn(why=self._last)
        executable = find_browser(self._browser)
        if executable is None:
            return Drawn(why=Text(msgid=_NO_BROWSER))
        return self._worker().submit(self._draw, html, executable).result()

    def close(self) -> None:
        """Stops the browser."""
        if self._thread is not None:
            self._thread.submit(self._stop).result()
            self._thread.shutdown()
            self._thread = None

    def _worker(self) -> ThreadPoolExecutor:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="readiness-pages")
        return self._thread

    def _start(self, executable: Path) -> None:
        with suppress(Exception):  # the first page tells why
            self._running = self._running or _Room(executable)

    def _draw(self, html: str, executable: Path) -> Drawn:
        try:
            if self._running is None:
                self._running = _Room(executable)
            return self._running.draw(html)
        except Exception as error:  # noqa: BLE001  # playwright tells of a dead driver by a bare Exception
            self._failures += 1
            words = " ".join(str(error).split())[:300]
            self._last = Text(msgid=_FAILED, params={"browser": executable.name, "words": words})
            self._stop()
            return Drawn(why=self._last)

    def _stop(self) -> None:
        room, self._running = self._running, None
        if room is not None:
            with suppress(Exception):  # it may be dead already
                room.close()


class _Room:
    """A running browser with nothing around it; lives in one thread."""

    def __init__(self, executable: Path) -> None:
        from playwright.sync_api import sync_playwright

        if trouble := driver_trouble():
            raise OSError(trouble)
        with ExitStack() as stack:
            playwright = stack.enter_context(sync_playwright())
            running = _launched(playwright.chromium, executable)
            stack.callback(running.close)
            self._context: BrowserContext = running.new_context(
                java_script_enabled=False,
                offline=True,
                accept_downloads=False,
                service_workers="block",
                viewport={"width": WIDTH, "height": _HEIGHT},
                device_scale_factor=1,
                locale="ru-RU",
                timezone_id="Europe/Moscow",
                color_scheme="light",
                reduced_motion="reduce",
                forced_colors="none",
            )
            self._context.set_default_timeout(_TIMEOUT)
            self._context.route("**/*", _refuse)
            self._browser = f"Chromium {running.version}"
            self._manner = sha256(self._picture(_PROBE))[:16]
            self._stack = stack.pop_all()

    def draw(self, html: str) -> Drawn:
        picture = self._picture(html)
        high = struct.unpack(">I", picture[20:24])[0] >= _HIGHEST
        why = Text(msgid=_CUT, params={"height": str(_HIGHEST)}) if high else None
        return Drawn(picture, self._browser, self._manner, why)

    def close(self) -> None:
        self._stack.close()

    def _picture(self, html: str) -> bytes:
        page = self._context.new_page()
        try:
            page.set_content(html, wait_until="load")
            return page.screenshot(
                full_page=True,
                animations="disabled",
                caret="hide",
                clip={"x": 0, "y": 0, "width": _WIDEST, "height": _HIGHEST},
            )
        finally:
            page.close()


def _launched(chromium: Any, executable: Path) -> Any:
    """The browser, in its sandbox where there is one to be had: a page of a base is not ours."""
    flags = [*(flag for flag in FLAGS if flag != _SANDBOX), *_STEADY]
    if not _superuser():
        with suppress(Exception):  # containers have none
            return chromium.launch(executable_path=executable, args=flags, chromium_sandbox=True, timeout=_TIMEOUT)
    return chromium.launch(executable_path=executable, args=[*flags, _SANDBOX], timeout=_TIMEOUT)


def _superuser() -> bool:
    """Chromium has no sandbox for the superuser."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _refuse(route: Route) -> None:
    route.abort()
