"""Composition ends with a supergraph or with errors, whatever it is given."""

import random

import pytest

from router.supergraph import read_supergraph
from tests.router.composition.graphs import codes, composed, fed

SPECS = "https://specs.apollo.dev"
URLS = [
    *("", " ", "/", "a", "a:b/v1.0", "http://", "http:///v1.0", "http://[::1/a/v1.0", "http://x:99999/a/v1.0"),
    *("http://x:y/a/v1.0", "http://x/a/v1.0/", "http://x/a/v1.0?b#c", f"http://x/a/v{'9' * 5000}.1", "http://x/a/v٢.٣"),
    *(f"http://x/{name}/v1.0" for name in ("my-spec", "a.b", "a__b", "_", "1a", "ë", "%", "link", "tag", "Query")),
    *(
        f"{SPECS}/{name}"
        for name in ("federation", "federation/v0.1", "federation/v2.99", "federation/v2.3", "link/v1.0")
    ),
    *(
        f"{SPECS}/{name}"
        for name in ("join/v0.3", "tag/v0.3", "inaccessible/v0.2", "cost/v0.1", "core/v0.2", "policy/v9.9")
    ),
]
NAMES = ['"a"', '""', '"_"', '"a__b"', '"a-b"', '"."', '"1"', '"link"', '"tag"', '"@a"', "7", "null", "[]", "{}", "E"]
IMPORTS = [
    *(
        '"@mark"',
        '"mark"',
        '"@key"',
        '"@nope"',
        '""',
        '"@"',
        '"@@mark"',
        '"@__mark"',
        '"@a-b"',
        "7",
        "null",
        "{}",
        "[]",
    ),
    *('{name: "@mark"}', '{as: "@a"}', '{name: "FieldSet", as: "Int"}', '{name: "FieldSet", as: "Query"}', '"@skip"'),
    *(
        f'{{name: "@mark", as: "@{name}"}}'
        for name in ("key", "link", "join__type", "mark__mark", "a__mark", "deprecated")
    ),
]
COMPOSED = [
    '"@mark"',
    '"mark"',
    '"@key"',
    '"@"',
    '""',
    "null",
    "7",
    '"@nope"',
    '"@link"',
    '"@a-b"',
    '"@a__mark"',
    '"@skip"',
]
DEFINITIONS = [
    *(
        "",
        "directive @mark on OBJECT",
        "directive @a__mark on OBJECT directive @mark on OBJECT",
        "directive @link on SCHEMA",
    ),
    *(
        "directive @mark(a: In) on OBJECT input In { a: Int @mark }",
        "directive @mark(a: Int @mark) on ARGUMENT_DEFINITION",
    ),
    *(
        "scalar federation__FieldSet",
        "scalar link__Import",
        "directive @my_spec__mark on OBJECT",
        "type _Service { a: Int }",
    ),
]


def any_links(rng: random.Random) -> str:
    """A subgraph whose schema is linked to this and that."""
    applied = [f'@link(url: "{SPECS}/federation/v2.9", import: ["@composeDirective", "@key"])'] * (rng.random() < 0.8)
    applied += [f'@link(url: "{SPECS}/link/v1.0")'] * (rng.random() < 0.2)
    for _ in range(rng.randrange(3)):
        alias = f", as: {rng.choice(NAMES)}" if rng.random() < 0.4 else ""
        imports = f", import: [{', '.join(rng.sample(IMPORTS, rng.choice([1, 1, 2])))}]" if rng.random() < 0.7 else ""
        applied.append(f'@link(url: "{rng.choice(URLS)}"{alias}{imports})')
    applied += [f"@composeDirective(name: {rng.choice(COMPOSED)})" for _ in range(rng.randrange(3))]
    rng.shuffle(applied)
    schema = f"extend schema {' '.join(applied)}" if applied else ""
    used = rng.choice(["", "@mark", "@mark", "@a__mark"])
    return f"{schema}\n{rng.choice(DEFINITIONS)}\ntype Query {used} {{ a: Int }}"


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_linked(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(40):
        composition = composed(a=any_links(rng))
        assert bool(composition.errors) != bool(composition.supergraph_sdl)
        if composition.supergraph_sdl:
            assert read_supergraph(composition.supergraph_sdl).subgraphs


@pytest.mark.parametrize("number", ["9" * 5000, "1e999"])
def test_numbers_beyond_those_of_python(number: str) -> None:
    assert codes(composed(a=f"type Query {{ a(x: Float = {number}): Int }}")) == {"INVALID_GRAPHQL"}
    assert codes(composed(a=fed(f"type Query {{ a: Int @cost(weight: {number}) }}"))) == {"INVALID_GRAPHQL"}
    assert composed(a=f"scalar S type Query {{ a(x: S = {number}): Int }}").errors == ()


def test_a_long_chain_of_inputs() -> None:
    chain = " ".join(f"input I{number} {{ next: I{number + 1}! }}" for number in range(1500))
    assert composed(a=f"type Query {{ a(x: I0): Int }} {chain} input I1500 {{ last: Int }}").errors == ()
