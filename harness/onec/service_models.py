"""What the readiness service answers, as frozen structures (design 4.4).

Fields a newer service adds are ignored; fields it may leave out have defaults.
"""

from __future__ import annotations

from typing import Any

import msgspec

from harness.onec.values import Row  # noqa: TC001 - msgspec reads annotations at run time


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the service's structures."""


class Configuration(Shape, frozen=True):
    """The configuration of the base."""

    name: str
    version: str = ""
    synonym: str = ""
    vendor: str = ""


class StandMark(Shape, frozen=True):
    """Whether the base says that it is a stand."""

    mark: bool = False
    name: str = ""


class IsolationState(Shape, frozen=True):
    """What is known to be blocked; None: the base does not say."""

    scheduled_jobs_blocked: bool | None = None
    external_resources_blocked: bool | None = None


class Extension(Shape, frozen=True):
    """An extension and whether it was applied at the last start."""

    name: str
    version: str = ""
    applied: bool = True
    reason: str = ""


class UpdateHandler(Shape, frozen=True):
    """An update handler: state is done, failed or waiting."""

    name: str
    version: str = ""
    state: str = "done"
    error: str = ""


class UpdateState(Shape, frozen=True):
    """Update handlers of the last update; `deferred_left` None: the base does not say."""

    handlers: tuple[UpdateHandler, ...] = ()
    deferred_left: int | None = None


class BaseInfo(Shape, frozen=True):
    """What the base says of itself.

    Attributes:
        base: what tells this base from another.
        server_time: ISO, local to the server.
    """

    base: str
    configuration: Configuration
    platform: str = ""
    time_zone: str = ""
    server_time: str = ""
    emulator: bool = False
    stand: StandMark = StandMark()
    isolation: IsolationState = IsolationState()
    extensions: tuple[Extension, ...] = ()
    update: UpdateState = UpdateState()


class ReportParameter(Shape, frozen=True):
    """A parameter of a report."""

    name: str
    type: str = "string"
    required: bool = False


class Report(Shape, frozen=True):
    """A report of the inventory: origin is vendor, extension or external."""

    name: str
    title: str = ""
    origin: str = "vendor"
    custom: bool = False
    variants: tuple[str, ...] = ()
    parameters: tuple[ReportParameter, ...] = ()


class ReportColumn(Shape, frozen=True):
    """A column: type is string, number, date or boolean."""

    name: str
    title: str = ""
    type: str = "string"


class ReportResult(Shape, frozen=True):
    """A report that was run; numbers are `Decimal`, dates `datetime`.

    Attributes:
        key: columns that identify a row; () when the report has none.
    """

    report: str
    columns: tuple[ReportColumn, ...]
    rows: tuple[Row, ...]
    variant: str = ""
    start: str = ""
    end: str = ""
    key: tuple[str, ...] = ()
    totals: dict[str, Any] = {}


class ExchangeObject(Shape, frozen=True):
    """An object of an exchange and its directions."""

    name: str
    send: bool = True
    receive: bool = True


class ExchangeNode(Shape, frozen=True):
    """A node of an exchange plan.

    Attributes:
        kind: shop, branch, universal or bank.
        registered: changes waiting to be sent.
    """

    plan: str
    node: str
    title: str = ""
    kind: str = ""
    sent_no: int = 0
    received_no: int = 0
    versions: tuple[str, ...] = ()
    node_version: str = ""
    objects: tuple[ExchangeObject, ...] = ()
    registered: int = 0
    last_success: str = ""
    enabled: bool = True


class ImportedObject(Shape, frozen=True):
    """An object a message brought."""

    set: str
    ref: str
    number: str = ""


class ImportResult(Shape, frozen=True):
    """What an import came to."""

    created: int = 0
    updated: int = 0
    skipped: int = 0
    already_received: bool = False
    objects: tuple[ImportedObject, ...] = ()
    warnings: tuple[str, ...] = ()


class Job(Shape, frozen=True):
    """A scheduled job: state is idle, running or failed."""

    name: str
    title: str = ""
    enabled: bool = True
    schedule: str = ""
    state: str = "idle"
    last_run: str | None = None
    last_error: str | None = None


class Right(Shape, frozen=True):
    """Rights of one role on one object."""

    role: str
    object: str
    read: bool = False
    insert: bool = False
    update: bool = False
    delete: bool = False
    post: bool = False


class LogEvent(Shape, frozen=True):
    """An event of the log: level is error, warning or info."""

    time: str
    level: str
    event: str = ""
    metadata: str = ""
    comment: str = ""
    user: str = ""


class Session(Shape, frozen=True):
    """A living session: application is ODataConnection, HTTPServiceConnection, BackgroundJob, Designer and the like."""

    number: int
    user: str = ""
    application: str = ""
    started: str = ""
    active: bool = False


class SessionLock(Shape, frozen=True):
    """Whether new sessions are blocked."""

    locked: bool = False
    message: str = ""
    with_code: bool = False


class Movements(Shape, frozen=True):
    """Records a document makes in one register."""

    register: str
    rows: tuple[Row, ...] = ()
