"""The running service against its OpenAPI file: good requests and bad ones get what the file promises, and nothing is a 500."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import schemathesis
import schemathesis.openapi
from hypothesis import HealthCheck, Phase, settings
from requests.auth import HTTPBasicAuth
from schemathesis import GenerationMode

from stand.emulator.company import service_routes
from stand.emulator.server import EmulatorServer
from tests.stand.emulator.demo import PASSWORD, company

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = Path(__file__).resolve().parents[4] / "stand" / "readiness-service.yaml"
AUTH = HTTPBasicAuth("Администратор".encode(), PASSWORD.encode())


def described() -> Any:
    schema = schemathesis.openapi.from_path(FILE)
    schema.config.generation.update(
        modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE], with_security_parameters=False
    )
    # What fits the shape may still be refused by the base: a period the wrong way round, a message that is no XML.
    schema.config.checks.update(excluded_check_names=["positive_data_acceptance"])
    return schema


SCHEMA = described()
bounded = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with company(tmp_path_factory.mktemp("openapi")) as infobase:
        server = EmulatorServer(infobase, extra_routes=service_routes(infobase))
        try:
            yield server.start()
        finally:
            server.stop()


@SCHEMA.parametrize()  # type: ignore[untyped-decorator]  # made while the file is read
@bounded
def test_every_operation_keeps_its_promise(case: Any, publication: str) -> None:
    case.call_and_validate(base_url=f"{publication}/hs/readiness/v1", auth=AUTH, timeout=20)
    if case.operation.label == "PUT /sessions/lock":
        requests.delete(f"{publication}/hs/readiness/v1/sessions/lock", auth=AUTH, timeout=20)
