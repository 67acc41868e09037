"""A process that tries variants one after another: told by lines of JSON on its stdin, answering by lines of JSON on its stdout.

It ends when its stdin does, so that no kill of the one who started it leaves it behind. What scenarios and libraries print goes to a log.
"""

from __future__ import annotations

import gc
import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from harness.errors import HarnessError
from harness.prove.carrying import Part  # noqa: TC001  # msgspec reads the annotations
from harness.prove.rehearsal import Assignment, Laboratory, Outcome
from harness.prove.seeded import DemoLaboratory
from harness.prove.variants import Variant
from harness.record.redact import redact_known

if TYPE_CHECKING:
    from collections.abc import Callable


class Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What to do: the phase before (no variant), or one variant; a part of its phase after, where that is enough."""

    variant: dict[str, Any] | None = None
    part: Part | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of it.

    Attributes:
        trouble: why there is no outcome, for people.
        detail: where it happened, for developers.
    """

    outcome: Outcome | None = None
    trouble: str = ""
    detail: str = ""


def order_of(variant: Variant | None, part: Part | None = None) -> bytes:
    """An order as a line."""
    plain = msgspec.to_builtins(variant) if variant is not None else None
    return msgspec.json.encode(Order(variant=plain, part=part)) + b"\n"


def main() -> int:
    """Serves orders until there are no more. The one argument is the file of the assignment."""
    assignment = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Assignment)
    lane = Path(assignment.folder) / assignment.lane
    lane.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Pytest and the stand take turns in this process with every request: the usual five milliseconds would be most of the time.
    sys.setswitchinterval(0.0005)
    _settle(assignment.lane)
    with _channel(lane / "worker.log") as tell:
        laboratory: Laboratory | None = None
        try:
            for line in sys.stdin.buffer:
                answer, laboratory = _answered(line, assignment, laboratory)
                tell.write(msgspec.json.encode(answer) + b"\n")
                tell.flush()
                if not gc.get_freeze_count():
                    gc.freeze()  # modules stay for good: the collections of every later variant need not walk through them
        finally:
            if laboratory is not None:
                laboratory.close()
    return 0


def _settle(lane: str) -> None:
    """Keeps a lane on one core: its threads take turns anyway, and handing a turn to another core costs more than waiting for this one."""
    if sys.platform == "linux":
        cores = sorted(os.sched_getaffinity(0))
        number = int(lane.rpartition("-")[2])
        with suppress(OSError):
            os.sched_setaffinity(0, {cores[(number - 1) % len(cores)]})


def _channel(log: Path) -> Any:
    """The real stdout, for answers alone: the descriptors everybody else prints to lead into a log from now on."""
    sys.stdout.flush()
    channel = os.fdopen(os.dup(1), "wb")
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    return channel


def _answered(line: bytes, assignment: Assignment, laboratory: Laboratory | None) -> tuple[Answer, Laboratory | None]:
    try:
        laboratory = laboratory or _laboratory(assignment)
        order = msgspec.json.decode(line, type=Order)
        if order.variant is None:
            outcome = laboratory.before()
        else:
            outcome = laboratory.after(msgspec.convert(order.variant, Variant), order.part)
        return Answer(outcome=outcome), laboratory
    except HarnessError as error:
        return Answer(trouble=redact_known(str(error)), detail=_trace()), laboratory
    except Exception as error:  # noqa: BLE001  # one variant that breaks the laboratory must not end the proof
        said = f"внутренняя ошибка: {type(error).__name__}: {error}"
        return Answer(trouble=redact_known(said), detail=_trace()), _closed(laboratory)


def _closed(laboratory: Laboratory | None) -> Laboratory | None:
    """Nobody knows what state it is in: the next variant gets a new one."""
    if laboratory is not None:
        with suppress(Exception):
            laboratory.close()
    return None


def _laboratory(assignment: Assignment) -> Laboratory:
    make: Callable[[Assignment], Laboratory] = DemoLaboratory
    if assignment.proxied:
        from harness.prove.proxied import ProxiedLaboratory

        make = ProxiedLaboratory
    return make(assignment)


def _trace() -> str:
    return redact_known(traceback.format_exc())


if __name__ == "__main__":
    sys.exit(main())
