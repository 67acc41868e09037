from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.basefile import Credentials
from harness.record import EventKind
from harness.record.models import Outcome, Phase
from tests.plugin.conftest import PASSWORD

if TYPE_CHECKING:
    from tests.plugin.conftest import Project

Mode = tuple[str, ...]

ENDINGS = '''
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
    findings.add("NOTE", object="Отчёт", text="Отчёт {name}", name="ВП", severity="info", evidence=("a.txt", b"x"))
    facts.add("share", Decimal("0.5"))
    covers("report:Другой")

@scenario("BAD-01", area="flow", severity="warning")
def test_bad():
    assert 1 == 2, "Итог не сошёлся"

@scenario("SKIP-01", area="flow", severity="warning")
def test_skip(pack):
    pack["sale"]

@scenario("SKIP-02", area="flow", severity="warning")
def test_plain_skip():
    pytest.skip("нет данных")

@scenario("NA-01", area="flow", severity="warning")
def test_not_applicable():
    harness.phase.not_applicable("Нет {what}", what="зарплаты")

@scenario("DOWN-01", area="flow", severity="warning")
def test_down():
    raise harness.errors.StandError("стенд ответил 503", status=503)

@scenario("ANSWER-01", area="flow", severity="warning")
def test_answer():
    raise harness.errors.AnswerError("Не заполнено поле", code="-1")

@scenario("REFUSED-01", area="flow", severity="warning")
def test_refused():
    raise harness.errors.WriteRefusedError("база не отмечена")

@pytest.fixture
def broken():
    raise RuntimeError("не готово")

@pytest.fixture
def untidy():
    yield
    raise RuntimeError("не убрано")

@scenario("SETUP-01", area="flow", severity="warning")
def test_setup(broken):
    pass

@scenario("TEARDOWN-01", area="flow", severity="warning")
def test_teardown(untidy):
    pass

@scenario("SUB-01", area="flow", severity="warning")
def test_sub(subtests):
    for number in range(3):
        with subtests.test(number=number):
            assert number != 1, f"плохо: {number}"

@scenario("P-01", area="flow", severity="blocker")
def test_personal(observe, findings, base):
    rows = [{"Код": 1, "ФИО": "Иванова Мария Петровна", "Сумма": 5}]
    observe.table("people", rows, key="Код", personal=["ФИО"])
    observe.value("header", "Basic PASSWORD token")
    findings.add("X", object="Иванова Мария Петровна", text="Пароль {value}", value="PASSWORD", evidence=("PASSWORD.txt", b"x"))
    assert rows[0]["Сумма"] == 6, "Иванова Мария Петровна получила мало, вход PASSWORD"

@pytest.mark.parametrize("name", [pytest.param("a", marks=scenario("PAR-A", area="sweep", severity="info")),
                                  pytest.param("b", marks=scenario("PAR-B", area="sweep", severity="info"))])
def test_par(name):
    pass
'''


