"""`readiness prove`: shows how watchful the scenarios are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli import output
from harness.cli.app import Command, app
from harness.cli.output import JsonOption  # noqa: TC001  # Typer reads annotations
from harness.cli.proving import Told, watcher_for
from harness.i18n import _

if TYPE_CHECKING:
    from harness.config import Config
    from harness.prove.results import Proof

_SHIPPED = "fixtures/demo/prove.toml"


@app.command(
    "prove",
    cls=Command,
    help=_(
        "Проверяет сами проверки. Вносит в обновление по одной известной ошибке и по одному безвредному изменению и смотрит, "
        "что из этого замечают сценарии; код возврата 0, когда замечены все ошибки и не поднято ни одной ложной тревоги."
    )
    + "\n\n"
    + _("Пример: readiness prove --only 'report-*' --workers 2"),
)
def prove(  # noqa: PLR0917  # Typer calls it by name
    config: Annotated[
        Path | None,
        typer.Argument(
            metavar="[CONFIG]", help=_("Файл настроек; без него демонстрационная компания."), show_default=False
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="ID", help=_("Только эти изменения; можно повторять, «*» в имени разрешена.")),
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", metavar="N", min=1, max=64, help=_("Прогонов одновременно."))
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help=_("Куда записать prove.json и matrix.csv; иначе папка протоколов.")),
    ] = None,
    proxy: Annotated[
        bool,
        typer.Option(
            "--proxy",
            help=_("Свой стенд из настроек: ответы второго этапа изменяет прокси, в базе не меняется ничего."),
        ),
    ] = False,
    singly: Annotated[
        bool, typer.Option("--singly", help=_("Безвредные изменения по одному, а не группами; дольше."))
    ] = False,
    entire: Annotated[
        bool,
        typer.Option(
            "--entire", help=_("Каждое изменение всеми сценариями, даже теми, которых оно не касается; вдвое дольше.")
        ),
    ] = False,
    listing: Annotated[
        bool, typer.Option("--list", help=_("Показать, какие есть изменения, и ничего не выполнять."))
    ] = False,
    json_output: JsonOption = False,
) -> int:
    """Proves the suite: 0 when the whole matrix holds, 1 otherwise."""
    from harness.prove import proving

    if listing:
        with output.unheard():
            _list(proxied=proxy, json_output=json_output)
        return 0
    overrides = _overrides(proxied=proxy)
    loaded = _load(config, overrides)
    wanted = proving.Wanted(
        only=tuple(only or ()),
        workers=workers or (1 if proxy else max(1, min(os.cpu_count() or 1, 8))),
        singly=singly,
        entire=entire,
        proxied=proxy,
        out=out.resolve() if out else None,
        overrides=overrides,
    )
    watcher = watcher_for(json_output=json_output)
    try:
        proof, path = proving.prove(loaded, wanted, watcher)
    finally:
        watcher.close()
    with output.unheard():
        if json_output:
            output.print_json(_as_json(proof, path))
        else:
            Told().proof(proof, path)
    return 0 if proof.holds else 1


def _overrides(*, proxied: bool) -> dict[str, str]:
    """Variants are changes of the working release: what was agreed about another release has no say."""
    if proxied:
        return {"acceptances.file": ""}
    from harness.prove.bases import NEXT

    # The stand shares the process: sessions side by side only wait for each other.
    return {"acceptances.file": "", "update.release": NEXT, "sweep.sessions": "1"}


def _load(config: Path | None, overrides: dict[str, str]) -> Config:
    """The settings of the project, those of the demo company where there is none."""
    from harness.config import load
    from harness.resources import resource

    here = Path("readiness.toml")
    path = config or (here if here.exists() else resource(_SHIPPED))
    if path == resource(_SHIPPED):
        overrides["project.records"] = str(Path("records").resolve())
    loaded = load(path, env=os.environ, overrides=overrides)
    if loaded.source("documents.pages") != "default":
        return loaded
    # Pages are compared as text unless somebody asked for pictures: a browser for every variant costs more than it notices.
    overrides["documents.pages"] = "text"
    return load(path, env=os.environ, overrides=overrides)


def _list(*, proxied: bool, json_output: bool) -> None:
    from harness.prove.proving import variants_of

    variants = variants_of(proxied=proxied)
    if json_output:
        output.print_json(
            {"variants": [{"id": one.id, "kind": one.kind.value, "title": one.title} for one in variants]}
        )
        return
    for one in variants:
        typer.echo(f"{one.kind.value:<9} {one.id:<32} {one.title}")


def _as_json(proof: Proof, path: Path) -> dict[str, Any]:
    import msgspec

    plain: dict[str, Any] = msgspec.to_builtins(proof)
    counts = {name: getattr(proof, name) for name in ("defects", "noticed", "harmless", "raised", "holds")}
    return {**counts, "exit_code": 0 if proof.holds else 1, "file": str(path), **plain}
