"""Commands over a finished record: judge, report, compare, accept."""

from __future__ import annotations

from pathlib import Path  # Typer reads annotations
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import output
from harness.cli.app import Command, app
from harness.cli.output import JsonOption, RecordArgument  # noqa: TC001  # Typer reads annotations
from harness.errors import UsageError
from harness.i18n import _

if TYPE_CHECKING:
    from harness.record.models import Difference, Verdict

_FORMATS = ("html", "json", "junit", "allure", "pdf")


@app.command(
    "judge",
    cls=Command,
    help=_(
        "Заново вычисляет решение по протоколу. Код возврата тот же, что у прогона; изменённый протокол не принимается."
    )
    + "\n\n"
    + _("Пример: readiness judge records/2026-11-28_200000"),
)
def judge(
    record: RecordArgument,
    *,
    override: Annotated[
        str | None,
        typer.Option(
            "--override",
            metavar="VERDICT",
            help=_("Записать решение человека: GO, NO-GO, … Остаётся в документе навсегда."),
        ),
    ] = None,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help=_("Кто решил (с --override)."))] = "",
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help=_("Почему (с --override)."))] = "",
    acceptances: Annotated[
        Path | None,
        typer.Option(
            "--acceptances",
            metavar="FILE",
            help=_("Применить согласованные расхождения к готовому протоколу: новая репетиция не нужна."),
        ),
    ] = None,
    json_output: JsonOption = False,
) -> int:
    """Judges a record."""
    from harness.run import judging

    if acceptances is not None and override is not None:
        raise UsageError("--acceptances и --override вместе не применяются", hint="сначала согласуйте, затем решайте")
    if acceptances is not None:
        decision = judging.agree(record, acceptances)
    elif override is not None:
        decision = judging.override(record, _verdict(override), by.strip(), reason.strip())
    else:
        decision = judging.judge(record)
    with output.unheard():
        if json_output:
            output.print_json(output.decision_json(decision, record))
        else:
            output.print_verdict(decision)
            for line in output.reasons(decision):
                typer.echo(f"  {line}")
    return decision.exit_code


def _verdict(text: str) -> Verdict:
    from harness.record.models import Verdict

    try:
        return Verdict(text.strip().upper().replace("NO GO", "NO-GO"))
    except ValueError as error:
        known = ", ".join(item.value for item in Verdict)
        raise UsageError(f"нет решения «{text}»", place="--override", hint=f"есть: {known}") from error


@app.command(
    "report",
    cls=Command,
    help=_("Выпускает документы по протоколу. Это HTML, PDF, JSON, JUnit и Allure.")
    + "\n\n"
    + _("Пример: readiness report RECORD --format html --language en"),
)
def report(
    record: RecordArgument,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format", "-f", metavar="NAME", help=_("Документ (можно повторять): html, pdf, json, junit, allure.")
        ),
    ] = None,
    language: Annotated[
        str,
        typer.Option("--language", metavar="LANG", help=_("Язык документов: ru или en; по умолчанию язык прогона.")),
    ] = "",
    browser: Annotated[str, typer.Option("--browser", metavar="FILE", help=_("Путь к Chromium для PDF."))] = "",
    json_output: JsonOption = False,
) -> int:
    """Renders documents."""
    from harness.run import judging

    wrong = [item for item in formats or [] if item not in _FORMATS]
    if wrong:
        raise UsageError(f"нет документа «{wrong[0]}»", place="--format", hint="есть: " + ", ".join(_FORMATS))
    if language not in ("", "ru", "en"):
        raise UsageError(f"нет языка «{language}»", place="--language", hint="есть: ru, en")
    documents = judging.render(record, formats or list(_FORMATS), language, browser)
    if json_output:
        written = [str(path) for path in documents]
        output.print_json({"record": str(record), "documents": written, "missing": documents.missing})
        return 0
    for path in documents:
        typer.echo(str(path))
    for reason in documents.missing.values():
        typer.echo(reason, err=True)
    return 0


