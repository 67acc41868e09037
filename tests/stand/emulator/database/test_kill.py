"""A server that is killed in the middle of posting: a document and its records are there whole, or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stand.emulator.database.infobase import Infobase
from tests.stand.emulator.sample import GOODS, SALE, STOCK, sample_base

if TYPE_CHECKING:
    from tests.stand.emulator.factory import InfobaseFactory

ROOT = Path(__file__).resolve().parents[4]
MOMENT = datetime(2026, 1, 5, 10)  # noqa: DTZ001 - dates of 1C are naive
# The server of the test: it posts as the interface does, and stops for ever at a moment it was told.
SERVER = """
import sys
import threading
from pathlib import Path

from stand.emulator.database.infobase import Infobase
from stand.emulator.database.session import Session
from tests.stand.emulator.sample import SALE, STOCK, Asking

place, ref, moment = sys.argv[1:]


def stop():
    print("here", flush=True)
    threading.Event().wait()


base = Infobase.open(place if place.startswith("postgresql:") else Path(place))


def posting(session, meta, row):
    good = row["Товары"][0]["Товар"]
    if moment == "before records":
        stop()
    return {STOCK: [{"RecordType": "Receipt", "Товар": good, "Количество": 2}] * 3}


base.hooks.posting = posting
if moment == "before the mark":
    kept = Session._set_posted
    Session._set_posted = lambda *arguments, **named: (stop(), kept(*arguments, **named))
if moment == "before the commit":
    transaction = base.transaction

    class Late:
        def __init__(self, *arguments, **named):
            self.inner = transaction(*arguments, **named)

        def __enter__(self):
            return self.inner.__enter__()

        def __exit__(self, *error):
            stop()

    base.transaction = Late
answer = Asking(base).call("POST", f"{SALE}(guid'{ref}')/Post", None)
print(answer.status, flush=True)
"""


@pytest.mark.parametrize("moment", ["before records", "before the mark", "before the commit"])
def test_nothing_half_is_left(infobase_factory: InfobaseFactory, moment: str) -> None:
    with closing(sample_base(infobase_factory)) as base, base.transaction() as session:
        good = session.put(GOODS, {"Description": "Стол"})
        sale = session.put(SALE, {"Date": MOMENT, "Товары": [{"Товар": good, "Количество": Decimal(2)}]})

    killed(base, sale.id, moment)

    with closing(Infobase.open(base.place)) as again:
        with again.reading() as session:
            row = session.get(SALE, sale)
            assert row is not None
            assert (row["Posted"], list(session.records(STOCK)), session.balance(STOCK)) == (False, [], [])
        # and nobody else has to wait for what the dead one held
        with again.transaction() as session:
            session.put(SALE, {"Ref": sale, "Комментарий": "дальше"})


def test_what_was_answered_is_there(infobase_factory: InfobaseFactory) -> None:
    with closing(sample_base(infobase_factory)) as base, base.transaction() as session:
        good = session.put(GOODS, {"Description": "Стол"})
        sale = session.put(SALE, {"Date": MOMENT, "Товары": [{"Товар": good, "Количество": Decimal(2)}]})

    process = started(base, sale.id, "never")
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "200"
    process.kill()
    process.communicate()

    with closing(Infobase.open(base.place)) as again, again.reading() as session:
        row = session.get(SALE, sale)
        assert row is not None
        assert (row["Posted"], len(list(session.records(STOCK)))) == (True, 3)


def started(base: Infobase, ref: str, moment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SERVER, str(base.place), ref, moment],
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
    )


def killed(base: Infobase, ref: str, moment: str) -> None:
    """Kills a server at a moment of posting: SIGKILL, TerminateProcess on Windows."""
    process = started(base, ref, moment)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "here"
    finally:
        process.kill()
        process.communicate()
