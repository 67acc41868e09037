"""A folder two bases exchange messages through, and the files a correspondent leaves in it: also those of real life that are wrong.

It belongs to the harness and carries the mark of a stand: a base that is a stand touches no other (harness/onec/exchange_folder.py). The base may
work under another user than the harness, so the folder and its files are open to all: who may come here is decided by the folder it lies in.
"""

from __future__ import annotations

import io
import os
import zipfile
from typing import TYPE_CHECKING, Self

from harness.exchange import archive
from harness.onec.exchange_folder import MARK, is_message_of, message_name

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


class ExchangeFolder:
    """The folder; a context manager that makes it.

    Args:
        path: where; made when absent, and removed by whoever gave the path.
    """

    name = "каталог обмена"
    user = password = ""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._clock = 0
        self._lines: list[str] = []

    def __enter__(self) -> Self:
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o777)
        mark = self.path / MARK
        mark.write_text("Каталог обмена стенда\n", encoding="utf-8")
        mark.chmod(0o644)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leaves the folder to whoever gave its path."""

    @property
    def address(self) -> str:
        """What a base is told."""
        return self.path.as_uri()

    def put(self, sender: str, receiver: str, content: bytes, *, packed: bool = False) -> None:
        """Leaves a message as a correspondent does: in place of the one before it, newer than all others."""
        name = message_name(sender, receiver)
        self._write(f"{name}.zip" if packed else f"{name}.xml", _packed(f"{name}.xml", content) if packed else content)

    def put_half(self, sender: str, receiver: str, content: bytes, *, packed: bool = False) -> None:
        """Leaves half of a message's file: the correspondent, or the disk, gave up in the middle."""
        name = message_name(sender, receiver)
        whole = _packed(f"{name}.xml", content) if packed else content
        self._write(f"{name}.zip" if packed else f"{name}.xml", whole[: len(whole) // 2])

    def _write(self, name: str, content: bytes) -> None:
        file = self.path / name
        file.write_bytes(content)
        file.chmod(0o644)
        # Clocks of file systems are coarse; the order in which files came is not to depend on them.
        newest = max((item.stat().st_mtime_ns for item in self._files()), default=0)
        os.utime(file, ns=(newest + 1_000_000_000, newest + 1_000_000_000))
        self._note(f"положен {name}, {len(content)} байт")

    def take(self, sender: str, receiver: str) -> bytes:
        """The newest message of a base to another, unpacked; b"" when there is none.

        Raises:
            DocumentError: the archive is damaged.
        """
        found = [item for item in self._files() if is_message_of(item.name, sender, receiver)]
        if not found:
            return b""
        file = max(found, key=lambda item: item.stat().st_mtime_ns)
        content = file.read_bytes()
        self._note(f"прочитан {file.name}, {len(content)} байт")
        if not archive.is_archive(content):
            return content
        return next((data for name, data in archive.files(content, file.name) if name.endswith(".xml")), b"")

    def names(self) -> list[str]:
        """Names of the files in it, without the mark."""
        return sorted(item.name for item in self._files())

    def log(self) -> str:
        """What was done with it, and what is in it now."""
        return "\n".join([*self._lines, f"файлы: {', '.join(self.names()) or 'нет'}"]) + "\n"

    def _note(self, line: str) -> None:
        self._clock += 1
        self._lines.append(f"{self._clock} {line}")

    def _files(self) -> list[Path]:
        return [item for item in self.path.iterdir() if item.is_file() and item.name != MARK]


def _packed(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, content)
    return buffer.getvalue()
