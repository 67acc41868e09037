"""A proxy in front of somebody's stand: passes reading requests on and alters answers. It listens on this machine only and never writes.

Whatever reaches it is checked by a write guard of its own that nobody permits anything: a writing request is refused here, before the base. So
is every request for another publication: the proxy leads to one base and nowhere else.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import requests

from harness.errors import HarnessError
from harness.prove.altering import Exchange, is_moment, is_number, rows_of

if TYPE_CHECKING:
    from harness.onec.guard import WriteGuard
    from harness.prove.altering import Alteration

LARGEST = 512 * 1024 * 1024
"""Bytes of an answer that is passed on."""
_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "content-length",
        "content-encoding",
        "host",
        "accept-encoding",
    }
)
_TIMEOUT = (5.0, 300.0)


@dataclass(slots=True)
class Seen:
    """What was read of a set while nothing was altered: where a change would be noticed.

    Attributes:
        rows: the most rows of one page.
        kinds: column to the kind of its filled cells: "number", "moment", "text".
    """

    rows: int = 0
    kinds: dict[str, str] = field(default_factory=dict)


class AlteringProxy:
    """Serves one publication of a base on this machine, with its answers altered.

    Args:
        target: root of the publication behind.
        guard: knows what is production; permits nothing.
    """

    def __init__(self, target: str, guard: WriteGuard) -> None:
        self._target = target.rstrip("/")
        parts = urlsplit(self._target)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._root = parts.path
        self._guard = guard
        self._http = requests.Session()
        self._http.trust_env = False
        self._server: ThreadingHTTPServer | None = None
        self.alteration: Alteration | None = None
        self.seen: dict[str, Seen] = {}
        self.altered = 0
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """Root of the publication as the proxy serves it."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_address[1]}{self._root}"

    def start(self) -> str:
        """Begins to listen; returns the root of the publication."""
        proxy = self

        class Handler(_Handler):
            owner = proxy

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, name="altering-proxy", daemon=True).start()
        return self.url

    def stop(self) -> None:
        """Stops listening."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        self._http.close()

    def alter(self, alteration: Alteration | None) -> None:
        """Changes what is done to answers from now on."""
        self.alteration = alteration
        self.altered = 0

    def answer(self, method: str, address: str, headers: dict[str, str]) -> tuple[Exchange, dict[str, str]]:
        """Passes one request on and alters what comes back.

        Raises:
            HarnessError: not a reading request of this publication.
            requests.RequestException: the base did not answer.
        """
        path = address.partition("?")[0]
        if not address.startswith(f"{self._root}/"):
            raise HarnessError("прокси ведёт только к одной публикации", place=path)
        url = f"{self._origin}{address}"
        passed = {name: value for name, value in headers.items() if name.lower() not in _HOP}
        self._guard.check(method, url, passed)
        started = time.perf_counter()
        with self._http.request(
            method,
            url,
            headers={**passed, "Accept-Encoding": "identity"},
            timeout=_TIMEOUT,
            allow_redirects=False,
            stream=True,
        ) as response:
            body = response.raw.read(LARGEST, decode_content=True)
            kept = {name: value for name, value in response.headers.items() if name.lower() not in _HOP}
        exchange = Exchange(
            method=method,
            path=unquote(path[len(self._root) :].lstrip("/")),
            query=unquote(address.partition("?")[2]),
            status=response.status_code,
            media=response.headers.get("content-type", ""),
            body=body.replace(self._target.encode(), self.url.encode()),
            seconds=time.perf_counter() - started,
        )
        return self._altered(exchange), kept

    def _altered(self, exchange: Exchange) -> Exchange:
        alteration = self.alteration
        if alteration is None:
            self._look(exchange)
            return exchange
        changed = alteration(exchange)
        if changed is None:
            return exchange
        with self._lock:
            self.altered += changed != exchange
        return changed

    def _look(self, exchange: Exchange) -> None:
        """Remembers what whole sets hold; a page of one row says little."""
        rows = rows_of(exchange)
        if not rows or not exchange.set or exchange.path.rpartition("/")[2] != exchange.set:
            return
        with self._lock:
            seen = self.seen.setdefault(exchange.set, Seen())
            if len(rows) < max(2, seen.rows):
                return
            seen.rows = len(rows)
            for row in rows:
                seen.kinds |= {name: kind for name, value in row.items() if (kind := kind_of(name, value))}


def kind_of(name: str, value: Any) -> str:
    """What a cell holds: "number", "moment", "text"; "" for what is empty, a reference, or the row's own business."""
    if (
        name.endswith(("_Key", "_Type", "LineNumber"))
        or "@" in name
        or "odata" in name
        or name in ("DataVersion", "RowNumber")
    ):
        return ""
    if is_number(value):
        return "number" if value else ""
    if is_moment(value):
        return "moment"
    if isinstance(value, str) and len(value) > 3 and not value.startswith(("0001-", "00000000-")):
        return "text"
    return ""


class _Handler(BaseHTTPRequestHandler):
    """One connection; HTTP/1.1, so that it is kept."""

    protocol_version = "HTTP/1.1"
    # Head and body in one piece and at once: else every answer waits 40 ms for an acknowledgement.
    disable_nagle_algorithm = True
    wbufsize = -1
    owner: AlteringProxy

    def _serve(self) -> None:
        length = self.headers.get("content-length", "0")
        if length.isdigit() and int(length):
            self.rfile.read(min(int(length), LARGEST))
        try:
            exchange, headers = self.owner.answer(self.command, self.path, dict(self.headers.items()))
        except HarnessError as error:
            exchange, headers = _own(403, str(error)), {}
        except requests.RequestException as error:
            exchange, headers = _own(502, f"за прокси никто не отвечает: {type(error).__name__}"), {}
        if exchange.delay:
            time.sleep(exchange.delay)
        self.send_response(exchange.status)
        for name, value in headers.items():
            if name.lower() not in ("content-type", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Type", exchange.media)
        self.send_header("Content-Length", str(len(exchange.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(exchange.body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_MERGE = do_OPTIONS = _serve  # noqa: N815  # names of the library

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the signature of the library
        """Nothing: addresses of a client's base belong in no log."""


def _own(status: int, words: str) -> Exchange:
    """An answer of the proxy itself."""
    page = f"<!DOCTYPE html><title>{status}</title><p>{words.replace('<', '&lt;')}</p>".encode()
    made = Exchange("GET", "", "", status, "text/html; charset=utf-8", page)
    return replace(made, status=status)
