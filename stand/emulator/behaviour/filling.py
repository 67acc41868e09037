"""Filling of an object when it is written: what the form and ОбработкаЗаполнения do in a configuration (`filling` of the behaviour).

Empty attributes of the header first, in order; then empty attributes of the rows; then totals, which are computed always.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.errors import ConfigError
from stand.emulator.behaviour.expressions import Expression, compiled, empty

if TYPE_CHECKING:
    from stand.emulator.behaviour.lookups import Lookup
    from stand.emulator.database.tables import Layout
    from stand.emulator.model import Configuration
    from stand.emulator.rows import Row

__all__ = ["Filling"]

_Cells = tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class _Rules:
    header: _Cells
    sections: tuple[tuple[str, _Cells], ...]
    totals: _Cells


class Filling:
    """Filling rules of all objects of a configuration."""

    def __init__(self, configuration: Configuration, layout: Layout) -> None:
        """Compiles.

        Raises:
            ConfigError: a rule names an object or an attribute that does not exist.
        """
        self._layout = layout
        described = configuration.behaviour.get("filling")
        tables = described if isinstance(described, Mapping) else {}
        self._rules = {name: self._compile(name, table) for name, table in tables.items()}
        # Empty rows, made once: fifty thousand documents ask for them again and again.
        self._blanks = {table.name: table.decode(table.encode({})) for table in layout.tables.values()}

    def _compile(self, name: str, table: Mapping[str, Any]) -> _Rules:
        if name not in self._layout.objects:
            raise ConfigError(f"Заполнение «{name}»: такого объекта нет", place="filling")
        own = self._layout.objects[name].by_name
        sections = []
        for section, cells in table.get("sections", {}).items():
            lines = self._layout.sections[name].get(section)
            if lines is None:
                raise ConfigError(f"Нет табличной части «{section}»", place=f"filling/{name}")
            sections.append((section, _cells(cells, lines.by_name, f"filling/{name}/{section}")))
        return _Rules(
            header=_cells(table.get("header", {}), own, f"filling/{name}/header"),
            sections=tuple(sections),
            totals=_cells(table.get("totals", {}), own, f"filling/{name}/totals"),
        )

    def blank(self, name: str) -> Row:
        """A row whose attributes are empty and whose tabular sections have no lines."""
        table = self._layout.objects[name]
        return {**self._blanks[table.name], **{section: [] for section in self._layout.sections[name]}}

    def complete(self, name: str, row: Row, lookup: Lookup) -> None:
        """Fills a row in place. Does nothing for objects without rules."""
        rules = self._rules.get(name)
        if rules is None:
            return
        for field, value in self.blank(name).items():
            row.setdefault(field, value)
        scope = lookup.scope({"doc": row})
        _fill(row, rules.header, scope)
        for section, cells in rules.sections:
            blank = self._blanks[self._layout.sections[name][section].name]
            for line in row[section]:
                for field, value in blank.items():
                    line.setdefault(field, value)
                scope["row"] = line
                _fill(line, cells, scope)
        for field, expression in rules.totals:
            row[field] = expression(scope)


def _cells(table: Mapping[str, str], known: Mapping[str, Any], place: str) -> _Cells:
    for field in table:
        if field not in known:
            raise ConfigError(f"Нет реквизита «{field}»", place=place)
    return tuple((field, compiled(text, f"{place}/{field}")) for field, text in table.items())


def _fill(target: Row, cells: _Cells, scope: Mapping[str, Any]) -> None:
    for field, expression in cells:
        if not empty(target[field]):
            continue
        value = expression(scope)
        if value is not None:
            target[field] = value
