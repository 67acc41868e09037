"""Answers of the interface: status, headers, body; which form is asked for; how an error is written (facts/odata.md 2, 3, 7)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
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


_FORMS = {
    "atom": Form.ATOM,
    "application/atom+xml": Form.ATOM,
    "json": Form.MINIMAL,
    "application/json": Form.MINIMAL,
    "application/json;odata=minimalmetadata": Form.MINIMAL,
    "application/json;odata=nometadata": Form.PLAIN,
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


def error_answer(error: ODataError, form: Form = Form.MINIMAL) -> Answer:
    """`odata.error` in JSON, or `m:error` in XML."""
    if form is Form.ATOM:
        text = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<m:error xmlns:m="{_M}"><m:code>{error.code}</m:code>'
            f"<m:message>{escape(error.text)}</m:message></m:error>"
        )
        return Answer(error.status, text.encode(), "application/xml;charset=utf-8")
    message = {"lang": "ru", "value": error.text}
    return json_answer({"odata.error": {"code": str(error.code), "message": message}}, error.status)


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
