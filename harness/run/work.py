"""The work folder of a run: what must outlive a kill and must not get into the record (bases, backups, passwords, keys).

It lies beside the record (`NAME.work` beside `NAME`), readable for its owner only, and goes away when the run is complete.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import msgspec

from harness.errors import UsageError
from stand.files import write_private

if TYPE_CHECKING:
    from pathlib import Path

SUFFIX = ".work"
_YOUNG = 3600.0
_ORIGIN = "run.json"


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """How the run was started, so that `--resume` needs no other argument.

    Attributes:
        config: path of readiness.toml.
        overrides: settings of the command line.
        digest: of the settings file.
    """

    config: str
    overrides: dict[str, str] = {}
    digest: str = ""


@dataclass(frozen=True, slots=True)
class WorkFolder:
    """Paths inside a work folder."""

    path: Path

    @classmethod
    def of(cls, record: Path) -> Self:
        """The work folder of a record."""
        return cls(record.with_name(record.name + SUFFIX))

    def create(self) -> None:
        """Makes the folder; others may not look inside."""
        self.path.mkdir(parents=True, mode=0o700)

    def remove(self) -> None:
        """Deletes the folder with everything in it."""
        shutil.rmtree(self.path, ignore_errors=True)

    @property
    def stand(self) -> Path:
        """Files of an embedded stand; state of an external one."""
        return self.path / "stand"

    @property
    def base_file(self) -> Path:
        """Addresses and passwords for the pytest processes."""
        return self.path / "base.json"

    @property
    def key_file(self) -> Path:
        """Key of the pseudonyms of personal data."""
        return self.path / "pseudonyms.key"

    def log(self, phase: str) -> Path:
        """Output of the pytest process of a phase."""
        return self.path / f"pytest-{phase}.log"

    def write_private(self, path: Path, content: bytes) -> None:
        """Writes a file that only its owner may read, from its first moment on."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(path, content)

    def keep_origin(self, origin: Origin) -> None:
        """Remembers how the run was started."""
        self.write_private(self.path / _ORIGIN, msgspec.json.encode(origin))

    def origin(self) -> Origin:
        """How the run was started.

        Raises:
            UsageError: the work folder is not there (the run is complete, or the folder was moved without it).
        """
        try:
            return msgspec.json.decode((self.path / _ORIGIN).read_bytes(), type=Origin)
        except (OSError, msgspec.DecodeError) as error:
            raise UsageError(
                "продолжить нельзя: рабочей папки этого прогона нет",
                place=str(self.path),
                hint="завершённый прогон не продолжают; для нового заключения начните новый: readiness run",
            ) from error


def remove_abandoned(parent: Path) -> None:
    """Deletes work folders of runs that were killed before they had a record: nothing can go on with them.

    Younger ones than an hour stay: a run may be about to begin there. So do folders that only happen to be named so.
    """
    for path in parent.glob(f"*{SUFFIX}"):
        record = path.with_name(path.name.removesuffix(SUFFIX))
        work = WorkFolder(path)
        ours = (path / _ORIGIN).is_file() and not (record / "record.json").exists()
        with suppress(UsageError, OSError):  # somebody works there, or another run is sweeping too
            if ours and time.time() - path.stat().st_mtime > _YOUNG:
                with RunLock(work):
                    pass
                work.remove()


class RunLock:
    """Lets one process only go on with a run; the operating system frees it when the process dies."""

    def __init__(self, work: WorkFolder) -> None:
        self._path = work.path / "lock"
        self._descriptor = -1

    def __enter__(self) -> Self:
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock_or_fail(self._descriptor)
        except OSError as error:
            os.close(self._descriptor)
            raise UsageError(
                "этот прогон уже идёт в другом процессе", place=str(self._path), hint="дождитесь его конца"
            ) from error
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            os.close(self._descriptor)


if sys.platform == "win32":
    import msvcrt

    def _lock_or_fail(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock_or_fail(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
