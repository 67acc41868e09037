"""A configuration as JSON: it is stored in the base, so a backup carries its release."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import msgspec

from harness.errors import DocumentError
from harness.onec.names import Kind, ObjectName
from stand.emulator.model import (
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

_TAG = "$value"


def dump_configuration(configuration: Configuration) -> bytes:
    """The whole configuration, behaviour included."""
    return msgspec.json.encode(
        {
            "name": configuration.name,
            "version": configuration.version,
            "title": configuration.title,
            "vendor": configuration.vendor,
            "platform": configuration.platform,
            "objects": list(configuration.objects.values()),
            "enumerations": list(configuration.enumerations.values()),
            "behaviour": _plain(configuration.behaviour),
        }
    )


def load_configuration(data: bytes) -> Configuration:
    """The configuration out of its JSON.

    Raises:
        DocumentError: the text is not what `dump_configuration` wrote.
    """
    try:
        raw = msgspec.json.decode(data)
        objects = [_object(item) for item in raw["objects"]]
        enumerations = [Enumeration(item["name"], tuple(item["values"]), item["title"]) for item in raw["enumerations"]]
        return Configuration(
            name=raw["name"],
            version=raw["version"],
            objects={str(item.name): item for item in objects},
            enumerations={item.name: item for item in enumerations},
            title=raw["title"],
            vendor=raw["vendor"],
            platform=raw["platform"],
            behaviour=_rich(raw["behaviour"]),
        )
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise DocumentError(
            "описание конфигурации в базе испорчено",
            hint="возьмите другую резервную копию или создайте базу заново",
        ) from error


def _plain(value: Any) -> Any:
    """Behaviour is plain data of TOML: what JSON has no word for gets a tag."""
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    name = _NAMES.get(type(value))
    return value if name is None else {_TAG: name, "text": str(value)}


_NAMES = {datetime: "datetime", date: "date", time: "time", Decimal: "decimal"}
_TAGGED = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "decimal": Decimal,
}


def _rich(value: Any) -> Any:
    if isinstance(value, dict):
        known = _TAGGED.get(value.get(_TAG, ""))
        return known(value["text"]) if known else {name: _rich(item) for name, item in value.items()}
    return [_rich(item) for item in value] if isinstance(value, list) else value


def _object(raw: dict[str, Any]) -> MetaObject:
    name = ObjectName(Kind(raw["name"]["kind"]), raw["name"]["name"])
    register = raw["register"]
    return MetaObject(
        name=name,
        standard=_attributes(raw["standard"]),
        attributes=_attributes(raw["attributes"]),
        sections=tuple(
            TabularSection(item["name"], _attributes(item["attributes"]), item["title"], item["published"])
            for item in raw["sections"]
        ),
        register=_register(register) if register else None,
        title=raw["title"],
        published=raw["published"],
        journal=_journal(raw.get("journal")),
    )


def _journal(raw: dict[str, Any] | None) -> Journal | None:
    if raw is None:
        return None
    columns = tuple((name, tuple((document, field) for document, field in sources)) for name, sources in raw["columns"])
    return Journal(tuple(raw["documents"]), columns)


def _schedule(raw: dict[str, Any] | None) -> Schedule | None:
    if raw is None:
        return None
    links = tuple((mine, theirs) for mine, theirs in raw["links"])
    return Schedule(raw["register"], raw["value"], raw["date"], links)


def _register(raw: dict[str, Any]) -> Register:
    return Register(
        kind=RegisterKind(raw["kind"]),
        dimensions=_attributes(raw["dimensions"]),
        resources=_attributes(raw["resources"]),
        attributes=_attributes(raw["attributes"]),
        periodic=raw["periodic"],
        recorders=tuple(raw["recorders"]),
        correspondence=raw["correspondence"],
        chart=raw["chart"],
        virtual=tuple(raw["virtual"]),
        keyed_by_recorder=raw["keyed_by_recorder"],
        action_period=raw.get("action_period", False),
        base_period=raw.get("base_period", False),
        bases=tuple(raw.get("bases", ())),
        schedule=_schedule(raw.get("schedule")),
    )


def _attributes(raw: list[dict[str, Any]]) -> tuple[Attribute, ...]:
    return tuple(
        Attribute(
            name=item["name"],
            type=ValueType(
                alternatives=tuple(item["type"]["alternatives"]),
                length=item["type"]["length"],
                digits=item["type"]["digits"],
                fraction=item["type"]["fraction"],
                edm=item["type"]["edm"],
                open=item["type"]["open"],
                unlimited=item["type"].get("unlimited", False),
            ),
            title=item["title"],
            standard=item["standard"],
            flag=item.get("flag", ""),
        )
        for item in raw
    )
