"""`python -m harness.cli`: the same as the `readiness` command, before or without its installation."""

from __future__ import annotations

import sys

from harness.cli.app import main

sys.exit(main())
