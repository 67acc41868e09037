from __future__ import annotations

import re
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from harness.config.model import Window
from harness.run.window import facts, plan

EVENING = datetime(2026, 11, 28, 20)  # noqa: DTZ001  # local time of the base, as 1C has it
MORNING = datetime(2026, 11, 29, 8)  # noqa: DTZ001  # same
MEASURED = {"backup": 600.0, "update": 3600.0, "after": 1800.0, "restore": 1200.0}
SECONDS = st.floats(min_value=0, max_value=1e6)


def test_the_rollback_must_begin_a_restore_before_the_end_of_the_window() -> None:
    found = plan(Window(start=EVENING, end=MORNING, margin=0.5), MEASURED)

    assert found is not None
    assert found.deadline == MORNING - timedelta(seconds=1800)
    assert found.fits


def test_a_window_too_short_is_said() -> None:
    window = Window(start=EVENING, end=EVENING + timedelta(hours=2), margin=0.5)

    named = {fact.name: fact for fact in facts(window, MEASURED)}

    assert named["window.fits"].value == "false"
    assert "больше, чем 120 мин окна" in str(named["window.fits"].text)
    assert named["rollback.deadline"].value == "2026-11-28T21:30:00"


def test_without_window_or_times_there_is_no_deadline() -> None:
    assert plan(Window(), MEASURED) is None
    assert plan(Window(start=EVENING, end=MORNING), {"backup": 1.0}) is None


@given(restore=SECONDS, update=SECONDS, more=SECONDS)
def test_slower_never_gives_a_later_deadline_or_a_better_fit(restore: float, update: float, more: float) -> None:
    window = Window(start=EVENING, end=MORNING)
    quick = plan(window, {"restore": restore, "update": update})
    slow = plan(window, {"restore": restore + more, "update": update + more})

    assert quick is not None
    assert slow is not None
    assert slow.deadline <= quick.deadline
    assert quick.fits or not slow.fits


def test_what_takes_no_time_is_not_said_to_take_none() -> None:
    quick = dict.fromkeys(MEASURED, 0.3)

    texts = " ".join(str(fact.text) for fact in facts(Window(start=EVENING, end=MORNING), quick))

    assert "меньше секунды" in texts
    assert "меньше минуты" in texts
    assert not re.search(r"\b0(\.\d)? (с|мин)\b", texts)
