"""One fault seen by several scenarios is one cause; nothing is lost by telling it once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.gate.subjects import with_causes
from harness.observe.naming import subject_of
from harness.record.models import Finding, Severity, Text

if TYPE_CHECKING:
    from collections.abc import Sequence


def finding(
    scenario: str, code: str = "DIFFERENCE", *, severity: Severity = Severity.BLOCKER, **params: str
) -> Finding:
    object_ = params.pop("object", "Таблица")
    text = Text(msgid="{key} {column} {reason}", params=params)
    return Finding(
        code=code,
        severity=severity,
        area="flow",
        object=object_,
        text=text,
        scenario=scenario,
        before=params.get("before", ""),
        after=params.get("after", ""),
    )


@pytest.mark.parametrize(
    ("how", "subject"),
    [
        ({"key": "Catalog_Контрагенты/КодПоОКПО"}, "Catalog_Контрагенты.КодПоОКПО"),
        ({"key": "Набор=Catalog_Контрагенты, Колонка=КодПоОКПО"}, "Catalog_Контрагенты.КодПоОКПО"),
        ({"key": "Набор=Document_Заказ", "column": "Сумма"}, "Document_Заказ.Сумма"),
        ({"key": "Отчёт=Остатки (отбор: Склад), Колонка=Сумма"}, "report:Остатки"),
        ({"object": "Итоги отчёта Остатки", "key": "Итог=Сумма"}, "report:Остатки"),
        ({"key": "Вид=Document_Начисление, Регистр=AccountingRegister_Учет"}, "Document_Начисление"),
        (
            {"object": "Движения документа Document_Начисление", "key": "Регистр=AccountingRegister_Учет"},
            "Document_Начисление",
        ),
        ({"key": "УниверсальныйФормат/БП/версия/1.17"}, "exchange:УниверсальныйФормат"),
        ({"key": "Задание=Загрузка"}, "job:Загрузка"),
        ({"key": "Роль=М, Объект=Document_Заказ", "after": "нет"}, "rights closed:Document_Заказ"),
        (
            {"key": "Набор=AccumulationRegister_А_RecordType", "after": "разрешено"},
            "rights opened:AccumulationRegister_А",
        ),
        ({"key": "Номенклатура=Стол"}, ""),
    ],
)
def test_what_a_finding_names(how: dict[str, Any], subject: str) -> None:
    assert subject_of(finding("A", **how)) == subject


def test_one_fault_seen_by_five_scenarios_is_one_cause() -> None:
    findings = [
        finding("SWEEP", key="Обмен1/БП/версия/1.17", object="Возможности"),
        finding("UNI-1", "SCENARIO-FAILED", reason="Обмен Обмен1, узел БП: не выгружается"),
        finding("UNI-2", "SCENARIO-FAILED", reason="Обмен Обмен1: нет общей версии"),
        finding("UNI-2", object="Версия формата"),
        finding("REP", object="Отчёт Прибыль", key="Товар=Стол"),
    ]

    named, causes = with_causes(findings)

    assert [(cause.id, cause.scenarios, cause.findings) for cause in causes] == [
        ("exchange:Обмен1", ["SWEEP", "UNI-1", "UNI-2"], 4),
        ("report:Прибыль", ["REP"], 1),
    ]
    assert [one.cause for one in named] == ["exchange:Обмен1"] * 4 + ["report:Прибыль"]


def test_two_faults_of_one_scenario_stay_two() -> None:
    _, causes = with_causes([finding("S", key="Catalog_А/Б"), finding("S", key="Catalog_В/Г")])

    assert len(causes) == 2


FINDINGS = st.lists(
    st.builds(
        finding,
        st.sampled_from(["A", "B", "C"]),
        st.sampled_from(["DIFFERENCE", "SCENARIO-FAILED", "SLOWER", "STRUCTURE"]),
        severity=st.sampled_from(Severity),
        key=st.sampled_from(["", "Catalog_А/Б", "Отчёт=Х", "Задание=З"]),
        reason=st.sampled_from(["", "Обмен О: сбой", "Отчёт Х: пуст"]),
    ),
    max_size=8,
)


def counts(findings: Sequence[Any]) -> dict[Severity, int]:
    return {level: sum(one.severity is level for one in findings) for level in Severity}


@settings(max_examples=100, deadline=None)
@given(FINDINGS, st.randoms(use_true_random=False))
def test_causes_lose_nothing_and_do_not_depend_on_order(findings: list[Finding], chance: Any) -> None:
    named, causes = with_causes(findings)
    shuffled = list(findings)
    chance.shuffle(shuffled)

    assert with_causes(shuffled)[1] == causes
    assert counts(named) == counts(findings)
    assert sum(cause.findings for cause in causes) == len(
        [one for one in findings if one.severity is not Severity.INFO]
    )
    worst = {one.cause: min(list(Severity).index(x.severity) for x in named if x.cause == one.cause) for one in named}
    assert all(list(Severity).index(cause.severity) == worst[cause.id] for cause in causes)
