"""What subscriptions cost: one event for a thousand clients, and ten thousand clients for whom nothing happens."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from bench.measure.gateways import Place, start_ours
from bench.measure.process import Measured, running
from router.composition import SubgraphSdl, compose
from stack.ports import free_port

_PROTOCOL = "graphql-transport-ws"
_SDL = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Query { now: Int }
type Subscription { noted: Note }
type Note @key(fields: "id") { id: ID! subject: String text: String at: Int read: Boolean }
"""
_SUBSCRIPTION = "subscription Noted { noted { id subject text at read } }"
_NOTE = {"subject": "Opening hours", "text": "On Thursday we open an hour later. " * 6, "at": 1, "read": False}
_PATIENCE_SECONDS = 300
_CONNECTING_AT_ONCE = 100
_ATTEMPTS = 5


@dataclass
class Source:
    """The subgraph. `number` is the last event's."""

    subscribed: list[tuple[ServerConnection, str]] = field(default_factory=list)
    number: int = 0

    async def serve(self, connection: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            while True:
                match json.loads(await connection.recv()):
                    case {"type": "connection_init"}:
                        await connection.send('{"type":"connection_ack"}')
                    case {"type": "subscribe", "id": identity}:
                        self.subscribed.append((connection, identity))
                    case {"type": "ping"}:
                        await connection.send('{"type":"pong"}')

    async def tell(self) -> None:
        """Send the next event to whoever has subscribed."""
        self.number += 1
        payload = {"data": {"noted": {"id": str(self.number), **_NOTE}}}
        for connection, identity in self.subscribed:
            await connection.send(json.dumps({"id": identity, "type": "next", "payload": payload}))


@dataclass
class Client:
    """One that has subscribed. `number` is the last event's that it has got."""

    connection: ClientConnection
    number: int = 0

    async def receive(self, number: int) -> None:
        """Wait for this event."""
        while self.number < number:
            message = json.loads(await self.connection.recv())
            if message["type"] == "next":
                self.number = int(message["payload"]["data"]["noted"]["id"])


async def fan_out_ms(*, clients: int, events: int) -> float:
    """CPU-ms of the router for one event that goes to that many clients, all with the same selection.

    The least of the means of so many events: what the machine does besides changes it by a half.
    """
    means = []
    async with _subscribed(clients) as (router, source, connected):
        for _ in range(_ATTEMPTS):
            before = router.cpu_seconds()
            for _ in range(events):
                await source.tell()
                await _received(connected, source.number)
            means.append((router.cpu_seconds() - before) * 1000 / events)
    return min(means)


async def idle_mb(*, clients: int) -> float:
    """The most memory of the router while that many clients each have a subscription."""
    async with _subscribed(clients) as (router, _, _):
        return router.peak_mb()


async def _received(clients: list[Client], number: int) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        await asyncio.gather(*(client.receive(number) for client in clients))


@asynccontextmanager
async def _subscribed(clients: int) -> AsyncIterator[tuple[Measured, Source, list[Client]]]:
    """The router between a source and its clients, each of which has got an event."""
    source = Source()
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(
            serve(
                source.serve,
                "127.0.0.1",
                0,
                subprotocols=[_PROTOCOL],  # type: ignore[list-item]  # Subprotocol is a NewType of str
                compression=None,
                ping_interval=None,
            )
        )
        place = Place(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))), free_port())
        composed = compose([SubgraphSdl("notes", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", _SDL)])
        assert composed.supergraph_sdl is not None, composed.errors
        place.supergraph.write_text(composed.supergraph_sdl)
        start = start_ours(place, {"subscriptions": {"maximum": clients}})
        router = stack.enter_context(running(start.command))
        await _ready(place.port, router)
        opening = asyncio.Semaphore(_CONNECTING_AT_ONCE)
        connected = await asyncio.gather(*(_subscribe(place.port, opening) for _ in range(clients)))
        receiving = asyncio.create_task(_received(connected, 1))
        while not receiving.done():  # whoever subscribes after the first event gets a later one
            await source.tell()
            await asyncio.wait([receiving], timeout=1)
        await receiving
        yield router, source, connected


async def _subscribe(port: int, opening: asyncio.Semaphore) -> Client:
    """A client that has asked for the events. Nobody closes it: it ends with the router."""
    async with opening:
        connection = await connect(
            f"ws://127.0.0.1:{port}/graphql",
            subprotocols=[_PROTOCOL],  # type: ignore[list-item]  # Subprotocol is a NewType of str
            compression=None,
            ping_interval=None,
            open_timeout=_PATIENCE_SECONDS,
            proxy=None,
        )
        await connection.send('{"type":"connection_init"}')
        await connection.recv()
        await connection.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": _SUBSCRIPTION}}))
        return Client(connection)


async def _ready(port: int, router: Measured) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        while True:
            router.check()
            try:
                if (await client.get(f"http://127.0.0.1:{port}/ready")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)
