"""Numbers and acknowledgment of EnterpriseData messages as pure functions (facts/exchanges.md 1.3, 1.4).

A `Node` is what one side knows of its correspondent. Sending: `outgoing` makes the numbers, `sent` stores them, only after the whole
export succeeded. Receiving: `examine` says what has to be done with a message, `acknowledge` applies its acknowledgment at once,
`loaded` stores its number, only after the load succeeded. Whatever fails in between leaves the numbers where they were.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from harness.exchange.enterprise_data import FORMAT, Confirmation, common_version, version_key
from harness.exchange.problems import Problem, problem
from harness.exchange.problems import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.exchange.enterprise_data import Message

NO_VERSION = "0.0"
"""What 1C stores in a node when there is no common version."""
BAD_FORMAT, ALREADY_RECEIVED, WRONG_ADDRESSEE = 9, 174, 178


class Outcome(StrEnum):
    """What has to be done with a message."""

    LOAD = "load"
    """Load the body."""
    SETTINGS = "settings"
    """A message without a version: settings only, no exchange of data."""
    ALREADY_RECEIVED = "already-received"
    """Received before (code 174): the body is not loaded, the settings are read."""
    REFUSED = "refused"
    """An error: nothing is read, no number moves."""


@dataclass(frozen=True, slots=True)
class Change:
    """An object registered for the correspondent.

    Attributes:
        key: what it is, "Документ.ЗаказКлиента/1c2f…".
        number: number of the message it was sent in; 0 while it was not sent.
    """

    key: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Node:
    """What a base knows of a correspondent.

    Attributes:
        this: code of this base's own node.
        peer: code of the correspondent.
        aliases: further names of this base's node (of the predefined node, before it got its GUID).
        versions: versions of the format this base speaks: the map version → conversion manager.
        version: version the exchange speaks now; "" before the first exchange.
        sent_no: НомерОтправленного.
        received_no: НомерПринятого.
        changes: registered changes.
        acknowledges: False switches acknowledgment off: both numbers are 0 in every message.
        initial: the initial export has not been acknowledged yet.
    """

    plan: str
    this: str
    peer: str
    versions: tuple[str, ...] = ()
    version: str = ""
    sent_no: int = 0
    received_no: int = 0
    changes: tuple[Change, ...] = ()
    aliases: tuple[str, ...] = ()
    format_uri: str = FORMAT
    acknowledges: bool = True
    initial: bool = False

    @property
    def speaks(self) -> str:
        """Version of the next message: the node's, else the least of the map (facts 1.4)."""
        return self.version or min(self.versions, key=version_key, default="")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `examine` says of a message.

    Attributes:
        code: error code of БСП, 0 when there is none.
        text: error text of БСП, in its own words.
        from_future: the message acknowledges more than was ever sent: this base is a restored copy.
    """

    outcome: Outcome
    code: int = 0
    text: str = ""
    from_future: bool = False

    @property
    def loads(self) -> bool:
        """Whether the body has to be loaded."""
        return self.outcome is Outcome.LOAD

    @property
    def reads_settings(self) -> bool:
        """Whether the settings of the header have to be read: in all cases but an error."""
        return self.outcome is not Outcome.REFUSED


def outgoing(node: Node) -> Confirmation:
    """Addressing and numbers of the next message."""
    if not node.acknowledges:
        return Confirmation(node.plan, node.peer, node.this, 0, 0)
    return Confirmation(node.plan, node.peer, node.this, node.sent_no + 1, node.received_no)


def sent(node: Node, confirmation: Confirmation) -> Node:
    """The node after the whole export finished without an error: only then the number is stored.

    Changes that were not sent yet carry the message's number from now on; those sent before and not acknowledged were sent again.
    """
    if confirmation.message_no <= 0:
        return replace(node, changes=())
    changes = tuple(Change(item.key, confirmation.message_no) for item in node.changes)
    return replace(node, sent_no=max(node.sent_no, confirmation.message_no), changes=changes)


def examine(node: Node, message: Message) -> Verdict:
    """What has to be done with a message, checks in 1C's own order."""
    refused = _refused(node, message)
    if refused is not None:
        return refused
    seen = message.confirmation or Confirmation("", "", "")
    future = node.acknowledges and seen.received_no > node.sent_no
    if message.handshake:
        return Verdict(Outcome.SETTINGS)
    if 0 < seen.message_no <= node.received_no:
        text = "Сообщение обмена было ранее принято"
        return Verdict(Outcome.ALREADY_RECEIVED, ALREADY_RECEIVED, text, from_future=future)
    return Verdict(Outcome.LOAD, from_future=future)


