"""Reading supergraphs: join versions, features under other names, and the schema that clients see."""

import pytest
from graphql import print_schema

from router.planning.command import explain
from router.supergraph import SupergraphError, read_supergraph

V01 = """
schema @core(feature: "https://specs.apollo.dev/core/v0.1") @core(feature: "https://specs.apollo.dev/join/v0.1")
{ query: Query }
enum join__Graph {
  PEOPLE @join__graph(name: "people", url: "http://people/")
  REVIEWS @join__graph(name: "reviews", url: "http://reviews/")
}
type Query { me: Person @join__field(graph: PEOPLE) }
type Info { words: Int }
type Review @join__owner(graph: REVIEWS) @join__type(graph: REVIEWS, key: "id") {
  id: ID! @join__field(graph: REVIEWS) info: Info @join__field(graph: REVIEWS)
  author: Person @join__field(graph: REVIEWS, provides: "name")
}
type Person
  @join__owner(graph: PEOPLE) @join__type(graph: PEOPLE, key: "id") @join__type(graph: REVIEWS, key: "id") {
  id: ID! @join__field(graph: PEOPLE) name: String @join__field(graph: PEOPLE)
  born: Int @join__field(graph: PEOPLE)
  reviews: [Review] @join__field(graph: REVIEWS)
}
"""

HIDING = """
schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
  @link(url: "https://specs.apollo.dev/inaccessible/v0.2", import: [{name: "@inaccessible", as: "@private"}])
  @link(url: "https://specs.apollo.dev/tag/v0.3")
  @link(url: "https://example.com/house/v1.0", as: "house")
{ query: Query }
directive @private on OBJECT
directive @tag(name: String!) on OBJECT
directive @house__rule on OBJECT
directive @slow(by: Int) on FIELD
scalar join__FieldSet
scalar link__Import
enum join__Graph { A @join__graph(name: "a", url: "http://a/") }
interface Named @join__type(graph: A) @private { name: String }
type Query @join__type(graph: A) @tag(name: "x") {
  visible(kept: Int, hidden: Int @private): Shown @deprecated(reason: "old")
  hidden: Hidden @private
  any: Any
}
"A description."
type Shown implements Named @join__type(graph: A) @house__rule { name: String size: Size }
type Hidden @join__type(graph: A) @private { x: Int }
union Any @join__type(graph: A) = Shown | Hidden
enum Size @join__type(graph: A) { S L @private }
input In @join__type(graph: A) { kept: Int hidden: Int @private }
"""


def test_join_v01() -> None:
    (plan,) = explain(read_supergraph(V01), "{ me { name reviews { id info { words } } } }")
    assert plan.index("service: people") < plan.index("service: reviews")
    assert "any as Person { id }" in plan


def test_join_v01_provides_fields_that_it_does_not_list_for_the_subgraph() -> None:
    graph = read_supergraph(V01)
    (provided,) = explain(graph, "{ me { reviews { author { name } } } }")
    assert provided.count("service: people") == 1
    (beyond,) = explain(graph, "{ me { reviews { author { name born } } } }")
    assert beyond.count("service: people") == 2


def test_the_api_schema_has_no_inaccessible_and_no_internal_elements() -> None:
    printed = print_schema(read_supergraph(HIDING).api_schema)
    for name in ("hidden", "Hidden", "Named", "join__", "link__", "@private", "@tag", "house"):
        assert name not in printed, name
    for kept in ("directive @slow", '"""A description."""', '@deprecated(reason: "old")', "union Any = Shown"):
        assert kept in printed, kept
    assert "enum Size {\n  S\n}" in printed


LINK_TAG = '@link(url: "https://specs.apollo.dev/tag/v0.3")'


@pytest.mark.parametrize(
    ("sdl", "code", "reason"),
    [
        ("type Query {", "INVALID_FEDERATION_SUPERGRAPH", "not valid SDL"),
        ("type Query { a: Int }", "INVALID_FEDERATION_SUPERGRAPH", "not a composed supergraph"),
        (HIDING.replace("join/v0.3", "join/v0.9"), "INVALID_FEDERATION_SUPERGRAPH", "join v0.9 is not known"),
        (HIDING.replace(LINK_TAG, '@link(url: "tag")'), "INVALID_FEDERATION_SUPERGRAPH", "does not identify a feature"),
        *(
            (HIDING.replace(LINK_TAG, f'@link(url: "{url}", for: {purpose})'), "UNSUPPORTED_LINKED_FEATURE", url)
            for url, purpose in (
                ("https://specs.apollo.dev/connect/v0.2", "EXECUTION"),
                ("https://specs.apollo.dev/policy/v0.9", "SECURITY"),
                ("https://example.com/authenticated/v0.1", "SECURITY"),
            )
        ),
    ],
)
def test_what_cannot_be_run_is_told_with_its_code(sdl: str, code: str, reason: str) -> None:
    with pytest.raises(SupergraphError, match=f"^{code}: .*{reason}") as refused:
        read_supergraph(sdl)
    assert refused.value.code == code
