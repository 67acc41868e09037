"""The folder two bases exchange messages through (transport FILE of БСП): names of its files, and the mark of a folder that is a stand's own.

Names are those of facts/exchanges.md 1.1. Source of the rest: data processor ТранспортСообщенийОбменаFILE of БСП 3.1.12. A message replaces
the one before it under the same name; who reads takes the newest file that is not empty, packed or not, and deletes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from urllib.parse import urlsplit
from urllib.request import url2pathname

MARK = ".readiness-stand"
"""A file that says: this folder was made for a stand. A base that is a stand exchanges through no other one."""
_GUID = 36


@dataclass(frozen=True, slots=True)
class SharedFolder:
    r"""A folder this machine and the base both see, under names of their own.

    Attributes:
        here: its path on this machine.
        seen_as: how the base names it: "/exchange", "\\server\share\exchange", "D:\exchange".
    """

    here: str
    seen_as: str

    @classmethod
    def checked(cls, here: Path, seen_as: str) -> SharedFolder:
        """The folder, both names looked at.

        Raises:
            ValueError: this machine's name is no folder, or the base's does not begin at a root; the message is for people.
        """
        if not here.is_dir():
            raise ValueError(f"{here} — не папка")
        shared = cls(str(here.absolute()), seen_as)
        if not shared.there.is_absolute():
            raise ValueError(
                f"имя каталога «{seen_as}» должно начинаться от корня: \\\\сервер\\ресурс, D:\\папка или /папка"
            )
        return shared

    @property
    def there(self) -> PurePath:
        """The folder as the base names it."""
        windows = "\\" in self.seen_as or self.seen_as[1:2] == ":"
        return (PureWindowsPath if windows else PurePosixPath)(self.seen_as)

    def seen(self, address: str) -> str:
        """A `file:` address of this machine as the base is told it; any other address as it is."""
        folder = folder_of(address)
        if folder is None or not folder.is_relative_to(self.here):
            return address
        return self.there.joinpath(*folder.relative_to(self.here).parts).as_uri()


def message_name(sender: str, receiver: str, prefix: str = "") -> str:
    """Name of a message's file without its ending.

    Args:
        sender: code of the base that wrote it.
        receiver: code of the base it is for.
        prefix: of the sender's base; it stands in the name where the code is a GUID.
    """
    parts = ("Message", prefix, sender, receiver) if len(sender) == _GUID and prefix else ("Message", sender, receiver)
    return "_".join(parts)


def is_message_of(name: str, sender: str, receiver: str) -> bool:
    """Whether a file's name is that of a message from one base to another, with whatever ending."""
    stem, point, _ending = name.rpartition(".")
    plain = f"Message_{sender}_{receiver}"
    coded = len(sender) == _GUID and stem.startswith("Message_") and stem.endswith(f"_{sender}_{receiver}")
    return bool(point) and (stem == plain or coded)


def folder_of(address: str) -> Path | None:
    """The folder a `file:` address names; None for any other address. A folder of another machine keeps that machine's name: `//server/share`."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme.lower() != "file":
        return None
    host = "" if parts.netloc.lower() == "localhost" else parts.netloc
    return Path(url2pathname(f"//{host}{parts.path}" if host else parts.path))


def is_marked(folder: Path) -> bool:
    """Whether a folder is a stand's own."""
    return folder.is_absolute() and (folder / MARK).is_file()
