"""A bank: DirectBank over HTTP, and a window for files (facts/exchanges.md 4).

The dialogue is `harness.exchange.directbank_dialogue`; around it the bank checks what banks check of a payment order, executes it once, sends
its notices, and gives statements. A payment order in a file is checked by the same rules.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from starlette.responses import Response

from harness.errors import DocumentError
from harness.exchange import bank as file_format
from harness.exchange import directbank as db
from harness.exchange import directbank_write as writing
from harness.exchange.bank_rules import Direction, validate
from harness.exchange.directbank_dialogue import Bank as State
from harness.exchange.directbank_dialogue import Request, enqueue, step
from harness.exchange.peers.server import Asked, Peer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

ROOT = "/api"
BREAKING = ("ENCODING", "STRUCTURE", "MISSING", "MOJIBAKE", "VALUE")
KINDS = ("Платежное поручение", "Платежное требование", "Инкассовое поручение", "Аккредитив")
"""Kinds of documents a bank takes in a file."""
_NOW = "2026-03-31T12:00:00"
_TREASURY = "03"
_TREASURY_CORRESPONDENT = "40102"


@dataclass(frozen=True, slots=True)
class Executed:
    """A payment the bank has executed."""

    number: str
    amount: Decimal
    payee_account: str
    packet: str


class Bank(Peer):
    """The bank.

    Args:
        bic: of the bank whose customer the base is.
        versions: of the text format the bank takes.
        tls: see `Peer`.
    """

    name = "банк"

    def __init__(self, bic: str, *, versions: Sequence[str] = ("1.02", "1.03"), tls: Path | None = None) -> None:
        super().__init__(tls=tls)
        self.versions = tuple(versions)
        self.user, self.password = "customer", secrets.token_urlsafe(12)
        self.executed: list[Executed] = []
        self.silent = False
        """Takes packets and says nothing more: what left is not what arrived."""
        self.rejecting = ""
        """A reason to refuse every payment order with status 03."""
        party = db.Party(bic=bic, name="Банк стенда")
        self._state = State(party=party, customer=db.Party(), user=self.user, password=self.password, traces=True)
        self._count = 0

    @property
    def packets(self) -> tuple[db.Packet, ...]:
        """What the bank has taken, in order."""
        return self._state.received

    @property
    def address(self) -> str:
        """Address of the exchange."""
        return f"{self.url}{ROOT}"

    def step_of(self, method: str, path: str, query: dict[str, str]) -> str:
        """Last part of the address: "Logon", "SendPack", …."""
        del method, query
        return path.rpartition("/")[2]

    def failed(self, kind: str, asked: Asked) -> Response:
        """An error inside of an answer 200, as banks do it; a page; a status."""
        if kind in ("error-200", "expired"):
            code = "1006" if kind == "expired" else "1001"
            root = writing.new_root("ResultBank", formatVersion=db.VERSION, userAgent="bank")
            error = db.element(root, "Error")
            db.element(error, "Code", code)
            db.element(
                error,
                "Description",
                "Сессия закрыта по тайм-ауту" if kind == "expired" else "Сервис временно недоступен",
            )
            return _xml(writing.to_bytes(root))
        if kind == "garbage":
            return Response("<html>Технические работы</html>", 200, media_type="text/html; charset=utf-8")
        return super().failed(kind, asked)

    def answer(self, asked: Asked) -> Response:
        """One request of the dialogue."""
        if not self._state.customer.id and asked.headers.get("customerid"):
            # The bank of a stand learns its customer at the first logon: there is no contract on paper.
            self._state = replace(self._state, customer=db.Party(id=asked.headers["customerid"], name="Клиент"))
            settings = writing.settings(
                self._fresh(), _NOW, self._state.party, self._state.customer,
                address=self.address, user=self.user, kinds=self._state.kinds,
            )  # fmt: skip
            self._state = replace(self._state, settings=settings)
        request = Request(
            asked.step, asked.method, asked.headers, asked.query, asked.body, now=_NOW, fresh=self._fresh()
        )
        before = len(self._state.received)
        self._state, answer = step(self._state, request)
        if len(self._state.received) > before:
            self._execute(self._state.received[-1], request.fresh)
        return _xml(answer.body, answer.status)

    def _fresh(self) -> str:
        self._count += 1
        return f"00000000-0000-4000-8000-{self._count:012d}"

    def _execute(self, packet: db.Packet, answer: str) -> None:
        """Notices for a packet that was taken; its payments are executed or refused."""
        notices = []
        for item in packet.documents:
            if item.kind != "10":
                continue
            payment = db.read_payment(item.data)
            refused = self.rejecting
            if not refused:
                self.executed.append(
                    Executed(payment.number, payment.amount or Decimal(0), payment.payee_account, packet.id)
                )
            code, name = (db.REFUSED, "Отказан") if refused else (db.EXECUTED, "Исполнен")
            notices.append(
                writing.status_notice(
                    self._fresh(),
                    _NOW,
                    self._state.party,
                    self._state.customer,
                    of=item.id,
                    code=code,
                    name=name,
                    info=refused,
                )
            )
        if self.silent:
            return
        first = writing.packet_notice(
            self._fresh(), _NOW, self._state.party, self._state.customer, answer=answer, of=packet.id
        )
        self._queue("01", first)
        for notice in notices:
            self._queue("02", notice)

    def _queue(self, kind: str, content: bytes) -> None:
        ident = self._fresh()
        self._state = enqueue(self._state, ident, _NOW, [db.Document(ident, kind, content)])

    def give_statement(
        self, account: str, period: tuple[str, str], opening: Decimal, payments: Sequence[db.Payment],
        banks: Mapping[str, Mapping[str, str]],
    ) -> None:  # fmt: skip
        """Puts a statement into the queue of the customer; `period` are moments, YYYY-MM-DDThh:mm:ss."""
        ident = self._fresh()
        customer = self._state.customer if self._state.customer.id else db.Party(id="customer", name="Клиент")
        content = writing.statement(
            ident, _NOW, self._state.party, customer,
            account=account, period=period, opening=opening, payments=payments, banks=banks,
        )  # fmt: skip
        self._queue("15", content)

    # -- files -----------------------------------------------------------------------------------------------------------------

    def take_file(self, data: bytes) -> list[str]:
        """Payment orders as a file: reasons to refuse it, in the words of the bank's window; empty: taken."""
        try:
            file = file_format.read(data, "файл платёжных поручений")
        except DocumentError as error:
            return [error.message]
        found = [str(item) for item in validate(file, Direction.TO_BANK) if item.code in BREAKING]
        if file.version not in self.versions:
            found.append(f"версия формата {file.version}, банк принимает {', '.join(self.versions)}")
        for item in file.documents:
            if item.title not in KINDS:
                found.append(f"строка {item.line}: вид документа «{item.title}» банку не известен")
            found += [f"строка {item.line}: {text}" for text in self._budget(item)]
        return found

    @staticmethod
    def _budget(item: file_format.Section) -> list[str]:
        """A payment to the budget: the treasury's account, its single account, КБК and ОКТМО."""
        account, code = item.get("ПолучательСчет"), item.get("ПоказательКБК")
        treasury = account.startswith(_TREASURY)
        if not (treasury or code or item.get("СтатусСоставителя")):
            return []
        found = []
        if not item.get("СтатусСоставителя"):
            found.append("платёж в бюджет без статуса составителя")
        if len(code) != 20 or not code.isdigit():
            found.append(f"платёж в бюджет: КБК «{code}» не из 20 цифр")
        if len(item.get("ОКАТО")) not in (8, 11) or not item.get("ОКАТО").isdigit():
            found.append(f"платёж в бюджет: ОКТМО «{item.get('ОКАТО')}» не из 8 или 11 цифр (поле «ОКАТО»)")
        if not treasury:
            found.append(f"платёж в бюджет не на казначейский счёт: {account}")
        if not item.get("ПолучательКорсчет").startswith(_TREASURY_CORRESPONDENT):
            found.append(f"платёж в бюджет без единого казначейского счёта: «{item.get('ПолучательКорсчет')}»")
        return found


def _xml(content: bytes, status: int = 200) -> Response:
    return Response(content, status, media_type="application/xml; charset=utf-8")
