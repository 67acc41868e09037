"""Answers of the interface: status, headers, body; which form is asked for; how an error is written (facts/odata.md 2, 3, 7)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import msgspec

from stand.emulator.odata.errors import ODataError, bad_representation

if TYPE_CHECKING:
    from stand.emulator.odata.urls import Request

JSON_TYPE = "application/json;charset=utf-8"
_ENCODER = msgspec.json.Encoder()
_M = "http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"


class Form(StrEnum):
    """Forms of an answer."""

    ATOM = "atom"
    MINIMAL = "minimal metadata"
    PLAIN = "no metadata"
    FULL = "full metadata"


_FORMS = {
    "atom": Form.ATOM,
    "application/atom+xml": Form.ATOM,
    "json": Form.MINIMAL,
    "application/json": Form.MINIMAL,
    "application/json;odata=minimalmetadata": Form.MINIMAL,
    "application/json;odata=nometadata": Form.PLAIN,
    "application/json;odata=fullmetadata": Form.FULL,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back.

    Attributes:
        headers: names and values as they go out: a `Location` of 1C is raw UTF-8, so values are bytes.
    """

    status: int
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: tuple[tuple[bytes, bytes], ...] = ()


def json_answer(value: Any, status: int = 200, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Answer:
    """A JSON body; digits are in it as `msgspec.Raw`."""
    return Answer(status, _ENCODER.encode(value), JSON_TYPE, headers)


def error_answer(error: ODataError, form: Form = Form.MINIMAL, language: str = "ru") -> Answer:
    """`odata.error` in JSON, or `m:error` in XML. `lang` says "ru" even beside English words, as recorded (facts/odata.md 7, BOOK)."""
    text = error.said(language)
    if form is Form.ATOM:
        text = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<m:error xmlns:m="{_M}"><m:code>{error.code}</m:code>'
            f"<m:message>{escape(printable(text))}</m:message></m:error>"
        )
        return Answer(error.status, text.encode("utf-8", "replace"), "application/xml;charset=utf-8")
    message = {"lang": "ru", "value": text.encode("utf-8", "replace").decode()}
    return json_answer({"odata.error": {"code": str(error.code), "message": message}}, error.status)


_RESOURCE = "http://v8.1c.ru/8.2/virtual-resource-system"
_REASONS = {400: "Bad request", 402: "Payment required", 403: "Forbidden", 406: "Not acceptable"}


def exception_answer(status: int, text: str, *, json: bool) -> Answer:
    """What the application server says when a call does not even reach OData: no session, no licence (facts/odata.md 7)."""
    described = f"HTTP: {_REASONS.get(status, 'Error')}\n{text}"
    if json:
        inner = {"reason": status, "descr": described}
        body = _ENCODER.encode({"#exception": f"{{{_RESOURCE}}}Exception", "exception": inner})
        return Answer(status, b"\xef\xbb\xbf" + body, JSON_TYPE)
    xml = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<exception xmlns="{_RESOURCE}" reason="{status}">'
        f'<descr xmlns="http://v8.1c.ru/8.1/data/core">{escape(printable(described))}</descr></exception>'
    )
    return Answer(status, xml.encode("utf-8", "replace"), "application/xml;charset=utf-8")


def printable(text: str) -> str:
    """A text without what XML cannot hold."""
    return "".join(char for char in text if char >= " " or char in "\t\n\r")


def form_of(request: Request) -> Form:
    """The form asked for: by `$format`, else by `Accept`, else Atom (facts/odata.md 2).

    Raises:
        ODataError: 400 code 3: a representation that is not spoken.
    """
    asked = request.options.get("$format", "").replace(" ", "").lower()
    if asked:
        if asked not in _FORMS:
            raise bad_representation(asked)
        return _FORMS[asked]
    return accepted_form(request.headers.get("accept", ""))


@lru_cache(maxsize=256)
def accepted_form(accept: str) -> Form:
    """The form an `Accept` header asks for; qualities are not weighed."""
    for item in accept.lower().replace(" ", "").split(","):
        parameters = [part for part in item.split(";") if not part.startswith(("charset=", "q="))]
        found = _FORMS.get(";".join(parameters))
        if found is not None:
            return found
    return Form.ATOM


def error_form(request: Request) -> Form:
    """The form of an error: that of the answer, or JSON when what was asked for is not spoken."""
    try:
        return form_of(request)
    except ODataError:
        return Form.MINIMAL
