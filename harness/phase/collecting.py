"""From collected tests to scenarios: markers read, ids checked, order and selection made."""

from __future__ import annotations

import inspect
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING

import pytest

from harness.phase.context import CONTEXT, Context
from harness.record.events import Collected, EventKind, Excluded
from harness.record.files import sha256
from harness.record.models import Scenario, Severity, Text
from harness.record.store import RecordWriter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import CodeType

AREAS = ("exchange", "report", "flow", "operation", "sweep")
"""Areas a scenario may be of."""
SCENARIO = pytest.StashKey[Scenario]()
_FIRST_WORKER = "gw0"


def arrange(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Reads markers of collected items, leaves out what is not to run, puts readers before writers. Changes `items`."""
    context = config.stash[CONTEXT]
    tests = [item for item in items if item.get_closest_marker("scenario")]
    if context.record is None and not tests:
        return
    problems = [_without_marker(item) for item in items if context.record and not item.get_closest_marker("scenario")]
    for item in tests:
        try:
            item.stash[SCENARIO] = scenario_of(item, context)
        except ValueError as error:
            problems.append(Text(msgid="{test}: {problem}", params={"test": item.nodeid, "problem": str(error)}))
    problems += _duplicates([item.stash[SCENARIO] for item in tests if SCENARIO in item.stash])
    if problems:
        _refuse(config, context, problems, items)
        return
    if context.info is None:
        context.idle = bool(tests)
        config.hook.pytest_deselected(items=tests)
        items[:] = [item for item in items if item not in tests]
        return
    chosen, left = _choose(tests, context)
    if left:
        config.hook.pytest_deselected(items=left)
    for item in chosen:
        _group(item)
    others = [item for item in items if SCENARIO not in item.stash]
    items[:] = others + sorted(chosen, key=lambda item: _turn(item.stash[SCENARIO]))


def _turn(scenario: Scenario) -> int:
    """Writers change the base, so that readers go first; of the writers the sweep, which looks at the whole base. Else as collected."""
    return 0 if not scenario.writes else 1 if scenario.area == "sweep" else 2


def scenario_of(item: pytest.Item, context: Context) -> Scenario:
    """Scenario of a test by its markers and docstring.

    Raises:
        ValueError: a marker that does not say what it must; the message is for people.
    """
    marker = item.get_closest_marker("scenario")
    if marker is None or len(marker.args) != 1 or not str(marker.args[0]).strip():
        raise ValueError('маркер пишется так: scenario("BANK-01", area="exchange", severity="blocker")')
    known = {"area", "severity", "owner"}
    if strange := set(marker.kwargs) - known:
        raise ValueError(f"маркер scenario не знает {', '.join(sorted(strange))}; есть {', '.join(sorted(known))}")
    area, severity = marker.kwargs.get("area", ""), marker.kwargs.get("severity", "")
    if area not in AREAS:
        raise ValueError(f"area — одно из {', '.join(AREAS)}, а не «{area}»")
    if severity not in list(Severity):
        raise ValueError(f"severity — одно из {', '.join(Severity)}, а не «{severity}»")
    function = getattr(item, "function", None)
    docstring = inspect.getdoc(function) or ""
    title, _, description = docstring.partition("\n")
    return Scenario(
        id=str(marker.args[0]),
        title=title.strip() or item.name,
        description=description.strip(),
        area=area,
        severity=Severity(severity),
        owner=str(marker.kwargs.get("owner", "")),
        nodeid=item.nodeid,
        digest=_digest(item, function),
        writes=item.get_closest_marker("writes") is not None,
        covers=_covers(item, context),
    )


def _digest(item: pytest.Item, function: object) -> str:
    parameters = getattr(getattr(item, "callspec", None), "id", "")
    code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
    source = None
    if code is not None and item.path.is_file():
        source = _source(item.path, item.path.stat().st_mtime_ns, code.co_firstlineno, code)
    if source is None:
        source = item.path.read_text(encoding="utf-8") if item.path.is_file() else ""
    return sha256(f"{source}\n{parameters}".encode())


@lru_cache(maxsize=4096)
def _source(path: Path, changed: int, line: int, code: CodeType) -> str | None:
    """Text of a scenario; sessions of one process find its end among the tokens of its file only once."""
    del path, changed, line
    try:
        return inspect.getsource(code)
    except (OSError, TypeError):
        return None


def _covers(item: pytest.Item, context: Context) -> list[str]:
    """Objects of `covers` markers; "report:@role" is looked up in the pack, and left out when the pack has no such role."""
    found = []
    for marker in item.iter_markers("covers"):
        for covered in map(str, marker.args):
            kind, _, name = covered.partition(":")
            if not name.startswith("@"):
                found.append(covered)
            elif context.info is not None and (named := context.pack.get(name[1:])):
                found.append(f"{kind}:{named}")
    return found


def _without_marker(item: pytest.Item) -> Text:
    return Text(msgid="{test}: тест без маркера scenario не может войти в протокол", params={"test": item.nodeid})


def _duplicates(scenarios: Sequence[Scenario]) -> list[Text]:
    seen: dict[str, Scenario] = {}
    found = []
    for scenario in scenarios:
        # Files of a record are named by ids, and some file systems do not tell case.
        first = seen.setdefault(scenario.id.casefold(), scenario)
        if first is not scenario:
            found.append(
                Text(
                    msgid="Обозначение сценария «{id}» занято дважды: {first} и {second}",
                    params={"id": scenario.id, "first": first.nodeid, "second": scenario.nodeid},
                )
            )
    return found


def _refuse(config: pytest.Config, context: Context, problems: list[Text], items: list[pytest.Item]) -> None:
    context.problems += problems
    if not context.worker:
        raise pytest.UsageError(f"сценарии не приняты, ошибок: {len(problems)}")
    # An error raised in a worker would look like its death: the controller refuses when all workers are done.
    config.hook.pytest_deselected(items=list(items))
    items.clear()


def _choose(tests: list[pytest.Item], context: Context) -> tuple[list[pytest.Item], list[pytest.Item]]:
    chosen, left = [], []
    only, skip = (context.info.only, context.info.skip) if context.info else ([], [])
    for item in tests:
        name = item.stash[SCENARIO].id
        if name in context.done:
            left.append(item)
        elif only and not any(fnmatchcase(name, pattern) for pattern in only):
            left.append(item)
            context.excluded.append(Excluded(id=name, why=Text(msgid="Не выбран настройкой [scenarios] only")))
        elif any(fnmatchcase(name, pattern) for pattern in skip):
            left.append(item)
            context.excluded.append(Excluded(id=name, why=Text(msgid="Исключён настройкой [scenarios] skip")))
        else:
            chosen.append(item)
    return chosen, left


def _group(item: pytest.Item) -> None:
    """Scenarios of one group, and all that write, go to one worker of xdist (`--dist loadgroup`), one after another."""
    marker = item.get_closest_marker("group")
    name = str(marker.args[0]) if marker and marker.args else "writes" if item.stash[SCENARIO].writes else ""
    if name:
        item.add_marker(pytest.mark.xdist_group(name))


def journal_collected(session: pytest.Session) -> None:
    """Writes what is about to run into the journal: from the only process, or from the first worker for all of them."""
    context = session.config.stash[CONTEXT]
    if context.record is None or context.worker not in ("", _FIRST_WORKER) or context.problems:
        return
    scenarios = [item.stash[SCENARIO] for item in session.items if SCENARIO in item.stash]
    with RecordWriter.open(context.record) as writer:
        writer.event(
            EventKind.COLLECTED, Collected(phase=context.phase, scenarios=scenarios, excluded=context.excluded)
        )


def prepare_pages(session: pytest.Session) -> None:
    """Starts the browser while other scenarios run, when one of them is going to draw; a worker of xdist starts its own with the first page."""
    context = session.config.stash[CONTEXT]
    if (
        context.record is not None
        and not context.worker
        and any(item.get_closest_marker("pages") for item in session.items)
    ):
        context.renderer.warm()
