"""Virtual tables of calculation registers: actual action periods, data of the schedule, base (facts/odata.md 5).

A record acts in its action period but for the days records of displacing calculation types take from it, for the same dimensions. The base of
a record is what records of base calculation types were calculated in its base period, by their registration period; dependence by action
period, with shares of a record, is not computed. Columns follow the platform's query tables; none of them was recorded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stand.emulator.database.cells import Cell, Field, quoted
from stand.emulator.database.movements import Condition
from stand.emulator.database.virtual import register_of
from stand.emulator.database.virtual_sql import Derived
from stand.emulator.model import Attribute

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stand.emulator.database.tables import Layout, Table
    from stand.emulator.model import MetaObject

BEGIN, END = '"BegOfActionPeriod"', '"EndOfActionPeriod"'
_PERIODS = {
    "RegistrationPeriod": 'g.{date} >= t."RegistrationPeriod" AND g.{date} < onec_dateadd(t."RegistrationPeriod", \'month\', 1)',
    "ActionPeriod": f"g.{{date}} >= t.{BEGIN} AND g.{{date}} <= t.{END}",
    "BasePeriod": 'g.{date} >= t."BegOfBasePeriod" AND g.{date} <= t."EndOfBasePeriod"',
}


@dataclass(frozen=True, slots=True)
class Base:
    """What a base is asked for.

    Attributes:
        register: the base register.
        main: dimensions of the main register that must equal.
        base: dimensions of the base register, in the same order.
        views: fields of the base register its sums are told apart by (разрезы).
    """

    register: str
    main: tuple[str, ...] = ()
    base: tuple[str, ...] = ()
    views: tuple[str, ...] = ()


def _same(a: str, b: str, pairs: Iterable[tuple[Field, Field]]) -> list[str]:
    return [
        f"{a}.{quoted(x)} = {b}.{quoted(y)}"
        for mine, other in pairs
        for x, y in zip(mine.columns, other.columns, strict=True)
    ]


def _key(table: Table) -> list[Field]:
    return [table.by_name["Recorder"], table.by_name["LineNumber"]]


def _keys(table: Table, alias: str) -> list[str]:
    return [f"{alias}.{quoted(column)}" for item in _key(table) for column in item.columns]


def _on_key(table: Table, a: str, b: str) -> str:
    return " AND ".join(_same(a, b, [(item, item) for item in _key(table)]))


def actual_periods(layout: Layout, meta: MetaObject, condition: Condition) -> Derived:
    """ActualActionPeriod: a record for each piece of its action period nothing displaces; the whole record, with the piece as its period."""
    table = layout.objects[str(meta.name)]
    register = register_of(meta)
    displacing = layout.sections.get(register.chart, {}).get("DisplacingCalculationTypes")
    where = f" AND ({condition.sql})" if condition.sql else ""
    records = f'SELECT * FROM {quoted(table.name)} AS t WHERE t."Active" = 1{where}'  # noqa: S608 - names of the model, quoted; values bound
    if displacing is None:
        names = ", ".join(quoted(column) for column in table.columns)
        return Derived(f"SELECT {names} FROM ({records}) AS r", condition.params, table.fields)  # noqa: S608 - as above
    dimensions = [(table.by_name[item.name], table.by_name[item.name]) for item in register.dimensions]
    overlap = [f"x.{BEGIN} <= r.{END}", f"x.{END} >= r.{BEGIN}", 'x."Active" = 1', 'x."ReversingEntry" = 0']
    same = " AND ".join([*_same("x", "r", dimensions), *overlap])
    keys = _keys(table, "r")
    taken = (
        f'SELECT {", ".join(keys)}, x.{BEGIN} AS "from", x.{END} AS "till" FROM r JOIN {quoted(table.name)} AS x ON {same}'  # noqa: S608 - as above
        f' JOIN {quoted(displacing.name)} AS s ON s."Ref" = r."CalculationType" AND s."CalculationType" = x."CalculationType"'
    )
    starts = (
        f'SELECT {", ".join(keys)}, r.{BEGIN} AS "start" FROM r UNION SELECT {", ".join(keys)}, onec_dateadd(d."till", \'second\', 1)'  # noqa: S608 - as above
        f' AS "start" FROM d JOIN r ON {_on_key(table, "d", "r")} WHERE d."till" < r.{END}'
    )
    until = f'(SELECT MIN(d."from") FROM d WHERE {_on_key(table, "d", "c")} AND d."from" > c."start")'  # noqa: S608 - as above
    end = f"COALESCE(onec_dateadd({until}, 'second', -1), r.{END})"
    shown = {BEGIN: 'c."start"', END: end}
    columns = ", ".join(f"{shown.get(quoted(item), f'r.{quoted(item)}')} AS {quoted(item)}" for item in table.columns)
    free = f'NOT EXISTS (SELECT 1 FROM d WHERE {_on_key(table, "d", "c")} AND d."from" <= c."start" AND d."till" >= c."start")'  # noqa: S608 - as above
    pieces = f"SELECT {columns} FROM r JOIN c ON {_on_key(table, 'r', 'c')} WHERE {free}"  # noqa: S608 - as above
    return Derived(f"WITH r AS ({records}), d AS ({taken}), c AS ({starts}) {pieces}", condition.params, table.fields)


def schedule_fields(layout: Layout, meta: MetaObject) -> tuple[Field, ...]:
    """Columns of ScheduleData: those of a record and the sum of the schedule for each of its periods."""
    register = register_of(meta)
    table = layout.objects[str(meta.name)]
    if register.schedule is None:
        return table.fields
    value = layout.objects[register.schedule.register].by_name[register.schedule.value]
    names = ["RegistrationPeriod"]
    names += ["ActionPeriod", "ActualActionPeriod"] if register.action_period else []
    names += ["BasePeriod"] if register.base_period else []
    return (*table.fields, *(Field.of(Attribute(f"{value.name}{name}", value.type)) for name in names))


def schedule_data(layout: Layout, meta: MetaObject, condition: Condition) -> Derived:
    """ScheduleData: how much of the schedule lies in the periods of each record."""
    register = register_of(meta)
    table = layout.objects[str(meta.name)]
    fields = schedule_fields(layout, meta)
    schedule = register.schedule
    if schedule is None:
        raise ValueError(f"{meta.name}: нет графика")
    source = layout.objects[schedule.register]
    value, date = quoted(schedule.value), quoted(schedule.date)
    links = _same("g", "t", [(source.by_name[mine], table.by_name[field]) for mine, field in schedule.links])
    columns = [f"t.{quoted(column)}" for column in table.columns]
    for item in fields[len(table.fields) :]:
        name = item.name.removeprefix(schedule.value)
        joined = ""
        if name == "ActualActionPeriod":
            actual = actual_periods(layout, meta, Condition())
            joined = f" JOIN ({actual.sql}) AS a ON g.{date} >= a.{BEGIN} AND g.{date} <= a.{END} AND {_on_key(table, 'a', 't')}"
            bounds: Sequence[str] = links
        else:
            bounds = [*links, _PERIODS[name].format(date=date)]
        where = f" WHERE {' AND '.join(bounds)}" if bounds else ""
        found = f"SELECT SUM(g.{value}) FROM {quoted(source.name)} AS g{joined}{where}"  # noqa: S608 - as above
        columns.append(f"COALESCE(({found}), 0) AS {quoted(item.name)}")
    tail = f" AND ({condition.sql})" if condition.sql else ""
    sql = f'SELECT {", ".join(columns)} FROM {quoted(table.name)} AS t WHERE t."Active" = 1{tail}'  # noqa: S608 - as above
    return Derived(sql, condition.params, fields)


def base_fields(layout: Layout, meta: MetaObject, base: Base) -> tuple[Field, ...]:
    """Columns of a base: those of a record, the views, `<Ресурс>Base`."""
    source = layout.objects[base.register]
    resources = register_of(layout.configuration.objects[base.register]).resources
    numbers = (Field.of(Attribute(f"{item.name}Base", item.type)) for item in resources)
    views = (_view(source.by_name[name]) for name in base.views)
    return (*layout.objects[str(meta.name)].fields, *views, *numbers)


def _view(field: Field) -> Field:
    """A view's column: a register may be its own base, so the plain name may be taken."""
    return replace(field, name=f"{field.name}ViewPoint")


