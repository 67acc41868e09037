"""How a scenario ends, told from the exception that ended it: the product's fault, the stand's, or nobody's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from _pytest.outcomes import OutcomeException, Skipped, XFailed

from harness.errors import AnswerError, DocumentError, HarnessError, RouteAbsentError, WriteRefusedError
from harness.record.models import Outcome, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST = 600
"""Characters of a failure's reason; the whole of it is evidence."""


class NotCheckedError(Skipped):
    """A precondition is missing: nothing can be said of the product, and that must be seen."""

    def __init__(self, text: Text) -> None:
        super().__init__(str(text))
        self.text = text


class NotApplicableError(Skipped):
    """The scenario is about another release or another kind of configuration."""

    def __init__(self, text: Text) -> None:
        super().__init__(str(text))
        self.text = text


class LostError(Exception):
    """A test that has killed its worker once is not run again: nothing is known of the product."""


def not_checked(text: str, **params: object) -> NoReturn:
    """Ends the running scenario as not checked: `not_checked("В базе нет отчёта {report}", report=name)`."""
    raise NotCheckedError(_text(text, params))


def not_applicable(text: str, **params: object) -> NoReturn:
    """Ends the running scenario as not applicable to this base or this update."""
    raise NotApplicableError(_text(text, params))


def _text(msgid: str, params: Mapping[str, object]) -> Text:
    return Text(msgid=msgid, params={name: str(value) for name, value in params.items()})


@dataclass(frozen=True, slots=True)
class Ending:
    """How one part (setup, call, teardown) of a scenario ended."""

    outcome: Outcome
    text: Text | None = None


PASSED = Ending(Outcome.PASSED)
_WORST = (Outcome.TROUBLE, Outcome.FAILED, Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE, Outcome.PASSED)
"""What a part ended with prevails over what the parts before it did, worst first."""


def worse(first: Ending, second: Ending) -> Ending:
    """The worse of two endings; the earlier one when they are equal."""
    return min(first, second, key=lambda ending: _WORST.index(ending.outcome))


def ending_of(error: BaseException, when: str) -> Ending:
    """Tells an ending from the exception and the part of the scenario (setup, call, teardown) it was raised in."""
    if isinstance(error, NotCheckedError):
        return Ending(Outcome.NOT_CHECKED, error.text)
    if isinstance(error, NotApplicableError):
        return Ending(Outcome.NOT_APPLICABLE, error.text)
    outcome, msgid = _classified(error, when)
    return Ending(outcome, Text(msgid=msgid, params={"reason": reason(error)}))


def _classified(error: BaseException, when: str) -> tuple[Outcome, str]:
    kinds: tuple[tuple[bool, Outcome, str], ...] = (
        (isinstance(error, WriteRefusedError), Outcome.NOT_CHECKED, "Запись в базу не разрешена: {reason}"),
        (isinstance(error, Skipped | RouteAbsentError), Outcome.NOT_CHECKED, "Не проверено: {reason}"),
        (isinstance(error, LostError), Outcome.TROUBLE, "Процесс, выполнявший сценарий, завершился аварийно: {reason}"),
        (when == "teardown", Outcome.TROUBLE, "Сценарий не смог убрать за собой: {reason}"),
        (_stand(error), Outcome.TROUBLE, "Стенд не дал проверить: {reason}"),
        (when == "setup", Outcome.TROUBLE, "Не удалось подготовить сценарий: {reason}"),
        (isinstance(error, XFailed), Outcome.FAILED, "Заведомо не работает: {reason}"),
    )
    return next(((outcome, msgid) for met, outcome, msgid in kinds if met), (Outcome.FAILED, "{reason}"))


def _stand(error: BaseException) -> bool:
    """The stand's own trouble or our own: whatever is not an answer of the product."""
    return isinstance(error, HarnessError) and not isinstance(error, AnswerError | DocumentError)


def reason(error: BaseException) -> str:
    """What happened, for people: the message of an assertion or of a known error; the kind of any other."""
    if isinstance(error, HarnessError):
        where = f" ({error.place})" if error.place else ""
        return _cut(error.message + where)
    message = str(error).strip()
    if isinstance(error, AssertionError | OutcomeException):
        # pytest appends its own explanation of the comparison; a reader of the document wants the author's sentence.
        said = message.partition("\nassert ")[0].strip()
        return _cut(said or "проверка не выполнилась")
    return _cut(f"{type(error).__name__}: {message}")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
