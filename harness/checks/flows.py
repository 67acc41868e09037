"""Business flows through OData: documents are created and posted as an integration would do it, and looked at by business keys.

Names of objects and fields come from the pack; documents of the flow are called by their labels, so that references and numbers,
which differ from run to run, never get into an observation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from harness.checks.columns import VOLATILE, canonical, is_empty
from harness.checks.movements import document_movements
from harness.checks.references import References

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.onec.odata import ODataClient
    from harness.phase.packs import Pack

DOCUMENT_KEY = ("Документ", "Строка", "Реквизит")
"""Key of the table of what the documents hold."""
LINE_KEY = ("Документ", "Строка")
"""Key of the table of their lines."""
NOON = 12
"""Documents of a flow are dated at noon: inside of the day in every time zone a base may think in."""
_UNSTABLE = VOLATILE | {"Ref_Key", "Number", "LineNumber"}


@dataclass(frozen=True, slots=True)
class Made:
    """A document the flow has made."""

    label: str
    role: str
    set: str
    ref: str


@dataclass(slots=True)
class Flow:
    """Makes documents and remembers them.

    Args:
        client: of the stand.
        pack: names of this configuration.
    """

    client: ODataClient
    pack: Pack
    made: list[Made] = field(default_factory=list)
    names: References = field(init=False)

    def __post_init__(self) -> None:
        self.names = References(self.client)

    def make(
        self,
        role: str,
        label: str,
        *,
        day: date,
        values: Mapping[str, Any],
        section: str = "",
        lines: Sequence[Mapping[str, Any]] = (),
        post: bool = True,
    ) -> Made:
        """Creates and posts a document.

        Args:
            role: role of the document in the pack.
            label: what the scenario calls it, "Заказ".
            day: its date.
            values: fields of the head by roles.
            section: role of the tabular section the lines belong to.
            lines: rows by roles of fields.
            post: False for one that is only written: what the base fills in is seen even where posting would ask for more.
        """
        entity_set = str(self.pack[role])
        body: dict[str, Any] = {"Date": datetime(day.year, day.month, day.day, NOON)}  # noqa: DTZ001 (1C's time has no zone)
        body |= {self._field(name): value for name, value in values.items()}
        if section:
            rows = [{self._field(name): value for name, value in line.items()} for line in lines]
            body[self._field(section)] = [{"LineNumber": number} | row for number, row in enumerate(rows, start=1)]
        created = self.client.create(entity_set, body)
        document = Made(label, role, entity_set, str(created["Ref_Key"]))
        self.names.alias(document.ref, f"«{label}»")
        self.made.append(document)
        if post:
            self.client.post(entity_set, document.ref)
        return document

    def _field(self, role: str) -> str:
        return str(self.pack[f"field.{role}"])

    def read(self, document: Made) -> dict[str, Any]:
        """A document as it stands in the base now."""
        return self.client.get(document.set, document.ref)

    def documents(self) -> list[dict[str, str]]:
        """What the documents hold after posting, as rows (key: DOCUMENT_KEY): filled fields of heads and lines."""
        return [row for document in self.made for row in self._document(document)]

    def _document(self, document: Made) -> list[dict[str, str]]:
        metadata = self.client.metadata()
        described = metadata.type_of(document.set)
        read = self.read(document)
        targets = self.names.targets(described.name) if described else {}
        head = {name: value for name, value in read.items() if not isinstance(value, list | dict)}
        rows = self._cells(document.label, "", head, targets)
        for section, lines in read.items():
            if isinstance(lines, list):
                links = self.names.targets(f"{document.set}_{section}")
                for number, line in enumerate(lines, start=1):
                    rows += self._cells(document.label, f"{section} {number}", line, links)
        return rows

    def head(self) -> list[dict[str, str]]:
        """What the heads of the documents hold, as rows (key: DOCUMENT_KEY)."""
        return [row for row in self.documents() if not row["Строка"]]

    def lines(self) -> list[dict[str, str]]:
        """What the lines of the documents hold, one row a line (key: LINE_KEY), a column an attribute: a price that changed is named as such."""
        found: dict[tuple[str, str], dict[str, str]] = {}
        for cell in self.documents():
            if cell["Строка"]:
                row = found.setdefault((cell["Документ"], cell["Строка"]), {name: cell[name] for name in LINE_KEY})
                row[cell["Реквизит"]] = cell["Значение"]
        columns = dict.fromkeys(name for row in found.values() for name in row)
        return [{name: row.get(name, "") for name in columns} for row in found.values()]

    def _cells(self, label: str, line: str, row: Mapping[str, Any], targets: Mapping[str, str]) -> list[dict[str, str]]:
        stable = {name: value for name, value in row.items() if name not in _UNSTABLE and "@" not in name}
        shown = self.names.readable(stable, targets)
        return [
            {"Документ": label, "Строка": line, "Реквизит": name, "Значение": canonical(value)}
            for name, value in shown.items()
            if not is_empty(value)
        ]

    def movements(self) -> list[dict[str, Any]]:
        """Movements of all documents of the flow (key: `harness.checks.movements.KEY`)."""
        rows: list[dict[str, Any]] = []
        for item in self.made:
            registers = [str(name) for name in self.pack[f"registers.{item.role}"]]
            rows += document_movements(
                self.client, self.names, item.label, document_set=item.set, ref=item.ref, registers=registers
            )
        return rows


@dataclass(frozen=True, slots=True)
class Contract:
    """A partner's contract to work under."""

    partner: str
    contract: str
    organization: str


