"""`readiness exchange`, as a user calls it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from harness import i18n
from harness.cli.app import main
from harness.exchange.recognise import Kind
from tests.harness.exchange.samples import samples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Done:
    """What a command left."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def readiness(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Done]]:
    """Calls the command in this process: the texts of its help are those of the language it was imported in."""
    before = i18n.current()

    def call(*arguments: str, language: str = "ru") -> Done:
        i18n.use(language)
        code = main(arguments)
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    yield call
    i18n.use(before)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in with a right file, a wrong one, one of another format."""
    monkeypatch.chdir(tmp_path)
    good = samples()[Kind.BANK]
    (tmp_path / "good.txt").write_bytes(good)
    (tmp_path / "bad.txt").write_bytes(good.replace(b"=1200.50", b"=1200,50", 1))
    (tmp_path / "other.txt").write_bytes("***** ^Type=400^".encode("cp1251"))
    (tmp_path / "message.xml").write_bytes(samples()[Kind.ENTERPRISE_DATA])
    (tmp_path / "schema.xdto.xml").write_bytes(samples()[Kind.XDTO])
    return tmp_path


def test_a_right_file_is_0_and_what_it_is_is_told(readiness: Callable[..., Done], files: Path) -> None:
    done = readiness("exchange", "validate", str(files / "good.txt"))

    assert (done.returncode, done.stderr) == (0, "")
    assert "1CClientBankExchange (версия: 1.03; кодировка: cp1251" in done.stdout
    assert "Замечаний нет" in done.stdout


def test_a_wrong_file_is_1_with_places_in_the_language_of_the_reader(
    readiness: Callable[..., Done], files: Path
) -> None:
    russian = readiness("exchange", "validate", "bad.txt")
    english = readiness("exchange", "validate", "bad.txt", language="en")

    assert (russian.returncode, english.returncode) == (1, 1)
    assert "bad.txt:16: «ВсегоПоступило» не сумма: 1200,50: дробная часть отделена запятой" in russian.stdout
    assert 'bad.txt:16: "ВсегоПоступило" is not a sum: 1200,50: the fraction is separated by a comma' in english.stdout


def test_a_file_of_another_format_is_2_with_its_reason(readiness: Callable[..., Done], files: Path) -> None:
    russian = readiness("exchange", "validate", "other.txt")
    english = readiness("exchange", "validate", "other.txt", language="en")

    assert (russian.returncode, english.returncode) == (2, 2)
    assert "белорусского" in russian.stderr
    assert "Belarusian" in english.stderr
    assert "→" in english.stderr


def test_one_json_object_says_all(readiness: Callable[..., Done], files: Path) -> None:
    wrong = json.loads(readiness("exchange", "validate", "bad.txt", "--json").stdout)
    unknown = json.loads(readiness("exchange", "validate", "other.txt", "--json").stdout)
    compared = json.loads(readiness("exchange", "compare", "good.txt", "bad.txt", "--json").stdout)

    assert (wrong["exit_code"], wrong["kind"], wrong["problems"][0]["code"]) == (1, "bank", "VALUE")
    assert wrong["problems"][0]["line"] == 16
    assert unknown["exit_code"] == 2
    assert "белорусского" in unknown["error"]["message"]
    assert [(one["field"], one["before"]) for one in compared["changes"]] == [("ВсегоПоступило", "1200.50")]


def test_a_package_checks_a_message(readiness: Callable[..., Done], files: Path) -> None:
    done = readiness("exchange", "validate", "message.xml", "--package", "schema.xdto.xml")

    assert done.returncode == 1
    assert "/Message/Body/Справочник.Контрагенты[1]: вида объекта" in done.stdout


def test_equal_files_are_0_and_different_ones_1(readiness: Callable[..., Done], files: Path) -> None:
    same = readiness("exchange", "compare", "good.txt", "good.txt")
    different = readiness("exchange", "compare", "good.txt", "bad.txt")

    assert (same.returncode, same.stdout.strip()) == (0, "Различий нет")
    assert different.returncode == 1
    assert "поле «ВсегоПоступило» было «1200.50», стало «1200,50»" in different.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("validate", "nowhere.txt"), "такого файла нет"),
        (("validate", "."), "папка"),
        (("validate", "good.txt", "--kind", "zip"), "нет формата «zip»"),
        (("validate", "good.txt", "--direction", "up"), "from-bank"),
        (("validate", "good.txt", "--kind", "xdto"), "не XML"),
        (("validate", "good.txt", "--package", "schema.xdto.xml"), "EnterpriseData"),
        (("validate", "message.xml", "--package", "good.txt"), "не XML"),
        (("compare", "good.txt", "message.xml"), "форматы разные"),
        (("compare", "good.txt", "other.txt"), "белорусского"),
        (("compare", "good.txt", "good.txt", "--xsd", "nowhere.xsd"), "схема не читается"),
        ((), "validate"),
    ],
)
def test_wrong_usage_is_2_with_a_reason(
    readiness: Callable[..., Done], files: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = readiness("exchange", *arguments)

    assert done.returncode == 2
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
