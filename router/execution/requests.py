"""The requests of one run of a plan."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from router.cache import Cache
from router.execution.data import Object
from router.execution.transport import RequestContext, Transport
from router.planning.plan import Fetch
from router.supergraph.records import Subgraph
from router.translations import translated

_encode = msgspec.json.Encoder().encode
_STARTS: Cache[str, bytes] = Cache(4096, 32_000_000)


class Requests:
    """Sends a plan's requests. `variables` are the client's, coerced."""

    def __init__(
        self,
        subgraphs: Mapping[str, Subgraph],
        transport: Transport,
        variables: Mapping[str, Any],
        request: RequestContext,
    ) -> None:
        self.variables = variables
        self._subgraphs = subgraphs
        self._transport = transport
        self._request = request
        self._sent: list[tuple[int, bytes, asyncio.Future[bytes]]] = []
        self._known: dict[tuple[int, bytes], list[asyncio.Future[bytes]]] | None = None

    def translated(self, errors: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Errors with the router's own sentences in the client's language."""
        return translated(errors, self._request.headers.get("accept-language"))

    def send(self, fetch: Fetch, variables: Object) -> "asyncio.Future[bytes]":
        """Ask a subgraph, with the fetch's own variables. The answer is JSON, or raises SubgraphFailure."""
        for name in fetch.variables:
            if name in self.variables:
                variables[name] = self.variables[name]
        start = _payload_start(fetch.operation)
        payload = b'%b,"variables":%b}' % (start, _encode(variables)) if variables else start + b"}"
        if self._known is not None and (known := self._known.get((id(fetch), payload))):
            return known.pop()
        subgraph = self._subgraphs[fetch.subgraph]
        asked = self._transport.fetch(
            fetch.subgraph,
            subgraph.url,
            payload,
            self._request,
            mutation=fetch.kind == "mutation",
            entities=bool(fetch.entities),
        )
        answer = asked if isinstance(asked, asyncio.Future) else asyncio.ensure_future(asked)
        self._sent.append((id(fetch), payload, answer))
        return answer

    def replay(self) -> None:
        """Run the plan anew from here on: what was sent already is answered from what was received."""
        self._known = defaultdict(list)
        for fetch, payload, answer in self._sent:
            self._known[fetch, payload].append(answer)

    def cancel(self) -> None:
        """Nobody waits for the answers any more."""
        for _, _, answer in self._sent:
            if not answer.cancel() and not answer.cancelled():
                answer.exception()  # seen, so that it is not logged


def _payload_start(operation: str) -> bytes:
    start = _STARTS.get(operation)
    if start is None:
        start = b'{"query":' + _encode(operation)
        _STARTS.put(operation, start, 2 * len(start))
    return start
