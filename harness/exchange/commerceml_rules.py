"""What a CommerceML file must hold for a shop and for 1C (facts/exchanges.md 3.1, 3.3); in the memory of identities, not of goods."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING

from harness.exchange.commerceml_models import (
    Contractor,
    Group,
    Head,
    Holder,
    Item,
    Named,
    Offer,
    Order,
    PropertyKind,
)
from harness.exchange.commerceml_stream import CLASSIFIER, stream
from harness.exchange.problems import Problem, problem_of
from harness.exchange.problems import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.exchange.commerceml_models import Record

KNOWN_SCHEMAS = (*(f"2.0{n}" for n in range(1, 10)), "2.10", "3.0", "3.1")
_MOST = 1000
"""Problems that are told; a file in which every price is wrong has a million of them."""
_CENT = Decimal("0.01")


class Checker:
    """Records in, problems out.

    Attributes:
        problems: what was found, at most a thousand.
        counts: records by kind.
        facts: version, namespace, delta flag.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.counts: Counter[str] = Counter()
        self.facts: dict[str, str] = {}
        self._seen: dict[str, set[int]] = {}
        self._groups: set[str] = set()
        self._properties: set[str] = set()
        self._named: dict[str, set[str]] = {}

    def take(self, record: Record) -> None:
        """One record of a stream."""
        self.counts[type(record).__name__] += 1
        match record:
            case Head():
                self._head(record)
            case Holder():
                self._holder(record)
            case Group():
                self._groups.add(record.id)
            case PropertyKind():
                self._properties.add(record.id)
            case Named():
                self._named.setdefault(record.kind, set()).add(record.id)
            case Item():
                self._item(record)
            case Offer():
                self._offer(record)
            case Order():
                self._order(record)
            case Contractor():
                self._identity("Контрагент", record.id)

    def note(self, code: str, template: str, path: str, **values: object) -> None:
        """Adds a problem, up to the limit."""
        if len(self.problems) < _MOST:
            self.problems.append(problem_of(code, template, values, path=path))

    def _head(self, head: Head) -> None:
        self.facts |= {"version": head.schema, "namespace": head.namespace}
        if head.schema and head.schema not in KNOWN_SCHEMAS:
            self.note("VERSION", _("неизвестная версия схемы «{version}»"), "/@ВерсияСхемы", version=head.schema)

    def _holder(self, holder: Holder) -> None:
        if holder.kind == CLASSIFIER:
            return
        delta = {True: "changes", False: "full", None: ""}[holder.changes_only]
        self.facts |= {"kind": holder.kind, "delta": delta, "id": holder.id}
        if holder.changes_only is None:
            template = _(
                "нет признака СодержитТолькоИзменения: сайт примет файл за полную выгрузку и снимет остальные товары"
            )
            self.note("MISSING", template, f"/{holder.kind}/@СодержитТолькоИзменения")

    def _identity(self, kind: str, key: str) -> None:
        if not key:
            self.note("MISSING", _("{kind} без идентификатора"), f"/{kind}/Ид", kind=kind)
            return
        # Eight bytes of a hash instead of the identifier: a million goods must fit into memory.
        short = int.from_bytes(blake2b(key.encode(), digest_size=8).digest())
        known = self._seen.setdefault(kind, set())
        if short in known:
            self.note("DUPLICATE", _("{kind} {id} встречается дважды"), f"/{kind}[Ид='{key}']", kind=kind, id=key)
        known.add(short)

    def _item(self, item: Item) -> None:
        self._identity("Товар", item.id)
        path = f"/Товар[Ид='{item.id}']"
        if not item.name and not item.deleted:
            self.note("MISSING", _("у товара {id} нет наименования"), path, id=item.id)
        if self._groups:
            for group in item.groups:
                if group not in self._groups:
                    self.note("REFERENCE", _("группы {group} нет в классификаторе"), f"{path}/Группы", group=group)
        if self._properties:
            for key, _value in item.properties:
                if key not in self._properties:
                    self.note("REFERENCE", _("свойства {id} нет в классификаторе"), f"{path}/ЗначенияСвойств", id=key)

    def _offer(self, offer: Offer) -> None:
        self._identity("Предложение", offer.id)
        path = f"/Предложение[Ид='{offer.id}']"
        for kind, name, used in (("ТипЦены", "Цены", offer.prices), ("Склад", "Остатки", offer.rests)):
            declared = self._named.get(kind)
            for key, amount in used:
                if declared and key and key not in declared:
                    template = _("{kind} {id} не описан в файле")
                    self.note("REFERENCE", template, f"{path}/{name}", kind=kind, id=key)
                if kind == "ТипЦены" and amount < 0:
                    self.note("VALUE", _("цена {amount} меньше нуля"), f"{path}/{name}", amount=amount)

    def _order(self, order: Order) -> None:
        self._identity("Документ", order.id)
        path = f"/Документ[Ид='{order.id}']"
        for name, value in (("Номер", order.number), ("Дата", order.date), ("ХозОперация", order.operation)):
            if not value:
                self.note(
                    "MISSING", _("у документа {id} не заполнено «{name}»"), f"{path}/{name}", id=order.id, name=name
                )
        if order.amount is None:
            self.note("VALUE", _("сумма документа {id} не число"), f"{path}/Сумма", id=order.id)
            return
        amounts = [line.amount for line in order.lines if line.amount is not None]
        counted = sum(amounts, order.tax_on_top or Decimal(0))
        if len(amounts) < len(order.lines):
            self.note("VALUE", _("сумма строки документа {id} не число"), f"{path}/Товары", id=order.id)
        elif amounts and abs(counted - order.amount) > _CENT:
            template = _("сумма документа {stated}, а сумма строк {counted}")
            self.note("TOTALS", template, f"{path}/Сумма", stated=order.amount, counted=counted)


def check(source: bytes | Path, place: str = "файл CommerceML") -> Checker:
    """Reads a file to its end and says what is wrong with it.

    Raises:
        DocumentError: not XML, or not CommerceML.
    """
    checker = Checker()
    notes: list[str] = []
    for record in stream(source, place, notes):
        checker.take(record)
        for note in notes:
            checker.note("VALUE", "{note}", "/Предложение/Цены", note=note)
        notes.clear()
    return checker


def orphans(catalogue: bytes | Path, offers: bytes | Path) -> Iterator[str]:
    """Identifiers of offers whose goods the catalogue does not have: on the site they stay invisible."""
    known = {
        int.from_bytes(blake2b(record.id.partition("#")[0].encode(), digest_size=8).digest())
        for record in stream(catalogue)
        if isinstance(record, Item)
    }
    for record in stream(offers):
        if isinstance(record, Offer):
            short = int.from_bytes(blake2b(record.item.encode(), digest_size=8).digest())
            if short not in known:
                yield record.id
