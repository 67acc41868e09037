"""`$filter` and its relatives: text to tree. Priorities are 1C's own (facts/odata.md 2): nearly every operator has its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from stand.emulator.odata.ast import Any_, Binary, Call, Literal, Minus, Negation, Node, Path
from stand.emulator.odata.errors import ODataError, bad_option, not_in_where
from stand.emulator.odata.lexer import Kind, LexError, Token, tokens

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")

# From the loosest to the tightest: or, and, ne, eq, then the four comparisons together, sub, add, div, mul.
_PRIORITY = {
    "or": 1,
    "and": 2,
    "ne": 3,
    "eq": 4,
    "le": 5,
    "lt": 5,
    "ge": 5,
    "gt": 5,
    "sub": 6,
    "add": 7,
    "div": 8,
    "mul": 9,
}
_DEPTH = 60
"""Nesting no real filter needs; what is deeper only attacks parsers."""
_WORDS = 4000


def parse_filter(text: str, option: str = "$filter") -> Node:
    """The tree of a filter.

    Raises:
        ODataError: 400 code 14 for what is not of the language; 500 for a `+`, which is no space in 1C but an operation.
    """
    return _parse(text, option, lambda parser: parser.expression())


def parse_order(text: str) -> list[tuple[Node, bool]]:
    """`$orderby`: expressions, and whether each is descending.

    Raises:
        ODataError: as `parse_filter`.
    """

    def items(parser: _Parser) -> list[tuple[Node, bool]]:
        result: list[tuple[Node, bool]] = []
        while True:
            node = parser.expression()
            direction = parser.word("asc", "desc")
            result.append((node, direction == "desc"))
            if not parser.take(","):
                return result

    return _parse(text, "$orderby", items)


def _parse(text: str, option: str, read: Callable[[_Parser], _T]) -> _T:
    try:
        parser = _Parser(tokens(text), option)
        result = read(parser)
        if parser.current.kind is not Kind.END:
            raise parser.error()
    except LexError as error:
        raise bad_option(f"{option}: {error}") from error
    return result


class _Parser:
    """Precedence climbing; the depth of the stack follows the nesting of parentheses only."""

    def __init__(self, words: list[Token], option: str) -> None:
        if len(words) > _WORDS:
            raise bad_option(f"{option}: слишком длинное выражение")
        self.words = words
        self.at = 0
        self.option = option
        self.depth = 0

    @property
    def current(self) -> Token:
        return self.words[self.at]

    def error(self) -> ODataError:
        if self.current.text == "+":
            return not_in_where()
        return bad_option(f"{self.option} (позиция {self.current.at + 1})")

    def advance(self) -> Token:
        token = self.words[self.at]
        self.at = min(self.at + 1, len(self.words) - 1)
        return token

    def take(self, mark: str) -> bool:
        if self.current.kind is Kind.MARK and self.current.text == mark:
            self.advance()
            return True
        return False

    def word(self, *wanted: str) -> str:
        if self.current.kind is Kind.NAME and self.current.text in wanted:
            return self.advance().text
        return ""

    def need(self, mark: str) -> None:
        if not self.take(mark):
            raise self.error()

    def name(self) -> str:
        if self.current.kind is not Kind.NAME:
            raise self.error()
        return self.advance().text

    def expression(self, lowest: int = 1) -> Node:
        self.depth += 1
        if self.depth > _DEPTH:
            raise bad_option(f"{self.option}: слишком глубокая вложенность")
        left = self.prefix()
        while self.current.kind is Kind.NAME and _PRIORITY.get(self.current.text, 0) >= lowest:
            operator = self.advance().text
            left = Binary(operator, left, self.expression(_PRIORITY[operator] + 1))
        self.depth -= 1
        return left

    def prefix(self) -> Node:
        negations: list[type[Negation | Minus]] = []
        while True:
            if self.word("not"):
                negations.append(Negation)
            elif self.take("-"):
                negations.append(Minus)
            else:
                break
            if len(negations) > _DEPTH:
                raise self.error()
        node = self.primary()
        for kind in reversed(negations):
            node = kind(node)
        return node

    def primary(self) -> Node:
        if self.take("("):
            node = self.expression()
            self.need(")")
        elif self.current.kind is Kind.LITERAL:
            node = Literal(self.advance().value)
        else:
            name = self.name()
            node = self.call(name) if self.current.text == "(" and self.current.kind is Kind.MARK else Path((name,))
        return self.path(node)

    def path(self, node: Node) -> Node:
        names = list(node.names) if isinstance(node, Path) else []
        root = None if isinstance(node, Path) else node
        while self.take("/"):
            name = self.name()
            if name in ("any", "all") and self.current.text == "(":
                return self.quantifier(Path(tuple(names), root), every=name == "all")
            names.append(name)
        return Path(tuple(names), root) if names else node

    def call(self, name: str) -> Node:
        self.need("(")
        arguments: list[Node] = []
        while not self.take(")"):
            if arguments:
                self.need(",")
            arguments.append(self.expression())
        return Call(name, tuple(arguments))

    def quantifier(self, path: Path, *, every: bool) -> Node:
        self.need("(")
        if self.take(")"):
            return Any_(path, every)
        variable = self.name()
        self.need(":")
        body = self.expression()
        self.need(")")
        return Any_(path, every, variable, body)
