"""Names of the house's words for people: verdicts, areas, severities, outcomes, steps, gates. Russian; catalogues translate them."""

from __future__ import annotations

from typing import Final

from harness.record.models import DifferenceClass, ObservationKind, Outcome, Severity, Verdict

VERDICTS: Final[dict[Verdict, str]] = {
    Verdict.GO: "Обновлять можно",
    Verdict.CONDITIONS: "Обновлять можно с условиями",
    Verdict.INCOMPLETE: "Проверка не завершена",
    Verdict.NO_GO: "Обновлять нельзя",
}

VERDICT_SENTENCES: Final[dict[Verdict, str]] = {
    Verdict.GO: "Репетиция пройдена: препятствий для обновления рабочей базы не найдено.",
    Verdict.CONDITIONS: "Препятствий нет, но есть предупреждения: до обновления их принимает или устраняет ответственный.",
    Verdict.INCOMPLETE: "Известного недостаточно, чтобы решить: непроверенное не считается исправным.",
    Verdict.NO_GO: "Найдено то, что после обновления помешает работе: сначала исправить, затем повторить репетицию.",
}

MARKS: Final[dict[Verdict, str]] = {
    Verdict.GO: "go",
    Verdict.CONDITIONS: "conditions",
    Verdict.INCOMPLETE: "incomplete",
    Verdict.NO_GO: "no-go",
}
"""Names of icons and of CSS classes."""

AREAS: Final[dict[str, str]] = {
    "exchange": "Обмены",
    "report": "Отчёты",
    "flow": "Бизнес-процессы",
    "operation": "Эксплуатация",
    "sweep": "Сплошная сверка",
}
"""In the order of the document; every one has a row on page one, also when nothing of it was checked."""

SEVERITIES: Final[dict[Severity, str]] = {
    Severity.BLOCKER: "Блокирующее",
    Severity.WARNING: "Предупреждение",
    Severity.INFO: "К сведению",
}

SEVERITY_GROUPS: Final[dict[Severity, str]] = {
    Severity.BLOCKER: "Блокирующие",
    Severity.WARNING: "Предупреждения",
    Severity.INFO: "К сведению",
}

WEIGHTS: Final[dict[Severity, str]] = {
    Severity.BLOCKER: "неудача запрещает обновление",
    Severity.WARNING: "неудача требует решения ответственного",
    Severity.INFO: "неудача принимается к сведению",
}
"""What a scenario of a severity does to the verdict."""

OUTCOMES: Final[dict[Outcome, str]] = {
    Outcome.PASSED: "пройден",
    Outcome.FAILED: "не пройден",
    Outcome.TROUBLE: "сбой стенда",
    Outcome.NOT_CHECKED: "не проверен",
    Outcome.NOT_APPLICABLE: "не применим",
}

DIFFERENCES: Final[dict[DifferenceClass, str]] = {
    DifferenceClass.UNEXPLAINED: "необъяснённое",
    DifferenceClass.STRUCTURE: "изменение структуры",
    DifferenceClass.DUPLICATE_KEY: "повторяющийся ключ: строки не различить",
    DifferenceClass.NO_TWIN: "нет пары: видно только на одном этапе",
    DifferenceClass.EXPECTED: "согласованное",
    DifferenceClass.TOLERANCE: "в пределах допуска",
    DifferenceClass.IDENTICAL: "совпадает",
}
"""In the order of the document: worst first."""

KINDS: Final[dict[ObservationKind, str]] = {
    ObservationKind.TABLE: "таблица",
    ObservationKind.DOCUMENT: "документ",
    ObservationKind.VALUE: "значение",
    ObservationKind.TIMING: "время выполнения",
    ObservationKind.CONTRACT: "контракт",
}

PHASES: Final[dict[str, str]] = {"before": "до обновления", "after": "после обновления"}

STEPS: Final[dict[str, str]] = {
    "preflight": "Проверка стенда перед началом",
    "backup": "Резервная копия",
    "proof": "Проверка копии восстановлением",
    "before": "Сценарии до обновления",
    "restore": "Возврат стенда к копии",
    "update": "Обновление стенда",
    "after": "Сценарии после обновления",
    "compare": "Сравнение наблюдений",
    "judge": "Критерии допуска и решение",
    "documents": "Документы",
}

