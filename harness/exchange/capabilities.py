"""What a base says it can exchange: the answer of GetIBParameters, before and after an update (facts/exchanges.md 1.7, 1.8).

"The best single probe": versions of the format, objects it sends and receives in each, its node code and prefix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from harness.exchange.enterprise_data import common_version, version_key
from harness.exchange.problems import FormatError, Problem, problem
from harness.exchange.problems import mark as _

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

ALL = "*"
_LIMIT = 16 * 2**20


class Supported(msgspec.Struct, frozen=True, kw_only=True):
    """An object type of the format.

    Attributes:
        send: versions in which it is sent; "*" is all of them, an empty list none.
        receive: the same for receiving.
    """

    object: str = msgspec.field(name="Object")
    send: list[str] | str = msgspec.field(name="Send", default="")
    receive: list[str] | str = msgspec.field(name="Receive", default="")


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """An answer of GetIBParameters; fields nobody compares are left out."""

    plan: str = msgspec.field(name="ExchangePlanName", default="")
    plan_exists: bool = msgspec.field(name="ExchangePlanExists", default=True)
    format: str = msgspec.field(name="ExchangeFormat", default="")
    versions: list[str] = msgspec.field(name="ExchangeFormatVersions", default_factory=list)
    objects: list[Supported] = msgspec.field(name="SupportedObjectsInFormat", default_factory=list)
    configuration: str = msgspec.field(name="ConfigurationVersion", default="")
    node: str = msgspec.field(name="ThisNodeCode", default="")
    node_exists: bool = msgspec.field(name="NodeExists", default=False)
    prefix: str = msgspec.field(name="InfobasePrefix", default="")
    completed: bool = msgspec.field(name="DataSynchronizationSetupCompleted", default=False)
    settings_version: str = msgspec.field(name="DataExchangeSettingsFormatVersion", default="")

    def directions(self, version: str) -> dict[str, str]:
        """Object types of a version and what is done with them: "send", "receive" or "both"."""
        found = {}
        for item in self.objects:
            sends, receives = _has(item.send, version), _has(item.receive, version)
            if sends or receives:
                found[item.object] = "both" if sends and receives else "send" if sends else "receive"
        return found


def _has(versions: list[str] | str, version: str) -> bool:
    listed = [part.strip() for part in versions.split(",")] if isinstance(versions, str) else versions
    return ALL in listed or version in listed


def read(data: bytes, place: str = "GetIBParameters") -> Capabilities:
    """Reads an answer: JSON, of an HTTP service with any content type.

    Raises:
        DocumentError: not JSON, or of another shape.
    """
    if len(data) > _LIMIT:
        raise FormatError(_("файл больше {limit} МБ: целиком такой не читается"), place=place, limit=_LIMIT // 2**20)
    try:
        found = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=Capabilities)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise FormatError(_("это не ответ GetIBParameters: {error}"), place=place, error=error) from error
    if not found.format and not found.versions and not found.plan:
        raise FormatError(_("это не ответ GetIBParameters: {error}"), place=place, error="ExchangeFormat")
    return found


def check(found: Capabilities) -> list[Problem]:
    """What prevents an exchange already now."""
    wrong = []
    if not found.plan_exists:
        wrong.append(
            problem("MISSING", _("плана обмена «{plan}» в базе нет"), path="/ExchangePlanExists", plan=found.plan)
        )
    if not found.versions:
        wrong.append(problem("VERSION", _("база не называет ни одной версии формата"), path="/ExchangeFormatVersions"))
    if not found.completed:
        template = _("настройка синхронизации в базе не завершена")
        wrong.append(problem("STRUCTURE", template, path="/DataSynchronizationSetupCompleted"))
    if found.versions and not found.objects:
        template = _("база не называет ни одного вида объектов формата")
        wrong.append(problem("MISSING", template, path="/SupportedObjectsInFormat"))
    return wrong


def differences(
    before: Capabilities, after: Capabilities, *, peer: Collection[str] = (), used: Collection[str] = ()
) -> list[Problem]:
    """What an update changed for the correspondents of a base.

    Args:
        before: answer before the update.
        after: answer after it.
        peer: versions the correspondent speaks; empty when they are not known (then the base's former versions stand for them).
        used: object types the base really exchanges; empty means all.
    """
    found = [*_identity(before, after)]
    template = _("версия формата {version} больше не поддерживается")
    found += [
        problem("VERSION", template, path="/ExchangeFormatVersions", version=version)
        for version in sorted(set(before.versions) - set(after.versions), key=version_key)
    ]
    theirs = tuple(peer) or tuple(before.versions)
    was, now = common_version(before.versions, theirs), common_version(after.versions, theirs)
    if was and not now:
        template = _("общей версии формата с корреспондентом больше нет, была {was}")
        found.append(problem("VERSION", template, path="/ExchangeFormatVersions", was=was))
    elif was != now:
        template = _(
            "общая версия формата с корреспондентом станет {now}, была {was}: проверьте новые обязательные поля"
        )
        found.append(problem("VERSION", template, path="/ExchangeFormatVersions", was=was, now=now))
    if was and now:
        found += _objects(before.directions(was), after.directions(now), used)
    return found


def _identity(before: Capabilities, after: Capabilities) -> list[Problem]:
    told: Mapping[str, tuple[Any, Any]] = {
        "ThisNodeCode": (before.node, after.node),
        "InfobasePrefix": (before.prefix, after.prefix),
        "ExchangeFormat": (before.format, after.format),
        "ExchangePlanName": (before.plan, after.plan),
        "NodeExists": (before.node_exists, after.node_exists),
        "DataSynchronizationSetupCompleted": (before.completed, after.completed),
    }
    return [
        problem("VALUE", _("{name}: было «{was}», стало «{now}»"), path=f"/{name}", name=name, was=was, now=now)
        for name, (was, now) in told.items()
        if was != now
    ]


def _objects(before: Mapping[str, str], after: Mapping[str, str], used: Collection[str]) -> list[Problem]:
    words = {"send": _("отправка"), "receive": _("получение")}
    found = []
    for name, was in sorted(before.items()):
        if used and name not in used:
            continue
        now = after.get(name, "")
        if not now:
            template = _("объект «{object}» в формате больше не поддерживается")
            found.append(problem("UNKNOWN", template, path="/SupportedObjectsInFormat", object=name))
        elif now not in {was, "both"}:
            lost = next(iter({"send", "receive"} - {now})) if was == "both" else was
            template = _("объект «{object}»: направление «{direction}» потеряно")
            found.append(
                problem("UNKNOWN", template, path="/SupportedObjectsInFormat", object=name, direction=words[lost])
            )
    return found
