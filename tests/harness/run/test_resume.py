"""Runs that are killed, interrupted, and gone on with."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from harness.run.phase import stop
from tests.harness.run.project import ROOT, Project, finished, kill

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[..., Project]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and named pipes of POSIX")
STEPS = ["preflight", "backup", "proof", "before", "restore", "update", "after", "compare", "judge", "documents"]
BLOCKING = '''\
import os
import threading

import pytest


@pytest.mark.scenario("ONE-01", area="sweep", severity="blocker")
def test_goods(base, observe):
    """Товары не изменились"""
    observe.value("товары", base.odata.count("Catalog_Товары"))


@pytest.mark.writes
@pytest.mark.scenario("TWO-01", area="flow", severity="blocker")
def test_new(base, observe):
    """Новый товар записывается один раз"""
    base.odata.create("Catalog_Товары", {"Description": "Новый"})
    if pipe := os.environ.get("BLOCK"):
        kept = open(pipe, "w")  # open until this process dies
        threading.Event().wait(60)
    observe.value("новых", base.odata.count("Catalog_Товары", filter="Description eq 'Новый'"))
'''


def started(name: str) -> Callable[[dict[str, Any]], bool]:
    return lambda event: event["kind"] == "step_started" and event["data"]["name"] == name


def running(scenario: str) -> Callable[[dict[str, Any]], bool]:
    return lambda event: event["kind"] == "scenario_started" and event["data"]["id"] == scenario


def test_killed_at_each_step_it_goes_on_and_loses_and_repeats_nothing(project: Make) -> None:
    made = project(price="11.00")
    arguments: tuple[str, ...] = ("run", "-q")
    for step in STEPS:
        process = made.start(*arguments)
        assert made.wait(process, started(step)), step
        kill(process)
        arguments = ("run", "-q", "--resume", str(made.records()[0]))
    done = made.call(*arguments)

    record = made.record()
    assert done.returncode == 1, done.stdout + done.stderr
    assert set(Counter(finished(record.events)).values()) == {1}
    assert len(finished(record.events)) == 4
    assert {step.name for step in record.steps if step.outcome == "done"} == set(STEPS)
    assert record.sealed
    assert made.works() == []
    assert made.call("judge", str(record.path)).returncode == 1


def test_killed_within_a_writing_scenario_it_puts_the_stand_back_first(project: Make) -> None:
    made = project(scenarios=BLOCKING)
    pipe = made.folder / "pipe"
    os.mkfifo(pipe)
    process = made.start("run", "-q", BLOCK=str(pipe))
    with pipe.open() as reading:  # the scenario is in the middle
        assert made.wait(process, running("TWO-01"))
        process.kill()  # the run alone, not its pytest
        assert reading.read() == ""  # the pytest of the run died with it
    process.wait()

    done = made.call("run", "--resume", str(made.records()[0]))

    record = made.record()
    assert done.returncode == 0, done.stdout + done.stderr
    assert Counter(finished(record.events)) == Counter(
        {(name, phase): 1 for name in ("ONE-01", "TWO-01") for phase in ("before", "after")}
    )
    assert [event.data["id"] for event in record.events if event.kind == "scenario_started"].count("ONE-01") == 2
    new = [seen for seen in record.observations if seen.scenario == "TWO-01"]
    assert [(record.path / seen.file).read_text(encoding="utf-8").count('"1"') for seen in new] == [1, 1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_ends_in_a_readable_record_and_leaves_no_process(
    project: Make, number: signal.Signals
) -> None:
    made = project(scenarios=BLOCKING)
    pipe = made.folder / "pipe"
    os.mkfifo(pipe)
    process = made.start("run", BLOCK=str(pipe))
    with pipe.open() as reading:
        assert made.wait(process, running("TWO-01"))
        process.send_signal(number)
        assert reading.read() == ""
    _out, err = process.communicate(timeout=60)

    record = made.record()
    assert process.returncode == 130, err
    assert "--resume" in err
    assert "Traceback" not in err
    assert ("ONE-01", "before") in finished(record.events)
    assert record.events[-1].kind == "interrupted"
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)

    if number is signal.SIGTERM:  # all three end alike: to go on once is enough
        assert made.call("run", "--resume", str(record.path)).returncode == 0


def test_two_processes_do_not_go_on_with_one_run(project: Make) -> None:
    made = project(scenarios=BLOCKING)
    pipe = made.folder / "pipe"
    os.mkfifo(pipe)
    process = made.start("run", "-q", BLOCK=str(pipe))
    with pipe.open():
        assert made.wait(process, running("TWO-01"))

        second = made.call("run", "--resume", str(made.records()[0]))

    kill(process)
    assert second.returncode == 2
    assert "уже идёт" in second.stderr


def test_a_second_ctrl_c_ends_the_patience_and_leaves_no_process() -> None:
    """The first one asks pytest to end; whoever presses again does not want to wait for a deaf one."""
    deaf = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    child = subprocess.Popen(
        [sys.executable, "-c", deaf], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert child.stdout is not None
    child.stdout.readline()
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.2)

    with pytest.raises(KeyboardInterrupt):
        stop(child)

    signal.signal(signal.SIGALRM, before)
    assert child.returncode == -signal.SIGKILL
    child.stdout.close()


def test_pytest_started_from_the_background_still_hears_us() -> None:
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from harness.run import child; child._interruptible(); signal.raise_signal(signal.SIGINT)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode != 0
    assert done.stderr.rstrip().endswith("KeyboardInterrupt")
