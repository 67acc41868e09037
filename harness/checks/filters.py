"""Filters our integrations use, as the pack declares them: what is published of each property, and whether the base still answers.

`$metadata` says little of filtering: a text without limit, a reference to other objects and a renamed value of an enumeration look as they
did. So each filter is also asked, with a value taken before the update, and the entries found are counted.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import msgspec

from harness.checks.probing import first_rows
from harness.errors import AnswerError
from harness.onec.names import EMPTY_REF, NAMESPACE
from harness.onec.values import Guid, datetime_literal, guid_literal, literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from harness.onec.edmx import EntityType, Metadata, Property
    from harness.onec.odata import ODataClient

KEY = ("Набор", "Реквизит")
"""Key of the table of answers."""
TYPES = {"Набор": "text", "Реквизит": "text", "Отвечает": "text", "Найдено": "number"}
"""Columns of that table, also of an empty one."""
_LOOKED_AT = 20
"""Rows among which a filled value is looked for."""
_LONGEST = 100
"""Characters of a text to filter by: an address has its limit (facts/odata.md 11.6)."""
_OPAQUE = frozenset({"Edm.Stream", "Edm.Binary"})


class Filter(msgspec.Struct, frozen=True):
    """One filter, as it is written down before the update.

    Attributes:
        set: the set that is filtered.
        path: a property of it ("ИНН"), or of what a reference leads to ("Контрагент/ИНН").
        condition: what is asked; "" when it holds a text of `ref`, which is read anew in each phase and written down nowhere.
        owner: set of `ref`.
        ref: the object whose text is filtered by.
    """

    set: str
    path: str
    condition: str = ""
    owner: str = ""
    ref: str = ""


class Chosen(msgspec.Struct, frozen=True):
    """Filters to look at in both phases.

    Attributes:
        filters: those the publication has, in order.
        unknown: "set/property" of the pack that nothing published fits.
    """

    filters: list[Filter] = []
    unknown: list[str] = []


def choose(client: ODataClient, declared: Mapping[str, Sequence[str]], start: date) -> Chosen:
    """What the declared filters come to in this base, each with something to ask.

    Args:
        client: of the stand.
        declared: set or pattern ("Document_*") to properties; a pattern means those sets that have the property.
        start: dates are asked from this day on.
    """
    metadata = client.metadata()
    found: dict[tuple[str, str], None] = {}
    unknown: list[str] = []
    for pattern, paths in declared.items():
        sets = [name for name in sorted(metadata.entity_sets) if fnmatchcase(name, pattern)]
        for path in paths:
            fitting = [(name, path) for name in sets if _end(metadata, name, path) is not None]
            found |= dict.fromkeys(fitting)
            if not fitting:
                unknown.append(f"{pattern}/{path}")
    rows: dict[str, list[dict[str, Any]]] = {}
    return Chosen([_filter(client, name, path, start, rows) for name, path in found], unknown)


def filter_entries(metadata: Metadata, filters: Iterable[Filter]) -> dict[str, str]:
    """What is published of each filter, for `observe.contract` with the direction "filter"; what is gone has no entry."""
    found = {}
    for item in filters:
        end = _end(metadata, item.set, item.path)
        if end is not None:
            found[f"{item.set}/{item.path}"] = _described(metadata, *end)
    return found


def ask(client: ODataClient, filters: Iterable[Filter]) -> list[dict[str, Any]]:
    """Rows for `observe.table` (key: KEY): whether the base answers each filter, and how many entries it finds."""
    found = []
    for item in filters:
        try:
            answer, count = "да", client.count(item.set, item.condition or _by_text(client, item))
        except AnswerError as error:
            answer, count = f"нет: ошибка {error.code or error.status}: {error.message[:200]}", None
        found.append({"Набор": item.set, "Реквизит": item.path, "Отвечает": answer, "Найдено": count})
    return found


def _end(metadata: Metadata, entity_set: str, path: str) -> tuple[EntityType, Property] | None:
    """The type and the property a path ends in; None when there is no such way."""
    described = metadata.type_of(entity_set)
    *steps, last = path.split("/")
    for step in steps:
        link = next((item for item in described.navigation if item.name == step), None) if described else None
        described = metadata.type_of(metadata.target_of(link)) if link else None
    known = described.property(last) if described else None
    return (described, known) if described and known else None


def _described(metadata: Metadata, owner: EntityType, known: Property) -> str:
    """A property as who filters by it sees it: what it may be compared with is part of it."""
    if known.collection or known.type in _OPAQUE:
        return f"{known.type}, без отбора"
    if owner.property(f"{known.name}_Type") is not None:
        return f"{known.type}, составной"
    target = _target(metadata, owner, known.name)
    return f"{known.type}, ссылка на {target}" if target else known.type


def _target(metadata: Metadata, owner: EntityType, name: str) -> str:
    links = (link for link in owner.navigation if f"{link.name}_Key" == name)
    return next((metadata.target_of(link) for link in links), "")


def _filter(client: ODataClient, name: str, path: str, start: date, rows: dict[str, list[dict[str, Any]]]) -> Filter:
    """A filter with something to ask; a set is read once for all of its filters."""
    end = _end(client.metadata(), name, path)
    kind = end[1].type if end else ""
    plain = {"Edm.DateTime": f"ge {datetime_literal(start)}", "Edm.Boolean": "eq true"}.get(kind, "ge 0")
    if kind not in ("Edm.Guid", "Edm.String"):
        return Filter(name, path, f"{path} {plain}")
    first, _, last = path.rpartition("/")
    if name not in rows:
        rows[name] = _rows(client, name)
    if not first:
        return next(filter(None, (_of_row(client, name, path, row) for row in rows[name])), _empty(name, path, kind))
    return _of_reference(client, Filter(name, path), last, rows[name]) or _empty(name, path, kind)


def _rows(client: ODataClient, name: str) -> list[dict[str, Any]]:
    try:
        return first_rows(client, name, _LOOKED_AT)
    except AnswerError:  # whether it can be read is another scenario's matter
        return []


def _empty(name: str, path: str, kind: str) -> Filter:
    """With nothing filled to filter by: whether it may be compared at all."""
    return Filter(name, path, f"{path} ne {guid_literal(EMPTY_REF) if kind == 'Edm.Guid' else literal('')}")


def _of_row(client: ODataClient, name: str, path: str, row: Mapping[str, Any]) -> Filter | None:
    """A filter by the value of a row; None when that is empty or of no use."""
    value, known = row.get(path), client.entity_of(name)
    if not isinstance(value, str) or value in ("", EMPTY_REF) or known is None:
        return None
    described = known.property(path)
    if described is not None and described.type == "Edm.Guid":
        return Filter(name, path, f"{path} eq {literal(Guid(value))}")
    if known.property(f"{path}_Type") is not None:
        kind = str(row.get(f"{path}_Type") or "").removeprefix(f"{NAMESPACE}.")
        return Filter(name, path, f"{path} eq cast({literal(Guid(value))},{literal(kind)})") if "_" in kind else None
    if _is_member(client.metadata(), value):
        return Filter(name, path, f"{path} eq {literal(value)}")
    return Filter(name, path, "", name, str(row["Ref_Key"])) if known.key == ("Ref_Key",) else None


def _is_member(metadata: Metadata, text: str) -> bool:
    """Whether a text is the name of a value of an enumeration: no secret, and what it is called may change."""
    return any(text in item.members for item in metadata.enum_types.values())


def _of_reference(client: ODataClient, asked: Filter, last: str, rows: Iterable[Mapping[str, Any]]) -> Filter | None:
    """A filter by a property of what a reference leads to."""
    first = asked.path.partition("/")[0]
    known = client.entity_of(asked.set)
    owner = _target(client.metadata(), known, f"{first}_Key") if known else ""
    refs = dict.fromkeys(str(row.get(f"{first}_Key") or EMPTY_REF) for row in rows)
    for ref in refs:
        if asked.path.count("/") == 1 and owner and ref != EMPTY_REF:
            try:
                found = _of_row(client, owner, last, client.get(owner, ref))
            except AnswerError:
                continue
            if found is not None:
                condition = f"{asked.path} {found.condition.partition(' ')[2]}" if found.condition else ""
                return Filter(asked.set, asked.path, condition, found.owner, found.ref)
    return None


def _by_text(client: ODataClient, item: Filter) -> str:
    """A condition with the text the object has now; where that cannot be read the filter itself is asked for an empty one."""
    field = item.path.rpartition("/")[2]
    try:
        value = str(client.get(item.owner, item.ref, select=(field,)).get(field) or "")
    except AnswerError:
        value = ""
    return f"{item.path} eq {literal(value)}" if len(value) <= _LONGEST else f"{item.path} ne {literal('')}"
