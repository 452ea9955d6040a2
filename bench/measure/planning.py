"""What a new operation costs before it is fetched: parse, limits, validation, authorization, plan."""

import time

from bench.workload.shop import operation, supergraph
from router.composition import SubgraphSdl, compose
from router.config import parse
from router.engine import Engine
from router.http.engines import EngineBuilder

_SUBGRAPHS = 50
_FIELDS_EACH = 10
_ATTEMPTS = 10


def heavy_ms() -> float:
    """CPU-ms for the heavy query, which no one has asked before of this supergraph."""
    sdl, _ = supergraph("http://shop.example")
    return _least_ms(sdl, operation("heavy"))


def wide_ms() -> float:
    """CPU-ms for 500 fields of an object that 50 subgraphs share."""
    composed = compose([SubgraphSdl(f"s{n}", f"http://s{n}.example", _sdl(n)) for n in range(_SUBGRAPHS)])
    assert composed.supergraph_sdl is not None, composed.errors
    fields = "\n".join(f"s{n}_{field}" for n in range(_SUBGRAPHS) for field in range(_FIELDS_EACH))
    return _least_ms(composed.supergraph_sdl, f"query Wide {{ thing {{ {fields} }} }}")


def _sdl(number: int) -> str:
    fields = "\n".join(f"s{number}_{field}: String" for field in range(_FIELDS_EACH))
    root = "type Query { thing: Thing }" if number == 0 else ""
    return f"""
        extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
        {root}
        type Thing @key(fields: "id") {{ id: ID! {fields} }}
    """


def _least_ms(sdl: str, query: str) -> float:
    """The least of some attempts, each with an engine that has planned nothing yet."""
    return min(_cpu_ms(engine, query) for engine in (_engine(sdl) for _ in range(_ATTEMPTS)))


def _engine(sdl: str) -> Engine:
    return EngineBuilder(parse({})).build(sdl)


def _cpu_ms(engine: Engine, query: str) -> float:
    begin = time.thread_time()
    engine.prepare(query)
    return (time.thread_time() - begin) * 1000
