"""Clients over WebSocket: the graphql-transport-ws protocol (https://github.com/enisdenjo/graphql-ws, PROTOCOL.md)."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import msgspec
import orjson
import structlog
from websockets.datastructures import Headers

from router.authorization.claims import AuthenticationError, AuthenticationUnavailableError
from router.config import Config
from router.errors import RequestError
from router.execution.result import Result
from router.http.deadlines import Deadlines
from router.http.operations import Caller, Operations
from router.http.protocol import REQUEST_ID, Exchange, GraphQLProtocol
from router.http.request import read_parameters
from router.subscriptions.hub import AccessEndedError, Event, Hub, Subscriber, refusal_of
from router.subscriptions.socket import RefusedHandshakeError, WebSocket, frame_header, handshake
from router.telemetry import STREAMS, current_request
from router.translations import gettext_noop, translated

SUBPROTOCOL = "graphql-transport-ws"
_LOG = structlog.get_logger("router.subscriptions")
_FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_HEADERS = frozenset(("authorization", "accept-language"))
"""What `connection_init` may bring in place of headers, which pages cannot give a WebSocket."""
_PING = b'{"type":"ping"}'
_STREAMS = STREAMS.labels(SUBPROTOCOL)


class _CloseError(Exception):
    """The connection has to be closed with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class WebSocketEndpoint:
    """What all connections share."""

    def __init__(self, config: Config, operations: Operations, hub: Hub) -> None:
        self.operations = operations
        self.hub = hub
        self.settings = config.subscriptions
        self._server = config.server
        self.initialising: Deadlines[_Connection] = Deadlines(config.subscriptions.init_timeout, _Connection.too_late)
        self.heartbeats: Deadlines[_Connection] = Deadlines(config.subscriptions.heartbeat, _Connection.heartbeat)

    def close(self) -> None:
        self.initialising.close()
        self.heartbeats.close()

    def upgrade(self, exchange: Exchange, protocol: GraphQLProtocol) -> None:
        """Make the connection, of which the exchange is the first request, a WebSocket."""
        transport, headers = protocol.transport, exchange.headers
        if self._is_foreign(headers):
            transport.write(_FORBIDDEN)
            transport.close()
            return
        offered = [name.strip() for name in headers.get("sec-websocket-protocol", "").split(",")]
        subprotocol = SUBPROTOCOL if SUBPROTOCOL in offered else None
        try:
            handshake(transport, protocol.handshake_request(), subprotocol, Headers({REQUEST_ID: exchange.request_id}))
        except RefusedHandshakeError:
            return
        socket = WebSocket(transport, protocol.server_state, self._server.max_body_bytes)
        if subprotocol is None:
            socket.close(4406, "Subprotocol not acceptable")
        else:
            socket.listener = _Connection(self, socket, headers)

    def _is_foreign(self, headers: dict[str, str]) -> bool:
        """Whether a page of an origin that CORS does not allow opens the connection (CORS itself ignores WebSockets)."""
        origin, allowed = headers.get("origin"), self._server.cors.origins
        if origin is None or not self._server.csrf.enabled or "*" in allowed or origin in allowed:
            return False
        return urlsplit(origin).netloc != headers.get("host")


