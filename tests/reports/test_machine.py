"""Documents for machines: verdict.json with its schema, JUnit, Allure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from allure_commons import model2

import reports
from reports.allure import write_results
from reports.cases import Status, cases
from reports.junit import render_junit
from reports.verdict_json import SCHEMA_FILE, schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from syrupy.assertion import SnapshotAssertion

    from harness.record import Record
    from reports.i18n import Translator

KINDS = ("no_go", "go", "conditions", "incomplete", "empty", "hostile", "crowded")


def test_shipped_schema_is_that_of_the_record() -> None:
    assert json.loads(SCHEMA_FILE.read_text(encoding="utf-8")) == schema()


@pytest.mark.parametrize("kind", ["no_go", "go", "conditions", "incomplete", "hostile"])
def test_verdict_json_keeps_to_its_schema(record: Callable[[str], Record], kind: str) -> None:
    validator = jsonschema.Draft202012Validator(schema())
    verdict = json.loads((record(kind).path / "verdict.json").read_text(encoding="utf-8"))
    validator.validate(verdict)
    verdict["verdict"] = "MAYBE"
    assert not validator.is_valid(verdict)


def test_junit_is_what_it_was(record: Callable[[str], Record], ru: Translator, snapshot: SnapshotAssertion) -> None:
    assert render_junit(record("no_go"), ru).decode("utf-8") == snapshot


@pytest.mark.parametrize("kind", KINDS)
def test_junit_counts_what_it_holds(record: Callable[[str], Record], ru: Translator, kind: str) -> None:
    root = ET.fromstring(render_junit(record(kind), ru))  # noqa: S314 - we made it
    for total, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(root.get(total, "")) == len(root.findall(f".//{tag}"))
        assert int(root.get(total, "")) == sum(int(suite.get(total, "")) for suite in root)


def test_junit_has_one_case_a_scenario_and_findings_are_failures(
    record: Callable[[str], Record], ru: Translator
) -> None:
    root = ET.fromstring(render_junit(record("no_go"), ru))  # noqa: S314
    names = [
        case.get("name", "").split()[0]
        for case in root.iterfind(".//testcase")
        if case.get("classname") != "readiness.gates"
    ]
    assert sorted(names) == sorted(record("no_go").scenarios)
    failed = {
        case.get("name", "").split()[0] for suite in root[1:] for case in suite if case.find("failure") is not None
    }
    assert failed == {
        "BANK-01",
        "EXC-03",
        "EXC-04",
        "REP-01",
        "REP-03",
        "FLOW-01",
        "RIGHT-01",
        "SWEEP-02",
        "SWEEP-04",
        "OPS-06",
        "OPS-03",
    }
    properties = {one.get("name"): one.get("value") for one in root[0].iterfind("properties/property")}
    assert (properties["verdict"], properties["exit_code"]) == ("NO-GO", "1")


def test_junit_of_an_incomplete_run_is_red(record: Callable[[str], Record], ru: Translator) -> None:
    root = ET.fromstring(render_junit(record("incomplete"), ru))  # noqa: S314
    gates = {case.get("name"): case for case in root[0].iterfind("testcase")}
    assert sum(case.find("error") is not None for case in gates.values()) == 2
    assert int(root.get("errors", "0")) > 20


def test_allure_reads_what_is_written(folder: Path, ru: Translator, record: Callable[[str], Record]) -> None:
    from harness.record import read_record

    results = read_results(write_results(read_record(folder), ru))
    assert {name.split(" · ")[0] for name in results} == set(record("no_go").scenarios)
    one = results["REP-01 · Валовая прибыль по товарам"]
    assert set(one) <= {field.name for field in model2.TestResult.__attrs_attrs__}
    assert all(set(step) <= {field.name for field in model2.TestStepResult.__attrs_attrs__} for step in one["steps"])
    assert all(set(label) == {field.name for field in model2.Label.__attrs_attrs__} for label in one["labels"])
    labels = {label["name"]: label["value"] for label in one["labels"]}
    assert (labels["feature"], labels["severity"], labels["owner"]) == ("Отчёты", "blocker", "Отдел продаж")
    assert one["status"] == "failed"
    assert "возвраты поставщику" in one["statusDetails"]["message"]
    assert [(step["name"], step["status"]) for step in one["steps"]] == [
        ("До обновления", "passed"),
        ("После обновления", "passed"),
    ]
    assert one["start"] <= one["steps"][0]["start"] <= one["steps"][1]["stop"] == one["stop"]


def test_allure_attachments_are_copies_that_no_browser_runs(folder: Path, ru: Translator) -> None:
    from harness.record import read_record

    made = write_results(read_record(folder), ru)
    attachments = read_results(made)["REP-01 · Валовая прибыль по товарам"]["attachments"]
    assert [one["type"] for one in attachments] == ["application/json", "text/plain"]
    assert all((made / one["source"]).is_file() for one in attachments)
    assert attachments[1]["source"].endswith(".txt")


@pytest.mark.parametrize("folder", ["hostile"], indirect=True)
def test_allure_takes_nothing_from_outside_the_record(folder: Path, ru: Translator) -> None:
    from harness.record import read_record

    (folder.parent / "x.txt").write_text("secret", encoding="utf-8")
    made = write_results(read_record(folder), ru)
    assert not list(made.glob("*-attachment*"))


def test_allure_is_written_anew_and_the_same(folder: Path, ru: Translator) -> None:
    from harness.record import read_record

    first = {path.name: path.read_bytes() for path in write_results(read_record(folder), ru).iterdir()}
    (folder / "allure-results" / "old-result.json").write_text("{}", encoding="utf-8")
    again = {path.name: path.read_bytes() for path in write_results(read_record(folder, verify=False), ru).iterdir()}
    assert again == first


def test_statuses_of_cases(record: Callable[[str], Record], ru: Translator) -> None:
    found = {case.scenario.id: case.status for case in cases(record("incomplete"), ru)}
    assert found["BANK-01"] is Status.PASSED
    assert found["REP-01"] is Status.BROKEN
    assert found["RIGHT-01"] is Status.BROKEN
    assert {case.status for case in cases(record("go"), ru)} == {Status.PASSED}


def read_results(folder: Path) -> dict[str, dict[str, Any]]:
    results = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*-result.json")]
    return {result["name"]: result for result in results}


def test_the_package_ships_its_data() -> None:
    house = Path(reports.__file__).parent
    for part in (
        "verdict.schema.json",
        "templates/readiness.html.j2",
        "templates/style.css",
        "locale/en/LC_MESSAGES/reports.po",
    ):
        assert (house / part).is_file()
