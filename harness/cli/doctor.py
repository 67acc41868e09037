"""`readiness doctor`: whether everything a run needs is here."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import output
from harness.cli.app import Command, app
from harness.cli.output import JsonOption  # noqa: TC001  # Typer reads annotations
from harness.errors import HarnessError
from harness.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.config import Config

_FREE = 1 << 30
"""Bytes that should be free for a record of a middling base."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One checked thing: `good` None means that a run works without it, but less well."""

    name: str
    good: bool | None
    said: str


@app.command(
    "doctor",
    cls=Command,
    help=_(
        "Проверяет, всё ли есть для прогона. Python, библиотеки, браузер, настройки, пароли, адрес стенда; ничего не меняет."
    )
    + "\n\n"
    + _("Пример: readiness doctor -c readiness.toml"),
)
def doctor(
    config: Annotated[
        Path | None,
        typer.Option("-c", "--config", metavar="FILE", help=_("Файл настроек; без него проверяется только машина.")),
    ] = None,
    json_output: JsonOption = False,
) -> int:
    """Checks: 0 when a run is possible, 2 otherwise."""
    found = list(_machine())
    if config is not None or Path("readiness.toml").exists():
        found += _project(config or Path("readiness.toml"))
    bad = any(item.good is False for item in found)
    with output.unheard():
        if json_output:
            output.print_json(
                {"ok": not bad, "checks": [{"name": item.name, "ok": item.good, "said": item.said} for item in found]}
            )
        else:
            for item in found:
                mark = {True: "✓", False: "✗", None: "!"}[item.good]
                typer.echo(f"{mark} {item.name}: {item.said}")
    return 2 if bad else 0


def _machine() -> Iterator[Finding]:
    supported = sys.version_info >= (3, 11)
    yield Finding("Python", supported, platform.python_version() + ("" if supported else _(", нужен 3.11 или новее")))
    for name in (
        "duckdb",
        "pyarrow",
        "lxml",
        "requests",
        "msgspec",
        "pytest",
        "xdist",
        "starlette",
        "uvicorn",
        "jinja2",
    ):
        try:
            __import__(name)
        except ImportError as error:
            yield Finding(name, good=False, said=str(error))
    yield _browser()
    free = shutil.disk_usage(Path.cwd()).free
    yield Finding(_("место на диске"), True if free >= _FREE else None, f"{free / _FREE:.1f} ГБ")


def _browser() -> Finding:
    from harness.browser import find_browser

    path = find_browser("")
    if path:
        return Finding(_("браузер"), good=True, said=str(path))
    return Finding(_("браузер"), None, _("не найден: заключение в PDF не выпускается; установите Chromium или Chrome"))


def _project(path: Path) -> Iterator[Finding]:
    from harness.config import load
    from harness.run import stands

    try:
        config = load(path, env=os.environ)
        yield Finding(_("настройки"), good=True, said=str(config.path))
        stands.scenario_paths(config)
        stands.pack_of(config)
    except HarnessError as error:
        yield Finding(_("настройки"), good=False, said=str(error))
        return
    yield _stand(config)


def _stand(config: Config) -> Finding:
    """Reachable, not production, user and password accepted; an embedded stand is always there."""
    from harness.run import stands
    from harness.run.work import WorkFolder

    if config.settings.stand.kind == "embedded":
        return Finding(_("стенд"), good=True, said=_("встроенный"))
    if config.settings.stand.kind == "container":
        return _engine()
    nowhere = config.file(config.settings.project.records) / "doctor"
    try:
        stand = stands.build(config, WorkFolder.of(nowhere), nowhere, os.environ)
        stand.start()
        info = stand.info()
        stand.stop()
    except HarnessError as error:
        return Finding(_("стенд"), good=False, said=str(error))
    return Finding(_("стенд"), good=True, said=" ".join(filter(None, (info.base, info.configuration, info.version))))


def _engine() -> Finding:
    """Whether containers can be brought up; building them takes longer than a check may."""
    from stand.composing import command, engine

    try:
        version = engine().version()["Version"]
        compose = " ".join(command())
    except HarnessError as error:
        return Finding(_("стенд"), good=False, said=str(error))
    return Finding(_("стенд"), good=True, said=f"Docker {version}, {compose}")
