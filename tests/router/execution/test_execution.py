"""Mutations, subscriptions, errors, nulls, variables and introspection, with written-down answers of subgraphs."""

import json
from typing import Any

import pytest

from router.engine import Engine, EngineConfig, RequestContext
from router.errors import RequestError
from router.execution.errors import SubgraphFailure
from tests.router.execution.running import run, run_prepared
from tests.router.execution.scripted import Answer, Scripted, supergraph

SHOP = supergraph(
    """
    type Query @join__type(graph: A) @join__type(graph: B) {
      product(id: ID!): Product @join__field(graph: A)
      products(first: Int = 2, filter: Filter): [Product] @join__field(graph: A)
      any: Item @join__field(graph: A)
      big: Big @join__field(graph: A)
    }
    type Mutation @join__type(graph: A) @join__type(graph: B) {
      add(name: String!): Product @join__field(graph: A)
      count: Int! @join__field(graph: A)
      close: Boolean @join__field(graph: B)
    }
    type Subscription @join__type(graph: A) { added: Product @join__field(graph: A) }
    type Product @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
      id: ID! name: String @join__field(graph: A) tags: [String!] @join__field(graph: A)
      stock: Int! @join__field(graph: B) price: Float @join__field(graph: B)
      kind: Kind @join__field(graph: A)
    }
    type Book @join__type(graph: A) { title: String! }
    union Item @join__type(graph: A) @join__unionMember(graph: A, member: "Product")
      @join__unionMember(graph: A, member: "Book") = Product | Book
    enum Kind @join__type(graph: A) { NEW @join__enumValue(graph: A) OLD @inaccessible @join__enumValue(graph: A) }
    input Filter @join__type(graph: A) { names: [String!] = ["x"] deep: Filter limit: Int }
    scalar Big @join__type(graph: A)
    """,
    "query: Query mutation: Mutation subscription: Subscription",
)


async def ask(
    transport: Scripted, query: str, variables: dict[str, Any] | None = None, config: EngineConfig | None = None
) -> dict[str, Any]:
    engine = Engine(SHOP, transport=transport, config=config or EngineConfig())
    return await run(engine, query, variables)


def stock(body: dict[str, Any]) -> Answer:
    return {"data": {"_entities": [{"stock": int(one["id"])} for one in body["variables"]["representations"]]}}


async def test_a_mutation_begins_when_the_entity_fetches_of_the_one_before_are_done() -> None:
    added = {"data": {"add": {"id": "7", "name": "n"}}}
    transport = Scripted(a=[added, {"data": {"again": {"id": "8"}}}], b=stock)
    answer = await ask(transport, 'mutation { add(name: "x") { name stock } again: add(name: "y") { stock } }')
    assert answer == {"data": {"add": {"name": "n", "stock": 7}, "again": {"stock": 8}}}
    assert [name for name, _ in transport.log] == ["a", "b", "a", "b"]


async def test_mutations_of_one_subgraph_share_a_request_in_the_clients_order() -> None:
    transport = Scripted(a=[{"data": {"two": 2, "add": {"id": "1"}, "one": 1}}], b=[{"data": {"close": True}}])
    query = 'mutation { two: count add(name: "x") { id } one: count close }'
    answer = await ask(transport, query)
    assert answer == {"data": {"two": 2, "add": {"id": "1"}, "one": 1, "close": True}}
    assert list(answer["data"]) == ["two", "add", "one", "close"]
    sent = transport.log[0][1]["query"]
    assert sent.index("two") < sent.index("add") < sent.index("one")


@pytest.mark.parametrize(
    ("answer", "asked"), [({"data": None, "errors": [{"message": "no"}]}, 1), ({"data": {"count": 1}}, 2)]
)
async def test_after_a_mutation_that_takes_all_data_along_no_other_begins(answer: Answer, asked: int) -> None:
    transport = Scripted(a=[answer], b=[{"data": {"close": True}}])
    got = await ask(transport, "mutation { count close }")
    assert len(transport.log) == asked
    assert got["data"] == (None if asked == 1 else {"count": 1, "close": True})


