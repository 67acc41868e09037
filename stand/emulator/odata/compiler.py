"""Trees of the query language to SQL with bound values. No text of a user ever becomes SQL: only names found in the model do, quoted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING

from harness.onec.names import parse_object_name
from stand.emulator.database.tables import Storage, quoted
from stand.emulator.odata import typed
from stand.emulator.odata.ast import Any_, Binary, Call, Literal, Minus, Negation, Path
from stand.emulator.odata.errors import TOO_COMPLEX, bad_function, business, incomparable, no_segment, not_in_where
from stand.emulator.odata.functions import call, cast_to
from stand.emulator.odata.shapes import Part, Publication, Shape, ShapeKind
from stand.emulator.odata.typed import Sql, T

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stand.emulator.database.tables import Field
    from stand.emulator.odata.ast import Node
    from stand.emulator.odata.shapes import Prop

_ARITHMETIC = frozenset({"add", "sub", "mul", "div"})
_MAX_SCALE = 30
_MAX_SQL = 300_000
"""Characters of one expression's SQL; a thousand references joined by `or` take a third of it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What names mean: properties of a set or of a virtual table, seen under an alias."""

    alias: str
    properties: Mapping[str, Prop]
    links: Mapping[str, tuple[Field, str]] = field(default_factory=dict)
    shape: Shape | None = None


def scope_of(shape: Shape, alias: str) -> Scope:
    """Names of an entity set."""
    return Scope(alias, shape.by_name, shape.links, shape)


