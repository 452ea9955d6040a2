"""Subgraphs → supergraph in join-spec form, or errors that a subgraph's author understands."""

from router.composition.compose import Composition, SubgraphSdl, compose
from router.composition.errors import CompositionError, ErrorCode, Hint, Location
from router.composition.node import node_subgraph

__all__ = [
    "Composition",
    "CompositionError",
    "ErrorCode",
    "Hint",
    "Location",
    "SubgraphSdl",
    "compose",
    "node_subgraph",
]
