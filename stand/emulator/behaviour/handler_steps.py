"""Steps of update handlers that change data: objects of any kind, records of documents, settings of the stand.

As the text of a handler in 1C does, a step chooses by a condition over the row (`where`, the row is `doc` of a document and `one` of anything
else) and writes as data, so that nothing is filled, renumbered or registered on its own::

    do = "change_objects", object = "Catalog_Контрагенты", where = "not one.IsFolder", every = 2, set = { "КодПоОКПО" = "''" }
    do = "change_objects", object = "Document_X", section = "Товары", row_where = "row.LineNumber > 1", drop_rows = true
    do = "delete_objects", object = "InformationRegister_КурсыВалют", where = "one.Period >= date('2026-03-01')"
    do = "copy_objects", object = "Catalog_Номенклатура", where = "one.Артикул == 'БК-001'", set = { "Code" = "'00000099999'" }
    do = "clear_records", object = "Document_X", register = "AccumulationRegister_Продажи", where = "doc.Number == '…'"
    do = "change_records", object = "Document_X", register = "…", where = "…", set = { "Сумма" = "row.Сумма * -1" }
    do = "register_all", plan = "ОбменСФилиалом", node = "Ф01"          # every object the plan sends waits for the node
    do = "set_constant", constant = "ОсновнаяОрганизация", value = "nothing('Catalog_Организации')"

`every = 2` takes each second of the rows that fit, in order of their keys: a handler that stopped half-way.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from harness.errors import ConfigError
from stand.emulator.behaviour.expressions import compiled
from stand.emulator.exchanging.common import described
from stand.emulator.exchanging.registration import register
from stand.emulator.model import RegisterKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from stand.emulator.behaviour.lookups import Lookup
    from stand.emulator.database.infobase import Session
    from stand.emulator.rows import Row

__all__ = ["DATA_STEPS"]

_PLACE = "handlers"


def _chosen(session: Session, lookup: Lookup, step: Mapping[str, Any]) -> Iterator[tuple[Row, dict[str, Any]]]:
    """Rows that fit, each with a scope of its own row."""
    name = str(step["object"])
    if name not in session.configuration.objects:
        raise ConfigError(f"Нет объекта «{name}»", place=_PLACE)
    where = compiled(str(step.get("where", "True")), _PLACE)
    scope = lookup.scope()
    fitting = []
    for row in list(session.select(name)):
        scope["doc"] = scope["one"] = row
        if where(scope):
            fitting.append(row)
    for row in islice(fitting, 0, None, int(step.get("every", 1))):
        yield row, {**scope, "doc": row, "one": row}


def _set(row: Row, cells: Mapping[str, Any], scope: Mapping[str, Any]) -> None:
    for name, text in cells.items():
        if name not in row:
            raise ConfigError(f"Нет реквизита «{name}»", place=_PLACE)
        row[name] = compiled(str(text), _PLACE)(scope)


def _change_objects(session: Session, lookup: Lookup, step: Mapping[str, Any]) -> int:
    changed = 0
    name = str(step["object"])
    for row, scope in _chosen(session, lookup, step):
        if _is_record(session, name):
            old = dict(row)
            _set(row, step.get("set", {}), scope)
            session.delete_independent(name, _key(session, name, old))
            session.write_independent(name, row)
        else:
            _set(row, step.get("set", {}), scope)
            _change_section(row, step, scope)
            session.put(name, row, load=True)
        changed += 1
    return changed


def _change_section(row: Row, step: Mapping[str, Any], scope: dict[str, Any]) -> None:
    section = str(step.get("section", ""))
    if not section:
        return
    where = compiled(str(step.get("row_where", "True")), _PLACE)
    kept = []
    for line in row[section]:
        scope["row"] = line
        if where(scope):
            if step.get("drop_rows"):
                continue
            _set(line, step.get("row_set", {}), scope)
        kept.append(line)
    row[section] = kept


def _delete_objects(session: Session, lookup: Lookup, step: Mapping[str, Any]) -> int:
    changed = 0
    name = str(step["object"])
    for row, _scope in _chosen(session, lookup, step):
        if _is_record(session, name):
            session.delete_independent(name, _key(session, name, row))
        else:
            session.delete(name, row["Ref"])
        changed += 1
    return changed


def _copy_objects(session: Session, lookup: Lookup, step: Mapping[str, Any]) -> int:
    changed = 0
    for row, scope in _chosen(session, lookup, step):
        fresh = {key: value for key, value in row.items() if key not in ("Ref", "DataVersion")}
        _set(fresh, step.get("set", {}), scope)
        session.put(str(step["object"]), fresh, load=True)
        changed += 1
    return changed


def _clear_records(session: Session, lookup: Lookup, step: Mapping[str, Any]) -> int:
    changed = 0
    for row, _scope in _chosen(session, lookup, step):
        session.write_records(str(step["register"]), row["Ref"], ())
        changed += 1
    return changed


def _change_records(session: Session, lookup: Lookup, step: Mapping[str, Any]) -> int:
    changed = 0
    register = str(step["register"])
    for document, scope in _chosen(session, lookup, step):
        records = list(session.records(register, recorder=document["Ref"]))
        for record in records:
            scope["row"] = record
            _set(record, step["set"], scope)
        session.write_records(register, document["Ref"], records)
        changed += len(records)
    return changed


def _set_constant(session: Session, lookup: Lookup, step: Mapping[str, Any]) -> int:
    value = compiled(str(step["value"]), _PLACE)(lookup.scope())
    session.put(f"Constant_{step['constant']}", {"Value": value}, load=True)
    return 1


def _register_all(session: Session, lookup: Lookup, step: Mapping[str, Any]) -> int:
    """Registers every object a plan sends for a node: what an update that "prepares" an exchange does."""
    del lookup
    plan, changed = str(step["plan"]), 0
    for item in described(session.configuration.behaviour)[plan]["objects"].values():
        if item.get("send"):
            references = [row["Ref"] for row in session.select(str(item["object"]), sections=False)]
            register(session, plan, str(step["node"]), references)
            changed += len(references)
    return changed


def _is_record(session: Session, name: str) -> bool:
    register = session.configuration.objects[name].register
    if register is not None and register.kind is not RegisterKind.INDEPENDENT:
        raise ConfigError(f"Записи регистра «{name}» меняются вместе с документом: change_records", place=_PLACE)
    return register is not None


def _key(session: Session, name: str, row: Row) -> dict[str, Any]:
    return {field: row[field] for field in session.layout.objects[name].key}


DATA_STEPS: dict[str, Callable[[Session, Lookup, Mapping[str, Any]], int]] = {
    "change_objects": _change_objects,
    "delete_objects": _delete_objects,
    "copy_objects": _copy_objects,
    "clear_records": _clear_records,
    "change_records": _change_records,
    "set_constant": _set_constant,
    "register_all": _register_all,
}
"""Steps by their word; each returns how many rows it changed."""
