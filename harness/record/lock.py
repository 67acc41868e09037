"""A lock between processes on a byte of an open file, on Linux, macOS and Windows.

The byte lies far behind the end of any journal, so that Windows, where locks are mandatory, never hides data from readers,
and no lock file has to be left in a record.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FAR = 1 << 40
"""Offset of the locked byte; only Windows looks at it."""

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        while True:
            os.lseek(descriptor, _FAR, os.SEEK_SET)
            try:
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            except OSError:  # somebody else has it: LK_LOCK would give up after ten seconds
                time.sleep(0.01)
            else:
                return

    def _try(descriptor: int) -> None:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)

    def _try(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


@contextmanager
def locked(descriptor: int) -> Iterator[None]:
    """Waits for the file's lock and holds it; the operating system gives it back when the process dies."""
    _lock(descriptor)
    try:
        yield
    finally:
        _unlock(descriptor)


def held(path: Path) -> bool:
    """Whether a living process holds the lock of a file now."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        _try(descriptor)
    except OSError:
        return True
    else:
        _unlock(descriptor)
        return False
    finally:
        os.close(descriptor)
