"""Asks a base what it is, by the readiness service where there is one and by OData alone where not."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

import msgspec

from harness.errors import AnswerError
from harness.onec.odata import ODataClient
from harness.onec.services import ReadinessService
from stand.protocol import Info, Isolation

if TYPE_CHECKING:
    from harness.onec.session import StandSession

VERSIONS = "InformationRegister_ВерсииПодсистем"
"""Register of the standard subsystems library that holds the release of a configuration, when it is published."""
COUNTING = 300.0
"""Seconds a fingerprint may take: on a base of thousands of sets the rest stays uncounted, in both fingerprints alike."""


class Fingerprint(msgspec.Struct, frozen=True, kw_only=True):
    """What a restore must bring back.

    Attributes:
        metadata: sha256 of `$metadata`.
        counts: rows of every entity set; -1 for a set that cannot be counted.
    """

    metadata: str
    counts: dict[str, int]

    def differing(self, other: Fingerprint) -> tuple[str, ...]:
        """Names of what is not equal, with both numbers."""
        found = [] if self.metadata == other.metadata else ["$metadata"]
        for name in sorted(self.counts.keys() | other.counts.keys()):
            was, now = self.counts.get(name), other.counts.get(name)
            if was != now:
                found.append(f"{name} ({'нет' if was is None else was} → {'нет' if now is None else now})")
        return tuple(found)


class BaseReader:
    """Reads a base through its publication; asks anew after `forget`.

    Args:
        session: to the publication.
        base: name of the base when the user gave one.
    """

    def __init__(self, session: StandSession, base: str = "") -> None:
        self._session = session
        self._base = base
        self._service = ReadinessService(session)
        self._available: bool | None = None

    def forget(self) -> None:
        """The base was restored or updated: what was known of it is not known any more."""
        self._available = None

    @property
    def has_service(self) -> bool:
        """Whether the readiness service is published."""
        if self._available is None:
            self._available = self._service.available()
        return self._available

    def info(self) -> Info:
        """What the base says of itself."""
        if not self.has_service:
            return Info(base=self._base or self._session.publication.partition("://")[2], version=self._version())
        said = self._service.info()
        return Info(
            base=self._base or said.base,
            configuration=said.configuration.name,
            version=said.configuration.version,
            platform=said.platform,
            time_zone=said.time_zone,
            marked=said.stand.mark,
            extensions={item.name: item.version for item in said.extensions if item.applied},
            extensions_refused={item.name: item.reason for item in said.extensions if not item.applied},
            handlers_failed=tuple(
                f"{item.name}: {item.error}" for item in said.update.handlers if item.state == "failed"
            ),
            deferred_left=said.update.deferred_left,
            deferred_waiting=tuple(item.name for item in said.update.handlers if item.state in ("waiting", "running")),
            emulator=said.emulator,
        )

    def isolation(self) -> Isolation:
        """Whether outward connections and jobs are blocked; unknown without the service."""
        if not self.has_service:
            return Isolation(None, None, "сервис готовности в базе не опубликован")
        said = self._service.info().isolation
        return Isolation(said.external_resources_blocked, said.scheduled_jobs_blocked, "ответ сервиса готовности /info")

    def fingerprint(self) -> Fingerprint:
        """Digest of the metadata and the number of rows of every set."""
        client = ODataClient(self._session)
        until = time.monotonic() + COUNTING
        counts: dict[str, int] = {}
        for name in sorted(client.sets()):
            if time.monotonic() > until:
                break
            try:
                counts[name] = client.count(name)
            except AnswerError:  # virtual sets and sets without rights answer with an error of their own
                counts[name] = -1
        return Fingerprint(metadata=hashlib.sha256(client.metadata_bytes()).hexdigest(), counts=counts)

    def _version(self) -> str:
        """Release by the library's own register, "" where it is not published."""
        client = ODataClient(self._session)
        if VERSIONS not in client.sets():
            return ""
        rows = list(client.rows(VERSIONS))
        main = [row for row in rows if row.get("ЭтоОсновнаяКонфигурация")] or (rows if len(rows) == 1 else [])
        return str(main[0].get("Версия", "")) if main else ""
