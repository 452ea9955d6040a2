"""What is completed in batches is what graphql-core answers, errors and all."""

import asyncio
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from inspect import isawaitable
from types import SimpleNamespace
from typing import Annotated, Any, cast
from uuid import UUID

import strawberry
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLObjectType,
    execute,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    parse,
    validate,
)
from hypothesis import given
from hypothesis import strategies as st
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from shared.audit.recorder import AuditRecorder
from shared.auth.principal import Kind, Principal
from shared.database.paging import Order, Page
from shared.graph.connections import Connection
from shared.graph.entities import Stub, reference, stub
from shared.graph.execution import Executor
from shared.graph.fields import guarded
from shared.graph.results import masked
from shared.graph.scalars import Money
from shared.graph.schema import Schema
from shared.ids import new_id


@strawberry.enum
class Colour(Enum):
    RED = "r"
    GREEN = strawberry.enum_value("g", description="Like grass.")


@strawberry.interface
class Named:
    name: str | None


@dataclass
class _Later:
    value: Any

    def __await__(self) -> Generator[None, None, Any]:
        yield
        return self.value


@strawberry.type
class Leaf(Named):
    text: str
    number: int | None
    flag: bool
    share: float | None
    colour: Colour | None
    at: datetime | None
    day: date | None
    price: Money | None
    words: list[str | None] | None
    colours: list[Colour]

    @strawberry.field
    def shouted(self) -> str:
        return self.text.upper()

    @strawberry.field
    def picky(self) -> int | None:
        if self.number == 1:
            raise GraphQLError("not this one", extensions={"code": "ODD"})
        return self.number

    @strawberry.field
    async def later(self) -> str | None:
        await asyncio.sleep(0)
        return self.name

    @strawberry.field
    def awaited(self) -> Money | None:
        return _Later(self.price)  # type: ignore[return-value]  # GraphQL awaits what it gets

    @strawberry.field
    def repeated(self, times: int = 2) -> str:
        return self.text * times

    @guarded(description="For readers.", scopes=[["leaf:read"]])
    def secret(self) -> str | None:
        return self.text


@strawberry.type
class Branch(Named):
    leaves: list[Leaf] | None
    maybe: list[Leaf | None]
    only: Leaf | None
    must: Leaf
    things: list[Annotated["Leaf | Branch", strawberry.union("Thing")] | None] | None
    named: list[Named] | None
    rows: list[list[Leaf]] | None
    page: Connection[Leaf] | None

    @strawberry.field
    def generated(self) -> list[Leaf] | None:
        return iter(self.leaves or ())  # type: ignore[return-value]  # any iterable is a list

    @strawberry.field
    async def slow(self) -> list[Leaf] | None:
        return self.leaves


@strawberry.type
class Query:
    branches: list[Branch | None] | None
    branch: Branch


SCHEMA = Schema(query=Query)
READER = Principal(new_id(), new_id(), frozenset({"NURSE"}), frozenset({"leaf:read"}), kind=Kind.STAFF)
OTHER = Principal(new_id(), new_id(), frozenset({"NURSE"}), frozenset(), kind=Kind.STAFF)

# Now and then something that does not fit its type: a null that may not be, an error, a number for a text.
texts = st.sampled_from(["a", "ä"]) | st.sampled_from(["b", None, 7, True, ValueError("spoilt")])
leaf = st.builds(
    Leaf,
    name=texts,
    text=texts,
    number=st.sampled_from([0, 1, 2**31, "x", None]),
    flag=st.sampled_from([True, False, None]),
    share=st.sampled_from([0.5, 1, float("nan"), None]),
    colour=st.sampled_from([*Colour, None, "r"]),
    at=st.sampled_from([datetime(2026, 5, 4, tzinfo=UTC), None, "today"]),
    day=st.sampled_from([date(2026, 5, 4), None]),
    price=st.sampled_from([Money(Decimal("1.20"), "EUR"), None, ValueError("spoilt")]),
    words=st.lists(texts, max_size=2) | st.none() | st.just("ab"),
    colours=st.lists(st.sampled_from([*Colour]), max_size=2),
)
fitting = st.builds(
    Leaf,
    name=st.sampled_from(["a", None]),
    text=st.just("b"),
    number=st.sampled_from([0, None]),
    flag=st.booleans(),
    share=st.just(0.5),
    colour=st.sampled_from([*Colour, None]),
    at=st.just(datetime(2026, 5, 4, tzinfo=UTC)),
    day=st.just(date(2026, 5, 4)),
    price=st.sampled_from([Money(Decimal("1.20"), "EUR"), None]),
    words=st.lists(st.sampled_from(["c", None]), max_size=2),
    colours=st.lists(st.sampled_from([*Colour]), max_size=2),
)


