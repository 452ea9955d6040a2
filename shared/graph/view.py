"""GraphQL over HTTP and graphql-transport-ws for the router, and for nobody else."""

import orjson
from opentelemetry import trace
from opentelemetry.trace import SpanKind
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from shared.auth.principal import Principal, anonymous
from shared.auth.tokens import InvalidToken
from shared.graph.context import Client, Context
from shared.graph.schema import Schema
from shared.runtime import Runtime
from shared.signature import SignatureError, verify
from shared.telemetry.tracing import remote_context

MAXIMUM_BODY_BYTES = 4 * 1024 * 1024
tracer = trace.get_tracer(__name__)

_SUBSCRIPTIONS_PER_CONNECTION = 10_000  # the router brings all clients over few connections


class GraphView(GraphQL[Context, None]):
    """A service's `/graphql`, behind `RouterOnly`."""

    def __init__(self, schema: Schema, runtime: Runtime) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            allow_queries_via_get=False,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            max_subscriptions_per_connection=_SUBSCRIPTIONS_PER_CONNECTION,
        )
        self._runtime = runtime

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """The verified caller's context."""
        principal: Principal = request.scope["principal"]
        return Context(self._runtime, principal, request.headers.get("x-request-id"), _client(request.headers))

    def decode_json(self, data: str | bytes) -> object:
        """From JSON."""
        return orjson.loads(data)

    def encode_json(self, data: object) -> str:
        """To JSON."""
        return orjson.dumps(data).decode()


class RouterOnly:
    """Lets a request through if the router has signed it, with the caller that its token names in `scope["principal"]`."""

    def __init__(self, app: ASGIApp, runtime: Runtime) -> None:
        self._app, self._runtime = app, runtime

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, then hand on with the body that was checked."""
        headers = Headers(scope=scope)
        body = b""
        if scope["type"] == "http":
            body = await _read(receive)
        try:
            if len(body) > MAXIMUM_BODY_BYTES:
                raise SignatureError(f"the body has more than {MAXIMUM_BODY_BYTES} bytes")
            verify(self._runtime.settings.signature_key, scope.get("method", "GET"), scope["path"], body, headers)
            scope["principal"] = await self._principal(headers.get("authorization", ""))
        except (SignatureError, InvalidToken) as error:
            await _refuse(scope, receive, send, error)
            return
        context = remote_context(headers.get("traceparent"))
        with tracer.start_as_current_span("graphql", context, kind=SpanKind.SERVER):
            await self._app(scope, _replay(body, receive) if scope["type"] == "http" else receive, send)

    async def _principal(self, authorization: str) -> Principal:
        if not authorization:
            return anonymous()
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise InvalidToken("Authorization must be `Bearer <token>`")
        return await self._runtime.verifier.verify(token)


def _client(headers: Headers) -> Client:
    """The router sets `X-Forwarded-For` itself, to the one address that it knows the request to come from."""
    return Client(headers.get("x-forwarded-for", "")[:64] or None, headers.get("user-agent", "")[:256] or None)


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


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def _refuse(scope: Scope, receive: Receive, send: Send, error: Exception) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 4401, "reason": str(error)[:120]})
        return
    body = {"errors": [{"message": str(error), "extensions": {"code": "UNAUTHENTICATED"}}]}
    await JSONResponse(body, status_code=401)(scope, receive, send)