def test_everything_a_scenario_said_reaches_the_record(project: Project, mode: Mode) -> None:
    project.scenarios(ENDINGS.replace("PASSWORD", PASSWORD))

    result = project.run(*mode)

    assert result.ret == 1, result.stdout.str()
    assert project.outcomes(Phase.BEFORE) == {
        "OK-01": Outcome.PASSED,
        "BAD-01": Outcome.FAILED,
        "SKIP-01": Outcome.NOT_CHECKED,
        "SKIP-02": Outcome.NOT_CHECKED,
        "NA-01": Outcome.NOT_APPLICABLE,
        "DOWN-01": Outcome.TROUBLE,
        "ANSWER-01": Outcome.FAILED,
        "REFUSED-01": Outcome.NOT_CHECKED,
        "SETUP-01": Outcome.TROUBLE,
        "TEARDOWN-01": Outcome.TROUBLE,
        "SUB-01": Outcome.FAILED,
        "P-01": Outcome.FAILED,
        "PAR-A": Outcome.PASSED,
        "PAR-B": Outcome.PASSED,
    }
    state = project.read().phases[Phase.BEFORE]
    done = state.finished["OK-01"]
    assert [seen.name for seen in done.observations] == ["rows", "total", "call", "shape", "doc"]
    assert all((project.record / seen.file).is_file() for seen in done.observations)
    assert [found.code for found in done.findings] == ["CONTROL-TOTAL", "NOTE"]
    assert (project.record / done.findings[1].evidence[0]).read_bytes() == b"x"
    assert [(fact.name, fact.value) for fact in done.facts] == [("share", "0.5")]
    assert done.covers == ["report:Другой"]
    scenario = state.scenarios["OK-01"]
    assert (scenario.title, scenario.description, scenario.owner) == ("Отчёт открывается.", "Подробности.", "Финансы")
    assert str(state.finished["BAD-01"].run.text) == "Итог не сошёлся"
    assert "assert 1 == 2" in (project.record / state.finished["BAD-01"].run.evidence[0]).read_text("utf-8")
    assert "sale" in str(state.finished["SKIP-01"].run.text)
    assert "плохо: 1" in str(state.finished["SUB-01"].run.text)
    assert [session.exitstatus for session in state.sessions] == [1]
    started = [event.data["id"] for event in project.read().events if event.kind == EventKind.SCENARIO_STARTED]
    assert sorted(started) == sorted(state.finished)
    assert not state.started
    for path in project.record.rglob("*"):
        for word in ("Иванова", PASSWORD):
            assert word not in path.name
            assert path.is_dir() or word.encode() not in path.read_bytes(), path


PAGES = """
@scenario("PAGE-01", area="report", severity="blocker")
@pytest.mark.pages
def test_page(observe):
    observe.page("form", "<h1>Счёт</h1><table><tr><td>1<td>2</tr></table>", title="Печатная форма")
"""


@pytest.mark.parametrize(
    ("base", "words"), [({"pages": "text"}, "documents.pages"), ({"browser": "no-such-browser"}, "нет Chromium")]
)
def test_a_page_that_is_not_drawn_is_compared_as_text_and_its_picture_is_not_checked(
    project: Project, mode: Mode, base: dict[str, str], words: str
) -> None:
    project.base(**base)
    project.scenarios(PAGES)

    project.run(*mode)

    done = project.read().phases[Phase.BEFORE].finished["PAGE-01"]
    assert done.run.outcome is Outcome.PASSED
    assert [(seen.name, seen.rows) for seen in done.observations] == [("form", 2)]
    assert [one.what for one in done.not_checked] == ["Печатная форма: картинка страницы"]
    assert words in str(done.not_checked[0].why)


CRASH = """
import os
from pathlib import Path

@scenario("A-01", area="flow", severity="blocker")
@pytest.mark.group("one")
def test_first(observe):
    observe.value("v", 1)

@scenario("A-02", area="flow", severity="blocker")
@pytest.mark.group("one")
def test_second():
    if not Path("fixed").exists():
        os._exit(1)

@scenario("A-03", area="flow", severity="blocker")
@pytest.mark.group("one")
def test_third():
    pass
"""


def test_killed_run_is_readable_and_goes_on_without_repeating(project: Project, mode: Mode) -> None:
    project.scenarios(CRASH)

    project.run(*mode, apart=True)

    state = project.read().phases[Phase.BEFORE]
    assert state.finished["A-01"].run.outcome is Outcome.PASSED
    if "2" in mode:  # a worker died: the session went on with another one
        assert state.finished["A-02"].run.outcome is Outcome.TROUBLE
        assert state.sessions[-1].worker_lost == ["A-02"]
        assert state.finished["A-03"].run.outcome is Outcome.PASSED
    else:  # the only process died
        assert state.started == {"A-02"}
        assert not state.sessions
    assert "A-02" not in state.done

    (project.folder / "fixed").touch()
    assert project.run(*mode).ret == 0

    assert set(project.outcomes(Phase.BEFORE).values()) == {Outcome.PASSED}
    starts = [event.data["id"] for event in project.read().events if event.kind == EventKind.SCENARIO_STARTED]
    assert starts.count("A-01") == 1
    assert starts.count("A-02") == (3 if "2" in mode else 2)  # xdist handed it to the next worker, which refused


