"""What two documents came to: differences out of their changes, one a class, and what masks that hide everything come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.observe.causes import causes_of
from harness.observe.changes import STRUCTURE, Change, Summary, difference_file, ordered, summed, write_changes
from harness.observe.people import ABSENT
from harness.observe.wording import difference
from harness.record.models import Difference, DifferenceClass, Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.record.models import Observation


def blind(full: bool, seen: bool) -> bool:
    """Whether there was something to compare, and the masks left nothing of it."""
    return full and not seen


def masked_wholly(observation: Observation) -> Difference:
    """Nothing was compared, which is not the same as nothing differs."""
    text = Text(
        msgid="Документ «{observation}»: маски закрыли его целиком, сравнивать нечего",
        params={"observation": observation.title},
    )
    return difference(observation, DifferenceClass.NO_TWIN, Summary(), file="", text=text)


def found_in(
    folder: Path, observation: Observation, structure: Sequence[Change], values: Sequence[Change]
) -> list[Difference]:
    """Differences of a document: structure that breaks, structure that widens, values; their changes are written into the record."""
    found = []
    breaking = [change for change in structure if change.before is not None]
    widening = [change for change in structure if change.before is None]
    for changes, breaks, name in ((breaking, True, "structure"), (widening, False, "added-structure")):
        if changes:
            shown = [Change(STRUCTURE, c.key, "", c.before or ABSENT, c.after or ABSENT) for c in changes]
            file = write_changes(folder, difference_file(observation, f"{name}.json"), shown)
            found.append(
                difference(
                    observation,
                    DifferenceClass.STRUCTURE,
                    summed(shown),
                    file=file,
                    breaking=breaks,
                    causes=causes_of(shown),
                )
            )
    if values:
        file = write_changes(folder, difference_file(observation, "values.json"), ordered(values))
        summary, causes = summed(ordered(values)), causes_of(values)
        found.append(difference(observation, DifferenceClass.UNEXPLAINED, summary, file=file, causes=causes))
    return found
