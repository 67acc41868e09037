from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from harness.basefile import SweepOptions
from harness.observe.notes import Notes
from harness.onec.edmx import EntitySet, EntityType, Metadata, Property
from harness.phase.packs import Pack
from harness.phase.sweep import Plan, Sweep, matches
from harness.record import EventKind, RecordWriter, ScenarioFinished, now, read_record
from harness.record.models import Header, NotChecked, Outcome, Phase, Scenario, ScenarioRun, Severity, Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAMES = ("AccumulationRegister_Остатки_RecordType", "Catalog_Валюты", "Catalog_Файлы", "Document_Заказ")
ROWS = {
    "AccumulationRegister_Остатки_RecordType": 5000,
    "Catalog_Валюты": 3,
    "Catalog_Файлы": 90_000,
    "Document_Заказ": 800,
}


def metadata(names: Sequence[str] = NAMES, **changed: str) -> Metadata:
    types = {
        name: EntityType(name, ("Ref_Key",), (Property("Ref_Key", "Edm.Guid"), *_more(changed.get(name, ""))))
        for name in names
    }
    return Metadata(entity_types=types, entity_sets={name: EntitySet(name, name) for name in names})


def _more(name: str) -> tuple[Property, ...]:
    return (Property(name, "Edm.String"),) if name else ()


def sweep(folder: Path, phase: Phase, *, roles: dict[str, Any] | None = None, **options: Any) -> Sweep:
    scenario = Scenario(id="SWEEP-03", title="т", area="sweep", severity=Severity.BLOCKER, nodeid="x", digest="d")
    notes = Notes(scenario, phase, lambda name, _content: name)
    return Sweep(SweepOptions(**options), Pack(roles=roles or {}), phase, notes, folder)


