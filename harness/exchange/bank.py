"""1CClientBankExchange, the text format between 1C and bank clients: read and write (facts/exchanges.md 4.1).

A file is kept as it is: every field of every section in its order with its line number, so that an unknown field of a bank is
neither lost nor a reason to refuse. What is wrong is found by `harness.exchange.bank_rules.validate`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from harness.exchange.bank_encoding import SIGNATURE, decode
from harness.exchange.problems import FormatError, Problem, problem, problem_of
from harness.exchange.problems import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator

END = "КонецФайла"
ACCOUNT_START, ACCOUNT_END = "СекцияРасчСчет", "КонецРасчСчет"
DOCUMENT_START, DOCUMENT_END = "СекцияДокумент", "КонецДокумента"
__all__ = [
    "BankFile",
    "Field",
    "Problem",
    "Section",
    "parse_amount",
    "parse_date",
    "read",
    "write",
]
_LABELS = {"windows": "cp1251", "dos": "cp866", "utf-8": "utf-8", "utf8": "utf-8"}


@dataclass(frozen=True, slots=True)
class Field:
    """One line `name=value`."""

    name: str
    value: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """A section: of an account ("РасчСчет") or of a document ("Документ").

    Attributes:
        title: kind of the document ("Платежное поручение"), "" for an account.
        closed: whether its closing line was met.
    """

    kind: str
    title: str
    fields: tuple[Field, ...]
    line: int = 0
    closed: bool = True

    def get(self, name: str) -> str:
        """Value of a field, "" when it is absent."""
        return next((item.value for item in self.fields if item.name == name), "")

    def line_of(self, name: str) -> int:
        """Line of a field, or of the section's head when the field is absent."""
        return next((item.line for item in self.fields if item.name == name), self.line)

    def amount(self, name: str = "Сумма") -> Decimal | None:
        """A sum in roubles; None when it is empty or not a number with a point."""
        return parse_amount(self.get(name))

    def date(self, name: str = "Дата") -> date | None:
        """A date; None when it is empty or not of the form dd.mm.yyyy."""
        return parse_date(self.get(name))


@dataclass(frozen=True, slots=True)
class BankFile:
    """A whole file.

    Attributes:
        header: fields outside of sections, in order.
        sections: accounts and documents, in order.
        encoding: the true encoding, a Python codec name ("utf-8-sig" with a mark).
        newline: end of line of the first line.
        finished: whether "КонецФайла" was met.
        problems: what reading itself noticed.
    """

    header: tuple[Field, ...]
    sections: tuple[Section, ...]
    encoding: str = "cp1251"
    newline: str = "\r\n"
    finished: bool = True
    problems: tuple[Problem, ...] = ()

    @property
    def version(self) -> str:
        """Version of the format, "1.03"."""
        return self.get("ВерсияФормата")

    @property
    def declared_encoding(self) -> str:
        """What the header says: a Python codec name, or the label itself when it is unknown."""
        label = self.get("Кодировка")
        return _LABELS.get(label.strip().lower(), label)

    @property
    def accounts(self) -> tuple[Section, ...]:
        """Sections of accounts."""
        return tuple(item for item in self.sections if item.kind == "РасчСчет")

    @property
    def documents(self) -> tuple[Section, ...]:
        """Sections of documents."""
        return tuple(item for item in self.sections if item.kind == "Документ")

    @property
    def own_accounts(self) -> frozenset[str]:
        """Account numbers of the header and of the account sections: whose statement it is."""
        named = [item.value for item in self.header if item.name == "РасчСчет"]
        return frozenset(value for value in (*named, *(item.get("РасчСчет") for item in self.accounts)) if value)

    def get(self, name: str) -> str:
        """Value of a header field, "" when it is absent."""
        return next((item.value for item in self.header if item.name == name), "")


def parse_amount(text: str) -> Decimal | None:
    """A sum as the format writes it (point, at most two digits of fraction); None for anything else."""
    whole, _point, fraction = text.strip().partition(".")
    digits = whole.removeprefix("-")
    if (
        not (digits.isascii() and digits.isdigit())
        or len(fraction) > 2
        or (fraction and not (fraction.isascii() and fraction.isdigit()))
    ):
        return None
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        return None


def parse_date(text: str) -> date | None:
    """A date dd.mm.yyyy; None for anything else."""
    try:
        return datetime.strptime(text.strip(), "%d.%m.%Y").date()  # noqa: DTZ007 (the format knows no zone)
    except ValueError:
        return None


