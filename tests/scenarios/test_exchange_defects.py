"""Breaks of the exchanges: each row of the table of known breaks has a seeded defect, and a handful of them is run for real and named in words."""

from __future__ import annotations

import re
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.record.models import Outcome, Phase
from stand.bases import Changed, DemoBase
from stand.emulator.exchanging import outward as addresses
from stand.emulator.exchanging.folder import checked
from stand.emulator.exchanging.wire import Wire
from tests.scenarios.stage import ROOT, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from stand.bases import Account
    from stand.emulator.database.infobase import Infobase
    from stand.emulator.exchanging.wire import Answer

DEFECTS = ROOT / "fixtures" / "defects"
# Rows of the tables "breaks → checks" of facts/exchanges.md, by section, and the defects that are each of them.
ROWS: dict[str, dict[str, tuple[str, ...]]] = {
    "1.8 EnterpriseData": {
        "version dropped from the map": ("universal-version-dropped",),
        "version silently raised": ("exchange-uni-version-raised",),
        "object type lost / direction lost": ("exchange-uni-object-lost", "exchange-uni-direction-lost"),
        "new mandatory field, enum value gone": ("exchange-uni-new-mandatory", "exchange-uni-enum-gone"),
        "conversion manager missing": ("exchange-uni-manager-missing",),
        "registration rules lost": ("exchange-uni-registration-lost",),
        "everything registered after update": ("exchange-uni-everything-registered",),
        "GUID mapping lost": ("exchange-uni-identifiers-lost",),
        "numbers reset or restored copy": ("exchange-uni-numbers-moved", "exchange-uni-restored-copy"),
        "extension namespace": ("exchange-uni-extension",),
        "prefix, node code": ("exchange-uni-prefix", "exchange-uni-node-code"),
        "handshake only": ("exchange-uni-handshake-counts",),
        "acknowledging data not stored": ("exchange-uni-acknowledges-failed",),
        "message taken twice": ("exchange-uni-repeats-loaded",),
        "totals of two sides": ("exchange-uni-amount-lost",),
        "deletions": ("exchange-uni-deletions-lost",),
        "the real base": ("exchange-uni-address", "exchange-universal-file-folder"),
    },
    "1.1, 1.3, 1.7 exchange by files": {
        "name of the file": ("exchange-universal-file-name",),
        "number stored only after success": ("exchange-universal-file-number",),
        "confirmation of what was received": ("exchange-universal-file-confirmation",),
        "zip with one xml inside": ("exchange-universal-file-archive",),
        "old copy of a file": ("exchange-universal-file-oldest",),
    },
    "2 distributed base": {
        "configuration of the node does not fit": ("exchange-branch-digest", "exchange-branch-digest-unchecked"),
        "configuration sent in every message": ("exchange-branch-configuration-again",),
        "extension not marked for the distributed base": ("exchange-branch-extension-unmarked",),
        "SentNo/ReceivedNo pairs": ("exchange-branch-numbers-moved",),
        "scheduled jobs of a copy": ("copy-let-loose",),
        "restored copy": ("exchange-branch-restored-copy",),
        "root → node → root": ("exchange-branch-object-lost", "exchange-branch-registration-lost"),
        "КД2 after the update of one side": ("exchange-uni-rules-passed-over",),
        "error codes in the log": ("exchange-branch-errors-in-log",),
    },
    "3.3 CommerceML": {
        "schema version raised": ("exchange-shop-schema-raised",),
        "namespace": ("exchange-shop-namespace",),
        "sessid demanded": ("exchange-shop-sessid",),
        "file_limit, zip": ("exchange-shop-limit", "exchange-shop-zip"),
        "delta flag": ("exchange-shop-delta-flag",),
        "offer id form": ("exchange-shop-offer-ids",),
        "price type or store Ид": ("exchange-shop-price-type", "exchange-shop-store"),
        "property Ид": ("exchange-shop-property-ids",),
        "VAT rate text": ("exchange-shop-vat-text",),
        "decimal comma": ("exchange-shop-comma",),
        "characteristic order": ("exchange-shop-characteristics",),
        "statuses renamed": ("exchange-shop-statuses",),
        "order number prefix": ("exchange-shop-number-prefix",),
        "success not sent": ("exchange-shop-no-success",),
        "infinite progress": ("exchange-shop-endless-progress", "exchange-shop-progress-as-success"),
        "certificate/TLS": ("exchange-shop-certificate",),
        "orders imported twice": ("shop-order-duplicates",),
        "cancellations": ("exchange-shop-cancel-lost",),
        "the real site": ("exchange-shop-address",),
    },
    "4.1 1CClientBankExchange": {
        "version": ("exchange-bank-version",),
        "encoding": ("bank-order-encoding",),
        "decimal comma": ("exchange-bank-comma",),
        "purpose cut": ("exchange-bank-purpose-cut",),
        "ё/№ lost": ("exchange-bank-letters",),
        "document kind unknown": ("exchange-bank-kind",),
        "ОКАТО vs ОКТМО": ("exchange-bank-territory",),
        "treasury single account": ("exchange-bank-treasury",),
        "required fields": ("bank-order-payer-inn-lost", "exchange-bank-income-code", "exchange-bank-uin"),
        "КонецФайла": ("exchange-bank-end",),
        "second load": ("exchange-bank-statement-twice",),
        "totals": ("exchange-bank-statement-totals",),
        "unposted": ("exchange-bank-unposted",),
    },
    "4.2 DirectBank": {
        "namespace changed": ("exchange-direct-namespace",),
        "APIVersion obligatory": ("exchange-direct-api-version",),
        "formatVersion": ("exchange-direct-version",),
        "IncomeTypeCode": ("exchange-bank-income-code",),
        "settings": ("exchange-direct-settings",),
        "certificate": ("exchange-direct-certificate",),
        "no sent without 01": ("exchange-direct-trusts-sending",),
        "probe answered": ("exchange-direct-probe", "exchange-direct-probe-trusted"),
        "refusal shown": ("exchange-direct-refusal-hidden",),
        "repeat not executed twice": ("exchange-direct-repeated",),
        "statement balance": ("exchange-bank-statement-totals",),
        "the real bank": ("exchange-direct-address",),
        "SenderFootprint": ("exchange-direct-footprint",),
    },
    "6 services": {
        "404 after publication": ("exchange-http-unpublished",),
        "RootURL renamed": ("exchange-http-renamed",),
        "role lost": ("exchange-http-role-lost",),
        "extension with the service": ("exchange-http-extension-off",),
        "licence": ("exchange-http-licence",),
        "number as string": ("exchange-http-number-as-text",),
        "date form, zone": ("exchange-http-date-form", "exchange-http-date-zone"),
        "null vs missing": ("exchange-http-null-absent",),
        "decimal places": ("exchange-http-decimals",),
        "Content-Type": ("exchange-http-media",),
        "error with 200": ("exchange-http-error-200",),
        "idempotent POST": ("exchange-http-request-twice",),
        "time limit": ("exchange-http-slow",),
        "WSDL": ("exchange-soap-namespace", "exchange-soap-gone"),
        "401 for anonymous": ("exchange-http-anonymous",),
    },
    "8 CRM": {
        "field and stage ids": ("exchange-crm-field", "exchange-crm-stages"),
        "GUID on every record": ("exchange-crm-origin-lost",),
        "manager not overwritten": ("exchange-crm-manager",),
        "second sync creates nothing": ("exchange-crm-deals-twice",),
        "VAT": ("exchange-crm-vat",),
        "older data": ("exchange-crm-old-data",),
        "token": ("exchange-crm-token", "exchange-crm-token-lost"),
        "rate limit": ("exchange-crm-limit",),
        "pages of 50": ("exchange-crm-first-page",),
        "error inside of 200": ("exchange-crm-inner-error",),
        "event handler": ("exchange-crm-event",),
        "deletions": ("exchange-crm-stage-not-sent",),
        "the real CRM": ("exchange-crm-address",),
    },
}
# Rows of the facts that no defect can be of, because the demo company has no such exchange; docs/*/exchanges.md says so to users.
ABSENT = {
    "2 distributed base": "exchange by conversion rules (КД2) itself: only its messages (UNI-06) and its errors in the log (OPS-06)",
    "4.2 DirectBank": "signatures and logon by certificate: they need a crypto provider and a key of the bank's",
    "7 message bus": "1C:Шина, AMQP",
    "8 CRM": "amoCRM, retailCRM: one manner of REST has a counterpart, that of Bitrix24",
}
# One release a group: defects that do not hide each other, and the scenario that must name each.
RUN = {
    "2.0.14.101": {
        "exchange-uni-identifiers-lost": "UNI-10",
        "exchange-shop-no-success": "SHOP-03",
        "exchange-direct-trusts-sending": "BANK-05",
        "exchange-crm-origin-lost": "CRM-01",
        "exchange-branch-restored-copy": "BRANCH-04",
    },
    "2.0.14.102": {
        "exchange-uni-acknowledges-failed": "UNI-06",
        "exchange-shop-address": "EXCH-03",
        "exchange-bank-treasury": "BANK-06",
        "exchange-crm-old-data": "CRM-02",
        "exchange-branch-digest-unchecked": "BRANCH-03",
    },
}


