"""The tree of an expression of `$filter`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from stand.emulator.odata.lexer import LiteralValue

Node: TypeAlias = "Literal | Path | Call | Negation | Minus | Binary | Any_"


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as written."""

    value: LiteralValue


@dataclass(frozen=True, slots=True)
class Path:
    """`Контрагент/ИНН`; `root` is an expression the path goes on from: `cast(…)/Название`."""

    names: tuple[str, ...]
    root: Node | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A function."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """`not x`."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Minus:
    """`-x`."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands: `eq ne gt ge lt le and or add sub mul div`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Any_:  # noqa: N801 - "Any" is taken
    """`Товары/any(d: …)` or `…/all(…)`; no body: not empty."""

    path: Path
    every: bool
    variable: str = ""
    body: Node | None = None
