"""Objects of the base as elements of the universal format."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness.onec.values import format_datetime
from stand.emulator.behaviour.expressions import money
from stand.emulator.exchanging.common import Context, ExchangeError, child
from stand.emulator.exchanging.mapping import KEY, PUBLIC, ObjectMapping, Properties
from stand.emulator.rows import EMPTY_MOMENT, Ref, Row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.etree import _Element

__all__ = ["Writer"]

_SCALES = {"Количество": 3}


class Writer:
    """Makes elements of the format out of rows."""

    def __init__(self, context: Context, mappings: Mapping[str, ObjectMapping], node: Ref, namespace: str) -> None:
        from lxml import etree

        self._context = context
        self._by_object = {mapping.object: mapping for mapping in reversed(list(mappings.values()))}
        self._node = node
        self._space = f"{{{namespace}}}"
        self._make = etree.SubElement
        self._known: dict[Ref, list[_Element]] = {}
        """Key properties written so far: a message names the same contract and warehouse in every line."""

    @cached_property
    def _identifiers(self) -> dict[Ref, str]:
        """Identifiers the peer knows objects by, where they are not our own."""
        found: dict[Ref, str] = {}
        for row in self._context.session.select(PUBLIC, where={"УзелИнформационнойБазы": self._node}):
            found.setdefault(row["Ссылка"], str(row["Идентификатор"]))
        return found

    def _public(self, reference: Ref) -> str:
        """Identifier an object is known by to the peer: the one it came with, or our own."""
        return self._identifiers.get(reference, reference.id)

    def element(self, parent: _Element, name: str, text: str | None = None) -> _Element:
        """A child element in the namespace of the body."""
        result = self._make(parent, self._space + name)
        result.text = text
        return result

    def write(self, body: _Element, mapping: ObjectMapping, row: Row) -> None:
        """One object; a deleted or unposted one travels as a deletion."""
        if row.get("DeletionMark") or row.get("Posted") is False:
            if self._context.table.get("deletions_travel", True):
                self.write_deletion(body, mapping, row["Ref"])
            return
        item = self.element(body, mapping.name)
        key = self.element(item, KEY)
        self.element(key, "Ссылка", self._public(row["Ref"]))
        self._properties(key, mapping.key, row)
        self._properties(item, mapping.body, row)
        for section, columns in mapping.sections.items():
            lines = row.get(section, ())
            if lines:
                table = self.element(item, section)
                for line in lines:
                    self._properties(self.element(table, "Строка"), columns, line)

    def write_deletion(self, body: _Element, mapping: ObjectMapping, reference: Ref) -> None:
        """An object the peer must delete, by the identifier the peer knows it by."""
        outer = self.element(self.element(body, "УдалениеОбъекта"), "СсылкаНаОбъект")
        name = f"{mapping.name.rpartition('.')[2]}Ссылка"
        self.element(self.element(outer, "СсылкаНаОбъект"), name, self._public(reference))

    def _properties(self, parent: _Element, properties: Properties, row: Mapping[str, Any]) -> None:
        for path, rule in properties:
            *owners, name = path.split("/")
            value = self._value(rule, row)
            if value in ("", None) or (isinstance(value, Ref) and value.empty) or value == EMPTY_MOMENT:
                continue
            target = parent
            for owner in owners:
                found = child(target, owner)
                target = found if found is not None else self.element(target, owner)
            self._write_value(target, name, value, rule)

    def _value(self, rule: Mapping[str, Any], row: Mapping[str, Any]) -> Any:
        if "value" in rule:
            return rule["value"]
        if "constant" in rule:
            return self._context.lookup.constant(str(rule["constant"]))
        value = row[rule["attribute"]]
        if rule.get("as") == "unit" and isinstance(value, Ref):
            return (self._context.lookup.resolve(value) or {}).get("ЕдиницаИзмерения")
        return value

    def _write_value(self, parent: _Element, name: str, value: Any, rule: Mapping[str, Any]) -> None:
        convert = str(rule.get("as", ""))
        if convert == "vat":
            self._vat(self.element(parent, name), str(value))
        elif convert.startswith("table:"):
            key = str(value).lower() if isinstance(value, bool) else str(value)
            self.element(parent, name, str(self._context.lookup.table(convert.removeprefix("table:"), key)))
        elif isinstance(value, Ref):
            self._reference(self.element(parent, name), value)
        else:
            self.element(parent, name, _text(name, value, convert))

    def _vat(self, element: _Element, rate: str) -> None:
        lookup = self._context.lookup
        self.element(element, "Ставка", f"{lookup.table('ПроцентыНДС', rate)}")
        self.element(element, "РасчетнаяСтавка", "false")
        self.element(element, "НеОблагается", "true" if rate in ("", "БезНДС") else "false")
        self.element(element, "ВидСтавки", str(lookup.table("ВидыСтавокФормата", rate)))

    def _reference(self, element: _Element, reference: Ref) -> None:
        known = self._known.get(reference)
        if known is not None:
            element.extend([deepcopy(item) for item in known])
            return
        mapping, row = self._by_object.get(reference.object), self._context.lookup.resolve(reference)
        if mapping is None or row is None:
            raise ExchangeError("conversion", f"Не найдено правило конвертации объекта «{reference.object}»")
        self.element(element, "Ссылка", self._public(reference))
        self._properties(element, mapping.key, row)
        self._known[reference] = list(element)


def _text(name: str, value: Any, convert: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.date().isoformat() if convert == "date" else format_datetime(value)
    if isinstance(value, Decimal):
        return f"{money(value, _SCALES.get(name, 2)):f}"
    return str(value)
