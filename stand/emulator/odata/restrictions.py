"""Row-level rights (ограничения на уровне записей) and `allowedOnly` (facts/odata.md 2).

A role restricts an object by a condition in the language of `$filter`, for all actions or for some::

    [roles."Кассир"]
    read = ["Document_*"]
    [roles."Кассир".restrict]
    "Document_Продажа" = "Организация/Code eq '001'"
    "Document_Оплата" = { read = "true", update = "Posted eq false" }

One role without a condition opens every row. A reader who meets a closed row gets 401 with code 20; with `allowedOnly=true` he gets the rows that
are open to him.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stand.emulator import auth
from stand.emulator.database.tables import quoted
from stand.emulator.odata.compiler import Compiler, scope_of
from stand.emulator.odata.errors import access_denied
from stand.emulator.odata.parser import parse_filter
from stand.emulator.odata.shapes import ShapeKind
from stand.emulator.odata.typed import FALSE, Sql, T

if TYPE_CHECKING:
    from stand.emulator.auth import User
    from stand.emulator.database.connection import Connection
    from stand.emulator.database.infobase import Infobase
    from stand.emulator.odata.shapes import Publication, Shape

_NOTHING: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Restrictions:
    """What rows are open to a user.

    Attributes:
        allowed_only: closed rows are left out instead of being refused.
    """

    infobase: Infobase
    user: User
    allowed_only: bool = False

    def texts(self, object_name: str, action: str) -> list[str] | None:
        """Conditions any of which opens a row; None: every row is open."""
        if self.user.full_rights or not self._restricted:
            return None
        roles = self.infobase.configuration.behaviour.get("roles")
        found: list[str] = []
        for name in self.user.roles if isinstance(roles, dict) else ():
            role = roles[name] if isinstance(roles, dict) and isinstance(roles.get(name), dict) else _NOTHING
            if not auth.grants(role, object_name, action):
                continue
            text = _condition(role, object_name, action)
            if not text:
                return None
            found.append(text)
        return found or None

    @property
    def _restricted(self) -> bool:
        roles = self.infobase.configuration.behaviour.get("roles")
        return isinstance(roles, dict) and any(isinstance(role, dict) and "restrict" in role for role in roles.values())

    def condition(self, publication: Publication, shape: Shape, action: str = "read", alias: str = "t") -> Sql | None:
        """What a row of a set must be to be open; None: nothing."""
        texts = self.texts(shape.object_name, action)
        if texts is None:
            return None
        if shape.kind in (ShapeKind.SECTION, ShapeKind.RECORD_SET):
            return _through(publication, shape, texts, alias)
        return _any(Compiler(publication, scope_of(shape, alias), privileged=True), texts)

    def within(self, connection: Connection, publication: Publication, shape: Shape, source: str, where: Sql) -> Sql:
        """A condition of a query over a set with the closed rows left out, or refused.

        `source` is what stands behind FROM under the alias `t`; `where` is ` WHERE …` or nothing, and its parameters begin with those of the source.

        Raises:
            ODataError: 401 code 20: the query meets a closed row, and the reader did not ask for the open ones only.
        """
        mine = self.condition(publication, shape)
        if mine is None:
            return where
        joint = " AND " if where.text else " WHERE "
        if not self.allowed_only:
            closed = f"SELECT 1 FROM {source} AS t{where.text}{joint}NOT COALESCE({mine.text}, 1 = 0) LIMIT 1"  # noqa: S608 - compiled, values bound
            if connection.execute(closed, (*where.params, *mine.params)).fetchone() is not None:
                raise access_denied()
            return where
        return Sql(f"{where.text}{joint}{mine.text}", (*where.params, *mine.params), T.BOOL)

    def check(self, connection: Connection, publication: Publication, shape: Shape, ref: str, action: str) -> None:
        """Whether an object may be worked with.

        Raises:
            ODataError: 401 code 20.
        """
        mine = self.condition(publication, shape, action)
        if mine is None:
            return
        sql = f'SELECT 1 FROM {quoted(shape.table.name)} AS t WHERE t."Ref" = ? AND NOT COALESCE({mine.text}, 1 = 0)'  # noqa: S608 - as above
        if connection.execute(sql, (ref, *mine.params)).fetchone() is not None:
            raise access_denied()


def _condition(role: Any, object_name: str, action: str) -> str:
    table = role.get("restrict")
    entry = table.get(object_name) if isinstance(table, dict) else None
    if isinstance(entry, dict):
        entry = entry.get(action)
    return entry if isinstance(entry, str) else ""


def _any(compiler: Compiler, texts: list[str]) -> Sql:
    parts = [compiler.condition(parse_filter(text, "restrict")) for text in texts]
    if not parts:
        return FALSE
    return Sql(
        f"({' OR '.join(item.text for item in parts)})", tuple(one for item in parts for one in item.params), T.BOOL
    )


def _through(publication: Publication, shape: Shape, texts: list[str], alias: str) -> Sql:
    """Rows of a section are as open as their owner; a record set is open when all its records are."""
    section = shape.kind is ShapeKind.SECTION
    inner = publication.shapes[str(shape.meta.name)] if section else shape.rows["RecordSet"]
    mine = _any(Compiler(publication, scope_of(inner, "o"), privileged=True), texts)
    columns = [quoted(item) for item in inner.table.by_name["Ref" if section else "Recorder"].columns]
    joined = " AND ".join(f"o.{item} = {alias}.{item}" for item in columns)
    source = f"SELECT 1 FROM {quoted(inner.table.name)} AS o WHERE {joined} AND"  # noqa: S608 - names of the model, quoted
    if section:
        return Sql(f"(EXISTS ({source} {mine.text}))", mine.params, T.BOOL)
    return Sql(f"(NOT EXISTS ({source} NOT COALESCE({mine.text}, 1 = 0)))", mine.params, T.BOOL)
