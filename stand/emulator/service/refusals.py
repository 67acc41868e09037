"""What went wrong in a handler, as whoever asked is told it: one table for all HTTP services of a base."""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import ConfigError
from stand.emulator.exchanging.common import ExchangeError
from stand.emulator.rows import BusinessError

__all__ = ["REFUSALS", "Refusal", "ServiceError", "refusal_of"]


class ServiceError(Exception):
    """An answer with an error."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text


REFUSALS = (ServiceError, ExchangeError, BusinessError, ConfigError, KeyError)
"""What is told as a refusal; anything else is the server's own 500."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal as HTTP tells it.

    Attributes:
        status: of the answer.
        code: short code for programs.
        text: words for people.
    """

    status: int
    code: str
    text: str


def refusal_of(error: Exception) -> Refusal:
    """The refusal an error of `REFUSALS` is."""
    match error:
        case ServiceError():
            return Refusal(error.status, error.code, error.text)
        case ExchangeError():
            return Refusal(404 if error.code == "plan" else 400, error.code, error.text)
        case BusinessError():
            return Refusal(400, "business", error.text)
        case KeyError():  # a release took away what its own rules ask for: 1C's words for that
            return Refusal(400, "handler", f"Поле объекта не обнаружено ({error.args[0] if error.args else ''})")
        case _:
            return Refusal(400, "parameter", str(error))
