"""Apollo's gateway as the judge of what our composer writes and our router answers: both run the same supergraphs.

The oracle is graphql-core on the API schema over the same data. Our router's answer must be the oracle's; the gateway's
may differ, where it is wrong.
"""

import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from router.engine import Engine, EngineConfig
from tests.judges.node import Node, node, write
from tests.router.composition.graphs import VALID
from tests.router.execution.composed import Composed, fixture, random_graph
from tests.router.execution.operations import Operations
from tests.router.execution.running import run
from tests.router.execution.servers import InProcess, Serves
from tests.router.http.listening import listening

OPERATIONS = 5  # for each graph
UNGUARDED = EngineConfig(authorization_dry_run=True)  # as the gateway is
WRONG = "WRONG: our answer is not the oracle's"
UNREADABLE = "WRONG: the gateway cannot read our supergraph"
UNSUPPORTED = "is for: SECURITY but is unsupported"  # says the gateway of access rules and contexts
ALONE = "we are right, the gateway does not know what the graph uses"


async def judge(graphs: int, seed: int) -> bool:
    """Run all fixtures and so many random graphs; whether we are always right, and the gateway reads all that we compose."""
    judged = _Judged()
    async with (
        listening(Starlette(routes=[Route("/{name}", judged.serve, methods=["POST"])])) as judged.port,
        node("gateway.mjs") as judged.apollo,
    ):
        for number, graph in enumerate(VALID.values()):
            await judged.run(fixture(graph, judged.address), random.Random(number))
        for number in range(seed, seed + graphs):
            rng = random.Random(number)
            if (composed := random_graph(rng, judged.address)) is not None:
                await judged.run(composed, rng)
    write(f"gateway  {judged.graphs} graphs, {judged.outcomes.total()} operations")
    for outcome, count in sorted(judged.outcomes.items()):
        write(f"  {count:5} {outcome}")
    return not any(outcome.startswith("WRONG") for outcome in judged.outcomes)


class _Judged:
    """Graph after graph: its subgraphs, by name under one address, are asked by the gateway, and in this process by us."""

    apollo: Node
    port: int

    def __init__(self) -> None:
        self.graphs = 0
        self.outcomes: Counter[str] = Counter()
        self._servers: Mapping[str, Serves] = {}

    async def serve(self, request: Request) -> JSONResponse:
        answer = self._servers[request.path_params["name"]].execute(await request.json())
        return JSONResponse(answer, headers={"connection": "close"})

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def run(self, graph: Composed, rng: random.Random) -> None:
        """Ask the gateway, ourselves and the oracle the same."""
        self.graphs += 1
        self._servers = graph.servers
        engine = Engine(graph.supergraph, transport=InProcess(graph.servers), config=UNGUARDED)
        refusal = (await self.apollo.ask({"supergraph": graph.supergraph})).get("crash", "")
        if refusal and UNSUPPORTED not in refusal:
            self.outcomes[UNREADABLE] += OPERATIONS
            write(f"{UNREADABLE}: {refusal}\n{graph.supergraph}")
            return
        for _ in range(OPERATIONS):
            query, variables = Operations(graph.oracle.schema, rng).operation()
            right = graph.oracle.execute(query, variables)
            ours = await run(engine, query, variables)
            theirs = {} if refusal else await self.apollo.ask({"query": query, "variables": variables})
            self.outcomes[_compared(right, ours, theirs)] += 1
            if _told(ours) != _told(right):
                write(f"{WRONG}\n{graph.supergraph}\n{query}\n{variables}\nours:   {ours}\noracle: {right}\n")


def _compared(right: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any]) -> str:
    if _told(ours) != _told(right):
        return WRONG
    if not theirs:
        return ALONE
    if "crash" in theirs:
        return "we are right, the gateway fails"
    return "all agree" if _told(theirs) == _told(right) else "we are right, the gateway differs"


def _told(answer: dict[str, Any]) -> tuple[Any, bool]:
    """What must be the same: the data, and whether there are errors."""
    return answer.get("data"), bool(answer.get("errors"))
