"""Standard attributes by kind of object, named in English as OData names them (facts/odata.md 3, "Standard properties")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.onec.names import Kind
from stand.emulator.model import BOOLEAN, DATE, STRING, Attribute, RegisterKind, ValueType

if TYPE_CHECKING:
    from stand.emulator.model import MetaObject, Register

LINE_NUMBER = ValueType(("Number",), digits=9, fraction=0, edm="Edm.Int64")
"""Numbers of lines are Int64 whatever their length."""
SURROGATE_KEY = ValueType(("Number",), digits=4, fraction=0, edm="Edm.Int16")
EXT_DIMENSIONS = 3
"""Extra dimensions (субконто) a side of an accounting record may have."""
_COMPOSITE = ValueType(())
_MESSAGE_NUMBER = ValueType(("Number",), digits=15, fraction=0, edm="Edm.Int64")


def _standard(name: str, type_: ValueType) -> Attribute:
    return Attribute(name, type_, standard=True)


def standard_attributes(
    name: str,
    kind: Kind,
    *,
    code_length: int = 9,
    description_length: int = 100,
    number_length: int = 11,
    hierarchical: bool = False,
    folders: bool = False,
    owners: tuple[str, ...] = (),
) -> tuple[Attribute, ...]:
    """Standard attributes of a reference object ("Catalog_Номенклатура") in the order of a recorded `$metadata`.

    Code length 0 means no code. A hierarchical one has `Parent`, one with folders `IsFolder` as well. More than one owner ("Catalog_Контрагенты"
    …) makes `Owner` composite.
    """
    ref = _standard("Ref", ValueType((name,)))
    version = _standard("DataVersion", STRING)
    mark = _standard("DeletionMark", BOOLEAN)
    code = (_standard("Code", ValueType(("String",), length=code_length)),) if code_length else ()
    description = _standard("Description", ValueType(("String",), length=description_length))
    number = _standard("Number", ValueType(("String",), length=number_length))
    date = _standard("Date", DATE)
    predefined = (
        _standard("Predefined", BOOLEAN),
        _standard("PredefinedDataName", ValueType(("String",), length=256)),
    )
    if kind is Kind.DOCUMENT:
        return (ref, version, number, date, mark, _standard("Posted", BOOLEAN))
    if kind is Kind.BUSINESS_PROCESS:
        flags = (_standard("Completed", BOOLEAN), _standard("Started", BOOLEAN), _standard("HeadTask", _COMPOSITE))
        return (ref, version, number, date, mark, *flags)
    if kind is Kind.TASK:
        flags = (
            _standard("BusinessProcess", _COMPOSITE),
            _standard("RoutePoint", STRING),
            _standard("Executed", BOOLEAN),
        )
        return (ref, version, description, number, date, mark, *flags)
    if kind is Kind.EXCHANGE_PLAN:
        numbers = (
            _standard("SentNo", _MESSAGE_NUMBER),
            _standard("ReceivedNo", _MESSAGE_NUMBER),
            _standard("ExchangeDate", DATE),
        )
        return (ref, *code, description, version, mark, *numbers)
    tail: list[Attribute] = [*code]
    if owners:
        tail.append(_standard("Owner", ValueType(owners)))
    if hierarchical or folders:
        tail.append(_standard("Parent", ValueType((name,))))
    if folders:
        tail.append(_standard("IsFolder", BOOLEAN))
    tail.append(mark)
    if kind is Kind.CHART_OF_ACCOUNTS:
        tail += [
            _standard("Order", ValueType(("String",), length=max(code_length, 5))),
            _standard("Type", ValueType(("String",), length=16)),
            _standard("OffBalance", BOOLEAN),
        ]
    if kind is Kind.CHART_OF_CHARACTERISTIC_TYPES:
        tail.append(_standard("ValueType", ValueType(("TypeDescription",))))
    return (ref, *predefined, version, description, *tail)


def recorder_type(register: Register) -> ValueType:
    """Type of `Recorder`: a plain reference when one document writes the register, composite otherwise or when nobody knows."""
    return ValueType(register.recorders)


def record_attributes(meta: MetaObject) -> tuple[Attribute, ...]:
    """Standard attributes of a record of a register, in the order of `$metadata` (facts/odata.md 3).

    An accounting register with correspondence has two accounts; a dimension or resource kept for each side is a pair of fields
    `XDr` and `XCr` in the model, as in the record itself.
    """
    register = meta.register
    if register is None:
        raise ValueError(f"{meta.name} — не регистр")
    period = (_standard("Period", DATE),)
    if register.kind is RegisterKind.INDEPENDENT:
        return period if register.periodic else ()
    recorder = next((item for item in meta.standard if item.name == "Recorder"), None)
    head = recorder or _standard("Recorder", recorder_type(register))
    needs_period = register.periodic or register.kind is not RegisterKind.SUBORDINATE
    result = [
        head,
        *(period if needs_period else ()),
        _standard("LineNumber", LINE_NUMBER),
        _standard("Active", BOOLEAN),
    ]
    if register.kind is RegisterKind.BALANCE:
        result.append(_standard("RecordType", ValueType(("String",), length=10)))
    if register.kind is RegisterKind.ACCOUNTING:
        account = ValueType((register.chart or "?",))
        if register.correspondence:
            result += [_standard("AccountDr", account), _standard("AccountCr", account)]
        else:
            result += [_standard("RecordType", ValueType(("String",), length=10)), _standard("Account", account)]
    return tuple(result)


def ext_dimension_attributes(register: Register) -> tuple[Attribute, ...]:
    """Extra dimensions of an accounting record: `ExtDimensionDr1` … `ExtDimensionCr3`; stored, but no property of a record in OData."""
    if register.kind is not RegisterKind.ACCOUNTING:
        return ()
    sides = ("Dr", "Cr") if register.correspondence else ("",)
    return tuple(
        Attribute(f"ExtDimension{side}{number}", _COMPOSITE)
        for side in sides
        for number in range(1, EXT_DIMENSIONS + 1)
    )
