"""`readiness scenarios`: what would be run."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from harness.cli import output
from harness.cli.app import Command, app
from harness.cli.output import ConfigOption, JsonOption  # noqa: TC001  # Typer reads annotations
from harness.i18n import _


@app.command(
    "scenarios",
    cls=Command,
    help=_("Перечисляет сценарии. Обозначение, важность, область, название; стенд не нужен.")
    + "\n\n"
    + _("Пример: readiness scenarios -c readiness.toml"),
)
def scenarios(config: ConfigOption = Path("readiness.toml"), json_output: JsonOption = False) -> int:
    """Lists scenarios without a stand."""
    from harness.run import collect

    found = collect.scenarios(collect.paths(config, os.environ))
    if json_output:
        import msgspec

        output.print_json({"scenarios": msgspec.to_builtins(found)})
        return 0
    for item in found:
        mark = _("пишет") if item.writes else ""
        typer.echo(f"{item.id:<10} {item.severity.value:<8} {item.area:<10} {mark:<6} {item.title}")
    typer.echo(_("всего: {number}").format(number=len(found)))
    return 0
