"""Run record in, documents out: HTML, PDF, JSON, JUnit, Allure. Reads nothing but the record.

`render` writes documents beside the record's other files; whoever calls it seals the record afterwards (`RecordWriter.seal`).
Heavy libraries (jinja2, babel, playwright) are imported when something is rendered, so that the command starts at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from harness.record import Record
    from reports.i18n import Translator

__all__ = ["FORMATS", "Documents", "render"]


class Documents(list["Path"]):
    """Paths of the documents that were written, in the order of the formats.

    Attributes:
        missing: format to the reason why it could not be written and what to do about it, in the documents' language.
    """

    def __init__(self) -> None:
        super().__init__()
        self.missing: dict[str, str] = {}


def render(record_dir: Path, formats: Sequence[str], *, language: str = "", browser: str = "") -> Documents:
    """Writes documents of a record into its folder.

    Args:
        record_dir: the record, whole or cut short: a run that never came to a verdict is INCOMPLETE in every document.
        formats: any of `FORMATS`.
        language: "ru" or "en"; the record's own when empty.
        browser: path of a Chromium for the PDF; found by itself when empty.

    Returns:
        Paths (for allure: of the folder); a PDF without a browser is among `missing`, and is no error.

    Raises:
        UsageError: a format nobody knows.
        RecordError: the folder is no record, or the record was edited.
    """
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise UsageError(
            f"Неизвестный вид документа: {', '.join(unknown)}",
            place="documents.formats",
            hint=f"Есть такие: {', '.join(FORMATS)}",
        )
    from harness.record import read_record
    from reports.i18n import Translator

    record = read_record(record_dir)
    translator = Translator(language or record.header.language)
    documents = Documents()
    for name in dict.fromkeys(formats):
        path, reason = FORMATS[name](record, translator, browser)
        if path is not None:
            documents.append(path)
        if reason:
            documents.missing[name] = reason
    return documents


def _html(record: Record, translator: Translator, _browser: str) -> tuple[Path | None, str]:
    from reports.html import render_html

    return _write(_document(record, translator, "html"), render_html(record, translator).encode("utf-8")), ""


def _pdf(record: Record, translator: Translator, browser: str) -> tuple[Path | None, str]:
    from reports.html import render_html
    from reports.pdf import print_pdf

    path = _document(record, translator, "pdf")
    reason = print_pdf(render_html(record, translator, printed=True), path, translator, browser=browser)
    return (None, reason) if reason else (path, "")


def _json(record: Record, translator: Translator, _browser: str) -> tuple[Path | None, str]:
    from reports.verdict_json import write_verdict

    return write_verdict(record, translator)


def _junit(record: Record, translator: Translator, _browser: str) -> tuple[Path | None, str]:
    from reports.junit import render_junit

    return _write(record.path / "junit.xml", render_junit(record, translator)), ""


def _allure(record: Record, translator: Translator, _browser: str) -> tuple[Path | None, str]:
    from reports.allure import write_results

    return write_results(record, translator), ""


def _document(record: Record, translator: Translator, ending: str) -> Path:
    """`readiness.html`; in another language than the run's `readiness.en.html`: the one beside it was sent to somebody already."""
    from reports.i18n import known

    own = translator.language == known(record.header.language)
    return record.path / (f"readiness.{ending}" if own else f"readiness.{translator.language}.{ending}")


def _write(path: Path, content: bytes) -> Path:
    from harness.record.files import write_atomic

    write_atomic(path, content)
    return path


FORMATS: Final[dict[str, Callable[[Record, Translator, str], tuple[Path | None, str]]]] = {
    "html": _html,
    "pdf": _pdf,
    "json": _json,
    "junit": _junit,
    "allure": _allure,
}
"""Names of documents and who writes them; each returns a path, or the reason why there is none."""
