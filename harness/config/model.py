"""Every key of readiness.toml, its type, its default and its description: the schema and the documentation are made from here."""

from __future__ import annotations

import datetime as dt  # noqa: TC003  # msgspec reads the annotations
from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of all sections."""


Reference = Annotated[
    str,
    Meta(
        description="Ссылка на пароль: env:ИМЯ, file:ПУТЬ или keyring:ИМЯ. Сам пароль здесь запрещён.",
        extra_json_schema={"pattern": "^((env|file|keyring):.+)?$"},
        extra={"secret": True},
    ),
]


def _meta(description: str) -> Meta:
    return Meta(description=description)


class Project(Section, frozen=True):
    """Что и для кого проверяется."""

    name: Annotated[str, _meta("Название проекта: стоит в заголовке заключения.")] = "Проверка готовности к обновлению"
    client: Annotated[str, _meta("Организация, для которой выпускается заключение.")] = ""
    owner: Annotated[str, _meta("Кто отвечает за обновление в целом.")] = ""
    records: Annotated[str, _meta("Папка, в которой создаются протоколы прогонов.")] = "records"


class Stand(Section, frozen=True):
    """Стенд: копия базы, на которой репетируется обновление."""

    kind: Annotated[
        Literal["embedded", "container", "external"],
        _meta(
            "embedded: встроенный эмулятор; container: он же с PostgreSQL в контейнерах Docker; external: ваша копия базы по адресу url."
        ),
    ] = "embedded"
    company: Annotated[str, _meta("embedded и container: демонстрационная компания.")] = "demo"
    release: Annotated[
        str, _meta("embedded и container: релиз, с которого начинается репетиция; у записанной базы его название.")
    ] = ""
    documents: Annotated[int, Meta(ge=1, description="embedded и container: сколько документов создать.")] = 500
    seed: Annotated[
        int, _meta("embedded и container: начальное число генератора; одно число даёт одну и ту же базу.")
    ] = 1
    metadata: Annotated[
        str, _meta("embedded: файл $metadata записанной базы; тогда вместо демонстрационной компании открывается она.")
    ] = ""
    feeds: Annotated[tuple[str, ...], _meta("embedded: файлы SelectChanges с данными записанной базы.")] = ()
    publication: Annotated[
        str, _meta("embedded и container: имя публикации в адресе; по умолчанию demo или recorded.")
    ] = ""
    base_image: Annotated[
        str, _meta("container: образ, на котором собирается стенд; по умолчанию debian:bookworm-slim.")
    ] = ""
    certificates: Annotated[
        str,
        _meta(
            "container: файл сертификатов (PEM) для сборки образа за прокси, который проверяет TLS; по умолчанию переменная SSL_CERT_FILE."
        ),
    ] = ""
    url: Annotated[str, _meta("external: корень публикации копии базы, например http://stand/erp_copy.")] = ""
    base: Annotated[
        str, _meta("external: чем эта база отличается от других; по умолчанию то, что она сообщает о себе.")
    ] = ""
    exchange_folder: Annotated[
        str, _meta("external: папка этого компьютера для обмена файлами, которую видит и база на другом сервере.")
    ] = ""
    exchange_folder_seen_as: Annotated[
        str, _meta("external: как называет эту папку сервер 1С, например '\\\\server\\exchange' или /mnt/exchange.")
    ] = ""


class User(Section, frozen=True):
    """Пользователь базы."""

    name: Annotated[str, _meta("Имя пользователя 1С.")] = ""
    password: Reference = ""


class Update(Section, frozen=True):
    """Обновление, которое репетируется."""

    release: Annotated[str, _meta("Номер релиза, на который обновляется стенд.")] = ""
    metadata: Annotated[str, _meta("embedded, записанная база: файл $metadata после обновления.")] = ""
    feeds: Annotated[tuple[str, ...], _meta("embedded, записанная база: данные после обновления.")] = ()


class Action(Section, frozen=True):
    """Действие над внешним стендом: команда или человек."""

    command: Annotated[
        tuple[str, ...],
        _meta("Программа и её аргументы, без оболочки. Подстановки: {backup}, {release}, {url}, {record}."),
    ] = ()
    timeout: Annotated[float, Meta(gt=0, description="Сколько секунд команде дано на работу.")] = 3600.0
    by_hand: Annotated[
        bool,
        _meta(
            "Действие выполняет человек: прогон остановится, скажет, что сделать, и продолжится после подтверждения."
        ),
    ] = False
    file: Annotated[str, _meta("backup: где окажется файл копии; по умолчанию рабочая папка прогона ({backup}).")] = ""


class Production(Section, frozen=True):
    """Рабочие базы: к ним не будет ни одного обращения."""

    addresses: Annotated[tuple[str, ...], _meta("Адреса рабочих публикаций, например https://1c.company.ru/erp.")] = ()


class Scenarios(Section, frozen=True):
    """Какие сценарии выполнять."""

    paths: Annotated[tuple[str, ...], _meta("Папки и файлы со сценариями.")] = ("scenarios",)
    pack: Annotated[
        str,
        _meta(
            "Файл соответствия ролей и имён метаданных; по умолчанию пакет демонстрационной компании или пакет «любая база»."
        ),
    ] = ""
    only: Annotated[tuple[str, ...], _meta("Выполнять только эти сценарии (обозначения, например BANK-01).")] = ()
    skip: Annotated[tuple[str, ...], _meta("Не выполнять эти сценарии.")] = ()
    workers: Annotated[int, Meta(ge=1, le=64, description="Сколько сценариев чтения выполнять одновременно.")] = 1


class Period(Section, frozen=True):
    """Период, за который сравниваются отчёты и итоги."""

    start: Annotated[dt.date | None, _meta("Первый день, ГГГГ-ММ-ДД.")] = None
    end: Annotated[dt.date | None, _meta("Последний день, ГГГГ-ММ-ДД.")] = None


Policy = Literal["ignore", "conditions", "incomplete", "no-go"]
"""What a gate comes to: nothing, GO WITH CONDITIONS, INCOMPLETE, NO-GO."""


class Gates(Section, frozen=True):
    """Критерии допуска. Правила вида ignore, conditions, incomplete, no-go говорят, к какому решению приводит обстоятельство."""

    report_coverage: Annotated[
        float, Meta(ge=0, le=1, description="Какая доля своих отчётов базы должна быть проверена.")
    ] = 0.8
    max_warnings: Annotated[int, Meta(ge=0, description="Сколько предупреждений допустимо для решения GO.")] = 0
    backup_unproven: Annotated[Policy, _meta("Резервную копию некому или нечем проверить восстановлением.")] = (
        "conditions"
    )
    isolation_unknown: Annotated[Policy, _meta("Неизвестно, изолирован ли стенд.")] = "conditions"
    not_checked: Annotated[Policy, _meta("Сценарий, который мог остановить обновление, не проверен.")] = "conditions"
    update_unknown: Annotated[Policy, _meta("База не сообщает, как прошло обновление.")] = "conditions"
    reports_unknown: Annotated[Policy, _meta("Неизвестно, какие отчёты есть в базе.")] = "conditions"
    deferred_left: Annotated[Policy, _meta("Отложенные обработчики обновления не закончены.")] = "conditions"
    window: Annotated[Policy, _meta("Обновление и откат не помещаются в технологическое окно.")] = "no-go"


_EXCLUDED = Meta(pattern=r"^[^:]+:\s*\S", description="ШАБЛОН: причина; «*» в имени значит «что угодно».")


class Sweep(Section, frozen=True):
    """Проверки, которым хватает описания базы: что не проверять, сколько времени тратить, с чего начать."""

    exclude: Annotated[
        tuple[Annotated[str, _EXCLUDED], ...],
        _meta("Чего не проверять: «ШАБЛОН: причина», например «InformationRegister_Очередь*: меняется сама»."),
    ] = ()
    exclusions: Annotated[str, _meta("Файл исключений: записи [[exclude]] с objects, reason и owner.")] = ""
    budget: Annotated[
        float,
        Meta(
            ge=0, description="Сколько секунд этапа дано на эти проверки, 0 — сколько понадобится; тратятся по риску."
        ),
    ] = 0.0
    changed: Annotated[
        tuple[str, ...],
        _meta(
            "Что меняет релиз (из описания релиза или отчёта сравнения конфигураций): эти объекты проверяются первыми."
        ),
    ] = ()
    sessions: Annotated[
        int,
        Meta(ge=1, le=32, description="Сколько сеансов базы занимать чтением; отказы в сеансе уменьшают это число."),
    ] = 2
    sample: Annotated[int, Meta(ge=1, description="Сколько документов каждого вида перепроводить.")] = 12
    seed: Annotated[int, _meta("Начальное число выборки: одно число даёт одну и ту же выборку.")] = 1
    limit: Annotated[
        int, Meta(ge=0, description="Набор, в котором строк больше, только считается; 0 — читать любой.")
    ] = 200_000


class Timings(Section, frozen=True):
    """Как сравнивается время операций."""

    repeats: Annotated[
        int,
        Meta(
            ge=3,
            le=1000,
            description="Сколько раз повторять каждое измерение; долгое (вместе больше двух секунд) — реже, но не меньше трёх раз.",
        ),
    ] = 7
    ratio: Annotated[float, Meta(gt=1, description="Во сколько раз медиана после обновления может быть больше.")] = 2.0
    floor_ms: Annotated[float, Meta(ge=0, description="Замедление меньше этого числа миллисекунд не считается.")] = (
        100.0
    )


class Acceptances(Section, frozen=True):
    """Согласованные расхождения."""

    file: Annotated[str, _meta("Файл acceptances.toml.")] = ""


class Documents(Section, frozen=True):
    """Документы по итогам прогона."""

    formats: Annotated[
        tuple[Literal["html", "json", "junit", "allure", "pdf"], ...],
        _meta("Какие документы выпустить."),
    ] = ("html", "json", "junit", "allure", "pdf")
    browser: Annotated[str, _meta("Путь к Chromium для PDF и картинок страниц; по умолчанию ищется сам.")] = ""
    pages: Annotated[
        Literal["pictures", "text"],
        _meta(
            "Как сравнивать страницы (печатные формы, отчёты в HTML): pictures — текстом и картинкой, text — только текстом."
        ),
    ] = "pictures"


class Window(Section, frozen=True):
    """Технологическое окно рабочего обновления: из него и измеренных времён считается срок отката."""

    start: Annotated[dt.datetime | None, _meta("Начало окна, местное время базы: 2026-11-28T20:00.")] = None
    end: Annotated[dt.datetime | None, _meta("Конец окна.")] = None
    margin: Annotated[
        float,
        Meta(ge=0, le=10, description="Запас к измеренному времени: 0.5 значит в полтора раза дольше, чем на стенде."),
    ] = 0.5


class Prove(Section, frozen=True):
    """Проверка самих проверок: что замечает набор сценариев, измеряет readiness prove."""

    file: Annotated[
        str,
        _meta(
            "Её результат, который войдёт в заключение; по умолчанию prove.json в папке протоколов, если он там есть."
        ),
    ] = ""


class Settings(Section, frozen=True):
    """readiness.toml целиком."""

    language: Annotated[Literal["ru", "en"], _meta("Язык документов.")] = "ru"
    project: Project = Project()
    stand: Stand = Stand()
    user: User = User()
    users: Annotated[dict[str, User], _meta('Другие пользователи для проверки прав: [users."Менеджер"].')] = {}
    update: Update = Update()
    backup: Action = Action()
    restore: Action = Action()
    apply: Action = Action()
    production: Production = Production()
    scenarios: Scenarios = Scenarios()
    period: Period = Period()
    gates: Gates = Gates()
    sweep: Sweep = Sweep()
    timings: Timings = Timings()
    acceptances: Acceptances = Acceptances()
    documents: Documents = Documents()
    window: Window = Window()
    prove: Prove = Prove()
