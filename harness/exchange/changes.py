"""What differs between two files or two descriptions of one format: a list of changes, each with its object and field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.exchange.problems import filled
from harness.exchange.problems import mark as _
from harness.i18n import _ as translated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
PLAIN, MANDATORY, TYPE, VALUE, BOUND, TOLD = "", "mandatory", "type", "value", "bound", "told"
"""Aspects of a field: its value or existence, whether it must be filled, its type, a value of a closed list, a length; a sentence of a check."""
_SENTENCES = {
    (ADDED, PLAIN, False): _("появилось: {object}"),
    (ADDED, PLAIN, True): _("{object}: появилось поле «{field}»: {after}"),
    (REMOVED, PLAIN, False): _("исчезло: {object}"),
    (REMOVED, PLAIN, True): _("{object}: исчезло поле «{field}», было {before}"),
    (CHANGED, PLAIN, False): _("изменилось: {object}"),
    (CHANGED, PLAIN, True): _("{object}: поле «{field}» было «{before}», стало «{after}»"),
    (ADDED, MANDATORY, True): _("{object}: появилось обязательное поле «{field}»"),
    (CHANGED, MANDATORY, True): _("{object}: поле «{field}» стало обязательным"),
    (REMOVED, MANDATORY, True): _("{object}: поле «{field}» стало необязательным"),
    (CHANGED, TYPE, True): _("{object}: тип поля «{field}» был {before}, стал {after}"),
    (ADDED, VALUE, False): _("{object}: появилось значение «{after}»"),
    (REMOVED, VALUE, False): _("{object}: исчезло значение «{before}»"),
    (ADDED, TOLD, False): "{object}: {after}",
    (CHANGED, TOLD, False): "{object}: {after}",
    (CHANGED, BOUND, False): _("{object}: ограничение было «{before}», стало «{after}»"),
}
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Change:
    """One change.

    Attributes:
        kind: "added", "removed", "changed".
        object: what it belongs to, by its declared identity: "Документ.ЗаказКлиента", "Товар bd72d910-…".
        field: the field, "" for the object as a whole.
        before: former value, "" when there was none.
        after: new value.
        breaking: the other side of the exchange has to be changed or will lose data.
        aspect: what of the field changed; "removed" of "mandatory" is "became optional".
    """

    kind: str
    object: str
    field: str = ""
    before: str = ""
    after: str = ""
    breaking: bool = False
    aspect: str = PLAIN

    def told(self) -> str:
        """One sentence in the language of the process."""
        template = _SENTENCES[self.kind, self.aspect, bool(self.field)]
        words = {name: _short(getattr(self, name)) for name in ("object", "field", "before", "after")}
        if self.aspect == TOLD:
            words["after"] = self.after
        return filled(translated(template), words)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def of_fields(name: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    """Changes of the fields of one object."""
    for field in [*before, *(key for key in after if key not in before)]:
        if field not in after:
            yield Change(REMOVED, name, field, before[field])
        elif field not in before:
            yield Change(ADDED, name, field, "", after[field])
        elif before[field] != after[field]:
            yield Change(CHANGED, name, field, before[field], after[field])