def base_of(layout: Layout, meta: MetaObject, base: Base, condition: Condition) -> Derived:
    """Base<Register>: what the base of each record comes to; nothing is zero."""
    register = register_of(meta)
    table, source = layout.objects[str(meta.name)], layout.objects[base.register]
    fields = base_fields(layout, meta, base)
    resources = register_of(layout.configuration.objects[base.register]).resources
    kinds = layout.sections.get(register.chart, {}).get("BaseCalculationTypes")
    views = [source.by_name[name] for name in base.views]
    pairs = [(table.by_name[a], source.by_name[b]) for a, b in zip(base.main, base.base, strict=True)]
    on = [*_same("m", "b", pairs), 'b."Active" = 1']
    month = "substr(m.\"BegOfBasePeriod\", 1, 7) || '-01T00:00:00'"
    on += [f'b."RegistrationPeriod" >= {month}', 'b."RegistrationPeriod" <= m."EndOfBasePeriod"']
    if kinds is not None:
        chosen = f'SELECT k."CalculationType" FROM {quoted(kinds.name)} AS k WHERE k."Ref" = m."CalculationType"'  # noqa: S608 - as above
        on.append(f'b."CalculationType" IN ({chosen})')
    split = [f"b.{quoted(column)}" for item in views for column in item.columns]
    named = [
        f"b.{quoted(column)} AS {quoted(title)}"
        for item in views
        for column, title in zip(item.columns, _view(item).columns, strict=True)
    ]
    sums = [f"SUM(b.{quoted(item.name)}) AS {quoted(item.name + 'Base')}" for item in resources]
    grouping = ", ".join([*_keys(table, "m"), *split])
    found = (
        f"SELECT {', '.join([*_keys(table, 'm'), *named, *sums])} FROM {quoted(table.name)} AS m"  # noqa: S608 - as above
        f" JOIN {quoted(source.name)} AS b ON {' AND '.join(on)} GROUP BY {grouping}"
    )
    columns = [f"t.{quoted(column)}" for column in table.columns]
    columns += [
        f"COALESCE(f.{quoted(column)}, {_literal(empty)}) AS {quoted(column)}"
        for item in map(_view, views)
        for column, empty in zip(item.columns, item.empty, strict=True)
    ]
    columns += [f"COALESCE(f.{quoted(item.name + 'Base')}, 0) AS {quoted(item.name + 'Base')}" for item in resources]
    where = f" AND ({condition.sql})" if condition.sql else ""
    sql = (
        f"SELECT {', '.join(columns)} FROM {quoted(table.name)} AS t LEFT JOIN ({found}) AS f"  # noqa: S608 - as above
        f' ON {_on_key(table, "f", "t")} WHERE t."Active" = 1{where}'
    )
    return Derived(sql, condition.params, fields)


def _literal(cell: Cell) -> str:
    return str(cell) if isinstance(cell, int) else f"'{cell!s}'"
