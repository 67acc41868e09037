"""Loads readiness.toml: every value checked, with its place in the error and its source kept."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from harness.config import check
from harness.config.lines import line_of, lines_of
from harness.config.model import Settings
from harness.config.provenance import PREFIX, flatten, keys, nearest, shown
from harness.errors import ConfigError, reason
from harness.record.models import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.config.provenance import Key

NAME = "readiness.toml"


@dataclass(frozen=True, slots=True)
class Config:
    """Loaded settings and where they came from.

    Attributes:
        path: the file.
        settings: all values.
        sources: dotted key to source, for what is not a default.
        digest: sha256 of the file.
    """

    path: Path
    settings: Settings
    sources: Mapping[str, str]
    digest: str

    @property
    def folder(self) -> Path:
        """Paths of the file are relative to this folder."""
        return self.path.parent

    def file(self, value: str) -> Path:
        """A path of the settings, absolute."""
        return (self.folder / value).resolve()

    def source(self, key: str) -> str:
        """Where a value came from: "default", "readiness.toml:12", "environment NAME", "command line"."""
        return self.sources.get(key, "default")

    def place(self, key: str) -> str:
        """A place for an error message about a key."""
        source = self.source(key)
        return f"{NAME} [{key}]" if source == "default" else f"{source} [{key}]"

    def listing(self) -> list[Setting]:
        """Every effective setting with its source; secrets are references, never values."""
        return [Setting(key=key, value=shown(value), source=self.source(key)) for key, value in flatten(self.settings)]


def load(path: Path, *, env: Mapping[str, str], overrides: Mapping[str, str] | None = None) -> Config:
    """Reads a file of settings.

    Args:
        path: readiness.toml.
        env: environment; READINESS_SECTION_KEY sets a key that is no secret.
        overrides: dotted key to text, from the command line; the strongest.

    Raises:
        ConfigError: with file, line and key; with all problems when there are several.
    """
    content = _read(path)
    raw = _parse(content, path)
    lines = lines_of(content.decode("utf-8-sig"))
    problems: list[check.Problem] = []
    values = check.table(raw, Settings, (), problems)
    sources = {key: f"{path.name}:{line_of(lines, tuple(steps))}" for key, steps in check.leaves(values)}
    for key, text, source in (*_from_environment(env, raw, problems), *_from_command_line(overrides or {}, problems)):
        check.put(values, key, text, source, problems)
        sources[key.dotted] = source
    _raise(problems, path, lines)
    return Config(path.resolve(), msgspec.convert(values, Settings), sources, hashlib.sha256(content).hexdigest())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        hint = "создайте проект: readiness init, или укажите файл: -c путь/readiness.toml"
        raise ConfigError(f"файл настроек не читается: {reason(error)}", place=str(path), hint=hint) from error


def _parse(content: bytes, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ConfigError(
            "файл настроек не в кодировке UTF-8", place=str(path), hint="сохраните его в UTF-8"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"это не TOML: {error}", place=str(path), hint='строки пишутся в кавычках: ключ = "значение"'
        ) from error


def _from_environment(
    env: Mapping[str, str], raw: dict[str, Any], problems: list[check.Problem]
) -> list[tuple[Key, str, str]]:
    known = {key.variable: key for key in keys() if not key.secret}
    sections = tuple(f"{PREFIX}{name.upper()}_" for name in Settings.__struct_fields__ if name != "language")
    referenced = {str(value).removeprefix("env:") for _key, value in flatten(raw) if str(value).startswith("env:")}
    found = []
    for name in sorted(env):
        if name in known and name not in referenced:
            found.append((known[name], env[name], f"environment {name}"))
        elif name.startswith(sections) and name not in referenced and name not in known and not _secret(name):
            hint = nearest(name, list(known))
            problems.append(
                check.Problem(
                    (), "такой настройки нет", f"может быть, {hint}?" if hint else "", f"переменная окружения {name}"
                )
            )
    return found


def _secret(variable: str) -> bool:
    """Names like READINESS_USER_PASSWORD hold secrets for `env:` references of this or another file: they set no key."""
    return any(word in variable for word in ("PASSWORD", "TOKEN", "SECRET"))


def _from_command_line(overrides: Mapping[str, str], problems: list[check.Problem]) -> list[tuple[Key, str, str]]:
    known = {key.dotted: key for key in keys()}
    found = []
    for name, text in overrides.items():
        if name in known:
            found.append((known[name], text, "command line"))
        else:
            hint = nearest(name, list(known))
            problems.append(
                check.Problem((), f"нет настройки «{name}»", f"может быть, {hint}?" if hint else "", "командная строка")
            )
    return found


def _raise(problems: list[check.Problem], path: Path, lines: dict[tuple[str, ...], int]) -> None:
    if not problems:
        return
    first, *others = [_located(problem, path, lines) for problem in problems]
    if not others:
        raise first
    listed = "".join(f"\n{error}" for error in others)
    raise ConfigError(
        f"{first.message}{'' if not first.hint else f' ({first.hint})'}{listed}",
        place=first.place,
        hint=f"всего замечаний к настройкам: {len(problems)}",
    )


def _located(problem: check.Problem, path: Path, lines: dict[tuple[str, ...], int]) -> ConfigError:
    if problem.place:
        return ConfigError(problem.message, place=problem.place, hint=problem.hint)
    line = line_of(lines, problem.path)
    where = f"{path}:{line}" if line else str(path)
    dotted = ".".join(problem.path)
    return ConfigError(problem.message, place=f"{where} [{dotted}]" if dotted else where, hint=problem.hint)
