"""Findings and facts in, verdict out; pure functions."""
