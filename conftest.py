"""What every pytest run in this folder shares; the plugin itself comes by its entry point from the installed project."""

from __future__ import annotations

pytest_plugins = ["pytester"]
