"""Rows of the database as entities of an answer (facts/odata.md 3): chosen properties, tabular sections, links, expansions, presentations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.onec.names import EMPTY_REF
from harness.onec.values import parse_datetime
from stand.emulator.odata.keys import address
from stand.emulator.odata.select import PRESENTATION, Plan
from stand.emulator.odata.shapes import Part, ShapeKind
from stand.emulator.odata.types import type_to_wire
from stand.emulator.odata.wire import reader
from stand.emulator.tables import Storage, Table, quoted

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Sequence

    from stand.emulator.odata.shapes import Prop, Publication, Shape
    from stand.emulator.tables import Field

_CHUNK = 400
Entity = "dict[str, Any]"


class Renderer:
    """Renders pages of one answer; keeps what it looked up.

    Args:
        links: whether `@navigationLinkUrl` belongs in (not in `nometadata`).
    """

    def __init__(self, publication: Publication, connection: sqlite3.Connection, *, links: bool = True) -> None:
        self.publication = publication
        self.connection = connection
        self.links = links
        self._presentations: dict[tuple[str, str], str] = {}

    def page(self, shape: Shape, table: Table, rows: Sequence[Sequence[Any]], plan: Plan) -> list[dict[str, Any]]:
        """Entities of a page, in order.

        Args:
            table: what the cells of the rows are, in order.
        """
        at = _places(table)
        readers = self._readers(shape, plan, at)
        entities = [{name: read(row) for name, read in readers} for row in rows]
        if shape.rows:
            self._sections(shape, rows, at, plan, entities)
        if self.links and shape.links and shape.kind is not ShapeKind.VIRTUAL:
            self._link(shape, rows, at, plan, entities)
        for name, inner in plan.expanded.items():
            self._expand(shape, name, inner, rows, at, entities)
        return entities

    # -- properties ------------------------------------------------------------------------------------------------------------

    def _readers(self, shape: Shape, plan: Plan, at: dict[str, slice]) -> list[tuple[str, Callable[[Sequence[Any]], Any]]]:
        result: list[tuple[str, Callable[[Sequence[Any]], Any]]] = []
        for prop in shape.shown:
            if prop.field is None or prop.part is Part.STREAM or prop.field.name not in at:
                continue
            if plan.shows(prop):
                result.append((prop.name, _placed(prop, at[prop.field.name])))
            if prop.part is Part.VALUE and {prop.field.name, "*"} & plan.presentations:
                result.append((prop.field.name + PRESENTATION, self._presenter(prop.field, at[prop.field.name])))
        if "" in plan.presentations and "Ref" in at:
            result.append(("Presentation", self._presenter(shape.table.by_name["Ref"], at["Ref"])))
        return result

    def _presenter(self, field: Field, place: slice) -> Callable[[Sequence[Any]], str]:
        def present(row: Sequence[Any]) -> str:
            cells = row[place]
            if field.storage is Storage.REFERENCE:
                return self.presentation(field.type.reference, cells[0])
            if field.storage is Storage.COMPOSITE:
                return self.presentation(cells[1], cells[0]) if "_" in cells[1] else str(cells[0])
            if field.storage is Storage.NUMBER:
                return f"{cells[0] / 10**field.scale:,.{field.scale}f}".replace(",", "\u00a0").replace(".", ",")
            if field.storage is Storage.BOOLEAN:
                return "Да" if cells[0] else "Нет"
            if field.storage is Storage.DATE:
                return _date(cells[0])
            return str(cells[0])

        return present

    def presentation(self, object_name: str, id_: str) -> str:
        """What a person sees instead of a reference; "" of an empty one or of one whose object is not known."""
        known = self._presentations.get((object_name, id_))
        if known is not None:
            return known
        table = self.publication.layout.objects.get(object_name)
        result = "" if table is None or id_ == EMPTY_REF else self._present(object_name, table, id_)
        self._presentations[object_name, id_] = result
        return result

    def _present(self, object_name: str, table: Table, id_: str) -> str:
        names = [name for name in ("Description", "Code") if name in table.by_name][:1]
        names = names or [name for name in ("Number", "Date") if name in table.by_name]
        if not names or "Ref" not in table.by_name:
            return ""
        columns = ", ".join(quoted(name) for name in names)
        row = self.connection.execute(f'SELECT {columns} FROM {quoted(table.name)} WHERE "Ref" = ?', (id_,)).fetchone()  # noqa: S608 - names of the model, quoted
        if row is None:
            return ""
        if names[0] != "Number":
            return str(row[0])
        meta = self.publication.configuration.objects[object_name]
        date = f" от {_date(row[1])}" if len(row) > 1 else ""
        return f"{meta.title or meta.name.name} {row[0]}{date}"

    # -- tabular sections ------------------------------------------------------------------------------------------------------

    def _sections(
        self,
        shape: Shape,
        rows: Sequence[Sequence[Any]],
        at: dict[str, slice],
        plan: Plan,
        entities: list[dict[str, Any]],
    ) -> None:
        owner = "Recorder" if shape.kind is ShapeKind.RECORD_SET else "Ref"
        if not any(plan.shows(prop) for prop in shape.properties if prop.part is Part.SECTION):
            return
        keys = [tuple(row[at[owner]]) for row in rows]
        for name, lines in shape.rows.items():
            if not plan.shows(shape.by_name[name]):
                continue
            found = self._lines(lines, owner, keys, plan.sections.get(name) or None)
            for entity, key in zip(entities, keys, strict=True):
                entity[name] = found.get(key, [])

    def _lines(
        self, lines: Shape, owner: str, keys: Sequence[tuple[Any, ...]], chosen: set[str] | None
    ) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
        """Rows of a section of many owners at once."""
        table = lines.table
        at = _places(table)
        readers = [
            (prop.name, _placed(prop, at[prop.field.name]))
            for prop in lines.shown
            if prop.field is not None and prop.part is not Part.STREAM and (chosen is None or prop.name in chosen)
        ]
        place = at[owner]
        result: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
        for row in self._rows_of(table, owner, keys):
            result.setdefault(tuple(row[place]), []).append({name: read(row) for name, read in readers})
        return result

    def _rows_of(self, table: Table, owner: str, keys: Sequence[tuple[Any, ...]]) -> Iterable[Sequence[Any]]:
        columns = [f"t.{quoted(column)}" for column in table.by_name[owner].columns]
        order = ", ".join([*columns, 't."LineNumber"'])
        one = f"({', '.join('?' * len(columns))})"
        left = f"({', '.join(columns)})" if len(columns) > 1 else columns[0]
        for start in range(0, len(keys), _CHUNK):
            chunk = keys[start : start + _CHUNK]
            marks = ", ".join([one] * len(chunk)) if len(columns) > 1 else ", ".join("?" * len(chunk))
            wanted = f"(VALUES {marks})" if len(columns) > 1 else f"({marks})"
            sql = f"SELECT {table.select_list} FROM {quoted(table.name)} AS t WHERE {left} IN {wanted} ORDER BY {order}"  # noqa: S608 - as above
            yield from self.connection.execute(sql, [cell for key in chunk for cell in key])

    # -- links and expansions --------------------------------------------------------------------------------------------------

    def _link(
        self,
        shape: Shape,
        rows: Sequence[Sequence[Any]],
        at: dict[str, slice],
        plan: Plan,
        entities: list[dict[str, Any]],
    ) -> None:
        """`X@navigationLinkUrl` of every reference that points somewhere, as recorded."""
        wanted = [
            (f"{name}@navigationLinkUrl", f"/{name}", at[field.name])
            for name, (field, _target) in shape.links.items()
            if field.name in at and (plan.shows(shape.by_name[f"{name}_Key"]) or name in plan.expanded)
        ]
        if not wanted:
            return
        keys = {prop.field.name: at[prop.field.name] for prop in shape.key if prop.field is not None}
        for entity, row in zip(entities, rows, strict=True):
            own = address(shape, {name: row[place] for name, place in keys.items()})
            for title, tail, place in wanted:
                if row[place][0] != EMPTY_REF:
                    entity[title] = own + tail

    def _expand(
        self,
        shape: Shape,
        name: str,
        plan: Plan,
        rows: Sequence[Sequence[Any]],
        at: dict[str, slice],
        entities: list[dict[str, Any]],
    ) -> None:
        link = shape.links.get(name)
        if link is None:
            self._expand_composite(name, plan, rows, at, entities)
            return
        place = at[link[0].name]
        found = self._objects(link[1], {row[place][0] for row in rows}, plan)
        keys = {prop.field.name: at[prop.field.name] for prop in shape.key if prop.field is not None}
        for entity, row in zip(entities, rows, strict=True):
            if self.links and shape.kind is not ShapeKind.VIRTUAL:
                own = address(shape, {title: row[where] for title, where in keys.items()})
                entity[f"{name}@navigationLinkUrl"] = f"{own}/{name}"
            entity[name] = found.get(row[place][0])

    def _expand_composite(
        self, name: str, plan: Plan, rows: Sequence[Sequence[Any]], at: dict[str, slice], entities: list[dict[str, Any]]
    ) -> None:
        place = at[name]
        by_type: dict[str, set[str]] = {}
        for row in rows:
            id_, type_ = row[place]
            if self.publication.published(type_):
                by_type.setdefault(type_, set()).add(id_)
        found = {type_: self._objects(type_, ids, plan) for type_, ids in by_type.items()}
        for entity, row in zip(entities, rows, strict=True):
            id_, type_ = row[place]
            if type_ not in found:
                continue
            if self.links:
                entity[f"{name}_Expanded@navigationLinkUrl"] = f"{type_}(guid'{id_}')"
            entity[f"{name}_Expanded"] = found[type_].get(id_)

    def _objects(self, object_name: str, ids: set[str], plan: Plan) -> dict[str, dict[str, Any]]:
        """Objects by id, rendered."""
        shape = self.publication.shapes[object_name]
        wanted = sorted(ids - {EMPTY_REF})
        result: dict[str, dict[str, Any]] = {}
        place = _places(shape.table)["Ref"]
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            marks = ", ".join("?" * len(chunk))
            sql = f'SELECT {shape.table.select_list} FROM {quoted(shape.table.name)} AS t WHERE t."Ref" IN ({marks})'  # noqa: S608 - as above
            rows = self.connection.execute(sql, chunk).fetchall()
            for row, entity in zip(rows, self.page(shape, shape.table, rows, plan), strict=True):
                result[row[place][0]] = entity
        return result


def _places(table: Table) -> dict[str, slice]:
    result: dict[str, slice] = {}
    start = 0
    for field in table.fields:
        width = len(field.columns)
        result[field.name] = slice(start, start + width)
        start += width
    return result


def _placed(prop: Prop, place: slice) -> Callable[[Sequence[Any]], Any]:
    read = reader(prop)
    return lambda row: read(row[place])


def _date(text: str) -> str:
    moment = parse_datetime(text)
    return f"{moment:%d.%m.}{moment.year:04d} {moment.hour}:{moment:%M:%S}"


__all__ = ["Renderer", "type_to_wire"]
