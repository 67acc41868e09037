"""Standard attributes by kind of object, named in English as OData names them (facts/odata.md 3, "Standard properties")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.onec.names import Kind
from stand.emulator.model import BOOLEAN, DATE, STRING, Attribute, RegisterKind, TabularSection, ValueType

if TYPE_CHECKING:
    from stand.emulator.model import MetaObject, Register

LINE_NUMBER = ValueType(("Number",), digits=9, fraction=0, edm="Edm.Int64")
"""Numbers of lines are Int64 whatever their length."""
SURROGATE_KEY = ValueType(("Number",), digits=4, fraction=0, edm="Edm.Int16")
EXT_DIMENSIONS = 3
"""Extra dimensions (субконто) a side of an accounting record may have."""
KIND_SECTION = "ExtDimensionTypes"
"""Tabular section of a chart of accounts: kinds of extra dimensions of an account (ВидыСубконто)."""
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
    action_period: bool = False,
) -> tuple[Attribute, ...]:
    """Standard attributes of a reference object ("Catalog_Номенклатура") in the order of a recorded `$metadata`.

    Code length 0 means no code. A hierarchical one has `Parent`, one with folders `IsFolder` as well. More than one owner ("Catalog_Контрагенты"
    …) makes `Owner` composite. `action_period` is of a chart of calculation types whose types act in a period.
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
            _standard("RoutePoint", _COMPOSITE),
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
    tail += [mark, *_of_chart(kind, code_length, action_period=action_period)]
    return (ref, *predefined, version, description, *tail)


def _of_chart(kind: Kind, code_length: int, *, action_period: bool) -> tuple[Attribute, ...]:
    """What only charts have."""
    if kind is Kind.CHART_OF_ACCOUNTS:
        return (
            _standard("Order", ValueType(("String",), length=max(code_length, 5))),
            _standard("Type", ValueType(("String",), length=16)),
            _standard("OffBalance", BOOLEAN),
        )
    if kind is Kind.CHART_OF_CALCULATION_TYPES and action_period:
        return (_standard("ActionPeriodIsBasic", BOOLEAN),)
    if kind is Kind.CHART_OF_CHARACTERISTIC_TYPES:
        return (_standard("ValueType", ValueType(("TypeDescription",))),)
    return ()


def standard_sections(
    kind: Kind, name: str, *, kinds: str = "", flags: tuple[str, ...] = (), calculation: tuple[str, ...] = ()
) -> tuple[TabularSection, ...]:
    """Tabular sections the platform itself gives an object.

    Args:
        kind: of the object.
        name: its resource name.
        kinds: of a chart of accounts: "ChartOfCharacteristicTypes_X" with the kinds of extra dimensions; "" for none.
        flags: of a chart of accounts: what may be kept by an extra dimension ("Количественный").
        calculation: of a chart of calculation types: which of "Base", "Leading", "Displacing" it has.
    """
    predefined = _standard("Predefined", BOOLEAN)
    if kind is Kind.CHART_OF_ACCOUNTS and kinds:
        own = (_standard("ExtDimensionType", ValueType((kinds,))), predefined, _standard("TurnoversOnly", BOOLEAN))
        return (TabularSection(KIND_SECTION, (*own, *(Attribute(item, BOOLEAN) for item in flags))),)
    if kind is Kind.CHART_OF_CALCULATION_TYPES:
        related = (_standard("CalculationType", ValueType((name,))), predefined)
        return tuple(TabularSection(f"{item}CalculationTypes", related) for item in calculation)
    return ()


def journal_attributes(documents: tuple[str, ...]) -> tuple[Attribute, ...]:
    """Standard attributes of a document journal, in the order of a recorded `$metadata`."""
    return (
        # Composite even over one document, as recorded: `Ref` and `Ref_Type`.
        _standard("Ref", ValueType(documents if len(documents) > 1 else ())),
        _standard("Type", STRING),
        _standard("Date", DATE),
        _standard("DeletionMark", BOOLEAN),
        _standard("Number", STRING),
        _standard("Posted", BOOLEAN),
    )


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
    head = recorder_attribute(meta, register)
    if register.kind is RegisterKind.CALCULATION:
        return (head, *_calculation_attributes(register))
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


def recorder_attribute(meta: MetaObject, register: Register) -> Attribute:
    """The recorder of a register: as recorded, or by the documents that write it."""
    known = next((item for item in meta.standard if item.name == "Recorder"), None)
    return known or _standard("Recorder", recorder_type(register))


def _calculation_attributes(register: Register) -> tuple[Attribute, ...]:
    """Standard attributes of a record of a calculation register; their order is ours, none was recorded."""
    action = ("ActionPeriod", "BegOfActionPeriod", "EndOfActionPeriod") if register.action_period else ()
    base = ("BegOfBasePeriod", "EndOfBasePeriod") if register.base_period else ()
    return (
        _standard("RegistrationPeriod", DATE),
        _standard("LineNumber", LINE_NUMBER),
        _standard("Active", BOOLEAN),
        _standard("CalculationType", ValueType((register.chart or "?",))),
        *(_standard(name, DATE) for name in (*action, *base)),
        _standard("ReversingEntry", BOOLEAN),
    )


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
