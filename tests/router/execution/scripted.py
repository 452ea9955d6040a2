"""A transport whose answers are written down, for what generated graphs do not show."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from router.execution.transport import RequestContext

Answer = dict[str, Any] | Exception
HEADER = """
schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION)
"""


class Scripted:
    """Answers by subgraph, in order or by a function of the request; `log` has what was asked, by whom."""

    def __init__(self, **answers: list[Answer] | Callable[[dict[str, Any]], Answer]) -> None:
        self.answers = answers
        self.log: list[tuple[str, dict[str, Any]]] = []
        self.events: list[dict[str, Any]] = []

    async def fetch(self, subgraph: str, url: str, payload: bytes, request: RequestContext, **kind: bool) -> bytes:
        body = json.loads(payload)
        self.log.append((subgraph, body))
        found = self.answers[subgraph]
        answer = found(body) if callable(found) else found.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return json.dumps(answer).encode()

    async def subscribe(
        self, subgraph: str, url: str, payload: dict[str, Any], request: RequestContext
    ) -> AsyncIterator[dict[str, Any]]:
        self.log.append((subgraph, payload))
        for event in self.events:
            yield event


def supergraph(sdl: str, roots: str = "query: Query", subgraphs: str = "ab") -> str:
    """A supergraph of subgraphs a, b and so on (graphs A, B), from its types."""
    graphs = " ".join(f'{name.upper()} @join__graph(name: "{name}", url: "http://{name}/")' for name in subgraphs)
    return f"{HEADER} {{ {roots} }} enum join__Graph {{ {graphs} }} {sdl}"
