"""All HTTP services of exchanges of a base of the company, beside OData and the readiness service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stand.emulator.exchanging.routes_bsp import bsp_routes
from stand.emulator.exchanging.routes_outward import outward_routes
from stand.emulator.exchanging.routes_site import site_routes
from stand.emulator.exchanging.routes_soap import soap_routes

if TYPE_CHECKING:
    from starlette.routing import Route

    from stand.emulator.database.infobase import Infobase

__all__ = ["exchange_routes"]


def exchange_routes(infobase: Infobase) -> list[Route]:
    """Routes below a publication."""
    return [*outward_routes(infobase), *bsp_routes(infobase), *soap_routes(infobase), *site_routes(infobase)]
