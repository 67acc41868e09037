"""One phase: pytest in a process of its own, its progress read from the journal, its end understood."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from harness.basefile import BaseFile, SweepOptions, write_base_file
from harness.config.exclusions import exclusions
from harness.errors import HarnessError
from harness.record import EventKind, PhaseFinished, read_record, redact_content
from harness.record.models import Outcome, Phase, Text
from harness.run import steps
from harness.run.context import StepReport
from harness.run.following import Follower
from stand.protocol import Evidence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from harness.run.context import Run

    Session: TypeAlias = Callable[[Run, Phase, Sequence[str]], int]

TICK = 0.1
"""Seconds between two looks at the journal while pytest runs."""
PATIENCE = 15.0
"""Seconds pytest has to end by itself after an interruption."""
_NEW_GROUP: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
"""What `start_new_session` is on Windows."""
_UNUSED = ("hypothesispytest", "syrupy", "allure_pytest", "anyio", "schemathesis", "pytest-bdd")
"""Plugins a development environment has and scenarios have no use for: importing them takes as long as a phase of the demo.
Allure's results are written from the record (`reports.allure`), as all documents are."""
_ENDS = {
    2: "pytest прерван или не смог собрать сценарии",
    3: "внутренняя ошибка pytest",
    4: "pytest вызван неверно",
    5: "не собрано ни одного сценария",
}


def run_phase(run: Run, phase: Phase, *, session: Session | None = None) -> StepReport:
    """Runs all scenarios of a phase that have no result yet; failed scenarios are results, not failures of the step.

    Args:
        run: in progress.
        phase: which one.
        session: runs one pytest session and returns its code; None: in a process of its own.
    """
    scenarios = run.config.settings.scenarios
    passes: list[tuple[str, ...]] = [()]
    if scenarios.workers > 1:
        # Reading ones side by side; writing ones after them, one by one: they change what the others look at.
        passes = [("-m", "not writes", "-n", str(scenarios.workers), "--dist", "loadgroup"), ("-m", "writes")]
    if phase.value in run.interrupted_writes:
        steps.put_back(run, updated=phase is Phase.AFTER)
        run.interrupted_writes.discard(phase.value)
    codes = []
    run.work.log(phase).unlink(missing_ok=True)
    write_base_file(run.work.base_file, base_file(run))
    try:
        for options in passes:
            codes.append((session or _pytest)(run, phase, options))
            if codes[-1] not in (0, 1, 5):
                break
    finally:
        run.work.base_file.unlink(missing_ok=True)
    return _report(run, phase, codes)


def base_file(run: Run) -> BaseFile:
    """What the scenarios of a phase may know of the base."""
    settings, info, isolation = run.config.settings, run.info, run.isolation
    header, endpoints = run.record.header, run.stand.endpoints()
    return BaseFile(
        publication=endpoints.publication,
        shared=endpoints.shared,
        user=run.access.user,
        users=run.access.users,
        base=header.base,
        production=list(settings.production.addresses),
        marked=info.marked if info else None,
        isolated=isolation.known_blocked if isolation and isolation.external_resources_blocked is not None else None,
        release_before=run.release_before,
        release_after=header.target,
        period_start=header.period_start,
        period_end=header.period_end,
        pack=str(run.pack) if run.pack else "",
        key_file=str(run.work.key_file),
        only=list(settings.scenarios.only),
        skip=list(settings.scenarios.skip),
        capabilities=sorted(item.value for item in run.stand.capabilities),
        timing_repeats=settings.timings.repeats,
        sweep=_sweep_options(run),
        browser=settings.documents.browser,
        pages=settings.documents.pages,
    )


def _sweep_options(run: Run) -> SweepOptions:
    """What the settings say of the checks that need no scenario; where they are silent, the pack decides."""
    settings, source = run.config.settings.sweep, run.config.source
    return SweepOptions(
        exclude=exclusions(run.config),
        budget=settings.budget,
        changed=list(settings.changed),
        sessions=settings.sessions,
        seed=settings.seed,
        sample=0 if source("sweep.sample") == "default" else settings.sample,
        limit=None if source("sweep.limit") == "default" else settings.limit,
    )