def read(data: bytes, place: str = "файл банка") -> BankFile:
    """Reads a file; tolerant of everything that leaves it readable, each such thing is a problem of the result.

    Raises:
        DocumentError: it is not this format at all (the message says what it is, when it is known).
    """
    encoding, lines, strangers = decode(data, place)
    problems = [
        problem(
            "ENCODING",
            _("строка записана в {stranger}, остальной файл в {encoding}"),
            line=number,
            stranger=stranger,
            encoding=encoding,
        )
        for number, stranger in strangers
    ]
    newline = "\r\n" if b"\r\n" in data[:4096] else "\n"
    reader = _Reader(problems)
    for number, line in enumerate(lines, start=1):
        if line.strip() != SIGNATURE:
            reader.take(number, line)
    sections = reader.close(len(lines))
    found = BankFile(
        header=tuple(reader.header),
        sections=tuple(sections),
        encoding=encoding,
        newline=newline,
        finished=reader.finished,
        problems=tuple(reader.problems),
    )
    declared = found.declared_encoding
    if declared and declared != encoding.removesuffix("-sig"):
        lie = problem(
            "ENCODING",
            _("в заголовке указана кодировка «{label}», на самом деле файл в {encoding}"),
            line=next((item.line for item in found.header if item.name == "Кодировка"), 0),
            label=found.get("Кодировка"),
            encoding=encoding,
        )
        found = replace(found, problems=(lie, *found.problems))
    return found


@dataclass(slots=True)
class _Reader:
    """Lines in, header and sections out."""

    problems: list[Problem]
    header: list[Field] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    finished: bool = False
    _open: Section | None = None
    _fields: list[Field] = field(default_factory=list)

    def take(self, number: int, line: str) -> None:
        """One line."""
        name, has_value, value = line.partition("=")
        name = name.strip()
        if not line.strip():
            return
        if self.finished:
            self._note(number, _("после «{end}» есть ещё строки"), end=END)
        elif name in (ACCOUNT_START, DOCUMENT_START):
            if self._open:
                self._note(number, _("секция, начатая в строке {start}, не закрыта"), start=self._open.line)
                self._finish(closed=False)
            kind = "РасчСчет" if name == ACCOUNT_START else "Документ"
            self._open = Section(kind, value, (), number)
        elif name in (ACCOUNT_END, DOCUMENT_END):
            self._end(number, name)
        elif name == END:
            self.finished = True
        elif not has_value:
            self._note(number, _("строка не вида «Поле=значение»: {written}"), written=line)
        elif self._open:
            self._fields.append(Field(name, value, number))
        else:
            self.header.append(Field(name, value, number))

    def _end(self, number: int, name: str) -> None:
        wanted = ACCOUNT_END if self._open and self._open.kind == "РасчСчет" else DOCUMENT_END
        if self._open is None or name != wanted:
            self._note(number, _("«{name}» без начала секции"), name=name)
        if self._open is not None:
            self._finish(closed=name == wanted)

    def _finish(self, *, closed: bool) -> None:
        if self._open is not None:
            self.sections.append(replace(self._open, fields=tuple(self._fields), closed=closed))
        self._open, self._fields = None, []

    def _note(self, number: int, template: str, /, **values: object) -> None:
        self.problems.append(problem_of("STRUCTURE", template, values, line=number))

    def close(self, last: int) -> list[Section]:
        """All sections; an open one and a missing end are noted."""
        if self._open is not None:
            self._note(self._open.line, _("секция не закрыта до конца файла"))
            self._finish(closed=False)
        if not self.finished:
            self._note(last, _("нет строки «{end}»: файл получен не полностью"), end=END)
        return self.sections


def write(file: BankFile) -> bytes:
    """Writes a file; `write(read(x)) == x` for a canonical file (one encoding, no blank lines, end of line after the last line).

    Raises:
        DocumentError: a value does not fit the encoding; the message names the field.
    """
    codec = file.encoding
    out: list[bytes] = []
    for name, value in _lines(file):
        text = name if value is None else f"{name}={value}"
        try:
            out.append(text.encode(codec.removesuffix("-sig")))
        except UnicodeEncodeError as error:
            bad = text[error.start : error.end]
            raise FormatError(
                _("символ «{sign}» поля «{name}» не помещается в кодировку {codec}"),
                place=text[:80],
                sign=bad,
                name=name,
                codec=codec,
            ) from error
    mark = b"\xef\xbb\xbf" if codec == "utf-8-sig" else b""
    end = file.newline.encode()
    return mark + end.join(out) + end


def _lines(file: BankFile) -> Iterator[tuple[str, str | None]]:
    yield SIGNATURE, None
    for item in file.header:
        yield item.name, item.value
    for section in file.sections:
        account = section.kind == "РасчСчет"
        yield (ACCOUNT_START, None) if account else (DOCUMENT_START, section.title)
        for item in section.fields:
            yield item.name, item.value
        if section.closed:
            yield ACCOUNT_END if account else DOCUMENT_END, None
    if file.finished:
        yield END, None
