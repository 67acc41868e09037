"""What all exchanges share: refusals, results, nodes and their message numbers, safe reading of XML."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from stand.emulator.behaviour.expressions import empty
from stand.emulator.database.store import write_setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.etree import _Element

    from stand.emulator.behaviour.lookups import Lookup
    from stand.emulator.database.infobase import Session
    from stand.emulator.rows import Ref, Row

__all__ = [
    "Context",
    "ExchangeError",
    "Imported",
    "Outcome",
    "default_namespace",
    "described",
    "local_name",
    "node_row",
    "now",
    "parse_xml",
    "succeeded",
]

SUCCESS_SETTING = "exchange.success"


class ExchangeError(Exception):
    """A message is refused; nothing of it was loaded and the numbers did not move.

    Attributes:
        code: short code of the refusal ("9", "178", "format").
        text: words for people.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class Imported:
    """An object a message brought."""

    set: str
    ref: str
    number: str


@dataclass(slots=True)
class Outcome:
    """What an import came to."""

    created: int = 0
    updated: int = 0
    skipped: int = 0
    already_received: bool = False
    objects: list[Imported] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add(self, reference: Ref, row: Mapping[str, Any], *, created: bool) -> None:
        """Counts an object that was written."""
        if created:
            self.created += 1
        else:
            self.updated += 1
        label = str(row.get("Number") or row.get("Code") or "")
        self.objects.append(Imported(reference.object, reference.id, label))


@dataclass(frozen=True, slots=True)
class Context:
    """One exchange at work."""

    session: Session
    lookup: Lookup
    plan: str
    node: str
    table: Mapping[str, Any]


def described(behaviour: Mapping[str, object]) -> Mapping[str, Any]:
    """Descriptions of exchanges by plan."""
    value = behaviour.get("exchanges")
    return value if isinstance(value, dict) else {}


def now() -> datetime:
    """The server's local time to a second, as 1C has it."""
    return datetime.now().replace(microsecond=0)  # noqa: DTZ005 - dates of 1C have no zone


def node_row(context: Context) -> Row:
    """The node of the exchange plan.

    Raises:
        ExchangeError: there is none.
    """
    found = context.session.find(f"ExchangePlan_{context.plan}", Code=context.node)
    if not found:
        raise ExchangeError(
            "node",
            f"Не найден узел обмена для загрузки данных. План обмена: {context.plan}, Идентификатор: {context.node}",
        )
    return found[0]


def own_code(context: Context) -> str:
    """Code of this base in the exchange plan."""
    return str(context.table.get("own", "ЦБ"))


def succeeded(session: Session, plan: str, node: str) -> None:
    """Remembers when an exchange with a node last came through."""
    write_setting(session.connection, f"{SUCCESS_SETTING}/{plan}/{node}", now().isoformat())


def parse_xml(message: bytes) -> _Element:
    """Reads XML that comes from outside: no entities, no network, no document type.

    Raises:
        ExchangeError: no XML.
    """
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    try:
        root = etree.fromstring(message, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ExchangeError("9", f"Ошибка формата файла обмена: {error}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise ExchangeError("9", "Ошибка формата файла обмена: объявление типа документа недопустимо")
    return root


def default_namespace(uri: str) -> Any:
    """Map of namespaces for a new element: this one without a prefix. lxml wants None as its name, its types do not."""
    return {None: uri}


def local_name(element: _Element) -> str:
    """Name without a namespace: exchange files come with and without one (facts/exchanges.md 3.1)."""
    tag = str(element.tag)
    return tag.rpartition("}")[2]


def child(element: _Element | None, *path: str) -> _Element | None:
    """A descendant by local names, or None."""
    for name in path:
        if element is None:
            return None
        element = next((item for item in element if local_name(item) == name), None)
    return element


def text_of(element: _Element | None, *path: str) -> str:
    """Text of a descendant, "" when it is not there."""
    found = child(element, *path)
    return (found.text or "").strip() if found is not None else ""


def children(element: _Element | None, name: str) -> list[_Element]:
    """Children of a local name."""
    return [] if element is None else [item for item in element if local_name(item) == name]


def differs(row: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a stored row has other values than a message brings; sections are compared by the columns the message names."""
    for name, value in wanted.items():
        have = row.get(name)
        if isinstance(value, list):
            if (
                not isinstance(have, list)
                or len(have) != len(value)
                or any(differs(a, b) for a, b in zip(have, value, strict=True))
            ):
                return True
        elif have != value and not (empty(have) and empty(value)):
            return True
    return False
