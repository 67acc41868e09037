"""In which encoding a 1CClientBankExchange file really is: its label may lie, single lines may differ (facts/exchanges.md 4.1)."""

from __future__ import annotations

from harness.exchange.problems import FormatError
from harness.exchange.problems import mark as _

SIGNATURE = "1CClientBankExchange"
# Words every file of the format holds in a readable form: how the true encoding is told from a false label.
_MARKERS = (
    "ВерсияФормата",
    "Кодировка",
    "ДатаСоздания",
    "СекцияДокумент",
    "СекцияРасчСчет",
    "КонецДокумента",
    "КонецФайла",
)
_OTHER_FORMATS = {
    b"***** ^type=": _("это выписка белорусского клиент-банка (строки «^Поле=значение^»), другой формат"),
    b"<?xml": _("это XML (DirectBank, camt или другой обмен), а не текстовый обмен"),
    b"pk\x03\x04": _("это архив ZIP: распакуйте его"),
    b"%pdf": _("это документ PDF"),
}
LIMIT = 64 * 2**20
"""Bytes of the largest file; a statement of a year of a large company is some tens of megabytes."""


def decode(data: bytes, place: str) -> tuple[str, list[str], list[tuple[int, str]]]:
    """Decodes a file.

    Returns:
        The true encoding (a codec name), lines without their ends, and the lines that were written in another encoding:
        number and that encoding.

    Raises:
        DocumentError: another format.
    """
    if len(data) > LIMIT:
        raise FormatError(_("файл больше {limit} МБ: целиком такой не читается"), place=place, limit=LIMIT // 2**20)
    head = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not head.startswith(SIGNATURE.encode()):
        raise FormatError(
            other_format(head) or _("файл не в формате 1CClientBankExchange"),
            place=place,
            hint=_("первая строка файла обмена с банком должна быть «1CClientBankExchange»"),
        )
    encoding = _true_encoding(data)
    raw = data.removeprefix(b"\xef\xbb\xbf") if encoding == "utf-8-sig" else data
    strangers: list[tuple[int, str]] = []
    lines = []
    for number, piece in enumerate(raw.split(b"\n"), start=1):
        line, stranger = _decode_line(piece.removesuffix(b"\r"), encoding)
        if stranger:
            strangers.append((number, stranger))
        lines.append(line)
    while lines and not lines[-1].strip():
        lines.pop()
    return encoding, lines, strangers


def other_format(head: bytes) -> str:
    """What a file that is not of this format is, by its first bytes; "" when that is not known."""
    low = head[:64].lower()
    return next((text for mark, text in _OTHER_FORMATS.items() if low.startswith(mark)), "")


def _true_encoding(data: bytes) -> str:
    """BOM, then the codec in which most of the format's own words can be read; a tie goes to cp1251."""
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    scores = {codec: sum(data.count(word.encode(codec)) for word in _MARKERS) for codec in ("cp1251", "utf-8", "cp866")}
    return max(scores, key=lambda codec: scores[codec])


def _decode_line(piece: bytes, encoding: str) -> tuple[str, str]:
    """A line, and the encoding it really is in when that is not the file's."""
    codec = encoding.removesuffix("-sig")
    try:
        text = piece.decode(codec)
    except UnicodeDecodeError:
        return piece.decode("cp1251" if codec == "utf-8" else codec, "replace"), "cp1251" if codec == "utf-8" else "?"
    if codec != "utf-8" and not piece.isascii():
        # A line begins with a Russian field name, and no such name in cp1251 or cp866 is valid UTF-8.
        try:
            other = piece.decode("utf-8")
        except UnicodeDecodeError:
            return text, ""
        return other, "utf-8"
    return text, ""
