"""The demo company as an infobase: made from its folder, given its behaviour, updated to another release.

A base carries its configuration, so a backup opened anywhere and given its behaviour (`attach_behaviour`) works as its release did.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import ConfigError
from stand.emulator.behaviour.attached import BASE_NAME, JOBS_BLOCKED, OUTWARD_BLOCKED, STAND_MARK, attach_behaviour
from stand.emulator.behaviour.numbering import remember_codes
from stand.emulator.behaviour.updating import UpdateReport, update_company
from stand.emulator.database.infobase import Infobase
from stand.emulator.demo.generator import Generator
from stand.emulator.demo.reference_data import write_reference_data
from stand.emulator.exchanging.registration import register_recent
from stand.emulator.loaders.company import load_company

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.routing import Route

    from stand.emulator.database.dialect import Place
    from stand.emulator.model import Configuration

_RELEASE = "2.0.14.7"


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
    place: Place,
    *,
    password: str,
    release: str = _RELEASE,
    documents: int = 500,
    seed: int = 1,
    stand: bool = True,
    folder: Path | None = None,
    lifecycle: Mapping[str, str] | None = None,
) -> Infobase:
    """A new base of the demo company, generated and truly posted, with its behaviour attached.

    Args:
        place: a file that does not exist yet, or the address of a database without an infobase; a failure leaves neither.
        release: version.
        folder: of the company; None: the one that is shipped.
        password: of every user of the demo.
        documents: how many documents in all, 60 at least.
        seed: the same seed and size give the same company.
        stand: sets the stand's mark and blocks jobs and outward connections.
        lifecycle: failures to order.

    Raises:
        ConfigError: no such release.
        UsageError: too few documents.
    """
    folder = folder or demo_folder()
    configuration = _ordered(load_company(folder, release), lifecycle)
    with Infobase.creation(place, configuration) as infobase:
        with infobase.transaction() as session:
            world = write_reference_data(session, folder, documents)
            Generator(session, world, documents=documents, seed=seed).run()
            remember_codes(session)
            register_recent(session)
        _settle(infobase, configuration, password, stand=stand)
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


def update_demo(
    infobase: Infobase, release: str, folder: Path | None = None, *, lifecycle: Mapping[str, str] | None = None
) -> UpdateReport:
    """Updates a base of the company to another release, with its update handlers, and attaches the new behaviour.

    Deferred handlers are left to be run afterwards: `stand.emulator.behaviour.deferred`.

    Raises:
        ConfigError: no such release.
    """
    configuration = _ordered(load_company(folder or demo_folder(), release), lifecycle)
    report = update_company(infobase, configuration, attach_behaviour)
    attach_behaviour(infobase)
    return report


def _ordered(configuration: Configuration, lifecycle: Mapping[str, str] | None) -> Configuration:
    if not lifecycle:
        return configuration
    return replace(configuration, behaviour={**configuration.behaviour, "lifecycle": dict(lifecycle)})


def service_routes(infobase: Infobase) -> Sequence[Route]:
    """Routes of the readiness service of a base, of its print forms, and of the services other systems exchange with it through."""
    from stand.emulator.behaviour.print_forms import print_routes
    from stand.emulator.exchanging.routes import exchange_routes
    from stand.emulator.service.routes import routes

    return [*routes(infobase), *print_routes(infobase), *exchange_routes(infobase)]


def _table(tables: Mapping[str, object], name: str) -> dict[str, Any]:
    value = tables.get(name)
    return value if isinstance(value, dict) else {}
