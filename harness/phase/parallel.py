"""Hooks of pytest-xdist, registered only where it is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from harness.phase.context import CONTEXT, Context, tell_worker
from harness.record.models import Text

if TYPE_CHECKING:
    from typing import Protocol

    class Node(Protocol):
        """What is used of a worker as the controller sees it."""

        workerinput: dict[str, str]
        workeroutput: dict[str, Any]


CRASHED = "???"
"""`when` of the report xdist makes for the test a dead worker was running."""
_PROBLEMS, _IDLE = "readiness_problems", "readiness_idle"
"""Keys of a worker's output: problems of collection, and that scenarios were left out for want of a base."""


class Parallel:
    """Controller's side of xdist."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Node) -> None:
        """A worker is about to start."""
        tell_worker(self._context, node.workerinput)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Node) -> None:
        """A worker ended; one that died has no output."""
        output: dict[str, Any] = getattr(node, "workeroutput", {})
        self._context.idle |= bool(output.get(_IDLE))
        told = output.get(_PROBLEMS, "")
        for text in msgspec.json.decode(told, type=list[Text]) if told else []:
            if text not in self._context.problems:
                self._context.problems.append(text)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remembers what a worker died of; the next worker is told when it starts."""
        if str(report.when) == CRASHED:
            self._context.crashed.add(report.nodeid)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Any:
        """Problems of workers become a usage error of the whole session, after their outputs have arrived."""
        result = yield
        if self._context.problems:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
        return result


def report_problems(config: pytest.Config) -> None:
    """Hands problems of a worker to the controller."""
    output: dict[str, Any] | None = getattr(config, "workeroutput", None)
    if output is not None and CONTEXT in config.stash:
        context = config.stash[CONTEXT]
        output[_IDLE] = context.idle
        output[_PROBLEMS] = msgspec.json.encode(context.problems).decode("utf-8")
