"""What a scenario sees, kept: tables, documents, values, timings and contracts become files of the record with a definition.

A scenario knows neither the phase nor where its observations go; comparing is done later, from the record alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from harness.observe.documents import hide_personal
from harness.observe.equations import checked
from harness.observe.given import direction_form, value_form
from harness.observe.pictures import rectangles
from harness.observe.table_findings import look_into
from harness.observe.table_pair import ANY_ROW
from harness.observe.tables import TableSpec, write_table
from harness.observe.timings import measure_together
from harness.observe.tolerance import Tolerance, written
from harness.record.files import safe_name, sha256_file, write_atomic
from harness.record.journal import canonical
from harness.record.models import Observation, ObservationKind
from harness.record.redact import redact, redact_content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from harness.observe.notes import Notes
    from harness.observe.pseudonyms import Pseudonyms
    from harness.observe.renderer import Renderer

_T = TypeVar("_T")
_SUFFIX = {"xml": "xml", "json": "json", "text": "txt", "binary": "bin"}

Tolerances = Tolerance | Mapping[str, Tolerance]
"""For every numeric column, or by column: an absolute distance, or text: "0.01", "0.5%" of the value before, "round 2"."""


class Observe:
    """The `observe` fixture.

    Args:
        folder: the record's folder.
        notes: where observations of the running scenario are noted.
        pseudonyms: how personal columns are replaced.
        repeats: measurements of a timing unless it says otherwise.
        renderer: what draws pages; without one their text is all that is observed.
    """

    def __init__(
        self, folder: Path, notes: Notes, pseudonyms: Pseudonyms, repeats: int, renderer: Renderer | None = None
    ) -> None:
        self._folder = folder
        self._notes = notes
        self._pseudonyms = pseudonyms
        self._repeats = repeats
        self._renderer = renderer
        self._names: set[str] = set()

    def table(
        self,
        name: str,
        rows: Iterable[Any],
        *,
        key: str | Sequence[str],
        title: str = "",
        tolerance: Tolerances | None = None,
        ordered: bool = False,
        mask: Sequence[str] = (),
        personal: Sequence[str] = (),
        control: str | Sequence[str] = (),
        across: str | Sequence[str] = (),
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
            tolerance: difference of numbers that is no difference, for all columns or by column: absolute, "0.5%" of the value before,
                "round 2" (equal to that many digits), or several with ";".
            ordered: whether the order of rows matters.
            mask: columns whose values are not compared (volatile by nature).
            personal: columns that are kept as pseudonyms.
            control: equations that must hold within the phase; a broken one is a finding CONTROL-TOTAL.
            across: equations between observations of this scenario and between phases, checked when both are there:
                `sum(Сумма) == of("регистр", sum(Сумма))`, `after(sum(Начало)) == before(sum(Конец))`, `count() == value("строк")`.
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
        allowed = written(tolerance)
        count = write_table(path, rows, TableSpec(types=types or {}, personal=personal), self._pseudonyms)
        definition: dict[str, Any] = {
            "key": columns,
            "tolerance": allowed,
            "ordered": ordered,
            "mask": sorted(mask),
            "personal": sorted(personal),
            "control": equations,
            "growing": [ANY_ROW] if growing is True else list(growing or ()),
            "may_be_empty": may_be_empty,
        }
        if across:
            definition["across"] = checked(across)
        self._note(name, ObservationKind.TABLE, path, title=title, rows=count, definition=definition)
        look_into(self._notes, name, title or name, path, allowed, equations, columns)
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
                {"/Заказы/Заказ": "Номер"}. Without it members meet by content, in their order.
            mask: paths that are not compared; for text: regular expressions whose matches are not compared; for pictures (PNG or JPEG
                as "binary"): "left,top,width,height" in points.
            personal: paths (for text: regular expressions) that are kept as pseudonyms.

        Raises:
            ValueError: the name is taken, the media is unknown, or a mask of a picture is none.
            DocumentError: it is not what `media` says.
        """
        if media not in _SUFFIX:
            raise ValueError(f"Неизвестный вид документа: {media}; есть {', '.join(_SUFFIX)}")
        if media == "binary":
            rectangles(mask)
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

    def page(
        self,
        name: str,
        html: bytes | str,
        *,
        title: str = "",
        mask: Sequence[str] = (),
        personal: Sequence[str] = (),
    ) -> None:
        """Keeps a page of HTML (a print form, a saved report, a page of a site): its text by lines, and its picture where there is a browser.

        The page is drawn without network and scripts; a picture it refers to by address is told by its name only.

        Args:
            name: stable name within the scenario.
            html: the page.
            title: what it is, for people.
            mask: regular expressions whose matches are compared neither as text nor as picture.
            personal: regular expressions whose matches are kept as pseudonyms, in the picture too.

        Raises:
            ValueError: the name is taken.
            DocumentError: it is no page, or a monstrous one.
        """
        from harness.observe.seen_pages import seen_page

        path = self._path(name, "page.json")
        seen = seen_page(
            html,
            notes=self._notes,
            title=title or name,
            mask=mask,
            personal=personal,
            pseudonyms=self._pseudonyms,
            renderer=self._renderer,
        )
        write_atomic(path, canonical(redact(msgspec.to_builtins(seen))))
        definition = {"media": "page", "identity": {}, "mask": sorted(mask), "personal": sorted(personal)}
        self._note(name, ObservationKind.DOCUMENT, path, title=title, rows=len(seen.lines), definition=definition)

    def value(self, name: str, value: Any, *, title: str = "", tolerance: Tolerance | None = None) -> None:
        """Keeps one value: text, number, date, boolean, GUID or nothing."""
        content = canonical(redact(value_form(value)))
        definition = {"tolerance": written(tolerance)}
        self._keep(name, ObservationKind.VALUE, content, title=title, definition=definition)

    def contract(
        self,
        name: str,
        entries: Mapping[str, str],
        *,
        title: str = "",
        direction: str | Sequence[str] | Mapping[str, str | Sequence[str]] = "read",
    ) -> None:
        """Keeps a contract: path of each part to a description of its type.

        Args:
            name: stable name within the scenario.
            entries: {"Catalog_Валюты.Code": "Edm.String(3), обязательное"}; order does not matter.
            title: what it is, for people.
            direction: how our integrations use it: "read", "write", "filter", several of them, or by pattern of path
                ({"Catalog_Валюты/*": ["read", "write"]}); what no pattern fits is read.
        """
        content = canonical(redact({str(path): str(kind) for path, kind in entries.items()}))
        definition = {"direction": direction_form(direction)}
        self._keep(name, ObservationKind.CONTRACT, content, title=title, definition=definition, rows=len(entries))

    def timing(
        self,
        name: str,
        call: Callable[[], _T],
        *,
        title: str = "",
        repeats: int | None = None,
        target: float | None = None,
    ) -> _T:
        """Measures a call several times, after one call to warm up, and returns the last call's result.

        Args:
            name: stable name within the scenario.
            call: what is measured.
            title: what it is, for people.
            repeats: measurements; those of the settings when None.
            target: seconds within which users are content: the APDEX class is compared too.
        """
        return self.timings({name: call}, titles={name: title}, repeats=repeats, target=target)[name]

    def timings(
        self,
        calls: Mapping[str, Callable[[], _T]],
        *,
        titles: Mapping[str, str] | None = None,
        repeats: int | None = None,
        target: float | None = None,
    ) -> dict[str, _T]:
        """Measures several calls in turn, each an observation of its own: a slow minute falls on all of them alike."""
        count = repeats or self._repeats
        results, measured = measure_together(calls, count)
        # Without a target the definition stays as it was: records of both phases may be of different versions.
        definition = {"target": target} if target else {}
        for name, times in measured.items():
            title = (titles or {}).get(name, "")
            self._keep(
                name, ObservationKind.TIMING, canonical(times), title=title, definition=dict(definition), rows=count
            )
        return results

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