async def test_representations_are_sent_once_and_null_objects_not_at_all() -> None:
    products = [{"id": "1"}, {"id": "2"}, None, {"id": "1"}]
    transport = Scripted(a=[{"data": {"products": products}}], b=stock)
    answer = await ask(transport, "{ products { stock } }")
    assert answer == {"data": {"products": [{"stock": 1}, {"stock": 2}, None, {"stock": 1}]}}
    assert [one["id"] for one in transport.log[1][1]["variables"]["representations"]] == ["1", "2"]


async def test_error_paths_have_the_clients_keys() -> None:
    error = {"message": "no", "path": ["_entities", 1, "cost"], "extensions": {"code": "X"}}
    transport = Scripted(
        a=[{"data": {"all": [{"id": "1"}, {"id": "2"}, {"id": "2"}]}}],
        b=[{"data": {"_entities": [{"cost": 1}, {"cost": None}]}, "errors": [error]}],
    )
    answer = await ask(transport, "{ all: products { cost: price } }")
    assert answer["data"] == {"all": [{"cost": 1}, {"cost": None}, {"cost": None}]}
    told = {"message": "no", "extensions": {"code": "X", "service": "b"}}
    assert answer["errors"] == [{**told, "path": ["all", 1, "cost"]}, {**told, "path": ["all", 2, "cost"]}]


@pytest.mark.parametrize("path", [None, ["_entities"]])
@pytest.mark.parametrize("data", [None, {"_entities": None}])
async def test_an_error_of_a_whole_request_is_told_at_each_field_that_it_was_for(path: Any, data: Any) -> None:
    error = {"message": "no", **({"path": path} if path else {})}
    transport = Scripted(
        a=[{"data": {"all": [{"id": "1"}, {"id": "2"}]}}], b=[{"data": data, "errors": [error]}, {"data": None}]
    )
    answer = await ask(transport, "query { all: products { ...F } } fragment F on Product { cost: price at: price }")
    assert answer["data"] == {"all": [{"cost": None, "at": None}] * 2}
    paths = [["all", index, key] for index in (0, 1) for key in ("cost", "at")]
    assert answer["errors"] == [{"message": "no", "path": each, "extensions": {"service": "b"}} for each in paths]


async def test_an_error_of_a_whole_request_for_several_root_fields_is_told_at_each() -> None:
    transport = Scripted(a=[{"data": None, "errors": [{"message": "no"}]}])
    answer = await ask(transport, '{ one: product(id: "1") { name } other: any { __typename } }')
    assert answer["data"] == {"one": None, "other": None}
    assert [error["path"] for error in answer["errors"]] == [["one"], ["other"]]


async def test_a_failed_request_is_told_where_fields_are_missing_and_the_rest_goes_on() -> None:
    down = SubgraphFailure("b", "the subgraph {service} answered with HTTP status 500", status=500)
    transport = Scripted(a=[{"data": {"products": [{"id": "1", "name": "n"}, {"id": "2", "name": "m"}]}}], b=[down])
    answer = await ask(transport, "{ products { name price } }")
    assert answer["data"] == {"products": [{"name": "n", "price": None}, {"name": "m", "price": None}]}
    assert [error["path"] for error in answer["errors"]] == [["products", 0, "price"], ["products", 1, "price"]]
    assert answer["errors"][0]["extensions"] == {
        "code": "SUBREQUEST_HTTP_ERROR", "service": "b", "http": {"status": 500}
    }  # fmt: skip


@pytest.mark.parametrize("answer", [{"no": "data"}, []])
async def test_what_is_no_graphql_response_is_a_failed_request(answer: Any) -> None:
    got = await ask(Scripted(a=[answer]), "{ any { __typename } }")
    assert got["data"] == {"any": None}
    assert got["errors"][0]["extensions"]["code"] == "SUBREQUEST_HTTP_ERROR"
    assert got["errors"][0]["path"] == ["any"]


