"""Rows of the database as entities of an answer (facts/odata.md 3): chosen properties, tabular sections, links, expansions, presentations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from harness.onec.names import EMPTY_REF
from stand.emulator.database.tables import Table, quoted
from stand.emulator.odata.atom import ID
from stand.emulator.odata.keys import address
from stand.emulator.odata.presentations import Presentations
from stand.emulator.odata.select import EVERYTHING, PRESENTATION, Plan
from stand.emulator.odata.shapes import Part, ShapeKind
from stand.emulator.odata.typed import Sql, T
from stand.emulator.odata.wire import Convert, reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stand.emulator.database.connection import Connection
    from stand.emulator.database.tables import Field
    from stand.emulator.odata.restrictions import Restrictions
    from stand.emulator.odata.shapes import Prop, Publication, Shape

_CHUNK = 400
Row: TypeAlias = "Sequence[Any]"
Entity: TypeAlias = "dict[str, Any]"
Reader: TypeAlias = "tuple[str, int, Convert]"
"""A property of an answer: name, place of its cell, conversion."""


@dataclass(frozen=True, slots=True)
class _Page:
    """A page under way: rows, where the cells of each field begin, and the entities made so far."""

    shape: Shape
    plan: Plan
    rows: Sequence[Row]
    at: dict[str, int]
    entities: list[Entity]

    def key_cells(self, row: Row) -> dict[str, Sequence[Any]]:
        """Cells of the key fields."""
        return {
            prop.field.name: row[self.at[prop.field.name] :][:2] for prop in self.shape.key if prop.field is not None
        }


class Renderer:
    """Renders pages of one answer.

    `links`: whether `@navigationLinkUrl` belongs in (not in `nometadata`); `addresses`: whether the address of each entity does (Atom).
    """

    def __init__(
        self,
        publication: Publication,
        connection: Connection,
        restrictions: Restrictions,
        *,
        links: bool = True,
        addresses: bool = False,
    ) -> None:
        self.publication = publication
        self.connection = connection
        self.restrictions = restrictions
        self.links = links
        self.addresses = addresses
        self.presentations = Presentations(publication, connection)

    def page(self, shape: Shape, table: Table, rows: Sequence[Row], plan: Plan) -> list[Entity]:
        """Entities of a page, in order; `table` says what the cells of the rows are."""
        at = table.places
        readers = self._readers(shape, plan, at)
        page = _Page(shape, plan, rows, at, [_entity(row, readers) for row in rows])
        if plan.presentations:
            self._present(page)
        if shape.rows:
            self._sections(page)
        if self.links and shape.links and shape.kind is not ShapeKind.VIRTUAL:
            self._link(page)
        for name, inner in plan.expanded.items():
            self._expand(page, name, inner)
        if self.addresses and shape.kind is not ShapeKind.VIRTUAL:
            for entity, row in zip(page.entities, rows, strict=True):
                entity[ID] = address(shape, page.key_cells(row))
        return page.entities

    def _readers(self, shape: Shape, plan: Plan, at: dict[str, int]) -> list[Reader]:
        # Most requests want everything: found out once for each set.
        memory = self.publication.memory
        if plan.names is not None or shape.kind is ShapeKind.VIRTUAL:
            return _readers(shape, plan, at)
        if shape.name not in memory:
            memory[shape.name] = _readers(shape, plan, at)
        return cast("list[Reader]", memory[shape.name])

    def _present(self, page: _Page) -> None:
        wanted: list[tuple[str, Field]] = [
            (prop.field.name + PRESENTATION, prop.field)
            for prop in page.shape.shown
            if prop.field is not None and prop.part is Part.VALUE and {prop.field.name, "*"} & page.plan.presentations
        ]
        if "" in page.plan.presentations and "Ref" in page.at:
            wanted.append(("Presentation", page.shape.table.by_name["Ref"]))
        for entity, row in zip(page.entities, page.rows, strict=True):
            for title, field in wanted:
                start = page.at[field.name]
                entity[title] = self.presentations.of(field, row[start : start + 2])

    # -- tabular sections ------------------------------------------------------------------------------------------------------

    def _sections(self, page: _Page) -> None:
        shape, plan = page.shape, page.plan
        owner = "Recorder" if shape.kind is ShapeKind.RECORD_SET else "Ref"
        start = page.at[owner]
        end = start + len(shape.table.by_name[owner].columns)
        keys = [tuple(row[start:end]) for row in page.rows]
        for name, lines in shape.rows.items():
            if plan.shows(shape.by_name[name]):
                chosen = plan.sections.get(name)
                readers = self._readers(lines, Plan(chosen) if chosen else EVERYTHING, lines.table.places)
                found = self._lines(lines, owner, keys, readers)
                for entity, rows in zip(page.entities, found, strict=True):
                    entity[name] = rows

    def _lines(
        self, lines: Shape, owner: str, keys: Sequence[tuple[Any, ...]], readers: list[Reader]
    ) -> list[list[Entity]]:
        """Rows of a section of many owners at once, owner by owner."""
        found = self._rows_of(lines.table, owner, keys)
        if len(keys) == 1:
            return [[_entity(row, readers) for row in found]]
        start = lines.table.places[owner]
        end = start + len(keys[0]) if keys else start
        by_owner: dict[tuple[Any, ...], list[Entity]] = {key: [] for key in keys}
        for row in found:
            by_owner[tuple(row[start:end])].append(_entity(row, readers))
        return [by_owner[key] for key in keys]

    def _rows_of(self, table: Table, owner: str, keys: Sequence[tuple[Any, ...]]) -> Iterable[Row]:
        for start in range(0, len(keys), _CHUNK):
            chunk = keys[start : start + _CHUNK]
            sql = self._rows_sql(table, owner, len(chunk))
            yield from self.connection.execute(sql, [cell for key in chunk for cell in key])

    def _rows_sql(self, table: Table, owner: str, number: int) -> str:
        if number not in (1, _CHUNK):
            return _rows_sql(table, owner, number)
        # One entity and a full piece of a page are asked for all the time.
        place = ("rows", table.name, number)
        sql = self.publication.memory.get(place)
        if sql is None:
            sql = self.publication.memory[place] = _rows_sql(table, owner, number)
        return cast("str", sql)

    # -- links and expansions --------------------------------------------------------------------------------------------------

    def _link(self, page: _Page) -> None:
        """`X@navigationLinkUrl` of every reference that points somewhere, as recorded."""
        wanted = self._links_of(page)
        if not wanted:
            return
        for entity, row in zip(page.entities, page.rows, strict=True):
            own = address(page.shape, page.key_cells(row))
            for title, tail, place in wanted:
                if row[place] != EMPTY_REF:
                    entity[title] = own + tail

    def _links_of(self, page: _Page) -> list[tuple[str, str, int]]:
        shape, plan = page.shape, page.plan
        place = ("links", shape.name)
        known = self.publication.memory.get(place) if plan.names is None else None
        if known is None:
            known = [
                (f"{name}@navigationLinkUrl", f"/{name}", page.at[field.name])
                for name, (field, _target) in shape.links.items()
                if field.name in page.at and plan.shows(shape.by_name[f"{name}_Key"])
            ]
            if plan.names is None:
                self.publication.memory[place] = known
        return cast("list[tuple[str, str, int]]", known)

    def _expand(self, page: _Page, name: str, plan: Plan) -> None:
        link = page.shape.links.get(name)
        if link is None:
            self._expand_composite(page, name, plan)
            return
        place = page.at[link[0].name]
        found = self.objects(link[1], {row[place] for row in page.rows}, plan)
        for entity, row in zip(page.entities, page.rows, strict=True):
            if self.links and page.shape.kind is not ShapeKind.VIRTUAL:
                entity[f"{name}@navigationLinkUrl"] = f"{address(page.shape, page.key_cells(row))}/{name}"
            entity[name] = found.get(row[place])

    def _expand_composite(self, page: _Page, name: str, plan: Plan) -> None:
        place = page.at[name]
        by_type: dict[str, set[str]] = {}
        for row in page.rows:
            if self.publication.published(row[place + 1]):
                by_type.setdefault(row[place + 1], set()).add(row[place])
        found = {type_: self.objects(type_, ids, plan) for type_, ids in by_type.items()}
        for entity, row in zip(page.entities, page.rows, strict=True):
            id_, type_ = row[place], row[place + 1]
            if type_ not in found:
                continue
            if self.links:
                entity[f"{name}_Expanded@navigationLinkUrl"] = f"{type_}(guid'{id_}')"
            entity[f"{name}_Expanded"] = found[type_].get(id_)

    def objects(self, object_name: str, ids: set[str], plan: Plan) -> dict[str, Entity]:
        """Objects by id, rendered."""
        shape = self.publication.shapes[object_name]
        wanted = sorted(ids - {EMPTY_REF})
        result: dict[str, Entity] = {}
        place = shape.table.places["Ref"]
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            marks = ", ".join("?" * len(chunk))
            where = Sql(f' WHERE t."Ref" IN ({marks})', tuple(chunk), T.BOOL)
            table = quoted(shape.table.name)
            where = self.restrictions.within(self.connection, self.publication, shape, table, where)
            sql = f"SELECT {shape.table.select_list} FROM {table} AS t{where.text}"  # noqa: S608 - as above
            rows = self.connection.execute(sql, where.params).fetchall()
            for row, entity in zip(rows, self.page(shape, shape.table, rows, plan), strict=True):
                result[row[place]] = entity
        return result


def _rows_sql(table: Table, owner: str, number: int) -> str:
    """Rows of so many owners."""
    columns = [f"t.{quoted(column)}" for column in table.by_name[owner].columns]
    order = ", ".join([*columns, 't."LineNumber"'])
    if len(columns) == 1:
        where = f"{columns[0]} IN ({', '.join('?' * number)})" if number > 1 else f"{columns[0]} = ?"
    else:
        marks = ", ".join([f"({', '.join('?' * len(columns))})"] * number)
        where = f"({', '.join(columns)}) IN (VALUES {marks})"
    return f"SELECT {table.select_list} FROM {quoted(table.name)} AS t WHERE {where} ORDER BY {order}"  # noqa: S608 - names of the model, quoted


def _readers(shape: Shape, plan: Plan, at: dict[str, int]) -> list[Reader]:
    return [
        _placed(prop, at[prop.field.name])
        for prop in shape.shown
        if prop.field is not None and prop.part is not Part.STREAM and prop.field.name in at and plan.shows(prop)
    ]


def _placed(prop: Prop, start: int) -> Reader:
    offset, convert = reader(prop)
    return prop.name, start + offset, convert


def _entity(row: Row, readers: list[Reader]) -> Entity:
    return {name: row[at] if convert is None else convert(row[at]) for name, at, convert in readers}
