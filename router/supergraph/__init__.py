"""Supergraph SDL (join spec v0.1 to v0.5) read once into immutable, indexed records, and the API schema clients see."""

from router.supergraph.reader import SupergraphError, read_supergraph
from router.supergraph.records import (
    ContextArgument,
    EntryPoint,
    Resolver,
    Subgraph,
    SubgraphField,
    SubgraphType,
    Supergraph,
    TypeRef,
    Vertex,
)

__all__ = [
    "ContextArgument",
    "EntryPoint",
    "Resolver",
    "Subgraph",
    "SubgraphField",
    "SubgraphType",
    "Supergraph",
    "SupergraphError",
    "TypeRef",
    "Vertex",
    "read_supergraph",
]
