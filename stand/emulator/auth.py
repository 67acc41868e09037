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
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stand.emulator.database.infobase import Infobase

ACTIONS = ("read", "insert", "update", "delete", "post")
"""What a right may be for."""
_ITERATIONS = 120_000
_CACHE_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class User:
    """A user of the base; the hash never leaves it."""

    name: str
    roles: tuple[str, ...] = ()
    full_rights: bool = False
    salt: str = field(default="", repr=False)
    digest: str = field(default="", repr=False)


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
        self._key = secrets.token_bytes(32)
        self._known: dict[bytes, str] = {}
        self._lock = threading.Lock()

    def user(self, authorization: str) -> User | None:
        """The user of a header, or None when it is not good."""
        users = {item.name: item for item in self._infobase.users()}
        if not users:
            return NOBODY
        given = parse_basic(authorization)
        if given is None:
            return None
        name, password = given
        known = users.get(name)
        # An unknown name costs as much time as a wrong password, so names cannot be told by the clock.
        salt, expected = (known.salt, known.digest) if known else ("00" * 16, "")
        mark = hmac.digest(
            self._key, f"{name}\0{salt}\0{expected}\0{password}".encode("utf-8", "surrogatepass"), "sha256"
        )
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
    return any(_grants(roles.get(role), object_name, action) for role in user.roles)


def _grants(role: Any, object_name: str, action: str) -> bool:
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
