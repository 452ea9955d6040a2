"""Clients over WebSocket: the graphql-transport-ws protocol (https://github.com/enisdenjo/graphql-ws, PROTOCOL.md)."""

import asyncio
import contextlib
from typing import Any
from urllib.parse import urlsplit

import orjson
import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from router.authorization.claims import AuthenticationError, AuthenticationUnavailableError
from router.config import Config
from router.errors import RequestRefused
from router.http.operations import Caller, Operation, Operations
from router.http.request import read_parameters
from router.http.responses import encode
from router.subscriptions.results import AccessEndedError, refusal_of, results
from router.telemetry import STREAMS

SUBPROTOCOL = "graphql-transport-ws"
_LOG = structlog.get_logger("router.subscriptions")


class _CloseError(Exception):
    """The connection has to be closed with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class WebSocketEndpoint:
    """One connection after the other, as the ASGI route sees it."""

    def __init__(self, config: Config, operations: Operations) -> None:
        self._config = config
        self._operations = operations

    async def serve(self, websocket: WebSocket) -> None:
        if self._foreign(websocket):
            await websocket.close(4403, "Forbidden")
            return
        if SUBPROTOCOL not in websocket.scope["subprotocols"]:
            await websocket.accept()
            await websocket.close(4406, "Subprotocol not acceptable")
            return
        await websocket.accept(SUBPROTOCOL)
        await _Connection(websocket, self._config, self._operations).serve()

    def _foreign(self, websocket: WebSocket) -> bool:
        """Whether a page of an origin that CORS does not allow opens the connection (CORS itself ignores WebSockets)."""
        origin, allowed = websocket.headers.get("origin"), self._config.server.cors.origins
        if origin is None or not self._config.server.csrf.enabled or "*" in allowed or origin in allowed:
            return False
        return urlsplit(origin).netloc != websocket.headers.get("host")


class _Connection:
    def __init__(self, websocket: WebSocket, config: Config, operations: Operations) -> None:
        self._websocket = websocket
        self._settings = config.subscriptions
        self._operations = operations
        self._caller: Caller | None = None
        self._running: dict[str, asyncio.Task[None]] = {}

    async def serve(self) -> None:
        """Until the client leaves, breaks the protocol, or loses its access."""
        keeper: asyncio.Task[None] | None = None
        try:
            await self._initialise()
            keeper = asyncio.create_task(self._keep())
            while True:
                await self._handle(await self._receive())
        except _CloseError as error:
            await self._close(error.code, error.reason)
        except WebSocketDisconnect:
            return
        finally:
            await _cancel(*([keeper] if keeper else []), *self._running.values())

    async def _initialise(self) -> None:
        try:
            async with asyncio.timeout(self._settings.init_timeout):
                message = await self._receive()
                while message["type"] in ("ping", "pong"):
                    await self._answer_ping(message)
                    message = await self._receive()
        except TimeoutError:
            raise _CloseError(4408, "Connection initialisation timeout") from None
        if message["type"] == "subscribe":
            raise _CloseError(4401, "Unauthorized")
        if message["type"] != "connection_init":
            raise _CloseError(4400, f"Invalid message of type '{message['type']}'")
        self._caller = await self._identify(message.get("payload"))
        await self._send({"type": "connection_ack"})

    async def _identify(self, payload: Any) -> Caller:
        headers = dict(self._websocket.headers)
        if payload is not None and not isinstance(payload, dict):
            raise _CloseError(4400, "Invalid payload of 'connection_init'")
        for name, value in (payload or {}).items():
            if name.lower() == "authorization" and isinstance(value, str):
                headers["authorization"] = value
        try:
            return await self._operations.identify(headers)
        except AuthenticationError:
            raise _CloseError(4403, "Forbidden") from None
        except AuthenticationUnavailableError:
            raise _CloseError(4500, "Authentication is not available") from None

    async def _keep(self) -> None:
        """Heartbeats, and the end of a connection whose token ended, even while nothing is subscribed."""
        loop = asyncio.get_running_loop()
        beat_at = loop.time() + self._settings.heartbeat
        while True:
            await asyncio.sleep(min(self._settings.recheck_interval, self._settings.heartbeat))
            if self._caller is not None and not self._operations.still_valid(self._caller):
                await self._close(4403, "Forbidden")
                return
            if loop.time() >= beat_at:
                beat_at = loop.time() + self._settings.heartbeat
                await self._send({"type": "ping"})

    async def _handle(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "ping" | "pong":
                await self._answer_ping(message)
            case "subscribe":
                self._subscribe(_id(message), message.get("payload"))
            case "complete":
                task = self._running.pop(_id(message), None)
                if task is not None:
                    task.cancel()
            case "connection_init":
                raise _CloseError(4429, "Too many initialisation requests")
            case other:
                raise _CloseError(4400, f"Invalid message of type '{other}'")

    async def _answer_ping(self, message: dict[str, Any]) -> None:
        if message["type"] == "ping":
            await self._send({"type": "pong", **({"payload": message["payload"]} if "payload" in message else {})})

    def _subscribe(self, identity: str, payload: Any) -> None:
        if not isinstance(payload, dict) or not isinstance(payload.get("query", ""), str):
            raise _CloseError(4400, "Invalid payload of 'subscribe'")
        if identity in self._running:
            raise _CloseError(4409, f"Subscriber for {identity} already exists")
        crowded = len(self._running) >= self._settings.maximum_per_connection
        self._running[identity] = asyncio.create_task(self._guarded(identity, payload, crowded))

    async def _guarded(self, identity: str, payload: dict[str, Any], crowded: bool) -> None:
        """Run one operation; whatever fails becomes its `error` message, or closes the connection."""
        try:
            if crowded:
                raise RequestRefused.because("too many operations on this connection", "TOO_MANY_OPERATIONS")
            await self._run(identity, payload)
            answer: dict[str, Any] = {"id": identity, "type": "complete"}
        except AccessEndedError:
            await self._close(4403, "Forbidden")
            return
        except WebSocketDisconnect:
            return
        except Exception as error:
            if not isinstance(error, RequestRefused):
                _LOG.exception("operation failed")
            answer = {"id": identity, "type": "error", "payload": refusal_of(error).errors}
        if self._running.pop(identity, None) is not None:
            await self._send(answer)

    async def _run(self, identity: str, payload: dict[str, Any]) -> None:
        assert self._caller is not None  # noqa: S101 - set before the first subscribe is read
        operation = await self._operations.prepare(read_parameters(payload), self._caller)
        if operation.prepared.operation_type == "subscription":
            await self._stream(identity, operation)
            return
        await self._send({"id": identity, "type": "next", "payload": (await self._operations.execute(operation)).raw})

    async def _stream(self, identity: str, operation: Operation) -> None:
        if not self._settings.enabled:
            raise RequestRefused.because("subscriptions are off", "SUBSCRIPTIONS_NOT_SUPPORTED")
        with STREAMS.labels(SUBPROTOCOL).track_inprogress():
            stream = results(self._operations, operation, self._settings)
            async with contextlib.aclosing(stream):
                async for result in stream:
                    await self._send({"id": identity, "type": "next", "payload": result.raw})

    async def _receive(self) -> dict[str, Any]:
        frame = await self._websocket.receive()
        if frame["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(frame.get("code", 1005))
        try:
            message = orjson.loads(frame.get("text") or frame.get("bytes") or b"")
        except orjson.JSONDecodeError:
            raise _CloseError(4400, "Invalid message: no JSON") from None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise _CloseError(4400, "Invalid message: no 'type'")
        return message

    async def _send(self, message: dict[str, Any]) -> None:
        if self._websocket.application_state is WebSocketState.CONNECTED:
            await self._websocket.send_text(encode(message).decode())

    async def _close(self, code: int, reason: str) -> None:
        if self._websocket.application_state is WebSocketState.CONNECTED:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await self._websocket.close(code, reason[:120])


def _id(message: dict[str, Any]) -> str:
    identity = message.get("id")
    if not isinstance(identity, str) or not identity:
        raise _CloseError(4400, f"Invalid message of type '{message['type']}': no 'id'")
    return identity


async def _cancel(*tasks: "asyncio.Task[None]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