class Compiler:
    """Compiles expressions over one scope. `privileged`: a condition of a role, which sees everything and stands inside of other expressions."""

    def __init__(self, publication: Publication, scope: Scope, *, privileged: bool = False) -> None:
        self.publication = publication
        self.scope = scope
        self.variables: dict[str, Scope] = {}
        self._aliases = (f"{'r' if privileged else 't'}{number}" for number in count(1))
        self._paths = None if privileged else publication.paths
        self._depth = 0

    def condition(self, node: Node) -> Sql:
        """An expression that must be a condition.

        Raises:
            ODataError: as 1C answers what it does not understand.
        """
        return typed.boolean(self.compile(node))

    def compile(self, node: Node) -> Sql:
        """Any expression.

        Raises:
            ODataError: as `condition`; 500 when its SQL grows out of bounds: some functions name their argument twice, so nesting them doubles it.
        """
        result = self._compiled(node)
        if len(result.text) + len(result.kind_sql) > _MAX_SQL:
            raise business(TOO_COMPLEX)
        return result

    def _compiled(self, node: Node) -> Sql:
        match node:
            case Literal():
                return typed.value(node.value)
            case Path():
                return self.path(node)
            case Negation() | Minus():
                return self._unary(node)
            case Binary():
                return self._binary(node)
            case Call():
                return call(self, node)
            case Any_():
                return self._quantifier(node)

    def _unary(self, node: Negation | Minus) -> Sql:
        if isinstance(node, Negation):
            condition = self.condition(node.operand)
            return Sql(f"(NOT {condition.text})", condition.params, T.BOOL)
        inner = self.compile(node.operand)
        if inner.type is not T.NUMBER:
            raise not_in_where()
        if inner.literal:
            return replace(inner, params=(-inner.params[0],))
        return replace(inner, text=f"(- {inner.text})", field=None)

    def _binary(self, node: Binary) -> Sql:
        if node.operator in ("and", "or"):
            return self._chain(node)
        left, right = self.compile(node.left), self.compile(node.right)
        if node.operator in _ARITHMETIC:
            result = typed.arithmetic(node.operator, left, right)
            if result.scale > _MAX_SCALE:
                raise bad_function(node.operator)
            return result
        return typed.compare(node.operator, left, right)

    def _chain(self, node: Binary) -> Sql:
        """A run of one connective as a balanced tree: a long `or` must not hit the database's limit of depth."""
        operands: list[Node] = []
        left: Node = node
        while isinstance(left, Binary) and left.operator == node.operator:
            operands.append(left.right)
            left = left.left
        operands.append(left)
        parts = [self.condition(item) for item in reversed(operands)]
        word = f" {node.operator.upper()} "
        while len(parts) > 1:
            parts = [
                Sql(
                    f"({word.join(item.text for item in pair)})",
                    tuple(one for item in pair for one in item.params),
                    T.BOOL,
                )
                for pair in (parts[at : at + 2] for at in range(0, len(parts), 2))
            ]
        return parts[0]

    # -- paths -----------------------------------------------------------------------------------------------------------------

    def path(self, node: Path) -> Sql:
        """A field, maybe of another object.

        Raises:
            ODataError: 400 code 6: no such segment.
        """
        if node.root is not None:
            return self._follow(self.compile(node.root), node.names)
        first, *rest = node.names
        variable = self.variables.get(first)
        if variable is not None:
            if not rest:
                raise not_in_where()
            return self._from_scope(variable, rest)
        return self._from_scope(self.scope, list(node.names))

    def _from_scope(self, scope: Scope, names: list[str]) -> Sql:
        first, *rest = names
        prop = scope.properties.get(first)
        if prop is not None and prop.part is Part.SECTION:
            if not rest:
                raise not_in_where()
            # A row's field outside of a lambda (facts/odata.md 2).
            raise business("Поле не найдено") if first == "RecordSet" else no_segment(rest[0])
        found = self._field(scope, first)
        return self._follow(found, tuple(rest)) if rest else found

    def _field(self, scope: Scope, name: str) -> Sql:
        prop = scope.properties.get(name)
        if prop is None:
            # A reference may be named without `_Key`, published or not (facts/odata.md 2, Reference).
            prop = scope.properties.get(f"{name}_Key")
        if prop is None or prop.field is None:
            raise no_segment(name)
        result = typed.column(scope.alias, prop.field)
        if prop.part is Part.TYPE:
            if prop.field.storage is not Storage.COMPOSITE:
                return Sql(f"{scope.alias}.{quoted(prop.field.columns[1])}", (), T.STRING)
            return Sql(result.kind_sql, (), T.TYPE_NAME)
        if prop.part in (Part.BASE64, Part.STREAM):
            raise incomparable()
        record = scope.shape is not None and scope.shape.kind in (ShapeKind.RECORD_SET, ShapeKind.RECORD)
        return replace(result, recorder=record and prop.field.name == "Recorder")

    def _follow(self, item: Sql, names: tuple[str, ...]) -> Sql:
        """Goes on from a reference into its object: a scalar subquery, NULL when the reference dangles."""
        if item.type is T.COMPOSITE and names:
            # `Договор/Document_ДоговорНайма/Номер`: the type is named in the path.
            if parse_object_name(names[0]) is None:
                raise no_segment(names[0])
            item, names = cast_to(item, names[0]), names[1:]
        if not names:
            return item
        if item.type is not T.REF or not self.publication.published(item.target):
            raise no_segment(names[0])
        shape = self.publication.shapes[item.target]
        alias = next(self._aliases)
        nested = bool(self.variables) or self._depth > 0
        mine = None if self._paths is None else self._paths.into(self.publication, shape, alias, item, nested=nested)
        self._depth += 1
        inner = self._from_scope(scope_of(shape, alias), list(names))
        self._depth -= 1
        tail = f'FROM {quoted(shape.table.name)} AS {alias} WHERE {alias}."Ref" = {item.text}'
        if mine is not None:
            tail += f" AND {mine.text}"
        kind = f"(SELECT {inner.kind_sql} {tail})" if inner.kind_sql else ""
        return replace(
            inner,
            text=f"(SELECT {inner.text} {tail})",
            params=(*inner.params, *item.params, *(mine.params if mine is not None else ())),
            kind_sql=kind,
            literal=False,
        )

    # -- lambdas ---------------------------------------------------------------------------------------------------------------

    def _quantifier(self, node: Any_) -> Sql:
        shape = self.scope.shape
        if node.path.root is not None or len(node.path.names) != 1 or shape is None:
            raise bad_function("any" if not node.every else "all")
        name = node.path.names[0]
        rows = shape.rows.get(name)
        if rows is None:
            raise no_segment(name)
        alias = next(self._aliases)
        owner = rows.table.by_name["Recorder" if shape.kind is ShapeKind.RECORD_SET else "Ref"]
        columns = [quoted(item) for item in owner.columns]
        joined = " AND ".join(f"{alias}.{item} = {self.scope.alias}.{item}" for item in columns)
        source = f"SELECT 1 FROM {quoted(rows.table.name)} AS {alias} WHERE {joined}"  # noqa: S608 - names of the model, quoted
        if node.body is None:
            return Sql(f"(EXISTS ({source}))", (), T.BOOL)
        if node.variable in self.variables:
            raise bad_function(node.variable)
        self.variables[node.variable] = scope_of(rows, alias)
        try:
            body = self.condition(node.body)
        finally:
            del self.variables[node.variable]
        if node.every:
            return Sql(f"(NOT EXISTS ({source} AND NOT COALESCE({body.text}, 1 = 0)))", body.params, T.BOOL)
        return Sql(f"(EXISTS ({source} AND {body.text}))", body.params, T.BOOL)
