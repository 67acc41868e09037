"""`SelectChanges` and `NotifyChangesReceived`: changes registered for a node of an exchange plan (facts/odata.md 5, Exchange plans)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from stand.emulator import auth
from stand.emulator.exchanging import registration
from stand.emulator.odata import atom
from stand.emulator.odata.answers import Answer
from stand.emulator.odata.errors import (
    access_denied,
    bad_literal,
    bad_value,
    forbidden_method,
    missing_argument,
    no_entity,
    no_entity_set,
)
from stand.emulator.odata.rendering import Renderer
from stand.emulator.odata.restrictions import Restrictions
from stand.emulator.odata.select import Plan
from stand.emulator.odata.shapes import ShapeKind
from stand.emulator.odata.urls import text_argument

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stand.emulator.auth import User
    from stand.emulator.database.infobase import Infobase
    from stand.emulator.database.session import Session
    from stand.emulator.odata.shapes import Publication
    from stand.emulator.odata.urls import Request
    from stand.emulator.quirks import Quirks
    from stand.emulator.rows import Ref

EXCHANGE_METHODS = ("SelectChanges", "NotifyChangesReceived")
_NODE = re.compile(r"(?:[^']*/)?ExchangePlan_(\w+)\(guid'([0-9A-Fa-f-]{36})'\)")
_PLAIN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_FEED = "application/atom+xml;type=feed;charset=utf-8"
_DIGITS = 18


def exchange(infobase: Infobase, publication: Publication, request: Request, user: User, quirks: Quirks) -> Answer:
    """Answers one of the two calls.

    Raises:
        ODataError: 405 for another method than POST; 400 code 12 without a parameter, code 1 for a number that is none; 404 code 9 for an unknown
            node; 400 for a package that XML cannot hold.
    """
    if request.method != "POST" or len(request.segments) != 1:
        raise forbidden_method(request.method)
    plan, ref = _point(_parameter(request, "DataExchangePoint"), quirks.exchange_point_quotes)
    number = _number(_parameter(request, "MessageNo"))
    if f"ExchangePlan_{plan}" not in publication.shapes:
        raise no_entity_set(f"ExchangePlan_{plan}")
    if not auth.may(infobase, user, f"ExchangePlan_{plan}", "read"):
        raise access_denied()
    with infobase.transaction(user.name) as session:
        node = session.get(f"ExchangePlan_{plan}", ref)
        if node is None:
            raise no_entity(f"ExchangePlan_{plan}")
        if request.segments[0].name == "NotifyChangesReceived":
            if registration.REGISTER in session.configuration.objects:
                registration.acknowledge(session, plan, str(node["Code"]), number)
            return Answer(200)
        restrictions = Restrictions(infobase, user)
        package = _Package(session, publication, restrictions, request.root)
        body = package.select(plan, str(node["Code"]), number)
        return Answer(200, body, _FEED)


def _parameter(request: Request, name: str) -> str:
    if name not in request.parameters:
        raise missing_argument(name)
    return request.parameters[name]


def _point(raw: str, quotes: str) -> tuple[str, str]:
    """Plan and node of an address. Inner quotes are written as they are or doubled; a switch may insist on one way."""
    inner = raw.strip()[1:-1]
    doubled = "'" in inner and "'" not in inner.replace("''", "")
    if quotes not in ("both", "doubled" if doubled else "single"):
        raise bad_literal(f"'{raw[:80]}' как значение DataExchangePoint")
    found = _NODE.fullmatch(text_argument(raw))
    if found is None:
        raise bad_literal(f"'{raw[:80]}' как значение DataExchangePoint")
    return found.group(1), found.group(2).lower()


def _number(raw: str) -> int:
    text = raw.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise bad_literal(f"'{raw[:40]}' как значение типа Edm.Int64")
    return int(text)


class _Package:
    """Everything registered for a node, as one feed, made whole in memory as 1C does."""

    def __init__(self, session: Session, publication: Publication, restrictions: Restrictions, root: str) -> None:
        self._session = session
        self._publication = publication
        self._root = root
        self._renderer = Renderer(publication, session.connection, restrictions, addresses=True)

    def select(self, plan: str, node: str, number: int) -> bytes:
        """The feed; what is in it goes under the number of the message, and what is not stays registered as it was."""
        if registration.REGISTER not in self._session.configuration.objects:
            return b"".join(atom.changes(self._root, (), ()))
        by_object: dict[str, list[Ref]] = {}
        for ref in registration.waiting(self._session, plan, node):
            shape = self._publication.shapes.get(ref.object)
            # What OData does not publish is skipped silently and stays registered; independent registers never travel this way.
            if shape is not None and shape.kind is ShapeKind.OBJECT:
                by_object.setdefault(ref.object, []).append(ref)
        entries: list[str] = []
        deleted: list[str] = []
        for name, refs in by_object.items():
            restrictions = self._renderer.restrictions
            if not auth.may(restrictions.infobase, restrictions.user, name, "read"):
                raise access_denied()
            shape = self._publication.shapes[name]
            found = self._renderer.objects(name, {ref.id for ref in refs}, Plan())
            entries += [atom.element(self._root, shape, _held(found[ref.id])) for ref in refs if ref.id in found]
            deleted += [_tombstone(self._root, ref) for ref in refs if ref.id not in found]
        carried = (ref for refs in by_object.values() for ref in refs)
        registration.mark_sent(self._session, plan, node, number, carried)
        return b"".join(atom.changes(self._root, entries, deleted))


def _tombstone(root: str, ref: Ref) -> str:
    now = datetime.now().isoformat(timespec="seconds")  # noqa: DTZ005 - the server's local clock, as 1C writes it
    address = f"{root}/{ref.object}(guid'{ref.id}')"
    return f"<at:deleted-entry ref={quoteattr(address)} when={quoteattr(now)}/>"


def _held(entity: Mapping[str, Any]) -> Mapping[str, Any]:
    """An entity XML can hold: one control character fails the whole package (facts/odata.md 5)."""
    for name, value in _texts(entity):
        if _PLAIN.search(value):
            raise bad_value(f"{name}: недопустимый символ XML")
    return entity


def _texts(entity: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for name, value in entity.items():
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, list):
            for row in value:
                if isinstance(row, dict):
                    yield from _texts(row)
