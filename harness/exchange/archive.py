"""Archives of exchanges: one XML in a zip, a catalogue with its pictures. Read in memory, within bounds, never onto the disk.

No path leads out (absolute, "..", a drive, a link), no bomb unfolds: sizes are counted while unpacking and not taken from the
archive's own table, which lies in a bomb.
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from harness.exchange.problems import FormatError
from harness.exchange.problems import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNATURE = b"PK\x03\x04"
_FILES = 20_000
_TOTAL = 512 * 2**20
_RATIO = 200
_PIECE = 1 << 16
_FREE = 1 << 20
"""Bytes below which the ratio does not count: a small file of equal lines packs well."""


def is_archive(data: bytes) -> bool:
    """Whether the first bytes are those of a zip."""
    return data[:4] in (SIGNATURE, b"PK\x05\x06")


def files(data: bytes, place: str, limit: int = _TOTAL) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the files of an archive, in its order; folders are left out.

    Args:
        data: the archive.
        place: what to name in an error.
        limit: bytes all files together may have.

    Raises:
        DocumentError: no archive, damaged, encrypted, a name that leads out, too many files, too large.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > _FILES:
                raise FormatError(_("в архиве больше {number} файлов"), place=place, number=_FILES)
            left = limit
            for entry in entries:
                name = safe_name(entry, place)
                if entry.is_dir():
                    continue
                content = _content(archive, entry, f"{place}/{name}", left)
                left -= len(content)
                yield name, content
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise FormatError(_("архив повреждён: {error}"), place=place, error=error) from error


def safe_name(entry: zipfile.ZipInfo, place: str) -> str:
    """The name of an entry when it stays inside the folder it is unpacked to.

    Raises:
        DocumentError: it leads out, or is a link.
    """
    name = entry.filename.replace("\\", "/")
    parts = PurePosixPath(name).parts
    link = stat.S_ISLNK(entry.external_attr >> 16)
    if not parts or name.startswith("/") or ".." in parts or ":" in name or link or "\x00" in entry.orig_filename:
        raise FormatError(
            _("имя «{name}» в архиве ведёт за пределы папки"),
            place=place,
            hint=_("архив обмена таких имён не содержит: не распаковывайте его"),
            name=entry.filename,
        )
    return "/".join(parts)


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, place: str, left: int) -> bytes:
    if entry.flag_bits & 1:
        raise FormatError(_("файл в архиве зашифрован"), place=place)
    allowed = min(left, max(entry.compress_size * _RATIO, _FREE))
    out = bytearray()
    with archive.open(entry) as file:
        while piece := file.read(_PIECE):
            out += piece
            if len(out) > allowed:
                raise FormatError(
                    _("файл в архиве разворачивается больше чем в {number} МБ: похоже на архивную бомбу"),
                    place=place,
                    number=max(1, allowed // 2**20),
                )
    return bytes(out)


def single_file(data: bytes, place: str, limit: int = _TOTAL) -> bytes:
    """Content of an archive that holds one file.

    Raises:
        DocumentError: as `files`; none or several files.
    """
    found = [content for _name, content in files(data, place, limit)]
    if len(found) != 1:
        raise FormatError(_("в архиве {number} файлов, ожидается один"), place=place, number=len(found))
    return found[0]
