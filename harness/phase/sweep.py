"""What the sweep checks in this run: everything but exclusions, in order of risk, as long as its budget lasts.

Both phases must see the same. The phase before takes objects in order of risk while there is time and writes down how far it came (a file
in the record for each scenario); the phase after takes exactly these, first those whose description the update changed. What was not
reached is said: as not checked, and as a finding when the release changed it.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from harness.record.files import safe_name, sha256, write_atomic
from harness.record.models import NotChecked, Phase, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from harness.basefile import SweepOptions
    from harness.observe.notes import Notes
    from harness.onec.edmx import Metadata
    from harness.phase.packs import Pack

_T = TypeVar("_T")
SHARES = {"data": 0.45, "balances": 0.15, "turnovers": 0.1, "reposting": 0.2, "timings": 0.1}
"""Parts of the budget by matter: what is not spent in one is not given to another, so that both phases need no more."""
LIMIT, SAMPLE = 200_000, 12
_LISTED = 20
"""Names in one sentence; all of them are in the plan."""
_MOVING = ("Document_", "AccumulationRegister_", "AccountingRegister_", "CalculationRegister_")
"""What an update's errors cost most in: documents and what they write."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How far the phase before came.

    Attributes:
        reached: objects that were taken, in order.
        left: objects there was no time for.
        described: object to a hash of its description at that time.
    """

    reached: list[str]
    left: list[str] = []
    described: dict[str, str] = {}


@dataclass(slots=True)
class Sweep:
    """The `sweep` fixture.

    Attributes:
        options: of the settings.
        pack: its roles under `sweep` stand where the settings say nothing.
        folder: of the record.
    """

    options: SweepOptions
    pack: Pack
    phase: Phase
    notes: Notes
    folder: Path

    @property
    def limit(self) -> int:
        """A set with more rows is only counted; 0 for no limit."""
        return int(self.pack.get("sweep.limit", LIMIT)) if self.options.limit is None else self.options.limit

    @property
    def sample(self) -> int:
        """Documents of a kind to post again."""
        return self.options.sample or int(self.pack.get("sweep.sample", SAMPLE))

    @property
    def seed(self) -> int:
        """Of the sample."""
        return self.options.seed

    @property
    def used(self) -> frozenset[str]:
        """Objects our scenarios and exchanges work with: everything the pack names."""
        return frozenset(str(value) for value in _leaves(self.pack.roles))

    @property
    def sessions(self) -> int:
        """Sessions to read with."""
        return self.options.sessions

    def chosen(self, names: Iterable[str]) -> tuple[str, ...]:
        """Names without excluded ones; each exclusion is noted as not checked, with its reason."""
        patterns = {str(item): "исключено пакетом имён" for item in self.pack.get("sweep.exclude", ())}
        patterns |= self.options.exclude
        kept: list[str] = []
        left: dict[str, list[str]] = {}
        for name in names:
            pattern = next((item for item in patterns if matches(name, item)), None)
            if pattern is None:
                kept.append(name)
            else:
                left.setdefault(pattern, []).append(name)
        for pattern, those in left.items():
            self._not_checked(those, "Исключено из проверок: {reason}", reason=patterns[pattern])
        return tuple(kept)

    def walk(
        self,
        matter: str,
        names: Iterable[str],
        metadata: Metadata,
        weigh: Callable[[Sequence[str]], Mapping[str, int]],
        *,
        only: Callable[[Sequence[str]], Sequence[str]] | None = None,
    ) -> Iterator[str]:
        """Objects to check now, most at risk first; notes what is not reached.

        Args:
            matter: one of `SHARES`.
            names: all objects there are, exclusions left out.
            metadata: of the publication, for what the update changed.
            weigh: rows of each object, asked only when there is a budget to spend.
            only: chooses some of them, in order, before the update; new objects are not looked at then.
        """
        wanted = list(names)
        path = self.folder / "sweep" / f"{safe_name(self.notes.scenario.id)}-{matter}.json"
        described = {name: description(metadata, name) for name in wanted}
        if self.phase is Phase.AFTER and path.exists():
            plan = msgspec.json.decode(path.read_bytes(), type=Plan)
            yield from self._as_before(plan, wanted, described, fresh=only is None)
            return
        if only is not None:
            order = list(only(wanted))
        else:
            order = self._by_risk(wanted, weigh) if self.options.budget else wanted
        until = time.monotonic() + self.options.budget * SHARES[matter]
        reached: list[str] = []
        for name in order:
            if self.options.budget and reached and time.monotonic() > until:
                break
            reached.append(name)
            yield name
        plan = Plan(reached=reached, left=order[len(reached) :], described=described)
        path.parent.mkdir(exist_ok=True)
        write_atomic(path, msgspec.json.encode(plan))
        self._not_checked(plan.left, _NO_TIME, seconds=f"{self.options.budget:g}")

    @property
    def before(self) -> bool:
        """Whether nothing was updated yet: what is found now is the working release's own."""
        return self.phase is Phase.BEFORE

    def remembered(self, matter: str, kind: type[_T], make: Callable[[], _T]) -> _T:
        """What was chosen before the update, for both phases to look at the same; made, and written into the record, when nothing was.

        Args:
            matter: short name within the scenario.
            kind: type of what is kept.
            make: chooses.
        """
        path = self.folder / "sweep" / f"{safe_name(self.notes.scenario.id)}-{matter}.json"
        if self.phase is Phase.AFTER and path.exists():
            return msgspec.json.decode(path.read_bytes(), type=kind)
        made = make()
        path.parent.mkdir(exist_ok=True)
        write_atomic(path, msgspec.json.encode(made))
        return made

    def new_columns(self, metadata: Metadata) -> Callable[[str, str], bool]:
        """Tells columns (set, name) that the phase before did not know; there are none in that phase itself."""

        def columns() -> dict[str, list[str]]:
            described = ((name, metadata.type_of(name)) for name in metadata.entity_sets)
            return {name: sorted(item.name for item in entity.properties) for name, entity in described if entity}

        known = {name: set(kept) for name, kept in self.remembered("columns", dict[str, list[str]], columns).items()}
        after = self.phase is Phase.AFTER
        return lambda name, column: after and column not in known.get(name, ())

    def _as_before(self, plan: Plan, wanted: list[str], described: Mapping[str, str], *, fresh: bool) -> Iterator[str]:
        """What the phase before took, what the update changed first; new objects last."""
        changed = {name for name in wanted if plan.described.get(name) not in (None, described[name])}
        present = set(wanted)
        taken = [name for name in plan.reached if name in present]
        yield from sorted(taken, key=lambda name: name not in changed)
        if fresh:
            yield from (name for name in wanted if name not in plan.described)
        self._not_checked(plan.left, _NO_TIME, seconds=f"{self.options.budget:g}")
        for name in sorted(changed.intersection(plan.left)):
            self.notes.finding(
                "CHANGED-NOT-REACHED",
                object=name,
                text="Релиз меняет «{name}», а до обновления времени на него не хватило: сравнить не с чем",
                severity="warning",
                advice="Увеличьте [sweep] budget или назовите объект в [sweep] changed",
                name=name,
            )

    def _by_risk(self, names: list[str], weigh: Callable[[Sequence[str]], Mapping[str, int]]) -> list[str]:
        used, rows = self.used, weigh(names)

        def risk(name: str) -> tuple[bool, float, str]:
            named = any(matches(name, pattern) for pattern in self.options.changed)
            owner = any(name == item or name.startswith(f"{item}_") for item in used)
            worth = math.log10(rows.get(name, 0) + 1) * (3 if name.startswith(_MOVING) else 1) + (10 if owner else 0)
            return not named, -worth, name

        return sorted(names, key=risk)

    def _not_checked(self, names: Sequence[str], text: str, **params: str) -> None:
        if not names:
            return
        shown = ", ".join(sorted(names)[:_LISTED]) + (f" и ещё {len(names) - _LISTED}" if len(names) > _LISTED else "")
        what = f"{self.notes.scenario.id}: {shown}"
        self.notes.not_checked.append(NotChecked(what=what, why=Text(msgid=text, params=params)))


_NO_TIME = "Не хватило времени, отведённого проверкам без сценария: {seconds} с"


def matches(name: str, pattern: str) -> bool:
    """Whether a name, or the object it is a part of, is meant by a pattern."""
    return name == pattern or fnmatchcase(name, pattern) or fnmatchcase(name, f"{pattern}_RecordType")


def description(metadata: Metadata, name: str) -> str:
    """A hash of what is published of a set: properties, types, functions."""
    entity = metadata.type_of(name)
    if entity is None:
        return ""
    functions = metadata.functions_of(entity.name).values()
    parts = [
        *sorted(f"{item.name}:{item.type}" for item in entity.properties),
        *sorted(f"{item.name}({','.join(sorted(part.name for part in item.arguments))})" for item in functions),
    ]
    return sha256("\n".join(parts).encode())[:16]


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item)
    else:
        yield value
