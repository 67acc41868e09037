"""What differs between two XDTO packages, limited to the object types a base really exchanges (facts/exchanges.md 1.5, 1.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.exchange.changes import ADDED, BOUND, CHANGED, MANDATORY, PLAIN, REMOVED, TYPE, VALUE, Change
from harness.exchange.xdto import Name, ObjectType, ValueType

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from harness.exchange.xdto import Package, Property


def differences(before: Package, after: Package, used: Collection[str] = ()) -> list[Change]:
    """Changes of the format between two packages; those that break a peer first, else in the order of types.

    Args:
        before: package of the release before the update.
        after: package of the release after it.
        used: object types the base exchanges ("Документ.ЗаказКлиента"); empty means all. Types they are made of count too.
    """
    reach = reachable(before, used) | reachable(after, used) if used else set()
    found = [*_objects(before, after, reach), *_values(before, after, reach)]
    return sorted(found, key=lambda one: not one.breaking)


def breaking(before: Package, after: Package, used: Collection[str] = ()) -> list[Change]:
    """Only changes after which a message that was right is refused or loses data."""
    return [one for one in differences(before, after, used) if one.breaking]


def reachable(package: Package, used: Collection[str]) -> set[str]:
    """Names of all types that objects of these types are made of."""
    waiting = [name for name in used if name in package.objects]
    found = set(used)
    while waiting:
        for one in _all_properties(package, package.objects[waiting.pop()]):
            name = one.type.local
            if one.type.space == package.namespace and name not in found:
                found.add(name)
                if name in package.objects:
                    waiting.append(name)
    return found


def _all_properties(package: Package, kind: ObjectType) -> Iterator[Property]:
    """Properties of a type, also of types described in place."""
    for one in package.properties_of(kind):
        yield one
        if isinstance(one.inline, ObjectType):
            yield from _all_properties(package, one.inline)


def _objects(before: Package, after: Package, reach: set[str]) -> Iterator[Change]:
    for name, kind in before.objects.items():
        if reach and name not in reach:
            continue
        other = after.objects.get(name)
        if other is None:
            yield Change(REMOVED, name, breaking=True)
        else:
            yield from _properties(before, after, name, before.properties_of(kind), after.properties_of(other))
    for name in after.objects:
        if name not in before.objects and (not reach or name in reach):
            yield Change(ADDED, name)


def _properties(
    before: Package, after: Package, name: str, was: tuple[Property, ...], now: tuple[Property, ...]
) -> Iterator[Change]:
    old, new = {one.name: one for one in was}, {one.name: one for one in now}
    for key, one in old.items():
        other = new.get(key)
        if other is None:
            yield Change(REMOVED, name, key, _type(one), breaking=True)
            continue
        if one.required != other.required:
            kind = CHANGED if other.required else REMOVED
            yield Change(kind, name, key, breaking=other.required, aspect=MANDATORY)
        if isinstance(one.inline, ObjectType) and isinstance(other.inline, ObjectType):
            inner = (before.properties_of(one.inline), after.properties_of(other.inline))
            yield from _properties(before, after, f"{name}/{key}", *inner)
        elif _type(one) != _type(other):
            yield Change(CHANGED, name, key, _type(one), _type(other), breaking=True, aspect=TYPE)
        elif isinstance(one.inline, ValueType) and isinstance(other.inline, ValueType):
            yield from _facets(f"{name}/{key}", one.inline, other.inline)
    for key, one in new.items():
        if key not in old:
            aspect = MANDATORY if one.required else PLAIN
            yield Change(ADDED, name, key, after=_type(one), breaking=one.required, aspect=aspect)


def _type(one: Property) -> str:
    """A type as text: its name, for a plain type in place the name of its base."""
    if isinstance(one.inline, ObjectType):
        return "{…}"
    if isinstance(one.inline, ValueType):
        return (
            str(one.inline.base) if one.inline.base != Name() else "|".join(item.local for item in one.inline.members)
        )
    return str(one.type)


def _values(before: Package, after: Package, reach: set[str]) -> Iterator[Change]:
    for name, kind in before.values.items():
        if reach and name not in reach:
            continue
        other = after.values.get(name)
        if other is None:
            yield Change(REMOVED, name, breaking=True)
            continue
        for value in kind.values:
            if other.values and value not in other.values:
                yield Change(REMOVED, name, before=value, breaking=True, aspect=VALUE)
        for value in other.values:
            if value not in kind.values:
                yield Change(ADDED, name, after=value, aspect=VALUE)
        yield from _facets(name, kind, other)
    for name in after.values:
        if name not in before.values and (not reach or name in reach):
            yield Change(ADDED, name)


def _facets(name: str, was: ValueType, now: ValueType) -> Iterator[Change]:
    """Lengths and digits: a smaller bound breaks, a greater one does not; a greater least length breaks."""
    old, new = dict(was.facets), dict(now.facets)
    for facet in dict.fromkeys((*old, *new)):
        before, after = old.get(facet), new.get(facet)
        if before == after:
            continue
        tighter = after is not None and (before is None or (after > before if facet == "minLength" else after < before))
        told = (
            f"{facet} {'' if before is None else before}".strip(),
            f"{facet} {'' if after is None else after}".strip(),
        )
        yield Change(CHANGED, name, "", *told, breaking=tighter, aspect=BOUND)
