"""Proof that checks can go red: the suite is run against seeded defects and harmless changes, and what it notices is counted."""
