"""Finding a Chromium on this machine: configured, named by $CHROMIUM, on the path, or where Windows and macOS keep one.

Ground floor: documents print with it, scenarios look at pages with it; it imports nothing of the project.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NAMES: Final = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "microsoft-edge-stable",
    "msedge",
)
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Measured in facts/python-choices.md 2. A document is ours, without scripts and without network, so it needs no sandbox; in a
container there is none to be had. For pages of others see `harness.observe.renderer`."""

_WINDOWS: Final = (
    ("PROGRAMFILES", "Google/Chrome/Application/chrome.exe"),
    ("PROGRAMFILES(X86)", "Google/Chrome/Application/chrome.exe"),
    ("LOCALAPPDATA", "Google/Chrome/Application/chrome.exe"),
    ("LOCALAPPDATA", "Chromium/Application/chrome.exe"),
    ("PROGRAMFILES", "Microsoft/Edge/Application/msedge.exe"),
    ("PROGRAMFILES(X86)", "Microsoft/Edge/Application/msedge.exe"),
)
_MACOS: Final = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)


def find_browser(
    configured: str = "", *, environ: Mapping[str, str] | None = None, platform: str = sys.platform
) -> Path | None:
    """The first Chromium there is.

    Args:
        configured: `documents.browser` of the settings; when given, nothing else is tried: a person's choice is not replaced.
        environ: the environment; the process's own by default.
        platform: as `sys.platform`.
    """
    known = os.environ if environ is None else environ
    wanted = configured or known.get("CHROMIUM", "")
    if wanted:
        found = shutil.which(wanted, path=known.get("PATH"))
        return Path(found) if found else None
    return next((path for path in _candidates(known, platform) if path.is_file()), None)


@cache
def driver_trouble() -> str:
    """Why playwright's driver cannot run on this machine, in the system's words (Debian's chromium does not bring libatomic1); "" when it can.

    To be asked before the driver is started: one that dies at once leaves sockets behind in this process.
    """
    from playwright._impl._driver import compute_driver_executable

    try:
        node, _cli = compute_driver_executable()
        done = subprocess.run([node, "--version"], capture_output=True, timeout=60, check=False)  # noqa: S603  # part of playwright
    except Exception as error:  # noqa: BLE001  # playwright's own, OSError, a time-out: all of them mean the same
        return " ".join(str(error).split())
    said = " ".join(done.stderr.decode("utf-8", errors="replace").split())
    return "" if done.returncode == 0 else said or f"код {done.returncode}"


def _candidates(environ: Mapping[str, str], platform: str) -> Iterator[Path]:
    for name in NAMES:
        found = shutil.which(name, path=environ.get("PATH"))
        if found:
            yield Path(found)
    if platform == "win32":
        yield from (Path(environ[root], tail) for root, tail in _WINDOWS if environ.get(root))
    if platform == "darwin":
        yield from (Path(path) for path in _MACOS)
