"""Every field, query, mutation, subscription and download of every domain, asked by every role for objects in each relation.

The answers are held against the tables in `expected`, which people read. `REGENERATE=1` writes them as they are now.
"""

import asyncio
import os
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module

import pytest
from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema
from strawberry.federation.schema_directives import External

from shared.graph import context
from shared.graph.fields import definition_of
from stack.services import SUBGRAPHS, subgraph
from tests.authorization import table
from tests.authorization.asking import is_entity
from tests.authorization.matrix import (
    Matrix,
    ask_downloads,
    ask_entities,
    ask_mutation,
    ask_objects,
    ask_query,
    ask_subscription,
    undone,
)
from tests.authorization.world import CALLERS, DOWNLOADS, RELATIONS, UNSEEN, World
from tests.graph.test_bounds import entities
from tests.harness.clinic import Clinic

_AT_ONCE = 3  # roles, so that no answer takes the router too long
_ROOTS = ("Query", "Subscription", "Mutation")


def fields_of(service: str, api: GraphQLSchema) -> dict[str, list[str]]:
    """By type, the fields that a service gives of the roots and of entities."""
    own, rows = import_module(subgraph(service).module).service.schema._schema, entities(service)
    found: dict[str, list[str]] = defaultdict(list)
    for name, kind in own.type_map.items():
        public = api.type_map.get(name)
        if isinstance(public, GraphQLObjectType) and (name in _ROOTS or is_entity(public)):
            names = sorted(
                each for each in kind.fields.keys() & public.fields.keys() if not _external(kind.fields[each])
            )
            found[name] = [each for each in names if each != "id" or name in rows]
    return {name: names for name, names in found.items() if names}


@pytest.fixture(params=[each.name for each in SUBGRAPHS])
def domain(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _external(field: GraphQLField) -> bool:
    """Whether another subgraph gives a field, which this one only reads."""
    definition = definition_of(field)
    return definition is not None and any(isinstance(each, External) for each in definition.directives)


@pytest.mark.timeout(300)  # a domain with many fields is asked for by many callers
async def test_each_role_sees_and_does_what_the_table_says(
    domain: str, clinic: Clinic, api: GraphQLSchema, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(clinic)
    await world.store()
    matrix, by_type = Matrix(world, api), fields_of(domain, api)
    for name in by_type.get("Subscription", ()):  # by themselves, since what is refused has to be so in time
        await asyncio.gather(*(ask_subscription(matrix, role, name) for role in CALLERS))
    few = asyncio.Semaphore(_AT_ONCE)
    await asyncio.gather(*(_read(clinic, matrix, role, domain, by_type, few) for role in CALLERS))
    assert not matrix.otherwise, matrix.otherwise
    monkeypatch.setattr(context, "unit_of_work", undone)
    await asyncio.gather(*(_write(matrix, role, by_type, few) for role in CALLERS))
    unseen = {row for row, cells in matrix.cells.items() if not set("".join(cells.values())) - {table.NO, table.DENIED}}
    unseen = {row for row in unseen if UNSEEN.isdisjoint(row.split("."))}
    assert not unseen, f"nobody sees {unseen}: `rows` gives them no value"
    written = table.text(domain, dict(_rows(matrix, domain, by_type)), CALLERS, RELATIONS)
    if "REGENERATE" in os.environ:
        table.write(domain, written)
    if changes := table.changes(domain, written):
        pytest.fail(changes, pytrace=False)


def test_each_table_is_of_a_domain() -> None:
    assert table.expected() == {each.name for each in SUBGRAPHS}


async def _read(
    clinic: Clinic, matrix: Matrix, role: str, domain: str, by_type: dict[str, list[str]], few: asyncio.Semaphore
) -> None:
    async with few:
        for kind, names in by_type.items():
            if kind not in _ROOTS:
                await ask_objects(matrix, role, kind, names)
                await ask_entities(clinic, matrix, role, domain, kind, names)
        for name in by_type.get("Query", ()):
            await ask_query(matrix, role, name)
        await ask_downloads(clinic, matrix, role, domain)


async def _write(matrix: Matrix, role: str, by_type: dict[str, list[str]], few: asyncio.Semaphore) -> None:
    async with few:
        for name in by_type.get("Mutation", ()):
            await ask_mutation(matrix, role, name)


def _rows(matrix: Matrix, domain: str, by_type: dict[str, list[str]]) -> Iterator[tuple[str, table.Cells]]:
    """A domain's rows: the roots, its downloads, its types."""
    order = [*(kind for kind in _ROOTS if kind in by_type), *sorted(by_type.keys() - set(_ROOTS))]
    starts = [f"{kind}.{name}" for kind in order for name in by_type[kind]]
    for start in [*starts, *DOWNLOADS.get(domain, ())]:
        for row, cells in matrix.cells.items():
            if row == start or row.startswith((f"{start}.", f"{start}(")):
                yield row, cells
