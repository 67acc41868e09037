"""The demo company on the embedded stand: variants are updates of our own making, seeded with one change each."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from harness.gate import facts as names
from harness.prove.bases import VariantBase, configuration
from harness.prove.carrying import carry
from harness.prove.reach import Asking
from harness.prove.rehearsal import Assignment, Outcome, Settled, all_done, decided, in_process, perform, run_of
from harness.prove.variants import CONTROL, RUN
from harness.record import RecordWriter, read_record
from harness.record.models import Phase
from harness.run import phase, stands, steps
from harness.run.header import header_of
from harness.run.work import WorkFolder
from stand.bases import DemoBase
from stand.embedded import EmbeddedStand
from stand.emulator.application import Serving

if TYPE_CHECKING:
    from pathlib import Path

    from harness.prove.carrying import Part
    from harness.prove.variants import Variant
    from harness.run.context import Run

_BASE = "base.db"
_FILES = (_BASE, "access.json")
PATIENCE = 5.0
"""Seconds deferred handlers of a variant are waited for: those of the demo company take none."""


class DemoLaboratory:
    """The embedded stand of the demo company: variants are updates of their own making."""

    def __init__(self, assignment: Assignment) -> None:
        self._settled = Settled.of(assignment)
        base = stands.embedded_base(self._settled.config)
        assert isinstance(base, DemoBase)
        self._base = VariantBase(base.release, base.documents, base.seed, base.publication)
        self._stand: EmbeddedStand | None = None
        self._asking = Asking()

    def before(self) -> Outcome | None:
        """Makes the company, takes the backup, proves it, runs the scenarios."""
        settled = self._settled
        work = WorkFolder.of(settled.before)
        work.create()
        stand = EmbeddedStand(self._base, work.stand)
        stand.start()
        try:
            self._first(settled.before, work, stand)
        finally:
            stand.stop()
        return None

    def _first(self, path: Path, work: WorkFolder, stand: EmbeddedStand) -> None:
        """The part of a rehearsal before the update, into a record of its own."""
        settled = self._settled
        info = stand.info()
        header = header_of(settled.config, info, stand.endpoints().publication, settled.scenarios, settled.pack)
        with closing(RecordWriter.create(path, header)) as writer:
            run = self._run(writer, work, stand)
            run.info, run.isolation, run.release_before = info, stand.isolation(), info.version
            perform(run, ("preflight", steps.preflight), ("backup", steps.backup), ("proof", steps.proof))
            perform(run, ("before", lambda run: phase.run_phase(run, Phase.BEFORE, session=in_process)))
            all_done(run)

    def after(self, variant: Variant, part: Part | None = None) -> Outcome:
        """Restores, updates to the variant, runs the scenarios, compares, judges."""
        started = time.perf_counter()
        record, work = self._settled.fork(variant.id)
        stand = self._started()
        stays = variant.early and RUN not in variant.scenarios
        seeded = replace(self._base, changes=variant.changes, place=variant.id)
        stand.base = self._base if variant.early and not stays else seeded
        if stays:
            self._working(record, work, stand, variant)
        with closing(RecordWriter.open(record)) as writer:
            run = self._run(writer, work, stand)
            run.release_before = read_record(record, verify=False).facts[names.RELEASE_BEFORE].value
            if variant.early and not stays:
                self._seed(run, stand, variant)
            perform(run, ("restore", steps.restore), ("update", steps.update))
            if part is not None:
                carry(writer, part)
            # Scenarios side by side cannot be told apart by what the base is asked.
            alone = self._settled.config.settings.scenarios.workers == 1
            listening = (self._asking,) if variant.id == CONTROL and alone else ()
            session = partial(in_process, plugins=listening)
            perform(run, ("after", lambda run: phase.run_phase(run, Phase.AFTER, session=session)))
            outcome = decided(run, started)
        return self._with_asked(outcome, record) if listening else outcome

    def _with_asked(self, outcome: Outcome, path: Path) -> Outcome:
        """The outcome of the control, with what other rehearsals may spare themselves."""
        seen = read_record(path, verify=False).scenarios.values()
        asked = {item.id: sorted(self._asking.heard.get(item.nodeid, ())) for item in seen}
        return msgspec.structs.replace(outcome, asked=asked, record=str(path))

    def _seed(self, run: Run, stand: EmbeddedStand, variant: Variant) -> None:
        """A defect of the working release itself: it is there when the backup is taken."""
        self._changed(run, stand, variant)
        perform(run, ("backup", steps.backup), ("proof", steps.proof))

    def _working(self, record: Path, work: WorkFolder, stand: EmbeddedStand, variant: Variant) -> None:
        """A defect of the working release that scenarios must notice before the update; the update leaves it as it is."""
        with closing(RecordWriter.open(record)) as writer:
            self._changed(self._run(writer, work, stand), stand, variant)
        shutil.rmtree(record)
        self._first(record, work, stand)

    def _changed(self, run: Run, stand: EmbeddedStand, variant: Variant) -> None:
        """Puts a working release with the defect into the place of the right one; the data stay as they were."""
        steps.restore(run)
        stand.stop()
        with closing(self._base.open(stand.work / _BASE)) as infobase:
            infobase.replace_configuration(configuration(self._base.release, variant.changes, variant.id))
        stand.start()

    def close(self) -> None:
        """Stops the stand."""
        if self._stand is not None:
            self._stand.stop()
            self._stand = None

    def _started(self) -> EmbeddedStand:
        if self._stand is None:
            folder = self._settled.lane / "stand"
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            source = WorkFolder.of(self._settled.before).stand
            for name in _FILES:
                shutil.copy2(source / name, folder / name)
            serving = Serving(watch=self._asking.told)
            self._stand = EmbeddedStand(self._base, folder, serving=serving, deferred_seconds=PATIENCE)
        self._stand.start()
        return self._stand

    def _run(self, writer: RecordWriter, work: WorkFolder, stand: EmbeddedStand) -> Run:
        settled = self._settled
        access = stands.access(settled.config, stand, os.environ)
        return run_of(settled, writer, work, stand, access)
