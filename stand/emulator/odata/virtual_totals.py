"""Tables of totals asked for through OData: what they are grouped by, under which conditions, of which time."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from stand.emulator.database import accounting, virtual, virtual_sql
from stand.emulator.database.cells import Field
from stand.emulator.database.virtual_sql import Condition, Request, Tables
from stand.emulator.model import RegisterKind
from stand.emulator.odata.compiler import Compiler, Scope
from stand.emulator.odata.errors import bad_literal, bad_option, no_segment
from stand.emulator.odata.parser import parse_filter
from stand.emulator.odata.shapes import spelled
from stand.emulator.odata.urls import literal_argument, text_argument
from stand.emulator.standard import EXT_DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from stand.emulator.model import Attribute, MetaObject
    from stand.emulator.odata.shapes import Publication, Shape

_ACCOUNTS = frozenset({"Account", "BalancedAccount", "AccountDr", "AccountCr"})
_GUID_LENGTH = 36


def totals_source(
    publication: Publication, meta: MetaObject, name: str, given: Mapping[str, str], select: str
) -> virtual_sql.Derived:
    """Balance, Turnovers, BalanceAndTurnovers.

    Raises:
        ODataError: a name or a condition that makes no sense here.
    """
    known = [*virtual.dimensions_of(meta), *(virtual.balanced_of(meta) if name == "Turnovers" else ())]
    by_name = {item.name: Field.of(item) for item in known}
    kinds, balanced = _kinds(given, "ExtraDimensions"), _kinds(given, "BalancedExtraDimensions")
    hidden = {*_beyond(kinds, virtual.DIMENSION), *_beyond(balanced, virtual.BALANCED), *_ACCOUNTS}
    scopes = {
        # An account is asked for by a condition of its own (facts/odata.md 5).
        "Condition": scope_of_fields(publication, [item for item in by_name.values() if item.name not in hidden]),
        "AccountCondition": scope_of_fields(publication, [by_name["Account"]] if "Account" in by_name else []),
        "BalancedAccountCondition": _balanced_scope(publication, by_name.get("BalancedAccount"), "Account"),
    }
    request = Request(
        start=moment(given, "StartPeriod"),
        end=moment(given, "Period" if name == "Balance" else "EndPeriod"),
        dimensions=_dimensions(meta, known, given, select, (kinds, balanced)),
        periods=_periods(meta, select),
        condition=conditions(publication, given, scopes),
        kinds=kinds,
        balanced_kinds=balanced,
    )
    return virtual_sql.totals(meta, Tables.of(publication.layout, meta), name, request)


def entry_source(
    publication: Publication, meta: MetaObject, given: Mapping[str, str], select: str
) -> virtual_sql.Derived:
    """DrCrTurnovers; `AccountCondition` is over the debit account, `BalancedAccountCondition` over the credit one.

    Raises:
        ODataError: as of the other totals.
    """
    known = virtual.entry_dimensions_of(meta)
    by_name = {item.name: Field.of(item) for item in known}
    kinds, balanced = _kinds(given, "ExtraDimensions"), _kinds(given, "BalancedExtraDimensions")
    sides = ((kinds, f"{virtual.DIMENSION}Dr"), (balanced, f"{virtual.DIMENSION}Cr"))
    hidden = {*_ACCOUNTS, *(name for listed, prefix in sides for name in _beyond(listed, prefix))}
    scopes = {
        "Condition": scope_of_fields(publication, [item for item in by_name.values() if item.name not in hidden]),
        "AccountCondition": _balanced_scope(publication, by_name["AccountDr"], "Account"),
        "BalancedAccountCondition": _balanced_scope(publication, by_name["AccountCr"], "BalancedAccount"),
    }
    request = Request(
        start=moment(given, "StartPeriod"),
        end=moment(given, "EndPeriod"),
        dimensions=_entry_dimensions(known, given, select, (kinds, balanced)),
        periods=_periods(meta, select),
        condition=conditions(publication, given, scopes),
        kinds=kinds,
        balanced_kinds=balanced,
    )
    return accounting.entry_turnovers(meta, Tables.of(publication.layout, meta), request)


def scope_of_fields(publication: Publication, fields: Iterable[Field], shape: Shape | None = None) -> Scope:
    """Names a condition may use."""
    listed = list(fields)
    if shape is not None:
        return Scope("t", shape.by_name, shape.links, shape)
    return Scope("t", {prop.name: prop for prop in spelled(listed)}, publication.links(listed))


def _balanced_scope(publication: Publication, account: Field | None, alias: str) -> Scope:
    """A condition on one of two accounts may call it by its column or, for short, by the other name."""
    if account is None:
        return scope_of_fields(publication, [])
    properties = {prop.name: prop for prop in spelled([account])}
    (only,) = properties.values()
    return Scope("t", {**properties, f"{alias}_Key": only}, publication.links([account]))


def conditions(publication: Publication, given: Mapping[str, str], scopes: Mapping[str, Scope]) -> Condition:
    """All conditions of a call together, each over its own names.

    Raises:
        ODataError: one that cannot be understood.
    """
    found = []
    for option, scope in scopes.items():
        text = text_argument(given.get(option, ""))
        if text.strip():
            found.append(Compiler(publication, scope).condition(parse_filter(text, option)))
    return Condition(
        " AND ".join(f"({item.text})" for item in found), tuple(one for item in found for one in item.params)
    )


def moment(given: Mapping[str, str], name: str) -> datetime | None:
    """A parameter that is a moment; None when it was not given.

    Raises:
        ODataError: 400 code 14: something else.
    """
    raw = given.get(name)
    if raw is None:
        return None
    value = literal_argument(raw, name)
    if not isinstance(value, datetime):
        raise bad_option(name)
    return value


def names_of(raw: str | None, known: Container[str]) -> tuple[str, ...]:
    """A list of fields, with or without `_Key`.

    Raises:
        ODataError: 400 code 6: one that is not there.
    """
    names = tuple(item.strip().removesuffix("_Key") for item in text_argument(raw or "").split(",") if item.strip())
    for item in names:
        if item not in known:
            raise no_segment(item)
    return names


def _kinds(given: Mapping[str, str], option: str) -> tuple[str, ...] | None:
    """GUIDs of kinds of extra dimensions, with or without `guid'…'`.

    Raises:
        ODataError: 400 code 1: not GUIDs; code 14: more than an account may have.
    """
    raw = text_argument(given.get(option, "")).strip()
    if not raw:
        return None
    kinds = tuple(item.strip().removeprefix("guid").strip("'").lower() for item in raw.split(",") if item.strip())
    for item in kinds:
        if len(item) != _GUID_LENGTH or not set(item) <= set("0123456789abcdef-"):
            raise bad_literal(f"'{item[:100]}' как значение типа Edm.Guid")
    if len(kinds) > EXT_DIMENSIONS:
        raise bad_option(option)
    return kinds


def _beyond(kinds: tuple[str, ...] | None, prefix: str) -> Iterable[str]:
    """Extra dimensions there are not when kinds are asked for."""
    return () if kinds is None else (f"{prefix}{number}" for number in range(len(kinds) + 1, EXT_DIMENSIONS + 1))


def _periods(meta: MetaObject, select: str) -> tuple[str, ...]:
    chosen = _chosen(select)
    return tuple(item.name for item in virtual_sql.period_fields(meta) if item.name in chosen)


def _chosen(select: str) -> set[str]:
    """Names of fields in `$select`."""
    return {item.strip().partition("/")[0].removesuffix("_Key").removesuffix("_Type") for item in select.split(",")}


def _dimensions(
    meta: MetaObject,
    known: Iterable[Attribute],
    given: Mapping[str, str],
    select: str,
    kinds: tuple[tuple[str, ...] | None, tuple[str, ...] | None],
) -> tuple[str, ...]:
    """What the rows are grouped by.

    `Dimensions` says it; without it dimensions all count, of an accounting register the account's extra dimensions too. The corresponding
    account counts when it is named or asked about.
    """
    names = [item.name for item in known]
    raw = given.get("Dimensions")
    if meta.register is None or meta.register.kind is not RegisterKind.ACCOUNTING:
        return tuple(names) if raw is None else names_of(raw, names)
    chosen = _chosen(select)
    extra = {name for name in names if virtual.DIMENSION in name}
    balanced = {name for name in names if name.startswith("Balanced")}
    if raw is None:
        wanted = {*names} - balanced
        if chosen & {*names} and "*" not in chosen:
            wanted -= extra - chosen
        wanted |= balanced & chosen
    else:
        wanted = {"Account", *names_of(raw, names), *((extra | balanced) & chosen)}
    for prefix, listed in zip((virtual.DIMENSION, virtual.BALANCED), kinds, strict=True):
        if listed is not None:
            wanted = {name for name in wanted if not name.startswith(prefix)}
            wanted |= {f"{prefix}{number}" for number in range(1, len(listed) + 1)}
    if kinds[1] is not None or "BalancedAccountCondition" in given:
        wanted.add("BalancedAccount")
    return tuple(name for name in names if name in wanted)


def _entry_dimensions(
    known: Iterable[Attribute],
    given: Mapping[str, str],
    select: str,
    kinds: tuple[tuple[str, ...] | None, tuple[str, ...] | None],
) -> tuple[str, ...]:
    names = [item.name for item in known]
    raw = given.get("Dimensions")
    chosen = _chosen(select)
    extra = {name for name in names if virtual.DIMENSION in name}
    wanted = {*names} if raw is None else {"AccountDr", "AccountCr", *names_of(raw, names)}
    if raw is None and chosen & {*names} and "*" not in chosen:
        wanted -= extra - chosen
    for side, listed in zip(("Dr", "Cr"), kinds, strict=True):
        prefix = f"{virtual.DIMENSION}{side}"
        if listed is not None:
            wanted = {name for name in wanted if not name.startswith(prefix)}
            wanted |= {f"{prefix}{number}" for number in range(1, len(listed) + 1)}
    return tuple(name for name in names if name in wanted)
