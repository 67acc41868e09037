"""The pytest plugin: options, markers, hooks and fixtures only; what they do lives in `harness.phase` and `harness.observe`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.phase import counterparts
from harness.phase.collecting import arrange, journal_collected, prepare_pages
from harness.phase.context import CONTEXT, ENVIRONMENT, make_context
from harness.phase.fixtures import FactsFixture, FindingsFixture
from harness.phase.needs import check_needs
from harness.phase.outcomes import LostError
from harness.phase.parallel import Parallel, report_problems
from harness.phase.running import Subtests, notes_for, observe_for, progress_of, restart, sweep_for, watch
from harness.phase.scribe import Scribe

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from harness.observe.capture import Observe
    from harness.phase.access import Base
    from harness.phase.context import Period
    from harness.phase.packs import Pack
    from harness.phase.sweep import Sweep

_MARKERS = (
    "scenario(id, *, area, severity, owner=''): сценарий с постоянным обозначением; area: exchange, report, flow, operation, sweep",
    "writes: сценарий меняет базу и выполняется только на отмеченном и изолированном стенде",
    "needs(*names): без чего проверить нельзя: odata, service, write, user:РОЛЬ, возможности стенда",
    "crosses(version): только при обновлении через этот релиз, например crosses('>=2.0.15')",
    "group(name): сценарии одной группы выполняются по очереди",
    "pages: сценарий рисует страницы (observe.page): браузер запускается заранее",
    "covers(*objects): что проверяет, например covers('report:ВаловаяПрибыль') или covers('report:@роль')",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of a phase."""
    group = parser.getgroup("readiness", "репетиция обновления 1С")
    group.addoption(
        "--readiness-record",
        dest="readiness_record",
        default="",
        metavar="ПАПКА",
        help="протокол прогона, который пополняется",
    )
    group.addoption(
        "--readiness-phase",
        dest="readiness_phase",
        default="",
        choices=("", "before", "after"),
        help="этап: before или after",
    )
    group.addoption(
        "--readiness-base",
        dest="readiness_base",
        default="",
        metavar="ФАЙЛ",
        help=f"описание проверяемой базы (или переменная {ENVIRONMENT})",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Markers, the phase, and those who write it down."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    if not config.pluginmanager.hasplugin("xdist"):
        config.addinivalue_line("markers", "xdist_group(name): группа pytest-xdist")
    context = config.stash[CONTEXT] = make_context(config)
    config.pluginmanager.register(Subtests(), "readiness-subtests")
    config.pluginmanager.register(counterparts, "readiness-counterparts")
    if not context.worker:
        config.pluginmanager.register(Parallel(context), "readiness-parallel")
        if context.record is not None and not config.getoption("collectonly", default=False):
            config.pluginmanager.register(Scribe(context.record, context), "readiness-scribe")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Closes sessions."""
    if context := config.stash.get(CONTEXT, None):
        context.close()


def pytest_report_header(config: pytest.Config) -> str | None:
    """Which base, which phase."""
    context = config.stash[CONTEXT]
    if context.info is None:
        return None
    return f"readiness: {context.info.publication}, этап {context.phase.value}, пользователь {context.info.user.name}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Scenarios are read, chosen and put in order."""
    arrange(config, items)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """What is about to run goes to the journal, before xdist tells its controller that it may begin."""
    if not session.config.getoption("collectonly", default=False):
        journal_collected(session)
        prepare_pages(session)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Says what would otherwise be a silent nothing."""
    context = config.stash[CONTEXT]
    for problem in context.problems:
        terminalreporter.write_line(f"ERROR: {problem}", red=True)
    if context.idle:
        terminalreporter.write_line(
            f"Сценарии не выполнялись: не сказано, какую базу проверять. Укажите --readiness-base ФАЙЛ или {ENVIRONMENT}.",
            yellow=True,
        )


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Preconditions of a scenario, before any fixture."""
    restart(item)
    if progress_of(item) is not None:
        context = item.config.stash[CONTEXT]
        if item.nodeid in context.crashed:
            raise LostError("тест не повторяется")
        check_needs(item, context.bases)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """How each part of a scenario ended."""
    report = yield
    watch(item, call, report)
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker tells the controller what it could not collect."""
    report_problems(session.config)


@pytest.fixture
def base(pytestconfig: pytest.Config) -> Base:
    """The base under test as the main user: `.odata`, `.service`, `.session`, `.info`."""
    return pytestconfig.stash[CONTEXT].bases.main()


@pytest.fixture
def as_user(pytestconfig: pytest.Config) -> Callable[[str], Base]:
    """The base as another user: `as_user("Менеджер").odata`."""
    return pytestconfig.stash[CONTEXT].bases.as_user


@pytest.fixture
def pack(pytestconfig: pytest.Config) -> Pack:
    """Names of the configuration by role: `pack["sale"]`."""
    return pytestconfig.stash[CONTEXT].pack


@pytest.fixture
def period(pytestconfig: pytest.Config) -> Period:
    """Days to look at: `.start`, `.end`."""
    return pytestconfig.stash[CONTEXT].period


@pytest.fixture
def observe(request: pytest.FixtureRequest) -> Observe:
    """Keeps what the scenario sees."""
    return observe_for(request.node)


@pytest.fixture
def findings(request: pytest.FixtureRequest) -> FindingsFixture:
    """Notes findings: `findings.add("RIGHTS", object="…", text="… {role}", role="Менеджер")`."""
    return FindingsFixture(notes_for(request.node))


@pytest.fixture
def facts(request: pytest.FixtureRequest) -> FactsFixture:
    """Notes facts: `facts.add("reports_inventory", 12)`."""
    return FactsFixture(notes_for(request.node))


@pytest.fixture
def sweep(request: pytest.FixtureRequest) -> Sweep:
    """What the checks that need no scenario look at in this run: `sweep.chosen(names)`, `sweep.walk("data", names, …)`."""
    return sweep_for(request.node)


@pytest.fixture
def covers(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Says while running what else is checked: `covers("report:ВаловаяПрибыль")`."""
    return notes_for(request.node).covers.append
