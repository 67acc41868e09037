"""What a run tells the person who waits for it; how it looks is decided by `harness.cli.progress`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from harness.record.models import Step


@dataclass(frozen=True, slots=True)
class PhaseProgress:
    """How far a phase is.

    Attributes:
        phase: before or after.
        total: scenarios collected; 0 while they are being collected.
        finished: of them finished.
        failed: of the finished, not passed.
        current: id and title of a scenario that runs now.
        seconds: since the phase began.
    """

    phase: str
    total: int = 0
    finished: int = 0
    failed: int = 0
    current: str = ""
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Scenarios a second."""
        return self.finished / self.seconds if self.seconds > 0 else 0.0

    @property
    def left(self) -> float | None:
        """Seconds left, by the rate so far; None while nothing is known."""
        return (self.total - self.finished) / self.rate if self.total and self.finished else None


class View(Protocol):
    """The receiver of a run's progress."""

    def step_started(self, name: str) -> None:
        """A step begins."""

    def step_finished(self, step: Step) -> None:
        """A step is over, in one way or another."""

    def phase(self, progress: PhaseProgress) -> None:
        """A phase went on."""

    def note(self, text: str) -> None:
        """Something a person should read."""

    def confirm(self, instruction: str) -> bool:
        """Shows what a person has to do now and asks whether it is done; False when there is nobody to ask."""
