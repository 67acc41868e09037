"""Realistic run records, written by the record's own writer: what a rehearsal of the demo company leaves behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from harness.record import Collected, EventKind, Excluded, PhaseFinished, RecordWriter, ScenarioFinished
from harness.record.models import (
    Acceptance,
    Capability,
    Decision,
    Difference,
    DifferenceClass,
    Fact,
    Finding,
    GateResult,
    Header,
    NotChecked,
    Observation,
    ObservationKind,
    Outcome,
    Override,
    Phase,
    Scenario,
    ScenarioRun,
    Setting,
    Severity,
    Step,
    Text,
    Verdict,
)
from tests.reports import sample_findings as found

if TYPE_CHECKING:
    from pathlib import Path

RUN: Final = "6f1c9a52-3d0e-4b57-9a41-8e2f0c7d5b16"
CREATED: Final = "2026-11-24T19:40:12+03:00"

HEADER: Final = Header(
    run=RUN,
    created=CREATED,
    project="Торговый дом «Лукоморье»: обновление 2.0.15",
    client="ООО «ТД Лукоморье»",
    owner="Орлова Н. П., руководитель отдела учётных систем",
    stand_kind="embedded",
    stand_address="http://127.0.0.1:8601/demo",
    base="Торговый дом Лукоморье",
    target="2.0.15.1",
    period_start="2026-01-01",
    period_end="2026-03-31",
    time_zone="Europe/Moscow",
    pack="demo",
    digests={
        "configuration": "9d1f4d0f4e0b8a71c5a2d8a9b1f3a80be1f8b1b3b1cf0cc3a7c6a5b4d3e2f100",
        "scenarios": "0b8a71c5a2d8a9b1f3a80be1f8b1b3b1cf0cc3a7c6a5b4d3e2f1009d1f4d0f4e",
        "pack": "c5a2d8a9b1f3a80be1f8b1b3b1cf0cc3a7c6a5b4d3e2f1009d1f4d0f4e0b8a71",
        "acceptances": "b1f3a80be1f8b1b3b1cf0cc3a7c6a5b4d3e2f1009d1f4d0f4e0b8a71c5a2d8a9",
    },
    versions={"python": "3.11.2", "onec-readiness": "0.1.0", "pytest": "9.2.0", "duckdb": "2.0.0", "pyarrow": "26.0.1"},
    settings=[
        Setting(key="gates.report_coverage", value="0.8", source="default"),
        Setting(key="gates.max_warnings", value="5", source="readiness.toml:31"),
        Setting(key="timings.ratio", value="2.0", source="readiness.toml:38"),
        Setting(key="update.release", value="2.0.15.1", source="command line"),
        Setting(key="user.password", value="env:DEMO_PASSWORD", source="readiness.toml:12"),
        Setting(key="documents.browser", value="/opt/chromium/chrome", source="environment CHROMIUM"),
        Setting(key="window.start", value="2026-11-28T20:00:00", source="readiness.toml:44"),
        Setting(key="window.end", value="2026-11-29T08:00:00", source="readiness.toml:45"),
    ],
)

SCENARIOS: Final = [
    Scenario(
        id=id_,
        title=title,
        description=description,
        area=area,
        severity=Severity(severity),
        owner=owner,
        nodeid=f"scenarios/{area}s/test_demo.py::test_{id_.lower().replace('-', '_')}",
        writes=writes,
        covers=covers,
    )
    for id_, title, description, area, severity, owner, writes, covers in found.SCENARIOS
]

CAPABILITIES: Final = [
    Capability(name="start", present=True),
    Capability(name="backup", present=True),
    Capability(name="restore", present=True),
    Capability(name="proof", present=True),
    Capability(name="update", present=True),
    Capability(
        name="isolation",
        present=False,
        text=Text(msgid="Стенд не сообщает, заблокированы ли внешние обращения: это проверяет и подтверждает человек."),
    ),
]

FACTS: Final = [
    Fact(name="release.before", value="2.0.14.7"),
    Fact(name="release.after", value="2.0.15.1"),
    Fact(name="stand.emulator", value="true"),
    Fact(name="backup.seconds", value="2.050", unit="s"),
    Fact(name="restore.seconds", value="1.120", unit="s"),
    Fact(
        name="report_coverage",
        value="0.92",
        text=Text(msgid="Проверено отчётов: {seen} из {all}.", params={"seen": "11", "all": "12"}),
    ),
    Fact(
        name="rollback.deadline",
        value="2026-11-29T06:20:00",
        text=Text(
            msgid="Откат нужно начать не позже {deadline}: восстановление заняло на стенде {restore} с, запас {margin} %",
            params={"deadline": "29.11.2026 06:20", "restore": "4000", "margin": "50"},
        ),
    ),
    Fact(name="isolation.external_resources_blocked", value="true"),
]

STEPS: Final = [
    Step(name=name, outcome="done", started=started, seconds=seconds, text=text, facts=facts)
    for name, started, seconds, text, facts in (
        (
            "preflight",
            "2026-11-24T19:40:12+03:00",
            1.42,
            None,
            {"release": "2.0.14.7", "platform": "8.3.27.1644", "configuration": "ТорговляИЗарплата"},
        ),
        ("backup", "2026-11-24T19:40:14+03:00", 2.05, None, {"size_bytes": "18350080"}),
        (
            "proof",
            "2026-11-24T19:40:16+03:00",
            3.9,
            Text(msgid="Копия восстановлена и совпала: таблиц {n}.", params={"n": "84"}),
            {},
        ),
        ("before", "2026-11-24T19:40:20+03:00", 16.31, None, {}),
        ("restore", "2026-11-24T19:40:36+03:00", 1.12, None, {}),
        ("update", "2026-11-24T19:40:37+03:00", 4.48, None, {"release": "2.0.15.1"}),
        ("after", "2026-11-24T19:40:42+03:00", 17.77, None, {}),
        ("compare", "2026-11-24T19:41:00+03:00", 2.61, None, {}),
        ("judge", "2026-11-24T19:41:02+03:00", 0.07, None, {}),
    )
]


def gate(name: str, verdict: Verdict, wanted: str, seen: str, why: str = "", *, source: str = "default") -> GateResult:
    return GateResult(
        name=name,
        verdict=verdict,
        wanted=Text(msgid=wanted),
        seen=Text(msgid=seen),
        why=Text(msgid=why) if why else None,
        source=source,
    )


GOOD_GATES: Final = [
    gate("phases", Verdict.GO, "Сценарии пройдены на обоих этапах", "27 из 27"),
    gate("backup", Verdict.GO, "Копия проверена восстановлением", "Да, за 3,9 с; совпали 84 таблицы"),
    gate(
        "isolation",
        Verdict.GO,
        "Стенд отрезан от внешних систем",
        "Внешние обращения и регламентные задания заблокированы",
    ),
    gate(
        "update",
        Verdict.GO,
        "Стенд перешёл на нужный релиз",
        "2.0.14.7 → 2.0.15.1, отложенных обработчиков не осталось",
    ),
    gate("reports", Verdict.GO, "Проверено не меньше 80 % своих отчётов", "92 % (11 из 12)"),
    gate("acceptances", Verdict.GO, "Все согласования действуют", "4 из 4", source="acceptances.toml"),
]


def no_go(folder: Path) -> Path:
    """The bad release of the demo: ten findings over every area."""
    gates = [
        *GOOD_GATES,
        gate(
            "blockers",
            Verdict.NO_GO,
            "Блокирующих замечаний нет",
            "9",
            "Есть блокирующие замечания: их устраняют до обновления.",
        ),
        gate(
            "warnings",
            Verdict.CONDITIONS,
            "Предупреждений не больше 5",
            "2",
            "Предупреждения принимает ответственный.",
            source="readiness.toml:31",
        ),
    ]
    with RecordWriter.create(folder, HEADER) as writer:
        evidence = writer.evidence("ВаловаяПрибыль.json", '{"Выручка": "1843200.00"}'.encode())
        page = writer.evidence("ответ.html", b"<script>alert(1)</script>")
        findings = [
            msgspec.structs.replace(one, evidence=[evidence, page]) if one.scenario == "REP-01" else one
            for one in found.FINDINGS
        ]
        _common(writer, failed={"EXC-03", "FLOW-01", "OPS-03"}, timing_after=0.412)
        unchecked = [
            NotChecked(
                what="Печатная форма отчёта «Платёжный календарь»",
                why=Text(msgid="Служба готовности не отдаёт файл этого отчёта."),
            ),
        ]
        for one in unchecked:
            writer.event(EventKind.NOT_CHECKED, one)
        writer.explained([*found.DIFFERENCES, *found.EXPECTED], found.ACCEPTANCES)
        writer.decide(_decision(Verdict.NO_GO, gates, findings, unchecked, found.ACCEPTANCES))
        writer.seal()
    return folder


def go(folder: Path) -> Path:
    """The clean release: four accepted changes and nothing else."""
    header = msgspec.structs.replace(HEADER, target="2.0.15.2")
    facts = [msgspec.structs.replace(one, value="2.0.15.2") if one.name == "release.after" else one for one in FACTS]
    with RecordWriter.create(folder, header) as writer:
        _common(writer, facts=facts)
        writer.explained(found.EXPECTED, found.ACCEPTANCES)
        gates = [*GOOD_GATES, gate("blockers", Verdict.GO, "Блокирующих замечаний нет", "0")]
        decision = _decision(Verdict.GO, gates, [], [], found.ACCEPTANCES)
        writer.decide(msgspec.structs.replace(decision, facts=facts))
        writer.seal()
    return folder


def conditions(folder: Path) -> Path:
    """Two warnings, and a person who decided otherwise than the gates."""
    warnings = [one for one in found.FINDINGS if one.severity is not Severity.BLOCKER]
    override = Override(
        name="Орлова Н. П.",
        reason="Замедление отчёта принято до релиза 2.0.16, пользователи предупреждены.",
        verdict=Verdict.GO,
        at="2026-11-25T10:05:00+03:00",
    )
    with RecordWriter.create(folder, HEADER) as writer:
        _common(writer, timing_after=0.412)
        writer.explained([*found.DIFFERENCES[-1:], *found.EXPECTED], found.ACCEPTANCES)
        gates = [
            *GOOD_GATES,
            gate(
                "warnings",
                Verdict.CONDITIONS,
                "Предупреждений не больше 5",
                "2",
                "Предупреждения принимает ответственный.",
            ),
        ]
        writer.event(EventKind.OVERRIDE, override)
        decision = _decision(Verdict.CONDITIONS, gates, warnings, [], found.ACCEPTANCES)
        writer.decide(msgspec.structs.replace(decision, override=override))
        writer.seal()
    return folder


def incomplete(folder: Path) -> Path:
    """The stand fell during the second phase."""
    words = Text(msgid="Стенд ответил страницей вместо данных: «{words}».", params={"words": "Не найдена лицензия"})
    unchecked = [NotChecked(what="Права пользователей", why=Text(msgid="Служба готовности на стенде не установлена."))]
    with RecordWriter.create(folder, HEADER) as writer:
        _start(writer, FACTS, STEPS[:6])
        writer.event(
            EventKind.STEP_FINISHED,
            Step(name="after", outcome="failed", started=STEPS[6].started, seconds=3.2, text=words),
        )
        _phase(writer, Phase.BEFORE)
        _phase(writer, Phase.AFTER, trouble=words, excluded=["RIGHT-01"])
        gates = [
            *GOOD_GATES[1:4],
            gate(
                "phases",
                Verdict.INCOMPLETE,
                "Сценарии пройдены на обоих этапах",
                "3 из 27",
                "После обновления стенд перестал отвечать: нет лицензии.",
            ),
            gate(
                "reports",
                Verdict.INCOMPLETE,
                "Проверено не меньше 80 % своих отчётов",
                "Неизвестно",
                "Отчёты после обновления не открывались.",
            ),
        ]
        writer.decide(_decision(Verdict.INCOMPLETE, gates, [], unchecked, []))
        writer.seal()
    return folder


def empty(folder: Path) -> Path:
    """A run that was killed before anything happened."""
    header = Header(run=RUN, created=CREATED, project="Новый проект", stand_kind="external")
    with RecordWriter.create(folder, header):
        return folder


def _decision(
    verdict: Verdict,
    gates: list[GateResult],
    findings: list[Finding],
    unchecked: list[NotChecked],
    acceptances: list[Acceptance],
) -> Decision:
    return Decision(
        run=RUN,
        verdict=verdict,
        exit_code=verdict.exit_code,
        computed="2026-11-24T19:41:02+03:00",
        gates=gates,
        findings=findings,
        acceptances=acceptances,
        facts=FACTS,
        not_checked=unchecked,
    )


def _common(
    writer: RecordWriter,
    *,
    facts: list[Fact] | None = None,
    failed: set[str] | frozenset[str] = frozenset(),
    timing_after: float = 0.121,
) -> None:
    _start(writer, facts or FACTS, STEPS)
    _phase(writer, Phase.BEFORE)
    _phase(writer, Phase.AFTER, failed=failed, timing=timing_after)


def _start(writer: RecordWriter, facts: list[Fact], steps: list[Step]) -> None:
    for capability in CAPABILITIES:
        writer.event(EventKind.CAPABILITY, capability)
    for fact in facts:
        writer.event(EventKind.FACT, fact)
    for step in steps:
        writer.event(EventKind.STEP_FINISHED, step)


def _phase(
    writer: RecordWriter,
    phase: Phase,
    *,
    failed: set[str] | frozenset[str] = frozenset(),
    trouble: Text | None = None,
    excluded: list[str] | None = None,
    timing: float = 0.118,
) -> None:
    out = [Excluded(id=id_, why=Text(msgid="Исключён настройкой scenarios.skip.")) for id_ in excluded or []]
    kept = [one for one in SCENARIOS if one.id not in (excluded or [])]
    writer.event(EventKind.COLLECTED, Collected(phase=phase, scenarios=kept, excluded=out))
    for number, scenario in enumerate(kept):
        outcome, text = Outcome.PASSED, None
        if scenario.id in failed:
            outcome, text = Outcome.FAILED, found.FAILURES[scenario.id]
        elif trouble is not None and number >= 3:
            outcome, text = Outcome.TROUBLE, trouble
        run = ScenarioRun(id=scenario.id, phase=phase, outcome=outcome, seconds=0.21 + 0.137 * (number % 9), text=text)
        seen = _timings(writer, phase, timing) if scenario.id == "OPS-06" and outcome is Outcome.PASSED else []
        writer.event(EventKind.SCENARIO_FINISHED, ScenarioFinished(run=run, observations=seen))
    writer.event(EventKind.PHASE_FINISHED, PhaseFinished(phase=phase, exitstatus=1 if failed else 0))


def _timings(writer: RecordWriter, phase: Phase, slow: float) -> list[Observation]:
    """Seven samples of three operations; one of them may be slow."""
    seen = []
    for name, title, middle in (
        ("gross_profit", "Отчёт «Валовая прибыль» за квартал", slow),
        ("post_sale", "Проведение реализации", 0.061 if phase is Phase.BEFORE else 0.064),
        ("open_list", "Список заказов покупателей", 0.028 if phase is Phase.BEFORE else 0.025),
    ):
        samples = [round(middle * factor, 6) for factor in (0.93, 0.97, 0.99, 1.0, 1.02, 1.06, 1.19)]
        file = f"{phase}/OPS-06/{name}.json"
        path = writer.path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.encode({"seconds": samples, "warmup": samples[-1], "calibration": 0.00004}))
        seen.append(
            Observation(
                scenario="OPS-06",
                name=name,
                title=title,
                kind=ObservationKind.TIMING,
                phase=phase,
                file=file,
                digest="0" * 64,
                rows=len(samples),
            )
        )
    return seen


def crowded(folder: Path) -> Path:
    """As much as page one may ever have to hold: everything is long and there is plenty of it."""
    many = (
        "Длинное пояснение о том, что именно изменилось после обновления и почему это важно для работы предприятия. "
        * 4
    )
    owners = [
        "Заместитель начальника департамента учётных систем Константинопольский А. А.",
        "Б" * 70,
        "В" * 70,
        "Г" * 70,
        "Д" * 70,
    ]
    findings = [
        Finding(
            code="DIFFERENCE",
            severity=Severity.BLOCKER,
            area=area,
            object=many,
            text=Text(msgid=f"{owner[0]} {many}"),
            owner=owner,
            scenario=f"SCENARIO-WITH-A-LONG-NAME-{number}",
        )
        for number, (owner, area) in enumerate(
            zip(owners * 5, ("exchange", "report", "flow", "operation", "sweep") * 5, strict=True)
        )
    ]
    unchecked = [NotChecked(what=f"{number} {many}", why=Text(msgid=many)) for number in range(30)]
    override = Override(name=owners[0] * 2, reason=many, verdict=Verdict.CONDITIONS, at=CREATED)
    header = msgspec.structs.replace(HEADER, project=many, client=many, owner=owners[0] * 2, base=many)
    with RecordWriter.create(folder, header) as writer:
        _common(writer)
        decision = _decision(
            Verdict.NO_GO, [gate("blockers", Verdict.NO_GO, many, many, many)], findings, unchecked, []
        )
        writer.decide(msgspec.structs.replace(decision, override=override))
        writer.seal()
    return folder


def hostile(folder: Path) -> Path:
    """A record whose every text tries to become markup, script, a style or a link out of the record."""
    bad = "</style></script><script>document.title='owned'</script><img src=x onerror=alert(1)>\"'&{{7*7}}"
    text = Text(msgid="Отчёт «{report}» " + bad, params={"report": bad})
    scenario = Scenario(id=bad, title=bad, description=bad, area=bad, severity=Severity.BLOCKER, owner=bad)
    finding = Finding(
        code=bad,
        severity=Severity.BLOCKER,
        area=bad,
        object=bad * 3,
        text=text,
        before=bad,
        after="строка\nс переносом\x1b и управляющими",
        scenario=bad,
        owner=bad,
        advice=text,
        evidence=[
            "javascript:alert(1)",
            "../../etc/passwd",
            "evidence/../../x.txt",
            "evidence/a b#c?.txt",
            "evidence/x.html",
            "/etc/passwd",
        ],
    )
    difference = Difference(
        scenario=bad,
        observation=bad,
        kind=ObservationKind.TABLE,
        cls=DifferenceClass.UNEXPLAINED,
        title=bad,
        text=text,
        file="//evil/x",
    )
    acceptance = Acceptance(
        id=bad, scenario=bad, reason=bad, owner=bad, until=bad, link="javascript:alert(1)", covered=1
    )
    header = msgspec.structs.replace(HEADER, run=bad, project=bad * 4, client=bad, owner=bad, created=bad, base=bad)
    gates = [gate(bad, Verdict.NO_GO, bad, bad, bad, source=bad)]
    with RecordWriter.create(folder, header) as writer:
        writer.event(EventKind.COLLECTED, Collected(phase=Phase.AFTER, scenarios=[scenario]))
        writer.event(
            EventKind.STEP_FINISHED, Step(name=bad, outcome=bad, started=bad, seconds=1e9, text=text, facts={bad: bad})
        )
        writer.event(EventKind.CAPABILITY, Capability(name=bad, present=False, text=text))
        writer.explained([difference], [acceptance])
        writer.decide(_decision(Verdict.NO_GO, gates, [finding], [NotChecked(what=bad * 9, why=text)], [acceptance]))
    return folder