async def test_a_null_takes_the_next_nullable_parent_along_and_is_told_once() -> None:
    transport = Scripted(
        a=[{"data": {"products": [{"id": "1", "name": "n"}, {"id": "2", "name": "m"}]}}],
        b=[{"data": {"_entities": [{"stock": 3}, None]}}],
    )
    answer = await ask(transport, "{ products { name stock } }")
    assert answer["data"] == {"products": [{"name": "n", "stock": 3}, None]}
    (error,) = answer["errors"]
    assert error["path"] == ["products", 1, "stock"]
    assert error["message"] == "Cannot return null for non-nullable field Product.stock."


async def test_errors_can_be_redacted() -> None:
    error = {"message": "select * from patients", "path": ["any"], "extensions": {"sql": "secret"}}
    transport = Scripted(a=[{"data": {"any": None}, "errors": [error]}])
    answer = await ask(transport, "{ any { __typename } }", config=EngineConfig(redacted=frozenset(("a",))))
    assert "secret" not in json.dumps(answer)
    assert "select" not in json.dumps(answer)
    assert answer["errors"][0]["path"] == ["any"]


async def test_an_inaccessible_enum_value_is_null() -> None:
    transport = Scripted(a=[{"data": {"product": {"kind": "OLD"}}}])
    assert await ask(transport, '{ product(id: "1") { kind } }') == {"data": {"product": {"kind": None}}}


async def test_custom_scalars_and_large_integers_pass_through_exactly() -> None:
    big = {"deep": [123456789012345678901234567890, 0.1], "null": None}
    assert await ask(Scripted(a=[{"data": {"big": big}}]), "{ big }") == {"data": {"big": big}}


async def test_variables_are_coerced_by_the_api_schema() -> None:
    transport = Scripted(a=[{"data": {"products": []}}])
    query = "query ($first: Int = 5, $filter: Filter) { products(first: $first, filter: $filter) { id } }"
    await ask(transport, query, {"filter": {"names": "one", "limit": 3}})
    assert transport.log[0][1]["variables"] == {"first": 5, "filter": {"names": ["one"], "limit": 3}}


async def test_a_variable_that_is_not_given_is_not_sent() -> None:
    transport = Scripted(a=[{"data": {"products": []}}])
    await ask(transport, "query ($first: Int) { products(first: $first) { id } }")
    assert "variables" not in transport.log[0][1]


