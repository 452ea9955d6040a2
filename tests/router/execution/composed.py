"""Graphs that our composer made, with servers for their subgraphs, and the oracle over the same data."""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from graphql import build_schema

from router.composition import Composition, SubgraphSdl, compose
from tests.router.composition.graphs import Graph
from tests.router.execution.authored import subgraphs_of
from tests.router.execution.mocked import Mocked
from tests.router.execution.servers import Merged, Server, Serves
from tests.router.execution.world import Generator


@dataclass(frozen=True, slots=True)
class Composed:
    supergraph: str
    oracle: Merged | Mocked
    servers: Mapping[str, Serves]


def fixture(graph: Graph, address: str = "http://localhost") -> Composed:
    """A fixture of composition; its subgraphs are at `address`, each under its name."""
    composition = _compose(graph, address)
    assert composition.supergraph_sdl is not None
    assert composition.api_schema_sdl is not None
    mocked = Mocked(graph, composition.api_schema_sdl)
    return Composed(composition.supergraph_sdl, mocked, mocked.servers)


def random_graph(rng: random.Random, address: str = "http://localhost") -> Composed | None:
    """A random world; None for the few in which something cannot be reached."""
    world = Generator(rng).world()
    composition = _compose(subgraphs_of(world), address)
    if composition.supergraph_sdl is None or composition.api_schema_sdl is None:
        assert {error.code.name for error in composition.errors} == {"SATISFIABILITY_ERROR"}
        return None
    oracle = Merged(world)
    oracle.schema = build_schema(composition.api_schema_sdl)
    return Composed(composition.supergraph_sdl, oracle, {name: Server(world, name) for name in world.subgraphs})


def _compose(graph: Graph, address: str) -> Composition:
    return compose([SubgraphSdl(name, f"{address}/{name}", sdl) for name, sdl in graph.items()])
