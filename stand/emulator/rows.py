"""Values inside the emulator: what a row of the model holds before it becomes a row of a database or a property of OData.

A row is a dict by the model's names (no `_Key`, no `_Type`)::

    {"Ref": Ref("Document_Продажа", "8d1d…"), "Number": "0000-000001", "Date": datetime(2026, 1, 12, 10, 30), "Posted": False,
     "Контрагент": Ref("Catalog_Контрагенты", "ff56…"), "СуммаДокумента": Decimal("1200.50"),
     "Товары": [{"LineNumber": 1, "Номенклатура": Ref("Catalog_Номенклатура", "c331…"), "Количество": Decimal(2)}]}

* a number with a fraction is `Decimal`, without one `int`; a date is a naive `datetime`, empty: 0001-01-01;
* a reference is a `Ref`, an empty one has the zero id; a value of an enumeration is its name, "" when empty;
* a composite attribute holds a `Ref`, `str`, `int` or `Decimal`, `bool`, `datetime`, or None for Неопределено; a value of an enumeration in
  a composite attribute is `Ref("Enum_Имя", "Значение")`, because the bare name would lose its type.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from uuid import uuid4

from harness.onec.names import EMPTY_REF
from harness.onec.values import EMPTY_DATETIME

if TYPE_CHECKING:
    from decimal import Decimal

__all__ = ["EMPTY", "EMPTY_MOMENT", "BusinessError", "Ref", "Row", "Stored", "Value", "moment_of", "new_ref"]

EMPTY = EMPTY_REF
"""Id of an empty reference."""
EMPTY_MOMENT = EMPTY_DATETIME
"""An empty date."""


class Ref(NamedTuple):
    """A reference.

    Attributes:
        object: "Catalog_Контрагенты"; a name with a dot is kept word for word ("UnavailableEntities.UnavailableEntity_…": an object that
            is not published, facts/odata.md 1); "Enum_Ставки" for a value of an enumeration in a composite attribute.
        id: GUID in small letters; for an enumeration the value's name.
    """

    object: str
    id: str

    @property
    def empty(self) -> bool:
        """Whether it points nowhere."""
        return self.id == EMPTY


class Stored(NamedTuple):
    """Content of a ХранилищеЗначения: media type and bytes (facts/odata.md 3)."""

    media: str
    content: bytes


Value: TypeAlias = "str | int | Decimal | bool | datetime | Ref | Stored | dict[str, Any] | None"
"""A cell; a dict is a description of types (ValueType of a chart of characteristic types)."""
Row: TypeAlias = dict[str, Any]
"""Cells by name; a tabular section is a list of rows."""


class BusinessError(Exception):
    """The configuration's own refusal (a handler that says no, a posting that fails): OData answers 500 with code -1."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def new_ref(object: str = "") -> Ref:  # noqa: A002 - the word of the model
    """A reference to an object that does not exist yet."""
    return Ref(object, str(uuid4()))


def moment_of(value: date | str) -> datetime:
    """A moment out of a date, a moment or ISO text; offsets are dropped."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        if value.tzinfo is None and not value.microsecond:
            return value
        return value.replace(tzinfo=None, microsecond=0)
    return datetime.combine(value, time())