@pytest.mark.parametrize("variables", [{}, {"id": None}, {"id": {"a": 1}}])
async def test_bad_variables_are_refused_before_any_request(variables: dict[str, Any]) -> None:
    transport = Scripted(a=[])
    with pytest.raises(RequestError) as refused:
        await ask(transport, "query ($id: ID!) { product(id: $id) { id } }", variables)
    assert refused.value.errors[0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert transport.log == []


async def test_introspection_and_root_type_names_take_no_request() -> None:
    transport = Scripted()
    query = '{ __typename __schema { queryType { name } } kind: __type(name: "Kind") { enumValues { name } } }'
    assert await ask(transport, query) == {
        "data": {
            "__typename": "Query",
            "__schema": {"queryType": {"name": "Query"}},
            "kind": {"enumValues": [{"name": "NEW"}]},
        }
    }
    assert transport.log == []


async def test_each_event_of_a_subscription_is_completed_across_subgraphs() -> None:
    transport = Scripted(b=stock)
    transport.events = [{"data": {"added": {"id": "4", "name": "n"}}}, {"data": {"added": None}}]
    engine = Engine(SHOP, transport=transport)
    prepared = engine.prepare("subscription { added { name stock } }")
    assert prepared.operation_type == "subscription"
    answers = [json.loads(one.body) async for one in engine.subscribe(prepared, None, RequestContext())]
    assert answers == [{"data": {"added": {"name": "n", "stock": 4}}}, {"data": {"added": None}}]


async def test_prepared_operations_are_kept_up_to_a_bound() -> None:
    engine = Engine(SHOP, transport=Scripted(), config=EngineConfig(cache=2))
    first = engine.prepare("{ big }")
    assert engine.prepare("{ big }") is first
    engine.prepare("{ a: big }")
    engine.prepare("{ b: big }")
    assert engine.prepare("{ big }") is not first


async def test_prepared_operations_take_no_more_bytes_than_they_may() -> None:
    engine = Engine(SHOP, transport=Scripted(), config=EngineConfig(cache_bytes=200_000))
    first = engine.prepare("{ big }")
    for name in "abc":
        engine.prepare(f"{{ {name}: big }}")
    assert engine.prepare("{ big }") is first
    large = "{ " + " ".join(f"f{number}: big" for number in range(30)) + " }"
    engine.prepare(large)
    assert engine.cached("{ big }") is None
    huge = "{ " + " ".join(f"f{number}: big" for number in range(300)) + " }"
    assert engine.prepare(huge)
    assert engine.cached(huge) is None
    assert engine.cached(large) is not None


@pytest.mark.parametrize(
    ("query", "code"), [("{ big", "GRAPHQL_PARSE_FAILED"), ("{ small }", "GRAPHQL_VALIDATION_FAILED")]
)
async def test_what_is_not_valid_is_refused(query: str, code: str) -> None:
    with pytest.raises(RequestError) as refused:
        Engine(SHOP, transport=Scripted()).prepare(query)
    assert refused.value.errors[0]["extensions"]["code"] == code


async def test_a_part_of_a_batch_that_fails_all_of_it_is_asked_apart() -> None:
    def only_prices(body: dict[str, Any]) -> Answer:
        if "stock" in body["query"]:
            return {"data": None, "errors": [{"message": "boom", "path": ["_entities"]}]}
        return {"data": {"_entities": [{"price": 2.5}]}}

    transport = Scripted(a=[{"data": {"x": {"id": "1"}, "y": {"id": "2"}}}], b=only_prices)
    answer = await ask(transport, '{ x: product(id: "1") { price } y: product(id: "2") { stock } }')
    assert answer["data"] == {"x": {"price": 2.5}, "y": None}
    assert [error["message"] for error in answer["errors"]] == ["boom"]
    assert answer["errors"][0]["path"] == ["y", "stock"]


async def test_an_object_of_an_inaccessible_type_is_null() -> None:
    sdl = SHOP.replace("type Book @join__type(graph: A) {", "type Book @join__type(graph: A) @inaccessible {")
    transport = Scripted(a=[{"data": {"any": {"__typename": "Book"}}}])
    engine = Engine(sdl, transport=transport)
    answer = await run(engine, "{ any { ... on Product { id } } }")
    assert answer == {"data": {"any": None}}


async def test_an_operation_as_deep_as_the_limits_allow() -> None:
    sdl = supergraph(
        "type Query @join__type(graph: A) { a: [A!] @join__field(graph: A) }"
        "type A @join__type(graph: A) { a: [A!]! x: Int }",
        subgraphs="a",
    )
    depth = 100
    value: Any = {"x": 1}
    for _ in range(depth - 1):
        value = {"a": [value]}
    engine = Engine(sdl, transport=Scripted(a=[{"data": value}]))
    prepared = engine.prepare("{ a " * (depth - 1) + "{ x }" + "}" * (depth - 1))
    assert await run_prepared(engine, prepared) == {"data": value}


@pytest.mark.parametrize(("labels", "asked"), [(frozenset(), "a"), (frozenset(("new",)), "b")])
async def test_a_progressive_override_goes_by_its_label(labels: frozenset[str], asked: str) -> None:
    sdl = supergraph(
        """type Query @join__type(graph: A) @join__type(graph: B) {
          x: Int @join__field(graph: A, overrideLabel: "new") @join__field(graph: B, override: "a", overrideLabel: "new")
          y: Int @join__field(graph: A, overrideLabel: "percent(0)")
                 @join__field(graph: B, override: "a", overrideLabel: "percent(0)")
          z: Int @join__field(graph: A, overrideLabel: "percent(100)")
                 @join__field(graph: B, override: "a", overrideLabel: "percent(100)")
        }"""
    )
    transport = Scripted(a=lambda _: {"data": {"x": 1, "y": 1}}, b=lambda _: {"data": {"x": 2, "z": 2}})
    engine = Engine(sdl, transport=transport, config=EngineConfig(active_labels=labels))
    await run(engine, "{ x }")
    assert [name for name, _ in transport.log] == [asked]
    answer = await run(engine, "{ y z }")
    assert answer == {"data": {"y": 1, "z": 2}}


CONTEXT = supergraph(
    """
    type Query @join__type(graph: A) @join__type(graph: B) { shops: [Shop] @join__field(graph: A) }
    type Shop @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") @context(name: "a__shop") {
      id: ID! items: [Item] @join__field(graph: A) currency: String! @join__field(graph: B)
    }
    type Item @join__type(graph: A, key: "id") {
      id: ID! name: String
      price(digits: Int): String @join__field(graph: A, contextArguments: [
        {context: "a__shop", name: "currency", type: "String!", selection: " { currency }"}
      ])
    }
    """
).replace("{ query: Query }", '@link(url: "https://specs.apollo.dev/context/v0.1") { query: Query }')


async def test_arguments_from_context_are_taken_from_the_object_around() -> None:
    def shops(body: dict[str, Any]) -> Answer:
        if "shops" in body["query"]:
            items = [{"id": "1"}], [{"id": "2"}], [{"id": "3"}]
            return {"data": {"shops": [{"id": f"s{n}", "items": one} for n, one in enumerate(items)]}}
        assert "price(digits: 2, currency: $_c_currency)" in body["query"]
        variables = body["variables"]
        prices = [{"price": f"{one['id']} {variables['_c_currency']}"} for one in variables["representations"]]
        return {"data": {"_entities": prices}}

    currencies: list[Answer] = [
        {"data": {"_entities": [{"currency": "EUR"}, {"currency": "USD"}, {"currency": "EUR"}]}}
    ]
    transport = Scripted(a=shops, b=currencies)
    engine = Engine(CONTEXT, transport=transport)
    answer = await run(engine, "{ shops { items { price(digits: 2) } } }")
    prices = [shop["items"][0]["price"] for shop in answer["data"]["shops"]]
    assert prices == ["1 EUR", "2 USD", "3 EUR"]
    assert [name for name, _ in transport.log] == ["a", "b", "a", "a"]


async def test_an_object_of_which_nobody_tells_the_type_is_null() -> None:
    sdl = supergraph(
        """
        type Query @join__type(graph: A) @join__type(graph: B) { thing: Thing @join__field(graph: B) }
        interface Thing @join__type(graph: A, key: "id") @join__type(graph: B, key: "id", isInterfaceObject: true) {
          id: ID! size: Int @join__field(graph: B)
        }
        type One implements Thing @join__implements(graph: A, interface: "Thing") @join__type(graph: A, key: "id") {
          id: ID! size: Int @join__field
        }
        type Two implements Thing @join__implements(graph: A, interface: "Thing") @join__type(graph: A, key: "id") {
          id: ID! size: Int @join__field
        }
        """
    )
    transport = Scripted(
        a=lambda _: SubgraphFailure("a", "the subgraph {service} is down"),
        b=lambda _: {"data": {"thing": {"id": "1", "size": 2}}},
    )
    engine = Engine(sdl, transport=transport)
    answer = await run(engine, "{ thing { __typename size } }")
    assert answer["data"] == {"thing": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["SUBREQUEST_HTTP_ERROR"]
    assert await run(engine, "{ thing { size } }") == {"data": {"thing": {"size": 2}}}


async def test_types_are_told_apart_though_all_that_depends_on_them_is_denied() -> None:
    sdl = SHOP.replace("title: String!", "title: String @authenticated").replace(
        "{ query: Query", '@link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY) { query: Query'
    )
    transport = Scripted(a=lambda _: {"data": {"any": {"__typename": "Book"}}})
    engine = Engine(sdl, transport=transport)
    answer = await run(engine, "{ any { __typename ... on Book { title } } }")
    assert answer["data"] == {"any": {"__typename": "Book", "title": None}}
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
    assert error["path"] == ["any", "title"]
