"""Client of the standard OData interface: reads, writes, bound functions; rows typed by the publication's own `$metadata`."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from harness.errors import AnswerError, StandError
from harness.onec.decoding import RowDecoder
from harness.onec.edmx import Metadata, read_edmx, short
from harness.onec.paging import Pager, Query, plan_for
from harness.onec.values import Key, KeyValue, Row, encode_json, key_filter, key_literal, literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from harness.onec.edmx import EntityType
    from harness.onec.session import StandSession

ROOT = "/odata/standard.odata"
PAGE = 1000
"""Entries a request; entries are documents with all their rows, or whole record sets."""
_JSON = {"Content-Type": "application/json;charset=utf-8"}
_LOAD = {"1C_OData-DataLoadMode": "true"}


@dataclass(frozen=True, slots=True)
class _Known:
    """What one reading of `$metadata` gave."""

    metadata: Metadata
    decoder: RowDecoder


class ODataClient:
    """Reads and writes one publication through OData.

    Every method raises what `StandSession.request` raises: `AnswerError` when 1C refuses, `StandError` for the stand's own
    trouble, `WriteRefusedError` when the guard stops a write.

    Args:
        session: the stand's HTTP session.
    """

    def __init__(self, session: StandSession) -> None:
        self.session = session
        self._known: _Known | None = None
        self._lock = threading.Lock()

    # What is published

    def metadata_bytes(self) -> bytes:
        """`$metadata` as the base sends it (megabytes; seconds on a real base)."""
        return self.session.get(f"{ROOT}/$metadata", headers={"Accept": "application/xml"}, expect="xml").content

    def metadata(self) -> Metadata:
        """`$metadata`, read once and kept; `forget` drops it.

        Raises:
            DocumentError: the answer is no `$metadata`.
        """
        return self._read_metadata().metadata

    def forget(self) -> None:
        """Drops what is kept of `$metadata`, after an update for example."""
        self._known = None

    def sets(self) -> tuple[str, ...]:
        """Names of the published entity sets, by the service document."""
        data = self.session.json("GET", f"{ROOT}/", params={"$format": "json"})
        return tuple(str(item["name"]) for item in _value(data, ROOT) if "name" in item)

    # Reading

    def rows(
        self,
        entity_set: str,
        *,
        select: Sequence[str] = (),
        filter: object = "",  # noqa: A002 - named as the option is
        orderby: Sequence[str] = (),
        expand: Sequence[str] = (),
        top: int | None = None,
        page: int = PAGE,
        allowed_only: bool = False,
    ) -> Iterator[Row]:
        """Entries of a set, each once, however many pages that takes (`harness.onec.paging` says how).

        Args:
            entity_set: "Catalog_Контрагенты", "Document_Заказ_Товары", "AccumulationRegister_X_RecordType".
            select: fields; () is all. An expanded reference must be named in it too.
            filter: text or an expression of `harness.onec.expressions`.
            orderby: fields, "Поле desc"; without it the order is the paging's own.
            expand: references to bring along.
            top: entries at most.
            page: entries a request.
            allowed_only: leave out what the user may not see instead of refusing the whole request.
        """
        query = Query(tuple(select), str(filter), tuple(orderby), tuple(expand), top)
        entity = self._entity(entity_set)
        extra = {"allowedOnly": "true"} if allowed_only else {}
        path = f"{ROOT}/{quote(entity_set)}"

        def fetch(one: Query) -> list[Row]:
            return _value(self.session.json("GET", path, params=one.params() | extra), path)

        def count(condition: str) -> int | None:
            try:
                return self.count(entity_set, condition, allowed_only=allowed_only)
            except AnswerError:
                return None

        decoder = self._read_metadata().decoder
        name = entity.name if entity else ""
        for row in Pager(fetch, query, plan_for(entity), page, count).rows():
            yield decoder.row(name, row, entity_set)

    def get(self, entity_set: str, key: Key, *, select: Sequence[str] = (), expand: Sequence[str] = ()) -> Row:
        """One entity by its key.

        1C does not expand a single entity, so with `expand` the set is asked with a filter by key.

        Raises:
            AnswerError: there is none (status 404, code "9").
        """
        if expand:
            found = next(
                self.rows(
                    entity_set, select=select, filter=key_filter(key, self._key_types(entity_set)), expand=expand, top=1
                ),
                None,
            )
            if found is None:
                raise AnswerError(f"экземпляр не найден: {entity_set}", place=entity_set, status=404, code="9")
            return found
        data = self.session.json("GET", self._path(entity_set, key), params=Query(tuple(select)).params())
        return self._entity_row(entity_set, data)

    def count(self, entity_set: str, filter: object = "", *, allowed_only: bool = False) -> int:  # noqa: A002 - as the option
        """Number of entries.

        Some bases do not give `$count` (facts/odata.md 2); then `$inlinecount` is asked.
        """
        condition = ({"$filter": str(filter)} if str(filter) else {}) | (
            {"allowedOnly": "true"} if allowed_only else {}
        )
        path = f"{ROOT}/{quote(entity_set)}"
        try:
            answer = self.session.get(f"{path}/$count", params=condition, headers={"Accept": "text/plain, */*"})
            return int(answer.text().strip())
        except ValueError:
            pass
        except AnswerError as error:
            if error.code in ("8", "20"):
                raise
        params = {"$format": "json", "$inlinecount": "allpages", "$top": "1"} | condition
        data = self.session.json("GET", path, params=params)
        number = data.get("odata.count") if isinstance(data, dict) else None
        if not str(number).isdecimal():
            raise StandError("стенд не сообщил число записей", place=path)
        return int(str(number))

    # Writing

    def create(self, entity_set: str, body: Mapping[str, object], *, load: bool = False) -> Row:
        """Creates an entity and returns it as 1C wrote it.

        Args:
            entity_set: the set.
            body: fields; `Decimal` is sent as digits, dates naive.
            load: data-load mode: 1C skips the checks and handlers of interactive writing.
        """
        path = f"{ROOT}/{quote(entity_set)}"
        return self._entity_row(entity_set, self._write("POST", path, body, load=load))

    def change(self, entity_set: str, key: Key, body: Mapping[str, object], *, load: bool = False) -> Row:
        """Changes the given fields and returns the whole entity; a tabular section in the body replaces the whole section."""
        return self._entity_row(entity_set, self._write("PATCH", self._path(entity_set, key), body, load=load))

    def delete(self, entity_set: str, key: Key) -> None:
        """Deletes physically, without any check of references (facts/odata.md 6)."""
        self.session.delete(self._path(entity_set, key))

    def post(self, document_set: str, key: Key, *, operational: bool = False) -> None:
        """Posts a document."""
        params = {"PostingModeOperational": "true" if operational else "false"}
        self.session.post(f"{self._path(document_set, key)}/Post", params=params)

    def unpost(self, document_set: str, key: Key) -> None:
        """Takes the posting of a document back."""
        self.session.post(f"{self._path(document_set, key)}/Unpost")

    # Virtual tables

    def balance(
        self,
        register: str,
        *,
        period: date | None = None,
        condition: object = "",
        dimensions: Sequence[str] = (),
        account_condition: object = "",
    ) -> Iterator[Row]:
        """Balances at a moment (before it, as 1C counts), `<Resource>Balance` by the dimensions asked for.

        Args:
            register: "AccumulationRegister_ТоварыНаСкладах", "AccountingRegister_Хозрасчетный".
            period: moment; None is now.
            condition: filter by dimensions, text or expression.
            dimensions: names without `_Key`; () is all.
            account_condition: accounting only: filter by account; `condition` may not name the account.
        """
        return self.call(
            register,
            "Balance",
            {
                "Period": period,
                "Condition": str(condition),
                "Dimensions": ",".join(dimensions),
                "AccountCondition": str(account_condition),
            },
        )

    def turnovers(
        self,
        register: str,
        *,
        start: date | None = None,
        end: date | None = None,
        condition: object = "",
        dimensions: Sequence[str] = (),
        account_condition: object = "",
    ) -> Iterator[Row]:
        """Turnovers of a period, `<Resource>Turnover` (and Receipt, Expense) by the dimensions asked for; arguments as `balance`."""
        return self.call(
            register,
            "Turnovers",
            {
                "StartPeriod": start,
                "EndPeriod": end,
                "Condition": str(condition),
                "Dimensions": ",".join(dimensions),
                "AccountCondition": str(account_condition),
            },
        )

    def slice_last(self, register: str, *, period: date | None = None, condition: object = "") -> Iterator[Row]:
        """The latest record of each set of dimensions of a periodic information register.

        On a register subordinate to recorders the function is bound to its record type; this finds out by itself.
        """
        return self.call(register, "SliceLast", {"Period": period, "Condition": str(condition)})

    def call(
        self, entity_set: str, function: str, arguments: Mapping[str, KeyValue | None], *, select: Sequence[str] = ()
    ) -> Iterator[Row]:
        """Rows of a bound function. Arguments that are None or "" are left out.

        They travel in the query string: web servers cut long path segments (facts/odata.md 11).
        """
        known = self._read_metadata()
        bound, returned = self._bound(known.metadata, entity_set, function)
        params = {name: literal(value) for name, value in arguments.items() if value not in (None, "")}
        params |= {"$format": "json"} | ({"$select": ",".join(select)} if select else {})
        path = f"{ROOT}/{quote(bound)}/{quote(function)}()"
        for row in _value(self.session.json("GET", path, params=params), path):
            yield known.decoder.row(returned, row, f"{bound}/{function}")

    def _bound(self, metadata: Metadata, entity_set: str, function: str) -> tuple[str, str]:
        """Set a function must be called on, and the type of its rows; the set asked for when nothing declares the function."""
        for name in (entity_set, f"{entity_set}_RecordType"):
            entity = metadata.type_of(name)
            found = metadata.functions_of(entity.name).get(function) if entity else None
            if found:
                return name, short(found.return_type)
        return entity_set, ""

    # Within

    def _read_metadata(self) -> _Known:
        known = self._known
        if known is None:
            with self._lock:
                if self._known is None:
                    metadata = read_edmx(self.metadata_bytes(), f"{self.session.publication}{ROOT}/$metadata")
                    self._known = _Known(metadata, RowDecoder(metadata))
                known = self._known
        return known

    def _entity(self, entity_set: str) -> EntityType | None:
        return self._read_metadata().metadata.type_of(entity_set)

    def _key_types(self, entity_set: str) -> dict[str, str]:
        entity = self._entity(entity_set)
        return {item.name: item.type for item in entity.properties if item.name in entity.key} if entity else {}

    def _path(self, entity_set: str, key: Key) -> str:
        return f"{ROOT}/{quote(entity_set)}({quote(key_literal(key, self._key_types(entity_set)), safe=_KEY_SAFE)})"

    def _write(self, method: str, path: str, body: Mapping[str, object], *, load: bool) -> object:
        headers = _JSON | (_LOAD if load else {})
        return self.session.json(method, path, params={"$format": "json"}, content=encode_json(body), headers=headers)

    def _entity_row(self, entity_set: str, data: object) -> Row:
        if not isinstance(data, dict):
            raise StandError("вместо объекта пришло что-то другое", place=entity_set)
        entity = self._entity(entity_set)
        return self._read_metadata().decoder.row(entity.name if entity else "", data, entity_set)


_KEY_SAFE = "(),='"


def _value(data: Any, place: str) -> list[Row]:
    found = data.get("value") if isinstance(data, dict) else None
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise StandError("в ответе нет списка «value»: так отвечает не OData", place=place)
    return found
