"""Supergraph SDL (join spec v0.1 to v0.5) read once into immutable, indexed records, and the API schema clients see."""

from router.supergraph.reader import SupergraphError, read_supergraph
from router.supergraph.records import (
    ContextArgument,
    EntryPoint,
    FieldType,
    Resolver,
    Subgraph,
    SubgraphField,
    SubgraphType,
    Supergraph,
    Vertex,
)

__all__ = [
    "ContextArgument",
    "EntryPoint",
    "FieldType",
    "Resolver",
    "Subgraph",
    "SubgraphField",
    "SubgraphType",
    "Supergraph",
    "SupergraphError",
    "Vertex",
    "read_supergraph",
]
