"""Keeps passwords, tokens and personal data out of a record: everything is passed through here on its way to the disk.

Three things are removed: values under telling keys ("password", "authorization"), telling shapes in any text (user info of
an address, `Pwd="…"` of a connection string, e-mail, СНИЛС), and values that were registered as secret or personal.
"""

from __future__ import annotations

import base64
import re
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

MASK = "***"
"""What a secret becomes."""
PERSONAL_MASK = "‹персональные данные›"
"""What a personal datum of a known shape becomes in a text."""

_SECRET_KEYS = re.compile(
    r"(^|[^a-z])pass(wd|phrase)?$|^pwd$|password|парол|token|secret|authorization|cookie|api_?key|ibsession|credential",
    re.IGNORECASE,
)
_SENSITIVE_QUERY = r"(?:password|passwd|pwd|token|access_token|secret|api_?key|key|sig|signature|code)"
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"([a-z][a-z0-9+.\-]{0,20}://)[^/\s@\"'<>]{1,500}@", re.IGNORECASE), rf"\1{MASK}@"),
    (re.compile(rf"([?&;]{_SENSITIVE_QUERY}=)[^&\s#\"'<>]+", re.IGNORECASE), rf"\1{MASK}"),
    (re.compile(r"\b((?:Proxy-)?Authorization\s*[:=]\s*)[^\r\n,;\"']+", re.IGNORECASE), rf"\1{MASK}"),
    (re.compile(r"\b((?:Set-)?Cookie\s*:\s*)[^\r\n]+", re.IGNORECASE), rf"\1{MASK}"),
    (
        re.compile(r"\b(Basic|Bearer)\s+(?=[A-Za-z0-9+/._~\-]*(?:[0-9=]|[a-z][A-Z]))[A-Za-z0-9+/._~\-]{8,}=*"),
        rf"\1 {MASK}",
    ),
    (re.compile(r"\b(Pwd\s*=\s*)(?:\"[^\"]*\"|'[^']*'|[^;\s\"']+)", re.IGNORECASE), rf"\1{MASK}"),
    (re.compile(r"(?<!\S)(/P)(?:\s+|(?=\"))(?:\"[^\"]*\"|[^\s/]\S*)"), rf"\1 {MASK}"),
    (
        re.compile(r"\b(password|passwd|пароль)(\s*[:=]\s*)(?!\s)(?:\"[^\"]*\"|'[^']*'|\S+)", re.IGNORECASE),
        rf"\1\2{MASK}",
    ),
)
_PERSONAL_SHAPES: tuple[re.Pattern[str], ...] = (
    re.compile(r"(?<![\w.])[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,8}(?!\w)"),
    re.compile(r"(?<!\d)\d{3}-\d{3}-\d{3}[ \-]\d{2}(?!\d)"),
    re.compile(r"(?<![\d+])\+7[ \-]?\(?\d{3}\)?[ \-]?\d{3}[ \-]?\d{2}[ \-]?\d{2}(?!\d)"),
)
_TELLING = re.compile(r"[@=:]|/P|\+7|B(?:asic|earer)|\d-\d{3}-")
"""What every telling shape has a piece of: nearly no text of a record has any, and is done with."""
_SHORTEST = 4
"""A shorter secret cannot be searched for in texts without destroying them."""
_PERSONAL_LIMIT = 5_000
"""Personal values remembered for texts of failed assertions; files are pseudonymised whatever their number."""


class Redactor:
    """Knows what must not be written. One for a process is enough: see `redact`, `add_secret`."""

    def __init__(self) -> None:
        self._secrets: dict[str, str] = {}
        self._personal: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None
        self._turn = threading.Lock()

    def add_secret(self, value: str, *, user: str = "") -> None:
        """Registers a secret in all the forms it may be met in: plain, percent-encoded, escaped, in a Basic header."""
        forms: set[str] = set()
        if len(value) >= _SHORTEST:
            escaped = value.encode("unicode_escape").decode("ascii")
            forms = {value, quote(value), quote(value, safe=""), escaped, value.replace('"', '\\"')}
        if user:
            for charset in ("utf-8", "cp1251"):
                pair = f"{user}:{value}".encode(charset, errors="replace")
                forms.add(base64.b64encode(pair).decode("ascii"))
        with self._turn:
            self._secrets |= dict.fromkeys(forms, MASK)
            # Longest first: a secret may be the beginning of another. Short ones only as whole words.
            parts = [
                re.escape(form) if len(form) >= 2 * _SHORTEST else rf"(?<!\w){re.escape(form)}(?!\w)"
                for form in sorted(self._secrets, key=len, reverse=True)
            ]
            self._pattern = re.compile("|".join(parts)) if parts else None

    def add_personal(self, replacements: Mapping[str, str]) -> None:
        """Registers personal values with what they become, so that texts of assertions do not carry them."""
        with self._turn:
            for value, mask in replacements.items():
                if len(self._personal) >= _PERSONAL_LIMIT:
                    return
                if len(value) >= _SHORTEST:
                    self._personal[value] = mask

    @property
    def secret_forms(self) -> tuple[str, ...]:
        """Everything a registered secret may look like, for those who search large data their own way."""
        return tuple(self._secrets)

    def known(self, text: str) -> str:
        """Replaces registered values only, without looking at shapes."""
        if self._pattern is not None:
            text = self._pattern.sub(MASK, text)
        if not self._personal:
            return text
        with self._turn:
            met = [value for value in self._personal if value in text]
        for value in sorted(met, key=len, reverse=True):
            text = text.replace(value, self._personal[value])
        return text

    def text(self, text: str) -> str:
        """Text without registered values and telling shapes."""
        text = self.known(text)
        if _TELLING.search(text) is None:
            return text
        for shape, replacement in _SHAPES:
            text = shape.sub(replacement, text)
        for shape in _PERSONAL_SHAPES:
            text = shape.sub(PERSONAL_MASK, text)
        return text

    def data(self, data: Any) -> Any:
        """JSON-like data without secrets: dictionaries, lists, tuples and strings are walked, the rest is returned as it is."""
        if isinstance(data, str):
            return self.text(data)
        if isinstance(data, dict):
            return {key: self._entry(str(key), value) for key, value in data.items()}
        if isinstance(data, list | tuple):
            return [self.data(item) for item in data]
        return data

    def _entry(self, key: str, value: Any) -> Any:
        if _SECRET_KEYS.search(key) and isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            return MASK
        return self.data(value)

    def content(self, content: bytes) -> bytes:
        """A file's bytes without secrets: texts wholly, other files only by registered values."""
        try:
            return self.text(content.decode("utf-8")).encode("utf-8")
        except UnicodeDecodeError:
            return self._binary(content)

    def _binary(self, content: bytes) -> bytes:
        for value, mask in [*self._secrets.items(), *self._personal.items()]:
            for charset in ("utf-8", "cp1251", "utf-16-le"):
                sought = value.encode(charset, errors="ignore")
                if len(sought) >= _SHORTEST:
                    content = content.replace(sought, mask.encode(charset, errors="ignore"))
        return content


_redactor = Redactor()

add_secret = _redactor.add_secret
add_personal = _redactor.add_personal
redact_text = _redactor.text
redact_known = _redactor.known
redact = _redactor.data
redact_content = _redactor.content


def secret_forms() -> tuple[str, ...]:
    """Everything a registered secret may look like."""
    return _redactor.secret_forms
