"""Golden pairs: a request of an HTTP or SOAP service and the answer it had, kept to be asked again after an update.

A pair is a file of JSON; bodies that are no text are in base64. What is volatile in answers is masked by declared paths, never by
guess (design 4.6). No header that carries a secret is kept.
"""

from __future__ import annotations

import base64
from collections import deque
from typing import TYPE_CHECKING, Any

import msgspec

from harness.exchange import shapes
from harness.exchange.changes import CHANGED, Change, of_fields
from harness.exchange.markup import children, local, parse
from harness.exchange.problems import FormatError, pattern
from harness.exchange.problems import mark as _

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from lxml.etree import _Element

_SECRET = ("authorization", "cookie", "set-cookie", "sid", "x-api-key", "proxy-authorization", "otp")
_MASK = "…"


class Call(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A request: `path` is relative to the publication ("hs/exchange/version", "ws/InterfaceVersion.1cws")."""

    method: str
    path: str
    headers: dict[str, str] = {}
    body: str = ""
    base64: bool = False


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An answer."""

    status: int
    headers: dict[str, str] = {}
    body: str = ""
    base64: bool = False

    @property
    def content(self) -> bytes:
        """The body as bytes."""
        return base64.b64decode(self.body) if self.base64 else self.body.encode()


class Pair(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A request and its answer.

    Attributes:
        masked: paths of what changes from call to call: "$.CreationDate" of JSON, "/Envelope/Body/…/Date" of XML.
    """

    name: str
    request: Call
    answer: Reply
    masked: list[str] = []


def pair(
    name: str,
    request: tuple[str, str, Mapping[str, str], bytes],
    answer: tuple[int, Mapping[str, str], bytes],
    masked: Collection[str] = (),
) -> Pair:
    """Makes a pair out of what was sent (method, path, headers, body) and what came (status, headers, body)."""
    method, path, headers, sent = request
    status, received, body = answer
    text, binary = _text(sent)
    shown, coded = _text(body)
    return Pair(
        name=name,
        request=Call(method=method, path=path, headers=_public(headers), body=text, base64=binary),
        answer=Reply(status=status, headers=_public(received), body=shown, base64=coded),
        masked=sorted(masked),
    )


def _public(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in sorted(headers.items()) if name.lower() not in _SECRET}


def _text(body: bytes) -> tuple[str, bool]:
    try:
        return body.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode("ascii"), True


def write(one: Pair) -> bytes:
    """A pair as a file."""
    return msgspec.json.format(msgspec.json.encode(one), indent=1) + b"\n"


def read(data: bytes, place: str = "пара запроса и ответа") -> Pair:
    """Reads a pair.

    Raises:
        DocumentError: not JSON, or of another shape.
    """
    try:
        found = msgspec.json.decode(data, type=Pair)
        if found.answer.base64:
            base64.b64decode(found.answer.body, validate=True)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise FormatError(_("это не пара запроса и ответа: {error}"), place=place, error=error) from error
    return found


def differences(golden: Pair, status: int, headers: Mapping[str, str], body: bytes) -> list[Change]:
    """What an answer has other than the golden one: status, content type, and the body by its structure when it has one."""
    found = []
    if status != golden.answer.status:
        found.append(Change(CHANGED, golden.name, "status", str(golden.answer.status), str(status), breaking=True))
    was, now = _content_type(golden.answer.headers), _content_type(headers)
    if was != now:
        found.append(Change(CHANGED, golden.name, "Content-Type", was, now, breaking=True))
    before, after = flat(golden.answer.content), flat(body)
    masked = {pattern(path) for path in golden.masked}
    found += of_fields(golden.name, _without(before, masked), _without(after, masked))
    return found


def _content_type(headers: Mapping[str, str]) -> str:
    return next(
        (value.partition(";")[0].strip() for name, value in headers.items() if name.lower() == "content-type"), ""
    )


def _without(values: dict[str, str], masked: set[str]) -> dict[str, str]:
    return {path: _MASK if pattern(path) in masked else value for path, value in values.items()}


def flat(body: bytes) -> dict[str, str]:
    """A body as values by path: JSON by its fields, XML by its elements and attributes, all else as one text."""
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    try:
        if start in (b"{", b"["):
            return dict(_json("$", shapes.read(body)))
        if start == b"<":
            return dict(flat_element(parse(body.removeprefix(b"\xef\xbb\xbf"), "ответ")))
    except FormatError:
        return {"$": body.decode("utf-8", "replace")}
    return {"$": body.decode("utf-8", "replace")}


def _json(top: str, value: Any) -> Iterator[tuple[str, str]]:
    waiting: deque[tuple[str, Any]] = deque([(top, value)])
    while waiting:
        path, here = waiting.popleft()
        if isinstance(here, dict) and here:
            waiting += [(f"{path}.{name}", inner) for name, inner in here.items()]
        elif isinstance(here, list) and here:
            waiting += [(f"{path}[{place}]", inner) for place, inner in enumerate(here)]
        else:
            yield path, str(here) if isinstance(here, str) else msgspec.json.encode(here).decode()


def flat_element(root: _Element) -> Iterator[tuple[str, str]]:
    """Values of an element by path: leaves and attributes, repeated elements by their position."""
    waiting = deque([(f"/{local(root)}", root)])
    while waiting:
        path, here = waiting.popleft()
        for name, value in here.attrib.items():
            yield f"{path}/@{str(name).rpartition('}')[2]}", str(value)
        seen: dict[str, int] = {}
        for item in children(here):
            seen[local(item)] = seen.get(local(item), 0) + 1
            waiting.append((f"{path}/{local(item)}[{seen[local(item)]}]", item))
        if not len(here):
            yield path, (here.text or "").strip()
