"""One phase as a pytest session: what is collected, how scenarios end, what of it reaches the journal."""

from __future__ import annotations

from harness.phase.outcomes import not_applicable, not_checked

__all__ = ["not_applicable", "not_checked"]