class _Connection:
    """One client."""

    __slots__ = ("_caller", "_early", "_endpoint", "_headers", "_running", "_socket", "_task")

    def __init__(self, endpoint: WebSocketEndpoint, socket: WebSocket, headers: dict[str, str]) -> None:
        self._endpoint = endpoint
        self._socket = socket
        self._headers = headers
        self._caller: Caller | None = None
        self._early: list[bytes] = []
        self._task: asyncio.Task[None] | None = None
        self._running: dict[str, _Running] = {}
        endpoint.initialising.begin(self)

    # What the socket tells

    def on_message(self, message: bytes) -> None:
        if self._task is not None:  # its token is being verified
            self._early.append(message)
            return
        try:
            self._handle(_read(message))
        except _CloseError as error:
            self.close(error.code, error.reason)

    def on_drain(self) -> None:
        for running in list(self._running.values()):
            running.resume()

    def on_shutdown(self) -> None:
        for running in list(self._running.values()):
            running.leave()
            running.end(RequestError.because(gettext_noop("the router ends: subscribe again"), "SERVER_SHUTDOWN", 503))

    def on_disconnect(self) -> None:
        self._endpoint.initialising.end(self)
        self._endpoint.heartbeats.end(self)
        self._endpoint.hub.unwatch(self)
        if self._task is not None:
            self._task.cancel()
        for identity in list(self._running):
            self._stop(identity)

    # What is due

    def too_late(self) -> None:
        self.close(4408, "Connection initialisation timeout")

    def heartbeat(self) -> None:
        self._endpoint.heartbeats.begin(self)
        self._socket.ping(_PING)

    def recheck(self) -> None:
        """The token may end while nothing is subscribed."""
        if self._caller is not None and not self._endpoint.operations.still_valid(self._caller):
            self.close(4403, "Forbidden")

    # The protocol

    def _handle(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "ping":
            self.send({"type": "pong", **({"payload": message["payload"]} if "payload" in message else {})})
        elif kind == "pong":
            return
        elif self._caller is None:
            self._initialise(kind, message.get("payload"))
        elif kind == "subscribe":
            self._subscribe(_id(message), message.get("payload"))
        elif kind == "complete":
            self._stop(_id(message))
        elif kind == "connection_init":
            raise _CloseError(4429, "Too many initialisation requests")
        else:
            raise _CloseError(4400, f"Invalid message of type '{kind}'")

    def _initialise(self, kind: str, payload: Any) -> None:
        if kind == "subscribe":
            raise _CloseError(4401, "Unauthorized")
        if kind != "connection_init":
            raise _CloseError(4400, f"Invalid message of type '{kind}'")
        if payload is not None and not isinstance(payload, dict):
            raise _CloseError(4400, "Invalid payload of 'connection_init'")
        for name, value in (payload or {}).items():
            if name.lower() in _HEADERS and isinstance(value, str):
                self._headers[name.lower()] = value
        self._socket.pause_reading()
        self._task = asyncio.get_running_loop().create_task(self._identify())

    async def _identify(self) -> None:
        try:
            caller = await self._endpoint.operations.identify(self._headers)
        except AuthenticationError:
            self.close(4403, "Forbidden")
            return
        except AuthenticationUnavailableError:
            self.close(4500, "Authentication is not available")
            return
        finally:
            self._task = None
            self._endpoint.initialising.end(self)
            self._socket.resume_reading()
        self._caller = caller
        self._endpoint.heartbeats.begin(self)
        if caller.claims is not None:
            self._endpoint.hub.watch(self)
        self.send({"type": "connection_ack"})
        early, self._early = self._early, []
        for message in early:
            self.on_message(message)

    def _subscribe(self, identity: str, payload: Any) -> None:
        if not isinstance(payload, dict) or not isinstance(payload.get("query", ""), str):
            raise _CloseError(4400, "Invalid payload of 'subscribe'")
        if identity in self._running:
            raise _CloseError(4409, f"Subscriber for {identity} already exists")
        is_crowded = len(self._running) >= self._endpoint.settings.maximum_per_connection
        running = self._running[identity] = _Running(self, identity, self._headers[REQUEST_ID], self._socket)
        running.limit = self._endpoint.settings.queue
        if is_crowded:
            running.end(
                RequestError.because(gettext_noop("too many operations on this connection"), "TOO_MANY_OPERATIONS")
            )
        else:
            running.task = asyncio.get_running_loop().create_task(self._run(running, payload))

    async def _run(self, running: "_Running", payload: dict[str, Any]) -> None:
        assert self._caller is not None  # noqa: S101 - set before the first subscribe is read
        current_request.set(running)
        try:
            operation = await self._endpoint.operations.prepare(read_parameters(payload), self._caller)
            running.operation_name = operation.prepared.operation_name
            if operation.prepared.operation_type != "subscription":
                if operation.prepared.deferred and self._endpoint.operations.defers(operation):
                    await self._endpoint.operations.execute_incrementally(operation, running.answer)
                else:
                    running.answer(await self._endpoint.operations.execute(operation))
            elif self._endpoint.settings.enabled:
                self._endpoint.hub.open(running, operation)
                running.task = None
                return
            else:
                raise RequestError.because(gettext_noop("subscriptions are off"), "SUBSCRIPTIONS_NOT_SUPPORTED")
        except Exception as error:
            if not isinstance(error, RequestError):
                _LOG.exception("operation failed")
            running.end(error)
        else:
            running.end(None)

    def _stop(self, identity: str) -> None:
        """The client wants no more of an operation."""
        running = self._running.pop(identity, None)
        if running is not None:
            running.leave()
            if running.task is not None:
                running.task.cancel()

    # What the operations send

    def send(self, message: dict[str, Any]) -> None:
        self._socket.send(msgspec.json.encode(message))

    def finish(self, running: "_Running", error: Exception | None) -> None:
        if self._running.get(running.identity) is not running:
            return
        del self._running[running.identity]
        if isinstance(error, AccessEndedError):
            self.close(4403, "Forbidden")
        elif error is None:
            self.send({"id": running.identity, "type": "complete"})
        else:
            errors = translated(refusal_of(error).errors, self._headers.get("accept-language"))
            self.send({"id": running.identity, "type": "error", "payload": errors})

    def close(self, code: int, reason: str) -> None:
        self._socket.close(code, reason)
        self.on_disconnect()


class _Running(Subscriber):
    """One operation of a connection."""

    _sink: WebSocket

    __slots__ = ("_connection", "_end", "identity", "limit", "operation_name", "request_id", "task")

    def __init__(self, connection: _Connection, identity: str, request_id: str, socket: WebSocket) -> None:
        super().__init__(socket)
        self._connection = connection
        self._end = b"%b}" % msgspec.json.encode(identity)
        self.identity = identity
        self.request_id = request_id
        self.operation_name: str | None = None
        self.task: asyncio.Task[None] | None = None

    def answer(self, result: Result) -> None:
        self.next(Event(result))

    def write(self, event: Event) -> None:
        # The id comes last, so that all before it is the same for all clients whose ids are as long.
        end = self._end
        if event.kind != len(end):
            event.kind = len(end)
            text = b'{"type":"next","payload":%b,"id":' % event.result.body
            event.encoded = frame_header(len(text) + len(end)) + text
        self._sink.send_frame(event.encoded + end)

    def finish(self, error: Exception | None) -> None:
        self._connection.finish(self, error)


def _read(data: bytes) -> dict[str, Any]:
    try:
        message = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise _CloseError(4400, "Invalid message: no JSON") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise _CloseError(4400, "Invalid message: no 'type'")
    return message


def _id(message: dict[str, Any]) -> str:
    identity = message.get("id")
    if not isinstance(identity, str) or not identity:
        raise _CloseError(4400, f"Invalid message of type '{message['type']}': no 'id'")
    return identity
