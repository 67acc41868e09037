"""What the sweep leaves out, and why: entries of [sweep] `exclude` and of the file `exclusions` names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from harness.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from harness.config.load import Config


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of the file; whoever leaves something unchecked says why."""

    objects: list[str]
    reason: str
    owner: str = ""


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file."""

    exclude: list[_Entry] = []


def exclusions(config: Config) -> dict[str, str]:
    """Pattern of names to the reason, of the settings and of the file.

    Raises:
        ConfigError: the file cannot be read, or an entry has no object or no reason.
    """
    settings = config.settings.sweep
    found = {}
    for line in settings.exclude:
        pattern, _, reason = line.partition(":")
        found[pattern.strip()] = reason.strip()
    if settings.exclusions:
        found |= load_exclusions(config.file(settings.exclusions))
    return found


def load_exclusions(path: Path) -> dict[str, str]:
    """Pattern of names to the reason and its owner.

    Raises:
        ConfigError: as `exclusions`.
    """
    try:
        content = msgspec.toml.decode(path.read_bytes(), type=_File)
    except OSError as error:
        raise ConfigError(
            "файл исключений не читается", place=str(path), hint="Проверьте [sweep] exclusions"
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"файл исключений записан не по правилам: {error}",
            place=str(path),
            hint='Пример: [[exclude]] objects = ["InformationRegister_Очередь*"] reason = "меняется сама"',
        ) from error
    found: dict[str, str] = {}
    for number, entry in enumerate(content.exclude, 1):
        if not entry.objects or not entry.reason.strip():
            raise ConfigError(
                f"у исключения {number} нет объектов или причины",
                place=str(path),
                hint="Непроверенное попадает в заключение вместе с причиной",
            )
        reason = entry.reason.strip() + (f" ({entry.owner})" if entry.owner else "")
        found |= dict.fromkeys(entry.objects, reason)
    return found
