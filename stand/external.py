"""A stand of one's own: a copy of a base at an address; backup, restore and update by the user's command or by a person's hands.

Nothing is believed without evidence. A backup must be a new file that is not empty (or, kept by a person elsewhere, be proven by
its restore); a restore must bring back every count and the same `$metadata`; an update must change the release, or, where the base
does not say its release, at least the `$metadata`.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from harness.errors import AddressError, StandError, StepError
from harness.onec.odata import ODataClient
from stand.actions import Action, Actions
from stand.protocol import (
    Backup,
    Capability,
    Endpoints,
    Evidence,
    Info,
    Isolation,
    Proof,
    Result,
)
from stand.reading import BaseReader

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.onec.exchange_folder import SharedFolder
    from harness.onec.session import StandSession


_PURPOSES = {
    "proof": "Проверяется, восстанавливается ли копия.",
    "restore": "Перед обновлением стенд возвращается к копии: сценарии могли изменить данные.",
}
"""Why a person is asked to restore, and asked twice."""


@dataclass(slots=True)
class ExternalStand:
    """A copy of a base that others run.

    Args:
        session: to its publication, with the write guard.
        actions: backup, restore, apply.
        work: folder for state and backups.
        folder: where commands are run.
        record: path of the run record, for the place {record}.
        base: name of the base when the user gave one.
        shared: a folder for exchanges by files that the base sees under another name than this machine.
    """

    session: StandSession
    actions: Mapping[str, Action]
    work: Path
    folder: Path
    record: Path
    base: str = ""
    shared: SharedFolder | None = None
    kind: str = "external"
    capabilities: frozenset[Capability] = frozenset()
    _reader: BaseReader = field(init=False)
    _doer: Actions = field(init=False)

    def __post_init__(self) -> None:
        self._reader = BaseReader(self.session, self.base)
        places = {"url": self.session.publication, "record": str(self.record)}
        self._doer = Actions(self.actions, self.work, self.folder, places)
        self.capabilities = self._possible()

    def confirm(self, name: str) -> None:
        """A person says that a step is done: the next call checks it."""
        self._doer.confirm(name)

    def start(self) -> Result:
        """First contact.

        Raises:
            AddressError: nobody answers.
            AccessError: user or password refused.
            StandError: something else than 1C answers.
            DocumentError: `$metadata` is not what it should be.
        """
        started = time.monotonic()
        self.session.probe()
        ODataClient(self.session).metadata()
        self.capabilities = self._possible() | ({Capability.ISOLATION} if self._reader.has_service else set())
        return Result(time.monotonic() - started)

    def stop(self) -> Result:
        """Closes our connections; the base itself is not ours to stop."""
        self.session.close()
        return Result(0.0)

    def endpoints(self) -> Endpoints:
        """Where it answers."""
        return Endpoints(self.session.publication, self.shared)

    def info(self) -> Info:
        """What the base says of itself now."""
        return self._reader.info()

    def isolation(self) -> Isolation:
        """Known only when the readiness service is there."""
        return self._reader.isolation()

    def backup(self) -> Backup:
        """Takes the backup, after remembering what it must bring back."""
        action = self._doer.of("backup")
        # Beside the record and not in the work folder: a proven backup must outlive the run.
        path = action.file or (None if action.by_hand else self.record.with_name(self.record.name + ".backup"))
        if not self._doer.confirmed("backup"):
            state = self._doer.state()
            state.before_backup = self._reader.fingerprint()
            self._doer.keep(state)
        was = path.stat().st_mtime_ns if path and path.exists() else None
        where = (
            f" Сохраните её в файл {path}." if path else " Запишите, где она лежит: из неё стенд будет восстановлен."
        )
        text = f"Снимите резервную копию базы стенда {self.session.publication}.{where}"
        result = self._doer.do(action, "backup", text, {"backup": str(path or "")})
        if path is None:
            return Backup(result, None, "", _now())
        if not path.is_file() or path.stat().st_size == 0:
            self._doer.not_done(action, "backup", f"файла копии нет или он пуст: {path}", text, result)
        if not action.by_hand and path.stat().st_mtime_ns == was:
            self._doer.not_done(action, "backup", f"файл копии прежний: {path}", text, result)
        digest = _digest(path)
        facts = {**result.facts, "size_bytes": str(path.stat().st_size), "sha256": digest}
        self._doer.done("backup")
        return Backup(Result(result.seconds, facts, result.evidence), path, digest, _now())

    def proof(self, backup: Backup) -> Proof:
        """Restores the backup into the stand itself and compares it with what was there when the backup was taken."""
        result = self._restore(backup, "proof")
        wanted, seen = self._doer.state().before_backup, self._reader.fingerprint()
        differing = wanted.differing(seen) if wanted else ("неизвестно, что было в базе до копии",)
        counts = seen.counts.values()
        evidence = (
            *result.evidence,
            Evidence("fingerprint.json", msgspec.json.format(msgspec.json.encode(seen)), "application/json"),
        )
        self._doer.done("proof")
        return Proof(
            Result(result.seconds, {**result.facts, "method": "восстановление в сам стенд"}, evidence),
            proven=not differing,
            tables=len(counts),
            rows=sum(value for value in counts if value >= 0),
            differing=differing,
        )

    def restore(self, backup: Backup) -> Result:
        """Puts the stand back; believed only when every count and the metadata are those of the backup."""
        result = self._restore(backup, "restore")
        wanted, seen = self._doer.state().before_backup, self._reader.fingerprint()
        if wanted and (differing := wanted.differing(seen)):
            names = ", ".join(differing[:5])
            self._doer.not_done(
                self.actions["restore"],
                "restore",
                f"база не равна той, с которой снята копия: {names}",
                "Восстановите её из копии.",
                result,
            )
        self._doer.done("restore")
        return result

    def update(self, release: str) -> Result:
        """Updates the stand; believed only when the release, or at least the metadata, is another one afterwards."""
        action = self._doer.of("apply")
        if not self._doer.confirmed("update"):
            state = self._doer.state()
            state.before_update, state.release = self._reader.fingerprint(), self.info().version
            self._doer.keep(state)
        text = f"Обновите базу стенда {self.session.publication}" + (f" до релиза {release}." if release else ".")
        text += " Дождитесь конца обработчиков обновления и снова откройте публикацию."
        result = self._doer.do(action, "update", text, {"release": release})
        self._up_again(action, "update", text, result)
        state, info = self._doer.state(), self.info()
        before, seen = state.before_update, self._reader.fingerprint()
        changed = before is not None and before.metadata != seen.metadata
        if info.version == state.release and not changed:
            said = (
                f"релиз прежний: {info.version}" if info.version else "описание данных базы ($metadata) не изменилось"
            )
            self._doer.not_done(action, "update", f"обновление не видно: {said}", text, result)
        if release and info.version and info.version != release:
            self._doer.not_done(
                action, "update", f"база сообщает релиз {info.version}, а нужен {release}", text, result
            )
        facts = {
            **result.facts,
            "release_before": state.release,
            "release_after": info.version,
            "metadata_changed": str(changed).lower(),
        }
        self._doer.done("update")
        return Result(result.seconds, facts, result.evidence)

    def _possible(self) -> frozenset[Capability]:
        """What the settings allow; what only the base can say comes with `start`."""
        found = {Capability.START}
        if self.actions["backup"].possible:
            found.add(Capability.BACKUP)
            if self.actions["restore"].possible:
                found |= {Capability.RESTORE, Capability.PROOF}
        if self.actions["apply"].possible:
            found.add(Capability.UPDATE)
        return frozenset(found)

    def _restore(self, backup: Backup, name: str) -> Result:
        action = self._doer.of("restore")
        path = backup.path
        if path is not None:
            if not path.is_file():
                raise StepError("файла резервной копии нет", place=str(path), hint="не удаляйте копию до конца прогона")
            if backup.digest and _digest(path) != backup.digest:
                raise StepError(
                    "файл резервной копии изменился после снятия",
                    place=str(path),
                    hint="восстанавливать из него нельзя",
                )
        source = f"файла {path}" if path else "копии, снятой в начале прогона,"
        purpose = _PURPOSES[name]
        text = f"{purpose} Восстановите базу стенда {self.session.publication} из {source} и снова откройте публикацию."
        result = self._doer.do(action, name, text, {"backup": str(path or "")})
        self._up_again(action, name, text, result)
        return result

    def _up_again(self, action: Action, name: str, text: str, result: Result) -> None:
        """The base answers after a restore or an update; a person who was too quick is asked again."""
        self._reader.forget()
        try:
            self.session.probe()
        except (AddressError, StandError) as error:
            if not action.by_hand:
                raise
            self._doer.not_done(action, name, f"база не отвечает: {error.message}", text, result)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
