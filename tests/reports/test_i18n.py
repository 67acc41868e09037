from __future__ import annotations

import ast
import re
from decimal import Decimal
from pathlib import Path

import pytest

import reports
from harness.record.models import DifferenceClass, ObservationKind, Outcome, Phase, Severity, Text, Verdict
from reports.html import LOOKS
from reports.i18n import Translator, catalogue
from reports.view import words

HOUSE = Path(reports.__file__).parent
CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)


def template_texts() -> set[str]:
    found = set()
    for path in HOUSE.glob("templates/*.j2"):
        text = path.read_text(encoding="utf-8")
        found |= {match[2] for match in re.finditer(r"""\b_\((["'])(.*?)\1""", text)}
    return found


def code_texts() -> set[str]:
    """First arguments of tr(…), and the words of the house."""
    found = set()
    for path in HOUSE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                if name in {"tr", "translator", "self"} and node.args and isinstance(node.args[0], ast.Constant):
                    found.add(str(node.args[0].value))
    for name, table in vars(words).items():
        if name.isupper():
            found |= {value for value in table.values() if CYRILLIC.search(value)}
    return found


def test_every_text_of_the_documents_is_in_the_english_catalogue() -> None:
    messages = [message.id for message in catalogue("en") if message.id and message.string]
    known = {one for id_ in messages for one in (id_ if isinstance(id_, tuple) else (id_,))}
    assert not sorted((template_texts() | code_texts()) - known)


def record_texts() -> set[str]:
    """Texts of the gates, the comparison and the steps, as their modules have them."""
    found: set[str] = set()
    for pattern in ("gate/*.py", "observe/wording.py", "run/steps.py", "run/window.py"):
        for path in (HOUSE.parent / "harness").glob(pattern):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            apart = {
                id(inner)
                for node in ast.walk(tree)
                # Docstrings, errors for the command, and pieces of texts are not texts of a record.
                if isinstance(node, ast.Expr | ast.Raise | ast.JoinedStr)
                and not (isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant))
                for inner in ast.walk(node)
            }
            constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in apart]
            found |= {node.value for node in constants if isinstance(node.value, str) and CYRILLIC.search(node.value)}
    return found


def test_every_text_of_the_gates_is_in_the_english_catalogue() -> None:
    from harness.gate import gates

    pieces = {*gates._PHASES.values(), *gates._PROBLEMS}
    whole = {text for texts in gates.PHASE_PROBLEMS.values() for text in texts}
    known = {str(message.id) for message in catalogue("en") if message.string}
    assert not sorted(((record_texts() - pieces) | whole) - known)


def test_titles_of_the_bundled_scenarios_are_in_the_english_catalogue() -> None:
    known = {str(message.id) for message in catalogue("en") if message.string}
    titles = set()
    for path in (HOUSE.parent / "scenarios").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                titles.add((ast.get_docstring(node) or "").partition("\n")[0].rstrip("."))
    assert not sorted(titles - known - {""})


def test_a_text_made_of_a_known_beginning_and_a_known_addition_is_translated(en: Translator) -> None:
    msgid = "Таблица «{observation}»: исчезла строка {key}: было {before}, теперь её нет; всего таких строк: {count}"
    params = {"observation": "Отчёт ВаловаяПрибыль", "key": "К", "before": "1", "count": "3"}
    said = en.text(Text(msgid=msgid, params=params))
    assert said == "Table “Report ВаловаяПрибыль”: row К is gone; it was 1; 3 such rows in all"


def test_no_translation_is_left_over_or_loses_a_place() -> None:
    for message in catalogue("en"):
        if message.id and isinstance(message.id, str):
            assert set(re.findall(r"\{\w+\}", message.id)) == set(re.findall(r"\{\w+\}", str(message.string))), (
                message.id
            )
            assert not CYRILLIC.search(str(message.string)), message.id  # every name a text needs is one of its places


def test_catalogues_count_the_same_nouns() -> None:
    counted = [
        {message.id for message in catalogue(language) if isinstance(message.id, tuple)} for language in ("ru", "en")
    ]
    assert counted[0] == counted[1] != set()


