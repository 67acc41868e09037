"""What every client of the standard OData interface stands on: the session, `$metadata` read once, names of published sets."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

from harness.errors import StandError
from harness.onec.decoding import RowDecoder
from harness.onec.edmx import Metadata, read_edmx
from harness.onec.kept import Kept

if TYPE_CHECKING:
    from harness.onec.edmx import EntityType
    from harness.onec.session import StandSession
    from harness.onec.values import Row

ROOT = "/odata/standard.odata"


@dataclass(frozen=True, slots=True)
class Known:
    """What one reading of `$metadata` gave."""

    metadata: Metadata
    decoder: RowDecoder


class Publication:
    """One publication and what it says of itself.

    Args:
        session: the stand's HTTP session.
    """

    def __init__(self, session: StandSession) -> None:
        self.session = session
        self.kept = Kept(session.guard)
        """What this user has read in the base and nobody has changed since."""
        self._known: Known | None = None
        self._lock = threading.Lock()

    def through(self, session: StandSession) -> Self:
        """The same publication as another user; `$metadata` is not read again."""
        other = type(self)(session)
        other._known = self.known()  # noqa: SLF001 - of the same class
        return other

    def metadata_bytes(self) -> bytes:
        """`$metadata` as the base sends it (megabytes; seconds on a real base)."""
        return self.session.get(f"{ROOT}/$metadata", headers={"Accept": "application/xml"}, expect="xml").content

    def metadata(self) -> Metadata:
        """`$metadata`, read once and kept; `forget` drops it.

        Raises:
            DocumentError: the answer is no `$metadata`.
        """
        return self.known().metadata

    def forget(self) -> None:
        """Drops what is kept of `$metadata`, after an update for example."""
        self._known = None

    def sets(self) -> tuple[str, ...]:
        """Names of the published entity sets, by the service document."""
        data = self.session.json("GET", f"{ROOT}/", params={"$format": "json"})
        return tuple(str(item["name"]) for item in value_of(data, ROOT) if "name" in item)

    def known(self) -> Known:
        """`$metadata` and a decoder of rows by it, read once.

        Raises:
            DocumentError: the answer is no `$metadata`.
        """
        known = self._known
        if known is None:
            with self._lock:
                if self._known is None:
                    self._known = _read(self.metadata_bytes(), f"{self.session.publication}{ROOT}/$metadata")
                known = self._known
        return known

    def entity_of(self, entity_set: str) -> EntityType | None:
        """Type of a set's entries; None when it is not published or not described."""
        return self.known().metadata.type_of(entity_set)

    def key_types(self, entity_set: str) -> dict[str, str]:
        """Edm types of the key fields of a set, by name."""
        entity = self.entity_of(entity_set)
        return {item.name: item.type for item in entity.properties if item.name in entity.key} if entity else {}


class _Content(bytes):
    """A `$metadata` that is told from another by its content, wherever it was read."""

    place = ""


def _read(content: bytes, place: str) -> Known:
    told = _Content(content)
    told.place = place
    return _parsed(told)


@lru_cache(maxsize=1)
def _parsed(content: _Content) -> Known:
    """The last one stays: the same publication seen by another client, or after a restore, says the same."""
    metadata = read_edmx(content, content.place)
    return Known(metadata, RowDecoder(metadata))


def value_of(data: Any, place: str) -> list[Row]:
    """Rows of an answer of OData.

    Raises:
        StandError: an answer of something else.
    """
    found = data.get("value") if isinstance(data, dict) else None
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise StandError("в ответе нет списка «value»: так отвечает не OData", place=place)
    return found
