"""Violations of an XSD as a set: real CommerceML breaks its official schema, so that what counts is what an update added.

The XSD is the user's own file. DirectBank's documents are valid in practice, and an empty set can be demanded there
(facts/exchanges.md 3.1, 4.2, 10).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree

from harness.errors import reason
from harness.exchange.markup import children, local, namespace, parse
from harness.exchange.problems import FormatError, Problem, problem
from harness.exchange.problems import mark as _

if TYPE_CHECKING:
    from pathlib import Path

    from lxml.etree import _Element

_LIMIT = 16 * 2**20
_FILES = 200
_NAMES = re.compile(r"'?\{[^{}]*\}([^\s',()]+)'?")
_VALUE = re.compile(r"(?i)(value )'.*?'(?= |$)")
_LENGTH = re.compile(r"has a length of '\d+'")
_EXPECTED = re.compile(r"Expected is (?:one of )?\( (.*?) \)")
_MOST_EXPECTED = 4


@dataclass(frozen=True, slots=True)
class Violation:
    """A kind of violation at a kind of place.

    Attributes:
        code: name of the rule, as the XML library names it ("SCHEMAV_ELEMENT_CONTENT").
        path: names of elements from the root, without positions.
        detail: what is wrong, without the value itself.
    """

    code: str
    path: str
    detail: str


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema that was loaded."""

    namespace: str
    compiled: etree.XMLSchema


def load_schema(path: Path) -> Schema:
    """Loads an XSD with the files it includes, from its own folder only.

    Raises:
        DocumentError: not found, not an XSD, with a DTD, or an include that leads elsewhere.
    """
    seen: set[Path] = set()
    root = _checked(path, path.parent.resolve(), seen)
    try:
        compiled = etree.XMLSchema(file=str(path))
    except etree.XMLSchemaParseError as error:
        raise FormatError(_("это не схема XSD: {error}"), place=str(path), error=error) from error
    return Schema(root.get("targetNamespace", ""), compiled)


def _checked(path: Path, folder: Path, seen: set[Path]) -> _Element:
    """Every file of a schema goes through the locked-down parser before the schema's compiler sees it."""
    seen.add(path.resolve())
    try:
        root = parse(path.read_bytes(), str(path), _LIMIT)
    except OSError as error:
        raise FormatError(_("схема не читается: {error}"), place=str(path), error=reason(error)) from error
    if local(root) != "schema":
        raise FormatError(_("корневой элемент «{name}»: это не схема XSD"), place=str(path), name=local(root))
    for item in children(root, "include", "import", "redefine"):
        location = item.get("schemaLocation", "")
        if not location:
            continue
        target = (path.parent / location).resolve() if "://" not in location else folder.parent
        if target.parent != folder or len(seen) > _FILES:
            raise FormatError(
                _("схема ссылается на «{location}»: положите этот файл рядом с ней"), place=str(path), location=location
            )
        if target not in seen:
            _checked(target, folder, seen)
    return root


def violations(data: bytes, schema: Schema, place: str = "файл") -> dict[Violation, Problem]:
    """Violations of a document, each kind once, with its first place.

    A document without the schema's namespace is a violation of its own and is then looked at as if it had it: else nothing in it would be
    checked.

    Raises:
        DocumentError: not XML.
    """
    root = parse(data, place)
    found: dict[Violation, Problem] = {}
    if namespace(root) != schema.namespace:
        template = _("пространство имён «{found}», а схема описывает «{wanted}»")
        told = problem("SCHEMA", template, path=f"/{local(root)}", found=namespace(root), wanted=schema.namespace)
        found[Violation("NAMESPACE", f"/{local(root)}", namespace(root))] = told
        root = _moved(root, schema.namespace)
    schema.compiled.validate(root)
    for entry in list(schema.compiled.error_log):  # type: ignore[call-overload]  # the stubs do not know it is a list
        names = _path(root, entry.path or "")
        plain = _NAMES.sub(r"\1", entry.message)
        detail = _LENGTH.sub("has a length of '…'", _VALUE.sub(r"\1'…'", plain))
        key = Violation(entry.type_name, names, detail)
        if key not in found:
            found[key] = _problem(entry.type_name, plain, names, entry.line)
    return found


def new_violations(before: dict[Violation, Problem], after: dict[Violation, Problem]) -> dict[Violation, Problem]:
    """What an update brought: the check that can be demanded of CommerceML."""
    return {key: told for key, told in after.items() if key not in before}


def _moved(root: _Element, space: str) -> _Element:
    """The same document in another namespace."""
    for element in root.iter():
        if isinstance(element.tag, str):
            element.tag = f"{{{space}}}{local(element)}" if space else local(element)
    return root


def _path(root: _Element, xpath: str) -> str:
    """Names along a path of the library ("/*/*[3]/x:Имя[2]"), walked by hand: its prefixes may be declared anywhere."""
    names, here = [local(root)], root
    for step in xpath.strip("/").split("/")[1:]:
        name, _bracket, position = step.partition("[")
        wanted = name.rpartition(":")[2]
        among = [item for item in children(here) if wanted in ("*", local(item))]
        index = int(position.rstrip("]")) - 1 if position else 0
        if name.startswith("@") or index >= len(among):
            break
        here = among[index]
        names.append(local(here))
    return "/" + "/".join(names)


def _problem(code: str, message: str, path: str, line: int) -> Problem:
    """The library's English sentence in our own words, where the rule is a common one."""
    expected = _EXPECTED.search(message)
    options = [name.strip(" ,'") for name in (expected.group(1) if expected else "").split(",")]
    shown = ", ".join(options[:_MOST_EXPECTED]) + (", …" if len(options) > _MOST_EXPECTED else "")
    value = re.search(r"[Vv]alue '(.*?)'(?= )", message)
    values = {"expected": shown, "value": value.group(1) if value else "", "name": path.rpartition("/")[2]}
    if code == "SCHEMAV_ELEMENT_CONTENT":
        missing = "Missing child" in message
        template = (
            _("в элементе «{name}» не хватает вложенных: {expected}")
            if missing
            else _("элемент «{name}» здесь не ожидается")
        )
        if not missing and expected:
            template = _("элемент «{name}» здесь не ожидается, ожидается: {expected}")
    elif code in ("SCHEMAV_CVC_COMPLEX_TYPE_3_2_1", "SCHEMAV_CVC_COMPLEX_TYPE_4"):
        attribute = re.search(r"attribute '([^']*)'", message)
        values["attribute"] = attribute.group(1) if attribute else ""
        extra = code.endswith("3_2_1")
        template = (
            _("атрибута «{attribute}» у «{name}» быть не может")
            if extra
            else _("у «{name}» нет обязательного атрибута «{attribute}»")
        )
    elif value:
        template = _("значение «{value}» элемента «{name}» не подходит по схеме")
    else:
        template, values["message"] = _("нарушение схемы: {message}"), message
    return problem("SCHEMA", template, line=line, path=path, **values)
