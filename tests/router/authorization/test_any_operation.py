"""Whatever is asked, no value of a denied type or field is: random operations against the rules as they are written."""

from collections.abc import Iterable
from typing import Any

from graphql import (
    FieldNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    parse,
    validate,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from router.authorization.access import Access
from router.authorization.filter import filter_operation
from router.authorization.rules import AccessRules
from router.supergraph import read_supergraph
from router.supergraph.links import directive_arguments
from tests.router.http.graph import supergraph

SUPERGRAPH = read_supergraph(supergraph("http://127.0.0.1:9/", "http://127.0.0.1:9/"))
SCHEMA: GraphQLSchema = SUPERGRAPH.schema
RULES = AccessRules.read(SUPERGRAPH.document)
SCOPES = ("user:read", "email:read", "admin", "card:read", "margin:read")
POLICIES = ("call", "inspect", "audit", "see ticks")

accesses = st.builds(
    Access,
    authenticated=st.booleans(),
    scopes=st.frozensets(st.sampled_from(SCOPES)),
    policies=st.frozensets(st.sampled_from(POLICIES)),
)


def _overlapping(parent: Any) -> list[str]:
    mine = _possible(parent)
    composites = (item for item in SUPERGRAPH.api_schema.type_map.values() if is_composite_type(item))
    return [item.name for item in composites if not item.name.startswith("__") and mine & _possible(item)]


def _possible(given_type: Any) -> frozenset[str]:
    if is_abstract_type(given_type):
        return frozenset(item.name for item in SUPERGRAPH.api_schema.get_possible_types(given_type))
    return frozenset({given_type.name})


@st.composite
def selections(draw: st.DrawFn, parent: Any, depth: int) -> str:
    """A selection set on `parent`, some of its fields under an alias."""
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        fields = list(getattr(parent, "fields", {}))
        kind = draw(st.sampled_from(["field", "field", "fragment", "bare", "__typename"] if depth else ["field"]))
        if kind in ("fragment", "bare"):
            condition = draw(st.sampled_from(_overlapping(parent))) if kind == "fragment" else parent.name
            inner = draw(selections(SUPERGRAPH.api_schema.type_map[condition], depth - 1))
            parts.append(f"... {'on ' + condition if kind == 'fragment' else ''} {inner}")
            continue
        leaves = [name for name in fields if depth or not is_composite_type(get_named_type(parent.fields[name].type))]
        if kind == "__typename" or not leaves:
            parts.append("__typename")
            continue
        name = draw(st.sampled_from(leaves))
        given_type = get_named_type(parent.fields[name].type)
        inner = draw(selections(given_type, depth - 1)) if is_composite_type(given_type) else ""
        parts.append(f"{draw(st.sampled_from(['', f'x_{name}: ']))}{name} {inner}")
    return "{ " + " ".join(parts) + " }"


def _met(directives: Iterable[Any], access: Access) -> bool:
    """The rules of one element, as they are written in the graph's SDL."""
    for directive in directives:
        arguments = directive_arguments(directive)
        if directive.name.value == "signedIn" and not access.authenticated:
            return False
        if directive.name.value == "needs" and not any(set(group) <= access.scopes for group in arguments["scopes"]):
            return False
        if directive.name.value == "policy" and not any(
            set(group) <= access.policies for group in arguments["policies"]
        ):
            return False
    return True


def _reached(selection_set: SelectionSetNode, runtime: GraphQLObjectType, access: Access) -> None:
    """Fail where an object of type `runtime` would be asked for what is denied."""
    for node in selection_set.selections:
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition.name.value if node.type_condition else runtime.name
            if runtime.name in _possible(SCHEMA.type_map[condition]):
                _reached(node.selection_set, runtime, access)
        elif isinstance(node, FieldNode) and node.name.value != "__typename":
            definition = runtime.fields[node.name.value]
            given_type = get_named_type(definition.type)
            assert runtime.ast_node is not None
            assert _met(runtime.ast_node.directives or (), access), f"{runtime.name} is denied"
            assert definition.ast_node is not None
            assert _met(definition.ast_node.directives or (), access), f"{runtime.name}.{node.name.value} is denied"
            assert _met(getattr(given_type.ast_node, "directives", None) or (), access), f"{given_type.name} is denied"
            if node.name.value == "risk":
                assert access.authenticated and "card:read" in access.scopes, "risk tells of card"
            if node.selection_set is not None:
                for name in _possible(given_type):
                    inner = SCHEMA.type_map[name]
                    assert isinstance(inner, GraphQLObjectType)
                    _reached(node.selection_set, inner, access)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_operation_reaches_what_is_denied(data: st.DataObject) -> None:
    root = SUPERGRAPH.api_schema.query_type
    assert root is not None
    text = data.draw(selections(root, 4))
    access = data.draw(accesses)
    document = parse(text)
    assert not validate(SUPERGRAPH.api_schema, document)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    filtered, denied = filter_operation(SUPERGRAPH.api_schema, RULES, document, operation, access)
    (kept,) = filtered.definitions
    assert isinstance(kept, OperationDefinitionNode)
    runtime = SCHEMA.type_map["Query"]
    assert isinstance(runtime, GraphQLObjectType)
    _reached(kept.selection_set, runtime, access)
    if kept.selection_set.selections:
        assert not validate(SUPERGRAPH.api_schema, filtered)
    if not denied:
        assert filtered is document
