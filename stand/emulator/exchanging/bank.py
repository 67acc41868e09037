"""Payment orders for a bank in the format 1CClientBankExchange (facts/exchanges.md 4.1); the node of this exchange is the number of a current account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stand.emulator.behaviour.expressions import compiled
from stand.emulator.exchanging.common import Context, ExchangeError, now

if TYPE_CHECKING:
    from stand.emulator.rows import Row

__all__ = ["END", "PURPOSE_LENGTH", "SIGNATURE", "export_orders", "order_cells", "orders_waiting", "own_account"]

SIGNATURE = "1CClientBankExchange"
END = "КонецФайла"
PURPOSE_LENGTH = 210


def orders_waiting(context: Context) -> list[Row]:
    """Posted payment orders of the account that are not paid yet, in order of their numbers."""
    account = own_account(context)
    where = {"БанковскийСчет": account["Ref"], "Оплачено": False}
    where |= {} if context.table.get("sends_unposted") else {"Posted": True}
    return list(context.session.select(str(context.table["document"]), where=where, order=("Number",)))


def export_orders(context: Context) -> bytes:
    """The file of payment orders for the bank."""
    orders = orders_waiting(context)
    dates = sorted(row["ДатаПлатежа"] for row in orders) or [now()]
    created = now()
    lines = [
        SIGNATURE,
        f"ВерсияФормата={context.table['format_version']}",
        f"Кодировка={context.table['encoding_label']}",
        f"Отправитель={context.lookup.configuration.title}",
        "Получатель=",
        f"ДатаСоздания={created:%d.%m.%Y}",
        f"ВремяСоздания={created:%H:%M:%S}",
        f"ДатаНачала={dates[0]:%d.%m.%Y}",
        f"ДатаКонца={dates[-1]:%d.%m.%Y}",
        f"РасчСчет={context.node}",
        f"Документ={context.table['order_kind']}",
    ]
    scope = context.lookup.scope()
    fields = [(name, compiled(text, "exchanges/БанкКлиент")) for name, text in context.table["order_fields"].items()]
    optional = context.table["optional_fields"]
    for row in orders:
        scope["doc"] = row
        lines.append(f"СекцияДокумент={context.table['order_kind']}")
        cells = [(name, _line(context, name, expression(scope))) for name, expression in fields]
        lines += [f"{name}={value}" for name, value in cells if value or name not in optional]
        lines.append("КонецДокумента")
    lines += [END] if context.table.get("ends", True) else []
    text = "\r\n".join(lines) + "\r\n"
    return text.encode(str(context.table["encoding"]), errors="replace")


def order_cells(context: Context, row: Row) -> dict[str, str]:
    """Fields of one payment order as the file has them."""
    scope = context.lookup.scope()
    scope["doc"] = row
    fields = context.table["order_fields"].items()
    return {name: _line(context, name, compiled(text, "exchanges/БанкКлиент")(scope)) for name, text in fields}


def _line(context: Context, name: str, value: Any) -> str:
    """One line, whatever was typed into the attribute; the purpose has its limit."""
    text = " ".join(str(value or "").split())[: int(context.table.get("purpose_length", PURPOSE_LENGTH))]
    for old, new in context.table.get("replacements", {}).items():
        text = text.replace(old, new)
    return text.replace(".", str(context.table.get("decimal_point", "."))) if name == "Сумма" else text


def own_account(context: Context) -> Row:
    """The current account this node is of.

    Raises:
        ExchangeError: no organisation has it.
    """
    found = [
        row
        for row in context.session.find("Catalog_БанковскиеСчета", НомерСчета=context.node)
        if row["Owner"].object == "Catalog_Организации"
    ]
    if not found:
        raise ExchangeError("account", f"Расчётный счёт {context.node} не найден среди счетов организаций")
    return found[0]
