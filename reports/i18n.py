"""Languages of the documents: Russian source strings, gettext catalogues beside this file, numbers and dates by locale.

Catalogues are kept as text (`locale/LANGUAGE/LC_MESSAGES/*.po`) and read as they are: no compile step to forget. The Russian one
holds plural forms only; the English ones translate the documents (`reports.po`), the texts the harness writes into a record
(`record.po`) and the bundled scenarios (`scenarios.po`). What a catalogue does not know stays Russian.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Final

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from harness.record.models import Text, fill

LANGUAGES: Final = ("ru", "en")
LOCALE_DIR: Final = Path(__file__).parent / "locale"

_DATE_TIME: Final = {"ru": "d MMMM y, HH:mm", "en": "d MMMM y, HH:mm"}


@cache
def catalogue(language: str) -> Catalog:
    """Reads the catalogues of a language into one, once a process."""
    whole = Catalog(locale=language)
    for path in sorted((LOCALE_DIR / language / "LC_MESSAGES").glob("*.po")):
        with path.open(encoding="utf-8") as file:
            for message in read_po(file, locale=language):
                if message.id:
                    whole[message.id] = message
    return whole


def known(language: str) -> str:
    """The language documents have for "en_GB", "ru-RU" and the like; Russian, as the record's texts are, for any other."""
    short = language.replace("-", "_").partition("_")[0].lower()
    return short if short in LANGUAGES else "ru"


class Translator:
    """Says texts, numbers and times in one language.

    Args:
        language: "ru" or "en" (or with a territory, "en_GB", "ru-RU"); anything else is Russian, as the record's texts are.
    """

    def __init__(self, language: str) -> None:
        self.language = known(language)
        # English dates and numbers in the British manner: day before month, 24 hours, as the reader's documents have them.
        self._locale = Locale.parse({"ru": "ru_RU", "en": "en_GB"}[self.language])
        self._catalogue = catalogue(self.language)
        ids = [message.id for message in self._catalogue if isinstance(message.id, str)]
        self._additions = [id_ for id_ in ids if id_[:2] in {"; ", ". "}]
        self._patterns = sorted((id_ for id_ in ids if id_.endswith(" {name}")), key=len, reverse=True)

    def __call__(self, msgid: str, **params: object) -> str:
        """A text of the documents, with its places filled."""
        return fill(self.lookup(msgid), {name: str(value) for name, value in params.items()})

    def lookup(self, msgid: str) -> str:
        """The translation of a message, the message itself when there is none."""
        # The empty msgid is the catalogue's header and no text.
        message = self._catalogue.get(msgid) if msgid else None
        if message is None or not message.string:
            return msgid
        return message.string if isinstance(message.string, str) else message.string[0]

    def text(self, text: Text | None) -> str:
        """A text of the record; its params are values of the base and stay as they are, but for names of observations."""
        if text is None:
            return ""
        named = {place: self.name(text.params[place]) for place in ("observation", "title") if place in text.params}
        return fill(self._sentence(text.msgid), text.params | named)

    def name(self, name: str) -> str:
        """A name of an observation or an object; of "Отчёт ВаловаяПрибыль" the word is said, and the base's own name stays."""
        found = self.lookup(name)
        if found != name:
            return found
        for pattern in self._patterns:
            if name.startswith(pattern.removesuffix("{name}")):
                return fill(self.lookup(pattern), {"name": name[len(pattern) - len("{name}") :]})
        return name

    def _sentence(self, msgid: str) -> str:
        """A message, or one that is made of a known beginning and a known addition ("; всего таких строк: {count}")."""
        found = self.lookup(msgid)
        if found != msgid:
            return found
        for addition in self._additions:
            if msgid.endswith(addition) and msgid != addition:
                return self._sentence(msgid.removesuffix(addition)) + self.lookup(addition)
        return msgid

    def count(self, number: int, one: str, many: str) -> str:
        """A counted noun: "3 замечания", "3 findings"; `one` and `many` are msgid and msgid_plural of the catalogues."""
        message = self._catalogue.get(one)
        form = one if number == 1 else many
        if message is not None and isinstance(message.string, tuple | list):
            form = message.string[self._catalogue_plural(number)] or form
        return f"{self.number(number)}\N{NO-BREAK SPACE}{form}"

    def _catalogue_plural(self, number: int) -> int:
        """Index of the plural form (CLDR): one, few, many for Russian; one, other for English."""
        forms = {"ru": ("one", "few", "many"), "en": ("one", "other")}[self.language]
        return forms.index(self._locale.plural_form(number))

    def number(self, value: str | int | Decimal) -> str:
        """A number with the language's separators; what is no number stays as it is."""
        try:
            number = Decimal(value)
        except (InvalidOperation, ValueError):
            return str(value)
        if not number.is_finite():
            return str(value)
        digits = max(0, -int(number.as_tuple().exponent))
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        text: str = format_decimal(number, format=pattern, locale=self._locale, decimal_quantization=False)
        return text.replace("-", "−")

    def signed(self, value: Decimal) -> str:
        """A difference of numbers: "+1 200,00", "−3", "0"."""
        return ("+" if value > 0 else "") + self.number(value)

    def seconds(self, value: float) -> str:
        """A duration for people: "350 мс", "2,4 с", "1 мин 05 с", "1 ч 12 мин"."""
        if value < 0.9995:
            return f"{self.number(round(value * 1000))}\N{NO-BREAK SPACE}{self('мс')}"
        if value < 59.95:
            return f"{self.number(Decimal(value).quantize(Decimal('0.1')))}\N{NO-BREAK SPACE}{self('с')}"
        whole = round(value)
        if whole < 3600:
            return f"{whole // 60}\N{NO-BREAK SPACE}{self('мин')} {whole % 60:02d}\N{NO-BREAK SPACE}{self('с')}"
        minutes = round(value / 60)
        return f"{minutes // 60}\N{NO-BREAK SPACE}{self('ч')} {minutes % 60:02d}\N{NO-BREAK SPACE}{self('мин')}"

    def moment(self, iso: str) -> str:
        """A moment as the record has it, with its own offset: "28 ноября 2026, 20:00 (UTC+03:00)"."""
        parsed = _parse(iso)
        if parsed is None:
            return iso
        said = format_datetime(parsed, _DATE_TIME[self.language], locale=self._locale)
        offset = parsed.utcoffset()
        return said if offset is None else f"{said} ({_offset(offset)})"

    def clock(self, iso: str) -> str:
        """Time of day with seconds: "20:00:05"."""
        parsed = _parse(iso)
        return iso if parsed is None else parsed.strftime("%H:%M:%S")

    def date(self, iso: str) -> str:
        """A day: "28 ноября 2026"; what is no date (a release) stays as it is."""
        parsed = _parse(iso)
        return iso if parsed is None else format_date(parsed.date(), "d MMMM y", locale=self._locale)


def _parse(iso: str) -> datetime | None:
    try:
        return datetime.fromisoformat(iso)
    except ValueError:
        return None


def _offset(offset: timedelta) -> str:
    """As people write it: "UTC+03:00"; plain "UTC" for no offset."""
    if not offset:
        return "UTC"
    sign = "+" if offset > timedelta(0) else "−"
    clock = (datetime(2000, 1, 1, tzinfo=UTC) + abs(offset)).strftime("%H:%M")
    return f"UTC{sign}{clock}"
