"""`main`: reads the command line, runs a command, turns every end into the exit code of the contract (design 4.1).

Commands register themselves on `app`; what they do is imported when they run, so that `--help` answers at once.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from harness import __version__
from harness.cli import texts
from harness.errors import HarnessError, reason
from harness.i18n import _

if TYPE_CHECKING:
    from collections.abc import Sequence

INTERNAL = 3
INTERRUPTED = 130
_ORDER = (
    "demo",
    "init",
    "doctor",
    "scenarios",
    "run",
    "judge",
    "report",
    "compare",
    "accept",
    "prove",
    "exchange",
    "stand",
)


class Command(TyperCommand):
    """A command whose help is in the language of the user."""

    def get_help(self, ctx: Any) -> str:
        """Help, as Typer makes it, with its headings translated."""
        return texts.help_text(super().get_help(ctx))


class Group(TyperGroup):
    """A group of commands whose help is in the language of the user."""

    def get_help(self, ctx: Any) -> str:
        """Help, as Typer makes it, with its headings translated."""
        return texts.help_text(super().get_help(ctx))

    def list_commands(self, ctx: Any) -> list[str]:
        """In the order of a project's life, not of the alphabet."""
        del ctx
        return [
            *(name for name in _ORDER if name in self.commands),
            *(name for name in self.commands if name not in _ORDER),
        ]


app = typer.Typer(
    cls=Group,
    name="readiness",
    help=_(
        "Репетирует обновление 1С на стенде и отвечает: обновлять (GO), обновлять с условиями, нет данных или не обновлять (NO-GO), и почему.\n\n"
        "Начните с readiness demo, затем readiness init в папке своего проекта."
    ),
    epilog=_(
        "Коды возврата: 0 GO, 1 NO-GO, 10 GO с условиями, 11 проверено не всё, 2 ошибка настройки, 3 внутренняя ошибка, 130 прервано."
    ),
    add_completion=False,
    rich_markup_mode=None,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"onec-readiness {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help=_("Показать версию."))
    ] = False,
) -> None:
    del version
    help_without_command(context)


def help_without_command(context: typer.Context) -> None:
    """A group called without a command shows what there is; that is wrong usage all the same."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)


def register() -> None:
    """Imports the modules of the commands: importing one adds it to `app`."""
    from harness.cli import demo, doctor, exchange, init, prove, records, run, scenarios, stand  # noqa: F401


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command.

    Returns:
        The exit code of the contract.
    """
    _utf8_streams()
    given = sys.argv[1:] if arguments is None else list(arguments)
    if os.name == "posix" and sys.getfilesystemencoding() != "utf-8":
        complain(_("имена файлов здесь не в UTF-8, русские папки не прочитать; задайте PYTHONUTF8=1"))
        return 2
    try:
        register()
        code = app(args=given, prog_name="readiness", standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except Exception as error:  # noqa: BLE001  # every end becomes an exit code
        code = _failed(error)
        if "--json" in given and not isinstance(error, BrokenPipeError):
            _error_as_json(error, code)
        return code
    if code == INTERRUPTED:  # Typer turns Ctrl-C into this code without a word
        complain(_("прервано"))
    return code if isinstance(code, int) else 0


def _failed(error: Exception) -> int:
    if isinstance(error, HarnessError):
        complain(str(error))
        return error.exit_code
    if hasattr(error, "format_message"):  # Typer's errors of usage
        return _wrong_usage(error)
    if isinstance(error, OSError):
        return _refused(error)
    return _internal(error)


def _refused(error: OSError) -> int:
    """The operating system said no to a file of the user's, or to our own output."""
    from harness.cli.output import unheard

    if error.filename:
        complain(f"{error.filename}: {reason(error)}")
        return 2
    with unheard():
        raise error  # whatever stream is broken is taken out of the way
    if isinstance(error, BrokenPipeError):  # the reader of our pipe has seen enough
        return 0
    complain(_("вывод не записан: {reason}").format(reason=reason(error)))
    return 2


def _error_as_json(error: Exception, code: int) -> None:
    """`--json` promises one object, whatever the end."""
    from harness.cli.output import print_json, unheard
    from harness.record.redact import redact

    told = {name: getattr(error, name, "") for name in ("message", "place", "hint")}
    with unheard():
        print_json({"exit_code": code, "error": redact({**told, "message": told["message"] or str(error)})})


def complain(message: str) -> None:
    """One message on the error stream, without the passwords of this run."""
    from harness.cli.output import unheard
    from harness.record.redact import redact_known

    with unheard():
        typer.echo(f"readiness: {redact_known(message)}", err=True)


def _wrong_usage(error: Any) -> int:
    context = getattr(error, "ctx", None)
    if context is not None:
        typer.echo(texts.help_text(context.get_usage()), err=True)
    complain(texts.usage_text(error.format_message()))
    if context is not None:
        typer.echo(_("Справка: {command} --help").format(command=context.command_path), err=True)
    return 2


def _internal(error: Exception) -> int:
    import traceback

    from harness.record.redact import redact_known

    typer.echo(redact_known("".join(traceback.format_exception(error))), err=True)
    complain(_("внутренняя ошибка; пришлите этот текст разработчикам"))
    return INTERNAL


def _utf8_streams() -> None:
    """Cyrillic and arrows must not fail where the console's encoding is poor (Windows, LANG=C), nor prints where there is none."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by whoever started us, or a process without a console
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123  # lives as long as we do
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")
