"""Validation finds what graphql-core finds with all of its rules, whatever signs a text is without."""

import pytest
from graphql import build_schema, parse, validate

from router.planning.deferral import with_defer
from router.validation import violations

SCHEMA = with_defer(
    build_schema("""
    type Query { book(id: ID! = "1", where: Where): Book, books(first: Int!): [Node], search: Found }
    type Subscription { added: Book, removed: Book }
    type Book implements Node { id: ID!, title(language: Language): String, related: [Book!] }
    type Author implements Node { id: ID!, title: [String] }
    interface Node { id: ID! }
    union Found = Book | Author
    enum Language { EN, DE }
    input Where { year: Int!, name: String }
    """)
)
BROKEN = (
    # variables
    "{ book(id: $id) { id } }",
    "query ($id: ID!) { book { id } }",
    "query ($id: ID!, $id: ID!) { book(id: $id) { id } }",
    "query ($book: Book) { book(id: $book) { id } }",
    "query ($id: Int) { book(id: $id) { id } }",
    "query ($first: Int) { books(first: $first) { id } }",
    "query ($year: String) { book(where: {year: $year}) { id } }",
    "query ($year: Int!) { ...F } fragment F on Query { book(where: {year: $year, name: $name}) { id } }",
    "query ($id: Nothing) { book(id: $id) { id } }",
    "query ($year: Int = one) { book(where: {year: $year}) { id } }",
    # directives
    "{ book @nothing { id } }",
    "query @skip(if: true) { book { id } }",
    "{ book @skip { id } }",
    "{ book @skip(if: 1) { id } }",
    "{ book @skip(if: true) @skip(if: true) { id } }",
    "{ book @include(unless: true) { id } }",
    "{ book { ... @defer(label: 1) { id } } }",
    'query ($label: String) { book { ... @defer(label: $label) { id } ... @defer(label: "a") { title } } }',
    '{ book { ... @defer(label: "a") { id } ... @defer(label: "a") { title } } }',
    "subscription { ... @defer { added { id } } }",
    # neither
    "{ nothing }",
    "{ book { id { id } } }",
    "{ book }",
    "{ book(nothing: 1) { id } }",
    "{ book(id: 1, id: 2) { id } }",
    "{ books { id } }",
    "{ books(first: one) { id } }",
    "{ book(where: {name: null}) { id } }",
    "{ book(where: {year: 1, year: 2}) { id } }",
    "{ book { title(language: EN), title(language: DE) } }",
    "{ search { ... on Book { title } ... on Author { title } } }",
    "{ ...F }",
    "{ book { id } } fragment F on Query { book { id } }",
    "{ ...F } fragment F on Query { ...F }",
    "{ ...F } fragment F on Query { __typename } fragment F on Query { __typename }",
    "{ ...F } fragment F on Nothing { id }",
    "{ ...F } fragment F on Where { year }",
    "{ book { ... on Author { id } } }",
    "{ book { id } } { book { id } }",
    "query A { book { id } } query A { book { id } }",
    "subscription { added { id } removed { id } }",
    "mutation { book { id } }",
    "{ book { id } } type Book { id: ID }",
    '{ __type(name: "Book") { fields { type { fields { type { fields { type { fields { name } } } } } } } } }',
)
FINE = (
    "{ book { id } } # $",
    'query ($id: ID!) { book(id: $id) { id @skip(if: true) ... @defer(label: "$") { title } } }',
)


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_wrong_is_found(text: str) -> None:
    expected = validate(SCHEMA, parse(text), hide_suggestions=True)
    assert expected
    assert violations(SCHEMA, parse(text), text, suggestions=False) == expected


@pytest.mark.parametrize("text", FINE)
def test_nothing_else_is_found(text: str) -> None:
    assert violations(SCHEMA, parse(text), text, suggestions=True) == []
