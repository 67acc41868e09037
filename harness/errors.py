"""Every error the project raises on purpose, each with the exit code of the command and a hint.

The tree (exit codes of the contract: 2 wrong usage or configuration, 3 internal, 11 INCOMPLETE, 130 interrupted)::

    HarnessError                 3
    ├── UsageError               2   nothing was run
    │   ├── ConfigError          2   readiness.toml, acceptances.toml, a pack
    │   ├── ProductionError      2   an address that is listed under [production]
    │   ├── AddressError         2   nobody answers at the address that was configured
    │   ├── AccessError          2   user or password refused
    │   ├── DocumentError        2   a file that is not what it should be ($metadata, feed, exchange file)
    │   └── RecordError          2   a record of another version, or edited by hand
    ├── WriteRefusedError        2   the write guard stopped a request; nothing was sent
    ├── StandError              11   the stand's own trouble: licence, network, 5xx before 1C, HTML instead of JSON
    ├── AnswerError              1   1C answered, with an error of its own (code, status)
    │   └── RouteAbsentError     1   the base's readiness service has no such route
    ├── StepError               11   a step of the pipeline could not be done (backup, restore, update)
    └── InterruptedRunError    130   Ctrl-C
"""

from __future__ import annotations

import errno
from typing import ClassVar

_REASONS = {
    "ENOENT": "такого файла или папки нет",
    "EACCES": "нет прав доступа",
    "EPERM": "операционная система не разрешила",
    "EISDIR": "это папка, а не файл",
    "ENOTDIR": "часть пути — не папка",
    "EEXIST": "такой файл уже есть",
    "ENOTEMPTY": "папка не пуста",
    "ENOSPC": "на диске нет места",
    "EDQUOT": "исчерпана квота на диске",
    "EFBIG": "файл слишком велик для этого диска",
    "EROFS": "диск доступен только для чтения",
    "EIO": "ошибка чтения или записи диска",
    "ENOEXEC": "это не программа: нет первой строки #! или формат не тот",
    "ENAMETOOLONG": "слишком длинное имя",
    "EMFILE": "открыто слишком много файлов",
    "ENOMEM": "не хватает памяти",
    "ETXTBSY": "файл занят другой программой",
    "EBUSY": "файл занят другой программой",
    "ELOOP": "символические ссылки замкнуты в кольцо",
    "EADDRINUSE": "порт занят другой программой",
    "EADDRNOTAVAIL": "такого адреса у этого компьютера нет",
}


def reason(error: OSError) -> str:
    """Why the operating system refused, in Russian; its own words for what is not met every day."""
    name = errno.errorcode.get(error.errno or 0, "").removeprefix("WSA")
    return _REASONS.get(name) or error.strerror or str(error)


class HarnessError(Exception):
    """Base of all errors raised on purpose.

    Attributes:
        message: what happened, one sentence, in Russian, without secrets.
        place: where: file and line, key, address without user info; "" when there is none.
        hint: what to do now; "" when nothing can be said.
    """

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, place: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.hint = hint

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        advice = f"\n  → {self.hint}" if self.hint else ""
        return f"{where}{self.message}{advice}"


class UsageError(HarnessError):
    """Wrong usage or configuration; nothing was run."""

    exit_code = 2


class ConfigError(UsageError):
    """A configuration file says something it may not."""


class ProductionError(UsageError):
    """An address under [production] would have been touched."""


class AddressError(UsageError):
    """Nobody answers at a configured address."""


class AccessError(UsageError):
    """User or password refused by the base."""


class DocumentError(UsageError):
    """A file is not what it should be."""


class RecordError(UsageError):
    """A run record cannot be trusted or read."""


class WriteRefusedError(HarnessError):
    """The write guard stopped a request before it was sent."""

    exit_code = 2


class StandError(HarnessError):
    """The stand's own trouble, told apart from the product's.

    Attributes:
        status: HTTP status, 0 when there was no answer.
        words: the answer's own words, cleaned of markup and cut to a readable length.
    """

    exit_code = 11

    def __init__(self, message: str, *, place: str = "", hint: str = "", status: int = 0, words: str = "") -> None:
        super().__init__(message, place=place, hint=hint)
        self.status = status
        self.words = words


class AnswerError(HarnessError):
    """1C itself answered with an error.

    Attributes:
        status: HTTP status.
        code: code of `odata.error` as a string ("9", "-1"), "" for HTTP services.
    """

    exit_code = 1

    def __init__(self, message: str, *, place: str = "", hint: str = "", status: int = 500, code: str = "") -> None:
        super().__init__(message, place=place, hint=hint)
        self.status = status
        self.code = code


class RouteAbsentError(AnswerError):
    """The base's readiness service has no such route: an older or a partial one. Says nothing of the product."""


class StepError(HarnessError):
    """A step of the pipeline could not be done."""

    exit_code = 11


class InterruptedRunError(HarnessError):
    """The person pressed Ctrl-C."""

    exit_code = 130
