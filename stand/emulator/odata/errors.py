"""Errors of the standard OData interface: HTTP status, 1C's code, 1C's words (facts/odata.md 7).

Statuses the sources do not tell ([INFER]): 405 for code 19, 400 for codes 2 to 5, 15 to 18 and 21.
"""

from __future__ import annotations

from dataclasses import dataclass

INTERNAL = "Произошла внутренняя ошибка OData сервиса. Дополнительные сведения можно найти в технологическом журнале."
INCOMPARABLE = (
    "Неверные параметры в операции сравнения. Нельзя сравнивать поля неограниченной длины и поля несовместимых типов."
)
TOO_COMPLEX = "Недостаточно памяти для получения результата запроса к базе данных"
NOT_IN_WHERE = 'Операция не разрешена в предложении "ГДЕ"'
_ECHO = 200


class ODataError(Exception):
    """An answer with `odata.error`.

    Attributes:
        status: HTTP status.
        code: 1C's code.
        text: in Russian, as a Russian session of 1C says it.
        english: the same in an English session; the configuration's own words are what they are.
        name: what it is about, cut.
    """

    def __init__(self, status: int, code: int, text: str, english: str = "", name: str = "") -> None:
        super().__init__(text)
        self.name = name
        self.status = status
        self.code = code
        self.text = text
        self.english = english or text

    def said(self, language: str) -> str:
        """The text in the language of the session, "ru" or "en"."""
        return self.english if language == "en" else self.text


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of error: called with what it is about, it makes one."""

    status: int
    code: int
    text: str
    english: str

    def __call__(self, name: str = "") -> ODataError:
        # What is echoed came from outside: cut, so an answer never grows with a question.
        name = name[:_ECHO]
        return ODataError(self.status, self.code, self.text.format(name), self.english.format(name), name)


unsupported_option = _Kind(501, 0, "Параметр {} не поддерживается", "The {} parameter is not supported")
unsupported = _Kind(501, 0, "Возможность не поддерживается: {}", "The feature is not supported: {}")
unknown_parameter = _Kind(400, 0, "Параметр {} не поддерживается", "The {} parameter is not supported")
bad_literal = _Kind(400, 1, "Не удалось разобрать строку {}!", "Cannot parse the string {}!")
bad_body = _Kind(400, 2, "Неверный формат запроса: {}", "Invalid request format: {}")
bad_representation = _Kind(400, 3, "Представление не поддерживается: {}", "The representation is not supported: {}")
bad_value = _Kind(400, 4, "Недопустимое значение свойства: {}", "Invalid property value: {}")
missing_property = _Kind(400, 5, "Не указано обязательное свойство {}", "The required property {} is missing")
no_segment = _Kind(400, 6, "Сегмент пути {} не найден!", "Path segment {} is not found!")
no_method = _Kind(400, 6, "Метод не найден", "Method not found")
bad_url = _Kind(400, 6, "Неверный URL: {}", "Invalid URL: {}")
missing_key = _Kind(400, 7, "Не указан элемент ключа {}", "Key element {} is missing")
no_entity_set = _Kind(404, 8, "Сущность '{}' не найдена", '"{}" entity is not found')
no_entity = _Kind(404, 9, "Экземпляр сущности '{}' не найден", "Entity instance not found")
no_property = _Kind(400, 10, "Свойство {} не найдено", "Property {} is not found")
missing_argument = _Kind(
    400, 12, "Не указан обязательный параметр метода {}", "The required method parameter {} is missing"
)
section_row = _Kind(
    400,
    13,
    "Создание строк табличных частей напрямую не поддерживается",
    "Direct creation of tabular section rows is not supported",
)
bad_option = _Kind(400, 14, "Ошибка при разборе опции запроса {}", "Error parsing {} query option")
key_exists = _Kind(400, 15, "Сущность с таким ключом уже существует", "An entity with this key already exists")
twice_in_body = _Kind(400, 18, "Свойство {} указано более одного раза", "The {} property is specified more than once")
forbidden_method = _Kind(
    405, 19, "Метод HTTP {} недопустим для этого ресурса", "HTTP method {} is not allowed for this resource"
)
access_denied = _Kind(401, 20, "Нарушение прав доступа!", "Access violation!")
bad_function = _Kind(
    400,
    21,
    "Функция не реализована или вызвана с неверными параметрами: {}",
    "The function is not implemented or called with invalid parameters: {}",
)
changed_meanwhile = _Kind(
    412, -1, "Объект был изменен: DataVersion {} устарела", "The object was changed: DataVersion {} is obsolete"
)


def business(text: str) -> ODataError:
    """The configuration's own refusal, or anything that failed inside: 500 with code -1."""
    return ODataError(500, -1, text)


def incomparable(line: int = 1, column: int = 1) -> ODataError:
    """A comparison the query language refuses."""
    return ODataError(500, -1, f"{{({line}, {column})}}: {INCOMPARABLE}")


def not_in_where() -> ODataError:
    """An expression that is no condition."""
    return ODataError(500, -1, NOT_IN_WHERE)
