"""Compares two files of one format by structure and declared identity: what `readiness exchange compare` shows.

Memory does not grow with the files' contents: the first pass keeps a hash of each object, the second reads again only what differs.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.exchange import capabilities, flatten, golden, httpservice, wsdl, xdto, xdto_compare, xsd
from harness.exchange.changes import ADDED, CHANGED, REMOVED, TOLD, Change, of_fields
from harness.exchange.inspection import content
from harness.exchange.recognise import Kind, recognise

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

_MOST = 10_000
"""Objects whose fields are told; the rest is counted as changed."""


def compare(
    before: bytes | Path,
    after: bytes | Path,
    *,
    places: tuple[str, str] = ("до", "после"),
    used: Collection[str] = (),
    everything: bool = False,
    schema: xsd.Schema | None = None,
) -> list[Change]:
    """Changes from one file to another; breaking ones first.

    Args:
        before: file of the release before the update, bytes or a path.
        after: file of the release after it.
        places: what to name in errors.
        used: object types a base exchanges; limits packages and capabilities.
        everything: also what differs in every message (numbers, moments).
        schema: also violations of an XSD that the second file has and the first has not.

    Raises:
        DocumentError: a file cannot be read.
        UsageError: files of different formats.
    """
    kinds = (recognise(before, places[0]), recognise(after, places[1]))
    if kinds[0] is not kinds[1]:
        raise UsageError(f"форматы разные: {places[0]} — {kinds[0].value}, {places[1]} — {kinds[1].value}")
    own = _OWN.get(kinds[0])
    if own is not None:
        found = own(content(before, places[0]), content(after, places[1]), used)
    elif kinds[0] in flatten.VOLATILE:
        found = list(_objects(kinds[0], (before, after), places, everything=everything))
    else:
        raise UsageError("архивы не сравниваются: распакуйте их", place=places[0])
    if schema is not None:
        new = xsd.new_violations(
            *(
                xsd.violations(content(one, name), schema, name)
                for one, name in zip((before, after), places, strict=True)
            )
        )
        found += [Change(ADDED, told.path, after=told.told(), breaking=True, aspect=TOLD) for told in new.values()]
    return sorted(found, key=lambda one: not one.breaking)


def _objects(
    kind: Kind, sources: tuple[bytes | Path, bytes | Path], places: tuple[str, str], *, everything: bool
) -> Iterator[Change]:
    """Objects by identity, in the order of the first file, then the new ones in the order of the second."""
    old, new = (
        {name: _digest(values) for name, values in flatten.entries(kind, source, place, everything=everything)}
        for source, place in zip(sources, places, strict=True)
    )
    for name in old:
        if name not in new:
            yield Change(REMOVED, name, breaking=True)
    different = [name for name, digest in old.items() if name in new and new[name] != digest]
    told = set(different[:_MOST])
    if told:
        was, now = (
            {
                name: values
                for name, values in flatten.entries(kind, source, place, everything=everything)
                if name in told
            }
            for source, place in zip(sources, places, strict=True)
        )
        for name in different[:_MOST]:
            yield from of_fields(name, was[name], now[name])
    for name in different[_MOST:]:
        yield Change(CHANGED, name)
    for name in new:
        if name not in old:
            yield Change(ADDED, name)


def _digest(values: dict[str, str]) -> bytes:
    told = blake2b(digest_size=12)
    for name, value in values.items():
        told.update(f"{len(name)}:{name}={len(value)}:{value};".encode("utf-8", "surrogatepass"))
    return told.digest()


def _packages(before: bytes, after: bytes, used: Collection[str]) -> list[Change]:
    return xdto_compare.differences(xdto.load_package(before), xdto.load_package(after), used)


def _capabilities(before: bytes, after: bytes, used: Collection[str]) -> list[Change]:
    """Everything that differs, told of versions and of directions in the greatest version of each side."""
    one, other = capabilities.read(before), capabilities.read(after)
    return [
        Change(CHANGED, told.path.strip("/"), after=told.told(), breaking=True, aspect=TOLD)
        for told in capabilities.differences(one, other, used=used)
    ]


def _services(before: bytes, after: bytes, used: Collection[str]) -> list[Change]:
    del used
    return wsdl.differences(wsdl.read(before), wsdl.read(after))


def _http_services(before: bytes, after: bytes, used: Collection[str]) -> list[Change]:
    del used
    return httpservice.differences(httpservice.read(before), httpservice.read(after))


def _pairs(before: bytes, after: bytes, used: Collection[str]) -> list[Change]:
    del used
    one, other = golden.read(before), golden.read(after)
    return golden.differences(one, other.answer.status, other.answer.headers, other.answer.content)


_OWN: dict[Kind, Callable[[bytes, bytes, Collection[str]], list[Change]]] = {
    Kind.XDTO: _packages,
    Kind.CAPABILITIES: _capabilities,
    Kind.WSDL: _services,
    Kind.HTTP_SERVICE: _http_services,
    Kind.GOLDEN: _pairs,
}
