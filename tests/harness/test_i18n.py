from __future__ import annotations

import ast
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from harness import i18n

ROOT = Path(i18n.__file__).parent


def texts_of_the_code() -> set[str]:
    found = set()
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
                assert isinstance(node.args[0], ast.Constant), (
                    f"{path}:{node.lineno}: a text to translate must be a constant"
                )
                found.add(str(node.args[0].value))
    return found


def test_every_text_has_its_english_twin_and_no_twin_is_left_over() -> None:
    assert set(i18n.catalogue("en")) == texts_of_the_code()


def test_translations_keep_the_places() -> None:
    for source, target in i18n.catalogue("en").items():
        assert source.count("{") == target.count("{"), source
        assert all(name in target for name in ("{record}", "{path}", "{left}") if name in source), source


def test_the_catalogue_is_read_as_babel_reads_it() -> None:
    with (ROOT / "locale" / "en.po").open("rb") as file:
        expected = {str(message.id): str(message.string) for message in read_po(file) if message.id}

    assert i18n.catalogue("en") == expected


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({"LANG": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "ru"),
        ({"LANG": "ru_RU.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "ru_RU.UTF-8", "LC_ALL": "", "READINESS_LANGUAGE": "en"}, "en"),
    ],
)
def test_the_language_follows_the_locale(environ: dict[str, str], language: str) -> None:
    assert i18n.detect(environ) == language
