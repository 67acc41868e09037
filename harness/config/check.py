"""Checks raw TOML values against the model, key by key, so that every problem is found at once and named by its key."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from harness.config.provenance import bare, is_secret, is_table, nearest
from harness.config.secrets import is_reference, literal_refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.config.provenance import Key

_SECRET_NAME = re.compile(r"passw|парол|token|secret|pwd", re.IGNORECASE)
_TYPES = {
    "str": "строка",
    "int": "целое число",
    "float": "число",
    "bool": "true или false",
    "array": "список",
    "object": "раздел",
    "date": "дата ГГГГ-ММ-ДД",
    "datetime": "дата и время ГГГГ-ММ-ДДTчч:мм",
    "null": "пусто",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong; `place` when it is not in the file."""

    path: tuple[str, ...]
    message: str
    hint: str = ""
    place: str = ""


def table(
    raw: dict[str, Any], struct: type[msgspec.Struct], path: tuple[str, ...], problems: list[Problem]
) -> dict[str, Any]:
    """Checks one table of the file; what is wrong is left out and told in `problems`."""
    fields = {field.name: field for field in msgspec.structs.fields(struct)}
    values: dict[str, Any] = {}
    for name, value in raw.items():
        here = (*path, name)
        if name not in fields:
            problems.append(_unknown(here, value, list(fields)))
            continue
        kind = fields[name].type
        plain = bare(kind)
        if is_table(kind):
            entries = _tables(value, plain.__args__[1], here, problems)
            values[name] = entries
        elif isinstance(plain, type) and issubclass(plain, msgspec.Struct):
            if isinstance(value, dict):
                values[name] = table(value, plain, here, problems)
            else:
                problems.append(
                    Problem(here, "это раздел, а не значение", f"напишите [{'.'.join(here)}] отдельной строкой")
                )
        else:
            _leaf(values, value, kind, here, problems)
    return values


def leaves(values: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Dotted names and paths of all values that a file sets."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, name))
        else:
            yield ".".join((*path, name)), (*path, name)


def put(values: dict[str, Any], key: Key, text: str, source: str, problems: list[Problem]) -> None:
    """Sets a key from a text of the environment or of the command line."""
    at = values
    for name in key.path[:-1]:
        at = at.setdefault(name, {})
    found: list[Problem] = []
    is_list = getattr(bare(key.type), "__origin__", None) is tuple
    value: object = [item.strip() for item in text.split(",") if item.strip()] if is_list else text
    _leaf(at, value, key.type, key.path, found, strict=False)
    problems.extend(Problem(item.path, f"{key.dotted}: {item.message}", item.hint, source) for item in found)


def _tables(
    value: object, struct: type[msgspec.Struct], path: tuple[str, ...], problems: list[Problem]
) -> dict[str, Any]:
    if not isinstance(value, dict):
        problems.append(Problem(path, "это раздел, а не значение"))
        return {}
    entries = {}
    for name, item in value.items():
        if isinstance(item, dict):
            entries[name] = table(item, struct, (*path, name), problems)
        else:
            problems.append(Problem((*path, name), "ожидается раздел", f'напишите [{".".join(path)}."{name}"]'))
    return entries


def _leaf(
    values: dict[str, Any],
    value: object,
    kind: Any,
    path: tuple[str, ...],
    problems: list[Problem],
    *,
    strict: bool = True,
) -> None:
    if is_secret(kind) and isinstance(value, str) and value and not is_reference(value):
        error = literal_refused("")
        problems.append(Problem(path, error.message, error.hint))
        return
    if any(_holds_password(item) for item in (value if isinstance(value, list) else [value])):
        problems.append(
            Problem(path, "в адресе записаны имя и пароль: так нельзя", "укажите их в [user]: name и password")
        )
        return
    try:
        values[path[-1]] = msgspec.convert(_dated(value, kind), kind, strict=strict)
    except (msgspec.ValidationError, ValueError) as error:
        problems.append(Problem(path, *_in_words(str(error), value, kind)))


def _dated(value: object, kind: Any) -> object:
    """Dates may stand as TOML dates or as strings; times without seconds are welcome."""
    plain = bare(kind)
    if isinstance(value, str) and plain is dt.datetime:
        return dt.datetime.fromisoformat(value)
    if isinstance(value, str) and plain is dt.date:
        return dt.date.fromisoformat(value)
    return value


def _holds_password(value: object) -> bool:
    try:
        return isinstance(value, str) and "://" in value and urlsplit(value).password is not None
    except ValueError:
        return False


def _unknown(path: tuple[str, ...], value: object, known: list[str]) -> Problem:
    close = nearest(path[-1], known)
    if (
        any(_SECRET_NAME.search(name) for name in (path[-1], close))
        and isinstance(value, str)
        and not is_reference(value)
    ):
        error = literal_refused("")
        return Problem(path, f"неизвестный ключ «{path[-1]}»; {error.message}", error.hint)
    what = "неизвестный раздел" if isinstance(value, dict) else "неизвестный ключ"
    hint = f"может быть, «{close}»?" if close else "известны: " + ", ".join(known)
    return Problem(path, f"{what} «{path[-1]}»", hint)


def _choices(kind: Any) -> list[str]:
    """Allowed values of a `Literal`, also of the items of a list."""
    plain = bare(kind)
    arguments: tuple[Any, ...] = getattr(plain, "__args__", ())
    if getattr(plain, "__origin__", None) is tuple:
        return _choices(arguments[0])
    return [item for item in arguments if isinstance(item, str)]


def _in_words(message: str, value: object, kind: Any) -> tuple[str, str]:
    """A message of msgspec in Russian, and a hint."""
    types = re.match(r"Expected `([^`]+)`, got `([^`]+)`", message)
    if types:
        wanted = " или ".join(
            _TYPES.get(item.strip(), item.strip()) for item in types.group(1).replace("| null", "").split("|")
        )
        return f"ожидается {wanted}, а записано: {_TYPES.get(types.group(2), types.group(2))}", ""
    limit = re.match(r"Expected `\w+` (>=|<=|>|<) ([\d.]+)", message)
    if limit:
        return f"значение {value} не подходит: нужно {limit.group(1)} {limit.group(2)}", ""
    if message.startswith("Invalid enum value"):
        wrong = next(
            (item for item in (value if isinstance(value, list) else [value]) if item not in _choices(kind)), value
        )
        close = nearest(str(wrong), _choices(kind))
        return f"недопустимое значение «{wrong}»", f"может быть, «{close}»?" if close else "возможны: " + ", ".join(
            _choices(kind)
        )
    form = re.match(r"Expected `str` matching regex .*?(?: - at `\$\[(\d+)\]`)?$", message)
    if form:
        wrong = value[int(form[1])] if form[1] and isinstance(value, list) else value
        return (
            f"«{wrong}» записано не по правилам",
            "нужно «ШАБЛОН: причина»: непроверенное попадает в заключение с причиной",
        )
    return f"значение {value!r} не подходит", "даты пишутся как 2026-03-31, время как 2026-03-31T20:00"
