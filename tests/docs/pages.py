"""The pages of the documentation as tests see them: blocks of code, tables, links, headings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("ru", "en")
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Page:
    """One Markdown file."""

    path: Path

    def __str__(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text(encoding="utf-8")

    @property
    def prose(self) -> str:
        """Without blocks of code."""
        return _BLOCK.sub("", self.text)

    def blocks(self, language: str) -> list[str]:
        """Contents of the blocks of a language."""
        return [body for name, body in _BLOCK.findall(self.text) if name == language]

    def rows(self) -> list[list[str]]:
        """Cells of every table row, without headings' rulers."""
        lines = [line for line in self.prose.splitlines() if line.startswith("|")]
        cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
        return [row for row in cells if not set("".join(row)) <= set("-: ")]

    def links(self) -> list[str]:
        """Targets of links and pictures."""
        return [first or second for first, second in _LINK.findall(self.prose)]

    def anchors(self) -> set[str]:
        """Anchors of headings, as GitHub and GitLab make them."""
        headings = re.findall(r"^#+ (.+)$", self.prose, re.MULTILINE)
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def pages() -> list[Page]:
    """Readmes and everything under docs, decisions too."""
    found = [*ROOT.glob("README*.md"), ROOT / "scenarios" / "README.md", *(ROOT / "docs").rglob("*.md")]
    return [Page(path) for path in sorted(found)]


def guide(language: str, name: str) -> Page:
    """A page for users: `guide("ru", "first-run")`."""
    return Page(ROOT / "docs" / language / f"{name}.md")


def guides() -> list[Page]:
    """Pages for users, in both languages."""
    return [page for page in pages() if page.path.parent.name in LANGUAGES]
