"""Harmless changes tried together: what all of them may do, one of them may do, and a rehearsal costs seconds.

Changes with the same limit go into one update. When it stays within the limit, none of them raised anything; when it does not, or cannot be made,
every one is tried alone, so that a false alarm has a name. The result says which were tried together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from harness.prove.variants import Kind, Variant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.prove.results import Trial
    from harness.record.models import Verdict

SIZE = 6
"""Changes of one group: few enough that a false alarm costs few rehearsals more."""
_FAULTS = "faults"


def grouped(variants: Sequence[Variant]) -> tuple[list[Variant], dict[str, list[Variant]]]:
    """What is to be rehearsed, and the members of the groups among it by id: defects alone, harmless changes in groups."""
    alone: list[Variant] = []
    waiting: dict[Verdict, list[Variant]] = {}
    for item in variants:
        if item.kind is Kind.HARMLESS and item.changes and not _of_answers(item):
            waiting.setdefault(item.limit, []).append(item)
        else:
            alone.append(item)
    groups: dict[str, list[Variant]] = {}
    units: list[Variant] = []
    for limit, items in waiting.items():
        for start in range(0, len(items), SIZE):
            members = items[start : start + SIZE]
            if len(members) == 1:
                alone += members
                continue
            name = f"harmless-{len(groups) + 1}"
            groups[name] = members
            changes = tuple(change for item in members for change in item.changes)
            units.append(
                Variant(name, ", ".join(item.id for item in members), Kind.HARMLESS, limit=limit, changes=changes)
            )
    return [*alone, *units], groups


def _of_answers(variant: Variant) -> bool:
    """Delays of answers would add up."""
    return any(str(change.get("add", "")) == _FAULTS for change in variant.changes)


def members_of(trial: Trial, groups: Mapping[str, Sequence[Variant]]) -> list[Trial]:
    """A trial of each member of a group that held."""
    members = groups[trial.id]
    share = trial.seconds / len(members)
    return [
        msgspec.structs.replace(
            trial,
            id=item.id,
            title=item.title,
            about=item.about,
            together=[other.id for other in members if other is not item],
            notices=[],
            seconds=round(share, 2),
        )
        for item in members
    ]
