"""Exchange formats: read, write, validate, compare. No 1C and no stand needed."""
