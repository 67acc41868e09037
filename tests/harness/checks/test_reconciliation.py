"""Documents of two bases after an exchange."""

from __future__ import annotations

from decimal import Decimal

from harness.checks.reconciliation import Fate, Mismatch, reconcile

SENT = [
    {"Номер": "1", "Сумма": Decimal(10)},
    {"Номер": "2", "Сумма": Decimal(20)},
    {"Номер": "3", "Сумма": Decimal(30)},
]


def test_equal_sides_agree() -> None:
    assert reconcile(SENT, reversed(SENT), key="Номер", columns=["Сумма"]) == []


def test_lost_changed_and_ghost_documents_are_told_apart() -> None:
    arrived = [SENT[0], {"Номер": "2", "Сумма": Decimal(21)}, {"Номер": "9", "Сумма": Decimal(1)}]

    found = reconcile(SENT, arrived, key="Номер", columns=["Сумма"])

    assert found == [
        Mismatch("2", Fate.CHANGED, "Сумма", "20", "21"),
        Mismatch("3", Fate.LOST),
        Mismatch("9", Fate.GHOST),
    ]
    assert [str(item) for item in found] == ["2 изменён: Сумма 20 → 21", "3 потерян", "9 лишний"]


def test_a_document_that_arrived_twice_is_a_ghost_too() -> None:
    assert reconcile(SENT, [*SENT, SENT[0]], key="Номер", columns=["Сумма"]) == [Mismatch("1", Fate.GHOST)]
