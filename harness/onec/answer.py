"""An answer as it came over the wire, and its own words for people."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.onec.addresses import readable
from harness.onec.values import decode_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WORDS = 300
"""Longest quotation of an answer, characters."""
BOM = b"\xef\xbb\xbf"
_HEAD = 20_000
_MASK = "•••"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came.

    Attributes:
        headers: names in lower case.
        content: body, decompressed.
        seconds: from sending to the last byte.
        url: without user info.
    """

    method: str
    url: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """A status of 200 … 299."""
        return 200 <= self.status < 300

    @property
    def place(self) -> str:
        """Method and address, for messages; the query is left out: it may hold data."""
        return f"{self.method} {readable(self.url)}"

    def text(self) -> str:
        """Body as text: UTF-8 with or without a mark; the declared charset only when it is not (IIS declares wrong ones)."""
        return _decode(self.content.removeprefix(BOM), self.headers.get("content-type", ""))

    def head(self) -> str:
        """The first 20 000 bytes of the body as text: enough for every error, and never 100 MB of it."""
        return _decode(self.content[:_HEAD].removeprefix(BOM), self.headers.get("content-type", ""))

    def json(self) -> Any:
        """Body as JSON with exact numbers.

        Raises:
            ValueError: no JSON.
        """
        return decode_json(self.content)


def _decode(body: bytes, content_type: str) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        if error.start > len(body) - 4:
            # Cut in the middle of a letter.
            return body.decode(errors="replace")
    declared = re.search(r"charset=\"?([\w-]+)", content_type)
    try:
        return body.decode(declared[1] if declared else "cp1251", "replace")
    except LookupError:
        return body.decode("cp1251", "replace")


def words(text: str, secrets: Sequence[str] = ()) -> str:
    """An answer's own words: without markup and secrets, at most `WORDS` characters."""
    head = re.sub(r"<(script|style)\b.*?(</\1\s*>|$)", " ", text[:_HEAD], flags=re.IGNORECASE | re.DOTALL)
    # Cutting happened before: an unfinished tag at the end goes too.
    plain = " ".join(html.unescape(re.sub(r"<[^>]*(>|$)", " ", head)).split())
    plain = "".join(sign for sign in plain if sign.isprintable())
    plain = mask(plain, secrets)
    return plain if len(plain) <= WORDS else plain[: WORDS - 1] + "…"


def mask(text: str, secrets: Sequence[str]) -> str:
    """Replaces secrets; those under four characters are left (masking "1" would leave nothing to read)."""
    for secret in secrets:
        if len(secret) >= 4:
            text = text.replace(secret, _MASK)
    return text
