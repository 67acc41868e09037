"""Posting of documents by rules that are data (`posting` of the company's behaviour; the header of behaviour/posting_trade.toml tells how to read them).

`Posting` compiles the rules of all documents once; `movements` computes the records of one document and writes nothing, so the same code
serves real posting, a rehearsal in a rolled-back transaction, and the generator.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from harness.errors import ConfigError
from stand.emulator.behaviour.expressions import Expression, compiled, empty, money
from stand.emulator.database.tables import Field
from stand.emulator.model import RegisterKind
from stand.emulator.rows import BusinessError, Ref, Row
from stand.emulator.standard import ext_dimension_attributes, record_attributes

if TYPE_CHECKING:
    from stand.emulator.behaviour.lookups import Ledger, Lookup
    from stand.emulator.model import Attribute, Configuration, Register

__all__ = ["Movements", "Posting"]

Movements = dict[str, list[Row]]
"""Records by register."""
_ZERO = Decimal(0)
_RULE_KEYS = {"register", "section", "kind", "when", "set", "debit", "credit", "account"}


@dataclass(frozen=True, slots=True)
class _Rule:
    """One rule, ready to run."""

    name: str
    register: str
    typed: bool
    chart: str
    section: str
    kind: str
    when: Expression | None
    cells: tuple[tuple[str, Expression], ...]
    copied: tuple[str, ...]
    blank: Row
    resources: tuple[str, ...]
    numbers: bool
    debit: str
    credit: str
    account: str


@dataclass(frozen=True, slots=True)
class _Document:
    required: tuple[str, ...]
    calculate: tuple[tuple[str, tuple[tuple[str, Expression], ...]], ...]
    rules: tuple[_Rule, ...]


class Posting:
    """Rules of all documents of a configuration."""

    def __init__(self, configuration: Configuration) -> None:
        """Compiles.

        Raises:
            ConfigError: a rule names a register, a field or an expression that does not exist.
        """
        self._configuration = configuration
        described = configuration.behaviour.get("posting")
        tables = described if isinstance(described, Mapping) else {}
        self._documents = {name: self._document(name, table) for name, table in tables.items()}

    def _document(self, name: str, table: Mapping[str, Any]) -> _Document:
        if name not in self._configuration.objects:
            raise ConfigError(f"Правила проведения для «{name}»: такого документа нет", place="posting")
        calculate = tuple(
            (section, tuple((column, compiled(text, f"posting/{name}/{section}")) for column, text in columns.items()))
            for section, columns in table.get("calculate", {}).items()
        )
        rules = tuple(self._rule(name, key, rule) for key, rule in table.get("rules", {}).items())
        return _Document(tuple(table.get("required", ())), calculate, rules)

    def _rule(self, document: str, key: str, table: Mapping[str, Any]) -> _Rule:
        place = f"posting/{document}/rules/{key}"
        name = str(table["register"])
        meta = self._configuration.objects.get(name)
        if meta is None or meta.register is None:
            raise ConfigError(f"Нет регистра «{name}»", place=place)
        if unknown := set(table) - _RULE_KEYS:
            raise ConfigError(f"Неизвестные ключи: {', '.join(sorted(unknown))}", place=place)
        section = str(table.get("section", ""))
        if section and self._configuration.objects[document].section(section) is None:
            raise ConfigError(f"У документа нет табличной части «{section}»", place=place)
        if document not in meta.register.recorders:
            raise ConfigError(f"«{document}» не регистратор «{name}»", place=place)
        cells = tuple((field, compiled(text, place)) for field, text in table.get("set", {}).items())
        given = {field for field, _ in cells}
        standard = (*record_attributes(meta), *ext_dimension_attributes(meta.register))
        known = {item.name for item in (*meta.register.fields, *standard)}
        if unknown := given - known:
            raise ConfigError(f"В регистре «{name}» нет: {', '.join(sorted(unknown))}", place=place)
        numbers = all(item.type.alternatives == ("Number",) for item in meta.register.resources)
        return _Rule(
            name=key,
            register=name,
            typed=meta.register.kind is RegisterKind.BALANCE or bool(table.get("account")),
            chart=meta.register.chart,
            section=section,
            kind=str(table.get("kind", "")),
            when=compiled(table["when"], place) if "when" in table else None,
            cells=cells,
            copied=self._copied(document, meta.register, given),
            blank={item.name: (field := Field.of(item)).decode(field.empty) for item in meta.register.fields},
            resources=tuple(item.name for item in meta.register.resources),
            numbers=numbers and meta.register.kind is not RegisterKind.SUBORDINATE,
            debit=str(table.get("debit", "")),
            credit=str(table.get("credit", "")),
            account=str(table.get("account", "")),
        )

    def _copied(self, document: str, register: Register, given: set[str]) -> tuple[str, ...]:
        """Dimensions and attributes the rule does not set and the document has under the same name."""
        own = {item.name for item in self._configuration.objects[document].fields}
        wanted: tuple[Attribute, ...] = (*register.dimensions, *register.attributes)
        return tuple(item.name for item in wanted if item.name not in given and item.name in own)

    def movements(self, name: str, document: Row, lookup: Lookup, ledger: Ledger) -> Movements:
        """Records a document makes, by register; registers it may write and does not are there with an empty list.

        Args:
            name: "Document_X".
            document: the row with its tabular sections; left alone.
            lookup: reads of the base.
            ledger: balances before the document.

        Raises:
            BusinessError: a field that must be filled is empty, goods are short.
        """
        rules = self._documents.get(name)
        if rules is None:
            return {}
        self._check(name, document, rules)
        run = _Run(document, lookup, ledger)
        result: Movements = {rule.register: [] for rule in rules.rules}
        for section, columns in rules.calculate:
            run.calculate(section, columns)
        for rule in rules.rules:
            result[rule.register].extend(run.records(rule))
        for records in result.values():
            for number, record in enumerate(records, 1):
                record["LineNumber"] = number
        return result

    def _check(self, name: str, document: Row, rules: _Document) -> None:
        meta = self._configuration.objects[name]
        for field in rules.required:
            if not empty(document.get(field)):
                continue
            if meta.section(field) is not None:
                raise BusinessError(f"Не введено ни одной строки в список «{field}»")
            raise BusinessError(
                f"Поле «{next((item.title for item in meta.fields if item.name == field), field)}» не заполнено"
            )


class _Run:
    """One posting."""

    def __init__(self, document: Row, lookup: Lookup, ledger: Ledger) -> None:
        self._moment = document["Date"]
        self._lookup = lookup
        self._ledger = ledger
        self._spent: dict[tuple[Any, ...], tuple[Decimal, Decimal]] = {}
        self._doc = {**document}
        self._scope = lookup.scope(
            {"doc": self._doc, "write_off": self._write_off, "account_balance": self._account_balance}
        )

    def calculate(self, section: str, columns: tuple[tuple[str, Expression], ...]) -> None:
        """Adds computed columns to the rows of a section, in the copy of the document that rules see."""
        rows = []
        for row in self._doc.get(section, ()):
            extended = {**row}
            self._scope["row"] = extended
            for column, expression in columns:
                extended[column] = expression(self._scope)
            rows.append(extended)
        self._doc[section] = rows

    def records(self, rule: _Rule) -> list[Row]:
        """Records of one rule."""
        if not rule.section:
            record = self._record(rule, None)
            return [record] if record else []
        found = (self._record(rule, row) for row in self._doc.get(rule.section, ()))
        return [record for record in found if record]

    def _record(self, rule: _Rule, row: Row | None) -> Row | None:
        scope = self._scope
        if row is not None:
            scope["row"] = row
        if rule.when is not None and not rule.when(scope):
            return None
        record: Row = {
            "Recorder": self._doc["Ref"],
            "Period": self._moment,
            "LineNumber": 0,
            "Active": True,
            **rule.blank,
        }
        if rule.typed:
            record["RecordType"] = rule.kind
        if rule.debit:
            record["AccountDr"] = self._lookup.item(rule.chart, rule.debit)
            record["AccountCr"] = self._lookup.item(rule.chart, rule.credit)
        elif rule.account:
            record["Account"] = self._lookup.item(rule.chart, rule.account)
        for field in rule.copied:
            record[field] = self._doc[field]
        for field, expression in rule.cells:
            record[field] = expression(scope)
        if rule.numbers and not any(record.get(name) for name in rule.resources):
            return None
        return record

    def _account_balance(self, code: str, organisation: Ref) -> Decimal:
        return self._ledger.account(self._lookup.account(code), organisation, self._moment)

    def _write_off(self, register: str, quantity: Decimal, **dimensions: Ref) -> Decimal:
        """Average cost of a quantity that leaves; what earlier rows of the same document took is gone already."""
        key = (register, *dimensions.values())
        if key not in self._spent:
            balance = self._ledger.balance(register, dimensions, self._moment)
            self._spent[key] = (balance.get("Количество", _ZERO), balance.get("Стоимость", _ZERO))
        left, worth = self._spent[key]
        if quantity > left:
            raise BusinessError(_shortage(self._lookup, dimensions, quantity, left))
        cost = worth if quantity == left else money(worth * quantity / left)
        self._spent[key] = (left - quantity, worth - cost)
        return cost


def _shortage(lookup: Lookup, dimensions: Mapping[str, Ref], quantity: Decimal, left: Decimal) -> str:
    names = [(lookup.resolve(value) or {}).get("Description", "") for value in dimensions.values()]
    return f"Не хватает товара «{names[0]}» на складе «{names[-1]}»: нужно {quantity.normalize():f}, есть {left.normalize():f}"
