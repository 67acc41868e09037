"""Exchanges of the demo company: bank files, the web shop, the universal format, the branch."""
