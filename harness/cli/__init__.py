"""The `readiness` command."""

from __future__ import annotations

from harness.cli.app import main

__all__ = ["main"]
