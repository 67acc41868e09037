"""A page of entities read with the types of `$metadata` at once: the decoder makes numbers and dates itself, and cells are checked by column.

Large reads are millions of cells, and a call of Python for each is what they would cost. A page that is anything but plain (a field of
another type, rows with different fields, an error of 1C) is not read here: the general way reads it, and says what is wrong with it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Annotated, Any, TypeAlias

import msgspec

from harness.onec.values import DECODERS, MAX_MAGNITUDE, Row, decode_guid

Decode: TypeAlias = Callable[[Any], Any]
_BOM = b"\xef\xbb\xbf"
_UNSET = msgspec.UnsetType
_NAMES = 2000
"""Fields one type may have here; a page with more is somebody's joke."""
_ATTEMPTS = 3
"""Pages of a type that were not plain, after which the next ones are not tried."""
_TYPES: dict[str, Any] = {
    "Edm.Int16": int | str,
    "Edm.Int32": int | str,
    "Edm.Int64": int | str,
    "Edm.Byte": int | str,
    "Edm.Double": Decimal,
    "Edm.Decimal": Decimal,
    "Edm.Single": Decimal,
    "Edm.Boolean": bool,
    "Edm.DateTime": Annotated[datetime, msgspec.Meta(tz=False)],
    "Edm.Guid": str,
    "Edm.String": str,
    "Edm.Binary": str,
}


class TypedRows(list[Row]):
    """Rows whose values have their types already."""


@dataclass(frozen=True, slots=True)
class _Built:
    """A decoder of pages, and for each field its getter and its check (None: the field is an annotation, no data)."""

    decoder: msgspec.json.Decoder[Any]
    fields: tuple[tuple[str, Callable[[Any], Any], Callable[[list[Any]], list[Any]] | None], ...]


class PageReader:
    """Reads pages of one entity type.

    Args:
        types: Edm type of each field.
        decode: how a cell of a field is decoded that has no primitive type; None: it is no data.
    """

    def __init__(self, types: dict[str, str], decode: Callable[[str, str], Decode | None]) -> None:
        self._types = dict(types)
        self._decode = decode
        self._built: _Built | None = None
        self._failures = 0
        self._lock = threading.Lock()

    def learn(self, rows: list[Row]) -> None:
        """Fields that `$metadata` does not describe (annotations, mostly) are expected from now on."""
        met = set().union(*rows) - self._types.keys() if rows else set()
        with self._lock:
            self._failures += not met
            if met:
                self._types |= dict.fromkeys(met, "")
                self._built = None

    def read(self, content: bytes) -> TypedRows | None:
        """The rows of an answer; None when it has to be read the general way."""
        if self._failures > _ATTEMPTS or len(self._types) > _NAMES:
            return None
        try:
            built = self._built = self._built or self._build()
            page = built.decoder.decode(content.removeprefix(_BOM))
            if page.error is not msgspec.UNSET or page.exception is not msgspec.UNSET:
                return None
            return _rows(page.value, built)
        except (msgspec.MsgspecError, ValueError, ArithmeticError, TypeError, RecursionError):
            return None

    def _build(self) -> _Built:
        names = {f"f{number}": name for number, name in enumerate(self._types)}
        entity = msgspec.defstruct(
            "Entity",
            [
                (field, _TYPES.get(self._types[name], Any) | None | _UNSET, msgspec.UNSET)
                for field, name in names.items()
            ],
            rename=names,
            forbid_unknown_fields=True,
            gc=False,
        )
        page = msgspec.defstruct(
            "Page",
            [("value", list[entity]), ("error", Any, msgspec.UNSET), ("exception", Any, msgspec.UNSET)],  # type: ignore[valid-type]
            rename={"error": "odata.error", "exception": "#exception"},
        )
        fields = tuple((name, attrgetter(field), self._check(name)) for field, name in names.items())
        return _Built(msgspec.json.Decoder(page, float_hook=Decimal), fields)

    def _check(self, name: str) -> Callable[[list[Any]], list[Any]] | None:
        edm = self._types[name]
        if edm in _CHECKS:
            return _CHECKS[edm]
        if edm in _TYPES:
            return _as_it_is
        decode = self._decode(edm, name)
        if decode is None:
            return None
        return lambda values: [None if value is None else decode(value) for value in values]


def _rows(entities: list[Any], built: _Built) -> TypedRows | None:
    """Rows out of columns; None when a field is in some rows only."""
    columns: dict[str, list[Any]] = {}
    for name, get, check in built.fields:
        if check is None:
            continue
        values = list(map(get, entities))
        kinds = set(map(type, values))
        if _UNSET in kinds:
            if len(kinds) > 1:
                return None
            continue
        columns[name] = check(values)
    if entities and not columns:
        return None
    names = tuple(columns)
    return TypedRows(dict(zip(names, cells, strict=True)) for cells in zip(*columns.values(), strict=True))


def _present(value: object) -> bool:
    return value is not None


def _as_it_is(values: list[Any]) -> list[Any]:
    return values


def _integers(values: list[Any]) -> list[Any]:
    """Wide integers travel as texts (facts/odata.md 5)."""
    kinds = set(map(type, values))
    if kinds == {str}:
        return list(map(int, values))
    if str not in kinds:
        return values
    decode = DECODERS["Edm.Int64"]
    return [None if value is None else decode(value) for value in values]


def _decimals(values: list[Any]) -> list[Any]:
    """Finite and of a size that can be written out."""
    present: list[Decimal] = list(filter(_present, values)) if type(None) in set(map(type, values)) else values
    if not all(map(Decimal.is_finite, present)):
        raise ValueError
    sizes = {0, *map(Decimal.adjusted, present)}
    if max(sizes) > MAX_MAGNITUDE or min(sizes) < -MAX_MAGNITUDE:
        raise ValueError
    return values


def _guids(values: list[Any]) -> list[Any]:
    """References repeat: each is looked at once a page."""
    spelled = {value: None if value is None else decode_guid(value) for value in set(values)}
    if all(value == text for value, text in spelled.items()):
        return values
    return [spelled[value] for value in values]


_CHECKS: dict[str, Callable[[list[Any]], list[Any]]] = {
    **dict.fromkeys(("Edm.Int16", "Edm.Int32", "Edm.Int64", "Edm.Byte"), _integers),
    **dict.fromkeys(("Edm.Double", "Edm.Decimal", "Edm.Single"), _decimals),
    "Edm.Guid": _guids,
}
