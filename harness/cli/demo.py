"""`readiness demo`: rehearses both updates of the demo company, one that must fail and one that must pass."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import output, progress
from harness.cli.app import Command, app
from harness.cli.output import JsonOption  # noqa: TC001  # Typer reads annotations
from harness.i18n import _

if TYPE_CHECKING:
    from harness.run.launch import Finished

_STEPS = ("preflight", "backup", "proof", "before", "restore", "update", "after", "compare", "judge", "documents")


@app.command(
    "demo",
    cls=Command,
    help=_(
        "Показывает всё на примере. Репетирует два обновления демонстрационной компании: с внесёнными ошибками (NO-GO) и чистое (GO)."
    )
    + "\n\n"
    + _("Пример: readiness demo --records records"),
)
def demo(
    records: Annotated[Path, typer.Option("--records", metavar="DIR", help=_("Где создать протоколы."))] = Path(
        "records"
    ),
    json_output: JsonOption = False,
) -> int:
    """Runs every demo project: 0 when each of them ended as it must."""
    from harness.config import load
    from harness.resources import demo_projects
    from harness.run import launch

    clock = time.perf_counter()
    results: list[tuple[str, Finished]] = []
    for project in demo_projects():
        overrides = {"project.records": str(records.resolve())}
        config = load(project, env=os.environ, overrides=overrides)
        view = progress.view_for(quiet=False, json_output=json_output)
        view.note(f"{config.settings.project.name}")
        try:
            results.append((project.stem, launch.start(config, overrides=overrides, environ=os.environ, view=view)))
        finally:
            progress.close(view)
        if not json_output:
            with output.unheard():
                _show(results[-1][1])
    with output.unheard():
        if json_output:
            output.print_json(
                {name: output.decision_json(item.decision, item.record, list(item.documents)) for name, item in results}
            )
        else:
            _times(results, time.perf_counter() - clock)
    return 0 if all(_as_expected(name, item) for name, item in results) else 1


def _as_expected(name: str, finished: Finished) -> bool:
    from harness.record.models import Verdict

    wanted = {"2.0.15.1": Verdict.NO_GO, "2.0.15.2": Verdict.GO}
    return finished.decision.verdict is wanted.get(name, finished.decision.verdict)


def _show(finished: Finished) -> None:
    from harness.cli.run import show

    typer.echo("")
    show(finished)
    accepted = [item for item in finished.decision.acceptances if item.covered]
    if accepted and finished.decision.exit_code == 0:
        typer.echo(_("Согласованные расхождения:"))
        for item in accepted:
            typer.echo(f"  {item.id}: {output.one_line(item.reason)} ({item.covered})")
    typer.echo("")


def _times(results: list[tuple[str, Finished]], total: float) -> None:
    """A table of where the time went."""
    from harness.record import read_record

    seconds = {name: {step.name: step.seconds for step in read_record(item.record).steps} for name, item in results}
    typer.echo(_("Куда ушло время, с:"))
    width = max(len(progress.step_title(step)) for step in _STEPS) + 2
    typer.echo(" " * width + "".join(f"{name:>12}" for name in seconds))
    for step in _STEPS:
        cells = "".join(f"{found.get(step, 0.0):>12.1f}" for found in seconds.values())
        typer.echo(f"{progress.step_title(step):<{width}}{cells}")
    sums = "".join(f"{sum(found.values()):>12.1f}" for found in seconds.values())
    typer.echo(f"{_('всего'):<{width}}{sums}")
    typer.echo(_("От команды до конца: {total} с").format(total=f"{total:.1f}"))
