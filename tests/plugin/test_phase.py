from __future__ import annotations

from typing import TYPE_CHECKING

from harness.record import EventKind
from harness.record.models import Outcome, Phase

if TYPE_CHECKING:
    from tests.plugin.conftest import Project

FIVE = '''
@scenario("OK-01", area="report", severity="blocker", owner="Финансы")
@pytest.mark.covers("report:ВаловаяПрибыль")
def test_ok(observe, findings, facts, period, covers):
    """Отчёт открывается.

    Подробности.
    """
    observe.table("rows", [{"Код": "1", "Сумма": Decimal("1.50")}], key="Код", control="sum(Сумма) == 2")
    observe.value("total", period.start)
    assert observe.timing("call", lambda: 7) == 7
    observe.contract("shape", {"a": "string"})
    observe.document("doc", b"<A><B>1</B></A>")
    findings.add("NOTE", object="Отчёт", text="Отчёт {name}", name="ВП", severity="info")
    facts.add("share", Decimal("0.5"))
    covers("report:Другой")

@scenario("BAD-01", area="flow", severity="warning")
def test_bad():
    assert 1 == 2, "Итог не сошёлся"

@scenario("SKIP-01", area="flow", severity="warning")
def test_skip(pack):
    pack["sale"]

@scenario("NA-01", area="flow", severity="warning")
def test_not_applicable():
    harness.phase.not_applicable("Нет {what}", what="зарплаты")

@scenario("DOWN-01", area="flow", severity="warning")
def test_down(base):
    base.odata.sets()
'''


def test_everything_a_scenario_said_reaches_the_record(project: Project, mode: tuple[str, ...]) -> None:
    project.scenarios(FIVE)

    result = project.run(*mode)

    assert result.ret == 1, result.stdout.str()
    state = project.read().phases[Phase.BEFORE]
    outcomes = {name: done.run.outcome for name, done in state.finished.items()}
    assert outcomes == {
        "OK-01": Outcome.PASSED,
        "BAD-01": Outcome.FAILED,
        "SKIP-01": Outcome.NOT_CHECKED,
        "NA-01": Outcome.NOT_APPLICABLE,
        "DOWN-01": Outcome.TROUBLE,
    }
    done = state.finished["OK-01"]
    assert [seen.name for seen in done.observations] == ["rows", "total", "call", "shape", "doc"]
    assert all((project.record / seen.file).is_file() for seen in done.observations)
    assert [found.code for found in done.findings] == ["CONTROL-TOTAL", "NOTE"]
    assert [(fact.name, fact.value) for fact in done.facts] == [("share", "0.5")]
    assert done.covers == ["report:Другой"]
    scenario = state.scenarios["OK-01"]
    assert (scenario.title, scenario.description, scenario.owner) == ("Отчёт открывается.", "Подробности.", "Финансы")
    assert str(state.finished["BAD-01"].run.text) == "Итог не сошёлся"
    assert "sale" in str(state.finished["SKIP-01"].run.text)
    assert [session.exitstatus for session in state.sessions] == [1]
