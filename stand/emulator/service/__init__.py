"""The readiness service of the emulator: `/hs/readiness/v1`."""
