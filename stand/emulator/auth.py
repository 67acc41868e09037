"""Users of an infobase: Basic authentication with names in UTF-8, and rights by role.

Roles are data of the configuration (`behaviour["roles"]`): role name → `{"full": true}` or lists of objects for each of "read", "insert", "update",
"delete", "post"; an entry is a resource name, or ends in `*` ("Catalog_*", "*"). A configuration without roles gives everybody everything.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stand.emulator.database.infobase import Infobase

ACTIONS = ("read", "insert", "update", "delete", "post")
"""What a right may be for."""
_ITERATIONS = 120_000
_CACHE_LIMIT = 1000
_REMEMBERED = 1.0
"""Seconds users are remembered for."""


@dataclass(frozen=True, slots=True)
class User:
    """A user of the base; the hash never leaves it."""

    name: str
    roles: tuple[str, ...] = ()
    full_rights: bool = False
    salt: str = field(default="", repr=False)
    digest: str = field(default="", repr=False)


_KEY = secrets.token_bytes(32)
_KNOWN: dict[bytes, str] = {}
"""Pairs that were good, by a keyed hash, of all bases of this process: an update restarts the server, and hashing anew is what takes time then."""
_LOCK = threading.Lock()

NOBODY = User("", full_rights=True)
"""Who works in a base without users."""


def hash_password(password: str, salt: str = "") -> tuple[str, str]:
    """Salt and PBKDF2-SHA256 of a password."""
    salt = salt or secrets.token_hex(16)
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), bytes.fromhex(salt), _ITERATIONS)
    return salt, digest.hex()


def parse_basic(header: str) -> tuple[str, str] | None:
    """Name and password of an `Authorization: Basic` header in UTF-8 (cp1251 is refused by 1C, facts/odata.md 8); None when it is none."""
    scheme, _space, value = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(value.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    name, colon, password = text.partition(":")
    return (name, password) if colon else None


class Authenticator:
    """Tells users by their credentials. Slow hashing is done once for each pair; then a fast keyed hash is enough."""

    def __init__(self, infobase: Infobase) -> None:
        self._infobase = infobase
        self._local = isinstance(infobase.place, Path)
        self._known = _KNOWN
        self._seen = (-1, 0.0)
        self._remembered: dict[str, User] = {}
        self._lately: dict[str, User] = {}
        self._lock = _LOCK

    def known(self, authorization: str) -> User | None:
        """The user of a header that was good before and still is; None when only `user` can tell. Takes no time worth a thread."""
        if not self._local:
            return None
        users = self._users()
        if not users:
            return NOBODY
        lately = self._lately.get(authorization)
        if lately is not None:
            return lately
        name, password = parse_basic(authorization) or (self._published(authorization), "")
        user = users.get(name)
        if user is None or not authorization:
            return user
        with self._lock:
            if self._mark(user, password) not in self._known:
                return None
        self._lately[authorization] = user
        return user

    def _published(self, authorization: str) -> str:
        """Whom a request without credentials comes from: a publication may name a user (Usr and Pwd of default.vrd); "" when it does not."""
        table = self._infobase.configuration.behaviour.get("publication")
        return str(table.get("user", "")) if isinstance(table, dict) and not authorization else ""

    def _users(self) -> dict[str, User]:
        """Users as they are, or as they were a moment ago: a change by this process is seen at once, one that is undone later soon."""
        version, now = self._infobase.users_version, time.monotonic()
        if version != self._seen[0] or now > self._seen[1]:
            self._remembered = {item.name: item for item in self._infobase.users()}
            self._seen = (version, now + _REMEMBERED)
            self._lately = {}
        return self._remembered

    def _mark(self, user: User, password: str) -> bytes:
        text = f"{user.name}\0{user.salt}\0{user.digest}\0{password}"
        return hmac.digest(_KEY, text.encode("utf-8", "surrogatepass"), "sha256")

    def user(self, authorization: str) -> User | None:
        """The user of a header, or None when it is not good."""
        users = {item.name: item for item in self._infobase.users()}
        if not users:
            return NOBODY
        given = parse_basic(authorization)
        if given is None:
            return users.get(self._published(authorization))
        name, password = given
        known = users.get(name)
        # An unknown name costs as much time as a wrong password, so names cannot be told by the clock.
        salt, expected = (known.salt, known.digest) if known else ("00" * 16, "")
        mark = self._mark(known or User(name), password)
        with self._lock:
            if known is not None and mark in self._known:
                return known
        _salt, digest = hash_password(password, salt)
        if known is None or not hmac.compare_digest(digest, expected):
            return None
        with self._lock:
            if len(self._known) >= _CACHE_LIMIT:
                self._known.clear()
            self._known[mark] = name
        return known


def may(infobase: Infobase, user: User, object_name: str, action: str) -> bool:
    """Whether a user has a right on an object."""
    if user.full_rights:
        return True
    if infobase.hooks.allowed is not None:
        return infobase.hooks.allowed(user, object_name, action)
    roles = infobase.configuration.behaviour.get("roles")
    if not isinstance(roles, dict):
        return True
    return any(grants(roles.get(role), object_name, action) for role in user.roles)


def grants(role: Any, object_name: str, action: str) -> bool:
    """Whether a role gives a right."""
    if not isinstance(role, dict):
        return False
    if role.get("full"):
        return True
    return any(_covers(str(entry), object_name) for entry in _entries(role, action))


def _entries(role: Mapping[str, Any], action: str) -> list[Any]:
    entries = role.get(action)
    return entries if isinstance(entries, list) else []


def _covers(entry: str, object_name: str) -> bool:
    return object_name.startswith(entry[:-1]) if entry.endswith("*") else entry == object_name
