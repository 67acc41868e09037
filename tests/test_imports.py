"""The house of the design: imports run one way."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HOUSE = ("harness", "stand", "reports", "scenarios", "fixtures", "tests")

# Room → project modules it may import. The longest matching room counts. "harness.errors" is the cellar: everyone stands on it.
MAY = {
    "harness.errors": (),
    "harness.browser": (),
    "harness.onec": ("harness.onec",),
    "harness.record": ("harness.record",),
    "harness.cli": ("harness", "stand", "reports"),
    "harness.pipeline": ("harness", "stand", "reports"),
    "harness.run": ("harness", "stand", "reports"),
    "harness.prove": ("harness", "stand", "reports"),
    "harness": ("harness", "stand.protocol"),
    "stand": ("stand", "harness.onec", "harness.record"),
    "reports": ("reports", "harness.record", "harness.browser"),
    "scenarios": ("scenarios", "harness"),
}
CELLAR = ("harness.errors", "harness")  # `import harness` alone gives the version and nothing else
UPPER = ("harness.cli", "harness.pipeline", "harness.run", "harness.prove")


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules() -> list[Path]:
    return sorted(path for room in ("harness", "stand", "reports", "scenarios") for path in (ROOT / room).rglob("*.py"))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from stand import protocol` imports stand.protocol
            for alias in node.names:
                inner = ROOT / Path(*node.module.split(".")) / alias.name
                is_module = inner.with_suffix(".py").exists() or inner.is_dir()
                names.add(f"{node.module}.{alias.name}" if is_module else node.module)
    return {name for name in names if name.split(".")[0] in HOUSE}


def within(name: str, room: str) -> bool:
    return name == room or name.startswith(room + ".")


def room_of(name: str) -> str:
    return max((room for room in MAY if within(name, room)), key=len)


@pytest.mark.parametrize("path", modules(), ids=module_name)
def test_imports_run_one_way(path: Path) -> None:
    name = module_name(path)
    room = room_of(name)
    allowed = MAY[room]

    wrong = {
        target
        for target in imported(path)
        if target not in CELLAR
        and (
            not any(within(target, place) for place in allowed)
            or (room not in UPPER and any(within(target, place) for place in UPPER))
        )
    }

    assert wrong == set(), f"{name} ({room}) may not import {sorted(wrong)}"


def test_every_module_belongs_to_a_room() -> None:
    assert all(room_of(module_name(path)) for path in modules())
