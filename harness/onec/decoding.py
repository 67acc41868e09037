"""Rows of JSON made typed by `$metadata`: numbers exact, dates as dates, annotations of the protocol dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.errors import AnswerError
from harness.onec.edmx_model import short
from harness.onec.values import Row, decode_value

if TYPE_CHECKING:
    from harness.onec.edmx_model import EntityType, Metadata

EXPANDED = "_Expanded"
"""Suffix under which an expanded composite reference comes (facts/odata.md 3)."""


class RowDecoder:
    """Decodes rows of one publication.

    Args:
        metadata: what the publication says of its types; types it does not describe leave values as JSON gave them.
    """

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata
        self._types: dict[str, dict[str, str]] = {}

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
        types = self._types_of(type_name)
        result: Row = {}
        for name, value in data.items():
            if "@" in name or name.startswith("odata."):
                continue
            result[name] = self._value(types.get(name, ""), name, value, place)
        return result

    def _types_of(self, type_name: str) -> dict[str, str]:
        name = short(type_name)
        if name not in self._types:
            types = {item.name: item.type for item in self._metadata.properties_of(name)}
            entity = self._metadata.entity_types.get(name)
            types |= self._targets(entity) if entity else {}
            self._types[name] = types
        return self._types[name]

    def _targets(self, entity: EntityType) -> dict[str, str]:
        return {link.name: self._metadata.target_of(link) for link in entity.navigation}

    def _value(self, edm: str, name: str, value: object, place: str) -> Any:
        if isinstance(value, list):
            return [self.row(edm, item, place) if isinstance(item, dict) else item for item in value]
        if isinstance(value, dict):
            return self.row(edm, value, place)
        try:
            return decode_value(edm, value)
        except ValueError as error:
            raise AnswerError(f"поле {name}: {error}", place=place, status=200, code="type") from None
