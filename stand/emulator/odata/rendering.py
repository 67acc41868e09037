"""Rows of the database as entities of an answer (facts/odata.md 3): chosen properties, tabular sections, links, expansions, presentations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from harness.onec.names import EMPTY_REF
from stand.emulator.database.tables import Table, quoted
from stand.emulator.odata.atom import ID
from stand.emulator.odata.keys import address
from stand.emulator.odata.presentations import Presentations
from stand.emulator.odata.select import PRESENTATION, Plan
from stand.emulator.odata.shapes import Part, ShapeKind
from stand.emulator.odata.wire import Convert, reader

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from stand.emulator.database.tables import Field
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
        self, publication: Publication, connection: sqlite3.Connection, *, links: bool = True, addresses: bool = False
    ) -> None:
        self.publication = publication
        self.connection = connection
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
        wanted = {name: rows for name, rows in shape.rows.items() if plan.shows(shape.by_name[name])}
        if not wanted:
            return
        owner = "Recorder" if shape.kind is ShapeKind.RECORD_SET else "Ref"
        start = page.at[owner]
        width = len(shape.table.by_name[owner].columns)
        keys = [tuple(row[start : start + width]) for row in page.rows]
        for name, lines in wanted.items():
            found = self._lines(lines, owner, keys, plan.sections.get(name) or None)
            for entity, key in zip(page.entities, keys, strict=True):
                entity[name] = found.get(key, [])

    def _lines(
        self, lines: Shape, owner: str, keys: Sequence[tuple[Any, ...]], chosen: set[str] | None
    ) -> dict[tuple[Any, ...], list[Entity]]:
        """Rows of a section of many owners at once."""
        at = lines.table.places
        readers = self._readers(lines, Plan(chosen), at)
        start = at[owner]
        end = start + len(lines.table.by_name[owner].columns)
        result: dict[tuple[Any, ...], list[Entity]] = {}
        for row in self._rows_of(lines.table, owner, keys):
            result.setdefault(tuple(row[start:end]), []).append(_entity(row, readers))
        return result

    def _rows_of(self, table: Table, owner: str, keys: Sequence[tuple[Any, ...]]) -> Iterable[Row]:
        columns = [f"t.{quoted(column)}" for column in table.by_name[owner].columns]
        order = ", ".join([*columns, 't."LineNumber"'])
        one = f"({', '.join('?' * len(columns))})"
        left = f"({', '.join(columns)})" if len(columns) > 1 else columns[0]
        for start in range(0, len(keys), _CHUNK):
            chunk = keys[start : start + _CHUNK]
            marks = ", ".join([one] * len(chunk)) if len(columns) > 1 else ", ".join("?" * len(chunk))
            wanted = f"(VALUES {marks})" if len(columns) > 1 else f"({marks})"
            sql = f"SELECT {table.select_list} FROM {quoted(table.name)} AS t WHERE {left} IN {wanted} ORDER BY {order}"  # noqa: S608 - names of the model, quoted
            yield from self.connection.execute(sql, [cell for key in chunk for cell in key])

    # -- links and expansions --------------------------------------------------------------------------------------------------

    def _link(self, page: _Page) -> None:
        """`X@navigationLinkUrl` of every reference that points somewhere, as recorded."""
        wanted = [
            (f"{name}@navigationLinkUrl", f"/{name}", page.at[field.name])
            for name, (field, _target) in page.shape.links.items()
            if field.name in page.at and page.plan.shows(page.shape.by_name[f"{name}_Key"])
        ]
        if not wanted:
            return
        for entity, row in zip(page.entities, page.rows, strict=True):
            own = address(page.shape, page.key_cells(row))
            for title, tail, place in wanted:
                if row[place] != EMPTY_REF:
                    entity[title] = own + tail

    def _expand(self, page: _Page, name: str, plan: Plan) -> None:
        link = page.shape.links.get(name)
        if link is None:
            self._expand_composite(page, name, plan)
            return
        place = page.at[link[0].name]
        found = self._objects(link[1], {row[place] for row in page.rows}, plan)
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
        found = {type_: self._objects(type_, ids, plan) for type_, ids in by_type.items()}
        for entity, row in zip(page.entities, page.rows, strict=True):
            id_, type_ = row[place], row[place + 1]
            if type_ not in found:
                continue
            if self.links:
                entity[f"{name}_Expanded@navigationLinkUrl"] = f"{type_}(guid'{id_}')"
            entity[f"{name}_Expanded"] = found[type_].get(id_)

    def _objects(self, object_name: str, ids: set[str], plan: Plan) -> dict[str, Entity]:
        """Objects by id, rendered."""
        shape = self.publication.shapes[object_name]
        wanted = sorted(ids - {EMPTY_REF})
        result: dict[str, Entity] = {}
        place = shape.table.places["Ref"]
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            marks = ", ".join("?" * len(chunk))
            sql = f'SELECT {shape.table.select_list} FROM {quoted(shape.table.name)} AS t WHERE t."Ref" IN ({marks})'  # noqa: S608 - as above
            rows = self.connection.execute(sql, chunk).fetchall()
            for row, entity in zip(rows, self.page(shape, shape.table, rows, plan), strict=True):
                result[row[place]] = entity
        return result


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
