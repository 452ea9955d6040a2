"""What the supergraph and the API schema are made of: one test a kind of element or directive."""

import re

import pytest

from tests.router.composition.graphs import VALID, composed, fed


def supergraph(name: str) -> str:
    sdl = composed(**VALID[name]).supergraph_sdl
    assert sdl
    return sdl


def api(name: str) -> str:
    sdl = composed(**VALID[name]).api_schema_sdl
    assert sdl
    return sdl


def type_of(sdl: str, name: str) -> str:
    """The definition of a type, on one line."""
    match = re.search(rf"^(?:type|interface|union|enum|input|scalar) {name}\b.*?(?=\n\n|\Z)", sdl, re.M | re.S)
    assert match, name
    return " ".join(match[0].split())


def test_entities_have_their_keys_and_fields_of_all_subgraphs() -> None:
    product = type_of(supergraph("an entity of two subgraphs"), "Product")
    assert '@join__type(graph: A, key: "id") @join__type(graph: B, key: "id")' in product
    assert "id: ID!" in product
    assert "name: String @join__field(graph: A)" in product
    assert "price: Int @join__field(graph: B)" in product


def test_keys_keep_their_spelling_and_whether_they_can_be_entered() -> None:
    sdl = supergraph("keys: several, composite, nested, one way")
    assert '@join__type(graph: A, key: "sku origin { country }")' in type_of(sdl, "Product")
    assert '@join__type(graph: B, key: "id", resolvable: false)' in type_of(sdl, "Product2")


def test_requires_and_provides_are_join_fields() -> None:
    sdl = supergraph("requires, provides")
    assert 'shipping: Int @join__field(graph: B, requires: "weight")' in type_of(sdl, "Product")
    assert "weight: Int @join__field(graph: A) @join__field(graph: B, external: true)" in type_of(sdl, "Product")
    assert 'best: Product @join__field(graph: B, provides: "name")' in type_of(sdl, "Query")


def test_overridden_fields_leave_their_subgraph_at_once_or_by_label() -> None:
    product = type_of(supergraph("override, at once and by a share"), "Product")
    assert 'name: String @join__field(graph: B, override: "a")' in product
    assert (
        'price: Int @join__field(graph: A, overrideLabel: "percent(5)")'
        ' @join__field(graph: B, override: "a", overrideLabel: "percent(5)")'
    ) in product


def test_overridden_fields_that_are_still_needed_are_kept_for_that() -> None:
    composition = composed(
        a=fed('type Query { p: P } interface N { n: Int } type P implements N @key(fields: "id") { id: ID n: Int }'),
        b=fed('type P @key(fields: "id") { id: ID n: Int @override(from: "a") }'),
    )
    assert composition.supergraph_sdl
    assert "n: Int @join__field(graph: A, usedOverridden: true)" in type_of(composition.supergraph_sdl, "P")


def test_interface_objects_give_their_fields_to_all_implementations() -> None:
    sdl = supergraph("interface objects")
    assert '@join__type(graph: B, key: "id", isInterfaceObject: true)' in type_of(sdl, "Media")
    assert 'reviews(first: Int): [String] @join__field @tag(name: "t")' in type_of(sdl, "Film")


def test_inputs_are_cut_down_and_outputs_united() -> None:
    sdl = api("enums, inputs and unions that differ")
    assert type_of(sdl, "Filter") == "input Filter { text: String! }"
    assert type_of(sdl, "In") == "enum In { B }"
    assert type_of(sdl, "Out") == "enum Out { A B C }"
    assert type_of(sdl, "Found") == "union Found = One | Two"


def test_types_of_shared_fields_are_the_widest_for_output_and_the_narrowest_for_input() -> None:
    node = "interface Node { id: ID } type One implements Node @shareable { id: ID }"
    composition = composed(
        a=fed(f"type Query {{ a(x: Int): Node @shareable }} {node}"),
        b=fed(f"type Query {{ a(x: Int!): One! @shareable }} {node}"),
    )
    assert composition.api_schema_sdl
    assert type_of(composition.api_schema_sdl, "Query") == "type Query { a(x: Int!): Node }"
    assert '@join__field(graph: B, type: "One!")' in (composition.supergraph_sdl or "")


def test_access_rules_of_all_subgraphs_hold_together() -> None:
    sdl = supergraph("access rules")
    secret = type_of(sdl, "Query")
    assert '@requiresScopes(scopes: [["a", "d"], ["b", "c", "d"]])' in secret
    assert "@authenticated" in type_of(sdl, "Thing"), "an interface asks for what its types ask for"
    assert 'inside: String @join__field(graph: A) @policy(policies: [["p"]])' in type_of(sdl, "Box")