GATES: Final[dict[str, str]] = {
    "decision": "Решение вынесено",
    "blockers": "Блокирующие замечания",
    "warnings": "Предупреждения",
    "phases": "Полнота прогона",
    "stand": "Работа стенда",
    "steps": "Шаги репетиции",
    "pairing": "Сопоставимость наблюдений",
    "backup": "Резервная копия",
    "isolation": "Изоляция стенда",
    "update": "Обновление стенда",
    "reports": "Проверка своих отчётов",
    "acceptances": "Согласованные расхождения",
    "window": "Технологическое окно",
    "applicable": "Применимость сценариев",
    "not_checked": "Непроверенное",
}

STEP_OUTCOMES: Final[dict[str, str]] = {"done": "выполнен", "failed": "не выполнен", "skipped": "пропущен"}

FACTS: Final[dict[str, str]] = {
    "base_before": "База до обновления",
    "base_after": "База после обновления",
    "release_before": "Релиз до обновления",
    "release_after": "Релиз после обновления",
    "release_wanted": "Релиз, на который обновляли",
    "stand_emulator": "Стенд — эмулятор 1С",
    "stand_marked": "База помечена как стенд",
    "isolation_known": "Стенд отрезан от внешних систем",
    "isolation_external_resources_blocked": "Обращения к внешним системам заблокированы",
    "isolation_scheduled_jobs_blocked": "Регламентные задания заблокированы",
    "backup_taken": "Резервная копия снята",
    "backup_seconds": "Снятие резервной копии",
    "backup_proven": "Копия проверена восстановлением",
    "backup_restore_seconds": "Проверочное восстановление копии",
    "restore_seconds": "Возврат стенда к копии",
    "update_seconds": "Обновление стенда",
    "check_seconds": "Сценарии после обновления",
    "handlers_failed": "Обработчиков обновления с ошибкой",
    "deferred_left": "Отложенных обработчиков осталось",
    "extensions_refused": "Расширений не применено",
    "update_handlers_failed": "Обработчиков обновления с ошибкой",
    "update_deferred_left": "Отложенных обработчиков осталось",
    "update_extensions_refused": "Расширений не применено",
    "window_start": "Начало технологического окна",
    "window_end": "Конец технологического окна",
    "window_margin": "Запас к измеренному времени",
    "window_fits": "Работы и откат помещаются в окно",
    "rollback_deadline": "Решение об откате — не позднее",
    "prove_noticed": "Проверка самих проверок: замечено внесённых ошибок",
    "prove_stale": "Проверка самих проверок устарела",
    "reports_inventory": "Отчётов в базе",
    "reports_custom": "Своих отчётов в базе",
    "reports_checked": "Своих отчётов проверено",
}

STEP_FACTS: Final[dict[str, str]] = {
    "address": "адрес",
    "base": "база",
    "configuration": "конфигурация",
    "differences": "расхождений",
    "platform": "платформа",
    "proven": "копия совпала с базой",
    "release": "релиз",
    "rows": "строк",
    "sha256": "SHA-256",
    "size_bytes": "размер, байт",
    "tables": "таблиц",
    "taken": "снята",
    "verdict": "решение",
}

CAPABILITIES: Final[dict[str, str]] = {
    "start": "запуск и остановка стенда",
    "backup": "снятие резервной копии",
    "restore": "возврат к резервной копии",
    "proof": "проверка копии восстановлением в отдельную базу",
    "update": "обновление до нового релиза",
    "isolation": "сведения об изоляции от внешних систем",
    "odata": "стандартный интерфейс OData",
    "service": "служба готовности в базе",
}

DIGESTS: Final[dict[str, str]] = {
    "configuration": "файл настроек",
    "scenarios": "сценарии",
    "pack": "пакет имён конфигурации",
    "acceptances": "согласованные расхождения",
}

STAND_KINDS: Final[dict[str, str]] = {
    "embedded": "встроенный (эмулятор 1С)",
    "container": "в контейнерах (эмулятор 1С и PostgreSQL)",
    "external": "копия базы заказчика",
}
