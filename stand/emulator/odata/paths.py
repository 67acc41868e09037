"""Rights along the paths of a query: what a condition or an order says of another object is as open as that object is.

`$filter=Контрагент/ИНН eq '…'` must not tell of a partner its reader may not see. A closed object is as good as none with `allowedOnly=true`;
without it the query is refused, as every query that meets a closed row (facts/odata.md 2).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stand.emulator import auth
from stand.emulator.database.tables import quoted
from stand.emulator.odata.errors import access_denied
from stand.emulator.odata.typed import Sql, T

if TYPE_CHECKING:
    from stand.emulator.database.connection import Connection
    from stand.emulator.odata.restrictions import Restrictions
    from stand.emulator.odata.shapes import Publication, Shape


@dataclass(slots=True)
class Paths:
    """Objects the conditions of one request go into.

    Attributes:
        restrictions: of the reader.
        inside: conditions are compiled over something else than the rows that are read: records of a virtual table.
    """

    restrictions: Restrictions
    inside: bool = False
    _closed: list[Sql] = field(default_factory=list)
    _anywhere: list[Sql] = field(default_factory=list)

    def into(self, publication: Publication, shape: Shape, alias: str, item: Sql, *, nested: bool) -> Sql | None:
        """A path goes from a reference into its object.

        Args:
            publication: what is published.
            shape: the set of the object.
            alias: under which it is read.
            item: the reference.
            nested: within a lambda or another object, whose rows are not to be seen from outside.

        Returns:
            What the object must be to be seen; None: nothing.

        Raises:
            ODataError: 401 code 20: the reader may not read such objects at all.
        """
        self.enter(shape)
        mine = self.restrictions.condition(publication, shape, "read", alias)
        if mine is None or self.restrictions.allowed_only:
            return mine
        own = self.restrictions.condition(publication, shape, "read", "c")
        if own is None:
            return None
        source = f"SELECT 1 FROM {quoted(shape.table.name)} AS c WHERE NOT COALESCE({own.text}, 1 = 0)"  # noqa: S608 - compiled, values bound
        if nested or self.inside:
            # The rows that were met cannot be told: any closed object of the kind is enough to refuse. Too much is better than a leak.
            self._anywhere.append(Sql(f"{source} LIMIT 1", own.params, T.BOOL))
        else:
            self._closed.append(
                Sql(f'EXISTS ({source} AND c."Ref" = {item.text})', (*own.params, *item.params), T.BOOL)
            )
        return None

    def enter(self, shape: Shape) -> None:
        """Whether the reader may read objects of a set at all.

        Raises:
            ODataError: 401 code 20.
        """
        if not auth.may(self.restrictions.infobase, self.restrictions.user, shape.object_name, "read"):
            raise access_denied()

    def check(self, connection: Connection, source: str, params: tuple[object, ...]) -> None:
        """Refuses a query whose paths met a closed object.

        `source` is what stands behind FROM under the alias `t`, `params` are its own.

        Raises:
            ODataError: 401 code 20.
        """
        met = [
            (f"SELECT 1 FROM {source} AS t WHERE {item.text} LIMIT 1", (*params, *item.params))  # noqa: S608 - as above
            for item in self._closed
        ]
        for sql, values in (*met, *((item.text, item.params) for item in self._anywhere)):
            if connection.execute(sql, values).fetchone() is not None:
                raise access_denied()
