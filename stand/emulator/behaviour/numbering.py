"""Numbers of documents with the prefix of their organisation, "ЛУ00-000001", and codes after a generation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stand.emulator.database.tables import quoted
from stand.emulator.rows import Ref

if TYPE_CHECKING:
    from stand.emulator.database.infobase import Session
    from stand.emulator.rows import Row

__all__ = ["next_number", "remember_codes"]

_DIGITS = 6
_NO_PREFIX = "ЦБ"


def next_number(session: Session, name: str, row: Row) -> str:
    """The number after the greatest one with the same prefix."""
    organisation = row.get("Организация")
    owner = session.get(organisation.object, organisation.id) if isinstance(organisation, Ref) else None
    prefix = f"{(owner or {}).get('Префикс') or _NO_PREFIX}00-"
    # Numbers of one prefix have one length, so the greatest text is the greatest number; the index on Number answers at once.
    found = session.connection.execute(
        f'SELECT max("Number") FROM {quoted(name)} WHERE "Number" >= ? AND "Number" < ?',  # noqa: S608 - name quoted, values bound
        (f"{prefix}0", f"{prefix}:"),
    ).fetchone()[0]
    last = str(found or "").removeprefix(prefix)
    return f"{prefix}{int(last or 0) + 1:0{_DIGITS}d}"


def remember_codes(session: Session) -> None:
    """Tells the base which codes a bulk load has used, so new items go on from there."""
    for name, table in session.layout.objects.items():
        if "Code" not in table.by_name or not name.startswith("Catalog_"):
            continue
        codes = session.connection.execute(f'SELECT "Code" FROM {quoted(name)}')  # noqa: S608 - name quoted
        last = max((int(code) for (code,) in codes if str(code).isdecimal() and str(code).isascii()), default=0)
        if last:
            session.remember_number(name, "Code", "", last)
