"""What expressions may ask of a base: objects behind references, constants, catalog items by code, slices, balances.

`Lookup` reads through a session and remembers what it read, for as long as the one who made it knows that nothing changes: one posting, one
report, or a whole generation of documents. Formulas and tables of the configuration's behaviour become functions of the scope here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from harness.errors import ConfigError
from stand.emulator.behaviour.expressions import FUNCTIONS, RESOLVER, Scope, compiled
from stand.emulator.rows import EMPTY, Ref

if TYPE_CHECKING:
    from datetime import datetime

    from stand.emulator.database.infobase import Session
    from stand.emulator.model import Configuration

__all__ = ["Ledger", "Lookup", "SessionLedger"]

_ZERO = Decimal(0)


class Ledger(Protocol):
    """Balances as they are at a document's moment, before the document itself."""

    def balance(self, register: str, dimensions: Mapping[str, Any], moment: datetime) -> Mapping[str, Decimal]:
        """Resource to balance, for one combination of dimensions; absent means zero."""

    def account(self, account: Ref, organisation: Ref, moment: datetime) -> Decimal:
        """Balance of an account of an organisation, a debit one positive."""


class SessionLedger:
    """Balances by queries to the base. `Period` of a document's own records is its date, so they are never seen."""

    def __init__(self, session: Session, accounting: str) -> None:
        self._session = session
        self._accounting = accounting

    def balance(self, register: str, dimensions: Mapping[str, Any], moment: datetime) -> Mapping[str, Decimal]:
        """See `Ledger`."""
        rows = self._session.balance(register, period=moment, dimensions=(), where=dimensions)
        row = rows[0] if rows else {}
        return {name.removesuffix("Balance"): value for name, value in row.items() if name.endswith("Balance")}

    def account(self, account: Ref, organisation: Ref, moment: datetime) -> Decimal:
        """See `Ledger`."""
        rows = self._session.balance(
            self._accounting, period=moment, dimensions=("Account",), where={"Организация": organisation}
        )
        found = next((row for row in rows if row["Account"] == account), None)
        return found["СуммаBalance"] if found else _ZERO


class Lookup:
    """Reads for expressions, remembered."""

    def __init__(self, session: Session, configuration: Configuration) -> None:
        self._session = session
        self.configuration = configuration
        self._objects: dict[Ref, Mapping[str, Any] | None] = {}
        self._items: dict[tuple[str, str], Ref] = {}
        self._constants: dict[str, Any] = {}
        self._slices: dict[tuple[Any, ...], Mapping[str, Any] | None] = {}
        self._tables = {
            name: {key: _cell(value) for key, value in table.items()}
            for name, table in _mapping(configuration.behaviour.get("tables")).items()
        }

    def resolve(self, reference: Ref) -> Mapping[str, Any] | None:
        """The object behind a reference; None for an empty or a broken one."""
        if reference.id == EMPTY:
            return None
        if reference not in self._objects:
            self._objects[reference] = self._session.get(reference.object, reference.id)
        return self._objects[reference]

    def remember(self, reference: Ref, row: Mapping[str, Any]) -> None:
        """Puts a row just written in place of the one read before."""
        self._objects[reference] = row

    def forget_slices(self) -> None:
        """After a register that slices are taken from was written."""
        self._slices.clear()

    def constant(self, name: str) -> Any:
        """The value of a constant."""
        if name not in self._constants:
            rows = list(self._session.select(f"Constant_{name}", limit=1))
            self._constants[name] = rows[0]["Value"] if rows else None
        return self._constants[name]

    def item(self, object_name: str, code: str) -> Ref:
        """A catalog item, an account by its code.

        Raises:
            ConfigError: there is none.
        """
        key = (object_name, code)
        if key not in self._items:
            found = self._session.find(object_name, Code=code)
            if not found:
                raise ConfigError(f"Нет элемента с кодом «{code}»", place=object_name)
            self._items[key] = found[0]["Ref"]
        return self._items[key]

    def account(self, code: str) -> Ref:
        """An account of the only chart."""
        return self.item(self.chart, code)

    @property
    def chart(self) -> str:
        """The chart of accounts of the accounting register."""
        return next((name for name in self.configuration.objects if name.startswith("ChartOfAccounts_")), "")

    @property
    def accounting(self) -> str:
        """The accounting register."""
        return next((name for name in self.configuration.objects if name.startswith("AccountingRegister_")), "")

    def slice_last(self, register: str, moment: datetime, **dimensions: Any) -> Mapping[str, Any] | None:
        """The record in force at the end of a moment's day, by all dimensions given.

        Rates and prices are set by days: remembering them by day is what makes fifty thousand documents affordable.
        """
        key = (register, moment.date(), *sorted(dimensions.items()))
        if key not in self._slices:
            end = moment.replace(hour=23, minute=59, second=59)
            rows = list(self._session.slice_last(register, period=end, where=dimensions))
            self._slices[key] = rows[0] if rows else None
        return self._slices[key]

    def table(self, name: str, key: str) -> Any:
        """A cell of a table of the behaviour.

        Raises:
            ConfigError: no such table or key.
        """
        try:
            return self._tables[name][key]
        except KeyError:
            raise ConfigError(f"В таблице «{name}» нет «{key}»", place="tables") from None

    def scope(self, extra: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A fresh scope: functions of the language, reads of the base, formulas of the behaviour."""
        scope: dict[str, Any] = {
            **FUNCTIONS,
            RESOLVER: self.resolve,
            "constant": self.constant,
            "item": self.item,
            "slice_last": self.slice_last,
            "table": self.table,
            **(extra or {}),
        }
        for name, formula in _mapping(self.configuration.behaviour.get("formulas")).items():
            scope[name] = _formula(name, formula, scope)
        return scope


def _formula(name: str, description: Mapping[str, Any], scope: Scope) -> Callable[..., Any]:
    expression = compiled(str(description["value"]), f"formulas/{name}")
    parameters = [str(item) for item in description.get("parameters", [])]

    def call(*arguments: Any) -> Any:
        if len(arguments) != len(parameters):
            raise ConfigError(f"Формуле «{name}» нужно параметров: {len(parameters)}", place="formulas")
        return expression({**scope, **dict(zip(parameters, arguments, strict=True))})

    return call


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _cell(value: Any) -> Any:
    """Numbers in tables are written as text, so that no digit is lost: "0.1" is a tenth; codes keep their leading zeros."""
    if isinstance(value, str) and value and not (value.isdigit() and value.startswith("0") and len(value) > 1):
        try:
            return Decimal(value)
        except ArithmeticError:
            return value
    return value
