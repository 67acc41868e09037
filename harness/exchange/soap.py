"""Calls of 1C's web services through zeep, an optional extra (`pip install onec-readiness[soap]`).

The WSDL comes from a file that was read and checked before (`harness.exchange.wsdl`): zeep fetches nothing by itself.
"""

from __future__ import annotations

import importlib
import io
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError
from harness.exchange import wsdl

if TYPE_CHECKING:
    import requests


def client(data: bytes, address: str, session: requests.Session) -> Any:
    """A caller of the operations of a service: `client(…).GetVersions("Имя")`.

    Args:
        data: the WSDL.
        address: address of the service, "http://…/ws/InterfaceVersion.1cws".
        session: the stand's own session with its write guard, user and time limits.

    Raises:
        DocumentError: the WSDL cannot be read.
        UsageError: zeep is not installed, or the WSDL has no binding.
    """
    described = wsdl.read(data)
    try:
        zeep = importlib.import_module("zeep")
        transports = importlib.import_module("zeep.transports")
    except ImportError as error:
        raise UsageError(
            "для вызова веб-сервисов нужна библиотека zeep", hint="установите: pip install onec-readiness[soap]"
        ) from error
    settings = zeep.Settings(strict=False, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    made = zeep.Client(io.BytesIO(data), transport=transports.Transport(session=session), settings=settings)
    bindings = [str(name) for name in made.wsdl.bindings]
    if not bindings:
        raise UsageError(f"в WSDL службы {described.name} нет ни одной привязки")
    return made.create_service(bindings[0], address)
