from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

import jsonschema
import pytest

from harness.config import load, reference, schema
from harness.config.lines import line_of, lines_of
from harness.config.provenance import keys
from harness.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def written(folder: Path, text: str) -> Path:
    path = folder / "readiness.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(folder: Path, text: str, env: dict[str, str] | None = None, **overrides: str) -> str:
    path = written(folder, text)
    with pytest.raises(ConfigError) as caught:
        load(path, env=env or {}, overrides={key.replace("__", "."): value for key, value in overrides.items()})
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_every_value_knows_where_it_came_from(tmp_path: Path) -> None:
    path = written(
        tmp_path, '# наш проект\n[project]\nname = "Х"\n\n[gates]\nreport_coverage = 0.9\nmax_warnings = 3\n'
    )

    config = load(path, env={"READINESS_GATES_MAX_WARNINGS": "5"}, overrides={"scenarios.workers": "2"})

    assert config.settings.project.name == "Х"
    assert config.source("project.name") == "readiness.toml:3"
    assert config.source("gates.report_coverage") == "readiness.toml:6"
    assert (config.settings.gates.max_warnings, config.source("gates.max_warnings")) == (
        5,
        "environment READINESS_GATES_MAX_WARNINGS",
    )
    assert (config.settings.scenarios.workers, config.source("scenarios.workers")) == (2, "command line")
    assert config.source("timings.ratio") == "default"


def test_the_command_line_is_stronger_than_the_environment(tmp_path: Path) -> None:
    path = written(tmp_path, "[scenarios]\nworkers = 1\n")

    config = load(path, env={"READINESS_SCENARIOS_WORKERS": "3"}, overrides={"scenarios.workers": "4"})

    assert config.settings.scenarios.workers == 4


def test_the_listing_holds_every_key_and_no_secret(tmp_path: Path) -> None:
    path = written(tmp_path, '[user]\nname = "А"\npassword = "env:P"\n')

    listing = {item.key: item for item in load(path, env={"P": "hunter2"}).listing()}

    assert {key.dotted for key in keys()} <= listing.keys()
    assert listing["user.password"].value == "env:P"
    assert "hunter2" not in repr(listing)


def test_an_unknown_key_is_refused_with_its_place_and_the_nearest_name(tmp_path: Path) -> None:
    message = refused(tmp_path, "[gates]\n\nreport_coverge = 0.9\n")

    assert "readiness.toml:3" in message
    assert "report_coverge" in message
    assert "«report_coverage»" in message


def test_an_unknown_section_is_refused(tmp_path: Path) -> None:
    assert "«stand»" in refused(tmp_path, '[stnd]\nkind = "external"\n')


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    message = refused(tmp_path, '[stand]\nkind = "embeded"\ndocuments = "5"\n[scenarios]\nworkers = 0\n')

    assert "«embedded»" in message
    assert "readiness.toml:3" in message
    assert "целое число" in message
    assert "readiness.toml:5" in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[stand]\ndocuments = "5"\n', "ожидается целое число, а записано: строка"),
        ("[stand]\ndocuments = 0\n", "нужно >= 1"),
        ("[gates]\nreport_coverage = 1.5\n", "нужно <= 1"),
        ("[project]\nname = 5\n", "ожидается строка"),
        ("[period]\nstart = 5\n", "дата"),
        ('[period]\nstart = "вчера"\n', "2026-03-31"),
        ('[documents]\nformats = ["docs"]\n', "docs"),
        ('[documents]\nformats = ["htm"]\n', "«html»"),
        ('stand = "external"\n', "это раздел"),
        ('[users]\n"Менеджер" = "x"\n', "ожидается раздел"),
        ('[gates]\nwindow = "stop"\n', "ignore, conditions, incomplete, no-go"),
        ('[sweep]\nexclude = ["Catalog_А: почему", "Catalog_Б"]', "«Catalog_Б» записано не по правилам"),
    ],
)
def test_a_wrong_value_is_explained(tmp_path: Path, text: str, said: str) -> None:
    assert said in refused(tmp_path, text)


def test_a_file_that_is_no_toml_is_refused_with_the_line(tmp_path: Path) -> None:
    message = refused(tmp_path, "[project]\nname = Проект\n")

    assert "это не TOML" in message
    assert "line 2" in message


def test_a_missing_file_is_refused_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="readiness init"):
        load(tmp_path / "readiness.toml", env={})


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "readiness.toml"
    path.write_bytes('[project]\nname = "Проект"\n'.encode("cp1251"))

    with pytest.raises(ConfigError, match="UTF-8"):
        load(path, env={})


