"""acceptances.toml: differences that are expected, each with a reason, an owner and an end."""

from __future__ import annotations

import re
from datetime import date
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import msgspec

from harness.errors import ConfigError
from harness.observe.conditions import Condition
from harness.record.models import Acceptance, DifferenceClass

if TYPE_CHECKING:
    from pathlib import Path

    from harness.observe.changes import Change
    from harness.record.models import Difference

CHANGES = ("*", "added", "removed", "changed", "structure")
"""What an acceptance may limit itself to."""
_RELEASE = re.compile(r"\d+(\.\d+)+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One [[acceptance]] as it is written."""

    id: str
    scenario: str
    reason: str
    owner: str
    until: str
    observation: str = "*"
    key: str = "*"
    column: str = "*"
    change: str = "*"
    condition: str = ""
    link: str = ""
    at_most: int = 0
    at_least: int = 0
    every: str = ""


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    acceptance: list[_Entry] = []


def load_acceptances(path: Path) -> list[Acceptance]:
    """Reads and checks acceptances.toml.

    Raises:
        ConfigError: no such file, or an entry that says too little, too much or nonsense.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            "Файл согласованных расхождений не читается", place=str(path), hint="Проверьте [acceptances] file"
        ) from error
    try:
        entries = msgspec.toml.decode(content.removeprefix(b"\xef\xbb\xbf"), type=_File).acceptance
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"Файл согласованных расхождений записан не по правилам: {error}",
            place=str(path),
            hint="У каждой записи [[acceptance]] должны быть id, scenario, reason, owner, until",
        ) from error
    seen: set[str] = set()
    for number, entry in enumerate(entries, start=1):
        _check(entry, f"{path}, запись {number} «{entry.id}»", seen)
    return [Acceptance(**msgspec.structs.asdict(entry)) for entry in entries]


def _check(entry: _Entry, place: str, seen: set[str]) -> None:
    for name in ("id", "scenario", "reason", "owner", "until"):
        if not getattr(entry, name).strip():
            raise ConfigError(f"У согласованного расхождения не заполнено {name}", place=place)
    if entry.id in seen:
        raise ConfigError("Обозначение согласованного расхождения занято дважды", place=place)
    seen.add(entry.id)
    if entry.change not in CHANGES:
        raise ConfigError(f"change — одно из {', '.join(CHANGES)}, а не «{entry.change}»", place=place)
    if entry.at_most < 0 or entry.at_least < 0:
        raise ConfigError("at_most и at_least не могут быть отрицательными", place=place)
    if entry.at_most and entry.at_least > entry.at_most:
        raise ConfigError(f"at_least {entry.at_least} больше, чем at_most {entry.at_most}", place=place)
    if not _is_date(entry.until, place) and not _RELEASE.fullmatch(entry.until):
        raise ConfigError(
            f"until — дата или релиз, а не «{entry.until}»", place=place, hint='Например "2026-12-31" или "2.0.16"'
        )
    Condition(entry.condition, f"{place}, condition")
    Condition(entry.every, f"{place}, every")


def _is_date(text: str, place: str = "") -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"until — такой даты нет: {text}", place=place) from error
    return True


def expired(acceptance: Acceptance, *, on: date, release: str) -> bool:
    """Whether an acceptance is over: its date is past on the day of the run, or the update goes beyond its release.

    Args:
        acceptance: the acceptance.
        on: day of the run.
        release: release the update leads to, "" when nobody knows (then a release never expires).
    """
    if _is_date(acceptance.until):
        return on > date.fromisoformat(acceptance.until)
    return bool(release) and _version(release) > _version(acceptance.until)


def _version(release: str) -> tuple[int, ...]:
    numbers = [int(part) for part in re.findall(r"\d+", release)]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


class Matcher:
    """One acceptance, asked of many changes."""

    def __init__(self, acceptance: Acceptance) -> None:
        self.acceptance = acceptance
        self._condition = Condition(acceptance.condition, acceptance.id)
        self.every = Condition(acceptance.every, acceptance.id) if acceptance.every.strip() else None
        self._named = any(part.strip("*?") for part in (acceptance.key, acceptance.column))

    def concerns(self, difference: Difference) -> bool:
        """Whether it may cover anything of a difference."""
        return self.about(difference.scenario, difference.observation)

    def about(self, scenario: str, observation: str) -> bool:
        """Whether it is about an observation."""
        return fnmatchcase(scenario, self.acceptance.scenario) and fnmatchcase(observation, self.acceptance.observation)

    def at(self, key: str) -> bool:
        """Whether it is about a row."""
        return fnmatchcase(key, self.acceptance.key)

    def covers(self, difference: Difference, change: Change) -> bool:
        """Whether it covers a change of that difference.

        A change of structure is covered only by an acceptance that is about structure or names what changed: one for values
        must not hide a lost column.
        """
        wanted = self.acceptance.change
        structure = difference.cls is DifferenceClass.STRUCTURE
        if structure and wanted != "structure" and not self._named:
            return False
        fits = structure if wanted == "structure" else wanted in ("*", change.change)
        return (
            fits
            and fnmatchcase(change.column, self.acceptance.column)
            and fnmatchcase(change.key, self.acceptance.key)
            and self._condition.holds(change)
        )
