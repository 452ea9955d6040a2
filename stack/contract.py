"""The part of the API schema that a role may ever see: what its scopes leave, and what that leads to."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from graphql import (
    DocumentNode,
    ListTypeNode,
    NonNullTypeNode,
    TypeDefinitionNode,
    parse,
    print_ast,
    specified_scalar_types,
)

from router.authorization.access import Access
from router.authorization.rules import AccessRules

_ROOTS = ("Query", "Mutation", "Subscription")


def contract(api: str, supergraph: str, scopes: Iterable[str]) -> str:
    """The SDL of an API schema without what a supergraph's rules, as the router reads them, deny to such a caller.

    Types that are left without a field, and those that nothing leads to any more, are left out.
    """
    rules = AccessRules.read(parse(supergraph, no_location=True))
    access = Access(authenticated=True, scopes=frozenset(scopes))
    document = parse(api, no_location=True)
    types = {
        node.name.value: _allowed(node, rules, access)
        for node in document.definitions
        if isinstance(node, TypeDefinitionNode) and rules.allows_type(node.name.value, access)
    }
    while (fewer := _without_what_is_gone(types)) != types:
        types = fewer
    reached = _reached(types)
    kept = (
        types[node.name.value] if isinstance(node, TypeDefinitionNode) else node
        for node in document.definitions
        if not isinstance(node, TypeDefinitionNode) or node.name.value in reached
    )
    return print_ast(DocumentNode(definitions=tuple(kept))) + "\n"


def _allowed(node: Any, rules: AccessRules, access: Access) -> Any:
    if not _is_composite(node):
        return node
    fields = (one for one in node.fields or () if rules.allows_field(node.name.value, one.name.value, access))
    return replace(node, fields=tuple(fields))


def _without_what_is_gone(types: dict[str, Any]) -> dict[str, Any]:
    """One step: fields of types that are not there, what an implementation lacks, and then what is empty."""
    there = {*types, *specified_scalar_types}
    lacking = _lacking(types)
    result = {}
    for name, node in types.items():
        if _is_composite(node):
            fields = tuple(
                one for one in node.fields if _named(one.type) in there and (name, one.name.value) not in lacking
            )
            interfaces = tuple(one for one in node.interfaces or () if one.name.value in there)
            if fields:
                result[name] = replace(node, fields=fields, interfaces=interfaces)
        elif node.kind == "union_type_definition":
            members = tuple(one for one in node.types or () if one.name.value in there)
            if members:
                result[name] = replace(node, types=members)
        else:
            result[name] = node
    return result


def _lacking(types: dict[str, Any]) -> set[tuple[str, str]]:
    """Fields of interfaces that a type which implements them no longer has."""
    return {
        (interface.name.value, field.name.value)
        for node in types.values()
        if _is_composite(node)
        for interface in node.interfaces or ()
        if interface.name.value in types
        for field in types[interface.name.value].fields
        if field.name.value not in {one.name.value for one in node.fields}
    }


def _reached(types: dict[str, Any]) -> set[str]:
    """The types that the root types lead to; from an interface, to all that implement it."""
    implementations: dict[str, list[str]] = {}
    for name, node in types.items():
        for interface in getattr(node, "interfaces", None) or ():
            implementations.setdefault(interface.name.value, []).append(name)
    found: set[str] = set()
    waiting = [name for name in _ROOTS if name in types]
    while waiting:
        name = waiting.pop()
        if name in types and name not in found:
            found.add(name)
            waiting += [*_mentioned(types[name]), *implementations.get(name, ())]
    return found


def _mentioned(node: Any) -> Iterator[str]:
    for one in (*(getattr(node, "interfaces", None) or ()), *(getattr(node, "types", None) or ())):
        yield one.name.value
    for field in getattr(node, "fields", None) or ():
        yield _named(field.type)
        for argument in getattr(field, "arguments", None) or ():
            yield _named(argument.type)


def _is_composite(node: Any) -> bool:
    return node.kind in {"object_type_definition", "interface_type_definition"}


def _named(node: Any) -> str:
    while isinstance(node, ListTypeNode | NonNullTypeNode):
        node = node.type
    return str(node.name.value)
