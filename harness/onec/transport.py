"""The transport below the session: guarded adapter, authentication, retries, bodies with limits, failures put into words."""

from __future__ import annotations

import base64
import re
import time
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from requests.structures import CaseInsensitiveDict
from requests.utils import requote_uri
from urllib3.exceptions import ReadTimeoutError
from urllib3.util.retry import Retry

from harness.errors import StandError
from harness.onec.answer import words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Self

    from urllib3.connectionpool import ConnectionPool

    from harness.onec.guard import WriteGuard

MAX_BYTES = 1 << 30
"""Largest answer that is taken, after decompression: `$metadata` of the largest configurations is under 20 MB, a page under 100."""
_CHUNK = 1 << 18
_PRINTABLE = re.compile(r"[!-~]+")


def on_the_wire(publication: str) -> str:
    """An address as it is sent: the name of the host in ASCII, the path percent-encoded.

    Raises:
        requests.RequestException: no host can be called so.
    """
    return str(requests.Request("GET", publication).prepare().url)


def _root(url: str) -> str:
    """Scheme and host of an address that was parsed before."""
    scheme, _, rest = url.partition("://")
    host = re.split(r"[/?]", rest, maxsplit=1)[0]
    return f"{scheme}://{host}"


def encoded(url: str) -> str:
    """An address with letters percent-encoded; what is encoded already stays as it is."""
    return url if _PRINTABLE.fullmatch(url) else requote_uri(url)


class Sender:
    """Prepared requests of one stand, sent through one guarded adapter.

    A `requests.Session` merges settings, cookies, proxies and redirects into every request: a third of the time of a short one, for
    things a stand is never given (measured by benchmarks/bench_requests.py). The address is percent-encoded by whoever built it.

    Args:
        auth: the user, added to every request.
        adapter: sends them.
        verify: False or a file of certificates instead of the system's.
        agent: User-Agent.
    """

    def __init__(self, auth: BasicAuth, adapter: GuardedAdapter, *, verify: bool | str, agent: str) -> None:
        self.auth = auth
        self._adapter = adapter
        self._verify = verify
        self._headers = {"Accept": "application/json", "Accept-Encoding": "gzip, deflate", "User-Agent": agent}

    def send(
        self,
        method: str,
        url: str,
        *,
        content: bytes | None,
        headers: Mapping[str, str] | None,
        timeout: tuple[float, float],
    ) -> requests.Response:
        """Sends one request; the body of the answer is still to be read.

        Raises:
            requests.RequestException: no answer.
            HarnessError: the guard refused; nothing was sent.
        """
        request = requests.PreparedRequest()
        request.method = method
        request.url = url
        request.headers = CaseInsensitiveDict({**self._headers, **(headers or {})})
        if content:
            request.body = content
            request.headers["Content-Length"] = str(len(content))
        elif method not in ("GET", "HEAD"):
            request.headers["Content-Length"] = "0"
        return self._adapter.send(self.auth(request), stream=True, timeout=timeout, verify=self._verify)

    def close(self) -> None:
        """Closes the connections."""
        self._adapter.close()


