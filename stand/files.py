"""Files of a stand: private ones, and backups that must still be what they were."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from harness.errors import DocumentError, StepError

if TYPE_CHECKING:
    from pathlib import Path

    from stand.protocol import Backup


def digest_of(path: Path) -> str:
    """sha256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_private(path: Path, content: bytes) -> None:
    """Writes a file that only its owner may read, from its first moment on."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def whole_backup(backup: Backup) -> Path:
    """The file of a backup, unchanged since it was taken.

    Raises:
        StepError: it is not there.
        DocumentError: it is another file by now.
    """
    if backup.path is None or not backup.path.is_file():
        raise StepError("файла резервной копии нет", place=str(backup.path or ""))
    if backup.digest and digest_of(backup.path) != backup.digest:
        raise DocumentError("файл резервной копии изменился после снятия", place=str(backup.path))
    return backup.path
