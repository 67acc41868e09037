"""What the commands print in common: verdicts, reasons, one JSON object."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.i18n import _
from harness.record.models import Severity, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.record.models import Decision

RecordArgument = Annotated[
    Path, typer.Argument(metavar="RECORD", help=_("Папка протокола прогона."), show_default=False)
]
ConfigOption = Annotated[Path, typer.Option("-c", "--config", metavar="FILE", help=_("Файл настроек."))]
JsonOption = Annotated[bool, typer.Option("--json", help=_("Один объект JSON в стандартный вывод вместо текста."))]

_COLOURS = {Verdict.GO: "green", Verdict.CONDITIONS: "yellow", Verdict.INCOMPLETE: "magenta", Verdict.NO_GO: "red"}
_LONGEST = 200
_ROOM = 150


def verdict_words(verdict: Verdict) -> str:
    """A verdict with what it means."""
    return {
        Verdict.GO: _("GO: обновлять можно"),
        Verdict.CONDITIONS: _("GO WITH CONDITIONS: обновлять можно при выполнении условий"),
        Verdict.INCOMPLETE: _("INCOMPLETE: проверено не всё, решать рано"),
        Verdict.NO_GO: _("NO-GO: обновлять нельзя"),
    }[verdict]


def print_verdict(decision: Decision) -> None:
    """The verdict in its colour, on a terminal."""
    typer.secho(verdict_words(decision.verdict), fg=_COLOURS[decision.verdict], bold=True)
    if decision.override is not None:
        override = decision.override
        typer.echo(
            _("Решение человека: {verdict}, {name}: {reason}").format(
                verdict=override.verdict.value, name=override.name, reason=override.reason
            )
        )


def reasons(decision: Decision) -> list[str]:
    """Why, one line each: causes by weight, and gates that say something no finding says."""
    told = {str(item.text) for item in decision.findings if item.severity is not Severity.INFO}
    gates = [
        gate for gate in decision.gates if gate.verdict is not Verdict.GO and str(gate.why or gate.seen) not in told
    ]
    gates.sort(key=lambda gate: -gate.verdict.rank)
    lines = [one_line(f"{gate.verdict.value}: {gate.why or gate.seen}") for gate in gates]
    return [*lines, *_by_cause(decision)]


def _by_cause(decision: Decision) -> Iterator[str]:
    """A line a cause, with everyone who saw it: the findings themselves are in the document."""
    for cause in decision.causes:
        if len(cause.scenarios) > 1:
            yield one_line(
                _("{scenario}: {text} (видят также: {others})").format(
                    scenario=cause.scenarios[0], text=shortened(str(cause.text)), others=", ".join(cause.scenarios[1:])
                )
            )
        else:
            yield one_line(f"{(cause.scenarios or [cause.id.partition('|')[0]])[0]}: {cause.text}")


def shortened(text: str) -> str:
    """A text that leaves room in its line for who else saw it."""
    joined = " ".join(text.split())
    return joined if len(joined) <= _ROOM else joined[: _ROOM - 1] + "…"


def plan_lines(decision: Decision) -> list[str]:
    """What the measured times mean for the maintenance window; nothing when no window was set."""
    from harness.gate.facts import ROLLBACK_DEADLINE, WINDOW_FITS

    named = {fact.name: fact for fact in decision.facts}
    return [str(named[name].text) for name in (ROLLBACK_DEADLINE, WINDOW_FITS) if name in named and named[name].text]


def one_line(text: str) -> str:
    """A text as one line of a readable length."""
    joined = " ".join(text.split())
    return joined if len(joined) <= _LONGEST else joined[: _LONGEST - 1] + "…"


def print_json(value: Mapping[str, Any]) -> None:
    """One JSON object on the standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False))


def decision_json(decision: Decision, record: Path, documents: list[str] | None = None) -> dict[str, Any]:
    """What `--json` says of a decided run."""
    return {
        "verdict": decision.verdict.value,
        "exit_code": decision.exit_code,
        "record": str(record),
        "documents": [str(record / name) for name in documents or []],
        "gates": [
            {"name": gate.name, "verdict": gate.verdict.value, "why": str(gate.why or gate.seen)}
            for gate in decision.gates
        ],
        "findings": [
            {
                "code": item.code,
                "severity": item.severity.value,
                "scenario": item.scenario,
                "object": item.object,
                "text": str(item.text),
                "before": item.before,
                "after": item.after,
            }
            for item in decision.findings
        ],
    }


@contextmanager
def unheard() -> Iterator[None]:
    """Prints to somebody who may have stopped reading (`| head -1`, a log on a full disk): the rest of it is lost, never the exit code."""
    try:
        yield
    except OSError:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except OSError:
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def is_terminal() -> bool:
    """Whether a person looks at the standard output and can answer."""
    return sys.stdout.isatty() and sys.stdin.isatty()
