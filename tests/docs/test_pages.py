"""What the pages say is true: settings load, commands exist, links lead somewhere, tables equal the code."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import msgspec
import pytest
from typer.main import get_command

from harness import errors
from harness.basefile import read_base_file
from harness.cli.app import app, register
from harness.config import load
from harness.errors import HarnessError
from harness.observe import accept
from harness.observe.accept import load_acceptances
from harness.observe.capture import Observe
from harness.onec.odata import ODataClient
from harness.onec.service_models import BaseInfo
from harness.onec.services import ReadinessService
from harness.phase.fixtures import FactsFixture, FindingsFixture
from harness.phase.packs import load_pack
from harness.plugin import _MARKERS
from harness.record.models import DifferenceClass, Verdict
from tests.docs.pages import LANGUAGES, ROOT, Page, guide, guides, pages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGES = pages()
GUIDES = guides()
_INLINE = re.compile(r"`([^`\n]+)`")


def code(text: str) -> str:
    """The text of a cell that is code, "" of any other."""
    return text.strip("`") if text.startswith("`") else ""


def commands(page: Page) -> Iterator[list[str]]:
    """Every call of `readiness` a page shows, as arguments."""
    lines = [line for block in page.blocks("console") for line in block.splitlines()]
    for shown in [*lines, *_INLINE.findall(page.prose)]:
        found = re.search(r"(?:^|[\s/\\])readiness (?=[a-z-])(.*)", f" {shown}")
        if found and "=" not in found[1].split()[0]:
            yield shlex.split(found[1], comments=True)


def option_names(command: Any) -> set[str]:
    return {name for parameter in command.params for name in parameter.opts} | {"--help", "-h"}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_command_and_option_exists(page: Page) -> None:
    register()
    for arguments in commands(page):
        command: Any = get_command(app)
        rest = list(arguments)
        while rest and hasattr(command, "commands"):
            name = rest.pop(0)
            if name.startswith("-"):
                break
            assert name in command.commands, f"{page}: readiness {' '.join(arguments)}"
            command = command.commands[name]
        unknown = {item for item in rest if re.match(r"--?[a-z]", item)} - option_names(command)
        assert not unknown, f"{page}: readiness {' '.join(arguments)}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_page_names_every_command(language: str) -> None:
    register()
    listed = {code(row[0]).removeprefix("readiness ") for row in guide(language, "first-run").rows() if code(row[0])}
    root: Any = get_command(app)

    assert {name.split()[0] for name in listed} == set(root.commands)


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_lead_to_files_and_headings(page: Page) -> None:
    for link in page.links():
        if "://" in link:
            continue
        name, _, anchor = unquote(link).partition("#")
        target = (page.path.parent / name) if name else page.path
        assert target.exists(), f"{page}: {link}"
        if anchor:
            assert anchor in Page(target).anchors(), f"{page}: {link}"


def test_the_guides_are_the_same_in_both_languages() -> None:
    russian, english = (
        {page.path.name: page for page in GUIDES if page.path.parent.name == name} for name in LANGUAGES
    )
    assert set(russian) == set(english)
    for name, page in russian.items():
        other = english[name]
        for language in ("toml", "console", "python", "json"):
            assert len(page.blocks(language)) == len(other.blocks(language)), f"{name}: {language}"
        assert len(page.rows()) == len(other.rows()), name
        assert len(page.anchors()) == len(other.anchors()), name


def toml_blocks() -> list[Any]:
    return [
        pytest.param(block, id=f"{page}-{number}") for page in PAGES for number, block in enumerate(page.blocks("toml"))
    ]


@pytest.mark.parametrize("block", toml_blocks())
def test_examples_in_toml_load(block: str, tmp_path: Path) -> None:
    path = tmp_path / "example.toml"
    path.write_text(block, encoding="utf-8")

    if "[[acceptance]]" in block:
        assert load_acceptances(path)
    elif "[roles]" in block:
        assert load_pack(path)["sale"]
    else:
        assert load(path, env={"STAND_PASSWORD": "secret"}).sources


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_description_of_a_base_is_read(language: str, tmp_path: Path) -> None:
    (block,) = guide(language, "write-scenario").blocks("json")
    path = tmp_path / "base.json"
    path.write_text(block, encoding="utf-8")

    assert read_base_file(path).isolated is True


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_answer_that_permits_writing_is_understood(language: str) -> None:
    (block,) = guide(language, "connect-base").blocks("json")
    info = msgspec.json.decode(block, type=BaseInfo)

    assert info.stand.mark
    assert (info.isolation.external_resources_blocked, info.isolation.scheduled_jobs_blocked) == (True, True)
    assert info.update.deferred_left == 0


def tree(kind: type[HarnessError]) -> Iterator[type[HarnessError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from tree(below)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_of_exit_codes_is_that_of_the_code(language: str) -> None:
    table = {int(row[0]): row[1] for row in guide(language, "ci").rows() if row[0].isdigit()}

    assert {number: verdict for number, verdict in table.items() if verdict != "—"} == {
        verdict.exit_code: verdict.value for verdict in Verdict
    }
    raised = {kind.exit_code for kind in tree(HarnessError) if kind.__module__ == errors.__name__}
    assert raised <= set(table)
    assert {number for number, verdict in table.items() if verdict == "—"} <= raised


@pytest.mark.parametrize("name", ["README.md", "README.ru.md"])
def test_the_readmes_tell_the_same_codes(name: str) -> None:
    told = re.findall(r"`(\d+)` (GO WITH CONDITIONS|NO-GO|GO|INCOMPLETE)", Page(ROOT / name).prose)

    assert {(int(number), verdict) for number, verdict in told} == {
        (verdict.exit_code, verdict.value) for verdict in Verdict
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_scenario_has_at_hand_exists(language: str) -> None:
    described = {
        code(row[0]): _INLINE.findall(row[1]) for row in guide(language, "write-scenario").rows() if code(row[0])
    }

    for name, owner in (("base.odata", ODataClient), ("base.service", ReadinessService), ("observe", Observe)):
        assert described[name]
        assert [item for item in described[name] if not callable(getattr(owner, item, None))] == []
    assert callable(FindingsFixture.add)
    assert callable(FactsFixture.add)


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_markers_are_described(language: str) -> None:
    named = {re.split(r"\W", code(row[0]), maxsplit=1)[0] for row in guide(language, "write-scenario").rows()}

    assert {re.split(r"\W", marker, maxsplit=1)[0] for marker in _MARKERS} <= named


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_keys_of_an_acceptance_are_those_of_the_code(language: str) -> None:
    rows = [row for row in guide(language, "acceptances").rows() if code(row[0])]
    fields = {field.name: field for field in msgspec.structs.fields(accept._Entry)}

    assert {code(row[0]) for row in rows} == set(fields)
    assert {code(row[0]) for row in rows if row[1]} == {name for name, field in fields.items() if field.required}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_classes_of_differences_are_those_of_the_code(language: str) -> None:
    rows = guide(language, "read-document").rows()
    named = {code(row[1]) for row in rows if len(row) == 3 and code(row[1]) and not code(row[0])}

    assert {item.value for item in DifferenceClass} <= named
