"""Secrets are references, never literals: `env:NAME`, `file:PATH`, `keyring:NAME` (design 4.2)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from harness.errors import ConfigError, reason

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WAYS = ("env:", "file:", "keyring:")
SERVICE = "onec-readiness"
"""Service name under which the system's keyring keeps our secrets."""


class Secret:
    """A secret value that shows itself to nobody by accident; `reveal()` is the only way to read it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret is not serialised")


def is_reference(value: str) -> bool:
    """Whether a value is a reference to a secret and not the secret itself."""
    return any(value.startswith(way) and len(value) > len(way) for way in WAYS)


def resolve(reference: str, *, folder: Path, place: str, environ: Mapping[str, str] | None = None) -> Secret:
    """Reads a secret by its reference.

    Args:
        reference: `env:NAME`, `file:PATH` (relative to `folder`; one line end at the end is not part of it) or `keyring:NAME`.
        folder: where readiness.toml lies.
        place: the key, for the error message.
        environ: variables to read, `os.environ` by default.

    Raises:
        ConfigError: nothing there; the message never holds a value.
    """
    way, _colon, name = reference.partition(":")
    if way == "env":
        value = (os.environ if environ is None else environ).get(name)
        if not value:
            raise ConfigError(
                f"переменная окружения {name} не задана или пуста", place=place, hint=f"задайте её: export {name}=…"
            )
        return Secret(value)
    if way == "file":
        return _from_file(folder / name, place)
    if way == "keyring":
        return _from_keyring(name, place)
    raise literal_refused(place)


def literal_refused(place: str) -> ConfigError:
    """The error for a password that was written into the file; the password itself is not repeated."""
    return ConfigError(
        "пароль записан прямо в настройках: так нельзя, файл попадёт в репозиторий и в протокол",
        place=place,
        hint='укажите ссылку: "env:ИМЯ_ПЕРЕМЕННОЙ", "file:путь" или "keyring:имя", а сам пароль смените',
    )


def _from_file(path: Path, place: str) -> Secret:
    try:
        value = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = reason(error) if isinstance(error, OSError) else "это не текст в UTF-8"
        raise ConfigError(f"файл с паролем {path} не читается: {why}", place=place) from error
    value = value.removesuffix("\n").removesuffix("\r")
    if not value:
        raise ConfigError(f"файл с паролем {path} пуст", place=place)
    return Secret(value)


def _from_keyring(name: str, place: str) -> Secret:
    try:
        import keyring  # type: ignore[import-not-found, unused-ignore]  # an optional extra
    except ImportError as error:
        raise ConfigError(
            "хранилище паролей системы недоступно: не установлен пакет keyring",
            place=place,
            hint='установите его: pip install "onec-readiness[keyring]", или укажите env:ИМЯ',
        ) from error
    try:
        value = keyring.get_password(SERVICE, name)
    except keyring.errors.KeyringError as error:
        raise ConfigError(
            f"хранилище паролей системы не отвечает: {type(error).__name__}", place=place, hint="укажите env:ИМЯ"
        ) from error
    if not value:
        raise ConfigError(
            f"в хранилище паролей системы нет записи «{name}»",
            place=place,
            hint=f"добавьте её: keyring set {SERVICE} {name}",
        )
    return Secret(value)
