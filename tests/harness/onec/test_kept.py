from __future__ import annotations

import pytest

from harness.errors import AnswerError
from harness.onec.guard import WriteGuard
from harness.onec.kept import Kept, forget

BASE = "http://127.0.0.1:8080/demo"


@pytest.fixture
def guard() -> WriteGuard:
    return WriteGuard(permitted=(BASE,))


def test_what_was_read_is_not_read_again_until_somebody_writes(guard: WriteGuard) -> None:
    kept, reads = Kept(guard), iter(range(10))

    assert [kept.once("а", lambda: next(reads)) for _ in range(2)] == [0, 0]
    assert kept.once("б", lambda: next(reads)) == 1
    guard.check("GET", f"{BASE}/odata/standard.odata/Catalog_Валюты")
    assert kept.now() == {"а": 0, "б": 1}

    guard.check("POST", f"{BASE}/odata/standard.odata/Catalog_Валюты")
    assert kept.now() == {}
    assert kept.once("а", lambda: next(reads)) == 2


def test_a_write_while_reading_leaves_nothing_kept(guard: WriteGuard) -> None:
    kept, reads = Kept(guard), iter(range(10))

    def read() -> int:
        guard.check("PATCH", f"{BASE}/odata/standard.odata/Catalog_Валюты(guid'1')")
        return next(reads)

    assert kept.once("а", read) == 0
    assert kept.once("а", lambda: next(reads)) == 1


def test_a_refusal_is_not_kept(guard: WriteGuard) -> None:
    kept = Kept(guard)

    def refuse() -> int:
        raise AnswerError("нет прав", status=401, code="20")

    for _ in range(2):
        with pytest.raises(AnswerError):
            kept.once("а", refuse)
    assert kept.once("а", lambda: 7) == 7


def test_a_refused_write_changes_nothing() -> None:
    guard = WriteGuard()
    kept = Kept(guard)
    kept.once("а", lambda: 1)

    with pytest.raises(Exception, match="не разрешена"):
        guard.check("POST", f"{BASE}/odata/standard.odata/Catalog_Валюты")
    assert kept.now() == {"а": 1}


def test_everything_can_be_forgotten_by_all(guard: WriteGuard) -> None:
    one, other, reads = Kept(guard), Kept(guard), iter(range(10))

    assert [kept.once("а", lambda: next(reads)) for kept in (one, other, one)] == [0, 1, 0]
    forget()
    assert [kept.once("а", lambda: next(reads)) for kept in (one, other, one)] == [2, 3, 2]
