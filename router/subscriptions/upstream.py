"""Subscriptions at subgraphs, over the graphql-transport-ws protocol.

One connection carries all subscriptions with the same subgraph and the same forwarded headers. A lost connection is made
again, with growing pauses. A subscription goes on after the last cursor that its subgraph has told, or ends with an error
if there is none: a subgraph tells it as `extensions.resume` of an event, or of a message without data before the first,
and gets it back as `extensions.resume` of `subscribe`, which is null the first time.
"""

import asyncio
import itertools
import math
import random
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from router.config import Config
from router.execution.errors import SubgraphFailure
from router.execution.headers import OF_ONE_REQUEST
from router.execution.transport import RequestContext, Resumption
from router.telemetry import UPSTREAMS
from router.translations import gettext_noop

SUBPROTOCOL = "graphql-transport-ws"
_LOG = structlog.get_logger("router.subscriptions")
_SIGNATURE = frozenset({"content-digest", "signature-input", "signature"})
_OVERFLOW, _LOST = "SUBSCRIPTION_QUEUE_OVERFLOW", "SUBGRAPH_SUBSCRIPTION_LOST"
_FASTER = gettext_noop("the subgraph {service} sends faster than the client reads")
_CUT_OFF = gettext_noop("the subgraph {service} was cut off, and events may have been missed: subscribe again")
_NOT_SERVED = gettext_noop("the subgraph {service} does not serve the subscription any more")
_FIRST_PAUSE, _LAST_PAUSE = 0.1, 5.0


HeaderSource = Callable[[str, str, str, bytes, RequestContext], dict[str, str]]
"""The headers for a subgraph, method, URL, body and client's request, the router's signature among them."""


class _RefusedError(Exception):
    """The subgraph does not want this connection; another attempt would meet the same."""


@dataclass(frozen=True, slots=True)
class _End:
    """The last thing in a queue: completion, or what ended the subscription."""

    failure: SubgraphFailure | None = None


_EventQueue = asyncio.Queue[dict[str, Any] | _End]


@dataclass(slots=True)
class _Subscription:
    """One on a connection; its queue has room for one end more than for events. `cursor` is that of the last event."""

    payload: dict[str, Any]
    queue: _EventQueue
    cursor: str | None
    is_sent: bool = False

    def message(self, identity: str) -> dict[str, Any]:
        """What subscribes, the first time or again."""
        self.is_sent = True
        payload = {**self.payload, "extensions": {"resume": self.cursor}}
        return {"id": identity, "type": "subscribe", "payload": payload}