async def _one() -> int:
    return 1


def _page(leaves: list[Leaf]) -> Connection[Leaf]:
    page = Page(leaves, Order(()), has_next=False, has_previous=True)
    return Connection(page=page, convert=lambda leaf: leaf, count=_one)


def branches(leaves: st.SearchStrategy[Leaf], inner: st.SearchStrategy[Branch] | None) -> st.SearchStrategy[Branch]:
    many = st.lists(leaves, max_size=3)
    things = leaves if inner is None else leaves | inner
    return st.builds(
        Branch,
        name=st.sampled_from(["x", None]),
        leaves=many | st.none(),
        maybe=st.lists(leaves | st.none(), max_size=3),
        only=leaves | st.none(),
        must=leaves,
        things=st.lists(things | st.none(), max_size=3),
        named=st.lists(things, max_size=3),
        rows=st.lists(many, max_size=2),
        page=many.map(_page) | st.none(),
    )


@st.composite
def roots(draw: st.DrawFn) -> Query:
    """Trees of a few leaves, all of which fit their types, or most."""
    leaves = st.sampled_from(draw(st.lists(fitting, min_size=1, max_size=3) | st.lists(leaf, min_size=1, max_size=3)))
    inner = st.sampled_from([draw(branches(leaves, None))])
    outer = [draw(branches(leaves, inner)), *draw(st.lists(inner | st.none(), max_size=2))]
    return Query(branches=outer, branch=draw(inner))


@st.composite
def selections(draw: st.DrawFn, kind: Any, depth: int) -> str:
    """A selection set with aliases, fragments and conditions; two of the same response name may not differ, so none are."""
    names = iter(range(100))
    parts = ["__typename"] if draw(st.booleans()) else []
    fields = {} if not hasattr(kind, "fields") else kind.fields
    chosen = draw(st.lists(st.sampled_from(sorted(fields)), min_size=1, max_size=4)) if fields else []
    for name in chosen:
        if kind.name == "Query" and name.startswith("_"):
            continue
        inner = get_named_type(fields[name].type)
        below = draw(selections(inner, depth - 1)) if is_composite_type(inner) and depth else ""
        if is_composite_type(inner) and not below:
            continue
        alias = f"{kind.name}_{name}_{depth}_{next(names)}: " if draw(st.booleans()) or below else ""
        condition = draw(st.sampled_from(["", "", "", " @include(if: $yes)", " @skip(if: $yes)", " @skip(if: false)"]))
        part = f"{alias}{name}{condition} {below}"
        wrap = draw(
            st.sampled_from(["{}", "{}", f"... on {kind.name} {{{{ {{}} }}}}", "... @include(if: $yes) {{ {} }}"])
        )
        parts.append(wrap.format(part))
    if is_abstract_type(kind) and depth:
        possible = [each for each in SCHEMA._schema.get_possible_types(kind) if each.name in ("Leaf", "Branch")]
        chosen_types = draw(st.lists(st.sampled_from(possible), unique_by=lambda each: each.name))
        parts += [f"... on {each.name} {draw(selections(each, depth - 1))}" for each in chosen_types]
    return f"{{ {' '.join(parts or ['__typename'])} }}"


QUERY = SCHEMA._schema.query_type
assert isinstance(QUERY, GraphQLObjectType)


async def answer(executor: Any, document: DocumentNode, root: Query, principal: Principal, *, yes: bool) -> Any:
    """Data and errors, in the form in which they leave."""
    context = SimpleNamespace(principal=principal, recorder=AuditRecorder(principal))
    return await executed(SCHEMA, executor, document, root, context, {"yes": yes})


async def executed(schema: Schema, executor: Any, document: Any, root: Any, context: Any, variables: Any) -> Any:
    """Data and errors."""
    result = execute(
        schema._schema,
        document,
        root,
        context_value=context,
        variable_values=variables,
        executor_class=executor,
        operation_extensions=None,
    )
    result = await result if isawaitable(result) else result
    return result.data, _formatted(result.errors)


