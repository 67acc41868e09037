"""`readiness stand serve`: the embedded stand by itself, to look at, to write scenarios against."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.app import Command, Group, app, help_without_command
from harness.errors import UsageError
from harness.i18n import _

if TYPE_CHECKING:
    from stand.bases import Base, DemoBase

stands = typer.Typer(
    cls=Group,
    help=_("Встроенный стенд. Эмулятор 1С с демонстрационной компанией или записанной базой.")
    + "\n\n"
    + _("Пример: readiness stand serve --port 8080"),
    rich_markup_mode=None,
    invoke_without_command=True,
)
app.add_typer(stands, name="stand")


@stands.callback()
def _stand(context: typer.Context) -> None:
    help_without_command(context)


@stands.command(
    "serve",
    cls=Command,
    help=_("Запускает стенд. Готовый, печатает одну строку JSON: url, user, password; работает до Ctrl-C.")
    + "\n\n"
    + _("Пример: readiness stand serve --metadata metadata.xml --feed goods.xml"),
)
def serve(  # noqa: PLR0917  # Typer calls it by name
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help=_("Порт; 0 выбирает свободный."))
    ] = 0,
    documents: Annotated[
        int, typer.Option("--documents", metavar="N", min=1, help=_("Сколько документов создать."))
    ] = 500,
    release: Annotated[
        str, typer.Option("--release", metavar="NAME", help=_("Релиз демонстрационной компании."))
    ] = "2.0.14.7",
    seed: Annotated[int, typer.Option("--seed", metavar="N", help=_("Начальное число генератора."))] = 1,
    metadata: Annotated[
        Path | None, typer.Option("--metadata", metavar="FILE", help=_("Ответ $metadata настоящей базы."))
    ] = None,
    feeds: Annotated[
        list[Path] | None, typer.Option("--feed", metavar="FILE", help=_("Ответ SelectChanges (можно повторять)."))
    ] = None,
    publication: Annotated[str, typer.Option("--publication", metavar="NAME", help=_("Имя публикации в адресе."))] = "",
    database: Annotated[
        str,
        typer.Option(
            "--database",
            metavar="URL",
            help=_(
                "База в PostgreSQL: postgresql://… или env:ИМЯ; без этого она в файле и исчезает вместе со стендом."
            ),
        ),
    ] = "",
    quirks: Annotated[
        list[str] | None,
        typer.Option(
            "--quirk",
            metavar="NAME=VALUE",
            help=_("Как вести себя там, где источники расходятся, например if-match=enforced (можно повторять)."),
        ),
    ] = None,
    publish: Annotated[
        str,
        typer.Option(
            "--publish", metavar="NAMES", help=_("Состав OData: имена объектов через запятую; none — пустой.")
        ),
    ] = "",
    max_body: Annotated[
        int, typer.Option("--max-body", metavar="BYTES", min=1, help=_("Предел тела запроса в байтах."))
    ] = 67_108_864,
    max_url: Annotated[
        int, typer.Option("--max-url", metavar="BYTES", min=100, help=_("Предел адреса с параметрами в байтах."))
    ] = 8190,
    max_seconds: Annotated[
        float,
        typer.Option(
            "--max-seconds",
            metavar="SECONDS",
            min=0,
            help=_("Сколько секунд может выполняться запрос OData; 0 — без предела."),
        ),
    ] = 300.0,
) -> int:
    """Serves until interrupted."""
    from stand.bases import DemoBase
    from stand.embedded import EmbeddedStand
    from stand.emulator.quirks import Quirks
    from stand.emulator.server import Serving

    composition = None if not publish else tuple(item.strip() for item in publish.split(",") if item.strip())
    serving = Serving(
        Quirks.parse(quirks or []), () if publish == "none" else composition, max_body, max_url, max_seconds
    )
    if feeds and metadata is None:
        raise UsageError("данные без описания: к --feed нужен --metadata", place="--feed")
    demo = DemoBase(release, documents, seed, publication or "demo")
    base = _base(metadata, feeds or [], publication, demo)
    with tempfile.TemporaryDirectory(prefix="readiness-stand-", ignore_cleanup_errors=True) as folder:
        stand = EmbeddedStand(base, Path(folder) / "stand", port=port, database=_address(database), serving=serving)
        try:
            stand.start()
            main = stand.accounts()[0]
            ready = {"url": stand.endpoints().publication, "user": main.name, "password": main.password}
            sys.stdout.write(json.dumps(ready, ensure_ascii=False) + "\n")
            sys.stdout.flush()
            _wait()
        finally:
            stand.stop()
    return 0


def _base(metadata: Path | None, feeds: list[Path], publication: str, demo: DemoBase) -> Base:
    from stand.bases import RecordedBase

    for path in (metadata, *feeds):
        if path is not None and not path.is_file():
            raise UsageError("такого файла нет", place=str(path))
    if metadata is not None:
        return RecordedBase(metadata, tuple(feeds), publication=publication or "demo")
    return demo


def _address(given: str) -> str:
    """The address of a database, out of the environment when it is named there: a password belongs into no list of processes."""
    name = given.removeprefix("env:")
    if name == given:
        address = given
    elif name in os.environ:
        address = os.environ[name]
    else:
        raise UsageError(f"нет переменной окружения {name}", place="--database")
    if address and not address.startswith(("postgresql://", "postgres://")):
        raise UsageError(
            "это не адрес базы PostgreSQL", place="--database", hint="postgresql://пользователь:пароль@сервер/база"
        )
    return address


def _wait() -> None:
    """Until Ctrl-C or SIGTERM."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    # Without a time limit Windows would not notice Ctrl-C inside of wait().
    while not ended.wait(1.0):
        pass
