"""A graphql-transport-ws client that shows each message."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.router.http.graph import Graph


@asynccontextmanager
async def opened(graph: Graph, payload: Any = None, **options: Any) -> AsyncIterator[ClientConnection]:
    """An initialised connection."""
    async with connected(graph, **options) as socket:
        await say(socket, type="connection_init", **({"payload": payload} if payload is not None else {}))
        assert await heard(socket) == {"type": "connection_ack"}
        yield socket


def connected(graph: Graph, subprotocol: Any = "graphql-transport-ws", max_queue: int = 16, **headers: str) -> connect:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return connect(
        graph.url.replace("http", "ws"),
        subprotocols=[subprotocol],
        additional_headers=named,
        max_queue=max_queue,
        proxy=None,
    )


async def say(socket: ClientConnection, **message: Any) -> None:
    await socket.send(json.dumps(message))


async def subscribe(socket: ClientConnection, identity: str, query: str, **parameters: Any) -> None:
    await say(socket, id=identity, type="subscribe", payload={"query": query, **parameters})


async def heard(socket: ClientConnection) -> dict[str, Any]:
    """The next message that is no heartbeat."""
    async with asyncio.timeout(5):
        while True:
            message: dict[str, Any] = json.loads(await socket.recv())
            if message["type"] != "ping":
                return message


async def close_code(socket: ClientConnection) -> int:
    async with asyncio.timeout(10):
        try:
            while True:
                await socket.recv()
        except ConnectionClosed as closed:
            assert closed.rcvd is not None
            return closed.rcvd.code
