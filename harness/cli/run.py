"""`readiness run`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import output, progress
from harness.cli.app import Command, app
from harness.cli.output import ConfigOption, JsonOption  # noqa: TC001  # Typer reads annotations
from harness.errors import UsageError
from harness.i18n import _

if TYPE_CHECKING:
    from harness.run.launch import Finished
    from harness.run.view import View


@app.command(
    "run",
    cls=Command,
    help=_(
        "Репетирует обновление на стенде. Проходит весь путь от резервной копии до заключения; код возврата говорит решение."
    )
    + "\n\n"
    + _("Пример: readiness run -c readiness.toml --set scenarios.workers=2"),
)
def run(  # noqa: PLR0917  # Typer calls it by name
    config: ConfigOption = Path("readiness.toml"),
    resume: Annotated[
        Path | None,
        typer.Option("--resume", metavar="RECORD", help=_("Продолжить прерванный прогон, не повторяя увиденного.")),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help=_("Переопределить настройку, например gates.report_coverage=0.9.")
        ),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="ID", help=_("Только этот сценарий (можно повторять)."))
    ] = None,
    skip: Annotated[
        list[str] | None, typer.Option("--skip", metavar="ID", help=_("Без этого сценария (можно повторять)."))
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", metavar="N", min=1, max=64, help=_("Сценариев чтения одновременно."))
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help=_("Только решение."))] = False,
    json_output: JsonOption = False,
) -> int:
    """Runs or resumes."""
    overrides = {**parse_settings(settings or []), **_given(only, skip, workers)}
    view = progress.view_for(quiet=quiet, json_output=json_output)
    try:
        finished = perform(config, resume, overrides, view)
    finally:
        progress.close(view)
    with output.unheard():
        if json_output:
            output.print_json(output.decision_json(finished.decision, finished.record, list(finished.documents)))
        else:
            show(finished, quiet=quiet)
    return finished.decision.exit_code


def perform(config: Path, resume: Path | None, overrides: dict[str, str], view: View) -> Finished:
    """A new run, or the rest of an old one."""
    from harness.config import load
    from harness.run import launch

    if resume is not None:
        if overrides:
            raise UsageError("вместе с --resume настройки не меняют: до и после обновления они должны быть одни")
        return launch.resume(resume.resolve(), environ=os.environ, view=view)
    loaded = load(config, env=os.environ, overrides=overrides)
    return launch.start(loaded, overrides=overrides, environ=os.environ, view=view)


def show(finished: Finished, *, quiet: bool = False) -> None:
    """Verdict, reasons, documents."""
    output.print_verdict(finished.decision)
    if not quiet:
        for line in output.reasons(finished.decision):
            typer.echo(f"  {line}")
        for line in output.plan_lines(finished.decision):
            typer.echo(line)
    typer.echo(_("Протокол: {record}").format(record=finished.record))
    for name in finished.documents:
        typer.echo(f"  {finished.record / name}")


def parse_settings(items: list[str]) -> dict[str, str]:
    """KEY=VALUE of `--set`.

    Raises:
        UsageError: no "=".
    """
    found = {}
    for item in items:
        key, sign, value = item.partition("=")
        if not sign or not key:
            raise UsageError(
                f"«{item}» не похоже на KEY=VALUE", place="--set", hint="например --set gates.report_coverage=0.9"
            )
        found[key.strip()] = value.strip()
    return found


def _given(only: list[str] | None, skip: list[str] | None, workers: int | None) -> dict[str, str]:
    given = {
        "scenarios.only": ",".join(only or []),
        "scenarios.skip": ",".join(skip or []),
        "scenarios.workers": str(workers or ""),
    }
    return {key: value for key, value in given.items() if value}
