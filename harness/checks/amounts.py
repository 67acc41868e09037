"""Numbers in sentences of scenarios, as accountants write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal


def money(amount: Decimal) -> str:
    """A sum: "2 759,90", kopecks always; the spaces do not break."""
    return _spaced(f"{amount:,.2f}")


def figure(value: Decimal) -> str:
    """A number of which nobody knows whether it is money: whole "1 200", else with two digits or as many as it has, "0,125"."""
    digits = max(0, -int(value.normalize().as_tuple().exponent)) if value.is_finite() else 0
    return _spaced(f"{value:,.{max(digits, 2) if digits else 0}f}")


def _spaced(text: str) -> str:
    return text.replace(",", "\N{NO-BREAK SPACE}").replace(".", ",").replace("-", "\N{MINUS SIGN}")
