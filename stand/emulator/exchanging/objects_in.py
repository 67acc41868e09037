"""Elements of the universal format as rows of the base, and the objects they mean."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from uuid import UUID

from stand.emulator.database.tables import Field, Storage
from stand.emulator.exchanging import registration
from stand.emulator.exchanging.common import Context, ExchangeError, child, children, text_of
from stand.emulator.exchanging.mapping import KEY, PUBLIC, ObjectMapping, Properties, by_object
from stand.emulator.rows import Ref, Row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.etree import _Element

__all__ = ["Reader"]


class Reader:
    """Makes rows out of elements of the format, and finds the objects they mean."""

    def __init__(self, context: Context, mappings: Mapping[str, ObjectMapping], node: Ref) -> None:
        self._context = context
        self._mappings = mappings
        self._node = node

    def read(self, element: _Element, mapping: ObjectMapping) -> tuple[Row, str]:
        """Cells of an object and its public identifier ("" when the message gives none).

        Raises:
            ExchangeError: a mandatory property is missing, a value is of another type.
        """
        place = mapping.name
        key = child(element, KEY)
        if key is None:
            raise ExchangeError("schema", f"{place}.{KEY}: не заполнено обязательное поле.")
        if (
            not text_of(key, "Наименование")
            and not text_of(key, "Номер")
            and child(key, "ДанныеКлассификатора") is None
        ):
            raise ExchangeError("schema", f"{place}.{KEY}.Наименование: не заполнено обязательное поле.")
        for path in mapping.required:
            if not text_of(element, *path.split("/")):
                raise ExchangeError("schema", f"{place}.{path.replace('/', '.')}: не заполнено обязательное поле.")
        row = {
            **self._cells(key, mapping.key, mapping.object, "", place),
            **self._cells(element, mapping.body, mapping.object, "", place),
        }
        for section, columns in mapping.sections.items():
            lines = children(child(element, section), "Строка")
            if lines or mapping.receive:
                row[section] = [
                    self._cells(line, columns, mapping.object, section, f"{place}.{section}[{number}]")
                    for number, line in enumerate(lines, 1)
                ]
        return row, text_of(key, "Ссылка")

    def _cells(
        self,
        element: _Element,
        properties: Properties,
        name: str,
        section: str,
        place: str,
    ) -> Row:
        row: Row = {}
        layout = self._context.session.layout
        table = layout.sections[name][section] if section else layout.objects[name]
        for path, rule in properties:
            found = child(element, *path.split("/"))
            if found is None or "attribute" not in rule or rule.get("as") == "unit":
                continue
            row[str(rule["attribute"])] = self._value(
                found, rule, table.by_name[str(rule["attribute"])], f"{place}.{path}"
            )
        return row

    def _value(self, element: _Element, rule: Mapping[str, Any], field: Field, place: str) -> Any:
        convert = str(rule.get("as", ""))
        text = (element.text or "").strip()
        if convert == "vat":
            return self._rate(element, place)
        if convert.startswith("table:"):
            return self._backwards(convert.removeprefix("table:"), text, field, place)
        if field.storage in (Storage.REFERENCE, Storage.COMPOSITE):
            return self._reference(element, field, place)
        try:
            return _plain(text, field)
        except (ValueError, InvalidOperation) as error:
            raise ExchangeError("schema", f"{place}: значение поля не соответствует заданным ограничениям.") from error

    def _backwards(self, name: str, text: str, field: Field, place: str) -> Any:
        table: Mapping[str, Any] = self._context.session.configuration.behaviour["tables"][name]  # type: ignore[index]
        found = next((key for key, value in table.items() if value == text), None)
        if found is None:
            raise ExchangeError("schema", f"{place}: значение поля не соответствует заданным ограничениям.")
        return found == "true" if field.storage is Storage.BOOLEAN else found

    def _rate(self, element: _Element, place: str) -> str:
        """The rate by its percent; «не облагается» is a rate of its own."""
        if text_of(element, "НеОблагается") == "true":
            return "БезНДС"
        percents: Mapping[str, str] = self._context.session.configuration.behaviour["tables"]["ПроцентыНДС"]  # type: ignore[index]
        try:
            percent = Decimal(text_of(element, "Ставка") or "-1")
        except InvalidOperation:
            percent = Decimal(-1)
        for rate, value in percents.items():
            if rate not in ("", "БезНДС") and Decimal(value) == percent:
                return rate
        raise ExchangeError("schema", f"{place}: значение поля не соответствует заданным ограничениям.")

    def _reference(self, element: _Element, field: Field, place: str) -> Ref:
        for target in field.type.alternatives:
            mapping = by_object(self._mappings, target)
            if mapping is None:
                continue
            cells = self._cells(element, mapping.key, mapping.object, "", place)
            found = self.find(mapping, cells, text_of(element, "Ссылка"))
            if found is not None:
                return found
            if mapping.creates:
                return self._created(mapping, cells, text_of(element, "Ссылка"))
        label = text_of(element, "Наименование") or text_of(element, "ДанныеКлассификатора", "Код")
        raise ExchangeError("reference", f"{place}: не найден объект «{label}»")

    def _created(self, mapping: ObjectMapping, cells: Row, identifier: str) -> Ref:
        """An object made of the key properties a reference carries."""
        if _is_guid(identifier):
            cells["Ref"] = Ref(mapping.object, identifier.lower())
        reference = self._context.session.put(mapping.object, cells)
        registration.withdraw(self._context.session, self._context.plan, self._context.node, reference)
        if identifier:
            self.remember(reference, identifier)
        return reference

    def find(self, mapping: ObjectMapping, cells: Row, identifier: str) -> Ref | None:
        """The object a message means: by public identifier, by our own reference, by search fields (facts/exchanges.md 1.6)."""
        session = self._context.session
        if identifier:
            known = session.find(PUBLIC, УзелИнформационнойБазы=self._node, Идентификатор=identifier)
            if known and known[0]["Ссылка"] is not None:
                reference: Ref = known[0]["Ссылка"]
                return reference
            if _is_guid(identifier) and session.get(mapping.object, identifier) is not None:
                return Ref(mapping.object, identifier.lower())
        where = {name: cells[name] for name in mapping.search if cells.get(name)}
        if mapping.search and len(where) == len(mapping.search):
            found = [
                row
                for row in session.find(mapping.object, **where)
                if not row.get("DeletionMark") and not row.get("IsFolder")
            ]
            if found:
                first: Ref = found[0]["Ref"]
                return first
        return None

    def remember(self, reference: Ref, identifier: str) -> None:
        """Keeps the pair of a public identifier and our object."""
        if not self._context.table.get("keeps_identifiers", True):
            return
        row = {"УзелИнформационнойБазы": self._node, "Идентификатор": identifier, "Ссылка": reference}
        self._context.session.write_independent(PUBLIC, row)


def _plain(text: str, field: Field) -> Any:
    match field.storage:
        case Storage.NUMBER:
            return Decimal(text)
        case Storage.BOOLEAN:
            if text not in ("true", "false"):
                raise ValueError(text)
            return text == "true"
        case Storage.DATE:
            return datetime.fromisoformat(text)
        case _:
            return text


def _is_guid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
