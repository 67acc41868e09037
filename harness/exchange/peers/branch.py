"""A branch of a distributed base: takes and makes messages of an exchange plan by the platform's rules (facts/exchanges.md 2).

Messages of a distributed base travel as files, so there is no server here: `take` reads a message of the root, `make` writes one for it. The
branch holds objects by reference in memory, keeps its own numbers, and refuses a message of another configuration, addressee or number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lxml import etree

from harness.errors import DocumentError
from harness.exchange.markup import child, children, local, parse, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.etree import _Element

MESSAGES = "http://v8.1c.ru/messages"
EXCHANGE = "http://v8.1c.ru/data/exchange"
DATA = "http://v8.1c.ru/8.1/data/enterprise/current-config"
CORE = "http://v8.1c.ru/8.1/data/core"
MISMATCH = "Конфигурация узла распределенной ИБ не соответствует ожидаемой"


@dataclass(frozen=True, slots=True)
class Taken:
    """What a message brought.

    Attributes:
        objects: how many objects by kind.
        deleted: objects the branch had and has no more.
        deletions: deletions in the message, also of objects the branch never had.
        configuration: changes of the configuration it carries.
    """

    number: int
    objects: Mapping[str, int]
    deleted: int
    configuration: tuple[str, ...]
    deletions: int = 0


@dataclass(slots=True)
class Branch:
    """The branch.

    Attributes:
        plan: name of the exchange plan.
        code: of the branch in the plan.
        root: code of the base under test.
        sent: number of the last message made.
        received: number of the last message taken.
        digest: of the configuration the branch has; "": it is taken over from the first message.
        objects: (kind, reference) → cells.
    """

    plan: str
    code: str
    root: str
    sent: int = 0
    received: int = 0
    digest: str = ""
    objects: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    def take(self, data: bytes) -> Taken:
        """Loads a message of the root; nothing moves when it is refused.

        Raises:
            DocumentError: not such a message, another addressee, another configuration, or a number that was taken before.
        """
        root = parse(data, "сообщение филиалу")
        header = child(root, "Header")
        if local(root) != "Message" or header is None:
            raise DocumentError("это не сообщение плана обмена: нет Message/Header")
        plan, to, sender = (text(header, name) for name in ("ExchangePlan", "To", "From"))
        if (plan, to, sender) != (self.plan, self.code, self.root):
            raise DocumentError(
                f"сообщение плана «{plan}» от «{sender}» для «{to}» адресовано не филиалу «{self.code}»"
            )
        number, confirmed = (_number(text(header, name), name) for name in ("MessageNo", "ReceivedNo"))
        digest = text(header, "Digest1")
        if self.digest and digest and digest != self.digest:
            raise DocumentError(MISMATCH)
        if number <= self.received:
            raise DocumentError(f"номер сообщения {number} не больше номера принятого ранее {self.received}")
        if confirmed > self.sent:
            raise DocumentError(f"центр подтвердил сообщение {confirmed}, а филиал отправил только {self.sent}")
        changes = child(root, "Body", "Changes")
        counts: dict[str, int] = {}
        deleted = deletions = 0
        data_part = child(changes, "Data") if changes is not None else None
        for item in children(data_part) if data_part is not None else ():
            if local(item) == "ObjectDeletion":
                deleted += self._forget(item)
                deletions += len(item)
                continue
            cells = {local(cell): (cell.text or "").strip() for cell in children(item)}
            self.objects[local(item), cells.get("Ref", "")] = cells
            counts[local(item)] = counts.get(local(item), 0) + 1
        config = child(changes, "Config") if changes is not None else None
        names = tuple(text(item, "Name") for item in children(config, "Metadata")) if config is not None else ()
        self.received, self.digest = number, digest or self.digest
        self.log.append(f"принято сообщение {number}: объектов {sum(counts.values())}, удалений {deleted}")
        return Taken(number, dict(sorted(counts.items())), deleted, names, deletions)

    def _forget(self, item: _Element) -> int:
        count = 0
        for reference in children(item):
            kind = local(reference).replace("Ref.", "Object.")
            count += self.objects.pop((kind, (reference.text or "").strip()), None) is not None
        return count

    def make(
        self,
        objects: Mapping[tuple[str, str], Mapping[str, str]],
        *,
        deleted: tuple[tuple[str, str], ...] = (),
        number: int | None = None,
        received: int | None = None,
        to: str = "",
        digest: str | None = None,
    ) -> bytes:
        """A message for the root; the number of the sent message moves, unless another number is asked for.

        Args:
            objects: (kind, reference) → cells, as taken.
            deleted: kind and reference of objects deleted for good.
            number: another number, to repeat a message or to come from an old copy.
            received: another acknowledgment.
            to: another addressee.
            digest: another configuration; "" for none.
        """
        if number is None:
            self.sent += 1
        root = etree.Element(f"{{{MESSAGES}}}Message", nsmap={"v8msg": MESSAGES, "v8de": EXCHANGE})
        header = etree.SubElement(root, f"{{{MESSAGES}}}Header")
        cells = {
            "ExchangePlan": self.plan,
            "To": to or self.root,
            "From": self.code,
            "MessageNo": str(self.sent if number is None else number),
            "ReceivedNo": str(self.received if received is None else received),
        }
        for name, value in cells.items():
            etree.SubElement(header, f"{{{MESSAGES}}}{name}").text = value
        shown = self.digest if digest is None else digest
        if shown:
            etree.SubElement(header, f"{{{EXCHANGE}}}Digest1").text = shown
        body = etree.SubElement(root, f"{{{MESSAGES}}}Body")
        data = etree.SubElement(etree.SubElement(body, f"{{{EXCHANGE}}}Changes"), f"{{{EXCHANGE}}}Data")
        for (kind, _reference), values in objects.items():
            item = etree.SubElement(data, f"{{{DATA}}}{kind}")
            for name, value in values.items():
                etree.SubElement(item, f"{{{DATA}}}{name}").text = value or None
        for kind, reference in deleted:
            outer = etree.SubElement(data, f"{{{CORE}}}ObjectDeletion", nsmap={"v8": CORE})
            etree.SubElement(outer, f"{{{CORE}}}{kind.replace('Object.', 'Ref.')}").text = reference
        self.log.append(f"отправлено сообщение {cells['MessageNo']}: объектов {len(objects)}, удалений {len(deleted)}")
        return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _number(value: str, name: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= 15):
        raise DocumentError(f"{name} «{value[:20]}» не число")
    return int(value)
