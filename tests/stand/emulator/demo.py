"""A generated demo company for tests: made once, copied for each test."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stand.emulator.behaviour.attached import attach_behaviour
from stand.emulator.behaviour.deferred import run_deferred
from stand.emulator.behaviour.updating import update_company
from stand.emulator.company import create_demo, demo_folder
from stand.emulator.database.infobase import Infobase
from stand.emulator.loaders.company import configuration_of, tree_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stand.emulator.database.infobase import Session
    from stand.emulator.rows import Ref, Row

PASSWORD = "password-of-tests"
DOCUMENTS = 160
UNIVERSAL = "СинхронизацияДанныхЧерезУниверсальныйФормат"


@cache
def template() -> Path:
    """A backup of a small generated company."""
    folder = Path(tempfile.mkdtemp(prefix="demo-company-"))
    infobase = create_demo(folder / "made.db", password=PASSWORD, documents=DOCUMENTS)
    infobase.backup(folder / "template.db")
    infobase.close()
    return folder / "template.db"


@contextmanager
def company(folder: Path) -> Iterator[Infobase]:
    """A copy of the company, with its behaviour."""
    path = folder / "base.db"
    shutil.copyfile(template(), path)
    infobase = Infobase.open(path)
    attach_behaviour(infobase)
    try:
        yield infobase
    finally:
        infobase.close()


def update_with(infobase: Infobase, *defects: str, release: str = "2.0.15.2") -> None:
    """Updates to a release with further defects seeded into it; its deferred handlers have finished."""
    configuration = configuration_of(tree_of(demo_folder(), release, extra_defects=defects))
    update_company(infobase, configuration, attach_behaviour)
    run_deferred(infobase)


def sample(name: str) -> bytes:
    """An exchange file of the demo company."""
    return (demo_folder() / "samples" / name).read_bytes()


def one(session: Session, name: str, **equal: Any) -> Row:
    """The only object with these values."""
    found = session.find(name, **equal)
    assert len(found) == 1, f"{name} {equal}: {len(found)}"
    return found[0]


def got(session: Session, reference: Ref) -> Row:
    """The object behind a reference."""
    row = session.get(reference.object, reference.id)
    assert row is not None, reference
    return row


def moment(year: int, month: int, day: int, *time: int) -> datetime:
    """A moment as 1C has it."""
    hour, minute, second = (*time, 0, 0, 0)[:3]
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - dates of 1C have no zone


def customer(session: Session) -> Row:
    """The first customer."""
    return next(row for row in session.select("Catalog_Контрагенты", order=("Code",)) if not row["IsFolder"])


def plenty(session: Session) -> tuple[Ref, Ref]:
    """Goods and a warehouse with the largest stock there is."""
    rows = session.balance("AccumulationRegister_ТоварыНаСкладах")
    best = max(rows, key=lambda row: row["КоличествоBalance"])
    return best["Номенклатура"], best["Склад"]
