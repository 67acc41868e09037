"""The demo company: a configuration out of a folder of TOML, in one of its releases.

The folder holds `configuration/*.toml` and `behaviour/*.toml` (laid over each other they are the tree of release 2.0.14.7),
`changes/*.toml` (patches), `releases/*.toml` (which patches make a release), `data/*.toml` (reference data). Seeded defects, patches too,
lie beside it in `defects/*.toml`.
Tables named as a kind of metadata become objects of the model; everything else is behaviour and stays plain data.
"""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from harness.errors import ConfigError
from harness.onec.names import Kind, ObjectName
from stand.emulator.behaviour.patches import merged, patched
from stand.emulator.model import (
    MONEY,
    PRIMITIVES,
    QUANTITY,
    Attribute,
    Configuration,
    Enumeration,
    Journal,
    MetaObject,
    Register,
    RegisterKind,
    Schedule,
    TabularSection,
    ValueType,
)
from stand.emulator.standard import (
    SURROGATE_KEY,
    journal_attributes,
    recorder_type,
    standard_attributes,
    standard_sections,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["configuration_of", "defects_of", "load_company", "read_toml", "releases", "synonym", "tree_of"]

Tree = dict[str, Any]
_ALIASES = {"Money": MONEY, "Quantity": QUANTITY}
_TYPE = re.compile(r"(?P<name>[^()]+)(?:\((?P<size>\d+)(?:,\s*(?P<fraction>\d+))?\))?")
_WORD = re.compile(r"[А-ЯЁA-Z]+(?=[А-ЯЁA-Z][а-яёa-z])|[А-ЯЁA-Z]?[а-яёa-z]+|[А-ЯЁA-Z]+|\d+")
_ENUM = "Enum"


def load_company(folder: Path, release: str) -> Configuration:
    """The configuration of a release.

    Args:
        folder: the company's folder, `fixtures/demo`.
        release: version, "2.0.14.7".

    Raises:
        ConfigError: no such release, a patch that does not fit, a description that is wrong.
    """
    return configuration_of(tree_of(folder, release))


def releases(folder: Path) -> tuple[str, ...]:
    """Versions of all releases, oldest first."""
    names = (path.stem for path in (folder / "releases").glob("*.toml"))
    return tuple(sorted(names, key=version_key))


def version_key(version: str) -> tuple[int, ...]:
    """Numeric order of versions: "1.10" is after "1.8"."""
    return tuple(int(part) for part in re.findall(r"\d+", version))


def defects_of(folder: Path) -> dict[str, Tree]:
    """All seeded defects by id."""
    return {path.stem: read_toml(path) for path in sorted((folder.parent / "defects").glob("*.toml"))}


def tree_of(folder: Path, release: str, *, extra_defects: tuple[str, ...] = ()) -> Tree:
    """The whole data tree of a release: the base tree with the release's changes and defects applied in order.

    Args:
        folder: the company's folder.
        release: version.
        extra_defects: ids of defects to seed beside those of the release.
    """
    path = folder / "releases" / f"{release}.toml"
    if not path.is_file():
        raise ConfigError(f"Нет релиза «{release}»", place=str(folder), hint=f"есть: {', '.join(releases(folder))}")
    description = read_toml(path)
    tree = _base_tree(folder)
    tree["configuration"]["version"] = release
    tree["release"] = {key: description.get(key, "") for key in ("title", "date", "about")}
    patches = [("changes", name) for name in description.get("changes", [])]
    patches += [("defects", name) for name in (*description.get("defects", []), *extra_defects)]
    for kind, name in patches:
        file = (folder.parent if kind == "defects" else folder) / kind / f"{name}.toml"
        if not file.is_file():
            raise ConfigError(f"Нет файла {kind}/{name}.toml", place=str(path))
        tree = patched(tree, read_toml(file).get("change", []), str(file))
    return tree


def _base_tree(folder: Path) -> Tree:
    tree: Tree = {}
    for part in ("configuration", "behaviour"):
        for path in sorted((folder / part).glob("*.toml")):
            merged(tree, read_toml(path), path.name)
    if "configuration" not in tree:
        raise ConfigError("Это не папка демонстрационной компании: нет configuration/*.toml", place=str(folder))
    return tree


def read_toml(path: Path) -> Tree:
    """A TOML file as a tree of its own.

    Raises:
        ConfigError: missing or no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError("Файл не читается", place=str(path)) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"Это не TOML: {error}", place=str(path)) from error


def configuration_of(tree: Mapping[str, Any]) -> Configuration:
    """The model of a tree: objects and enumerations built, the rest as behaviour."""
    head = tree["configuration"]
    objects: dict[str, MetaObject] = {}
    for kind in Kind:
        for name, table in tree.get(kind.value, {}).items():
            meta = _object(ObjectName(kind, name), table)
            objects[str(meta.name)] = meta
    enumerations = {
        name: Enumeration(name, tuple(table["values"]), table.get("title") or synonym(name))
        for name, table in tree.get(_ENUM, {}).items()
    }
    configuration = Configuration(
        name=head["name"],
        version=head["version"],
        objects=objects,
        enumerations=enumerations,
        title=head.get("title", ""),
        vendor=head.get("vendor", ""),
        platform=head.get("platform", "8.3.27.1508"),
        behaviour={key: value for key, value in tree.items() if key != _ENUM and key not in set(Kind)},
    )
    _check_types(configuration)
    return configuration


def _object(name: ObjectName, table: Mapping[str, Any]) -> MetaObject:
    place = str(name)
    title = table.get("title") or synonym(name.name)
    published = bool(table.get("published", True))
    if name.kind is Kind.CONSTANT:
        standard = (
            Attribute("SurrogateKey", SURROGATE_KEY, standard=True),
            Attribute("Value", value_type(str(table["type"]), place), title, standard=True),
        )
        return MetaObject(name, standard, title=title, published=published)
    if name.kind.is_register:
        return _register(name, table, title, published=published)
    if name.kind is Kind.DOCUMENT_JOURNAL:
        return _journal(name, table, title, published=published)
    own = tuple(
        TabularSection(section, _attributes(columns, f"{place}/{section}"), synonym(section))
        for section, columns in table.get("sections", {}).items()
    )
    return MetaObject(
        name=name,
        standard=standard_attributes(
            place,
            name.kind,
            code_length=int(table.get("code", 9)),
            number_length=int(table.get("number", 11)),
            hierarchical="hierarchy" in table or name.kind is Kind.CHART_OF_ACCOUNTS,
            folders=table.get("hierarchy") == "groups",
            owners=_alternatives(str(table.get("owner", ""))),
            action_period=bool(table.get("action_period", False)),
        ),
        attributes=_attributes(table.get("attributes", {}), place),
        sections=(
            *own,
            *standard_sections(
                name.kind,
                place,
                kinds=str(table.get("kinds", "")),
                flags=tuple(table.get("kind_flags", ())),
                calculation=tuple(table.get("dependence", ())),
            ),
        ),
        title=title,
        published=published,
    )


def _register(name: ObjectName, table: Mapping[str, Any], title: str, *, published: bool) -> MetaObject:
    place = str(name)
    register = Register(
        kind=RegisterKind(table["kind"]),
        dimensions=_attributes(table.get("dimensions", {}), place),
        resources=_attributes(table.get("resources", {}), place),
        attributes=_attributes(table.get("attributes", {}), place),
        periodic=bool(table.get("periodic", False)),
        keyed_by_recorder=table.get("periodic") == "recorder",
        recorders=tuple(table.get("recorders", ())),
        correspondence=bool(table.get("correspondence", False)),
        chart=str(table.get("chart", "")),
        action_period=bool(table.get("action_period", False)),
        base_period=bool(table.get("base_period", False)),
        bases=tuple(table.get("bases", ())),
        schedule=_schedule(table.get("schedule")),
    )
    recorded = register.kind is not RegisterKind.INDEPENDENT
    standard = (Attribute("Recorder", recorder_type(register), standard=True),) if recorded else ()
    return MetaObject(name, standard, register=register, title=title, published=published)


def _schedule(table: Mapping[str, Any] | None) -> Schedule | None:
    if table is None:
        return None
    links = tuple((str(mine), str(field)) for mine, field in table.get("links", {}).items())
    return Schedule(str(table["register"]), str(table["value"]), str(table["date"]), links)


def _journal(name: ObjectName, table: Mapping[str, Any], title: str, *, published: bool) -> MetaObject:
    """A document journal: `documents`, and `columns` with `from`: the attribute shown, one name for all documents or by document."""
    documents = tuple(table.get("documents", ()))
    columns = []
    for column, description in table.get("columns", {}).items():
        source = description.get("from", column) if isinstance(description, dict) else column
        shown = source if isinstance(source, dict) else dict.fromkeys(documents, source)
        columns.append((column, tuple((document, str(field)) for document, field in shown.items())))
    return MetaObject(
        name,
        journal_attributes(documents),
        _attributes(table.get("columns", {}), str(name)),
        title=title,
        published=published,
        journal=Journal(documents, tuple(columns)),
    )


def _attributes(tables: Mapping[str, Any], place: str) -> tuple[Attribute, ...]:
    result = []
    for name, given in tables.items():
        description = given if isinstance(given, dict) else {"type": given}
        type_ = value_type(str(description["type"]), f"{place}/{name}")
        title = description.get("title", "") or synonym(name)
        result.append(Attribute(name, type_, title, flag=str(description.get("flag", ""))))
    return tuple(result)


def _alternatives(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|") if part.strip())


def value_type(text: str, place: str) -> ValueType:
    """A description of types out of its short form: "String(50)", "Number(15,2)", "Money", "Catalog_X | Document_Y".

    Raises:
        ConfigError: not such a form.
    """
    alternatives = _alternatives(text)
    if len(alternatives) > 1:
        return ValueType(alternatives)
    match = _TYPE.fullmatch(text.strip())
    if match is None:
        raise ConfigError(f"Тип «{text}» не читается", place=place)
    name, size = match["name"], match["size"]
    if name in _ALIASES:
        return _ALIASES[name]
    if name not in PRIMITIVES and "_" not in name:
        raise ConfigError(
            f"Неизвестный тип «{text}»", place=place, hint="String(50), Number(15,2), Money, Catalog_Имя …"
        )
    if name == "Number":
        return ValueType((name,), digits=int(size or 15), fraction=int(match["fraction"] or 0))
    return ValueType((name,), length=int(size or 0), unlimited=name == "String" and size == "0")


def _check_types(configuration: Configuration) -> None:
    """Every type must lead to an object or an enumeration that exists: a mistyped name must not become an empty column."""
    known = {*configuration.objects, *(f"{_ENUM}_{name}" for name in configuration.enumerations), *PRIMITIVES}
    for meta in configuration.objects.values():
        register = meta.register
        fields = [
            *meta.fields,
            *(register.fields if register else ()),
            *(item for part in meta.sections for item in part.attributes),
        ]
        for attribute in fields:
            for alternative in attribute.type.alternatives:
                if alternative not in known:
                    raise ConfigError(f"Тип «{alternative}» не описан", place=f"{meta.name}/{attribute.name}")


@lru_cache(maxsize=2048)
def synonym(name: str) -> str:
    """The configurator's habit: "ДатаОтгрузки" → «Дата отгрузки», "СуммаНДС" → «Сумма НДС»."""
    words = _WORD.findall(name)
    return " ".join(
        word if index == 0 or (word.isupper() and len(word) > 1) else word.lower() for index, word in enumerate(words)
    )
