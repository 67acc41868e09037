"""Names of what an inspection tells of a file, for people; a fact without one is a name of the file itself."""

from __future__ import annotations

from harness.exchange.problems import mark as _

FACTS = {
    "version": _("версия"),
    "versions": _("версии"),
    "namespace": _("пространство имён"),
    "kind": _("вид"),
    "delta": _("состав"),
    "id": _("идентификатор"),
    "encoding": _("кодировка"),
    "direction": _("направление"),
    "accounts": _("счетов"),
    "documents": _("документов"),
    "document": _("документ"),
    "extension": _("расширение формата"),
    "objects": _("объектов"),
    "values": _("типов значений"),
    "message_no": _("номер сообщения"),
    "received_no": _("принято"),
    "configuration": _("конфигурация"),
    "deleted": _("удалённых"),
    "name": _("имя"),
    "root": _("корневой адрес"),
    "routes": _("адресов"),
    "operations": _("операций"),
    "request": _("запрос"),
    "status": _("код ответа"),
    "files": _("файлов"),
    "item": _("товаров"),
    "offer": _("предложений"),
    "order": _("документов"),
    "group": _("групп"),
    "propertykind": _("свойств"),
    "contractor": _("контрагентов"),
}
