"""What a scenario sees, kept: tables, documents, values, timings and contracts become files of the record with a definition.

A scenario knows neither the phase nor where its observations go; comparing is done later, from the record alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from harness.observe.controls import check_controls, too_wide
from harness.observe.documents import hide_personal
from harness.observe.kinds import ColumnKind, digits
from harness.observe.table_pair import ANY_ROW
from harness.observe.tables import TableSpec, write_table
from harness.observe.timings import measure
from harness.record.files import safe_name, sha256_file, write_atomic
from harness.record.journal import canonical
from harness.record.models import Observation, ObservationKind, Severity
from harness.record.redact import redact, redact_content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from harness.observe.notes import Notes
    from harness.observe.pseudonyms import Pseudonyms

_T = TypeVar("_T")
_SUFFIX = {"xml": "xml", "json": "json", "text": "txt", "binary": "bin"}
_DIRECTIONS = ("read", "write")
_TOLERANCE_LIMIT = Decimal(10) ** 24
"""Tolerances are below: a comparison has room for so many digits before the point."""

Tolerance = Decimal | int | float | Mapping[str, Decimal | int | float]
"""Absolute: for every numeric column, or by column."""


class Observe:
    """The `observe` fixture.

    Args:
        folder: the record's folder.
        notes: where observations of the running scenario are noted.
        pseudonyms: how personal columns are replaced.
        repeats: measurements of a timing unless it says otherwise.
    """

    def __init__(self, folder: Path, notes: Notes, pseudonyms: Pseudonyms, repeats: int) -> None:
        self._folder = folder
        self._notes = notes
        self._pseudonyms = pseudonyms
        self._repeats = repeats
        self._names: set[str] = set()

    def table(
        self,
        name: str,
        rows: Iterable[Any],
        *,
        key: str | Sequence[str],
        title: str = "",
        tolerance: Tolerance | None = None,
        ordered: bool = False,
        mask: Sequence[str] = (),
        personal: Sequence[str] = (),
        control: str | Sequence[str] = (),
        types: Mapping[str, str] | None = None,
        growing: bool | Sequence[str] = False,
        may_be_empty: bool = False,
    ) -> int:
        """Keeps a table.

        Args:
            name: stable name within the scenario.
            rows: mappings, dataclasses or msgspec structs; may be a generator of any length.
            key: columns of the business key.
            title: what it is, for people; the name when empty.
            tolerance: absolute difference of numbers that is no difference, for all columns or by column.
            ordered: whether the order of rows matters.
            mask: columns whose values are not compared (volatile by nature).
            personal: columns that are kept as pseudonyms.
            control: equations that must hold within the phase; a broken one is a finding CONTROL-TOTAL.
            types: kinds of columns by name (this project's or "Edm.…"); declared columns exist in an empty table too.
            growing: a list of what the base has (sets, reports, jobs): a row that appears only widens it, as a new column does. Names of
                columns limit this to rows with a value that one of these columns did not have before ("Роль": rights of a new role).
            may_be_empty: whether a table without rows in both phases is worth anything; else it is a finding NOTHING-SEEN.

        Returns:
            Number of rows.

        Raises:
            ValueError: the name is taken, there is no key, two columns differ by case only, or a tolerance is none.
            TypeError: a row or value of a type that no observation has.
            ConfigError: an equation that cannot be evaluated.
        """
        columns = [key] if isinstance(key, str) else list(key)
        if not columns:
            raise ValueError("У таблицы должен быть ключ: колонки, по которым строка узнаётся после обновления")
        equations = [control] if isinstance(control, str) else list(control)
        path = self._path(name, "parquet")
        allowed = _tolerance(tolerance)
        count = write_table(path, rows, TableSpec(types=types or {}, personal=personal), self._pseudonyms)
        definition = {
            "key": columns,
            "tolerance": allowed,
            "ordered": ordered,
            "mask": sorted(mask),
            "personal": sorted(personal),
            "control": equations,
            "growing": [ANY_ROW] if growing is True else list(growing or ()),
            "may_be_empty": may_be_empty,
        }
        self._note(name, ObservationKind.TABLE, path, title=title, rows=count, definition=definition)
        for column, greatest in too_wide(path, allowed):
            self._notes.finding(
                "TOLERANCE-TOO-WIDE",
                object=title or name,
                text=_TOO_WIDE,
                severity=Severity.WARNING,
                observation=name,
                column=column,
                greatest=greatest,
                tolerance=allowed.get(column) or allowed["*"],
                advice="Назначьте допуск каждой колонке отдельно",
            )
        for broken in check_controls(path, equations, columns):
            self._notes.finding(
                "CONTROL-TOTAL",
                object=title or name,
                text=_BROKEN_ROW if broken.key else _BROKEN_TABLE,
                observation=name,
                equation=broken.equation,
                key=broken.key,
                left=broken.left,
                right=broken.right,
                rows=broken.rows,
                advice="Сверьте отчёт с регистром и найдите строки, из-за которых равенство нарушено",
            )
        return count

    def document(
        self,
        name: str,
        content: bytes,
        *,
        media: str = "xml",
        title: str = "",
        identity: Mapping[str, str] | None = None,
        mask: Sequence[str] = (),
        personal: Sequence[str] = (),
    ) -> None:
        """Keeps a document.

        Args:
            name: stable name within the scenario.
            content: the document's bytes.
            media: "xml", "json", "text" or "binary".
            title: what it is, for people.
            identity: path of a list's members to what identifies one among them (a child, "@attribute", or a path below):
                {"/Заказы/Заказ": "Номер"}. Without it members are told by position.
            mask: paths that are not compared; for text: regular expressions whose matches are not compared.
            personal: paths (for text: regular expressions) that are kept as pseudonyms.

        Raises:
            ValueError: the name is taken, or the media is unknown.
            DocumentError: it is not what `media` says.
        """
        if media not in _SUFFIX:
            raise ValueError(f"Неизвестный вид документа: {media}; есть {', '.join(_SUFFIX)}")
        path = self._path(name, _SUFFIX[media])
        hidden = hide_personal(content, media, personal, self._pseudonyms)
        write_atomic(path, redact_content(hidden))
        definition = {
            "media": media,
            "identity": dict(identity or {}),
            "mask": sorted(mask),
            "personal": sorted(personal),
        }
        self._note(name, ObservationKind.DOCUMENT, path, title=title, definition=definition)

    def value(self, name: str, value: Any, *, title: str = "", tolerance: Decimal | float | None = None) -> None:
        """Keeps one value: text, number, date, boolean, GUID or nothing."""
        content = canonical(redact(value_form(value)))
        definition = {"tolerance": _tolerance(tolerance)}
        self._keep(name, ObservationKind.VALUE, content, title=title, definition=definition)

    def contract(self, name: str, entries: Mapping[str, str], *, title: str = "", direction: str = "read") -> None:
        """Keeps a contract: path of each part to a description of its type.

        Args:
            name: stable name within the scenario.
            entries: {"Catalog_Валюты.Code": "Edm.String(3)"}; order does not matter.
            title: what it is, for people.
            direction: how our integrations use it: "read", or "write" (then a new mandatory part is breaking).
        """
        if direction not in _DIRECTIONS:
            raise ValueError(f"Неизвестное направление: {direction}; есть {', '.join(_DIRECTIONS)}")
        content = canonical(redact({str(path): str(kind) for path, kind in entries.items()}))
        self._keep(
            name, ObservationKind.CONTRACT, content, title=title, definition={"direction": direction}, rows=len(entries)
        )

    def timing(self, name: str, call: Callable[[], _T], *, title: str = "", repeats: int | None = None) -> _T:
        """Measures a call several times, after one call to warm up, and returns the last call's result."""
        count = repeats or self._repeats
        result, measured = measure(call, count)
        self._keep(name, ObservationKind.TIMING, canonical(measured), title=title, definition={}, rows=count)
        return result

    def _path(self, name: str, suffix: str) -> Path:
        if name.casefold() in self._names:
            raise ValueError(f"Наблюдение «{name}» в сценарии {self._notes.scenario.id} уже есть: имена не повторяются")
        self._names.add(name.casefold())
        return (
            self._folder / self._notes.phase.value / safe_name(self._notes.scenario.id) / f"{safe_name(name)}.{suffix}"
        )

    def _keep(
        self, name: str, kind: ObservationKind, content: bytes, *, title: str, definition: dict[str, Any], rows: int = 0
    ) -> None:
        path = self._path(name, f"{kind.value}.json")
        write_atomic(path, content)
        self._note(name, kind, path, title=title, rows=rows, definition=definition)

    def _note(
        self, name: str, kind: ObservationKind, path: Path, *, title: str, definition: dict[str, Any], rows: int = 0
    ) -> None:
        self._notes.observations.append(
            Observation(
                scenario=self._notes.scenario.id,
                name=name,
                kind=kind,
                phase=self._notes.phase,
                file=path.relative_to(self._folder).as_posix(),
                digest=sha256_file(path),
                title=title or name,
                rows=rows,
                definition=definition,
            )
        )


_TOO_WIDE = (
    "Таблица «{observation}»: допуск {tolerance} не меньше любого значения колонки «{column}» (наибольшее {greatest}): "
    "такое сравнение ничего не заметит"
)
_BROKEN_TABLE = "Контрольное равенство «{equation}» в таблице «{observation}» нарушено: слева {left}, справа {right}"
_BROKEN_ROW = (
    "Контрольное равенство «{equation}» в таблице «{observation}» нарушено в строке {key}: "
    "слева {left}, справа {right}; всего таких строк: {rows}"
)


def value_form(value: Any) -> dict[str, Any]:
    """A value with its kind, in JSON: {"kind": "number", "value": "12.50"}.

    Raises:
        TypeError: a value of a type that no observation has.
    """
    if value is None:
        return {"kind": ColumnKind.UNKNOWN.value, "value": None}
    if isinstance(value, bool):
        return {"kind": ColumnKind.BOOLEAN.value, "value": value}
    if isinstance(value, int | float | Decimal):
        return {"kind": ColumnKind.NUMBER.value, "value": digits(value)}
    if isinstance(value, datetime | date):
        moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001
        return {"kind": ColumnKind.DATETIME.value, "value": moment.isoformat()}
    if isinstance(value, str | uuid.UUID):
        return {"kind": ColumnKind.TEXT.value, "value": str(value)}
    if isinstance(value, dict | list | tuple):
        return {"kind": ColumnKind.JSON.value, "value": msgspec.to_builtins(value)}
    raise TypeError(f"Значение типа {type(value).__name__} не может быть наблюдением")


def _tolerance(tolerance: Tolerance | None) -> dict[str, str]:
    """By column as digits; "*" for every numeric column."""
    if tolerance is None:
        return {}
    given = dict(sorted(tolerance.items())) if isinstance(tolerance, Mapping) else {"*": tolerance}
    for value in given.values():
        number = Decimal(digits(value))
        if not (number.is_finite() and 0 <= number < _TOLERANCE_LIMIT):
            raise ValueError(f"Допуск должен быть неотрицательным числом меньше {_TOLERANCE_LIMIT:f}, а не {value}")
    return {str(name): digits(value) for name, value in given.items()}
