"""Rules that a supergraph states, completed."""

import pytest
from graphql import parse

from router.authorization.access import Access
from router.authorization.rules import AccessRules
from router.engine import Engine
from tests.router.composition.graphs import composed, fed
from tests.router.execution.servers import InProcess

HEAD = """
schema
  @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION)
  @link(url: "https://specs.apollo.dev/context/v0.1")
  @link(url: "https://specs.apollo.dev/authenticated/v0.1")
  @link(url: "https://specs.apollo.dev/requiresScopes/v0.1")
{ query: Query }
"""


def read(sdl: str) -> AccessRules:
    return AccessRules.read(parse(HEAD + sdl))


def test_without_directives_there_are_no_rules() -> None:
    assert not read("type Query { a: Int }")


def test_an_empty_list_of_scopes_asks_nothing_and_an_empty_group_anybody() -> None:
    rules = read("type Query { a: Int @requiresScopes(scopes: []) b: Int @requiresScopes(scopes: [[]]) }")
    assert rules.allows_field("Query", "a", Access())
    assert rules.allows_field("Query", "b", Access())


def test_a_rule_that_stands_on_an_interface_alone_holds_for_its_implementations() -> None:
    rules = read("""
      type Query { node: Node }
      interface Node { id: ID! secret: Int @authenticated }
      type A implements Node { id: ID! secret: Int }
    """)
    assert not rules.allows_field("A", "secret", Access())
    assert rules.allows_field("A", "id", Access())


def test_a_rule_that_composition_derived_from_one_implementation_leaves_the_others_free() -> None:
    rules = read("""
      type Query { node: Node }
      interface Node @requiresScopes(scopes: [["a", "b"], ["a", "c"]]) { id: ID! }
      type A implements Node @requiresScopes(scopes: [["a"]]) { id: ID! }
      type B implements Node @requiresScopes(scopes: [["b"], ["c"]]) { id: ID! }
      type C implements Node { id: ID! }
    """)
    assert rules.allows_type("C", Access())
    assert rules.allows_type("A", Access(scopes=frozenset("a")))
    assert not rules.allows_type("Node", Access(scopes=frozenset("a")))
    assert rules.allows_type("Node", Access(scopes=frozenset("ac")))


def test_what_a_field_is_computed_from_is_asked_of_it_however_far() -> None:
    rules = read("""
      type Query { a: A }
      type A @context(name: "s__above") { id: ID! far: B
        near: Int @join__field(graph: S, requires: "far { ... on B { deep { value } } }")
        next: Int @join__field(graph: S, requires: "near")
        hidden: Int @authenticated }
      type B { deep: C }
      type C @requiresScopes(scopes: [["c"]]) { value: Int
        above: Int @join__field(graph: S,
          contextArguments: [{context: "s__above", name: "x", type: "Int", selection: "{ hidden }"}]) }
    """)
    assert rules.allows_field("A", "far", Access())
    for name in ("near", "next"):
        assert not rules.allows_field("A", name, Access())
        assert rules.allows_field("A", name, Access(scopes=frozenset("c")))
    assert not rules.allows_field("C", "above", Access(scopes=frozenset("c")))
    assert rules.allows_field("C", "above", Access(authenticated=True))


@pytest.mark.parametrize(
    ("query", "denied"),
    [
        ("{ items { id } }", [("items",)]),
        ("{ items { ... on Open { id } } }", [("items",)]),
        ("{ open { id } closed { __typename } }", [("closed",)]),
    ],
)
def test_rules_that_composition_puts_on_an_interface_are_asked_of_whoever_enters_by_it(
    query: str, denied: list[tuple[str, ...]]
) -> None:
    sdl = """
      type Query { items: [Item] open: Open closed: Closed }
      interface Item { id: ID }
      type Open implements Item { id: ID }
      type Closed implements Item @authenticated { id: ID }
    """
    supergraph = composed(a=fed(sdl)).supergraph_sdl
    assert supergraph is not None
    engine = Engine(supergraph, transport=InProcess({}))
    assert [one.path for one in engine.prepare(query).denied] == denied
