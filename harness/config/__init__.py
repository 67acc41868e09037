"""readiness.toml: the model of its keys, loading with provenance, secrets by reference, the JSON Schema."""

from __future__ import annotations

from harness.config.load import Config, load
from harness.config.secrets import Secret, resolve

__all__ = ["Config", "Secret", "load", "resolve"]
