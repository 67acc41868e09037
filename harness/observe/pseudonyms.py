"""Pseudonyms for personal data: the same value gets the same pseudonym in both phases, and nobody without the key gets it back."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from harness.observe.kinds import digits
from harness.onec.names import EMPTY_REF
from harness.record.redact import add_personal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PREFIX = "ПД-"
"""How a pseudonym begins in documents: "персональные данные"."""
_KEY_BYTES = 32


def load_key(path: Path) -> bytes:
    """Reads the key, or makes it (readable by its owner only). Two processes that race get the same key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    if not path.exists():
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
        try:
            os.link(fresh, path)  # a link, unlike a rename, fails when another process was first
        except FileExistsError:
            pass
        except OSError:  # a file system without hard links
            fresh.rename(path)
        fresh.unlink(missing_ok=True)
    return path.read_bytes()


class Pseudonyms:
    """Replaces values by keyed hashes and tells the redactor, so that texts do not carry them either."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, value: Any) -> Any:
        """Pseudonym of a value; what says nothing of a person (null, "", empty reference) stays as it is."""
        if value is None or value in ("", EMPTY_REF) or isinstance(value, bool):
            return value
        plain = _plain(value)
        mark = hmac.new(self._key, plain.encode("utf-8"), hashlib.sha256).hexdigest()[:12]
        return PREFIX + mark

    def column(self, values: Sequence[Any]) -> list[Any]:
        """Pseudonyms of a column; the originals are registered for redaction of texts."""
        known: dict[Any, Any] = {}
        for value in values:
            if isinstance(value, str | int | Decimal | date | float) and value not in known:
                known[value] = self.of(value)
        add_personal({value: mask for value, mask in known.items() if isinstance(value, str) and mask != value})
        return [
            known[value] if isinstance(value, str | int | Decimal | date | float) else self.of(value)
            for value in values
        ]


def _plain(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return digits(value, bare=True) if isinstance(value, int | float | Decimal) else str(value)