def test_the_api_schema_has_nothing_that_is_hidden_or_for_routers() -> None:
    sdl = api("hidden parts")
    assert type_of(sdl, "Query") == "type Query { product: Product }"
    assert type_of(sdl, "State") == "enum State { ON }"
    assert not re.search(r"join__|link__|Hidden|@inaccessible|cost", sdl)


def test_contexts_are_arguments_that_clients_do_not_see() -> None:
    sdl = supergraph("contexts")
    assert '@context(name: "a__user")' in type_of(sdl, "User")
    assert 'context: "a__user", name: "currency", type: "String", selection: " { currency }"' in type_of(sdl, "Order")
    assert "total: Int" in type_of(api("contexts"), "Order")


def test_costs_are_the_highest_and_list_sizes_are_merged() -> None:
    sdl = supergraph("costs")
    assert "@cost(weight: 5)" in type_of(sdl, "Item")
    expected = '(assumedSize: 9, slicingArguments: ["first"], requireOneSlicingArgument: true)'
    assert f"@cost__listSize{expected}" in type_of(sdl, "Query") or f"@listSize{expected}" in type_of(sdl, "Query")


def test_composed_directives_come_with_their_newest_link() -> None:
    sdl = supergraph("composed directives")
    assert '@link(url: "https://example.com/marks/v1.2", import: ["@mark"])' in sdl
    assert "directive @mark(text: String) repeatable on FIELD_DEFINITION" in sdl
    assert '@mark(text: "one") @mark(text: "two")' in type_of(sdl, "Query")


def test_directives_for_operations_are_what_all_subgraphs_allow() -> None:
    assert "directive @upper(by: Int) on FIELD\n" in api("directives for operations")


def test_federation_1_is_upgraded() -> None:
    sdl = supergraph("federation 1")
    product = type_of(sdl, "Product")
    assert "id: ID!" in product
    assert 'label(size: Int): Size @join__field(graph: B, requires: "name")' in product
    assert "best: Product" in type_of(sdl, "Query")
    assert "_entities" not in sdl
    assert "_Any" not in sdl


def test_roots_have_their_usual_names() -> None:
    sdl = api("root types of other names")
    assert type_of(sdl, "Query") == "type Query { a: String b: String q: Query }"
    assert type_of(sdl, "Mutation") == "type Mutation { do: String undo: String }"


def test_renamed_directives_mean_the_same() -> None:
    assert "name: String\n" in supergraph("renamed and namespaced directives")


def test_subgraphs_get_different_enum_values() -> None:
    sdl = supergraph("names that are the same in the supergraph")
    assert 'SUB_1__1 @join__graph(name: "sub-1", url: "http://sub-1.example/graphql")' in sdl
    assert 'SUB_1__2 @join__graph(name: "sub_1", url: "http://sub_1.example/graphql")' in sdl


@pytest.mark.parametrize(("minor", "join"), [(0, "v0.3"), (6, "v0.3"), (7, "v0.4"), (8, "v0.5"), (12, "v0.5")])
def test_the_join_spec_is_that_of_the_newest_federation(minor: int, join: str) -> None:
    composition = composed(a=fed("type Query { a: Int }", 0), b=fed("type Query { b: Int }", minor))
    assert f'"https://specs.apollo.dev/join/{join}"' in (composition.supergraph_sdl or "")


def test_descriptions_are_those_of_most_subgraphs() -> None:
    composition = composed(
        a=fed('"one" type T @shareable { x: Int } type Query { a: T }'),
        b=fed('"two" type T @shareable { x: Int } type Query { b: T }'),
        c=fed('"two" type T @shareable { x: Int } type Query { c: T }'),
    )
    assert '"""two"""' in (composition.api_schema_sdl or "").replace("\n", "")
    assert "INCONSISTENT_DESCRIPTION" in {hint.code for hint in composition.hints}


def test_deprecations_and_specified_by_reach_clients() -> None:
    composition = composed(
        a=fed('type Query { a: Date @deprecated(reason: "old") } scalar Date @specifiedBy(url: "https://example.com")')
    )
    assert '@deprecated(reason: "old")' in (composition.api_schema_sdl or "")
    assert '@specifiedBy(url: "https://example.com")' in (composition.api_schema_sdl or "")


def test_defaults_are_written_as_their_types_ask() -> None:
    sdl = composed(a="type Query { a(text: String = A, level: Level = LOW): Int } enum Level { LOW }").api_schema_sdl
    assert sdl
    assert 'a(level: Level = LOW, text: String = "A"): Int' in sdl
