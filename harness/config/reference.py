"""The reference of readiness.toml, made from the model: `python -m harness.config.reference > docs/configuration.md`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

import msgspec

from harness.config.model import Settings, User
from harness.config.provenance import bare, is_secret, is_table, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = """\
# readiness.toml

*Every key of the settings file. Made from the code (`python -m harness.config.reference`); descriptions are in Russian, as in the
JSON Schema that editors use (`harness/config/readiness.schema.json`).*

Один файл TOML на проект. Пути считаются от папки файла. Неизвестный ключ — ошибка с указанием места и ближайшего известного ключа.

Значение можно переопределить, сильнее то, что ниже:

1. значение по умолчанию;
2. файл;
3. переменная окружения `READINESS_РАЗДЕЛ_КЛЮЧ`, например `READINESS_GATES_REPORT_COVERAGE=0.9`;
4. командная строка: `readiness run --set gates.report_coverage=0.9`.

Списки в переменных и в командной строке пишутся через запятую. Откуда взято каждое значение, говорит заключение.

Пароли записываются только ссылками: `env:ИМЯ` (переменная окружения), `file:ПУТЬ` (файл) или `keyring:ИМЯ` (хранилище паролей системы,
служба `onec-readiness`; нужен пакет `onec-readiness[keyring]`). Сам пароль в файле или в адресе — ошибка.
"""
_ACTIONS = ("backup", "restore", "apply")


def text() -> str:
    """The document."""
    return "\n".join((_HEAD, *_sections()))


def _sections() -> Iterator[str]:
    fields = msgspec.structs.fields(Settings)
    yield "## Без раздела\n"
    yield _table([field for field in fields if not _struct(field.type) and not is_table(field.type)])
    for field in fields:
        struct = _struct(field.type)
        if is_table(field.type):
            yield f'## [{field.name}."Роль"]\n\n{_described(field.type)}\n'
            yield _table(list(msgspec.structs.fields(User)))
        elif struct and field.name in _ACTIONS[1:]:
            continue
        elif struct:
            names = ", ".join(f"[{name}]" for name in _ACTIONS) if field.name in _ACTIONS else f"[{field.name}]"
            yield f"## {names}\n\n{struct.__doc__}\n"
            yield _table(list(msgspec.structs.fields(struct)))


def _table(fields: list[Any]) -> str:
    rows = [
        f"| `{field.name}` | {_type(field.type)} | {_default(field)} | {_described(field.type)} |" for field in fields
    ]
    return "\n".join(("| ключ | тип | по умолчанию | что значит |", "| --- | --- | --- | --- |", *rows, ""))


def _struct(kind: Any) -> type[msgspec.Struct] | None:
    plain = bare(kind)
    return plain if isinstance(plain, type) and issubclass(plain, msgspec.Struct) else None


def _described(kind: Any) -> str:
    found = ""
    while hasattr(kind, "__metadata__"):
        found = next((item.description for item in kind.__metadata__ if item.description), found)
        kind = kind.__origin__
    return found.replace("|", "\\|")


def _type(kind: Any) -> str:
    if is_secret(kind):
        return "ссылка"
    plain = bare(kind)
    if get_origin(plain) is Literal:
        return ", ".join(f"`{item}`" for item in get_args(plain))
    if get_origin(plain) is tuple:
        return f"список: {_type(get_args(plain)[0])}"
    names = {
        "str": "строка",
        "int": "целое",
        "float": "число",
        "bool": "true, false",
        "date": "дата",
        "datetime": "дата и время",
    }
    return names[plain.__name__]


def _default(field: Any) -> str:
    value = shown(field.default)
    return f"`{value}`" if value else ""


if __name__ == "__main__":
    sys.stdout.write(text())
