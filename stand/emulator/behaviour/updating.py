"""Update of a base of the company to another release: metadata, behaviour, and its data by update handlers.

A handler is data (`handlers` of the behaviour): a version, and steps. A step writes a record of an independent register, changes
documents, writes into the event log, or fails; steps that change other data are those of `handler_steps`. All of an update is one
transaction of the base; what it came to is kept in the base, where the readiness service tells it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from harness.errors import ConfigError
from stand.emulator.behaviour.attached import JOBS_BLOCKED, OUTWARD_BLOCKED
from stand.emulator.behaviour.expressions import compiled
from stand.emulator.behaviour.handler_steps import DATA_STEPS
from stand.emulator.behaviour.lifecycle import lifecycle_of
from stand.emulator.behaviour.lookups import Lookup
from stand.emulator.database.tables import Storage
from stand.emulator.loaders.company import version_key
from stand.emulator.rows import BusinessError

if TYPE_CHECKING:
    from stand.emulator.database.infobase import Infobase, Session
    from stand.emulator.model import Configuration

__all__ = ["Handled", "UpdateReport", "handled", "keep_report", "run_handler", "update_company"]

_SETTING = "update.report"
_ORDERED_ERROR = "Ошибка при вызове метода контекста (Записать): Не удалось заблокировать таблицу"
_ORDERED_NAMES = {"failed": "ОбработкаДанныхРелиза", "waiting": "ОтложеннаяОбработкаДанныхРелиза"}
_ORDERED_EXTENSION = "Доработки"
_REFUSAL = "Объект расширяемой конфигурации не найден; расширение не применено"


class Handled(msgspec.Struct, frozen=True, kw_only=True):
    """What one update handler came to: state is done, failed, waiting or running."""

    name: str
    version: str
    state: str
    error: str = ""
    changed: int = 0
    deferred: bool = False


class UpdateReport(msgspec.Struct, frozen=True, kw_only=True):
    """What an update did.

    Attributes:
        added, removed: objects of the configuration.
        deferred: names of handlers that are still to be run in the background.
        refused: extensions that were not applied after the update, with reasons.
    """

    before: str
    after: str
    seconds: float
    handlers: tuple[Handled, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    deferred: tuple[str, ...] = ()
    refused: dict[str, str] = {}


def handled(infobase: Infobase) -> UpdateReport | None:
    """What the last update came to; None when there was none."""
    text = infobase.get_setting(_SETTING)
    return msgspec.json.decode(text, type=UpdateReport) if text else None


def update_company(infobase: Infobase, new: Configuration, attach: Callable[[Infobase], object]) -> UpdateReport:
    """Replaces the configuration and runs the handlers of releases after the base's own.

    Args:
        infobase: to be updated.
        new: the release's configuration.
        attach: gives the base its new behaviour, before the handlers run.
    """
    started = time.monotonic()
    old = infobase.configuration
    infobase.replace_configuration(new)
    attach(infobase)
    due = [
        (name, table)
        for name, table in _tables(new.behaviour.get("handlers")).items()
        if version_key(str(table["version"])) > version_key(old.version)
    ]
    ordered = lifecycle_of(new).update
    spoiled = _spoiled(due, new, ordered)
    names = {item.name for item in spoiled}
    results = (*(_run(infobase, name, table) for name, table in due if name not in names), *spoiled)
    report = UpdateReport(
        before=old.version,
        after=new.version,
        seconds=round(time.monotonic() - started, 3),
        handlers=results,
        added=tuple(sorted(new.objects.keys() - old.objects.keys())),
        removed=tuple(sorted(old.objects.keys() - new.objects.keys())),
        deferred=tuple(item.name for item in results if item.state == "waiting"),
        refused=_refused(new) if ordered == "extension-refused" else {},
    )
    keep_report(infobase, report)
    with infobase.transaction() as session:
        session.log_event("info", "Обновление информационной базы", "", f"{old.version} → {new.version}")
    return report


def keep_report(infobase: Infobase, report: UpdateReport) -> None:
    """Remembers what the last update came to so far."""
    infobase.set_setting(_SETTING, msgspec.json.encode(report).decode())


def run_handler(infobase: Infobase, name: str) -> Handled:
    """Runs one handler of the base's release now, deferred or not."""
    return _run(infobase, name, {**_tables(infobase.configuration.behaviour.get("handlers"))[name], "deferred": False})


