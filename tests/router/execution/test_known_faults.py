"""Where routers of today answer wrongly: one small graph for each, judged by the merged schema."""

from typing import Any

import pytest

from router.engine import Engine
from tests.router.execution.running import run
from tests.router.execution.servers import InProcess, Merged, Server
from tests.router.execution.world import FieldDef, Ref, TypeDef, World, supergraph_sdl, world_of

AB, ABC = {"a", "b"}, {"a", "b", "c"}


def entity(name: str, subgraphs: set[str], *fields: FieldDef, **more: Any) -> TypeDef:
    key = FieldDef("id", Ref("ID", required=True), set(subgraphs))
    named = {one.name: one for one in (key, *fields)}
    return TypeDef(name, "entity", set(subgraphs), named, {one: ["id"] for one in subgraphs}, **more)


def text(name: str, *owners: str, **more: Any) -> FieldDef:
    return FieldDef(name, Ref("String"), set(owners), **more)


def link(name: str, target: str, *owners: str, many: bool = False, **more: Any) -> FieldDef:
    return FieldDef(name, Ref(target, many), set(owners), **more)


async def judged(world: World, query: str, variables: dict[str, Any] | None = None) -> list[tuple[str, str]]:
    """Check the router's answer, and give the requests that it took."""
    servers = {name: Server(world, name) for name in world.subgraphs}
    transport = InProcess(servers)
    engine = Engine(supergraph_sdl(world), transport=transport)
    answer = await run(engine, query, variables)
    expected = Merged(world).execute(query, variables or {})
    assert answer == expected
    assert "errors" not in answer
    return [(subgraph, body["query"]) for subgraph, body in transport.log]


async def test_an_alias_that_equals_the_name_of_a_key() -> None:
    world = world_of([entity("E0", AB, text("f0", "a"), text("f1", "b"))], [link("q0", "E0", "a", many=True)])
    requests = await judged(world, "{ q0 { id: f0 f1 } }")
    assert [subgraph for subgraph, _ in requests] == ["a", "b"]


async def test_a_field_asked_with_other_arguments_than_requires_asks_it_with() -> None:
    price = text("f0", "a", argument=True, external={"b"})
    world = world_of(
        [entity("E0", AB, price, text("r0", "b", requires='f0(x: "r")'))], [link("q0", "E0", "a", many=True)]
    )
    requests = await judged(world, '{ q0 { f0(x: "1") r0 again: f0 } }')
    assert len(requests) == 2


async def test_a_union_as_type_condition_on_its_own_member() -> None:
    union = TypeDef("U0", "union", {"a"}, members={"a": {"E0", "E1"}})
    world = world_of(
        [entity("E0", AB, text("f0", "b")), entity("E1", AB, text("f0", "b")), union],
        [link("q0", "E0", "a"), link("q1", "U0", "a", many=True)],
    )
    await judged(world, "{ q0 { ... on U0 { __typename ... on E0 { f0 } ... on E1 { id } } } }")
    await judged(world, "{ q1 { ... on U0 { ... on E0 { ... on U0 { ... on E0 { f0 } } } } } }")


async def test_fields_that_two_interface_objects_add_to_one_implementation() -> None:
    added = {name: text(name, owner) for name, owner in (("x0", "b"), ("x1", "c"))}
    of_interface = [FieldDef(name, Ref("String"), set(), by_interface="I0") for name in added]
    interface = TypeDef(
        "I0",
        "interface",
        ABC,
        {"id": FieldDef("id", Ref("ID", required=True), ABC), **added},
        {"a": ["id"], "b": ["id"], "c": ["id"]},
        members={"a": {"E0", "E1"}},
        objects={"b", "c"},
    )
    implementations = [entity(name, {"a"}, text("f0", "a"), *of_interface, interfaces={"I0"}) for name in ("E0", "E1")]
    world = world_of(
        [*implementations, interface], [link("q0", "I0", "a", many=True), link("q1", "I0", "b", many=True)]
    )
    assert len(await judged(world, "{ q0 { ... on E0 { x0 x1 } } }")) == 3
    assert len(await judged(world, "{ q1 { __typename ... on E0 { f0 x0 x1 } } }")) == 3
    assert len(await judged(world, "{ q1 { x0 x1 } }")) == 2


async def test_objects_of_unknown_type_enter_by_an_interface_only_if_all_of_them_implement_it() -> None:
    def interface(name: str, other: str, *members: str) -> TypeDef:
        key = FieldDef("id", Ref("ID", required=True), {"a", other})
        added = text(f"x{name}", other)
        keys = {"a": ["id"], other: ["id"]}
        fields = {"id": key, added.name: added}
        return TypeDef(name, "interface", {"a", other}, fields, keys, members={"a": set(members)}, objects={other})

    def inherited(name: str) -> FieldDef:
        return FieldDef(f"x{name}", Ref("String"), set(), by_interface=name)

    world = world_of(
        [
            entity("E0", {"a"}, inherited("I0"), interfaces={"I0"}),
            entity("E1", {"a"}, inherited("I0"), inherited("I1"), interfaces={"I0", "I1"}),
            interface("I0", "b", "E0", "E1"),
            interface("I1", "c", "E1"),
        ],
        [link("q0", "I0", "b", many=True)],
    )
    requests = await judged(world, "{ q0 { xI0 ... on I1 { xI1 } } }")
    assert [subgraph for subgraph, _ in requests] == ["b", "a", "c"]