def choose_contract(client: ODataClient, pack: Pack, kind: str) -> Contract:
    """The first contract of a kind, by code: the same in both phases.

    Raises:
        AssertionError: the base has none.
    """
    organization = str(pack["field.organization"])
    filter_text = f"{pack['field.contract_kind']} eq '{pack[f'value.{kind}']}' and DeletionMark eq false"
    rows = list(
        client.rows(str(pack["contracts"]), select=("Ref_Key", "Owner_Key", "Code", organization), filter=filter_text)
    )
    assert rows, f"В базе нет ни одного договора вида {pack[f'value.{kind}']}"
    first = min(rows, key=lambda row: str(row["Code"]))
    return Contract(str(first["Owner_Key"]), str(first["Ref_Key"]), str(first[organization]))


@dataclass(frozen=True, slots=True)
class Stocked:
    """Goods that lie at a warehouse."""

    item: str
    warehouse: str
    quantity: Decimal


def choose_stock(
    client: ODataClient, pack: Pack, day: date, *, count: int, at_least: Decimal = Decimal(10), skip: int = 0
) -> list[Stocked]:
    """Goods of one warehouse with enough in stock: the warehouse with the most kinds, then by reference.

    Stock is taken at the beginning of the day the flows work in, so that no flow changes what another one chooses.

    Args:
        client: of the stand.
        pack: names of this configuration.
        day: day of the flow.
        count: how many goods.
        at_least: quantity of each.
        skip: goods to leave to other flows.

    Raises:
        AssertionError: no warehouse has enough.
    """
    item, warehouse, quantity = (str(pack[f"field.{name}"]) for name in ("item", "warehouse", "quantity"))
    moment = datetime(day.year, day.month, day.day)  # noqa: DTZ001 (1C's time has no zone)
    by_warehouse: dict[str, list[Stocked]] = {}
    for row in client.balance(str(pack["stock"]), period=moment):
        amount = Decimal(row.get(f"{quantity}Balance") or 0)
        if amount >= at_least:
            place = str(row[warehouse])
            by_warehouse.setdefault(place, []).append(Stocked(str(row[item]), place, amount))
    fitting = {place: found for place, found in by_warehouse.items() if len(found) >= count + skip}
    assert fitting, f"Ни на одном складе нет {count} товаров с остатком от {at_least}"
    best = max(sorted(fitting), key=lambda place: len(fitting[place]))
    return sorted(fitting[best], key=lambda found: found.item)[skip : skip + count]


def settlement_balance(client: ODataClient, pack: Pack, moment: datetime, **dimensions: str) -> Decimal:
    """Balance of settlements at a moment by dimensions given by roles (`order=ref`)."""
    condition = " and ".join(f"{pack[f'field.{name}']} eq guid'{ref}'" for name, ref in dimensions.items())
    amount = f"{pack['field.line_amount']}Balance"
    return sum(
        (
            Decimal(row.get(amount) or 0)
            for row in client.balance(str(pack["settlements"]), period=moment, condition=condition)
        ),
        Decimal(0),
    )


def stock_balance(client: ODataClient, pack: Pack, moment: datetime, good: Stocked) -> Decimal:
    """Stock of one item at one warehouse at a moment."""
    item, warehouse, quantity = (str(pack[f"field.{name}"]) for name in ("item", "warehouse", "quantity"))
    condition = f"{item} eq guid'{good.item}' and {warehouse} eq guid'{good.warehouse}'"
    rows = client.balance(str(pack["stock"]), period=moment, condition=condition)
    return sum((Decimal(row.get(f"{quantity}Balance") or 0) for row in rows), Decimal(0))