def test_every_word_of_the_record_has_a_name_and_a_look() -> None:
    assert set(words.VERDICTS) == set(words.MARKS) == set(words.VERDICT_SENTENCES) == set(Verdict)
    assert set(words.SEVERITIES) == set(words.SEVERITY_GROUPS) == set(words.WEIGHTS) == set(Severity)
    assert set(words.OUTCOMES) == set(Outcome)
    assert set(words.DIFFERENCES) == set(DifferenceClass)
    assert set(words.KINDS) == set(ObservationKind)
    assert set(words.PHASES) == {phase.value for phase in Phase}
    marks = {*words.MARKS.values(), *Severity, *Outcome, *(set(DifferenceClass) - {DifferenceClass.IDENTICAL})}
    assert marks <= set(LOOKS)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1, "1 предупреждение"),
        (2, "2 предупреждения"),
        (5, "5 предупреждений"),
        (11, "11 предупреждений"),
        (21, "21 предупреждение"),
        (1234, "1 234 предупреждения"),
    ],
)
def test_russian_plurals(ru: Translator, number: int, expected: str) -> None:
    assert ru.count(number, "предупреждение", "предупреждений").replace("\N{NO-BREAK SPACE}", " ") == expected


def test_english_plurals(en: Translator) -> None:
    said = [
        en.count(number, "предупреждение", "предупреждений").replace("\N{NO-BREAK SPACE}", " ") for number in (0, 1, 2)
    ]
    assert said == ["0 warnings", "1 warning", "2 warnings"]


@pytest.mark.parametrize(
    ("value", "russian", "english"),
    [
        ("1843200.00", "1 843 200,00", "1,843,200.00"),
        ("-0.5", "−0,5", "−0.5"),
        ("12345678901234567.89", "12 345 678 901 234 567,89", "12,345,678,901,234,567.89"),
        ("1E+3", "1 000", "1,000"),
        ("NaN", "NaN", "NaN"),
        ("не число", "не число", "не число"),
    ],
)
def test_numbers(ru: Translator, en: Translator, value: str, russian: str, english: str) -> None:
    assert (ru.number(value).replace("\N{NO-BREAK SPACE}", " "), en.number(value)) == (russian, english)


def test_signed_numbers(ru: Translator) -> None:
    assert [ru.signed(Decimal(value)) for value in ("3", "-3", "0")] == ["+3", "−3", "0"]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.0, "0 мс"),
        (0.35, "350 мс"),
        (0.9996, "1,0 с"),
        (2.44, "2,4 с"),
        (59.96, "1 мин 00 с"),
        (65.2, "1 мин 05 с"),
        (3599.7, "1 ч 00 мин"),
        (4322.0, "1 ч 12 мин"),
    ],
)
def test_durations(ru: Translator, seconds: float, expected: str) -> None:
    assert ru.seconds(seconds).replace("\N{NO-BREAK SPACE}", " ") == expected


def test_moments_keep_the_offset_of_the_record(ru: Translator, en: Translator) -> None:
    assert ru.moment("2026-11-28T20:00:00+03:00") == "28 ноября 2026, 20:00 (UTC+03:00)"
    assert en.moment("2026-11-28T20:00:00Z") == "28 November 2026, 20:00 (UTC)"
    assert ru.moment("2026-11-28T20:00:00") == "28 ноября 2026, 20:00"
    assert ru.moment("когда-нибудь") == "когда-нибудь"
    assert ru.date("2.0.16") == "2.0.16"


def test_a_text_of_the_record_is_translated_and_its_params_are_not(en: Translator) -> None:
    assert (
        en.text(Text(msgid="Требуется: {wanted}; на деле: {seen}.", params={"wanted": "Отчёты", "seen": "{x}"}))
        == "Wanted: Отчёты; seen: {x}."
    )
    assert en.text(Text(msgid="")) == ""
    assert en.text(None) == ""


@pytest.mark.parametrize(("asked", "got"), [("ru", "ru"), ("en-US", "en"), ("en_GB", "en"), ("de", "ru"), ("", "ru")])
def test_languages(asked: str, got: str) -> None:
    assert Translator(asked).language == got