@pytest.mark.parametrize(
    "text",
    [
        '[user]\nname = "А"\npassword = "hunter2"\n',
        '[users."М"]\npassword = "hunter2"\n',
        '[user]\npasword = "hunter2"\n',
        '[stand]\nurl = "http://admin:hunter2@server/base"\n',
        '[production]\naddresses = ["http://admin:hunter2@server/base"]\n',
    ],
)
def test_a_literal_password_is_refused_and_never_repeated(tmp_path: Path, text: str) -> None:
    message = refused(tmp_path, text)

    assert "hunter2" not in message
    assert "так нельзя" in message


def test_an_unknown_variable_of_the_environment_is_refused(tmp_path: Path) -> None:
    message = refused(tmp_path, "", env={"READINESS_STAND_URRL": "http://x/y"})

    assert "READINESS_STAND_URRL" in message
    assert "READINESS_STAND_URL?" in message


def test_variables_with_secrets_and_of_others_set_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, '[user]\nname = "А"\npassword = "env:READINESS_USER_PASS"\n')
    env = {
        "READINESS_USER_PASS": "a",
        "READINESS_USER_PASSWORD": "b",
        "READINESS_LANGUAGE": "en",
        "READINESS_BASE": "c",
    }

    config = load(path, env=env)

    assert config.settings.user.password == "env:READINESS_USER_PASS"


def test_an_unknown_key_of_the_command_line_is_refused(tmp_path: Path) -> None:
    assert "stand.documents" in refused(tmp_path, "", stand__document="5")


def test_dates_are_taken_as_toml_has_them_and_as_strings(tmp_path: Path) -> None:
    text = '[period]\nstart = 2026-01-01\nend = "2026-03-31"\n[window]\nstart = "2026-11-28T20:00"\nend = 2026-11-29T08:00:00\n'
    settings = load(written(tmp_path, text), env={}).settings

    assert (str(settings.period.start), str(settings.period.end)) == ("2026-01-01", "2026-03-31")
    assert (str(settings.window.start), str(settings.window.end)) == ("2026-11-28 20:00:00", "2026-11-29 08:00:00")


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    first = load(written(tmp_path, "[project]\n"), env={}).digest

    assert load(written(tmp_path, "[project]\n\n"), env={}).digest != first


def test_the_shipped_schema_is_the_one_of_the_model() -> None:
    assert schema.FILE.read_text(encoding="utf-8") == schema.text(), "run: python -m harness.config.schema"


def test_the_schema_takes_good_files_and_refuses_unknown_keys() -> None:
    described = json.loads(schema.text())
    validator = jsonschema.Draft202012Validator(described)

    assert validator.is_valid(tomllib.loads('[stand]\nkind = "external"\n[user]\npassword = "env:P"\n'))
    assert not validator.is_valid(tomllib.loads("[stand]\nkin = 1\n"))
    assert not validator.is_valid(tomllib.loads('[user]\npassword = "hunter2"\n'))


def test_every_key_is_described() -> None:
    described = schema.build()["$defs"]
    lacking = [
        f"{name}.{key}"
        for name, section in described.items()
        for key, value in section["properties"].items()
        if "description" not in value and "$ref" not in value
    ]

    assert lacking == []


def test_lines_of_keys_are_found_whatever_the_values_look_like() -> None:
    text = """\
language = "ru" # [stand]
[stand]
url = "a = [b"
feeds = [
  "x", # ]
  'y',
]
base = \"\"\"
[update]
release = 1
\"\"\"
[users."Менеджер по [продажам]"]
name = 'М'
[a . b]
c.d = { e = 1 }
"""
    lines = lines_of(text)

    assert tomllib.loads(text)["stand"]["base"] == "[update]\nrelease = 1\n"
    assert lines["language",] == 1
    assert lines["stand", "url"] == 3
    assert lines["stand", "feeds"] == 4
    assert lines["stand", "base"] == 8
    assert ("update",) not in lines
    assert lines["users", "Менеджер по [продажам]", "name"] == 13
    assert lines["a", "b", "c", "d"] == 15
    assert line_of(lines, ("a", "b", "c", "d", "e")) == 15
    assert line_of(lines, ("stand", "unknown")) == 2
    assert line_of(lines, ("nowhere",)) == 0


def test_the_reference_in_the_docs_is_the_one_of_the_model() -> None:
    written_down = (schema.FILE.parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")

    assert written_down == reference.text(), "run: python -m harness.config.reference > docs/configuration.md"
    assert all(f"| `{key.path[-1]}` |" in written_down for key in keys())
