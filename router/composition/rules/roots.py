"""Root types: the supergraph's are named Query, Mutation and Subscription, and routers call subgraphs by fields of Query.

https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec
"""

from __future__ import annotations

from dataclasses import replace

from router.composition.errors import ErrorCode, Report
from router.composition.subgraph import SubgraphSchema
from router.federation.model import ROOT_NAMES, Field, Kind, Schema, Type
from router.federation.types import base_name, rename

CODES = {
    "query": ErrorCode.ROOT_QUERY_USED,
    "mutation": ErrorCode.ROOT_MUTATION_USED,
    "subscription": ErrorCode.ROOT_SUBSCRIPTION_USED,
}
MISPLACED = {"_Any": (Kind.OBJECT, Kind.INTERFACE, Kind.UNION), "_Entity": (Kind.INPUT,)}


def check_roots(subgraph: SubgraphSchema, report: Report) -> None:
    """A root of another name leaves its usual name unused, and so does a subgraph without a query root."""
    for operation, name in {"query": None, **subgraph.schema.roots}.items():
        usual = ROOT_NAMES[operation]
        if name != usual and usual in subgraph.schema.types:
            root = f'the {operation} root "{name}"' if name else "the query root, which routers add to every subgraph,"
            message = f'Rename the type "{usual}": {root} has that name in the supergraph'
            report.error(CODES[operation], message, subgraph.at(subgraph.schema.types[usual]))
    types = subgraph.schema.types
    if "_Entity" in types or any(subgraph.has(type_, "key") for type_ in types.values()):
        for reserved, kinds in MISPLACED.items():
            if subgraph.schema.kind(reserved) in kinds:
                message = f'Rename the type "{reserved}": routers ask for entities by a type of that name'
                report.error(ErrorCode.INVALID_GRAPHQL, message, subgraph.at(types[reserved]))


def with_usual_roots(subgraph: SubgraphSchema) -> SubgraphSchema:
    """The subgraph with its root types under the names that they have in the supergraph, and a query root in any case."""
    schema = _with_query_root(subgraph.schema)
    names = {name: ROOT_NAMES[operation] for operation, name in schema.roots.items() if name != ROOT_NAMES[operation]}
    if not names:
        return subgraph.with_schema(schema)
    types = {}
    for type_ in schema.types.values():
        name = names.get(type_.name, type_.name)
        types[name] = replace(
            type_,
            name=name,
            fields={each.name: _renamed(each, names) for each in type_.fields.values()},
            members=tuple(names.get(member, member) for member in type_.members),
        )
    roots = {operation: names.get(name, name) for operation, name in schema.roots.items()}
    return subgraph.with_schema(replace(schema, types=types, roots=roots))


def _with_query_root(schema: Schema) -> Schema:
    """Routers give every subgraph a query root with fields of their own."""
    if "query" in schema.roots:
        return schema
    types = {**schema.types, ROOT_NAMES["query"]: Type(Kind.OBJECT, ROOT_NAMES["query"])}
    return replace(schema, types=types, roots={**schema.roots, "query": ROOT_NAMES["query"]})


def _renamed(field: Field, names: dict[str, str]) -> Field:
    name = base_name(field.type)
    return replace(field, type=rename(field.type, names[name])) if name in names else field
