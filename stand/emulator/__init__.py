"""A server that speaks the protocols of 1C:Enterprise over a real database."""
