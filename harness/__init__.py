"""The update-readiness harness for 1C:Enterprise: library, pytest plugin and the `readiness` command.

Ground floor: `harness.errors`, `harness.onec` (knowledge of 1C's protocol) and `harness.record` (the run record) import nothing
else of the project. Imports run upwards only; `tests/test_imports.py` checks it.
"""

__version__ = "0.1.0"
