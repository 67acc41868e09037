"""Update of a base of the company to another release: metadata, behaviour, and its data by update handlers.

A handler is data (`handlers` of the behaviour): a version, and steps. A step writes a record of an independent register, changes
documents, writes into the event log, or fails. All of an update is one transaction of the base; what it came to is kept in the base, where
the readiness service tells it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from harness.errors import ConfigError
from stand.emulator.behaviour.expressions import compiled
from stand.emulator.behaviour.lookups import Lookup
from stand.emulator.database.tables import Storage
from stand.emulator.loaders.company import version_key
from stand.emulator.rows import BusinessError

if TYPE_CHECKING:
    from stand.emulator.database.infobase import Infobase, Session
    from stand.emulator.model import Configuration

__all__ = ["Handled", "UpdateReport", "handled", "update_company"]

_SETTING = "update.report"


class Handled(msgspec.Struct, frozen=True, kw_only=True):
    """What one update handler came to: state is done, failed or waiting."""

    name: str
    version: str
    state: str
    error: str = ""
    changed: int = 0


class UpdateReport(msgspec.Struct, frozen=True, kw_only=True):
    """What an update did.

    Attributes:
        added, removed: objects of the configuration.
        deferred: names of handlers that wait to be run in the background.
    """

    before: str
    after: str
    seconds: float
    handlers: tuple[Handled, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    deferred: tuple[str, ...] = ()


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
    results = tuple(_run(infobase, name, table) for name, table in due)
    report = UpdateReport(
        before=old.version,
        after=new.version,
        seconds=round(time.monotonic() - started, 3),
        handlers=results,
        added=tuple(sorted(new.objects.keys() - old.objects.keys())),
        removed=tuple(sorted(old.objects.keys() - new.objects.keys())),
        deferred=tuple(item.name for item in results if item.state == "waiting"),
    )
    infobase.set_setting(_SETTING, msgspec.json.encode(report).decode())
    with infobase.transaction() as session:
        session.log_event("info", "Обновление информационной базы", "", f"{old.version} → {new.version}")
    return report


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
        return Handled(name=name, version=version, state="waiting")
    try:
        with infobase.transaction() as session:
            context = _Context(session, Lookup(session, infobase.configuration))
            for step in table["steps"]:
                _STEPS[_kind(step, name)](context, step)
    except BusinessError as error:
        with infobase.transaction() as session:
            session.log_event("error", "Обновление информационной базы", "", f"{name}: {error.text}")
        return Handled(name=name, version=version, state="failed", error=error.text)
    return Handled(name=name, version=version, state="done", changed=context.changed)


def _kind(step: Mapping[str, Any], name: str) -> str:
    kind = str(step.get("do", ""))
    if kind not in _STEPS:
        raise ConfigError(
            f"Обработчик «{name}»: неизвестный шаг «{kind}»", place="handlers", hint=f"есть: {', '.join(_STEPS)}"
        )
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