def _formatted(errors: Any) -> list[Any]:
    return sorted((masked(error, cast(Any, None)).formatted for error in errors or ()), key=str)


@given(st.data(), roots(), st.sampled_from([READER, OTHER]))
async def test_answers_are_those_of_graphql_core(data: Any, root: Query, principal: Principal) -> None:
    text = "query($yes: Boolean!) " + data.draw(selections(QUERY, 4))
    document = parse(text)
    problems = [error for error in validate(SCHEMA._schema, document) if "is never used" not in error.message]
    assert not problems, (text, problems)
    for yes in (True, False):  # of one document, so that plans are found again
        expected = await answer(StrawberryGraphQLCoreExecutionContext, document, root, principal, yes=yes)
        assert await answer(Executor, document, root, principal, yes=yes) == expected


@stub(description="What is left of a tree.")
class Stump(Stub):
    @strawberry.field(description="How many rings it has.")
    def rings(self) -> int:
        return self.key.int % 100

    @classmethod
    async def resolve_references(cls, context: Any, keys: Sequence[UUID]) -> list["Stump | None"]:
        if context.broken:
            raise ValueError("spoilt")
        return await super().resolve_references(context, keys)


@dataclass
class TreeRow:
    stump_id: UUID | None


@strawberry.federation.type(keys=["id"])
class Tree:
    row: strawberry.Private[TreeRow]
    id: strawberry.ID
    branch: Branch | None
    stump: Stump | None = reference(Stump, "stump_id", description="What is left of it.")

    @classmethod
    async def resolve_references(cls, context: Any, ids: list[Any]) -> list["Tree | None"]:
        return [context.trees.get(str(key)) for key in ids]


ENTITIES = Schema(query=Query, types=[Tree, Stump])
KEYS = [str(new_id()) for _ in range(3)]


@given(st.data(), roots())
async def test_entities_are_answered_as_graphql_core_answers_them(data: Any, root: Query) -> None:
    kinds = st.sampled_from([*["Tree"] * 9, *["Stump"] * 3, "Shrub"])
    representations = st.lists(
        st.builds(lambda kind, key: {"__typename": kind, "id": key}, kinds, st.sampled_from([*KEYS, *KEYS, "none"])),
        max_size=5,
    )
    branch = data.draw(selections(ENTITIES._schema.type_map["Branch"], 3)).replace("$yes", "true")
    stump = data.draw(selections(ENTITIES._schema.type_map["Stump"], 1)).replace("$yes", "true")
    below = data.draw(st.sampled_from(["", f"branch {branch}"]))
    entities = f"{{ __typename ... on Tree {{ id {below} stump {stump} }} ... on Stump {{ id }} }}"
    text = data.draw(
        st.sampled_from(
            [
                "query($a: [_Any!]!) { _entities(representations: $a) %s }",
                "query($a: [_Any!]!) { x: _entities(representations: $a) %s y: _entities(representations: $a) %s }",
                "query($a: [_Any!]!, $b: [_Any!]!) { x: _entities(representations: $a) %s _entities(representations: $b) %s }",
                "query($a: [_Any!]!) { _entities(representations: $a) %s __typename }",
            ]
        )
    ).replace("%s", entities)
    variables = {
        "a": data.draw(st.one_of(representations, representations, st.none())),
        "b": data.draw(representations),
    }
    variables = {name: value for name, value in variables.items() if f"${name}:" in text}
    row = TreeRow(stump_id=data.draw(st.none() | st.uuids()))
    trees = {
        key: Tree(row=row, id=strawberry.ID(key), branch=each)
        for key, each in zip(KEYS, root.branches or (), strict=False)
    }
    context = SimpleNamespace(trees=trees, principal=READER, recorder=AuditRecorder(READER), flush_audit=_nothing)
    context.runtime, context.broken = SimpleNamespace(service="test"), data.draw(st.sampled_from([False, False, True]))
    expected = await executed(ENTITIES, StrawberryGraphQLCoreExecutionContext, parse(text), None, context, variables)
    result = await ENTITIES.run(text, variables, None, context)  # type: ignore[arg-type]  # what it uses of one
    errors = _formatted(result.errors)
    # What keeps one field's entities from being loaded is told at once, whatever else would have been wrong.
    assert (result.data, errors) == expected or (
        result.data is None and errors and all(e in expected[1] for e in errors)
    )


async def _nothing() -> None: ...
