"""GraphQL over HTTP and graphql-transport-ws for the router, and for nobody else."""

from functools import partial
from typing import Any

import msgspec
import orjson
from opentelemetry.trace import SpanKind
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.subscriptions.protocols.graphql_transport_ws.types import Message, NextMessage, SubscribeMessage

from shared.auth.principal import Principal, anonymous
from shared.auth.tokens import InvalidToken
from shared.graph.context import Client, Context
from shared.graph.resumption import resumption, set_resumption
from shared.graph.schema import Schema
from shared.runtime import Runtime
from shared.signature import SignatureError, verify
from shared.telemetry.tracing import span_of_remote

MAXIMUM_BODY_BYTES = 4 * 1024 * 1024

_SUBSCRIPTIONS_PER_CONNECTION = 10_000  # the router brings all clients over few connections


class _Request(msgspec.Struct, rename="camel"):
    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None


_REQUEST = msgspec.json.Decoder(_Request)


class GraphView:
    """A service's `/graphql`: answers what the router has signed, for the caller that its token names."""

    def __init__(self, schema: Schema, runtime: Runtime) -> None:
        self._schema, self._runtime, self._subscriptions = schema, runtime, _Subscriptions(schema, runtime)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, then answer."""
        headers = Headers(scope=scope)
        body = await _read(receive) if scope["type"] == "http" else b""
        try:
            if len(body) > MAXIMUM_BODY_BYTES:
                raise SignatureError(f"the body has more than {MAXIMUM_BODY_BYTES} bytes")
            verify(self._runtime.settings.signature_key, scope.get("method", "GET"), scope["path"], body, headers)
            scope["principal"] = await self._principal(headers.get("authorization", ""))
        except (SignatureError, InvalidToken) as error:
            await _refuse(scope, receive, send, error)
            return
        with span_of_remote("graphql", headers.get("traceparent"), SpanKind.SERVER):
            answer = self._subscriptions if scope["type"] == "websocket" else await self._execute(scope, headers, body)
            await answer(scope, receive, send)

    async def _execute(self, scope: Scope, headers: Headers, body: bytes) -> Response:
        """The answer to a query or mutation, a POST of the GraphQL over HTTP specification (section 5.4)."""
        try:
            request = _REQUEST.decode(body)
        except msgspec.MsgspecError as error:
            return _errors(f"The request cannot be read: {error}.", "BAD_REQUEST", 400)
        context = _context(self._runtime, scope["principal"], headers)
        result = await self._schema.run(request.query, request.variables or {}, request.operation_name, context)
        return Response(_encode(result.formatted), media_type="application/json")

    async def _principal(self, authorization: str) -> Principal:
        if not authorization:
            return anonymous()
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise InvalidToken("Authorization must be `Bearer <token>`")
        return await self._runtime.verifier.verify(token)


def _context(runtime: Runtime, principal: Principal, headers: Headers) -> Context:
    """The router sets `X-Forwarded-For` itself, to the one address that it knows the request to come from."""
    client = Client(headers.get("x-forwarded-for", "")[:64] or None, headers.get("user-agent", "")[:256] or None)
    language, authorization = headers.get("accept-language", ""), headers.get("authorization", "")
    return Context(runtime, principal, headers.get("x-request-id"), client, language, authorization)


async def _read(receive: Receive) -> bytes:
    """The body, up to a byte beyond what is allowed."""
    parts, size = [], 0
    while size <= MAXIMUM_BODY_BYTES:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if not message.get("more_body"):
            break
    return b"".join(parts)


class _Handler(BaseGraphQLTransportWSHandler[Context, None]):
    """One connection. Its operations run in tasks of their own, each of which has its `Resumption`."""

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Begin an operation."""
        payload: Any = message["payload"]
        no_event: NextMessage = {"id": message["id"], "type": "next", "payload": {}}
        set_resumption(payload.get("extensions"), partial(self.send_message, no_event))
        await super().handle_subscribe(message)

    async def send_message(self, message: Message) -> None:
        """Send, an event with its cursor."""
        if message["type"] == "next" and (extensions := resumption().extensions):
            payload = message["payload"]
            message = {**message, "payload": {**payload, "extensions": payload.get("extensions", {}) | extensions}}
        await super().send_message(message)


class _Subscriptions(GraphQL[Context, None]):
    """The same over graphql-transport-ws, for `scope["principal"]`."""

    graphql_transport_ws_handler_class = _Handler

    def __init__(self, schema: Schema, runtime: Runtime) -> None:
        super().__init__(
            schema,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            max_subscriptions_per_connection=_SUBSCRIPTIONS_PER_CONNECTION,
        )
        self._runtime = runtime

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """The verified caller's context."""
        return _context(self._runtime, request.scope["principal"], request.headers)

    def decode_json(self, data: str | bytes) -> object:
        """From JSON."""
        return orjson.loads(data)

    def encode_json(self, data: object) -> str:
        """To JSON."""
        return _encode(data).decode()


def _encode(data: object) -> bytes:
    return orjson.dumps(data, option=orjson.OPT_UTC_Z)


async def _refuse(scope: Scope, receive: Receive, send: Send, error: Exception) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 4401, "reason": str(error)[:120]})
        return
    await _errors(str(error), "UNAUTHENTICATED", 401)(scope, receive, send)


def _errors(message: str, code: str, status: int) -> Response:
    return JSONResponse({"errors": [{"message": message, "extensions": {"code": code}}]}, status_code=status)
