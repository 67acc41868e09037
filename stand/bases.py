"""What the embedded stand serves: the demo company, or a recorded base."""

from __future__ import annotations

import hashlib
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import msgspec

from stand.emulator.database.infobase import Infobase
from stand.protocol import Evidence, Info, Isolation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from starlette.routing import BaseRoute

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
        path: file of the updated base when it is another one; None when the base was updated in place.
    """

    facts: Mapping[str, str] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    path: Path | None = None


class Base(Protocol):
    """A kind of base the emulator can serve."""

    @property
    def publication(self) -> str:
        """Name in the address."""

    def create(self, path: Path, password: str) -> Infobase:
        """A new base in a file; every user gets the password."""

    def open(self, path: Path) -> Infobase:
        """The base from its file, behaviour attached."""

    def routes(self, infobase: Infobase) -> Sequence[BaseRoute]:
        """HTTP services beside OData."""

    def info(self, infobase: Infobase, reader: BaseReader) -> Info:
        """What the base says of itself, if it can speak for itself."""

    def isolation(self, reader: BaseReader) -> Isolation:
        """Whether it is cut off from the outside."""

    def update(self, infobase: Infobase, path: Path, release: str, accounts: Sequence[Account]) -> Changed:
        """Updates it, in place or into a new file at `path`."""


@dataclass(frozen=True, slots=True)
class DemoBase:
    """The demo company, generated and truly posted.

    Attributes:
        documents: how many documents.
        seed: of the generator.
    """

    release: str
    documents: int = 500
    seed: int = 1
    publication: str = "demo"

    def create(self, path: Path, password: str) -> Infobase:
        """Generates the company."""
        from stand.emulator.company import create_demo

        return create_demo(
            path, release=self.release, documents=self.documents, seed=self.seed, password=password, stand=True
        )

    def open(self, path: Path) -> Infobase:
        """The base from its file, with posting, reports and exchanges."""
        from stand.emulator.behaviour.attached import attach_behaviour

        infobase = Infobase.open(path)
        attach_behaviour(infobase)
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

    def update(self, infobase: Infobase, path: Path, release: str, accounts: Sequence[Account]) -> Changed:
        """Applies the release's patches and runs its update handlers, in place."""
        from stand.emulator.company import update_demo

        del path, accounts
        report = update_demo(infobase, release)
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

    def create(self, path: Path, password: str) -> Infobase:
        """Builds the model from `$metadata` and fills it from the feeds.

        Raises:
            DocumentError: a file is not what it should be; no half-made base is left.
        """
        infobase = _recorded(path, self.metadata, self.feeds, self.release or label(self.metadata, self.feeds))
        infobase.set_user(self.user, password, full_rights=True)
        return infobase

    def open(self, path: Path) -> Infobase:
        """The base from its file."""
        return Infobase.open(path)

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

    def update(self, infobase: Infobase, path: Path, release: str, accounts: Sequence[Account]) -> Changed:
        """Builds the second state in a file of its own; the users stay."""
        del infobase
        remove_base(path)
        metadata, feeds = self.next_metadata or self.metadata, self.next_feeds or self.feeds
        with closing(_recorded(path, metadata, feeds, release or self.target)) as fresh:
            for account in accounts:
                fresh.set_user(account.name, account.password, roles=account.roles, full_rights=account.full)
            return Changed({"objects": str(len(fresh.configuration.objects))}, path=path)


def label(metadata: Path, feeds: Sequence[Path]) -> str:
    """A name for a recorded state: the file's, and the beginning of the hash of everything in it."""
    digest = hashlib.sha256()
    for path in (metadata, *feeds):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return f"{metadata.stem} ({digest.hexdigest()[:8]})"


def remove_base(path: Path) -> None:
    """Deletes a base's file and what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _recorded(path: Path, metadata: Path, feeds: Sequence[Path], release: str) -> Infobase:
    from stand.emulator.loaders.recording import create_recorded

    infobase = create_recorded(path, metadata, feeds)
    infobase.set_setting(_RELEASE, release)
    return infobase
