"""`render` as the command calls it, and the PDF."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pypdf
import pytest

import reports
from harness.browser import find_browser
from harness.errors import RecordError, UsageError
from harness.record import RecordWriter, read_record

if TYPE_CHECKING:
    from pathlib import Path

posix = pytest.mark.skipif(os.name == "nt", reason="the stand-in browser is a shell script without an extension")


def test_documents_lie_in_the_record(folder: Path) -> None:
    documents = reports.render(folder, ["html", "json", "junit", "allure"])
    assert [path.name for path in documents] == ["readiness.html", "verdict.json", "junit.xml", "allure-results"]
    assert all(path.parent == folder and path.exists() for path in documents)
    assert documents.missing == {}


def test_after_rendering_the_record_is_sealed_by_its_writer(folder: Path) -> None:
    with RecordWriter.open(folder) as writer:
        reports.render(folder, ["html", "junit", "allure"])
        writer.seal()
    assert read_record(folder).sealed


def test_in_another_language_a_record_renders_beside_the_document_that_was_sent(folder: Path) -> None:
    reports.render(folder, ["html"], language="en")
    assert 'lang="en"' in (folder / "readiness.en.html").read_text(encoding="utf-8")
    assert not (folder / "readiness.html").exists()


@pytest.mark.parametrize("folder", ["empty"], indirect=True)
def test_a_killed_run_has_documents_and_says_what_it_has_not(folder: Path) -> None:
    documents = reports.render(folder, ["html", "json", "junit"])
    assert [path.name for path in documents] == ["readiness.html", "junit.xml"]
    assert documents.missing == {"json": "verdict.json не создан: прогон не дошёл до решения."}


def test_unknown_format_is_refused_before_anything_is_written(folder: Path) -> None:
    with pytest.raises(UsageError, match="docm") as caught:
        reports.render(folder, ["html", "docm"])
    assert "html, pdf, json, junit, allure" in caught.value.hint
    assert not (folder / "readiness.html").exists()


def test_an_edited_record_is_not_rendered(folder: Path) -> None:
    verdict = folder / "verdict.json"
    verdict.write_bytes(verdict.read_bytes().replace(b"NO-GO", b"GO   ", 1))
    with pytest.raises(RecordError):
        reports.render(folder, ["html"])


def test_without_a_browser_there_is_a_reason_and_the_other_documents(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("CHROMIUM", raising=False)
    for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    if find_browser() is not None:
        pytest.skip("a browser lies where macOS keeps one, and cannot be hidden")
    documents = reports.render(folder, ["pdf", "html"])
    assert [path.name for path in documents] == ["readiness.html"]
    assert "apt install chromium" in documents.missing["pdf"]
    assert "documents.browser" in documents.missing["pdf"]


def test_a_wrong_browser_is_named_and_not_replaced(folder: Path) -> None:
    documents = reports.render(folder, ["pdf"], browser="/nowhere/chromium", language="en")
    assert list(documents) == []
    assert "there is no browser at documents.browser (/nowhere/chromium)" in documents.missing["pdf"]


@posix
def test_a_browser_that_is_none_gives_a_reason(folder: Path, tmp_path: Path) -> None:
    fake = tmp_path / "chromium"
    fake.write_text("#!/bin/sh\nexit 7\n", encoding="utf-8")
    fake.chmod(0o755)
    documents = reports.render(folder, ["pdf"], browser=str(fake))
    assert "не справился" in documents.missing["pdf"]
    assert not (folder / "readiness.pdf").exists()


@posix
@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        ("win32", {"PROGRAMFILES(X86)": "{root}"}, "Microsoft/Edge/Application/msedge.exe"),
        ("win32", {"LOCALAPPDATA": "{root}"}, "Google/Chrome/Application/chrome.exe"),
        ("linux", {"PATH": "{root}"}, "chromium-browser"),
        ("linux", {"CHROMIUM": "{root}/my", "PATH": "{root}"}, "my"),
    ],
)
def test_browsers_are_found_where_systems_keep_them(
    tmp_path: Path, platform: str, environ: dict[str, str], expected: str
) -> None:
    browser = tmp_path / expected
    browser.parent.mkdir(parents=True, exist_ok=True)
    browser.write_bytes(b"")
    browser.chmod(0o755)
    known = {"PATH": "", **{name: value.format(root=tmp_path) for name, value in environ.items()}}
    assert find_browser(environ=known, platform=platform) == browser


needs_browser = pytest.mark.skipif(
    find_browser() is None and not os.environ.get("READINESS_REQUIRE_BROWSER"),
    reason="no Chromium, Chrome or Edge on this machine: set CHROMIUM or install one",
)


@needs_browser
@pytest.mark.parametrize("folder", ["no_go", "crowded"], indirect=True)
def test_pdf_has_page_one_on_one_page_and_can_be_read(folder: Path) -> None:
    documents = reports.render(folder, ["pdf"])
    assert documents.missing == {}
    pdf = pypdf.PdfReader(documents[0])
    first, second = (pdf.pages[at].extract_text() for at in (0, 1))
    assert "Репетицию провёл" in first
    assert "На чём основано решение" in second
    assert "На чём основано решение" not in first
    assert f"страница 1 из {len(pdf.pages)}" in first
    box = pdf.pages[0].mediabox
    assert (round(float(box.width)), round(float(box.height))) == (595, 842)
    assert pdf.root_object["/MarkInfo"]["/Marked"]  # type: ignore[index]  # a dictionary by the format
    assert str(pdf.root_object["/Lang"]).startswith("ru")
    assert any(getattr(entry, "title", "") == "На чём основано решение" for entry in pdf.outline)
    links = [
        annotation.get_object().get("/A", {}).get("/URI", "")
        for page in pdf.pages
        for annotation in page.get("/Annots", [])
    ]
    # Neither the address of a file nor the folder: a document is sent to others.
    assert not [link for link in links if link]
    assert str(folder).encode() not in documents[0].read_bytes()
