"""Puts the merged parts together.

https://specs.apollo.dev/join/v0.3
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from router.composition.errors import ErrorCode, Report
from router.composition.merge.applications import DirectiveMerger
from router.composition.merge.compose_directive import composed_directives
from router.composition.merge.context import MergeContext
from router.composition.merge.definitions import merge_definitions
from router.composition.merge.features import Features, federation_version, merge_features
from router.composition.merge.interface_objects import with_interface_object_fields
from router.composition.merge.join import join_definitions, join_directives, join_type_definitions
from router.composition.merge.references import merge_description
from router.composition.merge.shapes import shallow_schema
from router.composition.merge.types import TypeMerger
from router.composition.subgraph import SubgraphSchema
from router.federation.model import ROOT_NAMES, Kind, Schema, Type


@dataclass(frozen=True, slots=True)
class Merged:
    """The supergraph, the features that it links, and the subgraphs' values of `join__Graph`."""

    schema: Schema
    features: Features
    graphs: dict[str, str]


def merge(subgraphs: Sequence[SubgraphSchema], report: Report) -> Merged | None:
    """The supergraph of valid subgraphs of federation 2; None if the report now says why there is none."""
    errors = len(report.errors)
    version = federation_version(subgraphs, report)
    composed = composed_directives(subgraphs, report)
    features = merge_features(subgraphs, composed.features, version, report)
    if len(report.errors) > errors:
        return None
    shallow = shallow_schema(subgraphs, report)
    ctx = MergeContext(subgraphs, features, composed, shallow, report)
    merger = TypeMerger(ctx)
    definitions = merge_definitions(ctx, merger.fields)
    types: dict[str, Type] = {}
    for name in sorted(shallow.types, key=lambda name: shallow.types[name].kind is Kind.ENUM):
        type_ = merger.merge(name, shallow.types[name].kind)
        if type_:
            types[name] = type_
    if not types.get(ROOT_NAMES["query"]):
        report.error(ErrorCode.NO_QUERIES, "Add a field to the type Query in some subgraph: no subgraph has a query")
    schema_sources = {index: subgraph.schema for index, subgraph in enumerate(subgraphs)}
    schema = Schema(
        types={
            **types,
            **features.types,
            **{type_.name: type_ for type_ in join_type_definitions(ctx)},
        },
        definitions={
            **definitions,
            **features.definitions,
            **{definition.name: definition for definition in join_definitions(version)},
        },
        roots=shallow.roots,
        directives=(
            *features.link_applications(),
            *join_directives(ctx, schema_sources),
            *DirectiveMerger(ctx).merge(schema_sources, "schema"),
        ),
        description=merge_description(ctx, schema_sources, "schema"),
    )
    graphs = {subgraph.name: str(ctx.graph(index)) for index, subgraph in enumerate(subgraphs)}
    return Merged(with_interface_object_fields(ctx, schema), features, graphs)
