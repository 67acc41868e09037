"""Failures of the life cycle, ordered on the stand and run through the whole story: each is seen, and said in words."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from harness.config import load
from harness.record import read_record
from harness.record.models import Verdict
from harness.run import launch, stands
from stand.bases import DemoBase

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.record import Record
    from harness.record.models import GateResult

SCENARIO = '''\
import pytest


@pytest.mark.scenario("ONE-01", area="sweep", severity="blocker")
def test_goods(base, observe):
    """Число складов не изменилось"""
    observe.value("склады", base.odata.count("Catalog_Склады"))
'''
SETTINGS = """\
[project]
name = "Проба"
[update]
release = "2.0.15.2"
[documents]
formats = ["html"]
"""


class Silent:
    """A view nobody looks at."""

    def __getattr__(self, name: str) -> Callable[..., bool]:
        return lambda *_arguments: False


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Record, str]]:
    """Runs the story over a company with an ordered failure: the record, and the document without its markup."""

    def rehearse(**lifecycle: str) -> tuple[Record, str]:
        (tmp_path / "scenarios").mkdir()
        (tmp_path / "scenarios" / "test_one.py").write_text(SCENARIO, encoding="utf-8")
        (tmp_path / "readiness.toml").write_text(SETTINGS, encoding="utf-8")
        base = DemoBase("2.0.14.7", documents=60, lifecycle=lifecycle)
        monkeypatch.setattr(stands, "embedded_base", lambda _config: base)
        config = load(tmp_path / "readiness.toml", env=os.environ, overrides={})
        view: Any = Silent()
        finished = launch.start(config, overrides={}, environ=os.environ, view=view)
        return read_record(finished.record), (finished.record / "readiness.html").read_text(encoding="utf-8")

    return rehearse


def gate(record: Record, name: str) -> GateResult:
    assert record.decision is not None
    return next(item for item in record.decision.gates if item.name == name)


def words(result: GateResult) -> str:
    texts = [result.seen, *([result.why] if result.why else [])]
    return " ".join(text.msgid.format(**text.params) for text in texts)


def test_nothing_ordered_is_go(run: Callable[..., tuple[Record, str]]) -> None:
    record, _page = run()
    assert record.decision is not None
    assert record.decision.verdict is Verdict.GO, [words(item) for item in record.decision.gates]


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("empty", "файл резервной копии пуст"),
        ("truncated", "не восстанавливается"),
        ("missing-rows", "Восстановленная копия не равна базе"),
    ],
)
def test_a_bad_backup_is_no_go(run: Callable[..., tuple[Record, str]], how: str, told: str) -> None:
    record, page = run(backup=how)
    assert record.decision is not None
    assert record.decision.verdict is Verdict.NO_GO
    assert gate(record, "backup").verdict is Verdict.NO_GO
    assert "Откатываться не к чему" in words(gate(record, "backup"))
    assert "не умеет" not in words(gate(record, "backup"))
    assert told in page


def test_a_handler_that_failed_behind_a_good_exit_is_no_go(run: Callable[..., tuple[Record, str]]) -> None:
    record, page = run(update="handler-fails-silently")
    assert [step.outcome for step in record.steps if step.name == "update"] == ["done"]
    assert record.decision is not None
    assert record.decision.verdict is Verdict.NO_GO
    assert gate(record, "update").verdict is Verdict.NO_GO
    assert "Обработчик обновления завершился с ошибкой: ПересчетНДСВЗаказах" in page


def test_an_extension_that_was_not_applied_is_named(run: Callable[..., tuple[Record, str]]) -> None:
    record, page = run(update="extension-refused")
    assert gate(record, "update").verdict is Verdict.NO_GO
    assert "Расширение «ОтчетыКомпании» не применено" in page


def test_deferred_handlers_that_never_finish_are_named(run: Callable[..., tuple[Record, str]]) -> None:
    record, page = run(update="deferred-stuck")
    assert record.decision is not None
    assert record.decision.verdict is Verdict.CONDITIONS
    assert gate(record, "update").verdict is Verdict.CONDITIONS
    assert "ПересчетНДСВЗаказах" in page