REFUSED = """
@scenario("A-01", area="flow", severity="blocker")
def test_first():
    pass

@scenario("a-01", area="flow", severity="blocker")
def test_twin():
    pass

@scenario("A-02", area="магия", severity="blocker")
def test_area():
    pass

@scenario("A-03", area="flow", severity="fatal")
def test_severity():
    pass

@scenario("A-04", area="flow", severity="info", color="red")
def test_keyword():
    pass

@scenario()
def test_nameless():
    pass

def test_stranger():
    pass
"""


def test_bad_collection_is_refused_whole(project: Project, mode: Mode) -> None:
    project.scenarios(REFUSED)

    result = project.run(*mode)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    said = result.stdout.str() + result.stderr.str()
    for words in ("«a-01» занято дважды", "«магия»", "«fatal»", "color", "маркер пишется так", "без маркера scenario"):
        assert words in said
    state = project.read().phases[Phase.BEFORE]
    assert not state.finished
    assert [session.exitstatus for session in state.sessions] == [4]
    assert len(state.sessions[0].problems) == 6


CHOSEN = """
@scenario("W-01", area="flow", severity="blocker")
@pytest.mark.writes
def test_writes():
    pass

@scenario("S-01", area="sweep", severity="blocker")
@pytest.mark.writes
def test_sweeps():
    pass

@scenario("R-01", area="flow", severity="blocker")
def test_reads(pack, as_user):
    assert pack["sale"] == "Document_Продажа"
    assert pack["report.margin"] == "Прибыль"
    assert as_user("Менеджер").user == "Менеджер Иванова"

@scenario("C-01", area="report", severity="blocker")
@pytest.mark.crosses(">=2.0.15")
@pytest.mark.covers("report:@report.margin", "report:@report.none", "report:Свой")
def test_crossed():
    pass

@scenario("C-02", area="flow", severity="blocker")
@pytest.mark.crosses(">=2.0.16")
def test_not_crossed():
    pass

@scenario("N-01", area="flow", severity="blocker")
@pytest.mark.needs("restore", "write")
def test_can():
    pass

@scenario("N-02", area="flow", severity="blocker")
@pytest.mark.needs("teleport")
def test_cannot():
    pass

@scenario("N-03", area="flow", severity="blocker")
@pytest.mark.needs("user:Бухгалтер")
def test_nobody():
    pass

@scenario("X-01", area="flow", severity="blocker")
def test_excluded():
    pass
"""
PACK = """
name = "demo"
[roles]
sale = "Document_Продажа"
[roles.report]
margin = "Прибыль"
"""


def test_what_a_base_lacks_is_told_and_what_a_person_excluded_too(project: Project, mode: Mode) -> None:
    project.scenarios(CHOSEN)
    (project.folder / "pack.toml").write_text(PACK, encoding="utf-8")
    project.base(
        pack=str(project.folder / "pack.toml"),
        release_before="2.0.14.7",
        release_after="2.0.15.1",
        capabilities=["restore"],
        skip=["X-*"],
        users={"Менеджер": Credentials(name="Менеджер Иванова", password="p")},
    )

    assert project.run(*mode).ret == 0

    assert project.outcomes(Phase.BEFORE) == {
        "W-01": Outcome.PASSED,
        "S-01": Outcome.PASSED,
        "R-01": Outcome.PASSED,
        "C-01": Outcome.PASSED,
        "C-02": Outcome.NOT_APPLICABLE,
        "N-01": Outcome.PASSED,
        "N-02": Outcome.NOT_CHECKED,
        "N-03": Outcome.NOT_CHECKED,
    }
    state = project.read().phases[Phase.BEFORE]
    assert set(state.excluded) == {"X-01"}
    assert state.scenarios["C-01"].covers == ["report:Прибыль", "report:Свой"]
    assert list(state.scenarios)[-2:] == [
        "S-01",
        "W-01",
    ]  # readers, then the sweep over the whole base, then the others
    assert state.scenarios["W-01"].writes


