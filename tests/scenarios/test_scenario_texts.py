"""Every scenario can be printed in the document: id, title, owner, and a text a business reader understands."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.phase.packs import load_pack

ROOT = Path(__file__).parents[2]
AREAS = {"exchanges": "exchange", "reports": "report", "flows": "flow", "operations": "operation", "sweep": "sweep"}
MINIMUM = {"exchange": 5, "report": 8, "flow": 4, "operation": 6, "sweep": 4}


@dataclass(frozen=True)
class Found:
    """A scenario as it stands in its file."""

    file: Path
    name: str
    id: str
    area: str
    severity: str
    owner: str
    text: str
    source: str


def scenarios() -> list[Found]:
    found = []
    for path in sorted((ROOT / "scenarios").glob("*/test_*.py")):
        source = path.read_text(encoding="utf-8")
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                marks = [call for call in node.decorator_list if isinstance(call, ast.Call)]
                scenario = next(
                    call for call in marks if isinstance(call.func, ast.Attribute) and call.func.attr == "scenario"
                )
                keywords = {str(item.arg): ast.literal_eval(item.value) for item in scenario.keywords}
                text = ast.get_docstring(node) or ""
                body = ast.get_source_segment(source, node) or ""
                found.append(
                    Found(path, node.name, ast.literal_eval(scenario.args[0]), text=text, source=body, **keywords)
                )
    return found


SCENARIOS = scenarios()


def test_ids_are_unique_and_each_area_has_its_scenarios() -> None:
    ids = [item.id for item in SCENARIOS]
    assert len(ids) == len(set(ids))
    for area, least in MINIMUM.items():
        assert sum(1 for item in SCENARIOS if item.area == area) >= least, area


@pytest.mark.parametrize("item", SCENARIOS, ids=lambda item: item.id)
def test_a_scenario_reads_as_a_page_of_the_document(item: Found) -> None:
    title, _, body = item.text.partition("\n")
    assert item.area == AREAS[item.file.parent.name]
    assert item.severity in ("blocker", "warning", "info")
    assert item.owner
    assert re.fullmatch(r"[A-Z]+-\d\d", item.id)
    assert re.match(r"[А-ЯЁ]", title)
    assert not title.endswith(".")
    assert len(title) <= 80
    assert len(body.strip()) > 40
    assert not re.search(r"\b(OData|JSON|XML|HTTP|assert|pytest)\b", item.text), "слова для программиста"


@pytest.mark.parametrize("item", SCENARIOS, ids=lambda item: item.id)
def test_a_scenario_never_knows_the_phase_and_never_prints(item: Found) -> None:
    assert "print(" not in item.source
    assert "phase" not in item.source


def test_a_report_check_is_short() -> None:
    for item in SCENARIOS:
        if item.file.name == "test_reports.py" and item.id != "REP-07":
            assert len(item.source.splitlines()) - len(item.text.splitlines()) <= 10, item.id


def test_packs_name_every_role_the_scenarios_ask_for() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "scenarios").rglob("*.py"))
    text += "".join(path.read_text(encoding="utf-8") for path in (ROOT / "harness" / "checks").glob("*.py"))
    asked = set(re.findall(r"""pack\[["']([\w.]+)["']\]""", text)) | set(re.findall(r'"report:@([\w.]+)"', text))
    demo = load_pack(ROOT / "fixtures" / "packs" / "demo.toml")
    assert len(asked) > 30
    assert sorted(role for role in asked if role not in demo) == []
    assert load_pack(ROOT / "fixtures" / "packs" / "any.toml").name == "any"
