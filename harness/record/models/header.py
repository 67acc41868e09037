"""What a run is about and what it stands on: header, settings, the stand's capabilities, steps of the life cycle."""

from __future__ import annotations

from harness.record.models.texts import Struct, Text
from harness.record.models.words import SCHEMA


class Release(Struct, frozen=True, kw_only=True):
    """Name and version of the configuration and platform a stand runs; "" for what the base does not say."""

    configuration: str = ""
    version: str = ""
    platform: str = ""
    extensions: dict[str, str] = {}
    """Extension name to version; only applied ones."""


class Header(Struct, frozen=True, kw_only=True):
    """record.json: what was run, on what, by which versions. Written once, before the first step."""

    schema: int = SCHEMA
    run: str
    """Id of the run: UUID."""
    created: str
    project: str
    client: str = ""
    owner: str = ""
    """Who answers for the update as a whole."""
    language: str = "ru"
    stand_kind: str
    stand_address: str = ""
    """Without user info."""
    base: str = ""
    """What tells this base from another: before and after must share it."""
    target: str = ""
    """Release the stand is updated to, as configured."""
    period_start: str = ""
    period_end: str = ""
    time_zone: str = ""
    pack: str = ""
    digests: dict[str, str] = {}
    """configuration, scenarios, pack, acceptances: sha256."""
    versions: dict[str, str] = {}
    """python, onec-readiness, pytest, duckdb …"""
    settings: list[Setting] = []
    """Every effective setting with its source, secrets never."""
    gates: dict[str, str] = {}
    """Thresholds as strings; their sources are in `settings` under gates.NAME."""


class Setting(Struct, frozen=True, kw_only=True):
    """One effective setting and where it came from."""

    key: str
    value: str
    source: str
    """"default", "environment NAME", "command line", or "readiness.toml:LINE"."""


class Capability(Struct, frozen=True, kw_only=True):
    """Whether this stand can do a thing, and what it means when not."""

    name: str
    present: bool
    text: Text | None = None


class Step(Struct, frozen=True, kw_only=True):
    """One finished step of the pipeline."""

    name: str
    """preflight, backup, proof, before, restore, update, after, compare, judge, documents."""
    outcome: str
    """done, failed, or skipped."""
    started: str
    seconds: float
    text: Text | None = None
    facts: dict[str, str] = {}
    evidence: list[str] = []
    """Paths inside the record."""
