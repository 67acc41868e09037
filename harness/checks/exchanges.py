"""State of exchanges: nodes and their numbers, formats and objects they speak, and what an import did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.errors import AnswerError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.onec.services import ExchangeNode, ImportResult, ReadinessService

NODE_KEY = ("План", "Узел")
"""Key of the table of nodes."""
NODE_TYPES = (
    dict.fromkeys((*NODE_KEY, "Название", "ВерсияФормата"), "text")
    | {"Включён": "boolean"}
    | dict.fromkeys(("Отправлено", "Принято", "КОтправке"), "number")
)
"""Columns of the table of nodes, also of an empty one."""
IMPORT_KEY = "Загрузка"
"""Key of the table of imports."""


def node_rows(service: ReadinessService) -> list[dict[str, Any]]:
    """One row a node (key: NODE_KEY): switched on, numbers, queue, version stored in the node."""
    return [
        {
            "План": node.plan,
            "Узел": node.node,
            "Название": node.title,
            "Включён": node.enabled,
            "Отправлено": node.sent_no,
            "Принято": node.received_no,
            "КОтправке": node.registered,
            "ВерсияФормата": "" if _is_branch(node) else node.node_version,
        }
        for node in service.exchanges()
    ]


def capability_entries(nodes: Iterable[ExchangeNode]) -> dict[str, str]:
    """What the base can send and receive, as a contract: versions and objects by direction.

    The path names the plan and the node: `План/Узел/версия/1.17`, `План/Узел/отправка/Документ.РеализацияТоваровУслуг`.
    """
    found: dict[str, str] = {}
    for node in nodes:
        place = f"{node.plan}/{node.node}"
        if not _is_branch(node):
            found |= {f"{place}/версия/{version}": "версия формата" for version in node.versions}
        for item in node.objects:
            found |= {f"{place}/отправка/{item.name}": "объект"} if item.send else {}
            found |= {f"{place}/получение/{item.name}": "объект"} if item.receive else {}
    return dict(sorted(found.items()))


def _is_branch(node: ExchangeNode) -> bool:
    """A branch of a distributed base speaks no format of its own: its "version" is the release, which an update changes."""
    return node.kind == "branch"


def node_of(service: ReadinessService, plan: str, code: str = "") -> ExchangeNode:
    """A node by plan and code; the one with most to send when no code is given, in whatever order the base lists them.

    Raises:
        AssertionError: the base has no such node.
    """
    nodes = [item for item in service.exchanges(plan) if code in ("", item.node)]
    found = min(nodes, key=lambda item: (-item.registered, item.node), default=None)
    assert found is not None, f"В базе нет узла обмена «{plan}» {code}".rstrip()
    return found


def preview(service: ReadinessService, node: ExchangeNode) -> bytes:
    """The message that would be exported now; the numbers of the node do not move.

    Raises:
        AssertionError: the base cannot make it; the message names the exchange and the base's reason.
    """
    try:
        return service.preview_message(node.plan, node.node)
    except AnswerError as error:
        raise AssertionError(
            f"Обмен {node.plan}, узел {node.node}: сообщение не выгружается: {error.message}"
        ) from error


def import_row(result: ImportResult, step: str) -> dict[str, Any]:
    """What an import did, as a row (key: IMPORT_KEY). References and numbers of what was created are left out on purpose."""
    return {
        IMPORT_KEY: step,
        "Создано": result.created,
        "Обновлено": result.updated,
        "Пропущено": result.skipped,
        "РанееПринято": result.already_received,
        "Предупреждения": "; ".join(sorted(result.warnings)),
    }


def is_refused(service: ReadinessService, node: ExchangeNode, message: bytes) -> str:
    """The reason a message was refused for, "" when it was loaded.

    Raises:
        AnswerError: the base broke down on it instead of refusing it (status 500).
    """
    try:
        service.import_message(node.plan, node.node, message)
    except AnswerError as error:
        if error.status >= 500:
            raise
        return error.message or "без объяснения"
    return ""


def numbers_of(node: ExchangeNode) -> tuple[int, int]:
    """Sent and received numbers."""
    return node.sent_no, node.received_no


class LogWatch:
    """Errors of the event log that appear while an exchange runs (facts/exchanges.md 0, item 9).

    Args:
        service: of the base; a user without the right to the log sees nothing, and the scenario says so itself.
    """

    def __init__(self, service: ReadinessService) -> None:
        self._service = service
        self._since = service.info().server_time
        self._before = len(self._errors())

    def _errors(self) -> list[str]:
        events = self._service.log(self._since or None)
        return [f"{item.event}: {item.comment}" for item in events if item.level == "error"]

    def errors(self) -> list[str]:
        """Errors written since this watch began."""
        return self._errors()[self._before :]

    def told(self) -> str:
        """The first of them in one line, "" when there are none."""
        return "; ".join(self.errors()[:3])