def _spoiled(due: Sequence[tuple[str, Mapping[str, Any]]], new: Configuration, ordered: str) -> tuple[Handled, ...]:
    """Handlers that come to what `lifecycle` orders instead of what they should; a release without any gets one."""
    if ordered == "handler-fails-silently":
        name, version = (due[-1][0], str(due[-1][1]["version"])) if due else (_ORDERED_NAMES["failed"], new.version)
        return (Handled(name=name, version=version, state="failed", error=_ORDERED_ERROR),)
    if ordered == "deferred-stuck" and not any(table.get("deferred") for _name, table in due):
        return (Handled(name=_ORDERED_NAMES["waiting"], version=new.version, state="waiting", deferred=True),)
    return ()


def _refused(new: Configuration) -> dict[str, str]:
    return {next(iter(_tables(new.behaviour.get("extensions"))), _ORDERED_EXTENSION): _REFUSAL}


def _tables(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


@dataclass(slots=True)
class _Context:
    session: Session
    lookup: Lookup
    changed: int = 0


def _run(infobase: Infobase, name: str, table: Mapping[str, Any]) -> Handled:
    """One handler, all of it or nothing; a failure is told and does not stop the others, as in БСП."""
    version = str(table["version"])
    if table.get("deferred"):
        return Handled(name=name, version=version, state="waiting", deferred=True)
    try:
        with infobase.transaction() as session:
            context = _Context(session, Lookup(session, infobase.configuration))
            for step in table["steps"]:
                kind = _kind(step, name)
                if kind in DATA_STEPS:
                    context.changed += DATA_STEPS[kind](session, context.lookup, step)
                else:
                    _STEPS[kind](context, step)
        if table.get("unblocks"):  # a release that forgets where it runs
            infobase.set_setting(JOBS_BLOCKED, "0")
            infobase.set_setting(OUTWARD_BLOCKED, "0")
    except BusinessError as error:
        with infobase.transaction() as session:
            session.log_event("error", "Обновление информационной базы", "", f"{name}: {error.text}")
        return Handled(name=name, version=version, state="failed", error=error.text)
    return Handled(name=name, version=version, state="done", changed=context.changed)


def _kind(step: Mapping[str, Any], name: str) -> str:
    kind = str(step.get("do", ""))
    if kind not in _STEPS and kind not in DATA_STEPS:
        known = ", ".join([*_STEPS, *DATA_STEPS])
        raise ConfigError(f"Обработчик «{name}»: неизвестный шаг «{kind}»", place="handlers", hint=f"есть: {known}")
    return kind


def _write_record(context: _Context, step: Mapping[str, Any]) -> None:
    """A record of an independent information register; cells are constants."""
    register = str(step["register"])
    table = context.session.layout.objects[register]
    row: dict[str, Any] = {}
    for name, value in step["record"].items():
        field = table.by_name[name]
        row[name] = datetime.fromisoformat(value) if field.storage is Storage.DATE else value
    context.session.write_independent(register, row)
    context.changed += 1


def _change_documents(context: _Context, step: Mapping[str, Any]) -> None:
    """Header (`set`) and rows (`section`, `row_where`, `row_set`) of documents that fit `where`; movements stay as they are."""
    document = str(step["document"])
    scope = context.lookup.scope()
    where = compiled(str(step["where"]), "handlers")
    for row in list(context.session.select(document, where={"Posted": True})):
        scope["doc"] = row
        if where(scope) and _change(row, step, scope):
            # Loaded as data: an update handler must not fill, renumber or register anything on its own.
            context.session.put(document, row, load=True)
            context.changed += 1


def _change(row: dict[str, Any], step: Mapping[str, Any], scope: dict[str, Any]) -> bool:
    changed = False
    for name, text in step.get("set", {}).items():
        row[name] = compiled(str(text), "handlers")(scope)
        changed = True
    row_where = compiled(str(step.get("row_where", "True")), "handlers")
    for line in row.get(str(step.get("section", "")), ()):
        scope["row"] = line
        if not row_where(scope):
            continue
        for name, text in step["row_set"].items():
            line[name] = compiled(str(text), "handlers")(scope)
        changed = True
    return changed


def _log(context: _Context, step: Mapping[str, Any]) -> None:
    """Lines of the event log."""
    for comment in step["comments"]:
        context.session.log_event(str(step["level"]), str(step["event"]), str(step.get("metadata", "")), str(comment))


def _fail(context: _Context, step: Mapping[str, Any]) -> None:
    """A handler that does not come through."""
    del context
    raise BusinessError(str(step["error"]))


_STEPS: dict[str, Callable[[_Context, Mapping[str, Any]], None]] = {
    "write_record": _write_record,
    "change_documents": _change_documents,
    "log": _log,
    "fail": _fail,
}