def walk(one: Sweep, names: Sequence[str] = NAMES, **changed: str) -> list[str]:
    return list(one.walk("data", names, metadata(names, **changed), lambda _names: ROWS))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that goes on by ten seconds at every look."""
    now = [0.0]

    def look() -> float:
        now[0] += 10.0
        return now[0]

    monkeypatch.setattr("harness.phase.sweep.time.monotonic", look)
    return now


def test_without_a_budget_everything_is_checked(tmp_path: Path) -> None:
    one = sweep(tmp_path, Phase.BEFORE)

    assert walk(one) == list(NAMES)
    assert one.notes.not_checked == []


@pytest.mark.usefixtures("clock")
def test_a_budget_is_spent_by_risk_and_says_what_it_did_not_reach(tmp_path: Path) -> None:
    one = sweep(tmp_path, Phase.BEFORE, budget=40.0, roles={"order": "Document_Заказ"})

    assert walk(one) == ["Document_Заказ", "AccumulationRegister_Остатки_RecordType"]
    (left,) = one.notes.not_checked
    assert left.what == "SWEEP-03: Catalog_Валюты, Catalog_Файлы"
    assert "40 с" in str(left.why)


@pytest.mark.usefixtures("clock")
def test_what_the_release_is_said_to_change_comes_first(tmp_path: Path) -> None:
    one = sweep(tmp_path, Phase.BEFORE, budget=1.0, changed=["Catalog_Вал*"])

    assert walk(one) == ["Catalog_Валюты"]


@pytest.mark.usefixtures("clock")
def test_the_phase_after_looks_at_what_the_phase_before_saw(tmp_path: Path) -> None:
    walk(sweep(tmp_path, Phase.BEFORE, budget=40.0))
    after = sweep(tmp_path, Phase.AFTER, budget=40.0)

    assert walk(after) == ["AccumulationRegister_Остатки_RecordType", "Document_Заказ"]
    assert [item.what for item in after.notes.not_checked] == ["SWEEP-03: Catalog_Валюты, Catalog_Файлы"]
    assert after.notes.findings == []


@pytest.mark.usefixtures("clock")
def test_what_the_update_changed_comes_first_and_is_told_when_it_was_not_reached(tmp_path: Path) -> None:
    walk(sweep(tmp_path, Phase.BEFORE, budget=40.0))
    after = sweep(tmp_path, Phase.AFTER, budget=40.0)

    seen = walk(after, Document_Заказ="Новый", Catalog_Валюты="Новый")

    assert seen[0] == "Document_Заказ"
    (finding,) = after.notes.findings
    assert (finding.code, finding.object) == ("CHANGED-NOT-REACHED", "Catalog_Валюты")
    assert "Catalog_Валюты" in str(finding.text)


def test_new_objects_are_looked_at_and_lost_ones_are_not_asked_for(tmp_path: Path) -> None:
    walk(sweep(tmp_path, Phase.BEFORE))
    names = ("Catalog_Новый", *NAMES[:2])

    assert walk(sweep(tmp_path, Phase.AFTER), names) == [*NAMES[:2], "Catalog_Новый"]


def test_a_choice_is_made_before_the_update_only(tmp_path: Path) -> None:
    def some(one: Sweep, chosen: Sequence[str]) -> list[str]:
        names = one.walk("timings", NAMES, metadata(), lambda _names: ROWS, only=lambda _names: chosen)
        return list(names)

    assert some(sweep(tmp_path, Phase.BEFORE), NAMES[3:]) == ["Document_Заказ"]
    assert some(sweep(tmp_path, Phase.AFTER), NAMES[:1]) == ["Document_Заказ"]


def test_an_interrupted_walk_leaves_no_plan(tmp_path: Path) -> None:
    walking = sweep(tmp_path, Phase.BEFORE).walk("data", NAMES, metadata(), lambda _names: ROWS)
    next(walking)
    walking.close()  # type: ignore[attr-defined]

    assert not list(tmp_path.rglob("*.json"))


def test_exclusions_are_told_with_their_reasons(tmp_path: Path) -> None:
    one = sweep(
        tmp_path,
        Phase.BEFORE,
        exclude={"Catalog_Фай*": "картинки", "AccumulationRegister_Остатки": "велик"},
        roles={"sweep": {"exclude": ["Catalog_Валюты"]}},
    )

    assert one.chosen(NAMES) == ("Document_Заказ",)
    said = {item.what: str(item.why) for item in one.notes.not_checked}
    assert said["SWEEP-03: Catalog_Файлы"].endswith("картинки")
    assert said["SWEEP-03: AccumulationRegister_Остатки_RecordType"].endswith("велик")
    assert "SWEEP-03: Catalog_Валюты" in said


def test_settings_are_stronger_than_the_pack(tmp_path: Path) -> None:
    roles = {"sweep": {"limit": 7, "sample": 3}}

    assert (sweep(tmp_path, Phase.BEFORE, roles=roles).limit, sweep(tmp_path, Phase.BEFORE, roles=roles).sample) == (
        7,
        3,
    )
    strong = sweep(tmp_path, Phase.BEFORE, roles=roles, limit=0, sample=5)
    assert (strong.limit, strong.sample) == (0, 5)


def test_patterns() -> None:
    assert matches("Catalog_Файлы", "Catalog_Ф*")
    assert matches("AccumulationRegister_Т_RecordType", "AccumulationRegister_Т")
    assert not matches("Catalog_Файлы", "Catalog_Фай")


def test_the_plan_is_in_the_record(tmp_path: Path) -> None:
    walk(sweep(tmp_path, Phase.BEFORE))
    (path,) = tmp_path.rglob("*.json")

    assert path.parent == tmp_path / "sweep"
    assert msgspec.json.decode(path.read_bytes(), type=Plan).reached == list(NAMES)


def test_columns_that_came_with_the_update_are_told(tmp_path: Path) -> None:
    assert not sweep(tmp_path, Phase.BEFORE).new_columns(metadata())("Catalog_Валюты", "Любая")
    is_new = sweep(tmp_path, Phase.AFTER).new_columns(metadata(Catalog_Валюты="Новая"))

    assert is_new("Catalog_Валюты", "Новая")
    assert is_new("Catalog_Новый", "Ref_Key")
    assert not is_new("Catalog_Валюты", "Ref_Key")


def test_what_was_not_reached_is_in_the_record(tmp_path: Path) -> None:
    run = ScenarioRun(id="SWEEP-03", phase=Phase.BEFORE, outcome=Outcome.PASSED)
    left = NotChecked(what="SWEEP-03: Catalog_Файлы", why=Text(msgid="Исключено"))
    with RecordWriter.create(
        tmp_path / "record", Header(run="1", created=now(), project="п", stand_kind="embedded")
    ) as writer:
        writer.event(EventKind.SCENARIO_FINISHED, ScenarioFinished(run=run, not_checked=[left]))
        writer.event(
            EventKind.SCENARIO_FINISHED,
            ScenarioFinished(run=msgspec.structs.replace(run, phase=Phase.AFTER), not_checked=[left]),
        )

    assert read_record(tmp_path / "record").not_checked == [left]


def test_what_was_chosen_before_is_looked_at_after(tmp_path: Path) -> None:
    before, after = sweep(tmp_path, Phase.BEFORE), sweep(tmp_path, Phase.AFTER)

    assert after.remembered("выбор", list[str], lambda: ["после"]) == ["после"], "до обновления ничего не выбрано"
    assert before.remembered("выбор", list[str], lambda: ["до"]) == ["до"]
    assert after.remembered("выбор", list[str], lambda: ["после"]) == ["до"]
    assert before.remembered("выбор", list[str], lambda: ["снова"]) == ["снова"]
    assert (before.before, after.before) == (True, False)
