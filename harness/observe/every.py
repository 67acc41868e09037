"""Changes that had to happen everywhere: rows an acceptance names by `every` and that the update left as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.observe.changes import STRUCTURE, Change, read_changes
from harness.observe.people import key_text
from harness.record.models import DifferenceClass, ObservationKind, Phase

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import Any

    from harness.observe.accept import Matcher
    from harness.record.models import Difference
    from harness.record.reader import Record

_BATCH = 10_000


def missed_rows(record: Record, found: Iterable[Difference], matcher: Matcher) -> int:
    """Rows of the tables an acceptance is about for which `every` holds and which it does not cover.

    Args:
        record: where the tables lie.
        found: what the comparison found, acceptances not yet taken away.
        matcher: the acceptance; it must have `every`.
    """
    condition = matcher.every
    if condition is None:
        return 0
    tables = [
        seen
        for seen in record.observations
        if seen.phase is Phase.AFTER and seen.kind is ObservationKind.TABLE and matcher.about(seen.scenario, seen.name)
    ]
    if not tables:
        return 0
    required = 0
    for table in tables:
        key = table.definition["key"]
        for row in _rows(record.path / table.file):
            change = Change(STRUCTURE, key_text({name: row.get(name) for name in key}), "", None, None, row)
            required += condition.holds(change) and matcher.at(change.key)
    covered = {
        (difference.file, change.number)
        for difference in found
        if difference.file.endswith(".parquet")
        and difference.cls is DifferenceClass.UNEXPLAINED
        and matcher.concerns(difference)
        for change in read_changes(record.path, difference)
        if matcher.covers(difference, change) and condition.holds(change)
    }
    return max(required - len(covered), 0)


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=_BATCH):
            yield from batch.to_pylist()