def test_writing_scenario_needs_a_marked_and_isolated_stand(project: Project) -> None:
    project.scenarios(CHOSEN)
    project.base(isolated=None, only=["W-01"])

    project.run()

    state = project.read().phases[Phase.BEFORE]
    assert project.outcomes(Phase.BEFORE) == {"W-01": Outcome.NOT_CHECKED}
    assert "заблокированы" in str(state.finished["W-01"].run.text)
    assert len(state.excluded) == 8


def test_scenarios_without_a_base_do_not_run_and_say_why_but_other_tests_do(project: Project, mode: Mode) -> None:
    project.scenarios(CRASH)
    project.pytester.makepyfile(test_plain="def test_plain():\n    assert True\n")

    result = project.run(*mode, record=False, base=False)

    result.assert_outcomes(passed=1, deselected=0 if "2" in mode else 3)
    result.stdout.fnmatch_lines(["*не сказано, какую базу проверять*"])


def test_scenarios_run_by_hand_without_a_record(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.scenarios(ENDINGS)
    monkeypatch.setenv("READINESS_BASE", str(project.base_file))

    result = project.run("-k", "test_ok", record=False, base=False)

    result.assert_outcomes(passed=1, deselected=13)
    result.stdout.fnmatch_lines(["readiness: http://127.0.0.1:9/demo, этап before*"])


def test_file_that_cannot_be_read_is_journaled(project: Project, mode: Mode) -> None:
    project.scenarios("import nothing_of_this_name")

    assert project.run(*mode).ret != 0

    (session,) = project.read().phases[Phase.BEFORE].sessions
    assert "nothing_of_this_name" in str(session.problems[0])


def test_empty_collection_is_a_session_with_nothing(project: Project) -> None:
    project.pytester.mkdir("empty")

    assert project.run("empty").ret == pytest.ExitCode.NO_TESTS_COLLECTED

    state = project.read().phases[Phase.BEFORE]
    assert (state.scenarios, [session.exitstatus for session in state.sessions]) == ({}, [5])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--readiness-record", "record"], "требует --readiness-phase"),
        (["--readiness-base", "none.json"], "не читается"),
        (["--readiness-base", "bad.json"], "записан не по правилам"),
        (["--readiness-record", "none", "--readiness-phase", "after"], "Это не протокол прогона"),
    ],
)
def test_options_that_do_not_fit_are_refused(project: Project, options: list[str], words: str) -> None:
    (project.folder / "bad.json").write_text('{"publication": 5}', encoding="utf-8")

    result = project.run(*options, record=False, base=False)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert words in result.stderr.str()


def test_collect_only_writes_nothing(project: Project) -> None:
    project.scenarios(CRASH)

    assert project.run("--collect-only", "-q").ret == 0

    assert not project.read().events


def test_two_passes_of_a_phase_add_up(project: Project) -> None:
    project.scenarios(CHOSEN)

    project.run("-m", "not writes")
    project.run("-m", "writes")

    state = project.read().phases[Phase.BEFORE]
    assert len(state.scenarios) == len(state.finished) == 9
    assert len(state.sessions) == 2


def test_observing_without_a_scenario_is_refused(project: Project) -> None:
    project.pytester.makepyfile(test_plain="def test_plain(observe):\n    pass\n")

    result = project.run(record=False)

    result.assert_outcomes(errors=1)
    assert "только тест с маркером scenario" in result.stdout.str()
