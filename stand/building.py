"""Builds the two images of a dockerised stand from what is installed, and keeps them as long as nothing of it changes.

The context is put together here and not taken from a folder: an installed package has no checkout around it, and nothing else of a
user's disk may travel to the engine. An image is named by the hash of its context, so a second run builds nothing.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import StepError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from docker import DockerClient

ROOT = Path(__file__).resolve().parent.parent
LABEL = "onec.readiness"
"""Label of everything we leave with a Docker engine: images, containers, networks, volumes."""
BASE_IMAGE = "debian:bookworm-slim"
_CERTIFICATES = "stand/images/ca.crt"
_EMULATOR = ("harness/__init__.py", "harness/errors.py", "harness/onec", "harness/record", "stand", "fixtures")
"""What the emulator stands on; a test of imports keeps it true."""
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Images:
    """Names of the two images."""

    database: str
    emulator: str


def build(client: DockerClient, *, base_image: str = "", certificates: Path | None = None) -> Images:
    """The images of this version: built when the engine has not got them.

    Args:
        client: of the engine.
        base_image: what they are built from; "" for `BASE_IMAGE`, or the environment's BASE_IMAGE.
        certificates: a bundle (PEM) for building behind a proxy that looks into TLS; it is not part of the image.

    Raises:
        StepError: a build failed; its last words are in the message.
    """
    base = base_image or os.environ.get("BASE_IMAGE", "") or BASE_IMAGE
    trusted = {} if certificates is None else {_CERTIFICATES: certificates.read_bytes()}
    database = _image(client, "database", dict(_files(("stand/images/database",))), base)
    # The stage with the libraries has a name too: it outlives changes of our own code, and nothing nameless stays behind.
    _image(client, "libraries", {**dict(_files(("stand/images/emulator",))), **trusted}, base)
    return Images(database, _image(client, "emulator", {**dict(_files(_EMULATOR)), **trusted}, base))


def _image(client: DockerClient, kind: str, files: Mapping[str, bytes], base: str) -> str:
    """One image, by the hash of what goes into it; older ones of its kind are removed."""
    from docker.errors import APIError, BuildError

    folder = "database" if kind == "database" else "emulator"

    repository = f"onec-readiness/{kind}"
    name = f"{repository}:{_digest(files, base)}"
    present = {tag: image for image in client.images.list(repository) for tag in image.tags}
    if name in present:
        return name
    try:
        client.images.build(
            fileobj=_context(files),
            custom_context=True,
            dockerfile=f"stand/images/{folder}/Dockerfile",
            target="libraries" if kind == "libraries" else None,
            buildargs={"BASE_IMAGE": base},
            tag=name,
            rm=True,
            forcerm=True,
        )
    except (BuildError, APIError) as error:
        raise StepError(
            f"образ {repository} не собрался: {_reason(error)}",
            place=f"stand/images/{folder}/Dockerfile",
            hint="нужен доступ к зеркалу Debian и PyPI; за прокси с проверкой TLS укажите [stand] certificates",
        ) from error
    for tag in present:
        _forget(client, tag)
    return name


def _forget(client: DockerClient, tag: str) -> None:
    from docker.errors import APIError

    try:
        client.images.remove(tag)
    except APIError:  # another run still works with it
        return


def _reason(error: Exception) -> str:
    log = [str(item.get("stream") or "") for item in getattr(error, "build_log", ())]
    lines = [_COLOURS.sub("", line).strip() for text in log for line in text.splitlines()]
    told = [line for line in lines if line and not line.startswith(("--->", "Removing intermediate", "Step "))]
    return " / ".join(told[-2:])[-400:] or str(error)


def _files(paths: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """Files of a context: name inside of it, content. Data of an installed package lie in harness/_data."""
    for path in paths:
        source = next((place for place in (ROOT / path, ROOT / "harness" / "_data" / path) if place.exists()), None)
        if source is None:
            raise StepError(f"в установке нет {path}", hint="переустановите пакет onec-readiness")
        for file in [source] if source.is_file() else sorted(source.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                inside = path if source.is_file() else f"{path}/{file.relative_to(source).as_posix()}"
                yield inside, file.read_bytes()


def _digest(files: Mapping[str, bytes], base: str) -> str:
    """Certificates are left out: they change how an image is built, not what is in it."""
    parts = [
        f"{name}:{hashlib.sha256(content).hexdigest()}"
        for name, content in sorted(files.items())
        if name != _CERTIFICATES
    ]
    return hashlib.sha256("\n".join([base, *parts]).encode()).hexdigest()[:16]


def _context(files: Mapping[str, bytes]) -> io.BytesIO:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = 0o644
            archive.addfile(entry, io.BytesIO(content))
    buffer.seek(0)
    return buffer
