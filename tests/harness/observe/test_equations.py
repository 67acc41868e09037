"""Control totals between observations of a scenario and between phases."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import ConfigError
from harness.gate.findings import findings_of
from harness.observe import explain_record
from harness.record.models import DifferenceClass, Finding, Phase, Severity
from tests.harness.observe.pair import Pair

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.observe.capture import Observe


def scenario(
    equation: str, *, opening: int, closing: int, register: int = 10, value: int = 2
) -> Callable[[Observe], Any]:
    def body(observe: Observe) -> None:
        rows = [{"К": 1, "Начало": Decimal(opening), "Конец": Decimal(closing)}, {"К": 2, "Начало": 0, "Конец": 0}]
        observe.table("отчёт", rows, key="К", across=equation, mask=["Начало", "Конец"])
        observe.table("регистр", [{"К": 1, "Сумма": register}], key="К", mask=["Сумма"])
        observe.value("строк", value)

    return body


def found(folder: Path, before: Callable[[Observe], Any], after: Callable[[Observe], Any]) -> list[Finding]:
    pair = Pair(folder)
    pair.see(Phase.BEFORE, before)
    pair.see(Phase.AFTER, after)
    from harness.observe import compare_record

    compare_record(pair.writer)
    explain_record(pair.writer, [])
    return [one for one in findings_of(pair.read()) if one.code.startswith("CONTROL")]


@pytest.mark.parametrize(
    ("equation", "before", "after", "codes"),
    [
        ("after(sum(Начало)) == before(sum(Конец))", (1, 10), (10, 12), []),
        ("after(sum(Начало)) == before(sum(Конец))", (1, 10), (9, 12), ["CONTROL-TOTAL"]),
        ('sum(Конец) == of("регистр", sum(Сумма))', (1, 10), (1, 10), []),
        ('sum(Конец) == of("регистр", sum(Сумма))', (1, 10), (1, 11), ["CONTROL-TOTAL"]),
        ('sum(Конец) == of("регистр", sum(Сумма))', (1, 11), (1, 11), ["CONTROL-TOTAL-BEFORE"]),
        ('count() == value("строк")', (1, 1), (1, 1), []),
        ('count() + 1 == value("строк")', (1, 1), (1, 1), ["CONTROL-TOTAL-BEFORE"]),
        ("abs(sum(Конец) - sum(Начало)) <= 2", (1, 10), (10, 12), []),
    ],
)
def test_equations(
    folder: Path, equation: str, before: tuple[int, int], after: tuple[int, int], codes: list[str]
) -> None:
    sides = [scenario(equation, opening=side[0], closing=side[1]) for side in (before, after)]

    assert [one.code for one in found(folder, *sides)] == codes


def test_the_sentence_names_both_sides_and_what_was_broken_before_is_a_warning(folder: Path) -> None:
    body = scenario("sum(Конец) == 7", opening=0, closing=8)

    (finding,) = found(folder, body, body)

    assert "слева 8, справа 7" in str(finding.text)
    assert finding.severity is Severity.WARNING


def test_an_equation_that_names_nothing_known_leaves_the_run_incomplete(folder: Path) -> None:
    body = scenario('sum(Конец) == of("нет такого", sum(Сумма))', opening=0, closing=8)
    differences = Pair(folder).both(body, body)

    assert [str(one.text) for one in differences if one.cls is DifferenceClass.NO_TWIN] == [
        'Контрольное равенство «sum(Конец) == of("нет такого", sum(Сумма))» (отчёт) вычислить нельзя: нет наблюдения «нет такого»'
    ]


@pytest.mark.parametrize("equation", ["sum(Конец)", "Конец == 1 == 2", "open('x') == 1", "sum(Конец) in (1, 2)"])
def test_what_is_no_equation_is_refused_at_once(folder: Path, equation: str) -> None:
    with pytest.raises(ConfigError):
        Pair(folder).see(Phase.BEFORE, scenario(equation, opening=0, closing=0))
