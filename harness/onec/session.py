"""One tuned HTTP session a stand: write guard, authentication, retries, limits, and answers told apart.

Everything that talks to a base goes through here. The guard sits in the transport adapter, so it sees the very address that is
sent, whoever built it. Redirects are never followed, proxies and netrc of the environment never used, cookies never kept (a dead
`ibsession` cookie would turn every further answer into 400, facts/odata.md 8).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import requests
from urllib3.exceptions import HTTPError as Urllib3Error

from harness.errors import AddressError, UsageError
from harness.onec.addresses import parse_address, readable, shown
from harness.onec.answer import Answer
from harness.onec.answers import Expect, check
from harness.onec.guard import WriteGuard
from harness.onec.transport import (
    BasicAuth,
    GuardedAdapter,
    NoAnswerError,
    Sender,
    encoded,
    no_answer,
    on_the_wire,
    read_body,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Self

__all__ = ["Answer", "StandSession", "WriteGuard", "query_string"]

_SAFE = "()',:/"


def query_string(params: Mapping[str, str]) -> str:
    """Query parameters, percent-encoded UTF-8; a space is %20, because 1C takes "+" literally (facts/odata.md 2)."""
    return "&".join(f"{quote(name, safe='$')}={quote(value, safe=_SAFE)}" for name, value in params.items())


class StandSession:
    """An HTTP session to one publication; safe to share between threads.

    Args:
        publication: root of the publication, "http://127.0.0.1:8080/demo".
        user: name of the infobase's user, any letters; "" for no authentication.
        password: never shown anywhere.
        guard: decides what may be sent.
        timeout: seconds to connect, seconds of silence while reading.
        total: seconds for a whole answer.
        on_answer: called with every answer, good or bad, in the calling thread.
        pool: connections kept open.
        retries: how often a GET that met a broken connection, 502, 503 or 504 is tried again; other methods are never repeated.
        verify: False or a file of certificates instead of the system's.
        agent: User-Agent.

    Raises:
        AddressError: the address of the publication cannot be read, or holds a user name.
        UsageError: a user name with a colon, which Basic authentication cannot carry.
    """

    def __init__(
        self,
        publication: str,
        user: str = "",
        password: str = "",
        *,
        guard: WriteGuard,
        timeout: tuple[float, float] = (5.0, 120.0),
        total: float = 900.0,
        on_answer: Callable[[Answer], None] | None = None,
        pool: int = 4,
        retries: int = 3,
        verify: bool | str = True,
        agent: str = "onec-readiness",
    ) -> None:
        self.publication = _publication(publication)
        self._root = on_the_wire(self.publication).rstrip("/")
        if ":" in user:
            raise UsageError("в имени пользователя не может быть двоеточия", hint="Так устроена аутентификация Basic.")
        self.user = user
        self.guard = guard
        auth = BasicAuth(user, password)
        self._secrets = tuple(item for item in (auth.token, password, quote(password)) if item)
        self._timeout = timeout
        self._total = total
        self._on_answer = on_answer
        adapter = GuardedAdapter(guard, pool=pool, retries=retries)
        self._http = Sender(auth, adapter, verify=verify, agent=agent)

    def __repr__(self) -> str:
        return f"StandSession({self.publication!r}, user={self.user!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def request(
        self,
        method: str,
        address: str,
        *,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        expect: Expect | None = "any",
    ) -> Answer:
        """Sends one request.

        Args:
            method: HTTP method.
            address: path below the publication, already percent-encoded ("/odata/standard.odata/$metadata"), or an absolute address.
            params: query parameters, not encoded.
            content: body.
            headers: more headers.
            expect: what a good answer must be; None returns the answer whatever it is.

        Raises:
            ProductionError: the address belongs to production; nothing was sent.
            WriteRefusedError: a write without permission; nothing was sent.
            StandError: the stand did not answer, stopped mid-answer, or answered with something of its own.
            AnswerError: 1C answered with an error.
            AccessError: user or password refused.
        """
        answer = self._exchange(method.upper(), address, params, content, headers)
        if expect is not None:
            check(answer, expect, self._secrets)
        return answer

    def json(
        self,
        method: str,
        address: str,
        *,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        quick: Callable[[bytes], Any] | None = None,
    ) -> Any:
        """Sends one request and returns the decoded JSON of its answer; None for an answer without content.

        Args:
            method: GET, POST, …
            address: below the publication.
            params: of the query.
            content: body.
            headers: beside the session's own.
            quick: reads the body of a good answer itself; None from it leaves the answer to the general way.

        Raises:
            HarnessError: as `request`; JSON is expected.
        """
        answer = self._exchange(method.upper(), address, params, content, headers)
        if quick is not None and answer.ok and (found := quick(answer.content)) is not None:
            return found
        return check(answer, "json", self._secrets)

    def get(
        self,
        address: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        expect: Expect | None = "any",
    ) -> Answer:
        """GET; errors as `request`."""
        return self.request("GET", address, params=params, headers=headers, expect=expect)

    def post(
        self,
        address: str,
        content: bytes = b"",
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        expect: Expect | None = "any",
    ) -> Answer:
        """POST; errors as `request`."""
        return self.request("POST", address, params=params, content=content, headers=headers, expect=expect)

    def put(
        self, address: str, content: bytes, *, headers: Mapping[str, str] | None = None, expect: Expect | None = "any"
    ) -> Answer:
        """PUT; errors as `request`."""
        return self.request("PUT", address, content=content, headers=headers, expect=expect)

    def patch(
        self, address: str, content: bytes, *, headers: Mapping[str, str] | None = None, expect: Expect | None = "any"
    ) -> Answer:
        """PATCH; errors as `request`."""
        return self.request("PATCH", address, content=content, headers=headers, expect=expect)

    def delete(self, address: str, *, expect: Expect | None = "any") -> Answer:
        """DELETE; errors as `request`."""
        return self.request("DELETE", address, content=b"", expect=expect)

    def probe(self) -> Answer:
        """First contact: asks the root of OData.

        Raises:
            AddressError: nobody answers at the address.
            StandError: somebody answers, but stops mid-way or answers with something of its own.
            HarnessError: whatever else `request` raises.
        """
        try:
            return self.get("/odata/standard.odata/", params={"$format": "json"}, expect="json")
        except NoAnswerError as error:
            raise AddressError(error.message, place=self.publication, hint=error.hint) from None

    def _exchange(
        self,
        method: str,
        address: str,
        params: Mapping[str, str] | None,
        content: bytes | None,
        headers: Mapping[str, str] | None,
    ) -> Answer:
        url = self._url(method, address)
        if params:
            url += ("&" if "?" in url else "?") + query_string(params)
        started = time.perf_counter()
        try:
            with self._http.send(
                method,
                encoded(self._root + url[len(self.publication) :]),
                content=content,
                headers=headers,
                timeout=self._timeout,
            ) as response:
                body = read_body(response, self._total, lambda: _place(method, url))
        except (requests.RequestException, Urllib3Error, UnicodeError) as error:
            raise no_answer(error, _place(method, url), self._timeout, self._secrets) from None
        answer = Answer(
            method=method,
            url=shown(url),
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            content=body,
            seconds=time.perf_counter() - started,
        )
        if self._on_answer:
            self._on_answer(answer)
        return answer

    def _url(self, method: str, address: str) -> str:
        if address.startswith("/"):
            return self.publication + address
        self.guard.check(method, address)
        if address != self.publication and not address.startswith((f"{self.publication}/", f"{self.publication}?")):
            # The user's password would go with the request.
            raise UsageError(
                "адрес не относится к публикации стенда", place=shown(address).partition("?")[0], hint=self.publication
            )
        return address


def _place(method: str, url: str) -> str:
    """Method and address, for messages."""
    return f"{method} {readable(shown(url))}"


def _publication(url: str) -> str:
    try:
        address = parse_address(url)
    except ValueError as error:
        raise AddressError(f"{error}", place="адрес публикации", hint="Пишите так: http://server:8080/base") from None
    if "@" in url.partition("://")[2].partition("/")[0]:
        raise AddressError(
            "в адресе публикации стоит имя пользователя", place=str(address), hint="Имя и пароль задаются отдельно."
        )
    if "?" in url:
        raise AddressError("в адресе публикации есть параметры", place=str(address), hint="Оставьте только путь.")
    return url.rstrip("/")
