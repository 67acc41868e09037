"""Reading: collections with all their options, single entities, paths into an entity, counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from stand.emulator.database.connection import streamed
from stand.emulator.database.tables import MAX_INT, Table, quoted
from stand.emulator.odata.compiler import Compiler, scope_of
from stand.emulator.odata.errors import bad_option, no_entity, no_segment, unsupported
from stand.emulator.odata.parser import parse_filter, parse_order
from stand.emulator.odata.presentations import order_fields
from stand.emulator.odata.rendering import Renderer
from stand.emulator.odata.select import plan_of
from stand.emulator.odata.shapes import Part, ShapeKind
from stand.emulator.odata.typed import Sql, T
from stand.emulator.odata.urls import number_option

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stand.emulator.database.connection import Connection
    from stand.emulator.odata.restrictions import Restrictions
    from stand.emulator.odata.select import Plan
    from stand.emulator.odata.shapes import Publication, Shape
    from stand.emulator.odata.time_limit import TimeLimit
    from stand.emulator.odata.urls import Segment

_PAGE = 1000
"""Rows rendered at a time."""
_WIDE_PAGE = 500
"""The same of entities with collections inside, which may be large."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the entities of a collection come from.

    Attributes:
        sql: a table or a subquery, to stand behind FROM under the alias `t`.
        table: what its columns are.
    """

    shape: Shape
    sql: str
    table: Table
    params: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Collection:
    """What was found.

    Attributes:
        pages: entities as they are read, page by page.
    """

    pages: Iterator[list[dict[str, Any]]]
    count: int | None
    plan: Plan


def source_of(shape: Shape) -> Source:
    """Where the entities of a set come from; entries of record sets are recorders, so `$top` counts them (facts/odata.md 2)."""
    if shape.kind is not ShapeKind.RECORD_SET:
        return Source(shape, quoted(shape.table.name), shape.table)
    recorder = shape.table.by_name["Recorder"]
    columns = ", ".join(quoted(column) for column in recorder.columns)
    sql = f"(SELECT DISTINCT {columns} FROM {quoted(shape.table.name)})"  # noqa: S608 - names of the model, quoted
    return Source(shape, sql, Table(shape.table.name, (recorder,), ("Recorder",)))


class Reading:
    """Reads within one consistent state of the base."""

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
        self.limit: TimeLimit | None = None
        self.renderer = Renderer(publication, connection, restrictions, links=links, addresses=addresses)

    def collection(self, source: Source, options: Mapping[str, str], *, whole_when_counted: bool = False) -> Collection:
        """A collection under `$filter $orderby $top $skip $select $expand $inlinecount`.

        `whole_when_counted`: a counted collection does not heed `$top` and `$skip` (facts/odata.md 2, a conflict of sources).

        Raises:
            ODataError: as 1C answers.
        """
        shape = source.shape
        plan = plan_of(self.publication, shape, options.get("$select"), options.get("$expand"))
        where = self.restricted(source, self.where(source, options.get("$filter")))
        counted = _counted(options)
        order = self._order(source, options.get("$orderby"))
        self._check_paths(source)
        top, skip = number_option(options, "$top"), number_option(options, "$skip")
        if counted and whole_when_counted:
            top = skip = None
        tail = f" ORDER BY {order.text}" if order.text else ""
        sql = f"SELECT {source.table.select_list} FROM {source.sql} AS t{where.text}{tail} LIMIT ? OFFSET ?"  # noqa: S608 - compiled, values bound
        params = (*where.params, *order.params, MAX_INT if top is None else min(top, MAX_INT), skip or 0)
        count = self._counted(source, where) if counted else None
        return Collection(self._pages(source, sql, params, plan, top), count, plan)

    def _pages(
        self, source: Source, sql: str, params: Sequence[Any], plan: Plan, top: int | None
    ) -> Iterator[list[dict[str, Any]]]:
        size = _WIDE_PAGE if source.shape.rows else _PAGE
        large = top is None or top > _PAGE
        cursor = streamed(self.connection, sql, params) if large else self.connection.execute(sql, params)
        while rows := cursor.fetchmany(size):
            yield self.renderer.page(source.shape, source.table, rows, plan)
            if self.limit is not None:
                self.limit.again()

    def count(self, source: Source, text: str | None) -> int:
        """How many a filter finds, `$top` and `$skip` aside."""
        where = self.restricted(source, self.where(source, text))
        self._check_paths(source)
        return self._counted(source, where)

    def _check_paths(self, source: Source) -> None:
        if self.publication.paths is not None:
            self.publication.paths.check(self.connection, source.sql, source.params)

    def _counted(self, source: Source, where: Sql) -> int:
        sql = f"SELECT COUNT(*) FROM {source.sql} AS t{where.text}"  # noqa: S608 - as above
        return int(self.connection.execute(sql, where.params).fetchone()[0])

    def restricted(self, source: Source, where: Sql) -> Sql:
        """A condition with what the reader may not see left out or refused; parameters of the source come first in it."""
        full = replace(where, params=(*source.params, *where.params))
        if source.shape.kind is ShapeKind.VIRTUAL:
            return full
        return self.restrictions.within(self.connection, self.publication, source.shape, source.sql, full)

    def where(self, source: Source, text: str | None) -> Sql:
        """`$filter` as ` WHERE …`; nothing without one."""
        if text is None:
            return Sql("", (), T.BOOL)
        condition = self.compiler(source.shape).condition(parse_filter(text))
        return Sql(f" WHERE {condition.text}", condition.params, T.BOOL)

    def compiler(self, shape: Shape) -> Compiler:
        """For expressions over a set."""
        return Compiler(self.publication, scope_of(shape, "t"))

    def targets(self, shape: Shape, plan: Plan) -> list[Shape]:
        """Sets whose objects a plan shows by expansion."""
        result: list[Shape] = []
        for name, inner in plan.expanded.items():
            link = shape.links.get(name)
            if link is not None:
                target = self.publication.shapes[link[1]]
                result += [target, *self.targets(target, inner)]
        return result

    def _order(self, source: Source, text: str | None) -> Sql:
        shape = source.shape
        parts: list[str] = []
        params: list[Any] = []
        # The platform ignores the order of record sets, unknown fields and all (facts/odata.md 2).
        if text is not None and text.strip() and shape.kind is not ShapeKind.RECORD_SET:
            compiler = self.compiler(shape)
            for node, descending in parse_order(text):
                for item in self._sorted_by(compiler.compile(node)):
                    parts.append(_ordered(item.text, descending=descending))
                    params += item.params
        parts += [f"t.{quoted(column)}" for column in source.table.key_columns]
        return Sql(", ".join(parts), tuple(params), T.BOOL)

    def _sorted_by(self, item: Sql) -> list[Sql]:
        """A reference sorts by what a person sees of it, not by its GUID (facts/odata.md 2)."""
        if item.type is T.OPAQUE:
            raise bad_option("$orderby")
        if item.type is T.COMPOSITE:
            return [Sql(item.kind_sql, item.params, T.STRING), item]
        if item.type is not T.REF:
            return [item]
        table = self.publication.layout.objects.get(item.target)
        if table is None:
            return [item]
        shown = [
            Sql(
                f'(SELECT p.{quoted(name)} FROM {quoted(table.name)} AS p WHERE p."Ref" = {item.text})',  # noqa: S608 - as above
                item.params,
                T.STRING,
            )
            for name in order_fields(table)
        ]
        return [*shown, item]

    # -- one entity ------------------------------------------------------------------------------------------------------------

    def find(self, shape: Shape, key: Mapping[str, Any]) -> tuple[Source, Sequence[Any]]:
        """The row with a key (model values, from `key_values`), and where it is from.

        Raises:
            ODataError: 404 code 9.
        """
        source, where, sql = self._by_key(shape, tuple(key))
        params: list[Any] = list(source.params)
        for name, value in key.items():
            params += _encoded(shape.table.by_name[name], value, shape)
        row = self.connection.execute(sql, params).fetchone()
        if row is not None and not self.restrictions.user.full_rights:
            closed = replace(self.restrictions, allowed_only=False)
            found = Sql(where, tuple(params), T.BOOL)
            closed.within(self.connection, self.publication, shape, source.sql, found)
        if row is None and shape.kind is ShapeKind.CONSTANT:
            row = [cell for item in source.table.fields for cell in item.empty]
        if row is None:
            raise no_entity(shape.name)
        return source, row

    def _by_key(self, shape: Shape, names: tuple[str, ...]) -> tuple[Source, str, str]:
        """Source, condition and statement of one row by its key; put together once for each set."""
        place = ("by key", shape.name, names)
        known = self.publication.memory.get(place)
        if known is None:
            source = source_of(shape)
            columns = [column for name in names for column in shape.table.by_name[name].columns]
            where = f" WHERE {' AND '.join(f't.{quoted(column)} = ?' for column in columns)}" if columns else ""
            sql = f"SELECT {source.table.select_list} FROM {source.sql} AS t{where}"  # noqa: S608 - names of the model, quoted
            known = self.publication.memory[place] = (source, where, sql)
        return cast("tuple[Source, str, str]", known)

    def entity(self, shape: Shape, key: Mapping[str, Any], options: Mapping[str, str]) -> dict[str, Any]:
        """One entity, rendered. `$expand` is only for collections (facts/odata.md 2)."""
        if options.get("$expand"):
            raise unsupported("$expand для одной сущности")
        source, row = self.find(shape, key)
        plan = plan_of(self.publication, shape, options.get("$select"), None)
        return self.renderer.page(shape, source.table, [row], plan)[0]

    def path(
        self, shape: Shape, key: Mapping[str, Any], segments: Sequence[Segment]
    ) -> tuple[Shape, dict[str, Any], str]:
        """Goes along navigation from an entity.

        Returns:
            The shape and key of the last entity, and the name of a property of it, "" when the path ends at the entity.
        """
        for number, segment in enumerate(segments):
            if segment.arguments is not None:
                raise no_segment(segment.name)
            link = shape.links.get(segment.name)
            if link is None:
                prop = shape.by_name.get(segment.name)
                if prop is None or number != len(segments) - 1:
                    raise no_segment(segment.name if prop is None else segments[number + 1].name)
                return shape, dict(key), prop.name
            source, row = self.find(shape, key)
            key = {"Ref": row[source.table.places[link[0].name]]}
            shape = self.publication.shapes[link[1]]
            if self.publication.paths is not None:
                self.publication.paths.enter(shape)
        return shape, dict(key), ""

    def property_of(self, shape: Shape, key: Mapping[str, Any], name: str) -> Any:
        """One property of an entity; a stored value is (media type, bytes).

        Raises:
            ODataError: 404 code 9: no such entity.
        """
        prop = shape.by_name[name]
        if prop.part is Part.STREAM and prop.field is not None:
            source, row = self.find(shape, key)
            start = source.table.places[prop.field.name]
            return prop.field.decode(row[start : start + 2])
        return self.entity(shape, key, {})[name]


def _ordered(expression: str, *, descending: bool) -> str:
    """Nothing sorts below everything on every database; a column is never NULL, and asked plainly its index serves."""
    if expression.startswith("t."):
        return f"{expression} DESC" if descending else expression
    return f"{expression} DESC NULLS LAST" if descending else f"{expression} NULLS FIRST"


def _encoded(field_: Any, value: Any, shape: Shape) -> tuple[Any, ...]:
    try:
        return tuple(field_.encode(value))
    except ValueError as error:
        raise no_entity(shape.name) from error


def _counted(options: Mapping[str, str]) -> bool:
    raw = options.get("$inlinecount", "none").strip()
    if raw not in ("none", "allpages"):
        raise bad_option("$inlinecount")
    return raw == "allpages"
