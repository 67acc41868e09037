"""Packs: from a role ("sale") to what it is called in one kind of configuration ("Document_РеализацияТоваровУслуг")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from harness.errors import ConfigError
from harness.phase.outcomes import not_checked

if TYPE_CHECKING:
    from pathlib import Path

_MISSING = object()


class Pack:
    """Names of one kind of configuration.

    `pack["sale"]` gives the name, or ends the scenario as not checked; `pack.get("sale")` and `"sale" in pack` only ask.
    Roles of nested tables are joined by a point: `pack["report.gross_profit"]`.
    """

    def __init__(
        self,
        *,
        name: str = "",
        title: str = "",
        roles: Mapping[str, Any] | None = None,
        filters: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.name = name
        self.title = title or name
        self._roles = roles or {}
        self.filters = filters or {}
        """By which properties integrations filter: set or pattern to properties."""

    def __getitem__(self, role: str) -> Any:
        value = self._find(role)
        if value is _MISSING:
            not_checked("В пакете имён «{pack}» нет роли «{role}»", pack=self.title or "без имени", role=role)
        return value

    def __contains__(self, role: object) -> bool:
        return isinstance(role, str) and self._find(role) is not _MISSING

    def get(self, role: str, default: Any = None) -> Any:
        """Name of a role, or the default."""
        value = self._find(role)
        return default if value is _MISSING else value

    @property
    def roles(self) -> Mapping[str, Any]:
        """All roles, as in the file."""
        return self._roles

    def _find(self, role: str) -> Any:
        if role in self._roles:
            return self._roles[role]
        value: Any = self._roles
        for step in role.split("."):
            if not isinstance(value, Mapping) or step not in value:
                return _MISSING
            value = value[step]
        return value


_Name = Annotated[str, msgspec.Meta(pattern=r"^[\w*?/]+$")]
"""A name of metadata, maybe with "*", or a way through references."""


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    title: str = ""
    roles: dict[str, Any] = {}
    filters: dict[_Name, Annotated[list[_Name], msgspec.Meta(min_length=1)]] = {}


def load_pack(path: Path) -> Pack:
    """Reads a pack.

    Raises:
        ConfigError: no such file, or not a pack.
    """
    try:
        content = msgspec.toml.decode(path.read_bytes(), type=_File)
    except OSError as error:
        raise ConfigError("Пакет имён не читается", place=str(path), hint="Проверьте [scenarios] pack") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"Пакет имён записан не по правилам: {error}", place=str(path), hint='Пример: name = "demo", раздел [roles]'
        ) from error
    return Pack(name=content.name, title=content.title, roles=content.roles, filters=content.filters)
