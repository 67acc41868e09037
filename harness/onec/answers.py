"""What an answer means: data, an error of 1C itself, a refusal of access, or the stand's own trouble.

The order of the checks is the protocol's (facts/odata.md 7): a body that speaks as 1C decides before the status does, because web
servers and the platform share statuses. Whatever does not speak as 1C is the stand's trouble and is reported in its own words.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeAlias

from harness.errors import AccessError, AnswerError, StandError
from harness.onec.answer import BOM, Answer, words

if TYPE_CHECKING:
    from collections.abc import Sequence

Expect: TypeAlias = Literal["json", "xml", "any"]
"""What a caller needs: JSON, XML, or any body with a good status."""

_LICENCE = re.compile(r"лицензи|licen[cs]e", re.IGNORECASE)
_HTML = re.compile(rb"^\s*(<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>])", re.IGNORECASE)
_CODE_PLACE = re.compile(r"\{[\w.А-Яа-яЁё ]+\(\d+(?:,\s*\d+)?\)\}")
_HINTS = {
    402: "Освободите или добавьте клиентскую лицензию на стенде и повторите.",
    403: "Проверьте доступ к публикации и не запрещено ли начало сеансов в информационной базе.",
    404: "Проверьте адрес, имя публикации и включён ли в ней стандартный интерфейс OData (или HTTP-сервисы).",
    405: "Веб-сервер не пропускает этот метод: на IIS отключите WebDAV и разрешите PUT, PATCH и DELETE.",
    406: "Нет свободного сеанса: закройте лишние или увеличьте poolSize и poolTimeout публикации.",
    502: "Веб-сервер не дождался 1С: проверьте, работает ли сервер 1С:Предприятия.",
    503: "Служба недоступна: проверьте веб-сервер и сервер 1С:Предприятия, повторите позже.",
    504: "Запрос не уложился во время ожидания веб-сервера: увеличьте его или уменьшите запрос.",
}
_NO_RIGHT = "20"
"""Code of OData for a missing right, which shares its status with a refused password."""
_MEANINGS = {
    402: "стенд отказал из-за лицензии",
    403: "веб-сервер не пустил к публикации",
    404: "по этому адресу ничего не опубликовано",
    405: "веб-сервер не пропускает такой метод",
    406: "стенд не дал сеанса",
    429: "стенд просит подождать",
    502: "веб-сервер не получил ответа от 1С",
    503: "стенд недоступен",
    504: "веб-сервер не дождался ответа от 1С",
}


def check(answer: Answer, expect: Expect = "any", secrets: Sequence[str] = ()) -> Any:
    """Lets good answers pass and raises the right error for others.

    Args:
        answer: what came.
        expect: what the caller needs.
        secrets: what must not be quoted.

    Returns:
        The decoded JSON when `expect` is "json" (None for an empty 204), otherwise None.

    Raises:
        AnswerError: 1C answered with an error of its own.
        AccessError: user or password refused.
        StandError: the stand's trouble, in the answer's words.
    """
    found = _Spoken(answer, secrets)
    if not answer.ok:
        _refuse(answer, found, secrets)
    return _check_good(answer, expect, found)


def _refuse(answer: Answer, found: _Spoken, secrets: Sequence[str]) -> NoReturn:
    if answer.status == 401 and found.code != _NO_RIGHT:
        raise AccessError(
            "стенд не принял имя пользователя или пароль",
            place=answer.place,
            hint="Проверьте имя и пароль, разрешена ли пользователю аутентификация 1С:Предприятия и удалённый доступ OData.",
        )
    if found.answers_as_1c:
        found.raise_1c()
    if 300 <= answer.status < 400:
        target = answer.headers.get("location", "").partition("?")[0]
        target = re.sub(r"//[^/@]*@", "//", target)
        _trouble(
            answer, found, f"стенд перенаправляет на «{words(target, secrets)}»", "Укажите конечный адрес публикации."
        )
    if answer.status == 500 and _CODE_PLACE.search(found.words):
        # The module and line of an exception: 1C's own code failed, not the road to it (HTTP services answer so).
        raise AnswerError(found.words, place=answer.place, status=answer.status)
    if _LICENCE.search(found.words):
        _trouble(answer, found, _MEANINGS[402], _HINTS[402])
    _trouble(answer, found, _MEANINGS.get(answer.status, "стенд ответил не как 1С"), _HINTS.get(answer.status, ""))


def _check_good(answer: Answer, expect: Expect, found: _Spoken) -> Any:
    if found.answers_as_1c:
        found.raise_1c()
    if answer.status == 204 or expect == "any":
        return None
    name = "JSON" if expect == "json" else "XML"
    if not answer.content.removeprefix(BOM).strip():
        _trouble(answer, found, f"вместо {name} пришёл пустой ответ", "Повторите; посмотрите журнал веб-сервера.")
    if found.is_html:
        hint = "Ответил не 1С, а прокси, страница входа или веб-сервер: проверьте адрес публикации."
        _trouble(answer, found, f"вместо {name} пришла HTML-страница", hint)
    if expect == "xml":
        return _check_xml(answer, found)
    if found.problem:
        cut = "ответ оборвался на середине" if found.truncated else "ответ — не JSON"
        _trouble(answer, found, f"{cut} ({len(answer.content)} байт)", "Повторите; посмотрите журнал веб-сервера.")
    return found.json


def _check_xml(answer: Answer, found: _Spoken) -> None:
    body = answer.content.removeprefix(BOM).strip()
    if not body.startswith(b"<"):
        _trouble(answer, found, "ответ — не XML", "Проверьте адрес публикации.")
    if not body.endswith(b">"):
        _trouble(answer, found, f"ответ оборвался на середине ({len(answer.content)} байт)", "Повторите.")


def _trouble(answer: Answer, found: _Spoken, meaning: str, hint: str) -> NoReturn:
    said = f": «{found.words}»" if found.words else ""
    raise StandError(
        f"{meaning} (HTTP {answer.status}){said}",
        place=answer.place,
        hint=hint,
        status=answer.status,
        words=found.words,
    )


class _Spoken:
    """A body, looked at once: which of the known voices speaks in it."""

    def __init__(self, answer: Answer, secrets: Sequence[str]) -> None:
        self.answer = answer
        self.secrets = secrets
        self.json: Any = None
        self.problem = ""
        self.is_html = _HTML.match(answer.content.removeprefix(BOM)[:2000]) is not None
        body = answer.content.removeprefix(BOM).lstrip()[:1]
        if body in (b"<", b""):
            self.problem = "не JSON"
        else:
            self._read_json()

    def _read_json(self) -> None:
        try:
            self.json = self.answer.json()
        except ValueError as error:
            self.problem = str(error)

    @property
    def truncated(self) -> bool:
        """Whether the JSON stops before its end."""
        return "truncated" in self.problem

    @property
    def words(self) -> str:
        """The body's own words."""
        return words(self.answer.head(), self.secrets)

    @property
    def code(self) -> str:
        """Code of an OData error, "" when the body is none."""
        return str((self._object("odata.error") or {}).get("code", ""))

    @property
    def answers_as_1c(self) -> bool:
        """Whether the body is an error in one of 1C's forms."""
        return self._object("odata.error") is not None or self._service_error() is not None or bool(self._exception())

    def raise_1c(self) -> NoReturn:
        """Raises what the body says.

        Raises:
            AnswerError: an error of OData or of an HTTP service.
            StandError: an exception of the platform before the request reached the configuration.
        """
        status = self.answer.status
        if (error := self._object("odata.error")) is not None:
            message = error.get("message")
            text = message.get("value") if isinstance(message, dict) else message
            self._raise_answer(text, error.get("code"))
        if (service := self._service_error()) is not None:
            self._raise_answer(service.get("message"), service.get("code"))
        said = words(self._exception(), self.secrets)
        if found := re.fullmatch(r"m:error\|(.*?)\|(.*)", said, re.DOTALL):
            self._raise_answer(found[2], found[1])
        meaning = _MEANINGS[402] if _LICENCE.search(said) else "платформа не пустила запрос к базе"
        hint = _HINTS[402] if _LICENCE.search(said) else _HINTS.get(status, _HINTS[403])
        raise StandError(
            f"{meaning} (HTTP {status}): «{said}»", place=self.answer.place, hint=hint, status=status, words=said
        )

    def _raise_answer(self, text: object, code: object) -> NoReturn:
        said = words(str(text or "1С сообщила об ошибке без текста"), self.secrets)
        raise AnswerError(
            said, place=self.answer.place, status=self.answer.status, code="" if code is None else str(code)
        )

    def _object(self, name: str) -> dict[str, Any] | None:
        found = self.json.get(name) if isinstance(self.json, dict) else None
        return found if isinstance(found, dict) else None

    def _service_error(self) -> dict[str, Any] | None:
        return None if self.answer.ok else self._object("error")

    def _exception(self) -> str:
        """Text of a platform exception (JSON or XML), "m:error|code|text" of an OData error in XML, or ""."""
        if isinstance(self.json, dict) and "#exception" in self.json:
            return _described(self.json.get("exception"))
        if not self.answer.content.removeprefix(BOM).lstrip().startswith(b"<") or self.is_html:
            return ""
        head = self.answer.head()
        if found := re.search(r"<(?:\w+:)?descr\b[^>]*>(.*?)</", head, re.DOTALL):
            return html.unescape(found[1]) if "virtual-resource-system" in head else ""
        if re.search(r"<m:error\b", head[:2000]):
            code = re.search(r"<m:code>(.*?)</m:code>", head, re.DOTALL)
            text = re.search(r"<m:message\b[^>]*>(.*?)</m:message>", head, re.DOTALL)
            return f"m:error|{code[1].strip() if code else ''}|{html.unescape(text[1]) if text else ''}"
        return ""


def _described(exception: object) -> str:
    """Texts of an exception and of those inside it, the innermost last."""
    texts: list[str] = []
    while isinstance(exception, dict) and len(texts) < 10:
        texts.append(str(exception.get("descr", "")))
        exception = exception.get("inner")
    return " ".join(text for text in texts if text) or "исключение без описания"
