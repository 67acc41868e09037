"""Answers of a bank as 1C's side sees them, the standard's error codes, and the look at a recorded dialogue (facts/exchanges.md 4.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import DocumentError
from harness.exchange import directbank as db
from harness.exchange.markup import child, children, local, text
from harness.exchange.problems import Problem, problem
from harness.exchange.problems import mark as _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.exchange.directbank_state import Answer, Request

ERRORS = {
    "1001": "Указанный сервис временно недоступен",
    "1002": "Не указан обязательный заголовок в запросе",
    "1003": "Идентификатор клиента не найден",
    "1004": "Некорректный формат идентификатора клиента",
    "1006": "Сессия закрыта по тайм-ауту",
    "1007": "Некорректный идентификатор сессии",
    "1008": "Доступ к сервису заблокирован",
    "1009": "Ошибка приемного сервиса",
    "1010": "Внутренняя ошибка",
    "1011": "Некорректный метод аутентификации клиента",
    "1012": "Не удалось получить настройки обмена с банком",
    "1013": "Недостаточно прав на операции с расч.счетом",
    "1201": "Некорректные данные для аутентификации",
    "1203": "Доступ к сервису временно заблокирован",
    "1204": "Некорректный ОТР",
    "1205": "Услуга не доступна",
    "2001": "Некорректный формат транспортного контейнера",
    "2002": "Дубль транспортного контейнера",
    "2003": "Недопустимый размер транспортного контейнера",
    "2004": "Неизвестный отправитель",
    "2005": "Неизвестный получатель",
    "2006": "Недопустимая версия формата транспортного контейнера",
    "2007": "Недопустимый код вида электронного документа",
    "2101": "Некорректный формат отметки времени",
    "2102": "Транспортный контейнер не найден",
    "2201": "Некорректный формат электронного документа",
    "2202": "Дубль электронного документа по ИД",
    "2203": "Дубль электронного документа по реквизитам",
    "2205": "Ошибка в реквизитах электронного документа",
    "2207": "Отсутствует электронный документ с запрашиваемым ИД",
}
"""Codes of the standard and its own descriptions."""


@dataclass(frozen=True, slots=True)
class Result:
    """An answer of a bank, read: what 1C's side sees.

    Attributes:
        kind: "LogonResponse", "SendPacketResponse", "GetPacketListResponse", "GetPacketResponse", "GetSettingsResponse", "Error".
        packets: ids of a list of packets.
        otp: whether a one-time password is wanted.
    """

    kind: str
    code: str = ""
    description: str = ""
    more: str = ""
    sid: str = ""
    id: str = ""
    packets: tuple[str, ...] = ()
    moment: str = ""
    packet: db.Packet | None = None
    settings: bytes = b""
    otp: bool = False


def read_answer(data: bytes, place: str = "ответ банка") -> Result:
    """Reads an answer of a bank (ResultBank).

    Raises:
        DocumentError: not XML, or not such an answer.
    """
    root = db.read_any(data, place)
    if local(root) != "ResultBank":
        raise DocumentError(f"это {local(root)}, а не ответ банка", place=place)
    error = child(root, "Error")
    if error is not None:
        return Result("Error", text(error, "Code"), text(error, "Description"), text(error, "MoreInfo"))
    part = next(children(child(root, "Success")), None)
    name = local(part)
    if part is None:
        raise DocumentError("в ответе банка нет ни Success, ни Error", place=place)
    return Result(
        name,
        sid=text(part, "SID"),
        id=text(part, "ID"),
        packets=tuple(item.text or "" for item in children(part, "PacketID")),
        moment=part.get("TimeStampLastPacket", ""),
        packet=db.packet_of(part, place) if name == "GetPacketResponse" else None,
        settings=db.decoded(text(part, "Data"), place) if name == "GetSettingsResponse" else b"",
        otp=child(part, "ExtraAuth") is not None,
    )


def audit(requests: Sequence[tuple[Request, Answer]]) -> list[Problem]:
    """What is wrong with a client's side of a recorded dialogue.

    Calls without the session the bank gave, a packet sent again, packets that were listed and never fetched. The line of a problem is the
    number of the request.
    """
    found: list[Problem] = []
    sids: set[str] = set()
    sent: set[str] = set()
    listed: dict[str, int] = {}
    for place, (request, answer) in enumerate(requests, start=1):
        result = read_answer(answer.body)
        if result.sid:
            sids.add(result.sid)
        if not request.operation.startswith(("Logon", "GetSettings")) and request.header("SID") not in sids:
            template = _("{operation} без начатого сеанса: заголовок SID не тот, что дал банк")
            found.append(problem("ORDER", template, line=place, operation=request.operation))
        if request.operation == "SendPack" and not answer.error:
            key = db.read_packet(request.body).id
            if key in sent:
                found.append(problem("DUPLICATE", _("пакет {id} отправлен повторно"), line=place, id=key))
            sent.add(key)
        listed.update(dict.fromkeys(result.packets, place))
        if request.operation == "GetPack" and not answer.error:
            listed.pop(request.query.get("id", ""), None)
    found += [problem("MISSING", _("пакет {id} не получен"), line=place, id=key) for key, place in listed.items()]
    return found
