"""Structure of two tables, compared apart from values: columns lost, new, renamed, of another kind, another key."""

from __future__ import annotations

from harness.observe.causes import causes_of
from harness.observe.changes import STRUCTURE, Change, difference_file, summed, write_changes
from harness.observe.kinds import KIND_NAMES
from harness.observe.people import ABSENT
from harness.observe.sql import connect, quoted
from harness.observe.table_pair import Pair, listed, on, source
from harness.observe.table_sql import comparison, kinds_differ
from harness.observe.wording import difference
from harness.record.models import Difference, DifferenceClass

_RENAME_PAIRS = 25
"""Pairs of a lost and a new column that are tried as a rename."""


def structure_of(pair: Pair) -> list[Difference]:
    """Columns lost, new, of another kind, another key; what only adds is apart from what breaks."""
    breaking = [
        Change(STRUCTURE, "", name, KIND_NAMES[stored.kind], _renamed(pair, name) or ABSENT)
        for name, stored in pair.left.items()
        if name not in pair.right
    ]
    breaking += [
        Change(STRUCTURE, "", name, KIND_NAMES[pair.left[name].kind], KIND_NAMES[pair.right[name].kind])
        for name in kinds_differ(pair.left, pair.right)
    ]
    keys = pair.before.definition["key"], pair.after.definition["key"]
    if keys[0] != keys[1]:
        breaking.append(Change(STRUCTURE, "", "ключ строки", ", ".join(keys[0]), ", ".join(keys[1])))
    widening = [
        Change(STRUCTURE, "", name, ABSENT, KIND_NAMES[stored.kind])
        for name, stored in pair.right.items()
        if name not in pair.left
    ]
    found = []
    for changes, breaks, name in ((breaking, True, "structure"), (widening, False, "added-structure")):
        if changes:
            file = write_changes(pair.folder, difference_file(pair.after, f"{name}.json"), changes)
            found.append(
                difference(
                    pair.after,
                    DifferenceClass.STRUCTURE,
                    summed(changes),
                    file=file,
                    breaking=breaks,
                    causes=causes_of(changes),
                )
            )
    return found


def _renamed(pair: Pair, lost: str) -> str:
    """What a lost column seems to be called now: a new one of the same kind with equal values in every row of both sides."""
    candidates = [
        name for name, stored in pair.right.items() if name not in pair.left and stored.kind is pair.left[lost].kind
    ]
    if not pair.key or lost in pair.before.definition["key"]:
        return ""
    with connect() as connection:
        for name in candidates[:_RENAME_PAIRS]:
            left, right = pair.left[lost], pair.right[name]
            compared = comparison("x", left, right, None)
            query = f"""
                SELECT count(b.x), count(*) FILTER ({compared.differs})
                FROM (SELECT {listed(pair.key)}, {quoted(lost)} AS x FROM {source(pair.folder, pair.before)}) b
                JOIN (SELECT {listed(pair.key)}, {quoted(name)} AS x FROM {source(pair.folder, pair.after)}) a ON {on(pair)}
            """  # noqa: S608 - names are quoted
            row = connection.execute(query).fetchone()
            if row and row[0] and not row[1]:
                return f"похоже, переименована в «{name}»"
    return ""
