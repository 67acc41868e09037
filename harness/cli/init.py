"""`readiness init`: a project of one's own: settings, scenarios, names, acceptances."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.app import Command, app
from harness.errors import UsageError
from harness.i18n import _
from harness.resources import ACCEPTANCES, PACKS, resource


class Kind(StrEnum):
    """Kinds of stands a project may begin with."""

    EXTERNAL = "external"
    EMBEDDED = "embedded"


@app.command(
    "init",
    cls=Command,
    help=_("Создаёт проект. В нём readiness.toml с пояснениями, сценарии, пакеты имён, файл согласованных расхождений.")
    + "\n\n"
    + _("Пример: readiness init my-base"),
)
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=_("Папка проекта; создаётся, если её нет."))] = Path(),
    kind: Annotated[
        Kind, typer.Option("--kind", help=_("external: своя копия базы; embedded: демонстрационная компания."))
    ] = Kind.EXTERNAL,
) -> int:
    """Writes a new project; never over files that are there."""
    plan = _plan(folder, kind)
    taken = [path for path in (*plan, folder / "scenarios", folder / "packs") if path.exists()]
    if taken:
        raise UsageError(
            "такой файл уже есть; ничего не создано",
            place=str(taken[0]),
            hint="укажите пустую папку: readiness init ПАПКА",
        )
    folder.mkdir(parents=True, exist_ok=True)
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(resource("scenarios"), folder / "scenarios", ignore=ignore)
    shutil.copytree(resource(PACKS), folder / "packs", ignore=ignore)
    for path, text in plan.items():
        path.write_text(text, encoding="utf-8", newline="\n")
        typer.echo(str(path))
    typer.echo(str(folder / "scenarios"))
    typer.echo(str(folder / "packs"))
    path = folder / "readiness.toml"
    if kind is Kind.EXTERNAL:
        typer.echo(
            _("Дальше: впишите адрес копии базы в readiness.toml и проверьте: readiness doctor -c {path}").format(
                path=path
            )
        )
    else:
        typer.echo(_("Дальше: readiness run -c {path}").format(path=path))
    return 0


def _plan(folder: Path, kind: Kind) -> dict[Path, str]:
    if kind is Kind.EXTERNAL:
        start, end = _last_quarter(datetime.now(tz=UTC).date())
        settings = _EXTERNAL.replace("START", start.isoformat()).replace("END", end.isoformat())
        acceptances = _ACCEPTANCES
    else:
        settings = _EMBEDDED
        acceptances = resource(ACCEPTANCES).read_text(encoding="utf-8")
    plan = {folder / "readiness.toml": settings + _COMMON, folder / "acceptances.toml": acceptances}
    if not (folder / ".gitignore").exists():
        plan[folder / ".gitignore"] = "records/\n"
    return plan


def _last_quarter(today: date) -> tuple[date, date]:
    """First and last day of the last quarter that is over: closed, so its figures should not move."""
    first = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    end = first - timedelta(days=1)
    return date(end.year, end.month - 2, 1), end


_EXTERNAL = """\
# Проверка готовности к обновлению 1С. Все ключи: docs/configuration.md; проверить файл: readiness doctor
language = "ru"

[project]
name = "Обновление нашей базы"
client = ""
owner = ""                        # кто отвечает за обновление

[stand]
kind = "external"
url = "http://server/base_copy"   # корень публикации КОПИИ базы, не рабочей

[user]
name = "Администратор"
password = "env:STAND_PASSWORD"   # только ссылка: env:ИМЯ, file:путь или keyring:имя

[update]
release = ""                      # номер релиза, на который обновляется копия

# Для каждого действия: команда (command = ["программа", "аргумент", "{backup}"]) или человек (by_hand = true).
# Человеку прогон скажет, что сделать, и остановится; продолжить: readiness run --resume ПРОТОКОЛ
[backup]
by_hand = true

[restore]
by_hand = true

[apply]
by_hand = true

[production]
addresses = []                    # адреса рабочих баз: к ним не будет ни одного обращения

[period]                          # закрытый период, цифры которого обновление менять не должно
start = START
end = END

# Начните со сплошной сверки: ей не нужны ни сервис готовности, ни сценарии. Затем добавьте другие папки ("scenarios/flows" …)
# и пакет имён своей конфигурации: скопируйте packs/demo.toml и замените правую часть.
[scenarios]
paths = ["scenarios/sweep"]
pack = "packs/any.toml"

"""
_EMBEDDED = """\
# Проверка готовности к обновлению 1С на демонстрационной компании. Проверить файл: readiness doctor
language = "ru"

[project]
name = "Демонстрационная компания"

[stand]
kind = "embedded"
release = "2.0.14.7"
documents = 500

[update]
release = "2.0.15.2"

[period]
start = 2026-01-01
end = 2026-03-31

[scenarios]
paths = ["scenarios"]
pack = "packs/demo.toml"

"""
_COMMON = """\
[acceptances]
file = "acceptances.toml"

[gates]
report_coverage = 0.8             # какая доля своих отчётов должна быть проверена

# [window]                        # технологическое окно: из него считается срок отката
# start = "2026-11-28T20:00"
# end = "2026-11-29T08:00"
"""
_ACCEPTANCES = """\
# Согласованные расхождения. Черновик по протоколу: readiness accept RECORD
"""
