"""Data of the project: in a checkout beside the code, in an installed wheel under `harness/_data`."""

from __future__ import annotations

from pathlib import Path

from harness.errors import UsageError

_PACKAGE = Path(__file__).resolve().parent
_PLACES = (_PACKAGE / "_data", _PACKAGE.parent)
DEMO = "fixtures/demo"
PACKS = "fixtures/packs"
ACCEPTANCES = f"{DEMO}/acceptances.toml"


def resource(name: str) -> Path:
    """A file or a folder of the project: "fixtures/packs/demo.toml", "scenarios".

    Raises:
        UsageError: the installation is incomplete.
    """
    for place in _PLACES:
        path = place / name
        if path.exists():
            return path
    raise UsageError(f"в установке нет «{name}»", place=str(_PACKAGE), hint="переустановите пакет onec-readiness")


def demo_projects() -> list[Path]:
    """All demo runs, in order of their names."""
    return sorted(resource(f"{DEMO}/projects").glob("*.toml"))
