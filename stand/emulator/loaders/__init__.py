"""Makers of configurations and bases: from a recorded `$metadata` and feeds, from the demo company's description."""
