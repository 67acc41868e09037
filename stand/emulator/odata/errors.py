"""Errors of the standard OData interface: HTTP status, 1C's code, 1C's words (facts/odata.md 7).

Statuses the sources do not tell ([INFER]): 405 for code 19, 400 for codes 2 to 5, 15 to 18 and 21.
"""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of error: called with what it is about, it makes one."""

    status: int
    code: int
    text: str

    def __call__(self, name: str = "") -> ODataError:
        # What is echoed came from outside: cut, so an answer never grows with a question.
        return ODataError(self.status, self.code, self.text.format(name[:_ECHO]))


unsupported_option = _Kind(501, 0, "Параметр {} не поддерживается")
unsupported = _Kind(501, 0, "Возможность не поддерживается: {}")
bad_literal = _Kind(400, 1, "Не удалось разобрать строку {}!")
bad_body = _Kind(400, 2, "Неверный формат запроса: {}")
bad_representation = _Kind(400, 3, "Представление не поддерживается: {}")
bad_value = _Kind(400, 4, "Недопустимое значение свойства: {}")
missing_property = _Kind(400, 5, "Не указано обязательное свойство {}")
no_segment = _Kind(400, 6, "Сегмент пути {} не найден!")
no_method = _Kind(400, 6, "Метод не найден")
bad_url = _Kind(400, 6, "Неверный URL: {}")
missing_key = _Kind(400, 7, "Не указан элемент ключа {}")
no_entity_set = _Kind(404, 8, "Сущность '{}' не найдена")
no_entity = _Kind(404, 9, "Экземпляр сущности '{}' не найден")
missing_argument = _Kind(400, 12, "Не указан обязательный параметр метода {}")
section_row = _Kind(400, 13, "Создание строк табличных частей напрямую не поддерживается")
bad_option = _Kind(400, 14, "Ошибка при разборе опции запроса {}")
key_exists = _Kind(400, 15, "Сущность с таким ключом уже существует")
no_assignment = _Kind(400, 16, "Невозможно присвоить значение свойству {}")
forbidden_method = _Kind(405, 19, "Метод HTTP {} недопустим для этого ресурса")
access_denied = _Kind(401, 20, "Нарушение прав доступа!")
bad_function = _Kind(400, 21, "Функция не реализована или вызвана с неверными параметрами: {}")


def business(text: str) -> ODataError:
    """The configuration's own refusal, or anything that failed inside: 500 with code -1."""
    return ODataError(500, -1, text)


def incomparable(line: int = 1, column: int = 1) -> ODataError:
    """A comparison the query language refuses."""
    return ODataError(500, -1, f"{{({line}, {column})}}: {INCOMPARABLE}")


def not_in_where() -> ODataError:
    """An expression that is no condition."""
    return ODataError(500, -1, NOT_IN_WHERE)
