"""Client of the standard OData interface: reads, writes, bound functions; rows typed by the publication's own `$metadata`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from harness.errors import AnswerError, StandError
from harness.onec.page_reading import TypedRows
from harness.onec.paging import Pager, Related
from harness.onec.plans import plan_for
from harness.onec.publication import ROOT, value_of
from harness.onec.query import Query
from harness.onec.spans import Source
from harness.onec.values import Key, Row, encode_json, key_filter, key_literal
from harness.onec.virtual import VirtualTables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["PAGE", "ROOT", "ODataClient"]

PAGE = 1000
"""Entries a request; entries are documents with all their rows, or whole record sets."""
_JSON = {"Content-Type": "application/json;charset=utf-8"}
_LOAD = {"1C_OData-DataLoadMode": "true"}


class ODataClient(VirtualTables):
    """Reads and writes one publication through OData.

    Every method raises what `StandSession.request` raises: `AnswerError` when 1C refuses, `StandError` for the stand's own
    trouble, `WriteRefusedError` when the guard stops a write.

    Args:
        session: the stand's HTTP session.
    """

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
        sessions: int = 0,
        changed: Callable[[str], None] | None = None,
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
            sessions: requests at the same time, for large sets: 0 reads in the calling thread, 1 reads ahead of it, more read windows of
                time side by side, in any order; a stand that refuses a session gets fewer (`harness.onec.parallel`).
            changed: told in a sentence when the set did not stand still while it was read.
        """
        query = Query(tuple(select), str(filter), tuple(orderby), tuple(expand), top)
        found = self._related(entity_set, allowed_only=allowed_only, changed=changed)
        pager = Pager(found.source, query, found.plan, page, related=self._related, sessions=sessions)
        for rows in pager.pages():
            yield from rows

    def _related(
        self, entity_set: str, *, allowed_only: bool = False, changed: Callable[[str], None] | None = None
    ) -> Related:
        """How to ask a set, and how it is paged."""
        extra = {"allowedOnly": "true"} if allowed_only else {}
        path = f"{ROOT}/{quote(entity_set)}"

        entity = self.entity_of(entity_set)
        name, decoder = entity.name if entity else "", self.known().decoder
        reader = decoder.reader(name)

        def fetch(one: Query) -> list[Row]:
            data = self.session.json("GET", path, params=one.params() | extra, quick=reader.read)
            if isinstance(data, TypedRows):
                return data
            rows = value_of(data, path)
            reader.learn(rows)
            return decoder.page(name, rows, entity_set)

        def count(condition: str) -> int | None:
            try:
                return self.count(entity_set, condition, allowed_only=allowed_only)
            except AnswerError:
                return None

        source = Source(fetch, count, changed or (lambda _: None))
        return Related(plan_for(self.metadata(), entity_set), source)

    def get(self, entity_set: str, key: Key, *, select: Sequence[str] = (), expand: Sequence[str] = ()) -> Row:
        """One entity by its key.

        1C does not expand a single entity, so with `expand` the set is asked with a filter by key.

        Raises:
            AnswerError: there is none (status 404, code "9").
        """
        if expand:
            found = next(
                self.rows(
                    entity_set, select=select, filter=key_filter(key, self.key_types(entity_set)), expand=expand, top=1
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

    # Within

    def _path(self, entity_set: str, key: Key) -> str:
        return f"{ROOT}/{quote(entity_set)}({quote(key_literal(key, self.key_types(entity_set)), safe=_KEY_SAFE)})"

    def _write(self, method: str, path: str, body: Mapping[str, object], *, load: bool) -> object:
        headers = _JSON | (_LOAD if load else {})
        return self.session.json(method, path, params={"$format": "json"}, content=encode_json(body), headers=headers)

    def _entity_row(self, entity_set: str, data: object) -> Row:
        if not isinstance(data, dict):
            raise StandError("вместо объекта пришло что-то другое", place=entity_set)
        entity = self.entity_of(entity_set)
        return self.known().decoder.row(entity.name if entity else "", data, entity_set)


_KEY_SAFE = "(),='"
