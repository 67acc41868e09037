"""record.json of a new run: what is run, on what, by which versions."""

from __future__ import annotations

import hashlib
import platform
import uuid
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from harness import __version__
from harness.config.exclusions import exclusions
from harness.config.provenance import flatten, shown
from harness.record import now
from harness.record.models import Header
from harness.run import stands

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from harness.config import Config
    from stand.protocol import Info

_LIBRARIES = ("pytest", "duckdb", "pyarrow", "lxml", "requests", "msgspec", "pytest-xdist")


def header_of(config: Config, info: Info | None, address: str, scenarios: Iterable[Path], pack: Path | None) -> Header:
    """The header; `info` is None when the stand could not be asked."""
    settings = config.settings
    period = settings.period
    return Header(
        run=str(uuid.uuid4()),
        created=now(),
        project=settings.project.name,
        client=settings.project.client,
        owner=settings.project.owner,
        language=settings.language,
        stand_kind=settings.stand.kind,
        stand_address=address,
        base=info.base if info else "",
        target=stands.target_of(config),
        period_start=period.start.isoformat() if period.start else "",
        period_end=period.end.isoformat() if period.end else "",
        time_zone=info.time_zone if info else "",
        pack=pack.stem if pack else "",
        digests=digests(config, scenarios, pack),
        versions=versions(),
        settings=config.listing(),
        gates=thresholds(config),
    )


def thresholds(config: Config) -> dict[str, str]:
    """Thresholds of the gates and of the timings, as strings."""
    gates = {key: shown(value) for key, value in flatten(config.settings.gates)}
    timings = {f"timings.{key}": shown(value) for key, value in flatten(config.settings.timings)}
    return gates | timings


def digests(config: Config, scenarios: Iterable[Path], pack: Path | None) -> dict[str, str]:
    """sha256 of what decides about the run."""
    found = {"configuration": config.digest, "scenarios": folder_digest(scenarios)}
    if pack is not None:
        found["pack"] = hashlib.sha256(pack.read_bytes()).hexdigest()
    if left_out := exclusions(config):
        found["exclusions"] = hashlib.sha256(repr(sorted(left_out.items())).encode()).hexdigest()
    file = config.settings.acceptances.file
    if file and config.file(file).is_file():
        found["acceptances"] = hashlib.sha256(config.file(file).read_bytes()).hexdigest()
    return found


def folder_digest(paths: Iterable[Path]) -> str:
    """sha256 over names and contents of all Python and feature files below the paths."""
    digest = hashlib.sha256()
    for root in paths:
        files = (
            [root] if root.is_file() else sorted(path for path in root.rglob("*") if path.suffix in (".py", ".feature"))
        )
        for file in files:
            name = file.name if file == root else file.relative_to(root).as_posix()
            digest.update(name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Versions of what the run is made by."""
    found = {
        "python": platform.python_version(),
        "onec-readiness": __version__,
        "system": platform.platform(terse=True),
    }
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
