"""The base exchanges through a folder, as БСП does by transport FILE: it loads the correspondent's message, then writes its own.

The two steps do not depend on each other (facts/exchanges.md 1.3): a message that is missing or refused leaves the received number where it was
and is told when our own message, which confirms that number, has been written. The sent number is kept only when the file is in its place.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stand.emulator.exchanging import registration, universal
from stand.emulator.exchanging.common import ExchangeError, own_code
from stand.emulator.exchanging.folder import MessageFolder
from stand.emulator.exchanging.opening import open_context
from stand.emulator.exchanging.outward import address_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from stand.emulator.database.infobase import Infobase, Session
    from stand.emulator.exchanging.common import Context
    from stand.emulator.exchanging.running import RunResult

__all__ = ["run_by_folder"]


def run_by_folder(infobase: Infobase, plan: str, node: str, user: str, result: RunResult) -> None:
    """The correspondent's message in, ours out.

    Raises:
        ExchangeError: the folder is not there or not the stand's (nothing was done), or the correspondent's message is missing or refused.
    """
    swap = _Swap(infobase, plan, node, user, result)
    with swap.opened(infobase.reading(user)) as context:
        address = address_of(context.session, plan, node, context.table)
        folder = MessageFolder.at(address, own_code(context), node, context.table)
        writes_first = bool(context.table.get("writes_first"))
    if writes_first:
        swap.write(folder)
    refusal = swap.load(folder)
    if not writes_first:
        swap.write(folder)
    if refusal is not None:
        raise refusal


@dataclass(frozen=True, slots=True)
class _Swap:
    """One exchange with one node."""

    infobase: Infobase
    plan: str
    node: str
    user: str
    result: RunResult

    @contextmanager
    def opened(self, transaction: AbstractContextManager[Session]) -> Iterator[Context]:
        """The exchange within a transaction."""
        with transaction as session:
            yield open_context(self.infobase, session, self.plan, self.node)

    def load(self, folder: MessageFolder) -> ExchangeError | None:
        """Loads the newest message; the refusal of one that is missing or wrong."""
        try:
            name, content = folder.receive()
            self.result.steps.append(f"прочитан {name}")
            with self.opened(self.infobase.transaction(self.user)) as context:
                self.result.received = universal.import_message(context, content)
        except ExchangeError as error:
            return error
        return None

    def write(self, folder: MessageFolder) -> None:
        """Our message; its number is kept only when the file is in its place."""
        with self.opened(self.infobase.transaction(self.user)) as context:
            self.result.sent = len(registration.waiting(context.session, self.plan, self.node))
            message = universal.export_message(context, preview=bool(context.table.get("keeps_sent_number")))
            self.result.steps.append(f"записан {folder.send(message)}")
