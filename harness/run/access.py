"""Under which users a run works; passwords live in memory and in the work folder, nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.basefile import Credentials


@dataclass(frozen=True, slots=True)
class Access:
    """Users of the base.

    Attributes:
        user: the one scenarios work as.
        users: further ones by role name, for checks of rights.
    """

    user: Credentials = field(default_factory=lambda: Credentials(name=""))
    users: dict[str, Credentials] = field(default_factory=dict)
