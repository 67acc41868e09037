"""The base's side of a folder two bases exchange messages through: transport FILE of БСП (harness/onec/exchange_folder.py).

Only a folder that carries the stand's mark is touched: a copy that reads and writes production's folder takes away its messages.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.onec.exchange_folder import folder_of, is_marked, is_message_of, message_name
from stand.emulator.exchanging.common import ExchangeError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["MessageFolder", "checked"]

_LARGEST = 256 * 1024 * 1024
"""Bytes of a message, unpacked."""
_LATIN = str.maketrans(
    {
        **dict(zip("АБВГДЕЗИЙКЛМНОПРСТУФЫЭ", "ABVGDEZIYKLMNOPRSTUFYE", strict=True)),
        "Ё": "E", "Ж": "ZH", "Х": "KH", "Ц": "TS", "Ч": "CH", "Ш": "SH", "Щ": "SCH", "Ъ": "", "Ь": "", "Ю": "YU", "Я": "YA",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MessageFolder:
    """The folder, as one base with one correspondent uses it.

    Attributes:
        table: the exchange's description; keys used: `transliterates_names`, `compresses_messages`, `reads_archives`, `takes_first_file`.
    """

    path: Path
    own: str
    peer: str
    table: Mapping[str, object]

    @classmethod
    def at(cls, address: str, own: str, peer: str, table: Mapping[str, object]) -> MessageFolder:
        """The folder of a `file:` address.

        Raises:
            ExchangeError: it does not exist, or is not the stand's.
        """
        return cls(checked(address), own, peer, table)

    def send(self, content: bytes) -> str:
        """Puts our message in place of the one before; the name of its file.

        Raises:
            ExchangeError: the folder cannot be written.
        """
        name = message_name(self.own, self.peer, str(self.table.get("prefix", "")))
        if self.table.get("transliterates_names"):
            name = name.upper().translate(_LATIN)
        packed = bool(self.table.get("compresses_messages"))
        file = self.path / f"{name}{'.zip' if packed else '.xml'}"
        if file.parent != self.path or file.name in (".xml", ".zip"):
            raise ExchangeError("folder", f"Код узла «{self.peer}» не годится для имени файла сообщения")
        try:
            # БСП deletes the old file and copies the new one; here nobody ever sees half of it.
            part = file.with_suffix(".part")
            part.write_bytes(_packed(f"{name}.xml", content) if packed else content)
            part.chmod(0o644)  # the other base is another user
            part.replace(file)
        except OSError as error:
            raise ExchangeError("folder", "Ошибка записи файла в каталог обмена информацией") from error
        return file.name

    def receive(self) -> tuple[str, bytes]:
        """The correspondent's newest message: the name of its file and its content.

        Raises:
            ExchangeError: there is none, or it cannot be unpacked.
        """
        files = [item for item in self._files() if item.stat().st_size]
        if self.table.get("takes_first_file"):
            file = min(files, key=lambda item: item.name, default=None)
        else:
            file = max(files, key=lambda item: item.stat().st_mtime_ns, default=None)
        if file is None:
            raise ExchangeError(
                "file",
                "В каталоге обмена информацией не был обнаружен файл сообщения с данными."
                f" Имя файла сообщения обмена: «{message_name(self.peer, self.own)}.*»",
            )
        try:
            content = file.read_bytes()
        except OSError as error:
            raise ExchangeError("file", f"Файл сообщения {file.name} не читается") from error
        return file.name, _unpacked(content) if file.suffix.lower() == ".zip" else content

    def _files(self) -> list[Path]:
        endings = (".xml", ".zip") if self.table.get("reads_archives", True) else (".xml",)
        return [
            item
            for item in self.path.iterdir()
            if item.suffix.lower() in endings and is_message_of(item.name, self.peer, self.own) and item.is_file()
        ]


def checked(address: str) -> Path:
    """The folder of a `file:` address, when it is the stand's own.

    Raises:
        ExchangeError: it does not exist, or is not the stand's: nothing was read or written.
    """
    folder = folder_of(address)
    if folder is None or folder.as_posix().startswith("//"):
        raise ExchangeError("outward", f"Каталог обмена {address} не на этом компьютере, ничего не записано")
    if not folder.is_dir():
        raise ExchangeError("folder", "Ошибка подключения: Каталог обмена информацией не существует.")
    if not is_marked(folder):
        raise ExchangeError(
            "outward",
            f"Работа с внешними ресурсами заблокирована: каталог обмена {folder} не является каталогом стенда, ничего не записано",
        )
    return folder


def _packed(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def _unpacked(content: bytes) -> bytes:
    """The one message of an archive, read in memory."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = next((item for item in archive.infolist() if item.filename.lower().endswith(".xml")), None)
            if found is None:
                raise ExchangeError("file", "Архив не содержит файл сообщения обмена")
            with archive.open(found) as stream:
                message = stream.read(_LARGEST + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise ExchangeError("file", "Ошибка при распаковке сжатого файла сообщения") from error
    if len(message) > _LARGEST:
        raise ExchangeError("file", "Файл сообщения обмена слишком велик")
    return message
