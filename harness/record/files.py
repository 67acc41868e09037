"""Files of a record: safe names, atomic writing, hashes."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import unicodedata
from pathlib import Path

_UNSAFE = re.compile(r'[\x00-\x1f<>:"/\\|?*\s]+')
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_LONGEST = 80


def safe_name(name: str) -> str:
    """A file name that every operating system takes; names that had to be altered get a mark of the original's hash.

    Two names that differ in more than case never become one; those who hand out names refuse such twins.
    """
    safe = _UNSAFE.sub("_", unicodedata.normalize("NFC", name)).strip("._")[:_LONGEST]
    if safe == name and not _RESERVED.match(safe):
        return safe
    mark = hashlib.sha256(name.encode("utf-8")).hexdigest()[:8]
    return f"{safe or 'x'}-{mark}"


def sha256(content: bytes) -> str:
    """Hex digest of bytes."""
    return hashlib.sha256(content).hexdigest()


def sha256_file(path: Path) -> str:
    """Hex digest of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomic(path: Path, content: bytes) -> None:
    """Writes a file so that a reader sees the old one or the new one, whole, also after a kill."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)  # noqa: PTH101 - mkstemp gives a string; a record is handed to other people
        os.replace(temporary, path)  # noqa: PTH105 - same
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
