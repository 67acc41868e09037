"""The story of one run (design 3): every line is a step, done in this order, timed and journaled by `Run.perform`.

Preflight is the only one that may refuse the run as a whole: it happens in `harness.run.launch`, before there is a record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.record.models import Phase
from harness.run import finish, phase, steps
from harness.run.context import StepPlan

if TYPE_CHECKING:
    from harness.record.models import Decision
    from harness.run.context import Run

STORY = (
    StepPlan("preflight", steps.preflight),
    StepPlan("backup", steps.backup),
    StepPlan("proof", steps.proof),
    StepPlan("before", lambda run: phase.run_phase(run, Phase.BEFORE)),
    StepPlan("restore", steps.restore),
    StepPlan("update", steps.update),
    StepPlan("after", lambda run: phase.run_phase(run, Phase.AFTER)),
    StepPlan("compare", finish.compare, always=True),
    StepPlan("judge", finish.judge, always=True),
    StepPlan("documents", finish.documents, always=True),
)


def rehearse(run: Run) -> Decision:
    """Walks the story from where it stands; what is done is not done again.

    Raises:
        PausedError: a person must act first; `--resume` goes on.
        KeyboardInterrupt: the record is readable, `--resume` goes on.
    """
    for plan in STORY:
        run.perform(plan)
    return finish.close(run)