def _refused(node: Node, message: Message) -> Verdict | None:
    seen = message.confirmation
    if seen is None:
        return _refusal(BAD_FORMAT, "Ошибка формата файла обмена")
    if message.format_uri != node.format_uri:
        return _refusal(
            0,
            f'Формат сообщения обмена "{message.format_uri}" не соответствует формату плана обмена "{node.format_uri}"',
        )
    if message.version and message.version not in node.versions:
        return _refusal(
            0, f'Версия "{message.version}" формата сообщения обмена "{message.format_uri}" не поддерживается.'
        )
    # A message without an addressee or sender (mapping of data before the first exchange) is checked by the one it has.
    if seen.to and seen.to not in (node.this, *node.aliases):
        return _refusal(WRONG_ADDRESSEE, f'Сообщение обмена предназначено другому узлу: "{seen.to}"')
    if node.peer not in (seen.sender, message.new_from):
        return _refusal(
            0,
            f"Не найден узел обмена для загрузки данных. План обмена: {node.plan}, Идентификатор: {message.new_from or seen.sender}",
        )
    return None


def _refusal(code: int, text: str) -> Verdict:
    return Verdict(Outcome.REFUSED, code, text)


def acknowledge(node: Node, message: Message) -> Node:
    """The node after the acknowledgment of a message that is new (outcome LOAD): applied before the body is loaded.

    Changes sent in messages up to ReceivedNo are forgotten. A message from the future (this base is a restored copy) forgets nothing:
    the number of sent messages is raised to what the correspondent has, so that the next message is new to it.
    """
    verdict = examine(node, message)
    seen = message.confirmation
    if not verdict.loads or seen is None or seen.message_no <= 0 or not node.acknowledges:
        return node
    if verdict.from_future:
        return replace(node, sent_no=seen.received_no)
    left = tuple(item for item in node.changes if not 0 < item.number <= seen.received_no)
    return replace(node, changes=left, initial=node.initial and seen.received_no <= 0)


def negotiated(node: Node, message: Message) -> Node:
    """The node after the settings of a message were read: it speaks the greatest common version."""
    if not examine(node, message).reads_settings or not message.versions:
        return node
    return replace(node, version=common_version(node.versions, message.versions) or NO_VERSION)


def loaded(node: Node, message: Message) -> Node:
    """The node after a message was loaded without an error: its number is stored, in a transaction of its own.

    Loading and acknowledgment are applied by this function only where they have not been yet, so that a caller that loads at once may
    call it alone.
    """
    verdict = examine(node, message)
    after = negotiated(acknowledge(node, message), message)
    seen = message.confirmation
    if verdict.loads and seen is not None and seen.message_no > 0:
        return replace(after, received_no=seen.message_no)
    return after


def register(node: Node, keys: Iterable[str]) -> Node:
    """The node with changes of objects registered: an object changed again is to be sent again."""
    changed = dict.fromkeys(keys)
    kept = tuple(item for item in node.changes if item.key not in changed)
    return replace(node, changes=(*kept, *(Change(key) for key in changed)))


def disagreements(ours: Node, theirs: Node) -> list[Problem]:
    """What two sides' numbers say of each other; empty when they fit (table 1.8, "numbers reset or restored copy")."""
    found = []
    for one, other in ((ours, theirs), (theirs, ours)):
        if one.received_no > other.sent_no:
            found.append(
                problem(
                    "REFERENCE",
                    _(
                        "узел {one} принял сообщение {received}, а узел {other} отправил только {sent}: {other} — восстановленная копия"
                    ),
                    one=one.this,
                    other=other.this,
                    received=one.received_no,
                    sent=other.sent_no,
                )
            )
    if ours.version and theirs.version and ours.version != theirs.version:
        template = _("узел {one} настроен на версию {ours}, узел {other} — на {theirs}")
        found.append(
            problem("VERSION", template, one=ours.this, ours=ours.version, other=theirs.this, theirs=theirs.version)
        )
    return found
