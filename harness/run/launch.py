"""Begins a run or goes on with one: preflight before there is a record, then the story.

Whatever is wrong with settings, addresses, users or files ends here, with nothing left behind (exit code 2). A stand with trouble
of its own (licence, 5xx, HTML) is different: the record is made, says so, and the verdict is INCOMPLETE.
"""

from __future__ import annotations

import errno
import signal
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from harness.config import load
from harness.errors import ConfigError, HarnessError, InterruptedRunError, StandError, StepError, UsageError, reason
from harness.i18n import _
from harness.observe import load_acceptances
from harness.pipeline import STORY, rehearse
from harness.record import EventKind, RecordWriter, read_record
from harness.record.files import safe_name
from harness.record.manifest import MANIFEST
from harness.run import stands
from harness.run.access import Access
from harness.run.context import Run
from harness.run.header import digests, header_of
from harness.run.judging import unseal
from harness.run.resuming import is_done, recall, same_inputs
from harness.run.work import Origin, RunLock, WorkFolder, remove_abandoned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.config import Config
    from harness.record.models import Decision
    from harness.run.view import View
    from stand.protocol import Info, Isolation, Stand


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that came to its end: the verdict, where the record lies, its documents (paths inside the record)."""

    decision: Decision
    record: Path
    documents: tuple[str, ...] = ()


@dataclass(slots=True)
class _Examined:
    """What preflight found."""

    stand: Stand
    access: Access
    info: Info | None = None
    isolation: Isolation | None = None
    trouble: HarnessError | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class _Plan:
    """A run that may begin or go on.

    Attributes:
        record: folder of the record.
        scenarios: where they are.
        pack: the file of names.
    """

    config: Config
    record: Path
    work: WorkFolder
    scenarios: tuple[Path, ...]
    pack: Path | None
    environ: Mapping[str, str]
    view: View


def start(config: Config, *, overrides: Mapping[str, str], environ: Mapping[str, str], view: View) -> Finished:
    """Runs from the beginning.

    Raises:
        UsageError: nothing was run and nothing is left.
        PausedError: a person must act; `--resume` goes on.
        InterruptedRunError: Ctrl-C; the record is readable.
    """
    _check_files(config)
    scenarios, pack = stands.scenario_paths(config), stands.pack_of(config)
    with _new_folder(config) as record:
        work = WorkFolder.of(record)
        work.keep_origin(Origin(config=str(config.path), overrides=dict(overrides), digest=config.digest))
        plan = _Plan(config, record, work, scenarios, pack, environ, view)
        with RunLock(work), _interruptible(), _well_ended(record), _examined(plan) as examined:
            address = config.settings.stand.url if examined.trouble else examined.stand.endpoints().publication
            header = header_of(config, examined.info, address, scenarios, pack)
            with RecordWriter.create(record, header) as writer:
                writer.event(EventKind.RUN_STARTED, {"run": header.run})
                return _walk(_run(plan, writer, examined))


def resume(record: Path, *, environ: Mapping[str, str], view: View) -> Finished:
    """Goes on with a run that was killed, interrupted, paused, or ended with a step that failed.

    Raises:
        UsageError: it cannot be gone on with: no work folder, other settings, another base.
        RecordError: the record was edited.
    """
    read = read_record(record, verify=(record / MANIFEST).exists())
    if read.sealed and read.decision is not None and all(is_done(read, plan.name) for plan in STORY):
        return Finished(read.decision, record)
    if not read.header.base:
        raise UsageError(
            "стенд не ответил ещё до начала прогона: продолжать нечего",
            place=str(record),
            hint="начните новый: readiness run",
        )
    work = WorkFolder.of(record)
    origin = work.origin()
    config = load(Path(origin.config), env=environ, overrides=origin.overrides)
    scenarios, pack = stands.scenario_paths(config), stands.pack_of(config)
    same_inputs(read, digests(config, scenarios, pack))
    plan = _Plan(config, record, work, scenarios, pack, environ, view)
    ends = RunLock(work), _interruptible(), _well_ended(record)
    with ends[0], ends[1], ends[2], _examined(plan) as examined, RecordWriter.open(record) as writer:
        if examined.info and examined.info.base != read.header.base:
            raise ConfigError(
                f"по адресу стенда другая база: «{examined.info.base}», а прогон начат на «{read.header.base}»",
                place=str(record),
            )
        unseal(record)
        writer.event(EventKind.RUN_RESUMED, {"run": read.header.run})
        run = _run(plan, writer, examined)
        recall(run, read)
        return _walk(run)


def _walk(run: Run) -> Finished:
    try:
        decision = rehearse(run)
    except KeyboardInterrupt:
        with suppress(OSError):
            run.record.event(EventKind.INTERRUPTED, {"by": "person"})
        raise
    if all(plan.name in run.done for plan in STORY):
        run.stand.stop()
        run.work.remove()
    return Finished(decision, run.record.path, tuple(run.documents))


@contextmanager
def _well_ended(record: Path) -> Iterator[None]:
    """Says how to go on with a run that a person, or a disk, stopped; a run without a record has nothing to go on with."""
    hint = _("продолжить: readiness run --resume {record}").format(record=record)
    try:
        yield
    except KeyboardInterrupt as error:
        if not (record / "record.json").exists():
            raise
        message = _("прогон прерван; всё, что увидено, сохранено")
        raise InterruptedRunError(message, place=str(record), hint=hint) from error
    except OSError as error:
        message = f"запись на диск не удалась: {reason(error)}"
        raise StepError(message, place=str(error.filename or record), hint=f"устраните причину; {hint}") from error


def _run(plan: _Plan, writer: RecordWriter, examined: _Examined) -> Run:
    return Run(
        config=plan.config,
        stand=examined.stand,
        access=examined.access,
        record=writer,
        work=plan.work,
        view=plan.view,
        scenario_paths=plan.scenarios,
        pack=plan.pack,
        release_before=examined.info.version if examined.info else "",
        info=examined.info,
        isolation=examined.isolation,
        trouble=examined.trouble,
        preflight_seconds=examined.seconds,
    )


@contextmanager
def _examined(plan: _Plan) -> Iterator[_Examined]:
    """Starts or contacts the stand and asks what it is; only the stand's own trouble comes back as a value. Stops it at the end."""
    clock = time.perf_counter()
    stand = stands.build(plan.config, plan.work, plan.record, plan.environ)
    examined = _Examined(stand, Access())
    try:
        try:
            plan.view.note(_("готовится стенд"))
            stand.start()
            examined.access = stands.access(plan.config, stand, plan.environ)
            examined.info, examined.isolation = stand.info(), stand.isolation()
        except StandError as error:
            examined.trouble = error
        examined.seconds = time.perf_counter() - clock
        yield examined
    finally:
        stand.stop()


