"""Someone who asks the graph, over HTTP and WebSocket, as a client does."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any

import httpx
from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport


class Caller:
    """A client of the router; `token` is None for an anonymous one."""

    def __init__(
        self, http: httpx.AsyncClient, url: str, token: str | None, headers: Mapping[str, str] | None = None
    ) -> None:
        self._http, self.url, self.token = http, url, token
        self._headers = dict(headers or {}) | ({"authorization": f"Bearer {token}"} if token else {})

    def with_headers(self, **headers: str) -> "Caller":
        """The same client, who sends these along."""
        return Caller(self._http, self.url, self.token, headers)

    async def execute(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """The whole answer, `{"data": …, "errors": […]}`."""
        # ASCII, so that a variable may hold what UTF-8 cannot
        body = json.dumps({"query": query, "variables": variables})
        headers = {"content-type": "application/json", **self._headers}
        response = await self._http.post(self.url, content=body, headers=headers)
        answer: dict[str, Any] = response.json()
        return answer

    async def data(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """The answer's data; there must be no errors."""
        answer = await self.execute(query, **variables)
        assert not answer.get("errors"), answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    @asynccontextmanager
    async def subscribe(self, query: str, /, **variables: Any) -> AsyncIterator[AsyncGenerator[dict[str, Any], None]]:
        """The events of a subscription, over graphql-transport-ws."""
        transport = WebsocketsTransport(
            url=self.url.replace("http://", "ws://"),
            init_payload={"Authorization": f"Bearer {self.token}"} if self.token else {},
            subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
        )
        async with Client(transport=transport) as session:
            operation = gql(query)
            operation.variable_values = variables
            async with aclosing(session.subscribe(operation)) as events:
                yield events