class BasicAuth(AuthBase):
    """Basic authentication in UTF-8 (1C knows no other charset); shows nothing of itself."""

    def __init__(self, user: str, password: str) -> None:
        self.token = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._empty = not user and not password

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Adds the header."""
        if not self._empty:
            request.headers["Authorization"] = f"Basic {self.token}"
        return request

    def __repr__(self) -> str:
        return "BasicAuth(•••)"


class _Retry(Retry):
    """Repeats what was broken off or refused by a web server, never what was silent: four silences of two minutes help nobody."""

    def increment(self, *args: Any, **kwargs: Any) -> Self:
        """One more attempt, or the error."""
        if isinstance(error := kwargs.get("error"), ReadTimeoutError):
            raise error
        return super().increment(*args, **kwargs)


class GuardedAdapter(HTTPAdapter):
    """Nothing leaves without the guard's consent, given to the very address that is sent."""

    def __init__(self, guard: WriteGuard, *, pool: int, retries: int) -> None:
        self._guard = guard
        retry = _Retry(
            total=2 * retries,
            connect=min(1, retries),
            read=retries,
            status=retries,
            redirect=0,
            other=0,
            backoff_factor=0.2,
            status_forcelist=(502, 503, 504),
            allowed_methods=("GET", "HEAD"),
            raise_on_status=False,
            # A stand that says "come back in an hour" must not stop a run for an hour.
            respect_retry_after_header=False,
        )
        super().__init__(pool_connections=pool, pool_maxsize=pool, max_retries=retry, pool_block=True)
        self._pools: dict[str, ConnectionPool] = {}

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Sends a request the guard lets pass."""
        self._guard.check(str(request.method), str(request.url), request.headers)
        return super().send(request, *args, **kwargs)

    # The three hooks below are requests' own for subclasses. One adapter serves one stand without proxies and cookies, so most of what
    # they do by default comes out the same for every request.

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> ConnectionPool:
        """Connections to a host, found once."""
        root = _root(str(request.url))
        pool = self._pools.get(root)
        if pool is None:
            pool = self._pools[root] = super().get_connection_with_tls_context(request, verify, proxies, cert)
        return pool

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        """What follows the host."""
        del proxies
        url = str(request.url)
        return url[len(_root(url)) :] or "/"

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """An answer without cookies and guessed encodings: bodies are read as bytes."""
        response = requests.Response()
        response.status_code = resp.status
        response.headers = CaseInsensitiveDict(resp.headers)
        response.reason, response.url = resp.reason, str(req.url)
        response.raw, response.request = resp, req
        return response


def read_body(response: requests.Response, total: float, place: Callable[[], str]) -> bytes:
    """The whole body, decompressed.

    Args:
        response: a streamed response.
        total: seconds for all of it.
        place: what to name in errors.

    Raises:
        StandError: too large or too slow.
    """
    started = time.perf_counter()
    parts: list[bytes] = []
    size = 0
    # read1 returns what is there, so that a server that drips a byte a minute meets the limit too.
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        size += len(chunk)
        if size > MAX_BYTES:
            raise StandError(f"ответ больше {MAX_BYTES >> 20} МБ", place=place())
        if time.perf_counter() - started > total:
            raise StandError(f"ответ не пришёл целиком за {total:g} с", place=place())
        parts.append(chunk)
    return b"".join(parts)


class NoAnswerError(StandError):
    """Not one byte of an answer came: at first contact that is a wrong address, later it is the stand's trouble."""


def no_answer(error: Exception, place: str, timeout: tuple[float, float], secrets: Sequence[str]) -> StandError:
    """Why there is no answer, or only half of one, in the words of a person."""
    detail = words(str(error), secrets)
    message, hint = f"стенд не ответил: {detail}", "Проверьте адрес, порт и запущен ли веб-сервер."
    if isinstance(error, requests.exceptions.SSLError):
        message, hint = f"не удалось установить защищённое соединение: {detail}", "Проверьте сертификат стенда."
    elif isinstance(error, requests.exceptions.ConnectTimeout):
        message = f"стенд не принял соединение за {timeout[0]:g} с"
    elif isinstance(error, requests.exceptions.ReadTimeout) or "Read timed out" in str(error):
        hint = "Посмотрите, чем занят сервер 1С."
        return StandError(f"стенд молчит дольше {timeout[1]:g} с", place=place, hint=hint, words=detail)
    elif _is_broken(error):
        hint = "Повторите; посмотрите журнал веб-сервера и сервера 1С."
        return StandError("ответ оборвался на середине", place=place, hint=hint, words=detail)
    elif "NameResolutionError" in str(error) or "getaddrinfo" in str(error):
        message = "имя сервера не найдено"
    elif "refused" in str(error) or "10061" in str(error):
        message = "по этому адресу никто не отвечает (соединение отклонено)"
    return NoAnswerError(message, place=place, hint=hint, words=detail)


def _is_broken(error: Exception) -> bool:
    kinds = (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)
    signs = (
        "IncompleteRead",
        "Connection aborted",
        "Connection broken",
        "RemoteDisconnected",
        "reset by peer",
        "failed to decode",
    )
    return isinstance(error, kinds) or any(sign in str(error) for sign in signs)
