"""A counterpart as a server, in threads of this process, on loopback and a free port.

Every request and its answer stand in the log, which is the scenario's evidence. Failures are ordered by name and strike requests whose
step they are meant for; they are those of real life (issue 5): `timeout`, `half`, `refuse`, `expired`, `limit`, `error-200`, `garbage`, `drop`.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from starlette.responses import Response

from harness.exchange.peers.certificate import make_certificate
from harness.exchange.peers.transport import NOTHING, Reply, Request, Server, half, reply

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_LONGEST = 300
LIMIT = 64 * 1024 * 1024
"""Bytes of a request a counterpart takes."""
FAILURES = ("timeout", "half", "refuse", "expired", "limit", "error-200", "garbage", "drop")


@dataclass(frozen=True, slots=True)
class Call:
    """A request a counterpart got.

    Attributes:
        step: what it was in the words of the protocol ("catalog init", "SendPack").
        query: without secrets.
        size: bytes of the body.
    """

    number: int
    method: str
    path: str
    query: str
    step: str
    status: int
    size: int
    answer: str

    def line(self) -> str:
        """As an access log has it."""
        target = f"{self.path}?{self.query}" if self.query else self.path
        return f'{self.number} "{self.method} {target}" {self.status} {self.size} {self.answer}'.rstrip()


@dataclass(slots=True)
class Failure:
    """An ordered failure.

    Attributes:
        step: which step of the protocol it strikes, "" for every one.
        times: how often, 0 for always.
    """

    kind: str
    step: str = ""
    times: int = 1
    struck: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as a counterpart's own code sees it."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    step: str


class Peer(ABC):
    """Base of all counterparts; a context manager.

    Subclasses say what a request is (`step_of`) and answer it (`answer`), and may say how they fail (`failed`).

    Args:
        tls: a folder for a self-signed certificate of this run; None: plain HTTP.
    """

    name = "корреспондент"
    slow_seconds = 5.0
    """How long a `timeout` holds a request, longer than anybody waits; `close` ends it."""

    def __init__(self, *, tls: Path | None = None) -> None:
        self.calls: list[Call] = []
        self._failures: list[Failure] = []
        self._tls = tls
        self._lock = threading.RLock()
        self._server: Server | None = None
        self._stopping = threading.Event()
        self.port = 0

    # -- life ------------------------------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Root address."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> str:
        """Begins to listen and returns the root address."""
        certificate = make_certificate(self._tls) if self._tls is not None else None
        self._server = Server(self._reply, limit=LIMIT, certificate=certificate)
        self.port = self._server.port
        self._server.start(self.name)
        return self.url

    def close(self) -> None:
        """Stops listening; requests that are held are let go."""
        self._stopping.set()
        if self._server is not None:
            self._server.close()
        self._server = None

    # -- failures and evidence -------------------------------------------------------------------------------------------------

    def fail(self, kind: str, step: str = "", *, times: int = 1) -> None:
        """Orders a failure: `shop.fail("half", "sale query")`.

        Raises:
            ValueError: no such kind.
        """
        if kind not in FAILURES:
            raise ValueError(f"«{kind}»: такого отказа нет, есть {', '.join(FAILURES)}")
        with self._lock:
            self._failures.append(Failure(kind, step, times))

    def recover(self) -> None:
        """Takes all ordered failures back."""
        with self._lock:
            self._failures.clear()

    def log(self) -> str:
        """The whole dialogue, a line a request."""
        return "\n".join(call.line() for call in self.calls) + "\n"

    def steps(self) -> list[str]:
        """Steps in the order they came."""
        return [call.step for call in self.calls]

    def forget(self) -> None:
        """Begins the log anew."""
        self.calls.clear()

    # -- what subclasses say ---------------------------------------------------------------------------------------------------

    def step_of(self, method: str, path: str, query: dict[str, str]) -> str:
        """The step of the protocol a request is."""
        del query
        return f"{method} {path}"

    @abstractmethod
    def answer(self, asked: Asked) -> Response:
        """The answer to a request."""

    def failed(self, kind: str, asked: Asked) -> Response:
        """The answer of an ordered failure that is an answer at all."""
        del asked
        status = {"refuse": 403, "expired": 401, "limit": 503}.get(kind, 200)
        return Response("ошибка", status, media_type="text/plain; charset=utf-8")

    # -- inside ----------------------------------------------------------------------------------------------------------------

    def _reply(self, request: Request) -> Reply:
        parts = urlsplit(request.target)
        path, query = unquote(parts.path), dict(parse_qsl(parts.query, keep_blank_values=True))
        step = self.step_of(request.method, path, query)
        asked = Asked(request.method, path, query, request.headers, request.body, step)
        failure = self._struck(step)
        if failure is not None and failure.kind == "timeout":
            self._stopping.wait(self.slow_seconds)
        if failure is not None and failure.kind == "drop":
            self._note(asked, Response("", 499), "соединение закрыто")
            return NOTHING
        if failure is None or failure.kind in ("timeout", "half"):
            response = self._answered(asked)
        else:
            response = self.failed(failure.kind, asked)
        self._note(asked, response, _said(response))
        if failure is not None and failure.kind == "half":
            return half(bytes(response.body))
        return reply(response.status_code, response.raw_headers, bytes(response.body))

    def _answered(self, asked: Asked) -> Response:
        try:
            with self._lock:
                return self.answer(asked)
        except Exception as error:  # noqa: BLE001 - whatever a base sends it gets an answer: silence would look like a network that is down
            return Response(f"ошибка корреспондента: {type(error).__name__}", 500)

    def _struck(self, step: str) -> Failure | None:
        with self._lock:
            for failure in self._failures:
                if failure.step in ("", step) and (not failure.times or failure.struck < failure.times):
                    failure.struck += 1
                    return failure
        return None

    def _note(self, asked: Asked, response: Response, said: str) -> None:
        shown = {name: "***" if name in ("sessid", "auth") else value for name, value in asked.query.items()}
        query = "&".join(f"{name}={value}" for name, value in shown.items())
        with self._lock:
            number = len(self.calls) + 1
            self.calls.append(
                Call(number, asked.method, asked.path, query, asked.step, response.status_code, len(asked.body), said)
            )


def _said(response: Response) -> str:
    """The first words of a text answer: enough to follow the dialogue, no secrets of it."""
    media = response.headers.get("content-type", "")
    if not media.startswith("text/plain"):
        return ""
    first = bytes(response.body[:_LONGEST]).decode("utf-8", errors="replace").splitlines()
    return first[0] if first else ""
