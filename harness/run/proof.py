"""What `readiness prove` found of this very suite, quoted in the record: the document tells how watchful the checks are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import RecordError
from harness.gate import facts as names
from harness.prove.results import FILE, read_proof
from harness.record.models import Text

if TYPE_CHECKING:
    from pathlib import Path

    from harness.config import Config
    from harness.prove.results import Proof
    from harness.run.context import Run

_SAID = (
    "Замечено внесённых ошибок: {noticed} из {defects}; ложных тревог на безвредные изменения: {raised} из {harmless}"
)
_STALE = "Проверка самих проверок не относится к этому прогону: с тех пор сценарии или пакет имён изменились"
_SUITE = ("scenarios", "pack")


def quote(run: Run) -> None:
    """Journals the result and keeps the file, when there is one of the same scenarios and the same pack.

    A part of the matrix is not quoted: what nobody tried would read as noticed. A file nobody can read is told, and is no reason to end a run.
    """
    path = place(run.config)
    if not path.is_file():
        return
    try:
        proof = read_proof(path)
    except RecordError as error:
        run.fact(names.PROVE_STALE, "true", text=Text(msgid="{error}", params={"error": str(error)}))
        return
    if not proof.whole:
        return
    kept = run.record.evidence(FILE, path.read_bytes())
    if any(proof.digests.get(name) != run.record.header.digests.get(name) for name in _SUITE):
        run.fact(names.PROVE_STALE, "true", text=Text(msgid=_STALE))
        return
    run.fact(names.PROVE_NOTICED, str(proof.noticed), text=_text(proof), evidence=[kept])


def place(config: Config) -> Path:
    """Where the result lies: as the settings say, else beside the records."""
    chosen = config.settings.prove.file
    return config.file(chosen) if chosen else config.file(config.settings.project.records) / FILE


def _text(proof: Proof) -> Text:
    counts = {name: str(getattr(proof, name)) for name in ("noticed", "defects", "raised", "harmless")}
    return Text(msgid=_SAID, params=counts)