BY_FOLDER = ("UNI-11", "UNI-12")
FAR = ("BANK-05", "CRM-04", *BY_FOLDER)
"""Scenarios that need the base to get to this machine, and those that need it to see a folder here."""


@dataclass(frozen=True, slots=True)
class SeededBase(DemoBase):
    """The demo company with releases of the test's own."""

    folder: Path = Path()

    def update(self, infobase: Infobase, path: Path | str, release: str, accounts: Sequence[Account]) -> Changed:
        """Updates from the test's folder."""
        from stand.emulator.company import update_demo

        del path, accounts
        update_demo(infobase, release, self.folder)
        return Changed()


def _function(scenario: str) -> str:
    """The test function of a scenario, by which pytest selects it."""
    for path in sorted((ROOT / "scenarios" / "exchanges").glob("test_*.py")):
        found = re.search(
            rf'scenario\("{scenario}".*?^def (\w+)', path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
        )
        if found:
            return found[1]
    raise AssertionError(scenario)


def _only(scenarios: Iterable[str]) -> tuple[str, str]:
    return "-k", " or ".join(sorted({_function(scenario) for scenario in scenarios}))


def test_no_defect_of_an_exchange_is_without_a_row() -> None:
    named = {defect for rows in ROWS.values() for defects in rows.values() for defect in defects}
    assert {path.stem for path in DEFECTS.glob("exchange-*.toml")} - named == set()


