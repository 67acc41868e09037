"""Where the sources disagree about 1C's behaviour, the emulator has a switch; the default is the better proven side (facts/odata.md, marked ⚠).

`readiness stand serve --quirk if-match=enforced --quirk licences=1`, or `EmulatorServer(infobase, serving=Serving(Quirks.parse(["if-match=enforced"])))`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["DEFAULT", "QUIRKS", "Quirk", "Quirks"]

_MAX_NUMBER = 100_000


@dataclass(frozen=True, slots=True)
class Quirk:
    """A switch.

    Attributes:
        name: as on the command line.
        values: what it may be, the default first; empty: a whole number.
        number: default of a number.
        why: what it decides and who says what.
    """

    name: str
    values: tuple[str, ...]
    why: str
    number: int = 0

    @property
    def default(self) -> str | int:
        """What holds when nothing is said."""
        return self.values[0] if self.values else self.number

    def read(self, text: str) -> str | int:
        """A value from the command line.

        Raises:
            UsageError: not one of its values.
        """
        if not self.values:
            if text.isascii() and text.isdigit() and int(text) <= _MAX_NUMBER:
                return int(text)
            raise UsageError(f"особенность «{self.name}»: нужно целое число от 0 до {_MAX_NUMBER}, а не «{text[:40]}»")
        if text in self.values:
            return text
        near = get_close_matches(text, self.values, n=1)
        hint = f"ближайшее значение: {near[0]}; " if near else ""
        raise UsageError(
            f"особенность «{self.name}» не бывает «{text[:40]}»", hint=f"{hint}все значения: {', '.join(self.values)}"
        )


QUIRKS = tuple(
    Quirk(*row)
    for row in (
        (
            "if-match",
            ("ignored", "enforced"),
            "If-Match при записи: документация обещает 412, два стенда его не заметили",
        ),
        (
            "data-load-header",
            ("both", "new", "old"),
            "1C_OData-DataLoadMode (8.3.27) или 1C_OData_DataLoadMode (старые клиенты)",
        ),
        (
            "exchange-point-quotes",
            ("both", "single", "doubled"),
            "кавычки внутри DataExchangePoint: на практике не удваивают",
        ),
        ("fill-checks", ("skipped", "run"), "ОбработкаПроверкиЗаполнения при записи: на стенде не вызывается"),
        (
            "constant-key",
            ("both", "surrogate", "guid"),
            "ключ константы: SurrogateKey в $metadata, нулевой GUID в документации",
        ),
        (
            "inlinecount",
            ("counts", "whole"),
            "$inlinecount=allpages: только счётчик мимо $top и $skip, или сами $top и $skip не действуют",
        ),
        (
            "count",
            ("bom", "plain", "absent"),
            "<Набор>/$count: число после метки UTF-8, голое число, не поддерживается",
        ),
        ("unknown-parameter", ("501", "400"), "неизвестный параметр функции: 501 на стенде, 400 в книге"),
        ("record-set-atom", ("recorder", "bare"), "строки набора записей в Atom: с регистратором (8.5) или без него"),
        ("post-key", ("used", "ignored"), "Ref_Key в теле POST: код 15 в документации, на стенде ключ из тела не взят"),
        ("merge", ("accepted", "refused"), "метод MERGE: OData 3.0 его знает, документация 1С о нём молчит"),
        (
            "composition-after-update",
            ("kept", "lost"),
            "состав OData после обновления: обычно остаётся, бывает пропадает",
        ),
        ("texts", ("ru", "en"), "язык сеанса: на нём тексты ошибок"),
        ("reuse-sessions", ("autouse", "use", "dontuse"), "reuseSessions публикации: по умолчанию autouse"),
        ("licence-status", ("406", "402"), "отказ в лицензии: 406 по документации, 402 на форумах"),
        ("session-max-age", (), "sessionMaxAge, секунды жизни сеанса без обращений", 20),
        ("pool-size", (), "poolSize, сеансов на пользователя", 10),
        ("pool-timeout", (), "poolTimeout, сколько секунд ждать свободного сеанса", 5),
        ("licences", (), "клиентских лицензий; 0 — без ограничения", 0),
    )
)
"""All switches."""
_BY_NAME = {item.name: item for item in QUIRKS}


@dataclass(frozen=True, slots=True)
class Quirks:
    """How the switches stand; see `QUIRKS` for what each decides."""

    if_match: str = "ignored"
    data_load_header: str = "both"
    exchange_point_quotes: str = "both"
    fill_checks: str = "skipped"
    constant_key: str = "both"
    inlinecount: str = "counts"
    count: str = "bom"
    unknown_parameter: str = "501"
    record_set_atom: str = "recorder"
    post_key: str = "used"
    merge: str = "accepted"
    composition_after_update: str = "kept"
    texts: str = "ru"
    reuse_sessions: str = "autouse"
    licence_status: str = "406"
    session_max_age: int = 20
    pool_size: int = 10
    pool_timeout: int = 5
    licences: int = 0

    @classmethod
    def parse(cls, pairs: Iterable[str]) -> Quirks:
        """Switches as on the command line, `name=value`; the later of two wins.

        Raises:
            UsageError: no such switch (names the nearest), or no such value.
        """
        given: dict[str, Any] = {}
        for pair in pairs:
            name, equals, value = (part.strip() for part in pair.partition("="))
            quirk = _BY_NAME.get(name)
            if quirk is None:
                near = get_close_matches(name, _BY_NAME, n=1)
                hint = f"ближайшая: {near[0]}" if near else f"есть: {', '.join(_BY_NAME)}"
                raise UsageError(f"особенности «{name[:60]}» у эмулятора нет", hint=hint)
            if not equals:
                raise UsageError(f"особенность «{name}» без значения", hint=f"пишите {name}={quirk.default}")
            given[name.replace("-", "_")] = quirk.read(value)
        return cls(**given)

    def changed(self) -> dict[str, str]:
        """Switches that do not stand as by default, by name."""
        return {
            item.name.replace("_", "-"): str(getattr(self, item.name))
            for item in fields(self)
            if getattr(self, item.name) != item.default
        }


DEFAULT = Quirks()
"""Every switch as the better evidence has it."""
