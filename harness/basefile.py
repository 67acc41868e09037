"""What one phase needs to know of the base under test, handed to pytest in a file that only its owner can read.

The file lies outside of the record and is removed by whoever wrote it: it holds passwords, which must be neither on a
command line nor in the environment of a child process.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from harness.errors import ConfigError
from harness.onec.exchange_folder import SharedFolder  # noqa: TC001  # msgspec reads the annotations
from harness.record.redact import add_secret

if TYPE_CHECKING:
    from pathlib import Path


class Credentials(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A user of the base; the password never shows in a repr."""

    name: str
    password: str = ""

    def __repr__(self) -> str:
        return f"Credentials(name={self.name!r}, password=***)"


class SweepOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the checks that need no scenario are done; see [sweep] of readiness.toml.

    Attributes:
        exclude: pattern of names to the reason why they are left out.
        budget: seconds of a phase, 0 for as many as it takes.
        changed: patterns of what the release changes.
        sessions: sessions of the base to read with.
        sample: documents of a kind to post again; 0: as the pack says.
        seed: of the sample.
        limit: a set with more rows is only counted; None: as the pack says.
    """

    exclude: dict[str, str] = {}
    budget: float = 0.0
    changed: list[str] = []
    sessions: int = 2
    sample: int = 0
    seed: int = 1
    limit: int | None = None


class BaseFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base under test in one phase.

    Attributes:
        publication: root of the publication without a slash at the end, "http://127.0.0.1:8080/demo".
        base: what tells this base from another; the same in both phases.
        user: the user scenarios work as.
        users: further users by role name, for `as_user`.
        production: addresses that must never be touched.
        marked: whether the base carries the stand's mark; None when it cannot say.
        isolated: whether outward connections and scheduled jobs are known to be blocked; None when nobody knows.
        release_before: release before the update ("2.0.14.7"), "" when unknown.
        release_after: release the update leads to, "" when unknown; the same in both phases.
        period_start: ISO date, first day of the period scenarios look at.
        period_end: ISO date, last day.
        pack: path of the pack, "" for none.
        key_file: path of the key for pseudonyms, made when absent; "" for a file beside this one. It must be the same in
            both phases and must not lie in the record.
        only: patterns of scenario ids to run (fnmatch), empty for all.
        skip: patterns of scenario ids to leave out.
        capabilities: what else this stand can do, for `needs(…)`: names of `stand.protocol.Capability` and the like.
        timing_repeats: measurements of one `observe.timing`.
        sweep: how the checks that need no scenario are done.
        browser: path of the Chromium pages are drawn with, "" to look for one.
        pages: "pictures" or "text": whether pages are drawn.
        shared: a folder this machine and the base both see; None: the base sees this machine's own folders, or none at all.
    """

    publication: str
    user: Credentials
    base: str = ""
    users: dict[str, Credentials] = {}
    production: list[str] = []
    marked: bool | None = None
    isolated: bool | None = None
    release_before: str = ""
    release_after: str = ""
    period_start: str = ""
    period_end: str = ""
    pack: str = ""
    key_file: str = ""
    only: list[str] = []
    skip: list[str] = []
    capabilities: list[str] = []
    timing_repeats: int = 7
    sweep: SweepOptions = SweepOptions()
    browser: str = ""
    pages: str = "pictures"
    shared: SharedFolder | None = None


def write_base_file(path: Path, content: BaseFile) -> Path:
    """Writes the file so that only its owner can read it (0600; on Windows the folder's rights decide) and returns its path."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(content))
    return path


def read_base_file(path: Path) -> BaseFile:
    """Reads the file and registers its passwords as secrets, so that no record written by this process holds them.

    Raises:
        ConfigError: no such file, or not what it should be.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            "Файл с описанием базы не читается",
            place=str(path),
            hint="Его готовит readiness run; вручную: readiness stand serve",
        ) from error
    try:
        base = msgspec.json.decode(content, type=BaseFile)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"Файл с описанием базы записан не по правилам: {error}", place=str(path)) from error
    for user in (base.user, *base.users.values()):
        add_secret(user.password, user=user.name)
    return base
