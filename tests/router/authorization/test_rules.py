"""What a caller may see, by every way of asking for it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.router.authorization.issuers import Issuer
from tests.router.http.graph import Graph, codes, running

POLICIES = "tests.router.authorization.policies:granted"
DENIED = "UNAUTHORIZED_FIELD_OR_TYPE"


@pytest.fixture(scope="module")
async def issuer() -> AsyncIterator[Issuer]:
    async with Issuer("https://one.example").running() as issuer:
        yield issuer


def settings(issuer: Issuer, **directives: Any) -> dict[str, Any]:
    return {
        "authorization": {"jwt": {"issuers": [issuer.settings()]}, "directives": {"policies": POLICIES, **directives}}
    }


@pytest.fixture(scope="module")
async def running_graph(issuer: Issuer) -> AsyncIterator[Graph]:
    async with running(settings(issuer)) as graph:
        yield graph


@pytest.fixture
def graph(running_graph: Graph) -> Graph:
    running_graph.shop.queries.clear()
    running_graph.accounts.queries.clear()
    return running_graph


async def denials(graph: Graph, query: str, token: str | None = None, **parameters: Any) -> tuple[Any, list[Any]]:
    """The data, and the paths of its errors, all of which are denials."""
    answer = await graph.ask(query, token, **parameters)
    assert set(codes(answer)) <= {DENIED}, answer
    return answer.get("data"), [error["path"] for error in answer.get("errors", [])]


@pytest.mark.parametrize(
    ("query", "data", "paths"),
    [
        ("{ hello secret }", {"hello": "Hello world", "secret": None}, [["secret"]]),
        ("{ hello x: secret }", {"hello": "Hello world", "x": None}, [["x"]]),
        ("{ ...F } fragment F on Query { secret }", {"secret": None}, [["secret"]]),
        ("{ ... on Query { ... { ...F } } } fragment F on Query { y: secret }", {"y": None}, [["y"]]),
        ("{ level }", {"level": None}, [["level"]]),
        (
            "{ viewer { id email } }",
            {"viewer": {"id": "u1", "email": None}},
            [["viewer", "email"]],
        ),
        ("{ viewer { e: email } }", {"viewer": None}, [["viewer", "e"]]),
        ("{ inspector { note } }", {"inspector": None}, [["inspector"]]),
        ("{ items(first: 1) { id margin } }", {"items": [{"id": "i1", "margin": None}]}, [["items", "@", "margin"]]),
        ("{ viewer { id risk } }", {"viewer": {"id": "u1", "risk": None}}, [["viewer", "risk"]]),
    ],
)
async def test_what_is_denied_is_null_with_its_path_and_asked_of_nobody(
    graph: Graph, query: str, data: Any, paths: Any
) -> None:
    assert await denials(graph, query) == (data, paths)
    asked = " ".join(graph.queries)
    for name in ("secret", "level", "email", "inspector", "margin", "risk"):
        assert name not in asked


@pytest.mark.parametrize(
    ("query", "data", "paths"),
    [
        # The type of some node is denied, so its interface's own fields are as well, for whatever node may come.
        ("{ node { id } }", {"node": None}, [["node"]]),
        ("{ nodes { x: label } }", {"nodes": None}, [["nodes"]]),
        ("{ node { ... { id } } }", {"node": None}, [["node", "id"]]),
        ("{ node { ... on Node { id } } }", {"node": None}, [["node", "id"]]),
        ("{ node { ...F } } fragment F on Node { ... on Node { id } }", {"node": None}, [["node", "id"]]),
        ("{ node { ... on Node { ... on Private { code } } } }", {"node": None}, [["node", "code"]]),
        ("{ found { ... on Node { id } } }", {"found": None}, [["found", "@", "id"]]),
        ("{ found { ... on Private { c: code } } }", {"found": None}, [["found", "@", "c"]]),
        # What is asked of allowed types alone is answered.
        ("{ node { __typename } }", {"node": {"__typename": "Public"}}, []),
        ("{ node { ... on Public { size } } }", {"node": {"size": 5}}, []),
        ("{ node { ... on Public { ... on Node { id } } } }", {"node": {"id": "1"}}, []),
        (
            "{ nodes { __typename ... on Public { label } ... on Private { code } } }",
            {"nodes": [{"__typename": "Public", "label": "pub"}, {"__typename": "Private", "code": None}]},
            [["nodes", "@", "code"]],
        ),
    ],
)
async def test_interfaces_and_unions_are_no_way_around(graph: Graph, query: str, data: Any, paths: Any) -> None:
    assert await denials(graph, query) == (data, paths)
    assert "code" not in " ".join(graph.queries)


async def test_whoever_is_signed_in_sees_interfaces_whole(graph: Graph, issuer: Issuer) -> None:
    data, paths = await denials(graph, "{ secret level nodes { id ... on Private { code } } }", issuer.token())
    assert paths == []
    assert data == {"secret": "s3cret", "level": "HIGH", "nodes": [{"id": "1"}, {"id": "2", "code": "c"}]}


@pytest.mark.parametrize(
    ("scope", "email", "card"),
    [
        ("", None, None),
        ("user:read", None, None),
        ("email:read other", None, None),
        ("email:read user:read", "ann@example.org", None),
        (["email:read", "user:read"], "ann@example.org", None),
        ("admin", "ann@example.org", None),
        ("Admin", None, None),
        ("card:read", None, "4"),
    ],
)
async def test_one_whole_group_of_scopes_is_needed(
    graph: Graph, issuer: Issuer, scope: Any, email: str | None, card: str | None
) -> None:
    data, paths = await denials(graph, "{ viewer { name email card } }", issuer.token(scope))
    assert data == {"viewer": {"name": "Ann", "email": email, "card": card}}
    assert paths == [["viewer", name] for name, value in (("email", email), ("card", card)) if value is None]


async def test_a_field_asks_what_the_fields_that_it_requires_ask(graph: Graph, issuer: Issuer) -> None:
    data, paths = await denials(graph, "{ viewer { risk } }", issuer.token("card:read"))
    assert (data, paths) == ({"viewer": {"risk": "risk of 4"}}, [])
    assert (await denials(graph, "{ viewer { risk } }", issuer.token("admin")))[1] == [["viewer", "risk"]]


async def test_policies_are_the_callables_to_grant(graph: Graph, issuer: Issuer) -> None:
    query = "{ viewer { phone name } inspector { note } }"
    assert (await denials(graph, query))[1] == [["viewer", "phone"], ["inspector"]]
    assert (await denials(graph, query, issuer.token(policies=["call"])))[1] == [["inspector"]]
    data, paths = await denials(graph, query, issuer.token(policies=["call", "audit", "unknown"]))
    assert (data, paths) == ({"viewer": {"phone": "1", "name": "Ann"}, "inspector": {"note": "n"}}, [])


async def test_callers_do_not_see_each_others_plans(graph: Graph, issuer: Issuer) -> None:
    query = "{ viewer { email card } secret }"
    full = issuer.token("admin card:read")
    for _ in range(2):
        assert len((await denials(graph, query))[1]) == 3
        assert (await denials(graph, query, full))[1] == []
        assert (await denials(graph, query, issuer.token("admin")))[1] == [["viewer", "card"]]


async def test_introspection_shows_what_is_guarded(graph: Graph) -> None:
    answer = await graph.ask('{ __type(name: "User") { fields { name } } secret }')
    assert {"name": "email"} in answer["data"]["__type"]["fields"]
    assert codes(answer) == [DENIED]
    assert graph.queries == []


async def test_variables_of_denied_fields_do_no_harm(graph: Graph) -> None:
    query = "query($a: String, $no: Boolean!) { hello(name: $a) secret @include(if: $no) }"
    data, _ = await denials(graph, query, variables={"a": "you", "no": False})
    assert data == {"hello": "Hello you"}


async def test_whole_operations_can_be_refused(issuer: Issuer) -> None:
    async with running(settings(issuer, reject_unauthorized=True)) as graph:
        answer = await graph.ask("{ hello secret }")
        assert "data" not in answer
        assert codes(answer) == [DENIED]
        assert graph.queries == []
        assert await graph.ask("{ secret }", issuer.token()) == {"data": {"secret": "s3cret"}}


async def test_a_dry_run_denies_nothing_and_tells(issuer: Issuer) -> None:
    async with running(settings(issuer, dry_run=True)) as graph:
        assert await graph.ask("{ viewer { card } secret }") == {
            "data": {"viewer": {"card": "4"}, "secret": "s3cret"},
            "extensions": {"authorization": {"denied": [["viewer", "card"], ["secret"]]}},
        }


async def test_rules_can_be_switched_off(issuer: Issuer) -> None:
    async with running(settings(issuer, enabled=False)) as graph:
        assert await graph.ask("{ secret }") == {"data": {"secret": "s3cret"}}
