"""What a finding names: the narrowest place findings of several scenarios can be gathered by."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.record.models import Finding

ENDINGS = frozenset({"SCENARIO-FAILED", "BROKEN-BEFORE"})
"""Findings that tell how a scenario ended: consequences of what else it saw."""
ALONE = frozenset({"FIXED", "NOTHING-SEEN", "SLOWER", "MACHINE-SLOWER", "BROWSER-CHANGED"})
"""Findings whose cause is their own, whatever they name."""
_OBJECT = re.compile(
    r"\b((?:Catalog|Document|InformationRegister|AccumulationRegister|AccountingRegister|CalculationRegister|ChartOf[A-Za-z]+|Enum|"
    r"ExchangePlan|BusinessProcess|Task|Constant|DocumentJournal|Report|DataProcessor)_\w+?)(?:_RecordType|_RowType)?(?![\w])"
)
_PART = re.compile(rf"{_OBJECT.pattern}[/.](?P<part>\w+)")
_PAIRS = re.compile(r"(?:^|, |: )(?P<name>[\w ]+)=(?P<value>[^,=;]*)")
_REPORT = re.compile(r"[Оо]тчёт[а-я]*:? «?(\w+)")
_EXCHANGE = re.compile(r"Обмен:? «?(\w+)")
_PLAN = re.compile(r"^(\w+)/\w+/")
_RIGHTS = re.compile(r"\bРол[ьи]\b|Роль=|разрешен|запрещен", re.IGNORECASE)


def subject_of(finding: Finding) -> str:
    """What a finding names: the narrowest place it can be gathered by; "" when nothing."""
    if finding.code in ALONE:
        return ""
    params = finding.text.params
    if finding.code in ENDINGS:
        return _in_words(params.get("reason", ""))
    key = params.get("key", "")
    sides = f"{finding.before} {finding.after}"
    if _RIGHTS.search(f"{key} {finding.object} {sides}") and (named := _OBJECT.search(f"{key} {sides}")):
        closed = finding.after.strip().lower() in {"нет", "запрещено"}
        return f"rights {'closed' if closed else 'opened'}:{named[1]}"
    found = _in_key(key, params.get("column", ""))
    if "Register_" in found and (document := re.search(r"\bDocument_\w+", finding.object)):
        return document[0]  # movements of a document: whose they are says more than where they lie
    return found or _in_words(f"{finding.object}: {_rest(params)}")


def _rest(params: Mapping[str, str]) -> str:
    """Words of a finding that a scenario noted itself."""
    return " ".join(value for name, value in sorted(params.items()) if name not in {"before", "after", "how", "key"})


def _in_key(key: str, column: str) -> str:
    """What the key of a row or a path in a contract names."""
    part = _PART.search(key)
    if part:
        return f"{part[1]}.{part['part']}"
    pairs = {found["name"].strip(): found["value"].strip() for found in _PAIRS.finditer(key)}
    if "Отчёт" in pairs or "Отчет" in pairs:
        name = pairs.get("Отчёт", pairs.get("Отчет", ""))
        return f"report:{re.split(r'[ (]', name)[0]}"
    if "Задание" in pairs:
        return f"job:{pairs['Задание']}"
    objects = {name: found[1] for name, value in pairs.items() if (found := _OBJECT.search(value))}
    if "Набор" in objects:
        within = pairs.get("Колонка") or column
        return f"{objects['Набор']}.{within}" if within else objects["Набор"]
    for name in sorted(objects, key=lambda name: not objects[name].startswith("Document_")):
        return objects[name]
    plan = _PLAN.match(key)
    return f"exchange:{plan[1]}" if plan else ""


def _in_words(text: str) -> str:
    """What a sentence names."""
    part = _PART.search(text)
    if part:
        return f"{part[1]}.{part['part']}"
    for pattern, prefix in ((_REPORT, "report:"), (_EXCHANGE, "exchange:")):
        found = pattern.search(text)
        if found:
            return f"{prefix}{found[1]}"
    objects = sorted(_OBJECT.findall(text), key=lambda name: not name.startswith("Document_"))
    return objects[0] if objects else ""
