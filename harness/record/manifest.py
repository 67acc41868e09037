"""The manifest of a sealed record: hash and size of every file, itself in canonical form with a hash of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from harness.errors import RecordError
from harness.record.files import sha256, sha256_file, write_atomic
from harness.record.journal import canonical
from harness.record.models import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MANIFEST = "manifest.json"
_STRANGERS = frozenset({"Thumbs.db", "desktop.ini", ".DS_Store"})
"""Left by file managers of people who look at a record; no part of it."""
_HINT = "Протокол правили вручную или он повреждён; возьмите исходную копию"


class FileEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Size in bytes and sha256 of one file."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """manifest.json.

    Attributes:
        files: path inside the record, with slashes, to its entry; the manifest itself is not among them.
        digest: sha256 of the canonical form of `files`.
    """

    schema: int
    files: dict[str, FileEntry]
    digest: str


def record_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every file of a record but the manifest: (path inside with slashes, path), sorted."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in _STRANGERS:
            name = path.relative_to(folder).as_posix()
            if name != MANIFEST:
                yield name, path


def write_manifest(folder: Path) -> Manifest:
    """Hashes every file of the record and writes manifest.json; left-overs of interrupted writes are removed."""
    for part in folder.rglob(".*.part"):
        part.unlink()
    files = {name: FileEntry(size=path.stat().st_size, sha256=sha256_file(path)) for name, path in record_files(folder)}
    manifest = Manifest(schema=SCHEMA, files=files, digest=sha256(canonical(files)))
    write_atomic(folder / MANIFEST, canonical(manifest) + b"\n")
    return manifest


def verify_manifest(folder: Path) -> None:
    """Compares a sealed record with its manifest.

    Raises:
        RecordError: a file was changed, removed or added; the place names the first such file.
    """
    manifest = _read(folder / MANIFEST)
    present = dict(record_files(folder))
    for name, entry in manifest.files.items():
        path = present.pop(name, None)
        if path is None:
            raise RecordError("В протоколе прогона не хватает файла", place=str(folder / name), hint=_HINT)
        if path.stat().st_size != entry.size or sha256_file(path) != entry.sha256:
            raise RecordError("Файл протокола прогона изменён после завершения", place=str(path), hint=_HINT)
    for path in present.values():
        raise RecordError("В протоколе прогона появился лишний файл", place=str(path), hint=_HINT)


def _read(path: Path) -> Manifest:
    content = path.read_bytes()
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordError("Опись протокола прогона повреждена", place=str(path), hint=_HINT) from error
    whole = canonical(manifest) + b"\n" == content and manifest.digest == sha256(canonical(manifest.files))
    if not whole or manifest.schema != SCHEMA:
        raise RecordError("Опись протокола прогона изменена", place=str(path), hint=_HINT)
    return manifest
