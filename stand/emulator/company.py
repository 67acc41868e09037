"""The demo company as an infobase: made from its folder, given its behaviour, updated to another release.

`attach_behaviour` gives an opened base what its configuration describes: filling and posting of documents, registration of changes for
exchanges. A base carries its configuration, so a backup opened anywhere behaves as its release did.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import ConfigError
from harness.onec.names import Kind
from stand.emulator.behaviour.filling import Filling
from stand.emulator.behaviour.lookups import Lookup, SessionLedger
from stand.emulator.behaviour.numbering import next_number, remember_codes
from stand.emulator.behaviour.posting import Movements, Posting
from stand.emulator.behaviour.reporting import Reports
from stand.emulator.behaviour.updating import UpdateReport, update_company
from stand.emulator.database.infobase import Infobase
from stand.emulator.demo.generator import Generator
from stand.emulator.demo.reference_data import write_reference_data
from stand.emulator.exchanging.registration import register_change, register_recent
from stand.emulator.loaders.company import load_company
from stand.emulator.rows import BusinessError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from starlette.routing import Route

    from stand.emulator.database.infobase import Session
    from stand.emulator.model import Configuration, MetaObject
    from stand.emulator.rows import Row

__all__ = [
    "Behaviour",
    "attach_behaviour",
    "behaviour_of",
    "create_demo",
    "demo_folder",
    "service_routes",
    "update_demo",
]

BASE_NAME = "base.name"
STAND_MARK = "stand.mark"
JOBS_BLOCKED = "isolation.jobs_blocked"
OUTWARD_BLOCKED = "isolation.external_blocked"
_RELEASE = "2.0.14.7"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a configuration of the company does, compiled from its description."""

    configuration: Configuration
    filling: Filling
    posting: Posting
    reports: Reports

    @classmethod
    def of(cls, infobase: Infobase) -> Behaviour:
        """Compiles the behaviour a base carries.

        Raises:
            ConfigError: a description that cannot be understood.
        """
        configuration = infobase.configuration
        return cls(
            configuration, Filling(configuration, infobase.layout), Posting(configuration), Reports(configuration)
        )

    def before_write(self, session: Session, meta: MetaObject, row: Row) -> None:
        """Fills an object, numbers a document, registers the change for exchanges."""
        name = str(meta.name)
        with _refusals():
            self.filling.complete(name, row, Lookup(session, self.configuration))
        if meta.kind is Kind.DOCUMENT and not row.get("Number"):
            row["Number"] = next_number(session, name, row)
        register_change(session, meta, row)

    def movements(self, session: Session, meta: MetaObject, row: Row) -> Movements:
        """Records a document makes at its moment."""
        lookup = Lookup(session, self.configuration)
        with _refusals():
            return self.posting.movements(str(meta.name), row, lookup, SessionLedger(session, lookup.accounting))


@contextmanager
def _refusals() -> Iterator[None]:
    """A rule that cannot be computed for this very object is the configuration's refusal, as an error in a module of 1C is."""
    try:
        yield
    except ConfigError as error:
        raise BusinessError(error.message) from error


def demo_folder() -> Path:
    """The folder of the demo company: beside the code in a checkout, inside the package when installed.

    Raises:
        ConfigError: the installation is incomplete.
    """
    root = Path(__file__).resolve().parents[2]
    for place in (root / "fixtures" / "demo", root / "harness" / "_data" / "fixtures" / "demo"):
        if (place / "releases").is_dir():
            return place
    raise ConfigError(
        "В установке нет демонстрационной компании", place=str(root), hint="переустановите пакет onec-readiness"
    )


def create_demo(
    path: Path,
    *,
    password: str,
    release: str = _RELEASE,
    documents: int = 500,
    seed: int = 1,
    stand: bool = True,
    folder: Path | None = None,
) -> Infobase:
    """A new base of the demo company, generated and truly posted, with its behaviour attached.

    Args:
        path: a file that does not exist yet.
        release: version.
        folder: of the company; None: the one that is shipped.
        password: of every user of the demo.
        documents: how many documents in all, 60 at least.
        seed: the same seed and size give the same company.
        stand: sets the stand's mark and blocks jobs and outward connections.

    Raises:
        ConfigError: no such release.
        UsageError: too few documents.
    """
    folder = folder or demo_folder()
    configuration = load_company(folder, release)
    infobase = Infobase.create(path, configuration)
    try:
        with infobase.transaction() as session:
            world = write_reference_data(session, folder, documents)
            Generator(session, world, documents=documents, seed=seed).run()
            remember_codes(session)
            register_recent(session)
        _settle(infobase, configuration, password, stand=stand)
    except BaseException:
        infobase.close()
        path.unlink(missing_ok=True)
        raise
    attach_behaviour(infobase)
    return infobase


def _settle(infobase: Infobase, configuration: Configuration, password: str, *, stand: bool) -> None:
    """Users, the name of the base, mark and isolation."""
    for name, table in _table(configuration.behaviour, "users").items():
        roles: Sequence[str] = table["roles"]
        full = any(_table(configuration.behaviour, "roles")[role].get("full") for role in roles)
        infobase.set_user(name, password, roles=roles, full_rights=full)
    infobase.set_setting(BASE_NAME, str(_table(configuration.behaviour, "configuration")["base"]))
    for name in (STAND_MARK, JOBS_BLOCKED, OUTWARD_BLOCKED):
        infobase.set_setting(name, "1" if stand else "0")


def attach_behaviour(infobase: Infobase) -> Behaviour:
    """Attaches what the base's configuration describes; call again after the configuration was replaced."""
    behaviour = Behaviour.of(infobase)
    infobase.hooks.posting = behaviour.movements
    infobase.hooks.before_write = behaviour.before_write
    return behaviour


def behaviour_of(infobase: Infobase, known: Behaviour | None = None) -> Behaviour:
    """The behaviour of a base as it is now: the known one while the configuration is the same, a fresh one after an update."""
    if known is not None and known.configuration is infobase.configuration:
        return known
    return attach_behaviour(infobase)


def update_demo(infobase: Infobase, release: str, folder: Path | None = None) -> UpdateReport:
    """Updates a base of the company to another release, with its update handlers, and attaches the new behaviour.

    Raises:
        ConfigError: no such release.
    """
    report = update_company(infobase, load_company(folder or demo_folder(), release), attach_behaviour)
    attach_behaviour(infobase)
    return report


def service_routes(infobase: Infobase) -> Sequence[Route]:
    """Routes of the readiness service of a base."""
    from stand.emulator.service.routes import routes

    return routes(infobase)


def _table(tables: Mapping[str, object], name: str) -> dict[str, Any]:
    value = tables.get(name)
    return value if isinstance(value, dict) else {}
