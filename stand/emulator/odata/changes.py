"""Writes: create, change, delete, record sets, constants, Post and Unpost (facts/odata.md 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stand.emulator.database.tables import Storage
from stand.emulator.odata.actions import ACTIONS, act_on_process
from stand.emulator.odata.errors import (
    bad_body,
    business,
    forbidden_method,
    key_exists,
    missing_key,
    missing_property,
    no_entity,
    no_method,
    section_row,
)
from stand.emulator.odata.shapes import Part, Shape, ShapeKind
from stand.emulator.odata.urls import literal_argument
from stand.emulator.odata.writing import value_of, values_of
from stand.emulator.rows import EMPTY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stand.emulator.database.session import Session
    from stand.emulator.rows import Row

_NOT_REQUIRED = frozenset(
    {"Ref", "DataVersion", "Predefined", "PredefinedDataName", "Posted", "DeletionMark", "SurrogateKey"}
)


def create(
    session: Session, shape: Shape, body: Mapping[str, Any], *, load: bool, checked: bool = False
) -> dict[str, Any]:
    """A new entity; returns its key as model values. `checked`: as `change`.

    Raises:
        ODataError: 400 code 13 for a row of a section; code 15 for a key that is taken; the configuration's refusal as 500.
    """
    match shape.kind:
        case ShapeKind.OBJECT:
            key = _create_object(session, shape, body, load=load)
            if checked and not load:
                check_filling(session, shape, key)
            return key
        case ShapeKind.INDEPENDENT:
            return _create_record(session, shape, body)
        case ShapeKind.RECORD_SET:
            key = _recorder(shape, body)
            if next(session.records(shape.object_name, recorder=key["Recorder"]), None) is not None:
                raise key_exists()
            _write_record_set(session, shape, key, body)
            return key
        case ShapeKind.SECTION | ShapeKind.RECORD:
            raise section_row()
        case _:
            raise forbidden_method("POST")


def _create_object(session: Session, shape: Shape, body: Mapping[str, Any], *, load: bool) -> dict[str, Any]:
    row = values_of(shape, body)
    ref = body.get("Ref_Key")
    if ref is not None:
        given = value_of(shape.table.by_name["Ref"], ref)
        if given.id != EMPTY:
            if session.get(shape.object_name, given) is not None:
                raise key_exists()
            row["Ref"] = given
    written = session.put(shape.object_name, row, load=load)
    return {"Ref": written}


def _create_record(session: Session, shape: Shape, body: Mapping[str, Any]) -> dict[str, Any]:
    row = values_of(shape, body)
    key = {name: row.get(name, _empty(shape, name)) for name in shape.table.key}
    if next(session.select(shape.object_name, where=key, limit=1), None) is not None:
        raise key_exists()
    session.write_independent(shape.object_name, {**row, **key})
    return key


def _empty(shape: Shape, name: str) -> Any:
    field = shape.table.by_name[name]
    return field.decode(field.empty)


def _recorder(shape: Shape, body: Mapping[str, Any]) -> dict[str, Any]:
    row = values_of(shape, {name: value for name, value in body.items() if name != "RecordSet"})
    if "Recorder" not in row or row["Recorder"] is None:
        raise missing_key("Recorder")
    return {"Recorder": row["Recorder"]}


def check_filling(session: Session, shape: Shape, key: Mapping[str, Any]) -> None:
    """ОбработкаПроверкиЗаполнения over what was written: `behaviour["fill_checks"]` lists attributes that must be filled by object.

    Raises:
        ODataError: 500 code -1.
    """
    table = session.configuration.behaviour.get("fill_checks")
    names = table.get(shape.object_name, ()) if isinstance(table, dict) else ()
    row = session.get(shape.object_name, key["Ref"]) or {}
    for name in names:
        field = shape.table.by_name.get(str(name))
        if field is not None and field.encode(row.get(field.name)) == field.empty:
            raise business(f'Поле "{name}" не заполнено')


def change(
    session: Session,
    shape: Shape,
    key: Mapping[str, Any],
    body: Mapping[str, Any],
    *,
    whole: bool,
    load: bool,
    checked: bool = False,
) -> dict[str, Any]:
    """Changes an entity: what the body names, and sections it names as a whole. Returns the key afterwards.

    `whole` means PUT: every property must be there. `load` means data-load mode: no handlers. `checked` means that fill checks run, which the
    live base did not do (facts/odata.md 6).

    Raises:
        ODataError: 404 code 9: there is none; 400 code 5: PUT without a property; the configuration's refusal as 500.
    """
    if whole and shape.kind in (ShapeKind.OBJECT, ShapeKind.INDEPENDENT):
        _require_all(shape, body)
    match shape.kind:
        case ShapeKind.OBJECT:
            _change_object(session, shape, key, body, load=load)
            if checked and not load:
                check_filling(session, shape, key)
        case ShapeKind.INDEPENDENT:
            _change_record(session, shape, key, body)
        case ShapeKind.RECORD_SET:
            _write_record_set(session, shape, key, body)
        case ShapeKind.CONSTANT:
            session.put(shape.object_name, {**(session.get(shape.object_name) or {}), **values_of(shape, body)})
        case _:
            raise forbidden_method("PATCH")
    return dict(key)


def _require_all(shape: Shape, body: Mapping[str, Any]) -> None:
    for prop in shape.properties:
        field = prop.field
        if field is None or prop.part is not Part.VALUE or field.name in _NOT_REQUIRED or not prop.nullable:
            continue
        bound = field.storage in (Storage.REFERENCE, Storage.COMPOSITE) and f"{field.name}@odata.bind" in body
        if prop.name not in body and not bound:
            raise missing_property(prop.name)


def _change_object(
    session: Session, shape: Shape, key: Mapping[str, Any], body: Mapping[str, Any], *, load: bool
) -> None:
    known = session.get(shape.object_name, key["Ref"])
    if known is None:
        raise no_entity(shape.name)
    row: Row = {**known, **values_of(shape, body)}
    if row.get("DeletionMark") and not known.get("DeletionMark") and known.get("Posted"):
        # A posted document is not marked: it would keep its records (facts/odata.md 6).
        raise business("Нельзя пометить на удаление проведенный документ!")
    session.put(shape.object_name, row, load=load)


def _change_record(session: Session, shape: Shape, key: Mapping[str, Any], body: Mapping[str, Any]) -> None:
    known = next(session.select(shape.object_name, where=key, limit=1), None)
    if known is None:
        raise no_entity(shape.name)
    # The key stays: another key in the body is another record.
    session.write_independent(shape.object_name, {**known, **values_of(shape, body), **key})


def _write_record_set(session: Session, shape: Shape, key: Mapping[str, Any], body: Mapping[str, Any]) -> None:
    if "RecordSet" not in body:
        raise missing_property("RecordSet")
    rows = values_of(shape, {"RecordSet": body["RecordSet"]})["RecordSet"]
    session.write_records(shape.object_name, key["Recorder"], rows)


def delete(session: Session, shape: Shape, key: Mapping[str, Any]) -> None:
    """Deletes an entity for good.

    Raises:
        ODataError: 404 code 9: there is none.
    """
    match shape.kind:
        case ShapeKind.OBJECT:
            found = session.delete(shape.object_name, key["Ref"])
        case ShapeKind.INDEPENDENT:
            found = session.delete_independent(shape.object_name, key)
        case ShapeKind.RECORD_SET:
            found = next(session.records(shape.object_name, recorder=key["Recorder"]), None) is not None
            session.write_records(shape.object_name, key["Recorder"], ())
        case _:
            raise forbidden_method("DELETE")
    if not found:
        raise no_entity(shape.name)


def act(session: Session, shape: Shape, key: Mapping[str, Any], action: str, parameters: Mapping[str, str]) -> None:
    """Post or Unpost of a document, Start of a business process, ExecuteTask of a task.

    Raises:
        ODataError: 400 code 6: no such action here; 500 code -1: the configuration refuses.
    """
    if action in ACTIONS:
        act_on_process(session, shape, key, action, parameters)
        return
    if shape.kind is not ShapeKind.OBJECT or "Posted" not in shape.table.by_name or action not in ("Post", "Unpost"):
        raise no_method()
    mode = parameters.get("PostingModeOperational")
    if mode is not None and not isinstance(literal_argument(mode, "PostingModeOperational"), bool):
        raise bad_body("PostingModeOperational")
    ref = key["Ref"]
    if session.get(shape.object_name, ref) is None:
        raise no_entity(shape.name)
    if action == "Post":
        session.post(shape.object_name, ref)
    else:
        session.unpost(shape.object_name, ref)
