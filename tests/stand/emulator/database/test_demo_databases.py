"""The demo company on both databases: the same seed is the same company, digit by digit, before an update and after it."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from stand.emulator.behaviour.deferred import run_deferred
from stand.emulator.behaviour.updating import handled
from stand.emulator.company import create_demo, update_demo
from stand.emulator.database.backup import compare, restore
from stand.emulator.database.infobase import Infobase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.stand.emulator.factory import InfobaseFactory

DOCUMENTS = 120
Fingerprint = dict[str, tuple[int, str]]
# Salts are random, and the log and the report of an update know what time it was.
OWN = {"_users", "_log", "_settings"}


@pytest.fixture(scope="module")
def company(shared_infobase_factory: InfobaseFactory) -> Iterator[Infobase]:
    with closing(create_demo(shared_infobase_factory.place(), password="x" * 12, documents=DOCUMENTS)) as base:
        yield base


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Fingerprint]:
    """Fingerprints of the company in a file, before and after the update."""
    path = tmp_path_factory.mktemp("reference") / "base.db"
    with closing(create_demo(path, password="x" * 12, documents=DOCUMENTS)) as base:
        before = base.fingerprint()
        update_demo(base, "2.0.15.2")
        run_deferred(base)
        return {"before": before, "after": base.fingerprint()}


def differing(first: Fingerprint, second: Fingerprint) -> set[str]:
    return set(compare(first, second).differing) - OWN


def test_a_company_is_the_same_on_both_and_stays_so(
    company: Infobase,
    reference: dict[str, Fingerprint],
    shared_infobase_factory: InfobaseFactory,
    tmp_path: Path,
) -> None:
    before = company.fingerprint()
    assert differing(before, reference["before"]) == set()
    assert sum(rows for rows, _digest in before.values()) > 2000

    company.backup(tmp_path / "copy")
    place = shared_infobase_factory.place()
    restore(tmp_path / "copy", place)
    with closing(Infobase.open(place)) as again:
        assert again.configuration == company.configuration
        assert compare(before, again.fingerprint()).differing == ()

    update_demo(company, "2.0.15.2")
    run_deferred(company)
    report = handled(company)
    assert report is not None
    assert [item.state for item in report.handlers] == ["done"] * len(report.handlers)
    assert differing(company.fingerprint(), reference["after"]) == set()


def test_a_company_answers_as_it_does_from_a_file(company: Infobase, tmp_path: Path) -> None:
    """Reports and postings go through every kind of SQL there is."""
    from datetime import date

    from stand.emulator.behaviour.attached import attach_behaviour
    from stand.emulator.behaviour.lookups import Lookup

    def shown(base: Infobase) -> dict[str, Any]:
        behaviour = attach_behaviour(base)
        with base.rehearsal() as session:
            lookup = Lookup(session, behaviour.configuration)
            found: dict[str, Any] = {}
            for name, report in behaviour.reports.by_name.items():
                result = report.run(session, lookup, date(2025, 1, 1), date(2026, 12, 31), {})
                found[name] = (result.rows, result.totals)
            for name in base.configuration.objects:
                if name.startswith("Document_"):
                    row = next(iter(session.select(name, where={"Posted": True}, order=("Date",))), None)
                    if row is not None:
                        session.post(name, row["Ref"])
                        found[name] = [
                            list(session.records(r, recorder=row["Ref"])) for r in session.registers_of(name)
                        ]
        return found

    with closing(create_demo(tmp_path / "base.db", password="x" * 12, documents=DOCUMENTS)) as other:
        if company.configuration.version != other.configuration.version:
            update_demo(other, company.configuration.version)
            run_deferred(other)
        assert shown(company) == shown(other)
