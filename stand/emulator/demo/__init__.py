"""Makes the demo company: reference data and documents, deterministic by seed and size."""
