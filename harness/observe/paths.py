"""Paths inside documents and the patterns that point at them: names joined by "/", attributes as "@name".

"*" is any one name, "**" any number of them; a pattern that does not begin with "/" is looked for at any depth.
"""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    anchored = pattern if pattern.startswith("/") else f"/**/{pattern}"
    parts = [part for part in anchored.split("/") if part]
    expression = ""
    for part in parts:
        if part == "**":
            expression += "(?:/[^/]+)*"
        else:
            expression += "/" + "[^/]*".join(re.escape(piece) for piece in part.split("*"))
    return re.compile(expression)


def matches(pattern: str, path: str) -> bool:
    """Whether a pattern points at this path."""
    return _compiled(pattern).fullmatch(path) is not None


@lru_cache(maxsize=4096)  # a document has thousands of leaves and tens of shapes
def masked(patterns: tuple[str, ...], path: str) -> bool:
    """Whether a path, or something it lies in, is pointed at by one of the patterns."""
    if not patterns:
        return False
    steps = path.split("/")
    return any(matches(pattern, "/".join(steps[:end])) for pattern in patterns for end in range(2, len(steps) + 1))
