"""Makes the stand the settings ask for, and says under which users to work with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.basefile import Credentials
from harness.config import resolve
from harness.errors import ConfigError, ProductionError
from harness.onec.exchange_folder import SharedFolder
from harness.onec.guard import WriteGuard
from harness.onec.session import StandSession
from harness.record import add_secret
from harness.resources import PACKS, resource
from harness.run.access import Access

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.config import Config
    from harness.config.model import Action, User
    from harness.run.work import WorkFolder
    from stand.actions import Action as StandAction
    from stand.bases import Base
    from stand.container import ContainerStand
    from stand.embedded import EmbeddedStand
    from stand.external import ExternalStand
    from stand.protocol import Stand

DEMO_RELEASE = "2.0.14.7"


def build(config: Config, work: WorkFolder, record: Path, environ: Mapping[str, str]) -> Stand:
    """The stand, not yet started.

    Raises:
        UsageError: what is configured cannot be: a missing file, a password that is not there, production.
    """
    if config.settings.stand.kind == "external":
        return _external(config, work, record, environ)
    if config.settings.stand.kind == "container":
        return _container(config, work, environ)
    from stand.embedded import EmbeddedStand

    user = config.settings.user
    password = _secret(config, user.password, "user.password", environ) if user.password else ""
    return EmbeddedStand(embedded_base(config), work.stand, password=password)


def access(config: Config, stand: Stand, environ: Mapping[str, str]) -> Access:
    """Under which users to work with a started stand."""
    from stand.container import ContainerStand
    from stand.embedded import EmbeddedStand

    if isinstance(stand, EmbeddedStand | ContainerStand):
        aliases = {role: item.name for role, item in config.settings.users.items()}
        return access_of(stand, config.settings.user.name, aliases)
    return _access(config, environ)


def guard_of(config: Config) -> WriteGuard:
    """The write guard of a run."""
    return WriteGuard(config.settings.production.addresses)


def target_of(config: Config) -> str:
    """The release the stand is updated to; "" when it has no name. A recorded state is named by its content."""
    if config.settings.update.release or config.settings.stand.kind != "embedded" or not config.settings.stand.metadata:
        return config.settings.update.release
    from stand.bases import RecordedBase

    base = embedded_base(config)
    return base.target if isinstance(base, RecordedBase) else ""


def pack_of(config: Config) -> Path | None:
    """The pack: the one of the settings, else that of the demo company or of any base."""
    scenarios, stand = config.settings.scenarios, config.settings.stand
    if scenarios.pack:
        return existing(config, scenarios.pack, "scenarios.pack")
    demo = stand.kind != "external" and not stand.metadata
    return resource(f"{PACKS}/{'demo' if demo else 'any'}.toml")


def scenario_paths(config: Config) -> tuple[Path, ...]:
    """Folders and files with scenarios; those of the project when the settings name none and there are none beside them.

    Raises:
        ConfigError: a path that is not there.
    """
    key = "scenarios.paths"
    if config.source(key) == "default" and not config.file("scenarios").exists():
        return (resource("scenarios"),)
    return tuple(existing(config, path, key) for path in config.settings.scenarios.paths)


def existing(config: Config, value: str, key: str) -> Path:
    """A file of the settings that must be there."""
    path = config.file(value)
    if not path.exists():
        raise ConfigError(f"нет файла {path}", place=config.place(key), hint="пути считаются от папки файла настроек")
    return path


def embedded_base(config: Config) -> Base:
    """What the emulator serves, embedded or in a container."""
    from stand.bases import ADMINISTRATOR, DemoBase, RecordedBase

    chosen, update = config.settings.stand, config.settings.update
    if not chosen.metadata:
        if chosen.company != "demo":
            raise ConfigError(
                f"нет компании «{chosen.company}»",
                place=config.place("stand.company"),
                hint='есть одна: company = "demo"',
            )
        if not update.release:
            raise ConfigError(
                "не сказано, на какой релиз обновлять",
                place=config.place("update.release"),
                hint='например release = "2.0.15.2"',
            )
        publication = chosen.publication or "demo"
        return DemoBase(chosen.release or DEMO_RELEASE, chosen.documents, chosen.seed, publication)
    return RecordedBase(
        metadata=existing(config, chosen.metadata, "stand.metadata"),
        feeds=tuple(existing(config, item, "stand.feeds") for item in chosen.feeds),
        next_metadata=existing(config, update.metadata, "update.metadata") if update.metadata else None,
        next_feeds=tuple(existing(config, item, "update.feeds") for item in update.feeds),
        release=chosen.release,
        next_release=update.release,
        user=config.settings.user.name or ADMINISTRATOR,
        publication=chosen.publication or "recorded",
    )


def access_of(
    stand: EmbeddedStand | ContainerStand, name: str = "", aliases: Mapping[str, str] | None = None
) -> Access:
    """Users of a stand of our own.

    Args:
        stand: a started one.
        name: the main one; "" for the first that may do everything.
        aliases: further names of roles and the users who play them, from [users].
    """
    accounts = stand.accounts()
    for account in accounts:
        add_secret(account.password, user=account.name)
    main = next((item for item in accounts if item.name == name), accounts[0])
    users: dict[str, Credentials] = {}
    for account in accounts:
        for role in account.roles:
            users.setdefault(role, Credentials(name=account.name, password=account.password))
        users |= {
            role: Credentials(name=account.name, password=account.password)
            for role, user in (aliases or {}).items()
            if user == account.name
        }
    return Access(Credentials(name=main.name, password=main.password), users)


def _container(config: Config, work: WorkFolder, environ: Mapping[str, str]) -> ContainerStand:
    """The demo company in containers; a recorded base is data of a user and stays in files of his own."""
    from stand.bases import DemoBase
    from stand.container import ContainerStand

    base = embedded_base(config)
    if not isinstance(base, DemoBase):
        raise ConfigError(
            "записанную базу в контейнере не открыть",
            place=config.place("stand.metadata"),
            hint='укажите [stand] kind = "embedded"',
        )
    chosen = config.settings.stand
    given = chosen.certificates or environ.get("SSL_CERT_FILE", "")
    certificates = existing(config, given, "stand.certificates") if given else None
    return ContainerStand(base, work.stand, base_image=chosen.base_image, certificates=certificates)


def _external(config: Config, work: WorkFolder, record: Path, environ: Mapping[str, str]) -> ExternalStand:
    from stand.external import ExternalStand

    settings = config.settings
    if not settings.stand.url:
        raise ConfigError(
            "не указан адрес стенда", place=config.place("stand.url"), hint='например url = "http://stand/erp_copy"'
        )
    guard = guard_of(config)
    try:
        entry = guard.production_entry(settings.stand.url)
    except ValueError as error:
        raise ConfigError(f"адрес стенда не читается: {error}", place=config.place("stand.url")) from error
    if entry:
        raise ProductionError(
            f"адрес стенда относится к рабочей базе «{entry}»: прогон не начат",
            place=config.place("stand.url"),
            hint="укажите адрес копии; рабочую базу прогон не трогает никогда",
        )
    shared = _shared(config)
    user = _access(config, environ).user
    session = StandSession(settings.stand.url, user.name, user.password, guard=guard)
    actions = {key: _action(config, key, getattr(settings, key)) for key in ("backup", "restore", "apply")}
    return ExternalStand(session, actions, work.stand, config.folder, record, settings.stand.base, shared)


def _shared(config: Config) -> SharedFolder | None:
    """The folder of exchanges by files, where the base sees it under another name."""
    folder, seen_as = config.settings.stand.exchange_folder, config.settings.stand.exchange_folder_seen_as
    if not folder and not seen_as:
        return None
    if not folder or not seen_as:
        key = "stand.exchange_folder_seen_as" if folder else "stand.exchange_folder"
        raise ConfigError(
            "у каталога обмена файлами два имени, а названо одно",
            place=config.place(key),
            hint="exchange_folder — путь на этом компьютере, exchange_folder_seen_as — как этот каталог называет сервер 1С",
        )
    here = existing(config, folder, "stand.exchange_folder")
    try:
        return SharedFolder.checked(here, seen_as)
    except ValueError as error:
        raise ConfigError(str(error), place=config.place("stand.exchange_folder_seen_as")) from error


def _action(config: Config, key: str, action: Action) -> StandAction:
    from stand.actions import Action as StandAction

    if action.command and action.by_hand:
        raise ConfigError(
            "указаны и command, и by_hand", place=config.place(f"{key}.command"), hint="оставьте что-то одно"
        )
    if key == "apply" and not action.command and not action.by_hand:
        raise ConfigError(
            "не сказано, как обновляется стенд",
            place=config.place("apply.command"),
            hint="укажите в [apply] command или by_hand = true",
        )
    file = config.file(action.file) if action.file else None
    return StandAction(key, action.command, action.timeout, by_hand=action.by_hand, file=file)


def _access(config: Config, environ: Mapping[str, str]) -> Access:
    settings = config.settings
    if not settings.user.name:
        raise ConfigError(
            "не указан пользователь базы",
            place=config.place("user.name"),
            hint='[user] name = "…", password = "env:ИМЯ"',
        )
    users = {role: _credentials(config, user, f"users.{role}", environ) for role, user in settings.users.items()}
    return Access(_credentials(config, settings.user, "user", environ), users)


def _credentials(config: Config, user: User, key: str, environ: Mapping[str, str]) -> Credentials:
    password = _secret(config, user.password, f"{key}.password", environ) if user.password else ""
    add_secret(password, user=user.name)
    return Credentials(name=user.name, password=password)


def _secret(config: Config, reference: str, key: str, environ: Mapping[str, str]) -> str:
    return resolve(reference, folder=config.folder, place=config.place(key), environ=environ).reveal()
