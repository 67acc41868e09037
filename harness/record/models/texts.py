"""What every structure of a record is made from: the frozen base, and texts for people with named places."""

from __future__ import annotations

import msgspec


class Struct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Base of everything in a record."""


class Text(Struct, frozen=True, kw_only=True):
    """A message for people.

    Attributes:
        msgid: Russian sentence with places in braces, "Отчёт «{report}» не открывается"; the key of the catalogue of translations.
        params: values for the places, already formatted for people.
    """

    msgid: str
    params: dict[str, str] = {}

    def __str__(self) -> str:
        return fill(self.msgid, self.params)


def fill(template: str, params: dict[str, str]) -> str:
    """Puts params into the places of a template; a place without a value stays as it is (a record is data of others)."""
    for name, value in params.items():
        template = template.replace("{" + name + "}", value)
    return template
