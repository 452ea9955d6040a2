"""Ways through the subgraphs: which graphs have one for every operation."""

import pytest

from router.composition.satisfiability import walk
from tests.router.composition.graphs import QUERY, Graph, codes, composed, fed

SATISFIABLE: dict[str, Graph] = {
    "by a key of a third subgraph": {
        "a": fed('type Query { p: P } type P @key(fields: "id") { id: ID }'),
        "b": fed('type P @key(fields: "id") @key(fields: "sku") { id: ID sku: ID }'),
        "c": fed('type P @key(fields: "sku") { sku: ID price: Int }'),
    },
    "shared values on the same way": {
        "a": fed("type Query { p: P @shareable } type P @shareable { a: Int }"),
        "b": fed("type Query { p: P @shareable } type P @shareable { a: Int b: Int }"),
    },
    "provided on one way, owned on others": {
        "a": fed(
            'type Query { p: P @provides(fields: "name") } type P @key(fields: "id") { id: ID name: String @external }'
        ),
        "b": fed('type P @key(fields: "id") { id: ID name: String @shareable }'),
    },
    "a type that a subgraph does not know never comes from there": {
        "a": fed("type Query { u: U @shareable } union U = A type A @shareable { x: Int }"),
        "b": fed("type Query { u: U @shareable } union U = A | B type A @shareable { x: Int } type B { y: Int }"),
    },
    "an implementation told by another subgraph": {
        "a": fed(
            """
            interface I @key(fields: "id") { id: ID x: Int }
            type A implements I @key(fields: "id") { id: ID x: Int }
            """
        ),
        "b": fed('type Query { i: I } type I @interfaceObject @key(fields: "id") { id: ID y: Int }'),
    },
    "what a field requires comes from elsewhere": {
        "a": QUERY,
        "b": fed('type Product @key(fields: "id") { id: ID! weight: Int }'),
        "c": fed(
            'type Product @key(fields: "id") { id: ID! weight: Int @external cost: Int @requires(fields: "weight") }'
        ),
    },
    "a mutation answered whole by one of two": {
        "a": fed("type Query { a: Int } type Mutation { do: P @shareable } type P @shareable { x: Int y: Int }"),
        "b": fed("type Mutation { do: P @shareable } type P @shareable { x: Int }"),
    },
    "recursive types": {
        "a": fed('type Query { n: N } type N @key(fields: "id") { id: ID next: N }'),
        "b": fed('type N @key(fields: "id") { id: ID before: [N!] name: String }'),
    },
}

UNSATISFIABLE: dict[str, Graph] = {
    "the key's field is nowhere to be had": {
        "a": fed('type Query { p: P } type P @key(fields: "id") { id: ID }'),
        "b": fed('type P @key(fields: "sku") { sku: ID price: Int }'),
    },
    "provided on another way only": {
        "a": fed(
            """
            type Query { p: P @provides(fields: "name") q: P }
            type P @key(fields: "id") { id: ID name: String @external }
            """
        ),
        "b": fed('type P @key(fields: "id", resolvable: false) { id: ID name: String @shareable }'),
    },
    "no subgraph tells the implementation": {
        "a": fed("interface I { id: ID x: Int } type A implements I { id: ID @shareable x: Int }"),
        "b": fed('type Query { i: I } type I @interfaceObject @key(fields: "id") { id: ID @shareable y: Int }'),
    },
    "what a field requires is behind itself": {
        "a": fed('type Query { p: P } type P @key(fields: "id") { id: ID }'),
        "b": fed('type P @key(fields: "id") { id: ID x: Int @external y: Int @requires(fields: "x") }'),
        "c": fed('type P @key(fields: "y") { y: Int @external x: Int }'),
    },
    "the fields of a key only through what is being entered": {
        "a": fed('type Query { l: L } type L @key(fields: "b { id }") { b: B } type B @key(fields: "id") { id: ID }'),
        "b": fed(
            """
            type L @key(fields: "b { id title }") { b: B @shareable best: B }
            type B @key(fields: "id") @key(fields: "id title") { id: ID title: String }
            """
        ),
    },
}


@pytest.mark.parametrize("name", SATISFIABLE)
def test_a_way_is_found(name: str) -> None:
    graph = {key: sdl.replace("b: B }", "b: B @shareable }") for key, sdl in SATISFIABLE[name].items()}
    assert [str(error) for error in composed(**graph).errors] == []


@pytest.mark.parametrize("name", UNSATISFIABLE)
def test_there_is_no_way(name: str) -> None:
    graph = {key: sdl.replace("b: B }", "b: B @shareable }") for key, sdl in UNSATISFIABLE[name].items()}
    assert codes(composed(**graph)) & {"SATISFIABILITY_ERROR", "EXTERNAL_MISSING_ON_BASE"}


def test_the_search_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "MAX_OPEN_VALUES", 1)
    assert codes(composed(**SATISFIABLE["recursive types"])) == {"MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED"}


def test_the_message_shows_the_operation_and_what_stands_in_its_way() -> None:
    composition = composed(
        a=fed('type Query { all: [P] } type P @key(fields: "id") { id: ID }'),
        b=fed('type P @key(fields: "sku") { sku: ID price: Int }'),
    )
    messages = [error.message for error in composition.errors]
    assert any("{ all { price } }" in message for message in messages)
    assert all('"sku"' in message and '"b"' in message for message in messages)
