"""Which format a file is, by its content and never by its name."""

from __future__ import annotations

import io
from enum import StrEnum
from typing import TYPE_CHECKING

from harness.exchange import archive, bank_encoding, markup
from harness.exchange.markup import local, namespace
from harness.exchange.problems import FormatError
from harness.exchange.problems import mark as _

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = 1 << 16


class Kind(StrEnum):
    """Formats the project reads; the values are those of `--kind`."""

    BANK = "bank"
    COMMERCEML = "commerceml"
    ENTERPRISE_DATA = "enterprisedata"
    BRANCH = "branch"
    DIRECTBANK = "directbank"
    CHANGES = "changes"
    XDTO = "xdto"
    WSDL = "wsdl"
    HTTP_SERVICE = "httpservice"
    CAPABILITIES = "capabilities"
    GOLDEN = "golden"
    ARCHIVE = "archive"


TITLES = {
    Kind.BANK: _("обмен с банком, 1CClientBankExchange"),
    Kind.COMMERCEML: _("обмен с сайтом, CommerceML"),
    Kind.ENTERPRISE_DATA: _("сообщение EnterpriseData"),
    Kind.BRANCH: _("сообщение распределённой базы (РИБ)"),
    Kind.DIRECTBANK: _("документ или пакет DirectBank"),
    Kind.CHANGES: _("изменения плана обмена, ответ SelectChanges"),
    Kind.XDTO: _("пакет XDTO, схема формата"),
    Kind.WSDL: _("описание веб-сервиса, WSDL"),
    Kind.HTTP_SERVICE: _("описание HTTP-сервиса"),
    Kind.CAPABILITIES: _("возможности базы, ответ GetIBParameters"),
    Kind.GOLDEN: _("эталонная пара запроса и ответа"),
    Kind.ARCHIVE: _("архив ZIP с файлами обмена"),
}
_ROOTS = {
    ("Message", ""): Kind.ENTERPRISE_DATA,
    ("Message", "http://v8.1c.ru/messages"): Kind.BRANCH,
    ("feed", "http://www.w3.org/2005/Atom"): Kind.CHANGES,
    ("package", "http://v8.1c.ru/8.1/xdto"): Kind.XDTO,
    ("definitions", "http://schemas.xmlsoap.org/wsdl/"): Kind.WSDL,
    ("MetaDataObject", "http://v8.1c.ru/8.3/MDClasses"): Kind.HTTP_SERVICE,
    ("ФайлОбмена", ""): Kind.ENTERPRISE_DATA,
}
_KNOWN = _("известны: банк, CommerceML, EnterpriseData, РИБ, DirectBank, SelectChanges, XDTO, WSDL, HTTP-сервис")
_COMMERCEML_ROOTS = ("КоммерческаяИнформация", "Классификатор")
_DIRECTBANK = "http://directbank.1c.ru/XMLSchema"


def recognise(source: bytes | Path, place: str = "файл") -> Kind:
    """Format of a file; for an archive `Kind.ARCHIVE`.

    Raises:
        DocumentError: a format the project does not read; the message says which, when it is known.
    """
    with markup.opened(source) as file:
        head = file.read(_HEAD)
    if archive.is_archive(head):
        return Kind.ARCHIVE
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise FormatError(_("файл пуст"), place=place)
    if start.startswith(bank_encoding.SIGNATURE.encode()):
        return Kind.BANK
    if start[:1] in (b"{", b"["):
        return Kind.GOLDEN if b'"request"' in start and b'"answer"' in start else Kind.CAPABILITIES
    if start[:1] == b"<" or head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _of_xml(source, place)
    raise FormatError(bank_encoding.other_format(start) or _("формат файла не известен"), place=place, hint=_KNOWN)


def _of_xml(source: bytes | Path, place: str) -> Kind:
    """By the root element; a file whose namespace is a Russian word is parsed as a whole."""
    name, space = _root(source, place)
    if name in _COMMERCEML_ROOTS:
        return Kind.COMMERCEML
    if space == _DIRECTBANK:
        return Kind.DIRECTBANK
    found = _ROOTS.get((name, space)) or _ROOTS.get((name, ""))
    if found is None:
        raise FormatError(
            _("корневой элемент «{name}»: такой формат обмена не известен"),
            place=place,
            hint=_KNOWN,
            name=f"{{{space}}}{name}" if space else name,
        )
    return found


def _root(source: bytes | Path, place: str) -> tuple[str, str]:
    try:
        with markup.opened(source) as file:
            root = next(markup.stream(io.BytesIO(file.read(_HEAD)), place, (), lambda _item: False))[1]
            return local(root), namespace(root)
    except FormatError:
        data = (
            source
            if isinstance(source, bytes)
            else source.read_bytes()
            if source.stat().st_size <= markup.LIMIT
            else b""
        )
        if not data:
            raise
        root = markup.parse(data.removeprefix(b"\xef\xbb\xbf"), place)
        return local(root), namespace(root)
