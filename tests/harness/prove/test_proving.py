"""`readiness prove` as a person calls it: a handful of defects and harmless changes of different areas; and a proxy in front of a stand of one's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from harness.onec.guard import WriteGuard
from harness.onec.transport import BasicAuth
from harness.prove import altering
from harness.prove.proxy import AlteringProxy
from stand.bases import RecordedBase
from stand.embedded import EmbeddedStand
from tests.harness.run.project import SCENARIOS
from tests.recording import record

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
DEMO = f"""
[project]
name = "Проба"
[stand]
release = "2.0.14.7"
documents = 60
[update]
release = "2.0.15.0"
[scenarios]
paths = ['{ROOT / "scenarios"}']
pack = '{ROOT / "fixtures" / "packs" / "demo.toml"}'
only = ["REP-03", "REP-10", "FLOW-05", "OPS-05", "OPS-09", "SWEEP-02"]
[period]
start = 2026-01-01
end = 2026-03-31
"""
OWN = """
[project]
name = "Свой стенд"
[stand]
kind = "external"
url = "{url}"
[user]
name = "Администратор"
password = "env:P"
[backup]
by_hand = true
[restore]
by_hand = true
[apply]
by_hand = true
"""


def prove(folder: Path, settings: str, *arguments: str, **variables: str) -> tuple[int, dict[str, Any], str]:
    """Calls the command; returns its code, its JSON and what it said on the error stream."""
    (folder / "readiness.toml").write_text(settings, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli", "prove", "readiness.toml", "--json", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "LC_ALL": "en_US.UTF-8", **variables},
        capture_output=True,
        encoding="utf-8",
        timeout=240,
        check=False,
    )
    return done.returncode, json.loads(done.stdout) if done.stdout.strip() else {}, done.stderr


def only(*names: str) -> list[str]:
    return [part for name in names for part in ("--only", name)]


def test_defects_of_different_areas_are_noticed_and_harmless_changes_are_not(tmp_path: Path) -> None:
    seeded = ("report-total-kopeck", "report-gone", "job-switched-on", "enum-value-renamed", "backup-truncated")
    quiet = ("report-title", "job-title", "new-constant", "report-new-column")
    code, told, said = prove(tmp_path, DEMO, *only(*seeded, *quiet))

    assert code == 0, (told, said)
    assert (told["noticed"], told["defects"], told["raised"], told["harmless"]) == (5, 5, 0, 5)
    by_id = {item["id"]: item for item in told["trials"]}
    assert {item["scenario"] for item in by_id["report-total-kopeck"]["notices"] if item.get("expected")} == {"REP-03"}
    assert by_id["report-title"]["together"] == ["job-title"]
    assert "notices" not in by_id["report-title"]
    assert {name: item.get("again", 0) for name, item in by_id.items() if item["kind"] == "defect"} == {
        **dict.fromkeys(seeded, 0),
        "report-total-kopeck": 1,  # REP-03 asks for that report, REP-10 for another
        "report-gone": 1,
        "job-switched-on": 1,
    }
    assert not told["whole"]
    assert (tmp_path / "records" / "prove.json").is_file()


def test_all_scenarios_run_for_every_change_when_asked_to(tmp_path: Path) -> None:
    code, told, said = prove(tmp_path, DEMO, "--entire", *only("report-total-kopeck"))
    assert code == 0, (told, said)
    assert "again" not in told["trials"][0]


def test_what_nobody_watches_is_told_and_the_code_says_so(tmp_path: Path) -> None:
    blind = DEMO.replace('"FLOW-05", "OPS-05", "OPS-09", ', "")
    code, told, _said = prove(tmp_path, blind, *only("job-switched-on"))

    assert code == 1
    assert (told["noticed"], told["defects"], told["holds"]) == (0, 1, False)
    assert told["trials"][0]["wanted"] == "operations: УдалениеПомеченныхОбъектов, Включено"
    assert told["trials"][0]["tries"] == 2


@pytest.mark.parametrize(
    ("settings", "arguments", "said"),
    [
        (DEMO, ("--proxy",), "external"),
        (OWN.format(url="http://127.0.0.1:9/base"), (), "--proxy"),
        (DEMO, ("--only", "no-such-defect"), "no-such-defect"),
    ],
    ids=["proxy without a stand", "stand without a proxy", "stranger"],
)
def test_what_cannot_be_proven_is_2(tmp_path: Path, settings: str, arguments: tuple[str, ...], said: str) -> None:
    code, _told, words = prove(tmp_path, settings, *arguments, P="x")
    assert code == 2
    assert said in words


@pytest.fixture
def own(tmp_path: Path) -> Iterator[EmbeddedStand]:
    """A stand somebody else runs."""
    recorded = record(tmp_path / "recorded")
    running = EmbeddedStand(RecordedBase(recorded.metadata, (recorded.feed,)), tmp_path / "base")
    running.start()
    yield running
    running.stop()


def test_a_stand_of_ones_own_is_proven_through_the_proxy_and_not_touched(tmp_path: Path, own: EmbeddedStand) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "test_one.py").write_text(SCENARIOS, encoding="utf-8")
    before = own._open().fingerprint()
    seeded = ("number-off-by-a-kopeck", "row-lost", "answer-html", "report-total")
    code, told, said = prove(
        tmp_path,
        OWN.format(url=own.endpoints().publication),
        "--proxy",
        *only(*seeded, "json-reordered", "json-spaced"),
        P=own.accounts()[0].password,
    )

    assert code == 1, (told, said)
    assert own._open().fingerprint() == before
    assert (told["noticed"], told["defects"], told["raised"]) == (2, 3, 0)
    by_id = {item["id"]: item for item in told["trials"]}
    assert by_id["report-total"]["skipped"]  # a recording has no reports
    blind = by_id["number-off-by-a-kopeck"]  # the scenario looks at the price, nobody at the weight
    assert (blind["held"], blind["wanted"]) == (False, "Catalog_Товары, Вес")


def test_the_proxy_reads_one_publication_and_nothing_else(own: EmbeddedStand) -> None:
    main = own.accounts()[0]
    proxy = AlteringProxy(own.endpoints().publication, WriteGuard())
    address = proxy.start()
    http = requests.Session()
    http.trust_env = False
    http.auth = BasicAuth(main.name, main.password)
    try:
        goods = f"{address}/odata/standard.odata/Catalog_Товары?$format=json"
        whole = http.get(goods, timeout=10).json()["value"]
        proxy.alter(altering.in_rows("Catalog_Товары", lambda rows: rows[:-1]))
        assert http.get(goods, timeout=10).json()["value"] == whole[:-1]
        assert proxy.altered == 1
        for method, place in (
            ("POST", f"{address}/odata/standard.odata/Catalog_Товары"),
            ("DELETE", f"{address}/odata/standard.odata/Catalog_Товары(guid'{whole[0]['Ref_Key']}')"),
            ("GET", f"{address}/odata/standard.odata/Document_X(guid'{whole[0]['Ref_Key']}')/Post"),
            ("GET", address.rpartition("/")[0] + "/another/odata/standard.odata/"),
        ):
            assert http.request(method, place, json={}, timeout=10).status_code == 403, (method, place)
    finally:
        proxy.stop()
        http.close()


@pytest.mark.parametrize(("asked", "pages"), [({}, "text"), ({"documents.pages": "pictures"}, "pictures")])
def test_pages_are_compared_as_text_unless_pictures_are_asked_for(
    tmp_path: Path, asked: dict[str, str], pages: str
) -> None:
    from harness.cli.prove import _load

    (tmp_path / "readiness.toml").write_text(DEMO, encoding="utf-8")

    assert _load(tmp_path / "readiness.toml", asked).settings.documents.pages == pages