def _check_files(config: Config) -> None:
    """Files and addresses the run will need later: better missed now than after two hours."""
    stands.guard_of(config)
    file = config.settings.acceptances.file
    if file:
        load_acceptances(stands.existing(config, file, "acceptances.file"))
    if config.settings.prove.file:
        stands.existing(config, config.settings.prove.file, "prove.file")
    period = config.settings.period
    if period.start and period.end and period.end < period.start:
        raise ConfigError("период кончается раньше, чем начинается", place=config.place("period.end"))
    window = config.settings.window
    if window.start and window.end and window.end <= window.start:
        raise ConfigError("окно кончается раньше, чем начинается", place=config.place("window.end"))


@contextmanager
def _new_folder(config: Config) -> Iterator[Path]:
    """A name for the record and its work folder; when no record came of it, nothing is left."""
    parent = config.file(config.settings.project.records)
    fresh = [folder for folder in (parent, *parent.parents) if not folder.exists()]
    target = safe_name(config.settings.update.release) if config.settings.update.release else ""
    name = "_".join(filter(None, (f"{datetime.now().astimezone():%Y-%m-%d_%H%M%S}", target)))
    try:
        remove_abandoned(parent)
        record, work = _free(parent, name)
    except OSError as error:
        message = f"папку протокола создать нельзя: {reason(error)}"
        raise UsageError(message, place=str(error.filename or parent), hint=config.place("project.records")) from error
    try:
        yield record
    finally:
        if not (record / "record.json").exists():
            work.remove()
            for folder in fresh:
                with suppress(OSError):
                    folder.rmdir()


def _free(parent: Path, name: str) -> tuple[Path, WorkFolder]:
    """The first name that no other run has: its work folder is made, and so the name is taken."""
    for number in range(1, 1000):
        record = parent / (name if number == 1 else f"{name}-{number}")
        work = WorkFolder.of(record)
        with suppress(FileExistsError):
            if not record.exists():
                work.create()
                return record, work
    raise FileExistsError(errno.EEXIST, "", str(parent / name))


@contextmanager
def _interruptible() -> Iterator[None]:
    """The end of a job of CI and the closing of a terminal end a run as Ctrl-C does: in good order.

    What the parent told us to be deaf for (`nohup`) stays so.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    if sys.platform == "win32":
        wanted = (signal.SIGTERM, signal.SIGBREAK)
    else:
        wanted = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in wanted}
    taken = [number for number in wanted if before[number] is not signal.SIG_IGN]
    for number in taken:
        signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, before[number])


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
