"""CommerceML of any size as a stream of records: a catalogue of half a gigabyte in the memory of one of its goods.

`stream(source)` gives, in the order of the file: Head, Holder (before the records of a catalogue or package), Group, PropertyKind,
Named, Item, Offer, Order, Contractor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from harness.exchange import commerceml_parse as parsing
from harness.exchange import markup
from harness.exchange.commerceml_models import ROOT, Head, Holder
from harness.exchange.markup import local, namespace, text
from harness.exchange.problems import FormatError
from harness.exchange.problems import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lxml.etree import _Element

    from harness.exchange.commerceml_models import Record

CLASSIFIER = "Классификатор"
CATALOGUES = ("Каталог", "ИзмененияКаталога")
PACKAGES = ("ПакетПредложений", "ИзмененияПакетаПредложений")
# Name of a record and the holder it stands in; "" is the root or a container of orders.
_RECORDS = {
    "Товар": "Товары",
    "Предложение": "Предложения",
    "Документ": "",
    "Группа": "Группы",
    "Свойство": "Свойства",
    "ТипЦены": "ТипыЦен",
    "Склад": "Склады",
    "ЕдиницаИзмерения": "ЕдиницыИзмерения",
    "Контрагент": "Контрагенты",
}
_HOLDERS = (*CATALOGUES, *PACKAGES, CLASSIFIER)
_TAGS = (*_RECORDS, *_HOLDERS)
_CONTAINERS = (ROOT, "Контейнер")


def _is_record(element: _Element) -> bool:
    holder = _RECORDS.get(local(element))
    above = element.getparent()
    if holder is None or above is None:
        return False
    return local(above) in _CONTAINERS if not holder else local(above) == holder


def stream(
    source: bytes | Path | BinaryIO, place: str = "файл CommerceML", problems: list[str] | None = None
) -> Iterator[Record]:
    """Records of a file, in its order.

    Args:
        source: bytes, a path or an open binary file.
        place: what to name in an error.
        problems: where sentences about numbers that are no numbers go.

    Raises:
        DocumentError: not XML, or not CommerceML; what came before stays read.
    """
    notes: list[str] = [] if problems is None else problems
    pending: _Element | None = None
    with markup.opened(source) as file:
        events = markup.stream(file, place, _TAGS, _is_record)
        yield _head(next(events)[1], place)
        for event, element in events:
            name = local(element)
            if event == "start":
                pending = element if name in _HOLDERS else pending
            elif name in _RECORDS and _is_record(element):
                if pending is not None:
                    yield _holder(pending)
                    pending = None
                yield from _record(element, name, notes)
            elif element is pending:
                # A catalogue without goods still says that it is one.
                yield _holder(element)
                pending = None


def _head(root: _Element, place: str) -> Head:
    if local(root) not in (ROOT, CLASSIFIER):
        raise FormatError(
            _("корневой элемент «{name}», а не «{root}»: это не CommerceML"), place=place, name=local(root), root=ROOT
        )
    return Head(root.get("ВерсияСхемы", ""), namespace(root), root.get("ДатаФормирования", ""), root.get("Ид", ""))


def _holder(element: _Element) -> Holder:
    name = local(element)
    written = element.get("СодержитТолькоИзменения")
    delta = True if name.startswith("Изменения") else None if written is None else parsing.is_true(written)
    kind = CLASSIFIER if name == CLASSIFIER else CATALOGUES[0] if name in CATALOGUES else PACKAGES[0]
    return Holder(
        kind,
        text(element, "Ид"),
        text(element, "Наименование"),
        delta,
        text(element, "ИдКлассификатора"),
        text(element, "ИдКаталога"),
    )


def _record(element: _Element, name: str, notes: list[str]) -> Iterator[Record]:
    if name == "Товар":
        yield parsing.item(element)
    elif name == "Предложение":
        yield parsing.offer(element, notes)
    elif name == "Документ":
        yield parsing.order(element)
    elif name == "Группа":
        yield from parsing.groups(element)
    elif name == "Свойство":
        yield parsing.property_kind(element)
    elif name == "Контрагент":
        yield parsing.contractor(element)
    else:
        yield parsing.named(element)
