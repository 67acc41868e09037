"""What a pytest process knows of the phase it runs, from options and from the process that started it."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from harness.basefile import BaseFile, read_base_file
from harness.errors import HarnessError
from harness.phase.outcomes import not_checked
from harness.phase.packs import Pack, load_pack
from harness.record.models import Phase, Text
from harness.record.reader import read_record

if TYPE_CHECKING:
    from harness.observe.pseudonyms import Pseudonyms
    from harness.observe.renderer import Renderer
    from harness.phase.access import Bases
    from harness.record.events import Excluded

ENVIRONMENT = "READINESS_BASE"
"""Path of a base file for `pytest scenarios` by hand."""
_DONE, _CRASHED = "readiness_done", "readiness_crashed"
"""Keys of a worker's input: what is finished already, and what its predecessors died of."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days a scenario looks at, both included."""

    start: date
    end: date


@dataclass(slots=True)
class Context:
    """State of one pytest process.

    Attributes:
        record: folder of the record, None when scenarios are run by hand.
        info: the base under test, None when nobody told.
        worker: "gw0" … in a worker of xdist, "" elsewhere.
        done: ids of scenarios that were finished before this session began.
        crashed: tests whose worker died, by node id: xdist hands the rest of their group, and them, to the next worker.
        idle: scenarios were left out because nobody told which base to check.
    """

    record: Path | None
    phase: Phase
    info: BaseFile | None
    info_path: Path | None
    worker: str
    done: frozenset[str]
    crashed: set[str] = field(default_factory=set)
    idle: bool = False
    problems: list[Text] = field(default_factory=list)
    excluded: list[Excluded] = field(default_factory=list)
    _folder: Path | None = None
    _bases: Bases | None = None
    _pack: Pack | None = None
    _pseudonyms: Pseudonyms | None = None
    _renderer: Renderer | None = None

    @property
    def folder(self) -> Path:
        """Where observations go: the record, or a temporary folder."""
        if self._folder is None:
            self._folder = self.record or Path(tempfile.mkdtemp(prefix="readiness-"))
        return self._folder

    @property
    def bases(self) -> Bases:
        """Ways into the base."""
        from harness.phase.access import Bases

        if self._bases is None:
            self._bases = Bases(self._known())
        return self._bases

    @property
    def pack(self) -> Pack:
        """Names of the configuration."""
        if self._pack is None:
            path = self._known().pack
            self._pack = load_pack(Path(path)) if path else Pack()
        return self._pack

    @property
    def period(self) -> Period:
        """Days to look at; not checked when nobody told."""
        info = self._known()
        if not info.period_start or not info.period_end:
            not_checked("Не задан период сравнения: раздел [period]")
        return Period(date.fromisoformat(info.period_start), date.fromisoformat(info.period_end))

    @property
    def pseudonyms(self) -> Pseudonyms:
        """Pseudonyms with the key that both phases share."""
        from harness.observe.pseudonyms import Pseudonyms, load_key

        if self._pseudonyms is None:
            path = self._known().key_file
            beside = (self.info_path or self.folder).parent / "readiness-pseudonyms.key"
            self._pseudonyms = Pseudonyms(load_key(Path(path) if path else beside))
        return self._pseudonyms

    @property
    def renderer(self) -> Renderer:
        """What draws pages; its browser starts with the first of them."""
        from harness.observe.renderer import Renderer

        if self._renderer is None:
            info = self.info
            self._renderer = Renderer(info.browser, wanted=info.pages == "pictures") if info else Renderer()
        return self._renderer

    def close(self) -> None:
        """Closes sessions, stops the browser and removes what lies outside of the record."""
        if self._renderer is not None:
            self._renderer.close()
        if self._bases is not None:
            self._bases.close()
        if self.record is None and self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _known(self) -> BaseFile:
        if self.info is None:
            not_checked("Не сказано, какую базу проверять: --readiness-base ФАЙЛ")
        return self.info


CONTEXT = pytest.StashKey[Context]()


def make_context(config: pytest.Config) -> Context:
    """Reads options and files.

    Raises:
        pytest.UsageError: options that do not fit together, or a file that cannot be read.
    """
    record, phase = config.getoption("readiness_record"), config.getoption("readiness_phase")
    if record and not phase:
        raise pytest.UsageError("--readiness-record требует --readiness-phase before или after")
    path = config.getoption("readiness_base") or os.environ.get(ENVIRONMENT, "")
    workerinput: dict[str, str] = getattr(config, "workerinput", {})
    try:
        info = read_base_file(Path(path)) if path else None
        done = _done(record, phase, workerinput)
    except HarnessError as error:
        raise pytest.UsageError(str(error)) from error
    return Context(
        record=Path(record).resolve() if record else None,
        phase=Phase(phase or Phase.BEFORE),
        info=info,
        info_path=Path(path).resolve() if path else None,
        worker=workerinput.get("workerid", ""),
        done=done,
        crashed=msgspec.json.decode(workerinput.get(_CRASHED, "[]"), type=set[str]),
    )


def _done(record: str, phase: str, workerinput: dict[str, str]) -> frozenset[str]:
    if _DONE in workerinput:
        # A worker that replaces a dead one must collect what the others collected, whatever was finished meanwhile.
        return msgspec.json.decode(workerinput[_DONE], type=frozenset[str])
    if not record:
        return frozenset()
    return read_record(Path(record), verify=False).phases[Phase(phase)].done


def tell_worker(context: Context, workerinput: dict[str, str]) -> None:
    """Hands a worker what it must not find out for itself."""
    workerinput[_DONE] = msgspec.json.encode(sorted(context.done)).decode("utf-8")
    workerinput[_CRASHED] = msgspec.json.encode(sorted(context.crashed)).decode("utf-8")
