"""How a proof looks: progress while it runs, the matrix when it is over; a table on a terminal, plain lines in a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import typer

from harness.cli.output import is_terminal, one_line, unheard
from harness.i18n import _

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console
    from rich.status import Status

    from harness.prove.results import Proof, Trial

_COLOURS = {"blocker": "red", "incomplete": "magenta", "warning": "yellow"}
_AREAS = ("exchange", "report", "flow", "operation", "sweep", "run")


class Watcher(Protocol):
    """Who is told how far a proof is."""

    def began(self, variants: int) -> None:
        """The phase before begins."""

    def prepared(self, seconds: float) -> None:
        """The phase before is over."""

    def finished(self, trial: Trial, done: int, total: int, left: float) -> None:
        """One variant was tried."""

    def close(self) -> None:
        """Nothing moves any more."""


def watcher_for(*, json_output: bool) -> Watcher:
    """The one that fits the streams."""
    return Moving() if is_terminal() and not json_output else Lines(stderr=json_output)


class Lines:
    """A line a variant, for a pipe and a log of CI."""

    def __init__(self, *, stderr: bool = False) -> None:
        self._stderr = stderr

    def began(self, variants: int) -> None:
        """How many there are."""
        self._line(_("изменений: {number}; выполняется этап до обновления").format(number=variants))

    def prepared(self, seconds: float) -> None:
        """How long the phase before took."""
        self._line(_("этап до обновления: {seconds} с").format(seconds=f"{seconds:.0f}"))

    def finished(self, trial: Trial, done: int, total: int, left: float) -> None:
        """How it ended, and by whom it was noticed."""
        tail = _("осталось {left} с").format(left=f"{left:.0f}")
        self._line(f"{done}/{total} {trial.id}: {outcome(trial)}, {trial.seconds:.1f} {_('с')}; {tail}")

    def close(self) -> None:
        """Lines stay."""

    def _line(self, text: str) -> None:
        with unheard():
            typer.echo(text, err=self._stderr)


class Moving:
    """A line that moves, for a person at a terminal; what did not hold stays on the screen."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(highlight=False)
        self._status: Status | None = None

    def began(self, variants: int) -> None:
        """A spinner."""
        self._status = self._console.status(
            _("изменений: {number}; выполняется этап до обновления").format(number=variants)
        )
        self._status.start()

    def prepared(self, seconds: float) -> None:
        """How long the phase before took."""
        self._console.print(_("этап до обновления: {seconds} с").format(seconds=f"{seconds:.0f}"))

    def finished(self, trial: Trial, done: int, total: int, left: float) -> None:
        """Number done, time left."""
        from rich.markup import escape

        if not trial.held:
            self._console.print(f"[red]✗[/] {escape(f'{trial.id}: {outcome(trial)}')}")
        if self._status is not None:
            tail = _("осталось {left} с").format(left=f"{left:.0f}")
            self._status.update(escape(f"{done}/{total} · {tail} · {trial.title}"))

    def close(self) -> None:
        """Takes the spinner away."""
        if self._status is not None:
            self._status.stop()
            self._status = None


def outcome(trial: Trial) -> str:
    """How a variant ended, in one phrase."""
    if trial.trouble:
        return _("не выполнено: {why}").format(why=one_line(trial.trouble))
    if trial.skipped:
        return _("не применимо: {why}").format(why=trial.skipped)
    if trial.limit:
        return _of_harmless(trial)
    if not trial.held and trial.again:
        return _("не замечено сценариями, которых касается ({number}); будут выполнены все").format(number=trial.again)
    if not trial.held:
        return _("НЕ ЗАМЕЧЕНО ({wanted})").format(wanted=trial.wanted)
    best = {(item.scenario or _("прогон")): item.severity for item in reversed(trial.expected)}
    return _("замечено: {who}").format(who=", ".join(f"{name} ({level})" for name, level in sorted(best.items())))


