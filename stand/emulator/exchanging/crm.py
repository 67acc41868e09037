"""What goes between the base and a CRM: companies out, deals in, as JSON in the manner of Bitrix24 (facts/exchanges.md 8).

The guard against doubles are ORIGINATOR_ID and ORIGIN_ID: the identifier of the base's own object in the CRM's record.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from stand.emulator.database.store import write_setting
from stand.emulator.exchanging import registration
from stand.emulator.exchanging.common import Context, ExchangeError, Outcome, differs
from stand.emulator.exchanging.outward import read_setting
from stand.emulator.rows import EMPTY, BusinessError, Ref, Row

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ORDERS", "PARTNERS", "deal_fields", "export_contacts", "import_deals", "load_deal", "partner_fields"]

ORDERS, PARTNERS, _GOODS = "Document_ЗаказПокупателя", "Catalog_Контрагенты", "Catalog_Номенклатура"
_MODIFIED = "crm.modified"


def partner_fields(context: Context, row: Row) -> dict[str, str]:
    """Fields of a company of the CRM."""
    table = context.table
    fields = {str(name): str(row[attribute]) for name, attribute in table["contact"].items()}
    fields["ORIGINATOR_ID"] = str(table["originator"])
    if table.get("sends_origin", True):
        fields["ORIGIN_ID"] = row["Ref"].id
    return fields


def deal_fields(context: Context, row: Row) -> dict[str, str]:
    """What the base tells of an order: its stage and its sum."""
    stages: Mapping[str, str] = context.table["stages"]
    lost = row.get("DeletionMark") or not row.get("Posted")
    stage = stages["Отменен"] if lost else stages.get(str(row["Состояние"]), "")
    return {"STAGE_ID": stage, "OPPORTUNITY": f"{row['СуммаДокумента']:.2f}"}


def export_contacts(context: Context) -> bytes:
    """Companies that wait to be sent, as the CRM will get them."""
    rows = [
        context.session.get(item.object, item.id)
        for item in registration.waiting(context.session, context.plan, context.node)
        if item.object == PARTNERS
    ]
    fields = [partner_fields(context, row) for row in rows if row is not None and not row["IsFolder"]]
    return msgspec.json.format(msgspec.json.encode({"companies": fields}), indent=2)


def import_deals(context: Context, message: bytes) -> Outcome:
    """Loads deals: `{"deals": [{…}]}`.

    Raises:
        ExchangeError: no JSON of this shape, or a deal that is refused; nothing is loaded.
    """
    try:
        found = msgspec.json.decode(message)["deals"]
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError, KeyError) as error:
        raise ExchangeError("format", "Сообщение CRM не разобрано: нет списка deals") from error
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise ExchangeError("format", "Сообщение CRM не разобрано: deals не список сделок")
    outcome = Outcome()
    for item in found:
        load_deal(context, item, outcome)
    return outcome


def load_deal(context: Context, deal: Mapping[str, Any], outcome: Outcome) -> Ref | None:
    """A deal becomes an order, or changes the one it is already; an older state of a deal changes nothing."""
    ident = str(deal.get("ID", ""))
    if not ident:
        raise ExchangeError("required", "Сделка CRM без ID")
    modified = str(deal.get("DATE_MODIFY", ""))
    key = f"{_MODIFIED}/{ident}"
    if context.table.get("guards_age", True) and modified and modified < read_setting(context.session, key):
        outcome.skipped += 1
        outcome.warnings.append(f"Сделка {ident}: состояние старее загруженного, оставлено прежнее")
        return None
    row: Row = {
        "ИдентификаторСайта": f"crm-{ident}",
        "НомерСайта": ident[:20],
        "Комментарий": str(deal.get("COMMENTS", "")),
        "Товары": _lines(context, deal, ident),
        "Состояние": _state(context, str(deal.get("STAGE_ID", "")), ident),
    }
    known = (
        context.session.find(ORDERS, ИдентификаторСайта=row["ИдентификаторСайта"])
        if context.table.get("finds_deals", True)
        else []
    )
    write_setting(context.session.connection, key, modified)
    if known and not differs(known[0], row):
        outcome.skipped += 1
        return None
    if known:
        row = {**known[0], **row}
    else:
        row["Date"] = _moment(str(deal.get("DATE_CREATE", "")), ident)
        row["Контрагент"] = _buyer(context, deal, ident)
        row["Склад"] = _first(context, "Catalog_Склады")
    try:
        reference = context.session.put(ORDERS, row)
        if row["Состояние"] == "Отменен":
            if row.get("Posted"):
                context.session.unpost(ORDERS, reference)
        elif context.lookup.resolve(row.get("Договор") or Ref("", EMPTY)):
            context.session.post(ORDERS, reference)
    except BusinessError as error:
        raise ExchangeError("posting", f"Сделка {ident}: {error.text}") from error
    outcome.add(reference, row, created=not known)
    return reference


def _state(context: Context, stage: str, ident: str) -> str:
    for state, name in context.table["stages"].items():
        if name == stage:
            return str(state)
    raise ExchangeError("stage", f"Сделка {ident}: стадия «{stage}» в базе не известна")


def _lines(context: Context, deal: Mapping[str, Any], ident: str) -> list[Row]:
    result = []
    for item in deal.get("PRODUCT_ROWS", ()):
        reference = Ref(_GOODS, str(item.get("XML_ID", "")).lower())
        if context.session.get(_GOODS, reference.id) is None:
            raise ExchangeError("goods", f"Сделка {ident}: товар «{item.get('PRODUCT_NAME', '')}» не найден по XML_ID")
        quantity, price = Decimal(str(item["QUANTITY"])), Decimal(str(item["PRICE"]))
        line = {
            "Номенклатура": reference,
            "Количество": quantity,
            "Цена": price,
            "Сумма": (quantity * price).quantize(Decimal("0.01")),
        }
        if context.table.get("loads_vat", True):
            line["СтавкаНДС"] = _rate(context, str(item.get("TAX_RATE", "")), ident)
        else:
            line |= {"СтавкаНДС": "БезНДС", "СуммаНДС": Decimal(0)}
        result.append(line)
    if not result:
        raise ExchangeError("required", f"Сделка {ident}: нет товаров")
    return result


def _rate(context: Context, percent: str, ident: str) -> str:
    if percent in ("", "None"):
        return "БезНДС"
    table: Mapping[str, str] = context.session.configuration.behaviour["tables"]["ПроцентыНДС"]  # type: ignore[index]
    for rate, value in table.items():
        if rate not in ("", "БезНДС") and Decimal(value) == Decimal(percent):
            return rate
    raise ExchangeError("vat", f"Сделка {ident}: ставка НДС «{percent}» не известна")


def _buyer(context: Context, deal: Mapping[str, Any], ident: str) -> Ref:
    """By the base's own identifier, then by ИНН."""
    origin, inn = str(deal.get("COMPANY_ORIGIN_ID", "")), str(deal.get("COMPANY_INN", ""))
    if origin and context.session.get(PARTNERS, origin) is not None:
        return Ref(PARTNERS, origin.lower())
    found = [row for row in (context.session.find(PARTNERS, ИНН=inn) if inn else []) if not row["DeletionMark"]]
    if not found:
        raise ExchangeError("buyer", f"Сделка {ident}: компания не найдена ни по идентификатору, ни по ИНН «{inn}»")
    reference: Ref = found[0]["Ref"]
    return reference


def _first(context: Context, name: str) -> Ref:
    row = next(iter(context.session.select(name, where={"DeletionMark": False}, order=("Code",), limit=1)), None)
    reference: Ref = row["Ref"] if row else Ref(name, EMPTY)
    return reference


def _moment(text: str, ident: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError as error:
        raise ExchangeError("date", f"Сделка {ident}: «{text}» не дата") from error
