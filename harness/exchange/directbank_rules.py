"""What a bank or 1C would refuse in packets and documents of DirectBank, apart from the XSD (facts/exchanges.md 4.2)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from harness.exchange.directbank import FOREIGN_KINDS, KINDS, read_document, read_payment, read_statement
from harness.exchange.markup import local
from harness.exchange.problems import FormatError, Problem, problem, problem_of
from harness.exchange.problems import mark as _

if TYPE_CHECKING:
    from harness.exchange.directbank import Document, Packet, Payment, Statement


def check_packet(packet: Packet) -> list[Problem]:
    """What a bank or 1C would refuse in a packet, apart from the XSD."""
    found = []
    if not packet.documents:
        found.append(problem("MISSING", _("в пакете нет документов"), path="/Packet"))
    seen: set[str] = set()
    for place, item in enumerate(packet.documents, start=1):
        path = f"/Packet/Document[{place}]"
        if item.kind not in KINDS and item.kind not in FOREIGN_KINDS:
            found.append(problem("VALUE", _("неизвестный вид документа «{kind}»"), path=path, kind=item.kind))
        if item.id in seen:
            found.append(problem("DUPLICATE", _("документ {id} встречается в пакете дважды"), path=path, id=item.id))
        seen.add(item.id)
        if item.kind in KINDS and not item.encrypted:
            found += _inner(item, path)
    return found


def _inner(item: Document, path: str) -> list[Problem]:
    try:
        root = read_document(item.data, path)
    except FormatError as error:
        return [problem_of("STRUCTURE", error.template, error.values, path=path)]
    if KINDS[item.kind] != local(root):
        template = _("вид документа «{kind}» ({wanted}), а внутри {found}")
        return [problem("VALUE", template, path=path, kind=item.kind, wanted=KINDS[item.kind], found=local(root))]
    inner_id = root.get("id", "")
    found = []
    if inner_id and inner_id.lower() != item.id.lower():
        template = _("идентификатор документа в пакете {outer}, внутри документа {inner}")
        found.append(problem("REFERENCE", template, path=path, outer=item.id, inner=inner_id))
    return [*found, *check_document(item.data, path)]


def check_document(data: bytes, path: str = "") -> list[Problem]:
    """Content rules of a document: the balance of a statement, the numbers of a payment."""
    root = read_document(data, path or "документ")
    if local(root) == "Statement":
        return check_statement(read_statement(data), f"{path}/Statement")
    if local(root) in ("PayDocRu", "PayRequest"):
        return _check_payment(read_payment(data), f"{path}/{local(root)}/Data")
    return []


def check_statement(statement: Statement, path: str = "/Statement") -> list[Problem]:
    """Opening balance plus and minus the operations is the closing balance (the check of facts/exchanges.md 4.2)."""
    income, outcome = Decimal(0), Decimal(0)
    for payment in statement.payments:
        amount = payment.amount or Decimal(0)
        income, outcome = (income, outcome + amount) if payment.debit else (income + amount, outcome)
    if (
        statement.opening is None
        or statement.closing is None
        or statement.opening + income - outcome == statement.closing
    ):
        return []
    return [
        problem(
            "TOTALS",
            _("остаток не сходится: {opening} + {income} − {outcome} = {counted}, а указано {stated}"),
            path=f"{path}/Data/ClosingBalance",
            opening=statement.opening,
            income=income,
            outcome=outcome,
            counted=statement.opening + income - outcome,
            stated=statement.closing,
        )
    ]


def _check_payment(payment: Payment, path: str) -> list[Problem]:
    found = []
    if payment.amount is None or payment.amount <= 0:
        found.append(problem("VALUE", _("сумма платежа не положительное число"), path=f"{path}/Sum"))
    for name, account in (("Payer", payment.payer_account), ("Payee", payment.payee_account)):
        if len(account) != 20 or not account.isdigit():
            template = _("счёт «{account}»: нужно 20 цифр")
            found.append(problem("VALUE", template, path=f"{path}/{name}/Account", account=account))
    return found
