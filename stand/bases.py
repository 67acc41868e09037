"""What the embedded stand serves: the demo company, or a recorded base."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import msgspec

from stand.emulator.database.infobase import Infobase
from stand.protocol import Evidence, Info, Isolation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from starlette.routing import BaseRoute

    from stand.emulator.behaviour.deferred import DeferredHandlers
    from stand.emulator.database.dialect import Place
    from stand.reading import BaseReader

ADMINISTRATOR = "Администратор"
"""Main user when the settings name none."""
_RELEASE = "recording.release"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A user of the stand and the roles it has; the password never shows in a repr."""

    name: str
    password: str
    roles: list[str] = []
    full: bool = False

    def __repr__(self) -> str:
        return f"Account(name={self.name!r}, password=***, roles={self.roles!r})"


@dataclass(frozen=True, slots=True)
class Changed:
    """What an update did.

    Attributes:
        place: of the updated base when it is another one; None when the base was updated in place.
    """

    facts: Mapping[str, str] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    place: Place | None = None


class Base(Protocol):
    """A kind of base the emulator can serve."""

    @property
    def publication(self) -> str:
        """Name in the address."""

    def create(self, place: Place, password: str) -> Infobase:
        """A new base; every user gets the password."""

    def open(self, place: Place) -> Infobase:
        """The base from its place, behaviour attached."""

    def routes(self, infobase: Infobase) -> Sequence[BaseRoute]:
        """HTTP services beside OData."""

    def info(self, infobase: Infobase, reader: BaseReader) -> Info:
        """What the base says of itself, if it can speak for itself."""

    def isolation(self, reader: BaseReader) -> Isolation:
        """Whether it is cut off from the outside."""

    def update(self, infobase: Infobase, path: Place, release: str, accounts: Sequence[Account]) -> Changed:
        """Updates it where it is, or into a new base at `path`."""

    def deferred(self, infobase: Infobase) -> DeferredHandlers | None:
        """The background job of its deferred update handlers; None when it has no such thing."""


@dataclass(frozen=True, slots=True)
class DemoBase:
    """The demo company, generated and truly posted.

    Attributes:
        documents: how many documents.
        seed: of the generator.
        lifecycle: failures to order, see `stand.emulator.behaviour.lifecycle`.
    """

    release: str
    documents: int = 500
    seed: int = 1
    publication: str = "demo"
    lifecycle: Mapping[str, str] = field(default_factory=dict, kw_only=True)

    def create(self, place: Place, password: str) -> Infobase:
        """Generates the company."""
        from stand.emulator.company import create_demo

        return create_demo(
            place,
            release=self.release,
            documents=self.documents,
            seed=self.seed,
            password=password,
            stand=True,
            lifecycle=self.lifecycle,
        )

    def open(self, place: Place) -> Infobase:
        """The base from its place, with posting, reports and exchanges; one that was moved there is cut off from the outside."""
        from stand.emulator.behaviour.attached import attach_behaviour
        from stand.emulator.behaviour.isolation import isolate_moved

        infobase = Infobase.open(place)
        attach_behaviour(infobase)
        isolate_moved(infobase)
        return infobase

    def routes(self, infobase: Infobase) -> Sequence[BaseRoute]:
        """The readiness service."""
        from stand.emulator.company import service_routes

        return service_routes(infobase)

    def info(self, infobase: Infobase, reader: BaseReader) -> Info:
        """By its readiness service."""
        del infobase
        return reader.info()

    def isolation(self, reader: BaseReader) -> Isolation:
        """By its readiness service."""
        return reader.isolation()

    def deferred(self, infobase: Infobase) -> DeferredHandlers | None:
        """Handlers of the update that run in the background."""
        from stand.emulator.behaviour.deferred import DeferredHandlers

        return DeferredHandlers(infobase)

    def update(self, infobase: Infobase, path: Place, release: str, accounts: Sequence[Account]) -> Changed:
        """Applies the release's patches and runs its update handlers, in place."""
        from stand.emulator.company import update_demo

        del path, accounts
        report = update_demo(infobase, release, lifecycle=self.lifecycle)
        content = msgspec.json.format(msgspec.json.encode(report), indent=2)
        return Changed(evidence=(Evidence("update.json", content, "application/json"),))


@dataclass(frozen=True, slots=True)
class RecordedBase:
    """A base made of a recorded `$metadata` and SelectChanges feeds.

    Attributes:
        metadata, feeds: files of the first state.
        next_metadata, next_feeds: files after the update; empty: the same as before.
        release, next_release: names of the two states; "" for one made from the content of the files.
        user: name of the main user.
    """

    metadata: Path
    feeds: tuple[Path, ...] = ()
    next_metadata: Path | None = None
    next_feeds: tuple[Path, ...] = ()
    release: str = ""
    next_release: str = ""
    user: str = ADMINISTRATOR
    publication: str = "recorded"

    @property
    def target(self) -> str:
        """Name of the second state."""
        return self.next_release or label(self.next_metadata or self.metadata, self.next_feeds or self.feeds)

    def create(self, place: Place, password: str) -> Infobase:
        """Builds the model from `$metadata` and fills it from the feeds.

        Raises:
            DocumentError: a file is not what it should be; no half-made base is left.
        """
        from stand.emulator.loaders.recording import create_recorded

        def settle(infobase: Infobase) -> None:
            infobase.set_setting(_RELEASE, self.release or label(self.metadata, self.feeds))
            infobase.set_user(self.user, password, full_rights=True)

        return create_recorded(place, self.metadata, self.feeds, settle)

    def open(self, place: Place) -> Infobase:
        """The base from its place."""
        return Infobase.open(place)

    def deferred(self, infobase: Infobase) -> DeferredHandlers | None:
        """None: a recording has no update handlers."""
        del infobase
        return None

    def routes(self, infobase: Infobase) -> Sequence[BaseRoute]:
        """None: a recording knows OData only."""
        del infobase
        return ()

    def info(self, infobase: Infobase, reader: BaseReader) -> Info:
        """Name of the publication; the release its owner named."""
        del reader
        return Info(
            base=self.publication,
            configuration=infobase.configuration.name,
            version=infobase.get_setting(_RELEASE),
            marked=True,
            deferred_left=0,
            emulator=True,
        )

    def isolation(self, reader: BaseReader) -> Isolation:
        """A recording has neither jobs nor outward connections."""
        del reader
        return Isolation(
            external_resources_blocked=True,
            scheduled_jobs_blocked=True,
            evidence="записанную базу обслуживает эмулятор: внешних соединений и заданий у неё нет",
        )

    def update(self, infobase: Infobase, path: Place, release: str, accounts: Sequence[Account]) -> Changed:
        """Builds the second state in a base of its own; the users stay."""
        from stand.emulator.loaders.recording import create_recorded

        del infobase
        Infobase.remove(path)

        def settle(infobase: Infobase) -> None:
            infobase.set_setting(_RELEASE, release or self.target)
            for account in accounts:
                infobase.set_user(account.name, account.password, roles=account.roles, full_rights=account.full)

        fresh = create_recorded(path, self.next_metadata or self.metadata, self.next_feeds or self.feeds, settle)
        fresh.close()
        return Changed({"objects": str(len(fresh.configuration.objects))}, place=path)


def label(metadata: Path, feeds: Sequence[Path]) -> str:
    """A name for a recorded state: the file's, and the beginning of the hash of everything in it."""
    digest = hashlib.sha256()
    for path in (metadata, *feeds):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return f"{metadata.stem} ({digest.hexdigest()[:8]})"
