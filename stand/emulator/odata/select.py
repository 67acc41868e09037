"""`$select` and `$expand`: what of an entity is shown (facts/odata.md 2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stand.emulator.database.tables import Storage
from stand.emulator.odata.errors import no_segment
from stand.emulator.odata.shapes import Part, Shape, ShapeKind

if TYPE_CHECKING:
    from stand.emulator.odata.shapes import Prop, Publication

PRESENTATION = "____Presentation"
"""Four underscores, as 1C spells it."""
_DEPTH = 8


@dataclass(slots=True)
class Plan:
    """What of an entity is shown.

    Attributes:
        names: None: everything.
        sections: chosen fields of a tabular section by its name; an empty set means all of them.
        presentations: fields whose presentation is shown; "" is the entity itself, "*" all.
        expanded: plans of expanded references, by navigation name; of a composite one by type within.
    """

    names: set[str] | None = None
    without_sections: bool = False
    sections: dict[str, set[str]] = field(default_factory=dict)
    presentations: set[str] = field(default_factory=set)
    expanded: dict[str, Plan] = field(default_factory=dict)

    def shows(self, prop: Prop) -> bool:
        """Whether a property is shown."""
        if prop.part is Part.SECTION and self.without_sections:
            return False
        return self.names is None or prop.name in self.names


EVERYTHING = Plan()
"""The plan of a request that says nothing; not to be changed."""


def plan_of(publication: Publication, shape: Shape, select: str | None, expand: str | None) -> Plan:
    """The plan of a request.

    Raises:
        ODataError: 400 code 6: a name that is not there (facts/odata.md 7).
    """
    if not select and not expand:
        return EVERYTHING
    plan = Plan()
    for path in _paths(expand, "$expand"):
        _expand(publication, shape, plan, path)
    if select is not None and select.strip():
        _narrow(publication, shape, plan, _paths(select, "$select"))
    return plan


def _paths(text: str | None, option: str) -> list[list[str]]:
    result: list[list[str]] = []
    for item in (text or "").split(","):
        if not item.strip():
            continue
        parts = [part.strip() for part in item.split("/")]
        if not all(parts) or len(parts) > _DEPTH:
            raise no_segment(item.strip() or option)
        result.append(parts)
    return result


def _expand(publication: Publication, shape: Shape, plan: Plan, path: list[str]) -> None:
    name, *rest = path
    if name == "*":
        for link in shape.links:
            plan.expanded.setdefault(link, Plan())
        return
    target = _target(publication, shape, name, rest)
    inner = plan.expanded.setdefault(name, Plan())
    if target is not None and rest:
        _expand(publication, target, inner, rest)


def _target(publication: Publication, shape: Shape, name: str, rest: list[str]) -> Shape | None:
    """The set a navigation leads to; a composite one takes the type from the path. None: whatever object the value is of."""
    link = shape.links.get(name)
    if link is not None:
        return publication.shapes[link[1]]
    prop = shape.by_name.get(name)
    if prop is None or prop.field is None or prop.field.storage is not Storage.COMPOSITE:
        raise no_segment(name)
    if not rest:
        return None
    target = publication.shapes.get(rest.pop(0))
    if target is None or target.kind is not ShapeKind.OBJECT:
        raise no_segment(name)
    return target


def _narrow(publication: Publication, shape: Shape, plan: Plan, paths: list[list[str]]) -> None:
    names: set[str] = set()
    everything = False
    shown: set[str] = set()
    for name, *rest in paths:
        if name in ("*", "**"):
            everything = True
            plan.without_sections = plan.without_sections or name == "**"
        elif name == "Presentation" and not rest and name not in shape.by_name:
            plan.presentations.add("")
        elif name.endswith(PRESENTATION) and not rest:
            plan.presentations.add(_presented(shape, name.removesuffix(PRESENTATION)))
        elif name in plan.expanded:
            shown.add(name)
            _narrow_expanded(publication, shape, plan, name, rest)
        elif name in shape.rows:
            names.add(name)
            _narrow_section(shape.rows[name], plan, name, rest)
        else:
            names.add(_known(shape, name, rest))
    # An expansion that `$select` does not name is silently not done (facts/odata.md 2).
    if not everything:
        plan.expanded = {name: inner for name, inner in plan.expanded.items() if name in shown}
        plan.names = names


def _narrow_expanded(publication: Publication, shape: Shape, plan: Plan, name: str, rest: list[str]) -> None:
    if not rest:
        return
    remaining = list(rest)
    target = _target(publication, shape, name, remaining)
    if target is not None and remaining:
        inner = plan.expanded[name]
        known = inner.names
        _narrow(publication, target, inner, [remaining])
        if known is not None and inner.names is not None:
            inner.names |= known


def _narrow_section(rows: Shape, plan: Plan, name: str, rest: list[str]) -> None:
    chosen = plan.sections.setdefault(name, set())
    if rest and rest[0] not in ("*", "**"):
        chosen.add(_known(rows, rest[0], rest[1:]))


def _known(shape: Shape, name: str, rest: list[str]) -> str:
    prop = shape.by_name.get(name)
    if prop is None and name in shape.links:
        prop = shape.by_name.get(f"{name}_Key")
    if prop is None:
        raise no_segment(name)
    if rest:
        raise no_segment(rest[0])
    return prop.name


def _presented(shape: Shape, name: str) -> str:
    if name == "*":
        return name
    prop = shape.by_name.get(name) or shape.by_name.get(f"{name}_Key")
    if prop is None or prop.field is None or prop.part is not Part.VALUE:
        raise no_segment(name + PRESENTATION)
    return prop.field.name
