"""The HTTP client a base goes to its correspondents with: one dialogue, one client; every step is remembered for whoever asked for the exchange."""

from __future__ import annotations

import os
import ssl
import time
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlencode, urlsplit

import urllib3
from urllib3.exceptions import (
    HTTPError,
    InsecureRequestWarning,
    LocationValueError,
    NewConnectionError,
    SSLError,
    TimeoutError,  # noqa: A004 - its name
)

from stand.emulator.exchanging.common import ExchangeError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PROXY", "TIMEOUT", "Answer", "Wire"]

PROXY = "READINESS_PROXY"
"""Environment of a containerised stand: the HTTP proxy that leads to loopback of the machine the harness runs on."""
TIMEOUT = 3.0
"""Seconds a base waits for its correspondent unless its configuration says otherwise."""
_SAID = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of a correspondent, whole."""

    status_code: int
    content: bytes

    @property
    def text(self) -> str:
        """For people: what is not UTF-8 is shown as such."""
        return self.content.decode("utf-8", errors="replace")


@dataclass(slots=True)
class Wire:
    """The client.

    Args:
        address: what paths are added to.
        verify: whether certificates are checked, against the roots of the operating system.
        timeout: seconds.

    Attributes:
        steps: what was asked, in order, for people.
    """

    address: str
    login: str = ""
    password: str = field(default="", repr=False)
    verify: bool = True
    timeout: float = TIMEOUT
    steps: list[str] = field(default_factory=list)
    _headers: dict[str, str] = field(init=False, repr=False)
    _cookies: dict[str, str] = field(default_factory=dict, repr=False)
    _pool: urllib3.PoolManager = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._headers = {"User-Agent": "1C+Enterprise/8.3", "Accept": "*/*"}
        if self.login:
            # As UTF-8: urllib3 would encode a Russian name in latin-1.
            pair = f"{self.login}:{self.password}".encode().decode("latin-1")
            self._headers |= urllib3.make_headers(basic_auth=pair)
        if not self.verify:  # the release says so; the finding is the scenario's
            urllib3.disable_warnings(InsecureRequestWarning)
        self._pool = _pool(os.environ.get(PROXY, ""), _trust(verify=self.verify))

    def forget_login(self) -> None:
        """No name and password from now on: the correspondent has given a token or a session."""
        self._headers.pop("authorization", None)

    def keep_cookie(self, name: str, value: str) -> None:
        """Sends a cookie with every later request."""
        self._cookies[name] = value

    def call(
        self,
        method: str,
        path: str = "",
        *,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        said: str = "",
    ) -> Answer:
        """One request; `said` names it for people.

        Raises:
            ExchangeError: nobody answers, the certificate is wrong, the answer stops midway.
        """
        label = said or f"{method} {path}"
        self.steps.append(label)
        url = self.address.rstrip("/") + path if path else self.address
        if params:
            url += f"{'&' if urlsplit(url).query else '?'}{urlencode(params)}"
        cookies = (
            {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())} if self._cookies else {}
        )
        try:
            response = self._pool.request(
                method, url, body=content, headers={**self._headers, **cookies, **(headers or {})},
                timeout=self.timeout, retries=False, redirect=False,
            )  # fmt: skip
        except SSLError as error:
            raise ExchangeError("certificate", f"{label}: сертификат сервера не прошёл проверку") from error
        except (HTTPError, LocationValueError, UnicodeError) as error:
            # Nobody listening is a kind of timeout to urllib3.
            if isinstance(error, TimeoutError) and not isinstance(error, NewConnectionError):
                raise ExchangeError("timeout", f"{label}: сервер не ответил за отведённое время") from error
            raise ExchangeError("network", f"{label}: соединение оборвалось или не установлено") from error
        return Answer(response.status, response.data)

    def good(self, answer: Answer, label: str) -> Answer:
        """The answer, when its status is 2xx.

        Raises:
            ExchangeError: another status; the message quotes the answer.
        """
        if answer.status_code in (401, 403):
            raise ExchangeError("access", f"{label}: доступ отклонён (HTTP {answer.status_code})")
        if not 200 <= answer.status_code < 300:
            text = " ".join(answer.text.split())[:_SAID]
            raise ExchangeError("http", f"{label}: сервер ответил {answer.status_code}: {text}")
        return answer

    def pause(self, seconds: float) -> None:
        """Waits, as a base does that was told to come back later."""
        self.steps.append(f"пауза {seconds:g} с")
        time.sleep(seconds)


@cache
def _trust(*, verify: bool) -> ssl.SSLContext:
    """What certificates are checked with. Reading the roots takes longer than a whole dialogue, so it is done once."""
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _pool(door: str, trust: ssl.SSLContext) -> urllib3.PoolManager:
    """Connections of one dialogue, through the door of a container where there is one."""
    if not door:
        return urllib3.PoolManager(ssl_context=trust)
    parts = urlsplit(door)
    headers = urllib3.make_headers(proxy_basic_auth=f"{unquote(parts.username or '')}:{unquote(parts.password or '')}")
    return urllib3.ProxyManager(
        f"{parts.scheme}://{parts.hostname}:{parts.port}", proxy_headers=headers, ssl_context=trust
    )