def command(run: Run, phase: Phase, options: Sequence[str]) -> list[str]:
    """The command line of a phase; it holds no secret."""
    paths = [str(path) for path in run.scenario_paths]
    root = os.path.commonpath([path if Path(path).is_dir() else str(Path(path).parent) for path in paths])
    return [
        sys.executable,
        "-m",
        "harness.run.child",
        *paths,
        f"--rootdir={root}",
        *plugin_options(),
        *("-p", "no:cacheprovider"),
        "--import-mode=importlib",
        "-q",
        "--color=no",
        f"--readiness-record={run.record.path}",
        f"--readiness-phase={phase.value}",
        f"--readiness-base={run.work.base_file}",
        *options,
    ]


def plugin_options() -> list[str]:
    """Loads our plugin where no installed entry point does."""
    known = {entry.value for entry in entry_points(group="pytest11")}
    own = [] if "harness.plugin" in known else ["-p", "harness.plugin"]
    return [*own, *(part for name in _UNUSED for part in ("-p", f"no:{name}"))]


def _pytest(run: Run, phase: Phase, options: Sequence[str]) -> int:
    """One pytest session; returns its code, negative when it was killed by a signal."""
    follower = Follower(run, phase)
    with run.work.log(phase).open("ab") as log:
        process = subprocess.Popen(  # noqa: S603  # our own interpreter
            command(run, phase, options),
            stdin=subprocess.PIPE,  # never written to: its end tells the child that we are gone
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=run.config.folder,
            env=environment(),
            start_new_session=sys.platform
            != "win32",  # Ctrl-C of the terminal goes to us alone: we end pytest in good order
            creationflags=_NEW_GROUP,
        )
        try:
            while True:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(TICK)
                follower.look()
                if process.returncode is not None:
                    break
        finally:
            stop(process)
    if not follower.ended:  # it died without saying so
        code = process.returncode
        run.record.event(
            EventKind.PHASE_FINISHED, PhaseFinished(phase=phase, exitstatus=code, worker_lost=[*follower.running])
        )
    return process.returncode


def environment() -> dict[str, str]:
    """Environment of pytest: ours, without settings that would change what it collects or how it reports."""
    dropped = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_CURRENT_TEST")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, kept.get("PYTHONPATH", "").split(os.pathsep))]
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
        "PYTHONUTF8": "1",
    }


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a pytest process and its workers: asked first, then told. Does nothing when it has ended."""
    try:
        if process.poll() is None:
            with suppress(OSError):
                _interrupt(process)
            with suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE)
    finally:  # a second Ctrl-C ends the patience, not the order
        if process.stdin is not None:
            process.stdin.close()
        if process.poll() is None:
            process.kill()
        process.wait()
        _sweep(process.pid)


def _interrupt(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.send_signal(signal.CTRL_BREAK_EVENT)
    else:
        process.send_signal(signal.SIGINT)


def _sweep(group: int) -> None:
    """Workers of a killed pytest end when their pipe does; this makes sure of it where groups exist."""
    if sys.platform != "win32":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def _report(run: Run, phase: Phase, codes: list[int]) -> StepReport:
    log = run.work.log(phase)
    evidence = (Evidence(f"pytest-{phase.value}.log", redact_content(log.read_bytes())),) if log.exists() else ()
    bad = [code for code in codes if code not in (0, 1, 5)]
    if not bad and set(codes) == {5} and not read_record(run.record.path).phases[phase].finished:
        bad = [5]  # not on resume, when nothing is left to run
    if not bad:
        return _stand_lost(run, phase, evidence) or StepReport(evidence=evidence)
    why = _ENDS.get(bad[0], f"процесс pytest завершился с кодом {bad[0]}")
    last = _last_words(log)
    text = Text(msgid="Этап не выполнен: {why}. {last}", params={"why": why, "last": last})
    return StepReport(evidence=evidence, text=text, failed=True, stops=True)


def _stand_lost(run: Run, phase: Phase, evidence: tuple[Evidence, ...]) -> StepReport | None:
    """A phase that met the stand's own trouble is over for good when the stand does not answer any more."""
    results = read_record(run.record.path).phases[phase].finished.values()
    if not any(result.run.outcome is Outcome.TROUBLE for result in results):
        return None
    try:
        run.stand.info()
    except HarnessError as error:
        text = Text(msgid="Стенд перестал отвечать во время этапа: {error}", params={"error": str(error)})
        return StepReport(evidence=evidence, text=text, failed=True, stops=True)
    return None


def _last_words(log: Path) -> str:
    """What pytest said last: its error lines, or the last line."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("ERROR", "E  ", "INTERNALERROR>"))]
    return " ".join((errors or lines)[-2:])[:400]
