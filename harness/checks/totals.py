"""Counts, sums, lengths and content fingerprints of every published set: what an update may not change by itself.

One pass over a set gives, for every column, how many cells are filled, their sum when they are numbers, the length of the longest text,
and a fingerprint that does not depend on the order of rows; where there is a period, counts and sums by month as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from harness.checks.columns import ROWS, Summary, summarize
from harness.errors import AnswerError
from harness.onec.odata import PAGE
from harness.onec.parallel import Crew

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from harness.onec.edmx import EntityType, Metadata
    from harness.onec.odata import ODataClient

KEY = ("Набор", "Колонка")
"""Key of the table of totals."""
_NUMBERS = ("Заполнено", "Сумма", "Длина")
TYPES = dict.fromkeys(KEY, "text") | dict.fromkeys(_NUMBERS, "number") | {"Отпечаток": "text"}
"""Columns of the table of totals, also of an empty one."""
MONTH_KEY = ("Набор", "Месяц", "Колонка")
"""Key of the table by month."""
MONTH_TYPES = dict.fromkeys(MONTH_KEY, "text") | {"Сумма": "number"}
"""Columns of the table by month."""
LARGE = 50_000
"""A set with more rows is read alone, with all sessions."""
_SELECT_LIMIT = 1500
"""Characters of an encoded $select; a web server cuts a longer address (facts/odata.md 11.6)."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A set that was not read in full, or did not stand still, and why."""

    set: str
    reason: str


@dataclass(slots=True)
class Totals:
    """Rows for `observe.table` (key: Набор, Колонка), the same by month (key: MONTH_KEY), and what they do not cover."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    months: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    unsteady: list[Skipped] = field(default_factory=list)
    read: int = 0
    """Rows read from the stand."""
    is_new: Callable[[str, str], bool] = lambda _name, _column: False


def readable_sets(metadata: Metadata) -> tuple[str, ...]:
    """Sets worth reading, in order of names: a record set is left out when its flat twin `X_RecordType` is published."""
    names = metadata.entity_sets
    return tuple(sorted(name for name in names if f"{name}_RecordType" not in names and metadata.type_of(name)))


def set_totals(
    client: ODataClient,
    sets: Iterable[str],
    *,
    limit: int = 200_000,
    sessions: int = 1,
    is_new: Callable[[str, str], bool] = lambda _name, _column: False,
) -> Totals:
    """Reads every set and sums it up.

    Args:
        client: of the stand.
        sets: names, taken one by one: who gives them may stop when there is no time left.
        limit: a set with more rows is only counted, so that both phases leave out the same sets whatever their speed; 0: none is.
        sessions: requests at the same time.
        is_new: tells columns (set, name) that came with the update: while they are empty they are a matter of the contract only. Any
            other empty column has its line, so that one that fills or empties is seen.
    """
    found = Totals(is_new=is_new)
    large: list[str] = []
    for one in Crew(sessions).each(partial(_small, client, limit), sets):
        if one.large:
            large.append(one.name)
        else:
            _take(found, one)
    for name in large:
        _take(found, _whole(client, name, sessions))
    return found


def row_counts(client: ODataClient, sets: Iterable[str], *, sessions: int = 1) -> dict[str, int]:
    """Rows of each set; zero for one that does not answer."""
    names = list(sets)

    def count(name: str) -> int:
        try:
            return client.count(name)
        except AnswerError:
            return 0

    return dict(zip(names, Crew(sessions).each(count, names), strict=True))


@dataclass(slots=True)
class _Seen:
    """One set: its summary, or why there is none."""

    name: str
    described: EntityType
    summary: Summary | None = None
    count: int | None = None
    reason: str = ""
    mark: str = ""
    large: bool = False
    changes: list[str] = field(default_factory=list)


def _small(client: ODataClient, limit: int, name: str) -> _Seen:
    """A set of one page in one request; a larger one is counted first."""
    seen = _Seen(name, _described(client, name))
    try:
        page = list(client.rows(name, select=_select(seen.described), top=PAGE))
        if len(page) < PAGE:
            seen.summary = summarize(page, seen.described)
            return seen
        count = client.count(name)
    except AnswerError as error:
        return _refused(seen, error)
    if limit and count > limit:
        seen.count = count
        seen.reason = f"строк {count}, больше {limit}: посчитано только их число"
        return seen
    if count > LARGE:
        seen.large = True
        return seen
    return _whole(client, name, 0)


def _whole(client: ODataClient, name: str, sessions: int) -> _Seen:
    seen = _Seen(name, _described(client, name))
    rows = client.rows(name, select=_select(seen.described), sessions=sessions, changed=seen.changes.append)
    try:
        seen.summary = summarize(rows, seen.described)
    except AnswerError as error:
        return _refused(seen, error)
    return seen


def _refused(seen: _Seen, error: AnswerError) -> _Seen:
    seen.reason, seen.mark = error.message, f"не читается: ошибка {error.code or error.status}"
    return seen


def _described(client: ODataClient, name: str) -> EntityType:
    described = client.metadata().type_of(name)
    if described is None:
        raise AnswerError(f"набор {name} не описан в публикации", place=name)
    return described


def _select(described: EntityType) -> tuple[str, ...]:
    """Columns without tabular sections, which are sets of their own; nothing when the address would become too long."""
    names = tuple(item.name for item in described.properties if not item.collection and item.type != "Edm.Stream")
    return names if sum(len(name.encode()) * 3 + 1 for name in names) < _SELECT_LIMIT else ()


def _take(found: Totals, seen: _Seen) -> None:
    found.unsteady += [Skipped(seen.name, change) for change in seen.changes]
    if seen.summary is None:
        found.skipped.append(Skipped(seen.name, seen.reason))
        found.rows.append(_row(seen.name, ROWS, seen.count, None, longest=None, fingerprint=seen.mark))
        return
    found.read += seen.summary.count
    found.rows += [
        line
        for line in _lines(seen.name, seen.summary)
        if line["Заполнено"] or line["Колонка"] == ROWS or not found.is_new(seen.name, line["Колонка"])
    ]
    found.months += [
        {"Набор": seen.name, "Месяц": month, "Колонка": column, "Сумма": total}
        for (month, column), total in sorted(seen.summary.months.items())
    ]


def _lines(name: str, summary: Summary) -> Iterator[dict[str, Any]]:
    for column, seen in sorted(summary.columns.items()):
        filled = summary.count if column == ROWS else seen.filled
        total = seen.total if column in summary.numbers else None
        yield _row(name, column, filled, total, longest=seen.longest, fingerprint=f"{seen.print:016x}")


def _row(
    name: str, column: str, filled: int | None, total: object, *, longest: int | None, fingerprint: str
) -> dict[str, Any]:
    values: Mapping[str, Any] = {"Заполнено": filled, "Сумма": total, "Длина": longest, "Отпечаток": fingerprint}
    return {"Набор": name, "Колонка": column, **values}
