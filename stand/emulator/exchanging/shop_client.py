"""The base as the client of a shop: the CommerceML dialogue of a site, step by step (facts/exchanges.md 3.2).

The order of requests is that of a recorded access log: `checkauth` twice, `init`, `file`, `import` for the goods, then the same from one
`checkauth` for the offers; orders afterwards: `query`, loaded, `success`, statuses back. What a module may do wrong is data of the
configuration, so that a release can break each of it.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

from stand.emulator.exchanging.common import ExchangeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stand.emulator.exchanging.wire import Wire

__all__ = ["ShopDialogue"]

_MANY = 20
"""How often a site may answer "progress" to one file."""
_SAID = 300


class ShopDialogue:
    """One session with a site.

    Args:
        wire: HTTP client with the site's address.
        table: the exchange's description; keys used: `sends_sessid`, `ignores_limit`, `ignores_zip`, `progress_limit`, `confirms`.
    """

    def __init__(self, wire: Wire, table: Mapping[str, Any]) -> None:
        self.wire = wire
        self._table = table
        self._sessid = ""
        self._timestamp = ""
        self.version = ""
        self._zip = False
        self._limit = 0

    def ask(self, kind: str, mode: str, *, content: bytes | None = None, **params: str) -> str:
        """One request; the text of the answer.

        Raises:
            ExchangeError: no answer, another status, "failure".
        """
        query = {"type": kind, "mode": mode, **params}
        if self._sessid and mode != "checkauth" and self._table.get("sends_sessid", True):
            query["sessid"] = self._sessid
        label = f"{kind} {mode}" + (f" {params['filename']}" if "filename" in params else "")
        response = self.wire.call(
            "GET" if content is None else "POST",
            params=query,
            content=content,
            said=label,
            headers={"Content-Type": "application/octet-stream"} if content is not None else None,
        )
        self.wire.good(response, f"Сайт, {label}")
        text = response.content.decode("utf-8-sig" if _is_utf8(response.content) else "cp1251", errors="replace")
        if text.startswith("failure"):
            said = " ".join(text.removeprefix("failure").split())[:_SAID]
            raise ExchangeError("site", f"Сайт отказал ({label}): {said or 'без объяснения'}")
        return text

    def authorise(self, kind: str) -> None:
        """`checkauth`: the cookie the site names goes with every later request."""
        lines = self.ask(kind, "checkauth").splitlines()
        if not lines or lines[0].strip() != "success" or len(lines) < 3:
            raise ExchangeError("site", f"Сайт не подтвердил вход: «{' '.join(lines)[:_SAID]}»")
        self.wire.keep_cookie(lines[1].strip(), lines[2].strip())
        self._options(lines[3:])

    def begin(self, kind: str) -> None:
        """`init`: may files be zipped, how large is a piece, which dialect the site speaks."""
        # A site that gives a session key is a newer one, and is told our version of the schema.
        asked = (
            self.ask(kind, "init", version=str(self._table["schema_version"]))
            if self._sessid
            else self.ask(kind, "init")
        )
        lines = asked.splitlines()
        if not any(line.startswith("zip=") for line in lines):
            raise ExchangeError("site", f"Сайт ответил непонятно на «init»: «{' '.join(lines)[:_SAID]}»")
        self._options(lines)

    def _options(self, lines: list[str]) -> None:
        for line in lines:
            name, _, value = line.strip().partition("=")
            match name:
                case "sessid":
                    self._sessid = value
                case "timestamp":
                    self._timestamp = value
                case "version":
                    self.version = value
                case "zip":
                    self._zip = value == "yes" and not self._table.get("ignores_zip")
                case "file_limit" if value.isdigit():
                    self._limit = int(value)

    def send(self, kind: str, name: str, content: bytes) -> None:
        """A file in pieces the site takes, then its import."""
        sent, body = name, content
        if self._zip:
            sent, body = f"v8_{len(content) % 10000:04d}_{len(name):02x}.zip", _zipped(name, content)
        step = len(body) if self._table.get("ignores_limit") or not self._limit else self._limit
        for start in range(0, len(body), step):
            answer = self.ask(kind, "file", content=body[start : start + step], filename=sent)
            if not answer.startswith("success"):
                raise ExchangeError("site", f"Сайт не принял файл {sent}: «{answer[:_SAID]}»")
        self.load(kind, name)

    def load(self, kind: str, name: str) -> None:
        """`import`, repeated while the site says "progress"."""
        limit = int(self._table.get("progress_limit", _MANY))
        for _ in range(limit):
            answer = self.ask(kind, "import", filename=name)
            if answer.startswith("success"):
                return
            if not answer.startswith("progress"):
                raise ExchangeError("site", f"Сайт ответил непонятно на загрузку {name}: «{answer[:_SAID]}»")
        if not self._table.get("progress_is_success"):
            raise ExchangeError("progress", f"Сайт {limit} раз ответил «progress» на загрузку {name}: загрузка не идёт")

    def complete(self, kind: str) -> None:
        """What newer sites want at the end of a full load: switch off what was not in it."""
        if self._timestamp:
            self.ask(kind, "deactivate", timestamp=self._timestamp)
            self.ask(kind, "complete")

    def orders(self) -> bytes:
        """New orders of the site, as XML."""
        query = {"type": "sale", "mode": "query"}
        if self._sessid and self._table.get("sends_sessid", True):
            query["sessid"] = self._sessid
        response = self.wire.good(self.wire.call("GET", params=query, said="sale query"), "Сайт, sale query")
        content: bytes = response.content
        if content.startswith(b"failure"):
            raise ExchangeError("site", f"Сайт отказал (sale query): {' '.join(response.text.split()[1:])[:_SAID]}")
        return content

    def confirm(self) -> None:
        """Orders are loaded: the site may move its mark."""
        if self._table.get("confirms", True):
            self.ask("sale", "success")


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _zipped(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()
