"""Rows of JSON made typed by `$metadata`: numbers exact, dates as dates, annotations of the protocol dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from harness.errors import AnswerError
from harness.onec.edmx_model import short
from harness.onec.page_reading import PageReader
from harness.onec.values import DECODERS, Row

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.onec.edmx_model import EntityType, Metadata

_Decode: TypeAlias = "Callable[[Any], Any]"
EXPANDED = "_Expanded"
"""Suffix under which an expanded composite reference comes (facts/odata.md 3)."""


def _drop(_value: object) -> None:
    """Stands for annotations of the protocol, which are no data."""


class RowDecoder:
    """Decodes rows of one publication.

    Args:
        metadata: what the publication says of its types; types it does not describe leave values as JSON gave them.
    """

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata
        self._known: dict[str, dict[str, _Decode]] = {}
        self._readers: dict[str, PageReader] = {}

    def row(self, type_name: str, data: Row, place: str = "") -> Row:
        """One entity, row of a tabular section or row of a virtual table.

        Composite values stay the text they travel as, next to their `X_Type` (`values.decode_typed` reads them), so that a
        column has one type in every row.

        Args:
            type_name: any spelling of the type's name; "" when it is not known.
            data: decoded JSON.
            place: what to name in errors.

        Raises:
            AnswerError: a value is not of the type `$metadata` promises.
        """
        known = self._decoders_of(type_name)
        result: Row = {}
        for name, value in data.items():
            decode = known.get(name)
            if decode is None:
                decode = known[name] = self._decoder("", name)
            if decode is _drop:
                continue
            try:
                result[name] = None if value is None else decode(value)
            except (ValueError, ArithmeticError, TypeError):
                self._refuse(type_name, name, value, place)
        return result

    def page(self, type_name: str, rows: list[Row], place: str = "") -> list[Row]:
        """A page of entities decoded where they are, column by column: large reads are millions of cells.

        Raises:
            AnswerError: as `row`.
        """
        known = self._decoders_of(type_name)
        value: Any = None
        for name in set().union(*rows):
            decode = known.get(name)
            if decode is None:
                decode = known[name] = self._decoder("", name)
            if decode is _drop:
                for row in rows:
                    row.pop(name, None)
                continue
            try:
                for row in rows:
                    value = row.get(name)
                    if value is not None:
                        row[name] = decode(value)
            except (ValueError, ArithmeticError, TypeError):
                self._refuse(type_name, name, value, place)
        return rows

    def reader(self, type_name: str) -> PageReader:
        """A reader of whole pages of a type, kept."""
        found = self._readers.get(type_name)
        if found is None:
            types = self._types_of(short(type_name))
            found = self._readers[type_name] = PageReader(types, self._data_decoder)
        return found

    def _data_decoder(self, edm: str, name: str) -> _Decode | None:
        decode = self._decoder(edm, name)
        return None if decode is _drop else decode

    def _decoders_of(self, type_name: str) -> dict[str, _Decode]:
        """What to do with each field of a type; fields it does not describe are added as they are met."""
        known = self._known.get(type_name)
        if known is None:
            types = self._types_of(short(type_name))
            known = self._known[type_name] = {name: self._decoder(edm, name) for name, edm in types.items()}
        return known

    def _types_of(self, name: str) -> dict[str, str]:
        types = {item.name: item.type for item in self._metadata.properties_of(name)}
        entity = self._metadata.entity_types.get(name)
        return types | (self._targets(entity) if entity else {})

    def _targets(self, entity: EntityType) -> dict[str, str]:
        return {link.name: self._metadata.target_of(link) for link in entity.navigation}

    def _decoder(self, edm: str, name: str) -> _Decode:
        """One function for a cell, chosen once for a column: a large read is millions of cells."""
        if "@" in name or name.startswith("odata."):
            return _drop
        return DECODERS.get(edm) or (lambda value: self._nested(edm, value))

    def _nested(self, edm: str, value: object) -> Any:
        place = short(edm)
        if isinstance(value, list):
            return [self.row(edm, item, place) if isinstance(item, dict) else item for item in value]
        return self.row(edm, value, place) if isinstance(value, dict) else value

    def _refuse(self, type_name: str, name: str, value: object, place: str) -> NoReturn:
        edm = self._types_of(short(type_name)).get(name, "")
        text = f"поле {name}: «{str(value)[:80]}» — не значение типа {edm}"
        raise AnswerError(text, place=place, status=200, code="type") from None
