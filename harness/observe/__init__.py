"""Observations: captured by scenarios, stored in the record, compared between phases, accepted where a difference is expected.

The heavy libraries behind it are imported when a function that needs them is called.
"""

from __future__ import annotations

from harness.observe.accept import load_acceptances
from harness.observe.compare import compare_record
from harness.observe.explain import explain_record
from harness.observe.propose import propose

__all__ = ["compare_record", "explain_record", "load_acceptances", "propose"]
