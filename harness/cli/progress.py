"""How a run looks while it runs: live on a terminal, plain lines in a pipe."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import typer

from harness.cli.output import is_terminal, one_line, unheard
from harness.i18n import _

if TYPE_CHECKING:
    from rich.status import Status

    from harness.record.models import Step
    from harness.run.view import PhaseProgress, View

_EVERY = 10.0
"""Seconds between two lines about a phase in a pipe."""


def step_title(name: str) -> str:
    """A step in the words of the user."""
    titles = {
        "preflight": _("проверка стенда"),
        "backup": _("резервная копия"),
        "proof": _("проверка копии восстановлением"),
        "before": _("сценарии до обновления"),
        "restore": _("возврат стенда к копии"),
        "update": _("обновление"),
        "after": _("сценарии после обновления"),
        "compare": _("сравнение"),
        "judge": _("решение"),
        "documents": _("документы"),
    }
    return titles.get(name, name)


def _outcome(step: Step) -> str:
    words = {"done": _("готово"), "failed": _("не удалось"), "skipped": _("пропущено")}
    return words.get(step.outcome, step.outcome)


class Plain:
    """Lines for a pipe, a log of CI, `--quiet`."""

    def __init__(self, *, quiet: bool = False, stderr: bool = False) -> None:
        self._quiet = quiet
        self._stderr = stderr
        self._told = time.monotonic()

    def _line(self, text: str) -> None:
        if not self._quiet:
            with unheard():
                typer.echo(text, err=self._stderr)

    def step_started(self, name: str) -> None:
        """Told at the end, with the duration."""
        self._told = time.monotonic()
        del name

    def step_finished(self, step: Step) -> None:
        """One line a step."""
        why = f": {one_line(str(step.text))}" if step.text else ""
        self._line(f"{step_title(step.name)}: {_outcome(step)}, {step.seconds:.1f} {_('с')}{why}")

    def phase(self, progress: PhaseProgress) -> None:
        """A line now and then, so that a log shows life."""
        if time.monotonic() - self._told >= _EVERY:
            self._told = time.monotonic()
            self._line(f"  {progress.finished}/{progress.total} {progress.current}")

    def note(self, text: str) -> None:
        """One line."""
        self._line(text)

    def confirm(self, instruction: str) -> bool:
        """Nobody can answer in a pipe."""
        del instruction
        return False


class Live:
    """A line that moves, for a person at a terminal."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(highlight=False)
        self._status: Status | None = None
        self._name = ""

    def step_started(self, name: str) -> None:
        """A spinner with the step's name."""
        self._name = name
        self._show(step_title(name))

    def step_finished(self, step: Step) -> None:
        """One line a step stays."""
        self.close()
        mark = {"done": "[green]✓[/]", "failed": "[red]✗[/]", "skipped": "[yellow]–[/]"}.get(step.outcome, " ")
        why = f"  {_escaped(one_line(str(step.text)))}" if step.text else ""
        self._console.print(f"{mark} {step_title(step.name)} [dim]{step.seconds:.1f} {_('с')}[/]{why}")

    def phase(self, progress: PhaseProgress) -> None:
        """Scenario, number done, rate, time left."""
        left = progress.left
        parts = [step_title(progress.phase), f"{progress.finished}/{progress.total or '?'}"]
        if progress.failed:
            parts.append(_("не прошло: {number}").format(number=progress.failed))
        if progress.finished:
            parts.append(_("{rate} в минуту").format(rate=f"{progress.rate * 60:.0f}"))
        if left is not None:
            parts.append(_("осталось {left} с").format(left=f"{left:.0f}"))
        self._show(f"{_escaped(' · '.join(parts))}  [dim]{_escaped(progress.current[:60])}[/]")

    def note(self, text: str) -> None:
        """A line; the spinner goes on below."""
        self._console.print(_escaped(text))

    def confirm(self, instruction: str) -> bool:
        """Asks the person."""
        self.close()
        self._console.rule(_("сейчас ваш ход"))
        self._console.print(_escaped(instruction))
        answer = typer.confirm(_("Сделано?"), default=True)
        if answer:
            self._show(step_title(self._name))
        return answer

    def close(self) -> None:
        """Takes the spinner away."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def _show(self, text: str) -> None:
        if self._status is None:
            self._status = self._console.status(text)
            self._status.start()
        else:
            self._status.update(text)


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def view_for(*, quiet: bool, json_output: bool) -> View:
    """The view that fits the streams."""
    if is_terminal() and not quiet and not json_output:
        return Live()
    return Plain(quiet=quiet, stderr=json_output)


def close(view: Any) -> None:
    """Takes a live view off the screen."""
    if isinstance(view, Live):
        view.close()