@app.command(
    "compare",
    cls=Command,
    help=_(
        "Показывает расхождения до и после обновления. С двумя протоколами — расхождения между прогонами. "
        "Код возврата 1, если есть необъяснённые."
    )
    + "\n\n"
    + _("Пример: readiness compare RECORD --all"),
)
def compare(
    record: RecordArgument,
    other: Annotated[
        Path | None,
        typer.Argument(metavar="[RECORD]", help=_("Протокол второго прогона."), show_default=False),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help=_("Показать и одинаковые, и согласованные."))] = False,
    phase: Annotated[
        str,
        typer.Option(
            "--phase",
            metavar="NAME",
            help=_("Что сравнить у двух прогонов: after, before или before-after (до в первом, после во втором)."),
        ),
    ] = "after",
    json_output: JsonOption = False,
) -> int:
    """Shows differences: 0 when nothing is unexplained, 1 otherwise."""
    from harness.record.models import DifferenceClass

    quiet = {DifferenceClass.IDENTICAL, DifferenceClass.TOLERANCE, DifferenceClass.EXPECTED}
    found = _of_one(record) if other is None else _of_two(record, other, phase)
    differences = [item for item in found if everything or item.cls not in quiet]
    with output.unheard():
        if json_output:
            import msgspec

            output.print_json({"record": str(record), "differences": msgspec.to_builtins(differences)})
        else:
            for item in differences:
                typer.echo(_difference(item))
            if not differences:
                typer.echo(_("необъяснённых расхождений нет"))
    return int(any(item.cls not in quiet for item in differences))


def _of_one(record: Path) -> list[Difference]:
    from harness.record import read_record

    read = read_record(record)
    if not read.compared:
        raise UsageError(
            "в этом протоколе сравнения ещё не было", place=str(record), hint="readiness run --resume RECORD"
        )
    return list(read.differences)


def _of_two(first: Path, second: Path, phase: str) -> list[Difference]:
    from tempfile import TemporaryDirectory

    from harness.observe.compare_runs import PHASES, compare_runs
    from harness.record import read_record

    if phase not in PHASES:
        raise UsageError(f"нет этапа «{phase}»", place="--phase", hint="есть: " + ", ".join(PHASES))
    with TemporaryDirectory(prefix="readiness-") as folder:
        return compare_runs(read_record(first), read_record(second), phase, Path(folder))


def _difference(item: Difference) -> str:
    counts = f"+{item.added} −{item.removed} ~{item.changed}"
    text = f": {output.one_line(str(item.text))}" if item.text else ""
    return f"{item.cls.value:<16} {item.scenario}/{item.observation} {counts}{text}"


@app.command(
    "accept",
    cls=Command,
    help=_(
        "Предлагает согласования расхождений. По одному на причину, с тем, что каждое покроет. "
        "Записывает только подтверждённое: в терминале спрашивает, в сценарии подтверждают --yes или --all."
    )
    + "\n\n"
    + _(
        "Пример: readiness accept RECORD -o acceptances.toml --yes 1,3 --reason «Новая ставка НДС» --owner «Иванова А. П.» --until 2.0.16"
    ),
)
def accept(
    record: RecordArgument,
    *,
    owner: Annotated[str, typer.Option("--owner", metavar="NAME", help=_("Кто согласует."))] = "",
    until: Annotated[str, typer.Option("--until", metavar="DATE", help=_("До какой даты или релиза."))] = "",
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help=_("Почему так должно быть."))] = "",
    yes: Annotated[str, typer.Option("--yes", metavar="N,M", help=_("Подтвердить предложения с этими номерами."))] = "",
    everything: Annotated[bool, typer.Option("--all", help=_("Подтвердить все предложения."))] = False,
    output_file: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help=_("Куда записать подтверждённое."))
    ] = None,
) -> int:
    """Proposes acceptances and writes those that were confirmed."""
    import sys

    from harness.cli import accepting
    from harness.observe import propose
    from harness.observe.signing import ids_in
    from harness.record import read_record

    taken = ids_in(output_file) if output_file else []
    proposals = propose(
        read_record(record), owner=owner.strip(), until=until.strip(), reason=reason.strip(), taken=taken
    )
    confirmed = accepting.chosen(proposals, yes=yes, everything=everything)
    if output_file is None:
        if confirmed is not None:
            raise UsageError("не сказано, куда записать подтверждённое", place="--output", hint="-o acceptances.toml")
        with output.unheard():
            accepting.show(proposals, draft=True)
        return 0
    interactive = sys.stdin.isatty() and sys.stdout.isatty()
    if confirmed is None:
        if not interactive:
            raise UsageError(
                "никто не подтвердил: записывается только подтверждённое", place="--output", hint="--yes 1,3 или --all"
            )
        confirmed = accepting.asked(proposals)
    accepting.write(output_file, accepting.completed(confirmed, interactive=interactive))
    return 0
