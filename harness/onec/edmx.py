"""EDMX (`$metadata`): the model, the reader and the writer under one name."""

from __future__ import annotations

from harness.onec.edmx_model import (
    BINDING,
    Association,
    ComplexType,
    End,
    EntitySet,
    EntityType,
    EnumType,
    FunctionImport,
    Metadata,
    NavigationProperty,
    Parameter,
    Property,
    canonical,
    short,
)
from harness.onec.edmx_read import read_edmx
from harness.onec.edmx_write import write_edmx

__all__ = [
    "BINDING",
    "Association",
    "ComplexType",
    "End",
    "EntitySet",
    "EntityType",
    "EnumType",
    "FunctionImport",
    "Metadata",
    "NavigationProperty",
    "Parameter",
    "Property",
    "canonical",
    "read_edmx",
    "short",
    "write_edmx",
]
