"""The standard OData interface of 1C (facts/odata.md): URLs, query language, JSON, writes, functions, errors."""
