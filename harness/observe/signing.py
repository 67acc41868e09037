"""Writing confirmed entries to the end of acceptances.toml: at once or not at all, with everything that was there kept as it was."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from harness.observe.accept import load_acceptances
from harness.record.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.observe.propose import Proposal


def ids_in(file: Path) -> list[str]:
    """Ids in use; none where there is no file yet.

    Raises:
        ConfigError: the file cannot be understood.
    """
    return [entry.id for entry in load_acceptances(file)] if file.exists() else []


def sign(file: Path, confirmed: Sequence[Proposal]) -> int:
    """Adds entries to a file; returns how many entries it has now.

    Raises:
        ConfigError: an entry lacks its reason, owner or end, or the file cannot be understood; nothing is written then.
    """
    known = file.read_bytes() if file.exists() else b""
    newline = b"\r\n" if b"\r\n" in known else b"\n"
    added = "".join(proposal.toml for proposal in confirmed).encode().replace(b"\n", newline)
    gap = b"" if not known or known.endswith(b"\n") else newline
    content = known + gap + (added if known else added.lstrip())
    with TemporaryDirectory(prefix="readiness-") as folder:
        trial = Path(folder) / file.name
        trial.write_bytes(content)
        count = len(load_acceptances(trial))
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(file, content)
    return count
