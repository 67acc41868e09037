"""The behaviour of a base of the company: compiled from the configuration the base carries and attached to its hooks."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import ConfigError
from harness.onec.names import Kind
from stand.emulator.behaviour.filling import Filling
from stand.emulator.behaviour.lookups import Lookup, SessionLedger
from stand.emulator.behaviour.numbering import next_number
from stand.emulator.behaviour.posting import Movements, Posting
from stand.emulator.behaviour.reporting import Reports
from stand.emulator.behaviour.routes import Routes
from stand.emulator.exchanging.registration import register_change
from stand.emulator.rows import BusinessError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stand.emulator.database.infobase import Infobase, Session
    from stand.emulator.model import Configuration, MetaObject
    from stand.emulator.rows import Row

BASE_NAME = "base.name"
"""Setting of the base: what it is called."""
STAND_MARK = "stand.mark"
"""Setting of the base: "1" on a stand."""
JOBS_BLOCKED = "isolation.jobs_blocked"
"""Setting of the base: "1" while scheduled jobs are blocked."""
OUTWARD_BLOCKED = "isolation.external_blocked"
"""Setting of the base: "1" while outward connections are blocked."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a configuration of the company does, compiled from its description."""

    configuration: Configuration
    filling: Filling
    posting: Posting
    reports: Reports
    routes: Routes

    @classmethod
    def of(cls, infobase: Infobase) -> Behaviour:
        """Compiles the behaviour a base carries.

        Raises:
            ConfigError: a description that cannot be understood.
        """
        configuration = infobase.configuration
        return cls(
            configuration,
            Filling(configuration, infobase.layout),
            Posting(configuration),
            Reports(configuration),
            Routes(configuration),
        )

    def before_write(self, session: Session, meta: MetaObject, row: Row) -> None:
        """Fills an object, numbers a document, registers the change for exchanges."""
        name = str(meta.name)
        with _refusals():
            self.filling.complete(name, row, Lookup(session, self.configuration))
        if meta.kind is Kind.DOCUMENT and not row.get("Number"):
            row["Number"] = next_number(session, name, row)
        register_change(session, meta, row)

    def after_state(self, session: Session, meta: MetaObject, row: Row, state: str) -> None:
        """Posting, unposting and deletion travel with exchanges as any other change does."""
        del state
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


def attach_behaviour(infobase: Infobase) -> Behaviour:
    """Attaches what the base's configuration describes; call again after the configuration was replaced."""
    behaviour = Behaviour.of(infobase)
    infobase.hooks.posting = behaviour.movements
    infobase.hooks.start = behaviour.routes.start
    infobase.hooks.execute = behaviour.routes.execute
    infobase.hooks.before_write = behaviour.before_write
    infobase.hooks.after_state = behaviour.after_state
    return behaviour


def behaviour_of(infobase: Infobase, known: Behaviour | None = None) -> Behaviour:
    """The behaviour of a base as it is now: the known one while the configuration is the same, a fresh one after an update."""
    if known is not None and known.configuration is infobase.configuration:
        return known
    return attach_behaviour(infobase)