async def test_chained_requires_take_each_field_from_its_own_side() -> None:
    chain = [
        text("f0", "a", external={"b"}),
        text("r0", "b", requires="f0", external={"c"}),
        text("r1", "c", requires="r0", external={"a"}),
        text("r2", "a", requires="r1"),
    ]
    world = world_of([entity("E0", ABC, *chain)], [link("q0", "E0", "a", many=True), link("q1", "E0", "c")])
    assert [name for name, _ in await judged(world, "{ q0 { r2 } }")] == ["a", "b", "c", "a"]
    assert [name for name, _ in await judged(world, "{ q1 { r1 } }")] == ["c", "a", "b", "c"]


async def test_a_key_that_is_not_resolvable_is_no_way_in() -> None:
    world = world_of(
        [entity("E0", ABC, text("f0", "c", "b"), text("f1", "a"), unresolvable={"b"})], [link("q0", "E0", "a")]
    )
    assert [name for name, _ in await judged(world, "{ q0 { f0 f1 } }")] == ["a", "c"]


@pytest.mark.parametrize("on", [True, False])
async def test_a_condition_on_a_field_with_requires_leaves_its_neighbours(on: bool) -> None:
    fields = [text("f0", "c", external={"b"}), text("f1", "b"), text("r0", "b", requires="f0")]
    world = world_of([entity("E0", ABC, *fields)], [link("q0", "E0", "a", many=True)])
    query = "query ($on: Boolean!) { q0 { f1 r0 @include(if: $on) } }"
    requests = await judged(world, query, {"on": on})
    assert [name for name, _ in requests] == (["a", "c", "b"] if on else ["a", "b"])


@pytest.mark.parametrize("names", ["ab", "abcd"])
async def test_recursive_interfaces_take_a_request_of_each_subgraph_a_level_at_most(names: str) -> None:
    """Each subgraph knows the name of some implementations and the next object of others."""
    depth, owners = 20, set(names)
    members = {f"E{number}" for number in range(8)}
    types = [
        entity(f"E{n}", owners, link("l0", "I0", names[n % len(names)]), text("f0", names[n // 2 % len(names)]))
        for n in range(8)
    ]
    for one in types:
        one.interfaces.add("I0")
    key = FieldDef("id", Ref("ID", required=True), owners)
    interface = TypeDef("I0", "interface", owners, {"id": key}, members=dict.fromkeys(names, members))
    interface.fields |= {"l0": link("l0", "I0"), "f0": text("f0")}
    world = world_of([*types, interface], [link("q0", "I0", "a")])
    query = "{ q0 " + "{ __typename f0 l0 " * depth + "{ id f0 }" + "}" * depth + "}"
    plan = Engine(supergraph_sdl(world), transport=InProcess({})).prepare(query).plan
    fetches = list(plan.fetches())
    assert len(fetches) <= 1 + len(names) * (depth + 1)
    assert sum(len(fetch.operation) for fetch in fetches) < 50_000
    await judged(world, query)


async def test_a_root_list_asked_in_two_selections_is_not_doubled() -> None:
    world = world_of([entity("E0", AB, text("f0", "a"), text("f1", "b"))], [link("q0", "E0", "a", "b", many=True)])
    requests = await judged(
        world, "{ q0 { f0 } ... on Query { q0 { f1 } } ...Again } fragment Again on Query { q0 { id } }"
    )
    assert sorted(name for name, _ in requests) == ["a", "b"]


async def test_parallel_fetches_merge_into_one_object() -> None:
    parts = TypeDef("V0", "value", ABC, {name: text(name, owner) for name, owner in zip("xyz", "abc", strict=True)})
    root = link("q0", "V0", "a", "b", "c", many=True)
    requests = await judged(world_of([parts], [root]), "{ q0 { x y z } }")
    assert sorted(name for name, _ in requests) == ["a", "b", "c"]


async def test_provides_is_not_applied_deeper_than_it_says() -> None:
    target = entity("E1", AB, text("f0", "b", external={"a"}), link("l0", "E1", "a"))
    source = entity("E0", {"a"}, link("l1", "E1", "a", provides={"a": "f0"}))
    world = world_of([source, target], [link("q0", "E0", "a")], seed=5)
    assert [name for name, _ in await judged(world, "{ q0 { l1 { f0 } } }")] == ["a"]
    assert [name for name, _ in await judged(world, "{ q0 { l1 { f0 l0 { f0 } } } }")] == ["a", "b"]


async def test_two_fields_that_require_one_field_with_different_arguments() -> None:
    price = text("f0", "a", argument=True, external={"b"})
    fields = [price, text("r0", "b", requires='f0(x: "r")'), text("r1", "b", requires='f0(x: "s")')]
    world = world_of([entity("E0", AB, *fields)], [link("q0", "E0", "a", many=True)])
    requests = await judged(world, "{ q0 { r0 r1 f0 } }")
    assert [name for name, _ in requests] == ["a", "b"]


async def test_other_nullability_in_one_subgraph_under_one_response_key() -> None:
    union = TypeDef("U0", "union", {"a"}, members={"a": {"E0", "E1"}})
    world = world_of(
        [entity("E0", AB, text("f0", "a", strict={"a"})), entity("E1", AB, text("f0", "a")), union],
        [link("q0", "U0", "a", many=True)],
    )
    await judged(world, "{ q0 { ... on E0 { f0 } ... on E1 { f0 } } }")
