"""How a step of an external stand is done: by the user's command or by a person's hands, and what must be remembered of it."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

import msgspec

from harness.errors import StepError
from stand.commands import Command, CommandError, last_words
from stand.protocol import HandStep, HandStepNeededError, Result
from stand.reading import Fingerprint  # noqa: TC001  # msgspec reads the annotations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Action:
    """How a step is done: by a command, by hand, or not at all.

    Attributes:
        key: section of the settings: backup, restore, apply.
        file: backup: where the file will lie; None: beside the record.
    """

    key: str
    command: Sequence[str] = ()
    timeout: float = 3600.0
    by_hand: bool = False
    file: Path | None = None

    @property
    def possible(self) -> bool:
        """Whether the step can be done at all."""
        return self.by_hand or bool(self.command)


class State(msgspec.Struct, kw_only=True):
    """What must outlive a kill: fingerprints to compare with, and since when a person has been asked."""

    before_backup: Fingerprint | None = None
    before_update: Fingerprint | None = None
    release: str = ""
    asked: dict[str, float] = {}


@dataclass(slots=True)
class Actions:
    """Does the steps and keeps their state.

    Args:
        known: backup, restore, apply.
        work: folder for the state.
        folder: where commands are run.
        places: values for {url} and {record}.
    """

    known: Mapping[str, Action]
    work: Path
    folder: Path
    places: Mapping[str, str]
    _confirmed: set[str] = field(default_factory=set)

    def of(self, key: str) -> Action:
        """The action of a section.

        Raises:
            StepError: the settings do not say how this is done.
        """
        action = self.known[key]
        if not action.possible:
            raise StepError(
                f"не сказано, как это делается на вашем стенде: раздел [{key}] пуст",
                hint=f"укажите в [{key}] command или by_hand = true",
            )
        return action

    def confirm(self, name: str) -> None:
        """A person says that a step is done: the next `do` believes it, and the stand checks."""
        self._confirmed.add(name)

    def confirmed(self, name: str) -> bool:
        """Whether a person has said so."""
        return name in self._confirmed

    def do(self, action: Action, name: str, text: str, places: Mapping[str, str]) -> Result:
        """Runs the command, or asks the person.

        Raises:
            CommandError: the command failed.
            HandStepNeededError: a person has to act first.
        """
        if not action.by_hand:
            self.work.mkdir(parents=True, exist_ok=True, mode=0o700)
            command = Command(action.key, action.command, action.timeout)
            everything = {"release": "", "backup": "", **self.places, **places}
            return command.run(everything, self.folder, self.work / "command.pid")
        state = self.state()
        if name not in self._confirmed:
            state.asked.setdefault(name, time.time())
            self.keep(state)
            raise HandStepNeededError(HandStep(name, text))
        seconds = max(0.0, time.time() - state.asked.get(name, time.time()))
        return Result(seconds, {"by_hand": "true"})

    def not_done(self, action: Action, name: str, reason: str, text: str, result: Result) -> NoReturn:
        """A command that did not do what it should has failed, whatever its code; a person is asked again, with what there is to do."""
        if action.by_hand:
            self._confirmed.discard(name)
            raise HandStepNeededError(HandStep(name, f"Ещё не сделано: {reason}. {text}"))
        said = last_words(result.evidence)
        raise CommandError(
            f"команда [{action.key}] завершилась с кодом 0, но {reason}; последняя строка её вывода: {said}",
            place="",
            hint="весь вывод приложен к протоколу; при неудаче команда должна возвращать код, отличный от 0",
            evidence=result.evidence,
        )

    def done(self, name: str) -> None:
        """The step is done: another one of the same name is asked for anew."""
        self._confirmed.discard(name)
        state = self.state()
        if state.asked.pop(name, None) is not None:
            self.keep(state)

    def state(self) -> State:
        """What is remembered; nothing at the beginning."""
        with suppress(OSError, msgspec.DecodeError):
            return msgspec.json.decode((self.work / "state.json").read_bytes(), type=State)
        return State()

    def keep(self, state: State) -> None:
        """Remembers, whole or not at all."""
        self.work.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.work / "state.json"
        temporary = path.with_suffix(".part")
        temporary.write_bytes(msgspec.json.encode(state))
        temporary.replace(path)
