"""Pages drawn by a real browser in a locked room; without one these tests say why they did not run."""

from __future__ import annotations

import os
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from harness.browser import driver_trouble, find_browser
from harness.observe.pages import page_of
from harness.observe.renderer import WIDTH, Renderer
from harness.record.models import DifferenceClass
from reports.i18n import Translator
from reports.pdf import print_pdf
from tests.harness.observe.pair import Pair

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.observe.renderer import Drawn

PAGE = (
    "<style>td{{border:1px solid #000}}</style><h1>Счёт № 1</h1>{logo}"
    "<table><tr><td>Стол</td><td style='width:{width}px'>10,00</td></tr></table>"
)
LOGO = "<div style='width:120px;height:40px;background:{colour}'></div>"


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    """One browser for all of them."""
    if find_browser() is None and os.environ.get("READINESS_REQUIRE_BROWSER"):
        pytest.fail("CI must have a browser: its tests may not be skipped there")
    if find_browser() is None:
        pytest.skip("no Chromium, Chrome or Edge on this machine: set CHROMIUM or install one")
    made = Renderer()
    yield made
    made.close()


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """A site that notes who asks it."""
    asked: list[str] = []

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing on the console."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}", asked
        running.shutdown()
        thread.join()


def size(drawn: Drawn) -> tuple[int, int]:
    width, height = struct.unpack(">II", drawn.picture[16:24])
    return width, height


def test_the_same_page_is_the_same_picture_and_another_is_another(renderer: Renderer) -> None:
    one, two, other = (renderer.draw(page_of(PAGE.format(logo="", width=width)).html) for width in (90, 90, 190))

    assert one == two
    assert one.why is None
    assert one.browser.startswith("Chromium ")
    assert other.picture != one.picture
    assert other.manner == one.manner
    assert size(one)[0] == WIDTH


def test_a_hostile_page_reaches_nothing_and_runs_nothing(
    renderer: Renderer, server: tuple[str, list[str]], tmp_path: Path
) -> None:
    site, asked = server
    secret = tmp_path / "secret.html"
    secret.write_text("<body style='background:#0a0'>", encoding="utf-8")
    # Not cleaned as `page_of` does it: the room itself must hold.
    drawn = renderer.draw(
        f"<meta http-equiv=refresh content='0;url={site}/refresh'><link rel=stylesheet href={site}/a.css>"
        f"<style>@import url({site}/b.css);body{{background:url({site}/c.png)}}@font-face{{font-family:x;src:url({site}/d)}}p{{font-family:x}}</style>"
        f"<script>document.body.innerHTML='';fetch('{site}/e');while(1);</script><img src={site}/f><iframe src={site}/g></iframe>"
        f"<iframe src='{secret.as_uri()}'></iframe><img src='{secret.as_uri()}'><form action={site}/h><button autofocus>x</button></form>"
        f"<p>текст<video src={site}/i autoplay></video><object data={site}/j></object>"
    )

    assert drawn.picture
    assert asked == []


def test_what_follows_a_hostile_page_is_drawn_as_before(renderer: Renderer) -> None:
    first = renderer.draw(page_of("<p>a").html)
    renderer.draw("<div style='height:99999999px;width:99999999px'>x</div>" + "<div style='filter:blur(9px)'>" * 50)

    assert renderer.draw(page_of("<p>a").html) == first


def test_a_long_page_is_cut_and_that_is_said(renderer: Renderer) -> None:
    drawn = renderer.draw(page_of("<p>строка" * 1_000).html)

    assert size(drawn) == (WIDTH, 6000)
    assert "длиннее 6000 точек" in str(drawn.why)


def test_a_heavy_page_is_not_drawn_and_that_is_said(renderer: Renderer) -> None:
    drawn = renderer.draw("x" * 3_000_001)

    assert drawn.picture == b""
    assert "слишком велика" in str(drawn.why)


def test_a_logo_that_is_gone_is_seen_though_the_text_is_the_same(renderer: Renderer, folder: Path) -> None:
    pytest.importorskip("PIL.Image", reason="Pillow (extra `pictures`) is not installed")
    pair = Pair(folder)
    pair.renderer = renderer
    sides = [PAGE.format(logo=LOGO.format(colour=colour), width=90) for colour in ("#1f5aa6", "#fff")]

    (found,) = pair.both(*(lambda observe, html=html: observe.page("p", html, title="Счёт") for html in sides))

    assert found.cls is DifferenceClass.UNEXPLAINED
    assert "Страница «Счёт» выглядит иначе при том же тексте: другие точки — 4800 (0.34 %)" in str(found.text)
    assert (folder / found.evidence[0]).read_bytes().startswith(b"\x89PNG")


def test_masked_text_does_not_show_in_the_picture(renderer: Renderer, folder: Path) -> None:
    pair = Pair(folder)
    pair.renderer = renderer

    (found,) = pair.both(
        *(
            lambda observe, time=time: observe.page("p", f"<p>Напечатано в {time}</p>5", mask=[r"\d+:\d\d"])
            for time in ("9:15", "13:40")
        )
    )

    assert found.cls is DifferenceClass.IDENTICAL


def test_a_started_browser_is_the_one_that_draws(renderer: Renderer) -> None:
    started = Renderer()
    started.warm()

    assert started.draw("<p>a").manner == renderer.draw("<p>a").manner
    started.close()
    started.close()


@pytest.mark.skipif(os.name == "nt", reason="the stand-in browser is a shell script without an extension")
def test_a_browser_that_fails_is_a_reason_and_is_not_tried_for_ever(tmp_path: Path) -> None:
    if trouble := driver_trouble():
        pytest.skip(f"драйвер браузера не запускается: {trouble}")
    tried = tmp_path / "tried"
    fake = tmp_path / "chromium"
    fake.write_text(f"#!/bin/sh\necho x >> {tried}\nexit 7\n", encoding="utf-8")
    fake.chmod(0o755)
    broken = Renderer(str(fake))

    said = [str(broken.draw("<p>a").why) for _ in range(4)]
    broken.close()

    assert all("браузер chromium не справился" in words for words in said)
    attempts = tried.read_text(encoding="utf-8").count("x")
    assert attempts in (2, 4)  # twice, with and without a sandbox where there is one


@pytest.mark.skipif(os.name == "nt", reason="the stand-in driver is a shell script")
def test_a_driver_that_cannot_run_is_a_reason_and_leaves_nothing_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = tmp_path / "node"
    driver.write_text("#!/bin/sh\necho libatomic.so.1 >&2\nexit 127\n", encoding="utf-8")
    driver.chmod(0o755)
    monkeypatch.setenv("PLAYWRIGHT_NODEJS_PATH", str(driver))
    driver_trouble.cache_clear()
    try:
        broken = Renderer(str(driver))
        assert "libatomic.so.1" in str(broken.draw("<p>a").why)
        broken.close()
        assert "libatomic1" in print_pdf("<p>a", tmp_path / "x.pdf", Translator("ru"), browser=str(driver))
    finally:
        driver_trouble.cache_clear()


def test_no_browser_and_no_wish_are_two_reasons(tmp_path: Path) -> None:
    assert "нет Chromium" in str(Renderer(str(tmp_path / "none")).draw("<p>a").why)
    assert "documents.pages" in str(Renderer(wanted=False).draw("<p>a").why)
