"""How long a text each attribute takes, found by writing: `$metadata` does not say it, and 1C cuts longer texts without a word.

An object is created in data-load mode with a text that is longer than any attribute, read back and deleted. Attributes that hold values
of an enumeration look like texts in `$metadata`; the base refuses them, and they are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from harness.errors import AnswerError
from harness.onec.names import Kind, parse_object_name
from harness.onec.parallel import Crew

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from harness.onec.edmx import EntityType, Metadata
    from harness.onec.odata import ODataClient

LONG = 1200
"""Characters of the text: a string of 1C with a limit has 1024 at most."""
_KINDS = frozenset({Kind.CATALOG, Kind.DOCUMENT, Kind.CHART_OF_CHARACTERISTIC_TYPES, Kind.TASK, Kind.BUSINESS_PROCESS})
_STANDARD = frozenset({"DataVersion", "PredefinedDataName", "Code", "Number"})
"""Given by the base itself, or numbering: writing them disturbs it."""


@dataclass(slots=True)
class Lengths:
    """Path of an attribute to its type with the length, for `observe.contract`; objects that could not be written, with the reason."""

    entries: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def objects_with_texts(metadata: Metadata) -> tuple[str, ...]:
    """Sets of objects with attributes that are texts, in order of names."""
    found = []
    for name in sorted(metadata.entity_sets):
        described, parsed = metadata.type_of(name), parse_object_name(name)
        if described and parsed and parsed.kind in _KINDS and described.key == ("Ref_Key",) and text_fields(described):
            found.append(name)
    return tuple(found)


def text_fields(described: EntityType) -> tuple[str, ...]:
    """Attributes that are texts: no parts of composite values, no binary data, nothing the base gives itself."""
    names = {item.name for item in described.properties}
    return tuple(
        item.name
        for item in described.properties
        if item.type == "Edm.String"
        and item.name not in _STANDARD
        and f"{item.name}_Type" not in names
        and not (item.name.endswith("_Type") and item.name.removesuffix("_Type") in names)
    )


def string_lengths(client: ODataClient, sets: Iterable[str], day: date, *, sessions: int = 1) -> Lengths:
    """Writes one object of every set and tells how much of its texts was kept.

    Args:
        client: of the stand, of a user who may write and delete.
        sets: see `objects_with_texts`.
        day: date of the documents.
        sessions: requests at the same time.
    """
    found = Lengths()
    names = list(sets)
    for name, kept in zip(names, Crew(sessions).each(partial(_lengths, client, day), names), strict=True):
        if isinstance(kept, str):
            found.refused[name] = kept
            continue
        found.entries |= {f"{name}/{attribute}": _shown(length) for attribute, length in kept.items()}
    return found


def _lengths(client: ODataClient, day: date, name: str) -> dict[str, int] | str:
    described = client.metadata().type_of(name)
    fields = text_fields(described) if described else ()
    head = {"Date": datetime(day.year, day.month, day.day)} if described and described.property("Date") else {}  # noqa: DTZ001
    try:
        made = _created(client, name, head | dict.fromkeys(fields, "я" * LONG))
        if made is not None:
            return _kept(client, name, made, fields)
        plain = client.create(name, head, load=True)
    except AnswerError as error:
        return error.message
    return _one_by_one(client, name, plain, fields)


def _created(client: ODataClient, name: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The object as it was written; None when the base refused the body (one of the fields may be an enumeration)."""
    try:
        return client.create(name, body, load=True)
    except AnswerError:
        return None


def _kept(client: ODataClient, name: str, made: Mapping[str, Any], fields: Iterable[str]) -> dict[str, int]:
    client.delete(name, str(made["Ref_Key"]))
    return {item: len(str(made.get(item) or "")) for item in fields}


def _one_by_one(client: ODataClient, name: str, made: Mapping[str, Any], fields: Iterable[str]) -> dict[str, int]:
    ref, found = str(made["Ref_Key"]), {}
    for item in fields:
        try:
            changed = client.change(name, ref, {item: "я" * LONG}, load=True)
        except AnswerError:
            continue
        found[item] = len(str(changed.get(item) or ""))
    client.delete(name, ref)
    return found


def _shown(length: int) -> str:
    return "Edm.String" if length >= LONG else f"Edm.String({length})"
