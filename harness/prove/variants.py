"""Variants of an update: seeded defects the suite must notice, and harmless changes it must let pass. Data of `fixtures/defects` and `fixtures/harmless`.

A defect::

    id = "report-total-kopeck"
    title = "Итог отчёта расходится со строками на копейку"
    breaks = "Итог по колонке «Выручка» больше суммы строк на 0,01."
    area = "report"
    expect = { scenario = "reports", words = ["ВаловаяПрибыль", "Выручка"] }

    [[change]]
    set = "reports/ВаловаяПрибыль/totals/Выручка"
    value = "whole('Выручка') + 0.01"

`expect.scenario`: an area folder of the scenarios ("reports"), "run" for the steps of the run itself, or an id of a scenario; a list means any of
them. `expect.words`: the message must hold all of them, so that it names the place. `when = "before"` seeds the defect into the working release
(a backup that cannot be restored; with a scenario expected, both phases run on it anew and the update leaves it as it is); otherwise it comes
with the update. A harmless change has `why` in place of `breaks`, and `verdict`: the worst
verdict it may come to, "GO" when nothing should be said of it at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from harness.errors import ConfigError, UsageError
from harness.record.models import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

RUN = "run"
"""Where the steps of the run notice something themselves: backup, proof, update."""
AREAS = {"exchanges": "exchange", "reports": "report", "flows": "flow", "operations": "operation", "sweep": "sweep"}
"""Folder of scenarios to their area."""
CONTROL = "nothing-changed"
"""The harmless change that is none: what is said of it is said of everything."""


class Kind(StrEnum):
    """What a variant is seeded for."""

    DEFECT = "defect"
    HARMLESS = "harmless"


@dataclass(frozen=True, slots=True)
class Variant:
    """One update of its own making.

    Attributes:
        about: what it breaks, or why it is harmless.
        area: of the defect: what of the business it is about.
        scenarios: who must notice it: folders of scenarios, RUN, ids.
        words: what a message that names the place holds.
        limit: the worst verdict a harmless change may come to.
        changes: operations on the data tree of the company (`stand.emulator.behaviour.patches`).
        early: seeded before the update.
    """

    id: str
    title: str
    kind: Kind
    about: str = ""
    area: str = ""
    scenarios: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    limit: Verdict = Verdict.CONDITIONS
    changes: tuple[dict[str, Any], ...] = ()
    early: bool = False


class _Expect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    scenario: str | list[str]
    words: list[str]


class _Defect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    title: str
    breaks: str
    area: str
    expect: _Expect
    when: str = "after"
    change: list[dict[str, Any]]


class _Harmless(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    title: str
    why: str
    verdict: str = Verdict.CONDITIONS.value
    change: list[dict[str, Any]] = []


_T = TypeVar("_T", _Defect, _Harmless)


def load_variants(defects: Path, harmless: Path) -> list[Variant]:
    """Everything seeded, defects first; the control is the first harmless one.

    Raises:
        ConfigError: a file that is not what it should be; names it.
    """
    found = [_defect(path) for path in sorted(defects.glob("*.toml"))]
    found += [_harmless(path) for path in sorted(harmless.glob("*.toml"))]
    return sorted(found, key=lambda item: (item.kind, item.id != CONTROL, item.id))


def chosen(variants: Sequence[Variant], only: Iterable[str]) -> list[Variant]:
    """The variants asked for by id; all of them when nothing was asked.

    Raises:
        UsageError: an id nobody has.
    """
    from difflib import get_close_matches
    from fnmatch import fnmatchcase

    patterns = list(only)
    if not patterns:
        return list(variants)
    for pattern in patterns:
        if not any(fnmatchcase(item.id, pattern) for item in variants):
            near = get_close_matches(pattern, [item.id for item in variants], n=1)
            raise UsageError(
                f"нет изменения «{pattern}»",
                place="--only",
                hint=f"может быть, {near[0]}?" if near else "список: readiness prove --list",
            )
    return [item for item in variants if any(fnmatchcase(item.id, pattern) for pattern in patterns)]


def _defect(path: Path) -> Variant:
    read = _read(path, _Defect)
    where = [read.expect.scenario] if isinstance(read.expect.scenario, str) else read.expect.scenario
    if not where or not read.expect.words or not read.change:
        raise ConfigError("нужны expect.scenario, expect.words и хотя бы одно [[change]]", place=str(path))
    if read.when not in ("before", "after"):
        raise ConfigError(f"when: before или after, а не «{read.when}»", place=str(path))
    return Variant(
        id=read.id,
        title=read.title,
        kind=Kind.DEFECT,
        about=read.breaks,
        area=read.area,
        scenarios=tuple(where),
        words=tuple(read.expect.words),
        changes=tuple(read.change),
        early=read.when == "before",
    )


def _harmless(path: Path) -> Variant:
    read = _read(path, _Harmless)
    allowed = (Verdict.GO, Verdict.CONDITIONS)
    if read.verdict not in {item.value for item in allowed}:
        raise ConfigError("verdict: GO или GO WITH CONDITIONS", place=str(path))
    return Variant(
        id=read.id,
        title=read.title,
        kind=Kind.HARMLESS,
        about=read.why,
        limit=Verdict(read.verdict),
        changes=tuple(read.change),
    )


def _read(path: Path, model: type[_T]) -> _T:
    try:
        read = msgspec.toml.decode(path.read_bytes(), type=model)
    except OSError as error:
        raise ConfigError("файл не читается", place=str(path)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"описание записано не по правилам: {error}", place=str(path)) from error
    if read.id != path.stem:
        raise ConfigError(f"id «{read.id}» не равен имени файла", place=str(path))
    return read
