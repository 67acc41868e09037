"""`readiness exchange validate | compare`: files of exchanges without a base and without a stand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli import output
from harness.cli.app import Command, Group, app, complain, help_without_command
from harness.cli.output import JsonOption  # noqa: TC001  # Typer reads annotations
from harness.errors import HarnessError, UsageError
from harness.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.exchange.changes import Change
    from harness.exchange.inspection import Inspection, Means
    from harness.exchange.problems import Problem
    from harness.exchange.recognise import Kind

exchanges = typer.Typer(
    cls=Group,
    help=_("Файлы обменов. Проверяет и сравнивает файлы обмена с банком, сайтом, другими базами; стенд не нужен.")
    + "\n\n"
    + _("Пример: readiness exchange validate kl_to_1c.txt"),
    rich_markup_mode=None,
    invoke_without_command=True,
)
app.add_typer(exchanges, name="exchange")
_SHOWN = 200
_XSD_HELP = _("Схема XSD: нарушения показываются; для сравнения — только новые.")
XsdOption = Annotated[Path | None, typer.Option("--xsd", metavar="FILE", help=_XSD_HELP)]


@exchanges.callback()
def _exchange(context: typer.Context) -> None:
    help_without_command(context)


@exchanges.command(
    "validate",
    cls=Command,
    help=_(
        "Проверяет файл обмена. Формат узнаётся по содержимому. Код возврата: 0 замечаний нет, 1 есть замечания, 2 файл не прочитан."
    )
    + "\n\n"
    + _("Пример: readiness exchange validate message.xml --package EnterpriseData.xdto.xml"),
)
def validate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_("Файл обмена или архив ZIP."), show_default=False)],
    *,
    kind: Annotated[
        str,
        typer.Option(
            "--kind",
            metavar="KIND",
            help=_(
                "Формат, если он известен: bank, commerceml, enterprisedata, branch, directbank, changes, xdto, wsdl, httpservice, capabilities, golden."
            ),
        ),
    ] = "",
    package: Annotated[
        Path | None,
        typer.Option(
            "--package", metavar="FILE", help=_("Пакет XDTO релиза для сообщений EnterpriseData (*.xdto.xml).")
        ),
    ] = None,
    schema: XsdOption = None,
    direction: Annotated[
        str,
        typer.Option("--direction", metavar="WAY", help=_("Файл банка: from-bank или to-bank; иначе по содержимому.")),
    ] = "",
    json_output: JsonOption = False,
) -> int:
    """Checks a file."""
    from harness.exchange import inspection

    try:
        found = inspection.inspect(_existing(file), str(file), _kind(kind), _means(package, schema, direction))
    except HarnessError as error:
        return _refused(error, json_output=json_output)
    problems = list(_numbered(found))
    code = 1 if problems else 0
    with output.unheard():
        if json_output:
            output.print_json({"exit_code": code, **_as_json(found, file)})
            return code
        _print_facts(found)
        for name, item in problems[:_SHOWN]:
            typer.echo(f"{_place(file, name, item)}: {item.told()}")
            if item.hint:
                typer.echo(f"  → {item.advice()}")
        if len(problems) > _SHOWN:
            typer.echo(_("… и ещё {number}").format(number=len(problems) - _SHOWN))
        typer.echo(_("Замечаний: {number}").format(number=len(problems)) if problems else _("Замечаний нет"))
    return code


@exchanges.command(
    "compare",
    cls=Command,
    help=_(
        "Сравнивает два файла обмена одного формата по объектам. Код возврата: 0 одинаковы, 1 есть различия, 2 файл не прочитан."
    )
    + "\n\n"
    + _("Пример: readiness exchange compare before.xml after.xml"),
)
def compare(
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help=_("Файл до обновления."), show_default=False)],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help=_("Файл после обновления."), show_default=False)],
    *,
    used: Annotated[
        list[str] | None,
        typer.Option(
            "--used", metavar="TYPE", help=_("Вид объектов, которым база обменивается (можно повторять); для схем.")
        ),
    ] = None,
    schema: XsdOption = None,
    everything: Annotated[
        bool, typer.Option("--all", help=_("Сравнивать и то, что меняется от сообщения к сообщению: номера, время."))
    ] = False,
    json_output: JsonOption = False,
) -> int:
    """Compares two files."""
    from harness.exchange import comparison, xsd

    try:
        found = comparison.compare(
            _existing(before),
            _existing(after),
            places=(str(before), str(after)),
            used=used or (),
            everything=everything,
            schema=xsd.load_schema(schema) if schema else None,
        )
    except HarnessError as error:
        return _refused(error, json_output=json_output)
    code = 1 if found else 0
    with output.unheard():
        if json_output:
            output.print_json({"exit_code": code, "changes": [_change(item) for item in found]})
            return code
        for item in found[:_SHOWN]:
            typer.echo(("! " if item.breaking else "  ") + item.told())
        if len(found) > _SHOWN:
            typer.echo(_("… и ещё {number}").format(number=len(found) - _SHOWN))
        typer.echo(_("Различий: {number}").format(number=len(found)) if found else _("Различий нет"))
    return code


def _existing(file: Path) -> Path:
    if not file.is_file():
        raise UsageError("такого файла нет" if not file.exists() else "это папка, а не файл", place=str(file))
    return file


def _kind(name: str) -> Kind | None:
    from harness.exchange.recognise import Kind

    if not name:
        return None
    try:
        return Kind(name)
    except ValueError as error:
        known = ", ".join(item.value for item in Kind)
        raise UsageError(f"нет формата «{name}»", place="--kind", hint=f"есть: {known}") from error


def _means(package: Path | None, schema: Path | None, direction: str) -> Means:
    from harness.exchange import xdto, xsd
    from harness.exchange.bank_rules import Direction
    from harness.exchange.inspection import Means, content

    if direction not in ("", *(item.value for item in Direction)):
        raise UsageError(f"нет направления «{direction}»", place="--direction", hint="есть: from-bank, to-bank")
    return Means(
        xdto.load_package(content(_existing(package), str(package)), str(package)) if package else None,
        xsd.load_schema(_existing(schema)) if schema else None,
        Direction(direction) if direction else None,
    )


def _refused(error: HarnessError, *, json_output: bool) -> int:
    """A file that cannot be read is told in the language of the reader; everything else as any error of the command."""
    from harness.exchange.problems import FormatError

    if not isinstance(error, FormatError):
        raise error
    told = {"message": error.told(), "place": error.place, "hint": error.advice()}
    advice = f"\n  → {told['hint']}" if told["hint"] else ""
    complain(f"{told['place']}: {told['message']}{advice}")
    if json_output:
        with output.unheard():
            output.print_json({"exit_code": error.exit_code, "error": told})
    return error.exit_code


def _numbered(found: Inspection) -> Iterator[tuple[str, Problem]]:
    for item in found.problems:
        yield found.name, item
    for inner in found.inner:
        yield from _numbered(inner)


def _place(file: Path, name: str, item: Problem) -> str:
    where = f"{file.name}/{name}" if name else file.name
    line = f":{item.line}" if item.line else ""
    return f"{where}{line}" + (f" {item.path}" if item.path else "")


def _print_facts(found: Inspection) -> None:
    from harness.exchange.facts import FACTS
    from harness.exchange.recognise import TITLES
    from harness.i18n import _ as translated

    named = ((translated(FACTS.get(name, name)), value) for name, value in found.facts.items() if value)
    shown = "; ".join(f"{name}: {value}" for name, value in named)
    title = translated(TITLES[found.kind])
    typer.echo((f"{found.name}: " if found.name else "") + title + (f" ({shown})" if shown else ""))
    for inner in found.inner:
        _print_facts(inner)


def _as_json(found: Inspection, file: Path) -> dict[str, Any]:
    return {
        "file": found.name or str(file),
        "kind": found.kind.value,
        "facts": found.facts,
        "problems": [
            {"line": item.line, "path": item.path, "code": item.code, "text": item.told(), "hint": item.advice()}
            for item in found.problems
        ],
        **({"files": [_as_json(inner, file) for inner in found.inner]} if found.inner else {}),
    }


def _change(item: Change) -> dict[str, Any]:
    return {
        "kind": item.kind,
        "aspect": item.aspect,
        "object": item.object,
        "field": item.field,
        "before": item.before,
        "after": item.after,
        "breaking": item.breaking,
        "text": item.told(),
    }