class Upstreams:
    """All open connections to subgraphs."""

    def __init__(self, config: Config, headers: HeaderSource) -> None:
        self._config = config
        self._headers = headers
        self._connections: dict[object, _UpstreamConnection] = {}

    async def close(self) -> None:
        await asyncio.gather(*(connection.close() for connection in list(self._connections.values())))

    async def subscribe(
        self, subgraph: str, url: str, payload: dict[str, Any], request: RequestContext
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The subgraph's results, one an event, until it completes. Raises SubgraphFailure."""
        url = "ws" + url.removeprefix("http")

        def headers() -> dict[str, str]:
            made = self._headers(subgraph, "GET", url, b"", request)
            return {name: value for name, value in made.items() if name.lower() not in OF_ONE_REQUEST}

        key = (subgraph, url, frozenset(item for item in headers().items() if item[0].lower() not in _SIGNATURE))
        connection = self._connections.get(key)
        if connection is None or connection.ended:
            connection = self._connections[key] = _UpstreamConnection(subgraph, url, headers, self._config)
        resumption = request.resumption or Resumption()
        identity, queue = connection.open(payload, resumption.cursor)
        try:
            while not isinstance(item := await queue.get(), _End):
                if "data" in item or "errors" in item:
                    yield item
                resumption.cursor = _cursor(item)
            if item.failure is not None:
                raise item.failure
        finally:
            await connection.leave(identity)
            if connection.ended and self._connections.get(key) is connection:
                del self._connections[key]


class _UpstreamConnection:
    """One WebSocket and the subscriptions on it. It ends with its last subscription."""

    def __init__(self, subgraph: str, url: str, headers: Callable[[], dict[str, str]], config: Config) -> None:
        self._subgraph = subgraph
        self._url = url
        self._headers = headers
        self._settings = config.subscriptions
        self._timeout = config.subgraphs.all.timeout
        self._max_size = config.subgraphs.all.max_response_bytes
        self._identities = map(str, itertools.count(1))
        self._open: dict[str, _Subscription] = {}
        self._socket: ClientConnection | None = None
        self._saying: set[asyncio.Future[None]] = set()
        self._task = asyncio.create_task(self._run(), name=f"upstream {subgraph}")
        self.ended = False

    def open(self, payload: dict[str, Any], cursor: str | None) -> tuple[str, _EventQueue]:
        """Begin a subscription, after this cursor if there is one."""
        identity = next(self._identities)
        made = _Subscription(payload, asyncio.Queue(self._settings.queue + 1), cursor)
        self._open[identity] = made
        if self._socket is not None:
            self._say_soon(made.message(identity))
        return identity, made.queue

    async def leave(self, identity: str) -> None:
        """End a subscription, from the client's side or after its own end."""
        if self._open.pop(identity, None) is not None and self._socket is not None:
            self._say_soon({"id": identity, "type": "complete"})
        if not self._open:
            await self.close()

    async def close(self) -> None:
        self.ended = True
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        try:
            await self._keep_connected()
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            _LOG.warning("subscription protocol broken", subgraph=self._subgraph, error=type(error).__name__)
        finally:
            self._fail_all()

    async def _keep_connected(self) -> None:
        failures, connected_at = 0, math.inf
        while failures <= self._settings.reconnect_attempts:
            try:
                headers = self._headers()
                async with self._connect(headers) as socket:
                    await self._initialise(socket, headers.get("authorization"))
                    connected_at = time.monotonic()
                    with UPSTREAMS.labels(self._subgraph).track_inprogress():
                        await self._listen(socket)
            except (_RefusedError, InvalidStatus) as error:
                if not isinstance(error, InvalidStatus) or error.response.status_code < 500:
                    _LOG.warning("subscription refused", subgraph=self._subgraph, error=type(error).__name__)
                    break
            except (ConnectionClosed, InvalidHandshake, OSError, TimeoutError) as error:
                _LOG.warning("subscription connection lost", subgraph=self._subgraph, error=type(error).__name__)
            finally:
                self._socket = None
            self._end_interrupted()
            if time.monotonic() - connected_at > _LAST_PAUSE:  # one that held counts as made, not one that fell at once
                failures = 0
            connected_at = math.inf
            pause = min(_FIRST_PAUSE * 2**failures, _LAST_PAUSE)
            failures += 1
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - spreads routers, hides nothing

    def _connect(self, headers: dict[str, str]) -> connect:
        return connect(
            self._url,
            subprotocols=[SUBPROTOCOL],  # type: ignore[list-item]  # Subprotocol is a NewType of str
            additional_headers=headers,
            open_timeout=self._timeout,
            ping_interval=self._settings.heartbeat,
            ping_timeout=self._settings.heartbeat,
            close_timeout=1,
            max_size=self._max_size,
            compression=None,
            proxy=None,
        )

    async def _initialise(self, socket: ClientConnection, authorization: str | None) -> None:
        if socket.subprotocol != SUBPROTOCOL:
            raise _RefusedError("the subgraph does not speak graphql-transport-ws")
        payload = {"payload": {"Authorization": authorization}} if authorization else {}
        await socket.send(orjson.dumps({"type": "connection_init", **payload}).decode())
        async with asyncio.timeout(self._timeout):
            while (message := orjson.loads(await socket.recv()))["type"] != "connection_ack":
                if message["type"] == "ping":
                    await socket.send('{"type":"pong"}')

    async def _listen(self, socket: ClientConnection) -> None:
        self._socket = socket
        for identity, subscription in list(self._open.items()):
            await socket.send(orjson.dumps(subscription.message(identity)).decode())
        try:
            while True:
                self._handle(orjson.loads(await socket.recv()))
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd is not None else 1006
            if 4400 <= code < 4500:
                raise _RefusedError(str(code)) from None
            raise

    def _handle(self, message: dict[str, Any]) -> None:
        kind, identity = message.get("type"), message.get("id", "")
        if kind == "ping":
            self._say_soon({"type": "pong"})
        if identity not in self._open:
            return
        subscription = self._open[identity]
        queue = subscription.queue
        if kind == "next":
            if queue.qsize() >= self._settings.queue:
                failure = SubgraphFailure(self._subgraph, _FASTER, _OVERFLOW)
                self._end(identity, _End(failure))
                self._say_soon({"id": identity, "type": "complete"})
            else:
                queue.put_nowait(message["payload"])
                subscription.cursor = _cursor(message["payload"])
        elif kind == "error":
            if queue.qsize() < self._settings.queue:
                queue.put_nowait({"data": None, "errors": message.get("payload") or [{"message": "unknown error"}]})
            self._end(identity, _End())
        elif kind == "complete":
            self._end(identity, _End())

    def _end(self, identity: str, end: _End) -> None:
        self._open.pop(identity).queue.put_nowait(end)

    def _end_interrupted(self) -> None:
        """End those that cannot go on without losing or repeating events."""
        for identity, subscription in list(self._open.items()):
            if subscription.is_sent and subscription.cursor is None:
                self._end(identity, _End(SubgraphFailure(self._subgraph, _CUT_OFF, _LOST)))

    def _fail_all(self) -> None:
        self.ended = True
        for identity in list(self._open):
            failure = SubgraphFailure(self._subgraph, _NOT_SERVED, _LOST)
            self._end(identity, _End(failure))

    def _say_soon(self, message: dict[str, Any]) -> None:
        """Send without waiting: the messages are few and small, and a dead socket shows itself in `_listen`."""
        socket = self._socket
        if socket is None:
            return

        async def say() -> None:
            try:
                await socket.send(orjson.dumps(message).decode())
            except ConnectionClosed:
                return

        task = asyncio.ensure_future(say())
        self._saying.add(task)
        task.add_done_callback(self._saying.discard)


def _cursor(payload: dict[str, Any]) -> str | None:
    """The cursor of an event, as its subgraph tells it."""
    extensions = payload.get("extensions")
    cursor = extensions.get("resume") if isinstance(extensions, dict) else None
    return cursor if isinstance(cursor, str) else None
