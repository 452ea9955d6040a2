"""Every field, query, mutation, subscription and download of every domain, asked by every role for objects in each relation.

The answers are held against the tables in `expected`, which people read. `REGENERATE=1` writes them as they are now.
"""

import asyncio
import os
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module

import pytest
from graphql import GraphQLObjectType, GraphQLSchema

from shared.graph import context
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
from tests.authorization.world import CALLERS, DOWNLOADS, RELATIONS, World
from tests.graph.test_bounds import entities
from tests.harness.clinic import Clinic

_ROOTS = ("Query", "Subscription", "Mutation")


def fields_of(service: str, api: GraphQLSchema) -> dict[str, list[str]]:
    """By type, the fields that a service gives of the roots and of entities."""
    own, rows = import_module(subgraph(service).module).service.schema._schema, entities(service)
    found: dict[str, list[str]] = defaultdict(list)
    for name, kind in own.type_map.items():
        public = api.type_map.get(name)
        if isinstance(public, GraphQLObjectType) and (name in _ROOTS or is_entity(public)):
            names = sorted(kind.fields.keys() & public.fields.keys())
            found[name] = [each for each in names if each != "id" or name in rows]
    return {name: names for name, names in found.items() if names}


async def test_each_role_sees_and_does_what_the_tables_say(
    clinic: Clinic, api: GraphQLSchema, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(clinic)
    await world.store()
    matrix = Matrix(world, api)
    fields = {each.name: fields_of(each.name, api) for each in SUBGRAPHS}
    await asyncio.gather(*(_read(clinic, matrix, role, fields) for role in CALLERS))
    assert not matrix.otherwise, matrix.otherwise
    monkeypatch.setattr(context, "unit_of_work", undone)
    await asyncio.gather(*(_write(matrix, role, fields) for role in CALLERS))
    unseen = [row for row, cells in matrix.cells.items() if not set("".join(cells.values())) - {table.NO, table.DENIED}]
    assert not unseen, f"nobody sees {unseen}: world.py gives them no value"
    _compare(matrix, fields)


async def _read(clinic: Clinic, matrix: Matrix, role: str, fields: dict[str, dict[str, list[str]]]) -> None:
    for domain, by_type in fields.items():
        for kind, names in by_type.items():
            if kind not in _ROOTS:
                await ask_objects(matrix, role, kind, names)
                await ask_entities(clinic, matrix, role, domain, kind, names)
        for name in by_type.get("Query", ()):
            await ask_query(matrix, role, name)
        for name in by_type.get("Subscription", ()):
            await ask_subscription(matrix, role, name)
        await ask_downloads(matrix, role, domain)


async def _write(matrix: Matrix, role: str, fields: dict[str, dict[str, list[str]]]) -> None:
    for by_type in fields.values():
        for name in by_type.get("Mutation", ()):
            await ask_mutation(matrix, role, name)


def _compare(matrix: Matrix, fields: dict[str, dict[str, list[str]]]) -> None:
    """Hold the tables against those that are expected, or write these."""
    written = {
        domain: table.text(domain, dict(_rows(matrix, domain, by_type)), CALLERS, RELATIONS)
        for domain, by_type in fields.items()
    }
    if "REGENERATE" in os.environ:
        table.write(written)
    if changes := table.changes(table.read(), written):
        pytest.fail(changes, pytrace=False)


def _rows(matrix: Matrix, domain: str, by_type: dict[str, list[str]]) -> Iterator[tuple[str, table.Cells]]:
    """A domain's rows: the roots, its downloads, its types."""
    order = [*(kind for kind in _ROOTS if kind in by_type), *sorted(by_type.keys() - set(_ROOTS))]
    starts = [f"{kind}.{name}" for kind in order for name in by_type[kind]]
    for start in [*starts, *DOWNLOADS.get(domain, ())]:
        for row, cells in matrix.cells.items():
            if row == start or row.startswith((f"{start}.", f"{start}(")):
                yield row, cells
