"""One small request to every set: does it answer, and in which shape do its values travel.

Nobody reads `$metadata` at every call: a number that begins to come as a text breaks a client though the contract says nothing of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from harness.errors import AnswerError
from harness.onec.odata import ROOT
from harness.onec.parallel import Crew

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.onec.edmx import EntityType
    from harness.onec.odata import ODataClient

KEY = "Набор"
"""Key of the table of answers."""
TYPES = {"Набор": "text", "Читается": "text"}
"""Columns of that table, also of an empty one."""
SHAPE_KEY = ("Набор", "Колонка")
"""Key of the table of values that travel otherwise than promised."""
SHAPE_TYPES = dict.fromkeys((*SHAPE_KEY, "Обещано", "Приходит"), "text")
"""Columns of that table, also of an empty one."""
_ROWS = 3
_WIRE = {
    "Edm.Int16": "число",
    "Edm.Int32": "число",
    "Edm.Byte": "число",
    "Edm.Double": "число",
    "Edm.Decimal": "число",
    "Edm.Single": "число",
    "Edm.Boolean": "да или нет",
}
"""How types travel in JSON (facts/odata.md 3); the others as texts, `Edm.Int64` too."""


@dataclass(slots=True)
class Probe:
    """Rows for `observe.table`: which sets answer (key: KEY), and which values travel otherwise than promised (key: SHAPE_KEY)."""

    rows: list[dict[str, str]] = field(default_factory=list)
    shapes: list[dict[str, str]] = field(default_factory=list)


def probe(client: ODataClient, sets: Iterable[str], *, sessions: int = 1) -> Probe:
    """Asks every set for a few rows."""
    found = Probe()
    metadata = client.metadata()
    names = list(sets)
    for name, answer in zip(names, Crew(sessions).each(partial(_ask, client), names), strict=True):
        if isinstance(answer, str):
            found.rows.append({"Набор": name, "Читается": answer})
            continue
        found.rows.append({"Набор": name, "Читается": "да"})
        described = metadata.type_of(name)
        if described is not None:
            found.shapes += [{"Набор": name, **line} for line in deviations(answer, described)]
    return found


def _ask(client: ODataClient, name: str) -> list[dict[str, Any]] | str:
    try:
        return first_rows(client, name, _ROWS)
    except AnswerError as error:
        return f"нет: ошибка {error.code or error.status}: {error.message[:200]}"


def first_rows(client: ODataClient, entity_set: str, count: int = 1) -> list[dict[str, Any]]:
    """Any rows of a set as JSON has them. Without an order on purpose: ordering a register by its key costs a real base minutes.

    Raises:
        AnswerError: the set does not answer.
    """
    params = {"$format": "json", "$top": str(count)}
    data = client.session.json("GET", f"{ROOT}/{quote(entity_set)}", params=params)
    rows = data.get("value") if isinstance(data, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def deviations(rows: Iterable[Mapping[str, Any]], described: EntityType) -> list[dict[str, str]]:
    """Columns whose values travel otherwise than their type does, each once, in order of names."""
    promised = {item.name: _promised(item.type) for item in described.properties if item.type != "Edm.Stream"}
    found: dict[str, str] = {}
    for row in rows:
        for name, value in row.items():
            if name in promised and value is not None and (kind := _kind(value)) != promised[name]:
                found[name] = kind
    return [{"Колонка": name, "Обещано": promised[name], "Приходит": kind} for name, kind in sorted(found.items())]


def _promised(edm: str) -> str:
    if edm.startswith("Collection("):
        return "список"
    return _WIRE.get(edm, "текст" if edm.startswith("Edm.") else "структура")


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "да или нет"
    if isinstance(value, int | Decimal):
        return "число"
    if isinstance(value, str):
        return "текст"
    return "список" if isinstance(value, list) else "структура"
