"""One table of refusals for all HTTP services of a base."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from requests.auth import HTTPBasicAuth

from harness.errors import ConfigError
from harness.onec.exchange_folder import MARK
from stand.emulator.company import service_routes
from stand.emulator.exchanging import registration
from stand.emulator.exchanging.common import ExchangeError, described
from stand.emulator.exchanging.outward import point
from stand.emulator.rows import BusinessError
from stand.emulator.server import EmulatorServer
from stand.emulator.service.refusals import REFUSALS, Refusal, ServiceError, refusal_of
from tests.stand.emulator.demo import PASSWORD, UNIVERSAL, company, customer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AUTH = HTTPBasicAuth("Администратор".encode(), PASSWORD.encode())


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ServiceError(403, "access", "нельзя"), Refusal(403, "access", "нельзя")),
        (ExchangeError("plan", "плана нет"), Refusal(404, "plan", "плана нет")),
        (ExchangeError("178", "не нам"), Refusal(400, "178", "не нам")),
        (BusinessError("не проводится"), Refusal(400, "business", "не проводится")),
        (KeyError("КПП"), Refusal(400, "handler", "Поле объекта не обнаружено (КПП)")),
        (KeyError(), Refusal(400, "handler", "Поле объекта не обнаружено ()")),
    ],
)
def test_errors_as_they_are_told(error: Exception, told: Refusal) -> None:
    assert isinstance(error, REFUSALS)
    assert refusal_of(error) == told


def test_a_wrong_parameter_is_told_in_its_own_words() -> None:
    assert refusal_of(ConfigError("такого нет", place="здесь")).code == "parameter"


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """A base whose exchange rules ask for an attribute the release has taken away."""
    with company(tmp_path) as base:
        rules: dict[str, Any] = described(base.configuration.behaviour)[UNIVERSAL]["objects"]["Справочник.Контрагенты"]
        rules["body"]["Снятый"] = "СнятыйРеквизит"
        with base.transaction() as session:
            registration.register(session, UNIVERSAL, "БП", [customer(session)["Ref"]])
        (tmp_path / MARK).touch()
        point(base, UNIVERSAL, "БП", {"address": tmp_path.as_uri()})
        server = EmulatorServer(base, extra_routes=service_routes(base))
        yield server.start()
        server.stop()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/hs/readiness/v1/exchanges/{UNIVERSAL}/БП/message"),
        ("POST", f"/hs/readiness/v1/exchanges/{UNIVERSAL}/БП/export"),
        ("POST", f"/hs/readiness/v1/exchanges/{UNIVERSAL}/БП/run"),
        ("POST", f"/hs/exchange_dsl_1_0_0_1/1.0.0.1/UploadData?ExchangePlanName={UNIVERSAL}&NodeCode=БП"),
    ],
)
def test_an_attribute_a_release_took_away_is_named_wherever_it_is_missed(url: str, method: str, path: str) -> None:
    answer = requests.request(method, url + path, auth=AUTH, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"] == {"code": "handler", "message": "Поле объекта не обнаружено (СнятыйРеквизит)"}
