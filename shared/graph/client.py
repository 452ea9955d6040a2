"""Asking other domains' fields as the caller: a query through the router, with the caller's own token.

Only a mutation asks, and only queries, so no answer ever waits for a further one. What does not answer in time, or not to this
caller, is refused: nothing is taken for true that could not be looked up.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Any

import httpx
import orjson
import structlog
from opentelemetry.propagate import inject

from shared.auth.tokens import trust
from shared.errors import GRAPH_DENIED, GRAPH_UNAVAILABLE, NotChecked

TIMEOUT_SECONDS = 2.0
"""How long an answer may take, from when it is asked for."""

TURN_SECONDS = 5.0
"""How long it may take until it is asked for."""

_AT_ONCE = 8
_KEPT_OPEN = 20
_MAXIMUM_BYTES = 1024 * 1024
_DENIALS = frozenset({"UNAUTHORIZED_FIELD_OR_TYPE", "UNAUTHENTICATED", "FORBIDDEN"})
_LOG = structlog.get_logger("graph")


class GraphClient:
    """The router, as a service asks it. Opens no connection before the first question.

    Of one operation so many are asked at once, and others wait for their turn: asked all together, each would wait for all
    others' answers, and none come in time. Operations do not wait for each other, as one that nobody answers takes long.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._turns = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(_AT_ONCE))

    async def ask(
        self, query: str, variables: Mapping[str, Any], authorization: str, request_id: str | None
    ) -> dict[str, Any]:
        """The data of a named query, in which there is no error; raises NotChecked."""
        keyword, name = query.split("(", 1)[0].split()
        if keyword != "query":
            raise TypeError("services ask each other queries only")
        headers = {"content-type": "application/json", "authorization": authorization}
        headers |= {"x-request-id": request_id} if request_id else {}
        inject(headers)
        body = orjson.dumps({"query": query, "variables": variables, "operationName": name})
        try:
            async with self._turn(name), asyncio.timeout(TIMEOUT_SECONDS):
                answer = orjson.loads(await self._post(headers, body))
            codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
            data: dict[str, Any] | None = answer.get("data")
        except (TimeoutError, httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
            _LOG.warning("the graph did not answer", operation=name, cause=type(error).__name__)
            raise NotChecked(GRAPH_UNAVAILABLE) from None
        if codes & _DENIALS:
            raise NotChecked(GRAPH_DENIED)
        if codes or data is None:
            _LOG.warning("the graph did not answer", operation=name, code=", ".join(sorted(map(str, codes))))
            raise NotChecked(GRAPH_UNAVAILABLE)
        return data

    @asynccontextmanager
    async def _turn(self, name: str) -> AsyncIterator[None]:
        """Raises TimeoutError where it does not come."""
        async with asyncio.timeout(TURN_SECONDS):
            await self._turns[name].acquire()
        try:
            yield
        finally:
            self._turns[name].release()

    async def close(self) -> None:
        """Close its connections."""
        if "_http" in vars(self):
            await self._http.aclose()

    async def _post(self, headers: Mapping[str, str], body: bytes) -> bytes:
        answer = bytearray()
        async with self._http.stream("POST", self._url, headers=headers, content=body) as response:
            async for part in response.aiter_bytes():
                answer += part
                if len(answer) > _MAXIMUM_BYTES:
                    raise ValueError("an answer that is too long")
        return bytes(answer)

    @cached_property
    def _http(self) -> httpx.AsyncClient:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=_KEPT_OPEN)
        return httpx.AsyncClient(timeout=TIMEOUT_SECONDS, limits=limits, verify=trust(), trust_env=False)
