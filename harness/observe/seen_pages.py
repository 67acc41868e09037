"""What the record keeps of a page: its lines, its picture as evidence, and how the picture was drawn."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from harness.observe.pages import page_of
from harness.record.files import sha256
from harness.record.models import NotChecked, Text
from harness.record.redact import redact_content, redact_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.observe.notes import Notes
    from harness.observe.pseudonyms import Pseudonyms
    from harness.observe.renderer import Renderer

MASKED = "…"
"""What a masked piece of a text becomes."""


class SeenPage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page as it was seen.

    Attributes:
        lines: its text.
        picture: path of a PNG in the record, "" when there is none.
        sha256: of the picture.
        browser: what drew it, for people.
        manner: how this browser draws (`Drawn.manner`): pictures of two manners are not compared.
        why: why there is no picture, or what it does not show.
    """

    lines: list[str]
    picture: str = ""
    sha256: str = ""
    browser: str = ""
    manner: str = ""
    why: Text | None = None


def seen_page(
    content: bytes | str,
    *,
    notes: Notes,
    title: str,
    mask: Sequence[str],
    personal: Sequence[str],
    pseudonyms: Pseudonyms,
    renderer: Renderer | None,
) -> SeenPage:
    """Reads a page, draws it and keeps its picture; without a renderer its text is all there is.

    Raises:
        DocumentError: no page, or one too large.
        re.error: a mask that is no regular expression.
    """
    masks = [re.compile(pattern) for pattern in mask]
    hidden = [re.compile(pattern, re.MULTILINE) for pattern in personal]

    def replace(text: str) -> str:
        for pattern in hidden:
            text = pattern.sub(lambda found: str(pseudonyms.column([found[0]])[0]), text)
        for pattern in masks:
            text = pattern.sub(MASKED, text)
        return redact_text(text)

    page = page_of(content, replace)
    # Once more over whole lines: what is looked for may be written by pieces, a bold word among them.
    lines = [replace(line) for line in page.lines]
    if renderer is None:
        return SeenPage(lines=lines)
    drawn = renderer.draw(page.html)
    if drawn.why is not None:
        notes.not_checked.append(NotChecked(what=f"{title}: картинка страницы", why=drawn.why))
    if not drawn.picture:
        return SeenPage(lines=lines, why=drawn.why)
    kept = redact_content(drawn.picture)  # as evidence is kept
    return SeenPage(
        lines=lines,
        picture=notes.keep("page.png", kept),
        sha256=sha256(kept),
        browser=drawn.browser,
        manner=drawn.manner,
        why=drawn.why,
    )
