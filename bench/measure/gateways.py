"""The routers, how each is started, and the cases in which they are compared."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from bench.measure.process import ROOT, python
from bench.measure.tokens import AUDIENCE, ISSUER

PEERS = Path(os.environ.get("BENCH_PEERS", ROOT / "bench" / "peers" / "installed"))
_HIVE_ROUTER = PEERS / "hive-router" / "bin" / "hive_router"
_HIVE_GATEWAY = PEERS / "hive-gateway" / "node_modules" / "@graphql-hive" / "gateway" / "dist" / "bin.js"
_APOLLO = PEERS / "apollo" / "server.mjs"


@dataclass(frozen=True)
class Case:
    """What is asked, and what gateways may join: equal requests to subgraphs, equal requests of clients."""

    name: str
    operation: str
    join_fetches: bool = False
    join_requests: bool = False
    guarded: bool = False


HEAVY = Case("heavy", "heavy")
HEAVY_FETCHES = Case("heavy, subgraph de-duplication", "heavy", join_fetches=True)
HEAVY_REQUESTS = Case("heavy, inbound de-duplication", "heavy", join_fetches=True, join_requests=True)
SMALL = Case("small", "small")
SMALL_GUARDED = Case("small, token and field authorization", "small", guarded=True)
CASES = (HEAVY, HEAVY_FETCHES, HEAVY_REQUESTS, SMALL, SMALL_GUARDED)


@dataclass(frozen=True)
class Place:
    """Where a gateway finds the supergraph and the keys of tokens, may write, and listens."""

    folder: Path
    port: int

    @property
    def supergraph(self) -> Path:
        return self.folder / "supergraph.graphql"

    @property
    def keys(self) -> Path:
        return self.folder / "keys.json"

    def write(self, name: str, config: Mapping[str, Any]) -> Path:
        path = self.folder / name
        path.write_bytes(orjson.dumps(config))
        return path


@dataclass(frozen=True)
class Start:
    """How a gateway is started."""

    command: list[str | Path]
    environment: Mapping[str, str] = field(default_factory=dict)
    path: str = "/graphql"


@dataclass(frozen=True)
class Gateway:
    """One that is compared: which cases it is measured in, and whether it is installed."""

    name: str
    cases: tuple[Case, ...]
    start: Callable[[Case, Place], Start]
    needs: Path | None = None

    @property
    def installed(self) -> bool:
        return self.needs is None or self.needs.exists()


def start_ours(place: Place, config: Mapping[str, Any]) -> Start:
    """Our router. All that is on by default stays on, but for the access log: a line costs what its reader makes of it."""
    path = place.write("router.yaml", {"telemetry": {"access_log": False}, **config})
    return Start(
        python("router", "serve", "--supergraph", place.supergraph, "--config", path, "--port", str(place.port))
    )


def ours(case: Case, place: Place, **server: Any) -> Start:
    """Our router for a case; `server` is what its configuration says besides under that key."""
    issuer = {"issuer": ISSUER, "audiences": [AUDIENCE], "jwks_url": place.keys.as_uri(), "algorithms": ["EdDSA"]}
    config = {
        "server": {"deduplicate": case.join_requests, **server},
        "subgraphs": {"all": {"deduplicate": case.join_fetches}},
        "authorization": {"jwt": {"issuers": [issuer]}},
    }
    return start_ours(place, config)


def _hive_router(case: Case, place: Place) -> Start:
    config = {
        "http": {"host": "127.0.0.1", "port": place.port},
        "supergraph": {"source": "file", "path": str(place.supergraph)},
        "traffic_shaping": {
            "all": {"dedupe_enabled": case.join_fetches},
            "router": {"dedupe": {"enabled": case.join_requests}},
        },
    }
    path = place.write("hive-router.json", config)
    return Start([_HIVE_ROUTER], {"ROUTER_CONFIG_FILE_PATH": str(path), "ROUTER_HTTP_WORKERS": "1"})


def _hive_gateway(case: Case, place: Place) -> Start:
    """With the planner and executor in Rust. It always joins equal requests to subgraphs."""
    options = ["--hive-router-runtime", "--fork", "1", "--host", "127.0.0.1", "--port", str(place.port)]
    return Start(["node", _HIVE_GATEWAY, "supergraph", place.supergraph, *options], {"NODE_ENV": "production"})


def _apollo(case: Case, place: Place) -> Start:
    return Start(["node", _APOLLO, place.supergraph, str(place.port)], {"NODE_ENV": "production"}, path="/")


OURS = Gateway("CareGraph", CASES, ours)
HIVE_ROUTER = Gateway("Hive Router 0.2.0", CASES[:4], _hive_router, needs=_HIVE_ROUTER)
HIVE_GATEWAY = Gateway("Hive Gateway 2.15.1", (HEAVY_FETCHES,), _hive_gateway, needs=_HIVE_GATEWAY)
APOLLO = Gateway("@apollo/gateway 2.14.4", (HEAVY, SMALL), _apollo, needs=_APOLLO)
GATEWAYS = (OURS, HIVE_ROUTER, HIVE_GATEWAY, APOLLO)