def _of_harmless(trial: Trial) -> str:
    if not trial.held:
        why = one_line(trial.notices[0].text) if trial.notices else ""
        return _("ложная тревога: {verdict}: {why}").format(verdict=trial.verdict, why=why)
    if trial.together:
        text = _("пропущено вместе с другими ({number}): {verdict}")
        return text.format(number=len(trial.together), verdict=trial.verdict)
    return _("пропущено: {verdict}").format(verdict=trial.verdict)


class Told:
    """The result, printed."""

    def proof(self, proof: Proof, path: Path) -> None:
        """The matrix, what did not hold with its reasons, where the file lies, the count as the last line."""
        from harness.prove.variants import Kind

        if is_terminal():
            _table(proof)
        else:
            for trial in proof.trials:
                self._row(trial)
        for trial in proof.trials:
            if not trial.held:
                self._why(trial)
        typer.echo(_("Матрица: {file}").format(file=path.with_name("matrix.csv")))
        typer.echo(
            _(
                "Результат: {file}; этап до обновления {before} с, всего {total} с, прогонов одновременно {workers}"
            ).format(
                file=path, before=f"{proof.before_seconds:.0f}", total=f"{proof.seconds:.0f}", workers=proof.workers
            )
        )
        missed = [trial.id for trial in proof.of(Kind.DEFECT) if not trial.held]
        if missed:
            typer.echo(_("Не замечены: {ids}").format(ids=", ".join(missed)))
        if proof.shaky:
            typer.echo(_("Только со второй попытки: {ids}").format(ids=", ".join(proof.shaky)))
        typer.echo(summary(proof))

    def _row(self, trial: Trial) -> None:
        """A row of the matrix as a line: variant, whether it held, scenario=severity of everybody who said something."""
        mark = "+" if trial.held else "-"
        said = " ".join(f"{name}={level}" for name, level in trial.by_scenario().items())
        if trial.together:
            said = _("вместе с: {ids}").format(ids=", ".join(trial.together))
        typer.echo(f"{mark} {trial.kind.value} {trial.id} [{trial.verdict or '?'}] {said}".rstrip())

    def _why(self, trial: Trial) -> None:
        typer.echo(f"{trial.id}: {outcome(trial)}")
        for item in trial.notices[:5]:
            typer.echo(f"  {item.scenario or item.code} ({item.severity}): {one_line(item.text)}")


def summary(proof: Proof) -> str:
    """The last line: what CI looks for."""
    text = _("Замечено внесённых ошибок: {noticed} из {defects}, ложных тревог на безвредные изменения: {raised}")
    return text.format(noticed=proof.noticed, defects=proof.defects, raised=proof.raised)


def _table(proof: Proof) -> None:
    """Variants by areas: who noticed, coloured by severity."""
    from rich.console import Console
    from rich.table import Table

    table = Table(show_lines=False, pad_edge=False)
    titles = {
        "exchange": _("обмены"),
        "report": _("отчёты"),
        "flow": _("процессы"),
        "operation": _("эксплуатация"),
        "sweep": _("сверка"),
        "run": _("прогон"),
    }
    table.add_column("")
    table.add_column(_("изменение"), overflow="fold")
    for name in _AREAS:
        table.add_column(titles[name], overflow="fold")
    table.add_column(_("решение"), overflow="fold")
    areas = proof.scenarios
    for trial in proof.trials:
        mark = "[green]✓[/]" if trial.held else "[red]✗[/]"
        table.add_row(mark, trial.id, *_cells(trial, areas), trial.verdict)
    _print(Console(highlight=False), table)


def _cells(trial: Trial, areas: dict[str, str]) -> list[str]:
    from rich.markup import escape

    found: dict[str, list[str]] = {name: [] for name in _AREAS}
    for name, level in trial.by_scenario().items():
        area = "run" if name == "run" else areas.get(name, "sweep")
        label = "●" if name == "run" else name
        found[area].append(f"[{_COLOURS.get(level, 'white')}]{escape(label)}[/]")
    return [" ".join(found[name]) for name in _AREAS]


def _print(console: Console, table: object) -> None:
    console.print(table)
