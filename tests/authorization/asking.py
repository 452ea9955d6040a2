"""What is selected of a type, and what of it an answer has."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_union_type,
)

from tests.graph.hostile import literal, plausible

MOST = 100  # of a page
DENIED = "UNAUTHORIZED_FIELD_OR_TYPE"
_REFUSED = {"FORBIDDEN", "UNAUTHENTICATED", "BAD_USER_INPUT"}
_NAMED_OTHERWISE = {
    "earlierOrderId": ("LabOrder", 0),
    "typeId": ("AppointmentType", 0),
    "survivorId": ("Patient", 0),
    "duplicateId": ("Patient", -1),
    "proxyId": ("Patient", -1),
    "laboratoryId": ("Location", 0),
    "addedTestId": ("LabTest", 1),
    "alertId": ("SafetyAlert", 0),
}
_SEVERAL = {"memberIds": "Practitioner", "testIds": "LabTest", "panelIds": "LabPanel", "accountIds": "Account"}
_STALE = 999  # a version that no object has: what is asked for reaches its use case and is not done

Objects = Mapping[str, list[str]]
"""The ids of a party's objects by type."""


def is_entity(kind: GraphQLType) -> bool:
    """Whether a type's objects have an id of their own."""
    named = get_named_type(kind)
    return isinstance(named, GraphQLObjectType) and any(each.name == "Node" for each in named.interfaces)


def is_connection(kind: GraphQLType) -> bool:
    """Whether a type is a page of a list."""
    return _is_connection(get_named_type(kind))


def _is_connection(named: GraphQLNamedType) -> TypeGuard[GraphQLObjectType]:
    return isinstance(named, GraphQLObjectType) and {"pageInfo", "nodes", "edges"} <= named.fields.keys()


def node_type(kind: GraphQLType) -> GraphQLType:
    """What a list or page has in it; another type itself."""
    named = get_named_type(kind)
    return node_type(named.fields["nodes"].type) if _is_connection(named) else named


def selection(kind: GraphQLType) -> str:
    """All that is of an object and of no other object."""
    named = get_named_type(kind)
    if is_leaf_type(named):
        return ""
    if is_union_type(named):
        return "{ __typename }"
    if is_entity(named) or not isinstance(named, GraphQLObjectType):
        return "{ __typename id }"
    if _is_connection(named):
        node = selection(named.fields["nodes"].type)
        return f"{{ totalCount nodes {node} edges {{ cursor node {node} }} pageInfo {{ startCursor hasNextPage }} }}"
    return f"{{ {' '.join(f'{name} {selection(field.type)}' for name, field in named.fields.items())} }}"


def parts(kind: GraphQLType) -> list[str]:
    """The paths of all that `selection` has: `` itself, and what a value object has in it, such as `.system`."""
    named = get_named_type(node_type(kind))
    if is_leaf_type(named) or is_entity(named) or not isinstance(named, GraphQLObjectType):
        return [""]
    return ["", *(f".{name}{part}" for name, field in named.fields.items() for part in parts(field.type))]


def present(kind: GraphQLType, value: Any) -> set[str]:
    """Those of `parts` of which a value is there; an empty list is none."""
    if value is None:
        return set()
    named = get_named_type(kind)
    if isinstance(value, list):
        return {part for item in value for part in present(named, item)}
    if _is_connection(named):
        return present(named.fields["nodes"].type, page(value))
    if is_leaf_type(named) or is_entity(named) or not isinstance(named, GraphQLObjectType):
        return {""}
    inner = {f".{name}{part}" for name, field in named.fields.items() for part in present(field.type, value[name])}
    return {"", *inner}


def page(connection: Any) -> Any:
    """The nodes of a whole list, which its count and its edges must say as well."""
    nodes = connection["nodes"]
    assert [edge["node"] for edge in connection["edges"]] == nodes
    assert connection["totalCount"] == len(nodes) < MOST, "the count tells of other objects than the list"
    return nodes


def ids(value: Any) -> set[str]:
    """The ids of all entities in an answer."""
    if isinstance(value, list):
        return {found for item in value for found in ids(item)}
    if isinstance(value, dict):
        own = {value["id"]} if "id" in value else set()
        return own | {found for item in value.values() for found in ids(item)}
    return set()


def arguments(field: GraphQLField, objects: Objects, other: Mapping[str, Any]) -> dict[str, Any]:
    """Those that a field needs, of a party's objects, and others; of a list, all of it."""
    needed = {name: value for name, value in plausible(field).items() if is_required_argument(field.args[name])}
    whole = {"first": MOST} if is_connection(field.type) else {}
    return {**_of_party(needed, objects), **other, **whole}


def argument_type(name: str) -> tuple[str, int] | None:
    """Of which type an id by this name is, and which of a party's objects it is to be."""
    if name in _NAMED_OTHERWISE:
        return _NAMED_OTHERWISE[name]
    return (f"{name[0].upper()}{name[1:-2]}", 0) if name.endswith("Id") else None


def written(field: GraphQLField, given: Mapping[str, Any]) -> str:
    """Arguments as GraphQL writes them."""
    some = ", ".join(
        f"{name}: {literal(value, field.args[name].type)}" for name, value in given.items() if value is not None
    )
    return f"({some})" if some else ""


def named_in(field: GraphQLField, target: str | None) -> set[str]:
    """The types that the ids in a mutation's input are of; `target` is the one that `id` is of."""
    return set(_types_in(plausible(field).get("input") or {}, target))


def _types_in(given: Any, target: str | None) -> Iterator[str]:
    for each in given if isinstance(given, list) else ():
        yield from _types_in(each, target)
    for name, value in given.items() if isinstance(given, dict) else ():
        if name == "id" and target:
            yield target
        elif kind := argument_type(name):
            yield kind[0]
        yield from _types_in(value, target)


def asked_of(field: GraphQLField, objects: Objects, target: str | None) -> Any:
    """A mutation's input: plausible, of a party's objects, at a version that none of them has."""
    made = _of_party(plausible(field).get("input") or {}, objects)
    if target and "id" in made and target in objects:
        made["id"] = objects[target][0]
    return made | {name: _STALE for name in made if name.lower().endswith("version")} if objects else made


def _of_party(value: Any, objects: Objects) -> Any:
    if isinstance(value, list):
        return [_of_party(item, objects) for item in value]
    if not isinstance(value, dict):
        return value
    made = {}
    for name, item in value.items():
        kind = argument_type(name)
        made[name] = objects[kind[0]][kind[1]] if kind and kind[0] in objects else _of_party(item, objects)
        if _SEVERAL.get(name) in objects:
            made[name] = objects[_SEVERAL[name]]
    return made


@dataclass(frozen=True)
class Answer:
    """What came, and where the router has removed something."""

    data: Mapping[str, Any]
    denied: set[tuple[str, ...]]

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "Answer":
        """Of an answer without faults."""
        denied = set()
        for error in answer.get("errors", ()):
            code = error.get("extensions", {}).get("code")
            assert code in {DENIED, *_REFUSED}, error
            if code == DENIED:
                denied.add(tuple(part for part in error["path"] if isinstance(part, str) and part != "@"))
        return cls(answer.get("data") or {}, denied)

    def is_denied(self, *path: str) -> bool:
        """Whether what is there was removed, or what it is in."""
        return any(path[: len(each)] == each for each in self.denied)


def paths(name: str, kind: GraphQLType) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The parts of a field, each with its path in an answer."""
    inner = ("nodes",) if is_connection(kind) else ()
    for part in parts(kind):
        yield part, (name, *inner, *filter(None, part.split("."))) if part else (name,)
