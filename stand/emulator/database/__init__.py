"""The infobase: objects, records and users over a real database, exact and transactional."""
