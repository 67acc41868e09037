"""Patches of a data tree: a release is a list of them, a seeded defect is one of a few lines.

A patch is a list of changes, each one operation and a path whose parts are divided by "/" (names hold dots)::

    [[change]]
    set = "posting/Document_X/rules/долг/set/Договор"     # the path must exist
    value = "'…'"

    [[change]]
    add = "Catalog/Контрагенты/attributes/ИдентификаторЭДО"  # must not exist; `after = "ИНН"` places it
    value = "String(46)"

    remove = "…"                  takes away what is there
    rename = "…", to = "Имя"      keeps place and content
    append = "…", value = …       adds to a list
    drop = "…", value = …         takes a value out of a list

A path that leads nowhere is an error that names the nearest: a defect that breaks nothing would be the worst defect.
"""

from __future__ import annotations

import copy
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from harness.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["OPERATIONS", "merged", "patched"]

OPERATIONS = ("set", "add", "remove", "rename", "append", "drop")
"""Keys of a change; the value of the one that is there is the path it acts on."""


def merged(target: dict[str, Any], source: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Lays a tree over another; the same leaf twice is an error.

    Raises:
        ConfigError: both trees say something at one path.
    """
    for key, value in source.items():
        if key not in target:
            target[key] = value
        elif isinstance(target[key], dict) and isinstance(value, dict):
            merged(target[key], value, f"{place}/{key}")
        else:
            raise ConfigError(f"«{key}» описано дважды", place=place)
    return target


def patched(tree: Mapping[str, Any], changes: Sequence[Mapping[str, Any]], place: str) -> dict[str, Any]:
    """A new tree with the changes applied in order; the given one is left alone.

    Args:
        tree: nested tables, lists and values.
        changes: tables as `[[change]]` reads them.
        place: the file they come from, for messages.

    Raises:
        ConfigError: an unknown operation, a path that does not exist (or does, for `add`), a value that is not in the list.
    """
    result = copy.deepcopy(dict(tree))
    for number, change in enumerate(changes, 1):
        _apply(result, change, f"{place}, change {number}")
    return result


def _apply(tree: dict[str, Any], change: Mapping[str, Any], place: str) -> None:
    named = [name for name in OPERATIONS if name in change]
    if len(named) != 1:
        raise ConfigError(f"Нужна ровно одна операция из: {', '.join(OPERATIONS)}", place=place)
    operation = named[0]
    path = str(change[operation])
    *parents, last = path.split("/")
    owner = _walk(tree, parents, path, place)
    if operation == "add":
        if last in owner:
            raise ConfigError(f"«{path}» уже есть", place=place)
        _insert(owner, last, change, place)
        return
    _walk(tree, [*parents, last], path, place, leaf=True)
    if operation == "set":
        owner[last] = copy.deepcopy(_value(change, place))
    elif operation == "remove":
        del owner[last]
    elif operation == "rename":
        _rename(owner, last, str(change.get("to", "")), place)
    else:
        _change_list(owner[last], operation, _value(change, place), path, place)


def _walk(tree: dict[str, Any], parts: Sequence[str], path: str, place: str, *, leaf: bool = False) -> dict[str, Any]:
    current: Any = tree
    for index, part in enumerate(parts):
        if not isinstance(current, dict) or part not in current:
            known = list(current) if isinstance(current, dict) else []
            near = get_close_matches(part, known, n=1)
            hint = f"ближайшее имя: «{near[0]}»" if near else f"здесь есть: {', '.join(known[:12])}"
            raise ConfigError(f"Нет «{'/'.join(parts[: index + 1])}» (путь «{path}»)", place=place, hint=hint)
        current = current[part]
    if not isinstance(current, dict) and not leaf:
        raise ConfigError(f"«{'/'.join(parts)}» — не таблица", place=place)
    return current if isinstance(current, dict) else {}


def _value(change: Mapping[str, Any], place: str) -> Any:
    if "value" not in change:
        raise ConfigError("Нет ключа value", place=place)
    return change["value"]


def _insert(owner: dict[str, Any], name: str, change: Mapping[str, Any], place: str) -> None:
    value = copy.deepcopy(_value(change, place))
    after = change.get("after")
    if after is None:
        owner[name] = value
        return
    if after not in owner:
        raise ConfigError(f"after: нет «{after}»", place=place)
    items = list(owner.items())
    at = [key for key, _ in items].index(after) + 1
    items.insert(at, (name, value))
    owner.clear()
    owner.update(items)


def _rename(owner: dict[str, Any], name: str, to: str, place: str) -> None:
    if not to or to in owner:
        raise ConfigError(
            f"Переименовать «{name}» в «{to}» нельзя", place=place, hint="to: новое имя, которого ещё нет"
        )
    items = [(to if key == name else key, value) for key, value in owner.items()]
    owner.clear()
    owner.update(items)


def _change_list(target: Any, operation: str, value: Any, path: str, place: str) -> None:
    if not isinstance(target, list):
        raise ConfigError(f"«{path}» — не список", place=place)
    if operation == "append":
        target.append(copy.deepcopy(value))
    elif value in target:
        target.remove(value)
    else:
        raise ConfigError(f"В «{path}» нет значения «{value}»", place=place, hint=f"есть: {target}")
