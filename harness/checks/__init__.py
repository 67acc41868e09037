"""Probes that any 1C base can be given, without a scenario written for it."""
