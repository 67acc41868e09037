"""The JSON Schema of readiness.toml, made from the model; `readiness.schema.json` beside it is what editors are given.

`python -m harness.config.schema` writes the file; a test compares it with the model.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from harness.config.model import Settings

FILE = Path(__file__).parent / "readiness.schema.json"
IDENTITY = "urn:onec-readiness:readiness.toml"


def build() -> dict[str, Any]:
    """The schema: draft 2020-12, unknown keys forbidden, every key described."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": IDENTITY,
        "title": "readiness.toml",
        **msgspec.json.schema(Settings),
    }
    for definition in schema["$defs"].values():
        definition.pop("title", None)
    return schema


def text() -> str:
    """The file's content."""
    return json.dumps(build(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8", newline="\n")
