"""What a base tells of its exchange to another one: `GetIBParameters` (facts/exchanges.md 1.7), the best single probe of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stand.emulator.exchanging.common import own_code
from stand.emulator.loaders.company import version_key

if TYPE_CHECKING:
    from stand.emulator.exchanging.common import Context

__all__ = ["base_parameters"]


def base_parameters(context: Context) -> dict[str, Any]:
    """Keys and shapes as БП 3.0.169 answers them; lists of versions are "*" when an object goes in all of them."""
    configuration = context.session.configuration
    known = context.session.find(f"ExchangePlan_{context.plan}", Code=context.node)
    table = context.table
    prefix = str(table.get("prefix", ""))
    return {
        "ExchangePlanExists": True,
        "InfobasePrefix": prefix,
        "DefaultInfobasePrefix": prefix,
        "InfobaseDescription": configuration.title,
        "DefaultInfobaseDescription": configuration.title,
        "AccountingParametersSettingsAreSpecified": True,
        "ThisNodeCode": own_code(context),
        "ConfigurationVersion": configuration.version,
        "NodeExists": bool(known),
        "DataExchangeSettingsFormatVersion": "2.0",
        "UsePrefixesForExchangeSettings": False,
        "ExchangeFormat": str(table.get("format", "")),
        "ExchangePlanName": context.plan,
        "ExchangeFormatVersions": sorted(table.get("versions", ()), key=version_key, reverse=True),
        "DataSynchronizationSetupCompleted": bool(known),
        "MessageReceivedForDataMapping": False,
        "DataMappingSupported": True,
        "SupportedObjectsInFormat": [
            {"Object": name, "Receive": "*" if item.get("receive") else "", "Send": "*" if item.get("send") else ""}
            for name, item in sorted(table["objects"].items())
            if item.get("send") or item.get("receive")
        ],
    }
