"""The servers of a world: each subgraph, and the merged schema, executed by graphql-core over the same rows."""

import functools
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLResolveInfo,
    OperationDefinitionNode,
    SelectionSetNode,
    build_schema,
    execute_sync,
    parse,
    validate,
)

from router.execution.errors import SubgraphFailure
from router.execution.transport import RequestContext
from tests.router.execution.world import FieldDef, World, merged_sdl, signature

Failures = frozenset[tuple[str, int, str]]
"""Rows' fields that fail: type, number, field."""


@dataclass
class Item:
    """An object in a server: its row; what the path provides; what a representation brought for `@requires`.

    `around` is the row of the nearest object around it that sets the context.
    """

    row: dict[str, Any]
    provided: frozenset[str] = frozenset()
    brought: dict[str, Any] = field(default_factory=dict)
    known_as: str | None = None
    around: dict[str, Any] | None = None


class Merged:
    """The whole world as one schema."""

    def __init__(self, world: World, failures: Failures = frozenset()) -> None:
        self.world = world
        self.failures = failures
        self.schema = build_schema(merged_sdl(world))

    def execute(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The answer to a valid operation."""
        result = execute_sync(
            self.schema, parse(query), Item(self.world.rows["Query"][0]), variable_values=variables,
            field_resolver=self.resolve, type_resolver=lambda item, *_: item.row["__typename"],
        )  # fmt: skip
        return dict(result.formatted)

    def resolve(self, item: Item, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        if info.parent_type.name == "Query":
            return self.wrap(item.row[info.field_name], None)
        kind = self.world.types[info.parent_type.name]
        selected = kind.fields[info.field_name].context
        if selected:
            assert item.around is not None
            return computed(info.field_name, true_value(self.world, item.around, selected, {}))
        value = true_value(self.world, item.row, info.field_name, arguments, self.failures)
        return self.wrap(value, item.row if kind.sets_context else item.around)

    def wrap(self, value: Any, around: dict[str, Any] | None) -> Any:
        if isinstance(value, list):
            return [self.wrap(one, around) for one in value]
        return Item(self.world.rows[value[0]][value[1]], around=around) if isinstance(value, tuple) else value


def true_value(
    world: World, row: dict[str, Any], name: str, arguments: dict[str, Any], failures: Failures = frozenset()
) -> Any:
    """What a field of a row is."""
    if (row["__typename"], row["#"], name) in failures:
        raise GraphQLError(f"{row['__typename']}.{name} fails")
    one = world.types[row["__typename"]].fields[name]
    if one.requires:
        return computed(name, required(world, row, selection_of(one.requires)))
    value = row[name]
    return with_argument(one, value, arguments)


def with_argument(one: FieldDef, value: Any, arguments: dict[str, Any]) -> Any:
    if not one.argument or value is None or one.type.name != "String":
        return value
    suffix = f"({arguments.get('x')})"
    return [item + suffix for item in value] if isinstance(value, list) else value + suffix


def computed(name: str, values: Any) -> str:
    return f"{name}{json.dumps(values, sort_keys=True)}"


@functools.cache
def selection_of(text: str) -> SelectionSetNode:
    definition = parse(f"{{{text}}}").definitions[0]
    assert isinstance(definition, OperationDefinitionNode)
    return definition.selection_set


def required(world: World, row: dict[str, Any], selection: SelectionSetNode) -> dict[str, Any]:
    """The true values of a field set."""
    found = {}
    for node in selection.selections:
        assert isinstance(node, FieldNode)
        arguments = {argument.name.value: argument.value.value for argument in node.arguments or ()}  # type: ignore[attr-defined]
        value = true_value(world, row, node.name.value, arguments)
        found[node.name.value] = _deep(world, value, node.selection_set)
    return found


def _deep(world: World, value: Any, selection: SelectionSetNode | None) -> Any:
    if isinstance(value, list):
        return [_deep(world, one, selection) for one in value]
    if isinstance(value, tuple) and selection is not None:
        return required(world, world.rows[value[0]][value[1]], selection)
    return value


def part(value: Any, selection: SelectionSetNode) -> Any:
    """The part of a representation that a field set selects. KeyError if it is not whole."""
    if isinstance(value, list):
        return [part(one, selection) for one in value]
    if value is None:
        return None
    return {
        node.name.value: part(value[node.name.value], node.selection_set)
        if node.selection_set
        else value[node.name.value]
        for node in selection.selections
        if isinstance(node, FieldNode)
    }


class Server:
    """One subgraph."""

    def __init__(self, world: World, name: str, failures: Failures = frozenset()) -> None:
        self.world = world
        self.name = name
        self.failures = failures
        self.schema = build_schema(self.sdl())
        self.valid: dict[str, DocumentNode] = {}

    def sdl(self) -> str:
        lines, entities = [], []
        for kind in self.world.types.values():
            if self.name not in kind.subgraphs:
                continue
            if kind.kind == "union":
                lines.append(f"union {kind.name} = {' | '.join(sorted(kind.members[self.name]))}")
                continue
            here = [one for one in kind.fields.values() if self.name in one.owners | one.external]
            plain = kind.kind == "interface" and self.name not in kind.objects
            head = f"{'interface' if plain else 'type'} {kind.name}"
            interfaces = [
                one for one in sorted(kind.interfaces) if kind.name in self.world.types[one].members.get(self.name, ())
            ]
            head += f" implements {' & '.join(interfaces)}" if interfaces else ""
            lines.append(f"{head} {{ {' '.join(signature(one, self.name) for one in here)} }}")
            if not plain and self.name in kind.keys:
                entities.append(kind.name)
        roots = [f"{one.name}: {one.type}" for one in self.world.roots.values() if self.name in one.owners]
        if entities:
            roots.append("_entities(representations: [_Any!]!): [_Entity]!")
            lines += [f"union _Entity = {' | '.join(entities)}", "scalar _Any"]
        lines.append(f"type Query {{ {' '.join(roots) or 'nothing: Int'} }}")
        return "\n".join(lines)

    def execute(self, payload: dict[str, Any]) -> dict[str, Any]:
        document = self.valid.get(payload["query"])
        if document is None:
            document = parse(payload["query"])
            if errors := validate(self.schema, document):
                return {"errors": [error.formatted for error in errors]}
            self.valid[payload["query"]] = document
        result = execute_sync(
            self.schema, document, Item({}), variable_values=payload.get("variables"),
            field_resolver=self.resolve, type_resolver=lambda item, *_: item.known_as or item.row["__typename"],
        )  # fmt: skip
        return dict(result.formatted)

    def resolve(self, item: Item, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        owner, name = info.parent_type.name, info.field_name
        if name == "_entities":
            return [self.entity(one) for one in arguments["representations"]]
        if owner == "Query":
            return self.wrap(self.world.rows["Query"][0][name], self.world.roots[name])
        one = self.world.types[owner].fields[name]
        if one.requires:
            return self.compute(item, one)
        if one.context:
            return computed(name, arguments["around"])
        if self.name not in one.owners and name not in item.provided:
            raise GraphQLError(f"{owner}.{name} is external in {self.name} and not provided here")
        return self.wrap(true_value(self.world, item.row, name, arguments, self.failures), one)

    def compute(self, item: Item, one: FieldDef) -> str:
        selection = selection_of(one.requires or "")
        try:
            brought = part(item.brought, selection)
        except KeyError as error:
            raise GraphQLError(f"{one.name} requires {one.requires}, but {error} is missing") from error
        truth = required(self.world, item.row, selection)
        if brought != truth:
            raise GraphQLError(f"{one.name} requires {truth}, but got {brought}")
        if (item.row["__typename"], item.row["#"], one.name) in self.failures:
            raise GraphQLError(f"{one.name} fails")
        return computed(one.name, brought)

    def wrap(self, value: Any, one: FieldDef) -> Any:
        if isinstance(value, list):
            return [self.wrap(item, one) for item in value]
        if not isinstance(value, tuple):
            return value
        target = self.world.types[one.type.name]
        known_as = target.name if self.name in target.objects else None
        words = one.provides.get(self.name, "").replace("... on", "").replace("{", " ").replace("}", " ").split()
        names = words[1:] if words and words[0] in self.world.types else words
        provided = frozenset(names) if names == words or value[0] == words[0] else frozenset()
        return Item(self.world.rows[value[0]][value[1]], provided, known_as=known_as)

    def entity(self, representation: dict[str, Any]) -> Item | GraphQLError:
        kind = self.world.types.get(representation["__typename"])
        if kind is None or self.name not in kind.keys or self.name in kind.unresolvable:
            return GraphQLError(f"{representation['__typename']} is not an entity of {self.name}")
        for key in kind.keys[self.name]:
            try:
                wanted = part(representation, selection_of(key))
            except KeyError:
                continue
            for name in self.world.concrete(kind.name):
                for row in self.world.rows[name]:
                    if required(self.world, row, selection_of(key)) == wanted:
                        known_as = kind.name if self.name in kind.objects else None
                        return Item(row, brought=representation, known_as=known_as)
        return GraphQLError(f"no {kind.name} for {json.dumps(representation)} in {self.name}")


class Serves(Protocol):
    """A subgraph."""

    def execute(self, payload: dict[str, Any]) -> dict[str, Any]: ...


class InProcess:
    """A transport to servers in this process. `failing` subgraphs cannot be reached; `log` has what was sent."""

    def __init__(self, servers: Mapping[str, Serves], failing: frozenset[str] = frozenset()) -> None:
        self.servers = servers
        self.failing = failing
        self.log: list[tuple[str, dict[str, Any]]] = []

    async def fetch(self, subgraph: str, url: str, payload: bytes, request: RequestContext, **kind: bool) -> bytes:
        body = json.loads(payload)
        self.log.append((subgraph, body))
        if subgraph in self.failing:
            raise SubgraphFailure(subgraph, "the subgraph {service} could not be reached")
        return json.dumps(self.servers[subgraph].execute(body)).encode()

    def subscribe(
        self, subgraph: str, url: str, payload: dict[str, Any], request: RequestContext
    ) -> AsyncIterator[dict[str, Any]]:
        raise AssertionError("no subscriptions here")
