"""Errors of the standard OData interface: HTTP status, 1C's code, 1C's words (facts/odata.md 7).

Statuses the sources do not tell ([INFER]): 405 for code 19, 400 for codes 2 to 5, 15 to 18 and 21.
"""

from __future__ import annotations

from collections.abc import Callable

INTERNAL = "Произошла внутренняя ошибка OData сервиса. Дополнительные сведения можно найти в технологическом журнале."
INCOMPARABLE = (
    "Неверные параметры в операции сравнения. Нельзя сравнивать поля неограниченной длины и поля несовместимых типов."
)
NOT_IN_WHERE = 'Операция не разрешена в предложении "ГДЕ"'
_ECHO = 200


class ODataError(Exception):
    """An answer with `odata.error`.

    Attributes:
        status: HTTP status.
        code: 1C's code.
        text: in Russian, as a Russian session of 1C says it.
    """

    def __init__(self, status: int, code: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text


def _make(status: int, code: int, text: str) -> Callable[[str], ODataError]:
    # What is echoed came from outside: cut, so an answer never grows with a question.
    return lambda name="": ODataError(status, code, text.format(name[:_ECHO]))


unsupported_option = _make(501, 0, "Параметр {} не поддерживается")
unsupported = _make(501, 0, "Возможность не поддерживается: {}")
bad_literal = _make(400, 1, "Не удалось разобрать строку {}!")
bad_body = _make(400, 2, "Неверный формат запроса: {}")
bad_representation = _make(400, 3, "Представление не поддерживается: {}")
bad_value = _make(400, 4, "Недопустимое значение свойства: {}")
missing_property = _make(400, 5, "Не указано обязательное свойство {}")
no_segment = _make(400, 6, "Сегмент пути {} не найден!")
no_method = _make(400, 6, "Метод не найден")
bad_url = _make(400, 6, "Неверный URL: {}")
missing_key = _make(400, 7, "Не указан элемент ключа {}")
no_entity_set = _make(404, 8, "Сущность '{}' не найдена")
no_entity = _make(404, 9, "Экземпляр сущности '{}' не найден")
missing_argument = _make(400, 12, "Не указан обязательный параметр метода {}")
section_row = _make(400, 13, "Создание строк табличных частей напрямую не поддерживается")
bad_option = _make(400, 14, "Ошибка при разборе опции запроса {}")
key_exists = _make(400, 15, "Сущность с таким ключом уже существует")
no_assignment = _make(400, 16, "Невозможно присвоить значение свойству {}")
forbidden_method = _make(405, 19, "Метод HTTP {} недопустим для этого ресурса")
access_denied = _make(401, 20, "Нарушение прав доступа!")
bad_function = _make(400, 21, "Функция не реализована или вызвана с неверными параметрами: {}")


def business(text: str) -> ODataError:
    """The configuration's own refusal, or anything that failed inside: 500 with code -1."""
    return ODataError(500, -1, text)


def incomparable(line: int = 1, column: int = 1) -> ODataError:
    """A comparison the query language refuses."""
    return ODataError(500, -1, f"{{({line}, {column})}}: {INCOMPARABLE}")


def not_in_where() -> ODataError:
    """An expression that is no condition."""
    return ODataError(500, -1, NOT_IN_WHERE)
