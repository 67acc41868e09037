"""`readiness accept`: proposals shown one by one, and only the confirmed ones written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import typer

from harness.cli import output
from harness.errors import UsageError
from harness.i18n import _

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.observe.propose import Proposal


def show(proposals: Sequence[Proposal], *, draft: bool) -> None:
    """Prints what each entry would cover; `draft` adds the entries themselves, as a file of acceptances has them."""
    for proposal in proposals:
        typer.echo("\n".join(f"# {line}" for line in _lines(proposal)) if draft else "\n".join(_lines(proposal)))
        typer.echo(proposal.toml.strip() + "\n" if draft else "")


def _lines(proposal: Proposal) -> list[str]:
    entry = proposal.acceptance
    covers = _("{number}. {scenario}, {title}: покроет изменений: {covers}").format(
        number=proposal.number, scenario=entry.scenario, title=output.one_line(proposal.title), covers=proposal.covers
    )
    if proposal.money:
        covers += _(", в сумме {money}").format(money=proposal.money)
    places = [f"{name} {value}" for name, value in _places(entry).items() if value not in ("", "*")]
    examples = [
        output.one_line(
            f"   {one.key} {one.column}: {one.before} → {one.after}" + (f" ({one.delta})" if one.delta else "")
        )
        for one in proposal.examples
    ]
    return [covers, output.one_line("   " + "; ".join(places)), *examples]


def _places(entry: object) -> dict[str, str]:
    return {name: getattr(entry, name) for name in ("change", "column", "key", "condition")}


def chosen(proposals: Sequence[Proposal], *, yes: str, everything: bool) -> list[Proposal] | None:
    """Those confirmed by options; None when the options confirm nothing.

    Raises:
        UsageError: a number that no proposal has.
    """
    if everything:
        return list(proposals)
    if not yes.strip():
        return None
    known = {str(proposal.number): proposal for proposal in proposals}
    wanted = [part.strip() for part in yes.split(",") if part.strip()]
    wrong = [part for part in wanted if part not in known]
    if wrong:
        raise UsageError(
            _("нет предложения с номером {number}").format(number=wrong[0]),
            place="--yes",
            hint=_("есть номера с 1 по {last}").format(last=len(known)) if known else _("предлагать нечего"),
        )
    return [known[part] for part in dict.fromkeys(wanted)]


def asked(proposals: Sequence[Proposal]) -> list[Proposal]:
    """Those a person at a terminal confirms, one question each."""
    confirmed = []
    for proposal in proposals:
        show([proposal], draft=False)
        if typer.confirm(_("Согласовать?"), default=False):
            confirmed.append(proposal)
    return confirmed


def completed(proposals: Sequence[Proposal], *, interactive: bool) -> list[Proposal]:
    """Proposals with reason, owner and end; a person is asked for what the options did not give.

    Raises:
        UsageError: something lacks and nobody can be asked.
    """
    lacking = [
        name for name in ("reason", "owner", "until") if proposals and not getattr(proposals[0].acceptance, name)
    ]
    if lacking and not interactive:
        options = ", ".join(f"--{name}" for name in lacking)
        raise UsageError(
            _("согласование без подписи не записывается: не хватает {options}").format(options=options),
            hint=_('пример: --reason "Новая ставка НДС" --owner "Иванова А. П." --until 2.0.16'),
        )
    questions = {"reason": _("Причина"), "owner": _("Кто согласует"), "until": _("До какой даты или релиза")}
    given = {name: typer.prompt(questions[name]) for name in lacking}
    return [
        replace(proposal, acceptance=msgspec.structs.replace(proposal.acceptance, **given)) for proposal in proposals
    ]


def write(file: Path, confirmed: Sequence[Proposal]) -> None:
    """Writes confirmed entries and says so."""
    from harness.observe.signing import sign

    if not confirmed:
        typer.echo(_("ничего не подтверждено, файл не изменён"))
        return
    total = sign(file, confirmed)
    typer.echo(
        _("записано: {count}, всего в файле {file}: {total}").format(count=len(confirmed), file=file, total=total)
    )
