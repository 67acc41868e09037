#!/usr/bin/env python3
"""Sets up `.venv` from the lock file and runs one task in it; needs nothing but Python 3.11+.

usage: python dev.py demo | test | lint | prove | bench | lock | venv [arguments of the task …]

The Makefile calls this; on Windows it is called directly (`py dev.py demo`). The environment is made once and remade when a
lock file changes: a stamp inside `.venv` holds the digest of the lock it was made from.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
RUNTIME = ROOT / "requirements.lock"
DEVELOPMENT = ROOT / "requirements-dev.lock"
BENCHMARKS = ROOT / "requirements-bench.lock"
IMAGE = ROOT / "stand" / "images" / "emulator" / "requirements.lock"
LOCKS = (RUNTIME, DEVELOPMENT, BENCHMARKS)
"""Each holds the one before whole."""
MINIMUM = (3, 11)


def python() -> str:
    """Interpreter of the environment."""
    return str(VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def run(*command: str) -> None:
    """Runs a command in the project's folder; its failure is ours, with its code."""
    code = subprocess.call(command, cwd=ROOT)
    if code != 0:
        raise SystemExit(code)


def environment(lock: Path) -> None:
    """Makes `.venv` hold what the lock says, and the project itself, editable.

    A lock holds the smaller ones whole, so an environment made for `test` serves `demo` too.
    """
    stamps = {path: VENV / f".{path.name}.sha256" for path in LOCKS}
    digests = {path: hashlib.sha256(path.read_bytes() + sys.version.encode()).hexdigest() for path in stamps}
    wanted = LOCKS[LOCKS.index(lock) :]
    if any(stamps[path].exists() and stamps[path].read_text(encoding="ascii") == digests[path] for path in wanted):
        return
    started = time.monotonic()
    if not Path(python()).exists():
        print("Creating .venv …", flush=True)
        venv.create(VENV, with_pip=True)
    print(f"Installing {lock.name} …", flush=True)
    pip = (python(), "-m", "pip", "--disable-pip-version-check", "--quiet", "install")
    run(*pip, "--require-hashes", "--only-binary", ":all:", "-r", str(lock))
    run(*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    stamps[lock].write_text(digests[lock], encoding="ascii")
    print(f"Installed in {time.monotonic() - started:.0f} s.", flush=True)


def lint() -> None:
    """Style, types."""
    for command in (("ruff", "check"), ("ruff", "format", "--check"), ("mypy",)):
        run(python(), "-m", *command, *(() if command == ("mypy",) else (".",)))


def lock_files() -> None:
    """Writes the lock files anew for every platform; needs `uv` in the environment it is called from."""
    common = (
        "--universal",
        "--python-version",
        "3.11",
        "--generate-hashes",
        "--no-header",
        "--no-annotate",
        "--quiet",
        "--upgrade",
    )
    uv = (sys.executable, "-m", "uv", "pip", "compile")
    compile_ = (*uv, "pyproject.toml", *common)
    groups: list[str] = []
    known: list[str] = []
    for lock, added in zip(LOCKS, (("build",), ("dev", "clients"), ("bench",)), strict=True):
        groups += [word for name in added for word in ("--group", name)]
        run(*compile_, *groups, *known, "-o", lock.name)
        known += ["-c", lock.name]
    # Its group alone: the image holds the emulator and nothing of pytest, DuckDB or a browser.
    run(*uv, *common, "--group", "image", "-c", RUNTIME.name, "-o", str(IMAGE.relative_to(ROOT)))


def main(arguments: list[str]) -> None:
    """Runs the task named by the first argument."""
    if sys.version_info < MINIMUM:
        raise SystemExit(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
    task, *rest = arguments or ["help"]
    if task == "demo":
        environment(RUNTIME)
        run(python(), "-m", "harness.cli", "demo", *rest)
    elif task == "test":
        environment(DEVELOPMENT)
        lint()
        # Whole files to one of two processes: fixtures of a module are made once. More workers starve the timing tests.
        run(python(), "-m", "pytest", "-n", "2", "--dist", "loadfile", *rest)
    elif task == "lint":
        environment(DEVELOPMENT)
        lint()
    elif task == "prove":
        environment(DEVELOPMENT)
        run(python(), "-m", "harness.cli", "prove", *rest)
    elif task == "bench":
        environment(BENCHMARKS)
        for script in sorted((ROOT / "benchmarks").glob("bench_*.py")):
            run(python(), str(script), *rest)
    elif task == "venv":
        environment(DEVELOPMENT)
    elif task == "lock":
        lock_files()
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
