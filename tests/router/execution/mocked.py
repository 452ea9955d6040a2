"""Data for any graph that composes: a type has one object, and what a field gives follows from the type's and its own name.

Strings begin with the name of their object's type, so that a key tells which object an interface object is.
"""

from dataclasses import dataclass, replace
from typing import Any

from graphql import (
    DocumentNode,
    FieldDefinitionNode,
    GraphQLEnumType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    SchemaExtensionNode,
    build_ast_schema,
    build_schema,
    get_named_type,
    get_nullable_type,
    graphql_sync,
    is_abstract_type,
    is_composite_type,
    is_list_type,
    is_object_type,
    parse,
    print_ast,
)

from tests.router.composition.graphs import Graph

Item = dict[str, str]
"""An object: `__typename`, and what it is `known as` where it was found by a representation."""


class Mocked:
    """The schema that clients see, and the subgraphs over the same data."""

    def __init__(self, graph: Graph, api_schema: str) -> None:
        self.schema = build_schema(api_schema)
        self.servers = {name: MockedSubgraph(self, _executable(sdl)) for name, sdl in graph.items()}

    def execute(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The answer of the whole graph."""
        return self.run(self.schema, query, variables)

    def run(self, schema: GraphQLSchema, query: str, variables: dict[str, Any] | None) -> dict[str, Any]:
        result = graphql_sync(
            schema, query, {}, variable_values=variables, field_resolver=self._resolve, type_resolver=_type_here
        )
        return dict(result.formatted)

    @property
    def _schemas(self) -> list[GraphQLSchema]:
        """The clients', then the subgraphs'."""
        return [self.schema, *(server.schema for server in self.servers.values())]

    def _resolve(self, item: Item, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        if info.field_name == "_entities":
            return [self._entity(one) for one in arguments["representations"]]
        return self._value(item.get("__typename", "Query"), info.field_name, info.return_type)

    def _entity(self, representation: Item) -> Item:
        name = representation["__typename"]
        if is_abstract_type(self.schema.type_map[name]):
            name = next(text for key, text in representation.items() if key != "__typename").partition(".")[0]
        return {"__typename": name, "known as": representation["__typename"]}

    def _value(self, owner: str, field: str, kind: GraphQLOutputType) -> Any:
        nullable, named, text = get_nullable_type(kind), get_named_type(kind), f"{owner}.{field}"
        if is_list_type(nullable):
            return [self._value(owner, field, nullable.of_type)] * 2
        if is_composite_type(named):
            return {"__typename": self._type_of(owner, field)}
        if isinstance(named, GraphQLEnumType):
            enums = [one.type_map.get(named.name) for one in self._schemas]
            return min(set.intersection(*(set(one.values) for one in enums if isinstance(one, GraphQLEnumType))))
        return {"Int": len(text), "Float": len(text) / 2, "Boolean": True}.get(named.name, text)

    def _type_of(self, owner: str, field: str) -> str:
        """The first of the types that the field's object may have in every subgraph that has the field."""
        possible = [
            self._possible(schema, get_named_type(fields[field].type).name)
            for schema in self._schemas[1:]
            if field in (fields := self._fields(schema, owner))
        ]
        return min(set.intersection(*possible))

    def _fields(self, schema: GraphQLSchema, owner: str) -> dict[str, Any]:
        """The fields of an object type, or of the interface object that stands for it."""
        visible = self.schema.type_map.get(owner)
        names = [owner, *(interface.name for interface in getattr(visible, "interfaces", ()))]
        kinds = [schema.query_type if name == "Query" else schema.type_map.get(name) for name in names]
        return {name: one for kind in kinds if is_object_type(kind) for name, one in kind.fields.items()}

    def _possible(self, schema: GraphQLSchema, name: str) -> set[str]:
        if schema.query_type and schema.query_type.name == name:
            return {"Query"}
        for one in (schema, self.schema):
            kind = one.type_map.get(name)
            if is_abstract_type(kind):
                return {possible.name for possible in one.get_possible_types(kind)}
        return {name}


@dataclass(frozen=True, slots=True)
class MockedSubgraph:
    mocked: Mocked
    schema: GraphQLSchema

    def execute(self, payload: dict[str, Any]) -> dict[str, Any]:
        return self.mocked.run(self.schema, payload["query"], payload.get("variables"))


def _type_here(item: Item, info: GraphQLResolveInfo[Any], *_: Any) -> str:
    return item["__typename"] if item["__typename"] in info.schema.type_map else item["known as"]


def _executable(sdl: str) -> GraphQLSchema:
    """A subgraph's schema with `_entities` over all its object types."""
    definitions = [
        ObjectTypeDefinitionNode(name=node.name, fields=_own(node.fields))
        if isinstance(node, ObjectTypeExtensionNode)
        else node
        for node in parse(sdl).definitions
        if not isinstance(node, SchemaExtensionNode) and not print_ast(node).split()[1].startswith("_")
    ]
    document = DocumentNode(definitions=tuple(definitions))
    query = build_ast_schema(document, assume_valid_sdl=True).query_type
    kinds = [one.name.value for one in definitions if isinstance(one, ObjectTypeDefinitionNode)]
    entities = parse(f"""
        scalar _Any
        union _Entity = {" | ".join(kinds)}
        {"extend type " + query.name if query else "type Query"} {{
          _entities(representations: [_Any!]!): [_Entity]!
        }}
    """).definitions
    return build_ast_schema(replace(document, definitions=(*definitions, *entities)), assume_valid_sdl=True)


def _own(fields: tuple[FieldDefinitionNode, ...] | None) -> tuple[FieldDefinitionNode, ...]:
    """Without what Federation 1 lets a subgraph write though it is given: `_service`, `_entities`."""
    return tuple(one for one in fields or () if not one.name.value.startswith("_"))
