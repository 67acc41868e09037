"""Somebody's own stand, seen through the proxy: only reading scenarios, and nothing is changed in the base."""

from __future__ import annotations

import os
import time
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from harness.errors import HarnessError, StepError
from harness.onec.odata import ODataClient
from harness.onec.services import ReadinessService
from harness.onec.session import StandSession
from harness.prove.mutations import Aimed, Scene, mutation
from harness.prove.proxy import AlteringProxy, Seen
from harness.prove.rehearsal import Assignment, Outcome, Settled, all_done, decided, in_process, perform, run_of
from harness.record import RecordWriter
from harness.record.models import Phase
from harness.run import phase, stands, steps
from harness.run.header import header_of
from harness.run.work import WorkFolder
from stand.protocol import Endpoints

if TYPE_CHECKING:
    from harness.prove.carrying import Part
    from harness.prove.variants import Variant
    from harness.run.access import Access
    from harness.run.context import Run
    from stand.protocol import Stand

_SCENE = "scene.json"


class _Scene(msgspec.Struct, frozen=True, kw_only=True):
    """The scene in a file: the process that looked is not the only one that strikes."""

    sets: dict[str, tuple[int, dict[str, str]]] = {}
    service: bool = False
    report: str = ""
    job: str = ""
    enumeration: tuple[str, str] = ("", "")


class ProxiedStand:
    """A stand at the address of the proxy; everything else of it is as it was."""

    def __init__(self, inner: Stand, publication: str) -> None:
        self._inner = inner
        self._publication = publication

    def endpoints(self) -> Endpoints:
        """Where scenarios ask."""
        return Endpoints(self._publication)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class ProxiedLaboratory:
    """Phases before and after on the same base; between them only answers change."""

    def __init__(self, assignment: Assignment) -> None:
        self._settled = Settled.of(assignment)
        config = self._settled.config
        work = WorkFolder.of(self._settled.lane / "stand")
        self._stand = stands.build(config, work, self._settled.lane / "record", os.environ)
        self._stand.start()
        self._access: Access = stands.access(config, self._stand, os.environ)
        self._proxy = AlteringProxy(self._stand.endpoints().publication, stands.guard_of(config))
        self._proxy.start()

    def before(self) -> Outcome | None:
        """The phase before, through a proxy that looks and alters nothing; then the scene is set."""
        settled = self._settled
        work = WorkFolder.of(settled.before)
        work.create()
        self._proxy.alter(None)
        info = self._stand.info()
        address = self._stand.endpoints().publication
        header = header_of(settled.config, info, address, settled.scenarios, settled.pack)
        with closing(RecordWriter.create(settled.before, header)) as writer:
            run = self._run(writer, work)
            perform(run, ("preflight", steps.preflight))
            perform(run, ("before", lambda run: phase.run_phase(run, Phase.BEFORE, session=in_process)))
            all_done(run)
        (settled.folder / _SCENE).write_bytes(msgspec.json.encode(self._scene()))
        return None

    def after(self, variant: Variant, part: Part | None = None) -> Outcome:
        """The phase after, with one alteration of its answers; always the whole of it."""
        del part
        started = time.perf_counter()
        aimed = mutation(variant.id).aim(self._known())
        if aimed is None:
            return _nothing_to_strike(started)
        record, work = self._settled.fork(variant.id)
        with closing(RecordWriter.open(record)) as writer:
            run = self._run(writer, work)
            self._proxy.alter(aimed.alteration)
            try:
                perform(run, ("after", lambda run: phase.run_phase(run, Phase.AFTER, session=in_process)))
            finally:
                struck = self._proxy.altered
                self._proxy.alter(None)
            outcome = decided(run, started)
        return _told(outcome, aimed, struck)

    def close(self) -> None:
        """Stops the proxy and closes our connections."""
        self._proxy.stop()
        self._stand.stop()

    def _run(self, writer: RecordWriter, work: WorkFolder) -> Run:
        stand = ProxiedStand(self._stand, self._proxy.url)
        run = run_of(self._settled, writer, work, stand, self._access)
        info = self._stand.info()
        # Without the mark the write guard lets nothing through: writing scenarios are not checked in either phase.
        run.info, run.isolation, run.release_before = replace(info, marked=False), self._stand.isolation(), info.version
        return run

    def _known(self) -> Scene:
        kept = msgspec.json.decode((self._settled.folder / _SCENE).read_bytes(), type=_Scene)
        sets = {name: Seen(rows, kinds) for name, (rows, kinds) in kept.sets.items()}
        return Scene(sets, kept.service, kept.report, kept.job, kept.enumeration)

    def _scene(self) -> _Scene:
        """What the suite read, and what the base tells of itself beside it."""
        user = self._access.user
        guard = stands.guard_of(self._settled.config)
        sets = {name: (seen.rows, seen.kinds) for name, seen in self._proxy.seen.items()}
        with StandSession(self._stand.endpoints().publication, user.name, user.password, guard=guard) as session:
            metadata = ODataClient(session).metadata()
            enumeration = next(
                (
                    (name, item.members[-1])
                    for name, item in sorted(metadata.enum_types.items())
                    if len(item.members) > 1 and not item.members[0].isascii()
                ),
                ("", ""),
            )
            service = ReadinessService(session)
            if not service.available():
                return _Scene(sets=sets, enumeration=enumeration)
            jobs = sorted(item.name for item in service.jobs() if item.enabled)
            return _Scene(
                sets=sets,
                service=True,
                report=self._report(service),
                job=jobs[0] if jobs else "",
                enumeration=enumeration,
            )

    def _report(self, service: ReadinessService) -> str:
        """The first of the custom reports, else of all, that shows rows and totals for the period."""
        period = self._settled.config.settings.period
        inventory = sorted(service.reports(), key=lambda item: (not item.custom, item.name))
        for item in inventory:
            try:
                shown = service.report(item.name, start=period.start, end=period.end)
            except HarnessError:
                continue
            if len(shown.rows) > 1 and shown.totals:
                return item.name
        return ""


def _told(outcome: Outcome, aimed: Aimed, struck: int) -> Outcome:
    """An alteration that met no request has altered nothing: that is a gap of the suite, and it is told as one."""
    if aimed.alteration is not None and not struck:
        raise StepError("ни один ответ не изменён: сценарии этого не запрашивают")
    return msgspec.structs.replace(outcome, words=list(aimed.words), updated=False)


def _nothing_to_strike(started: float) -> Outcome:
    from harness.record.models import Verdict

    return Outcome(
        verdict=Verdict.GO, notices=[], seconds=time.perf_counter() - started, skipped="в этой базе менять нечего"
    )


__all__ = ["ProxiedLaboratory", "ProxiedStand"]
