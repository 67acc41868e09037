"""What a table says of itself as soon as it is kept: equations that do not hold, tolerances that would notice nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.observe.controls import check_controls, too_wide
from harness.record.models import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from harness.observe.notes import Notes

_TOO_WIDE = (
    "Таблица «{observation}»: допуск {tolerance} не меньше любого значения колонки «{column}» (наибольшее {greatest}): "
    "такое сравнение ничего не заметит"
)
_BROKEN_TABLE = "Контрольное равенство «{equation}» в таблице «{observation}» нарушено: слева {left}, справа {right}"
_BROKEN_ROW = (
    "Контрольное равенство «{equation}» в таблице «{observation}» нарушено в строке {key}: "
    "слева {left}, справа {right}; всего таких строк: {rows}"
)


def look_into(  # noqa: PLR0917 - what a table is, in the order it is told
    notes: Notes,
    name: str,
    title: str,
    path: Path,
    tolerance: Mapping[str, str],
    equations: Sequence[str],
    key: Sequence[str],
) -> None:
    """Notes findings TOLERANCE-TOO-WIDE and CONTROL-TOTAL.

    Raises:
        ConfigError: an equation that cannot be evaluated.
    """
    for column, greatest in too_wide(path, tolerance):
        notes.finding(
            "TOLERANCE-TOO-WIDE",
            object=title,
            text=_TOO_WIDE,
            severity=Severity.WARNING,
            observation=name,
            column=column,
            greatest=greatest,
            tolerance=tolerance.get(column) or tolerance["*"],
            advice="Назначьте допуск каждой колонке отдельно",
        )
    for broken in check_controls(path, equations, key):
        notes.finding(
            "CONTROL-TOTAL",
            object=title,
            text=_BROKEN_ROW if broken.key else _BROKEN_TABLE,
            observation=name,
            equation=broken.equation,
            key=broken.key,
            left=broken.left,
            right=broken.right,
            rows=broken.rows,
            advice="Сверьте отчёт с регистром и найдите строки, из-за которых равенство нарушено",
        )