@pytest.mark.parametrize("section", ROWS)
def test_every_row_has_its_defect(section: str) -> None:
    named = {defect for defects in ROWS[section].values() for defect in defects}
    assert sorted(name for name in named if not (DEFECTS / f"{name}.toml").is_file()) == []


def test_every_defect_says_what_it_breaks_in_words() -> None:
    for path in sorted(DEFECTS.glob("exchange-*.toml")):
        defect = tomllib.loads(path.read_text(encoding="utf-8"))
        assert defect["id"] == path.stem
        assert len(defect["title"]) > 15
        assert len(defect["breaks"]) > 25
        assert defect["expect"]["words"]
        assert defect["change"]


@dataclass(frozen=True, slots=True)
class Played:
    """What came of the rehearsals.

    Attributes:
        after: the second phase of each release.
        far: a second phase on a stand that does not get to this machine, as a container has no way out.
    """

    after: dict[str, Stage]
    far: Stage


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """One base, seen before once and after each of the releases."""
    folder = tmp_path_factory.mktemp("exchanges")
    shutil.copytree(ROOT / "fixtures" / "demo", folder / "demo")
    shutil.copytree(DEFECTS, folder / "defects")
    for release, defects in RUN.items():
        listed = ", ".join(f'"{name}"' for name in defects)
        text = f'title = "т"\ndate = "2026-09-02"\nabout = "т"\nchanges = []\ndefects = [{listed}]\n'
        (folder / "demo" / "releases" / f"{release}.toml").write_text(text, encoding="utf-8")
    base = SeededBase("2.0.14.7", documents=60, folder=folder / "demo")
    before = Stage(folder, base, folders=("exchanges",))
    backup = before.start()
    every = [scenario for defects in RUN.values() for scenario in defects.values()]
    assert before.phase(Phase.BEFORE, *_only(every)) == 0, before.output
    found = {}
    for release, defects in RUN.items():
        stage = found[release] = before.fork(release)
        before.stand.restore(backup)
        before.stand.update(release)
        stage.phase(Phase.AFTER, *_only(defects.values()))
    far = before.fork("far")
    before.stand.restore(backup)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Wire, "call", _lead_nowhere)
        patch.setattr(addresses, "checked", _see_nothing)
        far.phase(Phase.AFTER, *_only(FAR))
    yield Played(found, far)
    before.close()


_CALL = Wire.call


def _lead_nowhere(wire: Wire, *place: str, **request: Any) -> Answer:
    """Nobody listens where the base goes: in a container this machine is not 127.0.0.1."""
    wire.address = "http://127.0.0.1:1"
    return _CALL(wire, *place, **request)


def _see_nothing(address: str) -> Path:
    """A container has a file system of its own."""
    return checked(f"{address}-not-here")


@pytest.mark.parametrize(
    ("release", "defect", "scenario"),
    [(release, defect, scenario) for release, defects in RUN.items() for defect, scenario in defects.items()],
)
def test_a_break_is_named_in_words(played: Played, release: str, defect: str, scenario: str) -> None:
    words = tomllib.loads((DEFECTS / f"{defect}.toml").read_text(encoding="utf-8"))["expect"]["words"]
    lines = [line for line in played.after[release].said().splitlines() if line.startswith(scenario)]

    assert any(all(word in line for word in words) for line in lines), lines


def test_a_stand_without_a_way_here_is_not_checked_and_not_blamed(played: Played) -> None:
    runs = [run for run in played.far.record().runs.values() if run.phase is Phase.AFTER]
    assert {run.id: run.outcome for run in runs} == dict.fromkeys(FAR, Outcome.NOT_CHECKED)
    for run in runs:
        unseen = "не видит каталога обмена" if run.id in BY_FOLDER else "не достаёт до корреспондентов"
        assert f"{unseen} на этом компьютере" in str(run.text)
