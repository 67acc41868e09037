"""Stands: copies of an infobase to try an update on. `stand.protocol` says what a stand can do."""
