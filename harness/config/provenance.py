"""Where every value came from: default < file < environment < command line (design 4.2)."""

from __future__ import annotations

import datetime as dt
import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from harness.config.model import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "READINESS_"
"""Environment variables READINESS_SECTION_KEY set a key of a section."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key of readiness.toml.

    Attributes:
        path: section and name.
        type: Python type of its value.
        secret: holds a reference to a secret.
    """

    path: tuple[str, ...]
    type: Any
    secret: bool

    @property
    def dotted(self) -> str:
        """Section and key with dots: stand.url."""
        return ".".join(self.path)

    @property
    def variable(self) -> str:
        """Environment variable that sets it."""
        return PREFIX + "_".join(self.path).upper()


def keys() -> Iterator[Key]:
    """Every key that can be set by its dotted name, in the order of the model; `users.*` are known to the file only."""
    yield from _keys_of(Settings, ())


def _keys_of(struct: type[msgspec.Struct], path: tuple[str, ...]) -> Iterator[Key]:
    for field in msgspec.structs.fields(struct):
        kind = bare(field.type)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            yield from _keys_of(kind, (*path, field.name))
        elif not is_table(kind):
            yield Key((*path, field.name), field.type, is_secret(field.type))


def bare(kind: Any) -> Any:
    """A type without its description and without "or nothing"."""
    while hasattr(kind, "__metadata__"):
        kind = kind.__origin__
    arguments = getattr(kind, "__args__", ())
    if type(None) in arguments:
        return bare(next(item for item in arguments if item is not type(None)))
    return kind


def is_table(kind: Any) -> bool:
    """Whether a type is a table with free names (`users`)."""
    return getattr(bare(kind), "__origin__", None) is dict


def is_secret(kind: Any) -> bool:
    """Whether a type is a reference to a secret."""
    return any((getattr(item, "extra", None) or {}).get("secret") for item in getattr(kind, "__metadata__", ()))


def flatten(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, object]]:
    """Dotted names and values of everything in the settings, in order."""
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from flatten(getattr(value, name), (*path, name))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from flatten(item, (*path, str(name)))
    else:
        yield ".".join(path), value


def shown(value: object) -> str:
    """A value as the document prints it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ", ".join(shown(item) for item in value)
    if isinstance(value, dt.date):
        return value.isoformat()
    return "" if value is None else str(value)


def nearest(name: str, known: list[str]) -> str:
    """The known name a person most likely meant, or ""."""
    folded = {item.casefold().replace("-", "_"): item for item in known}
    match = difflib.get_close_matches(name.casefold().replace("-", "_"), list(folded), n=1, cutoff=0.6)
    return folded[match[0]] if match else ""
