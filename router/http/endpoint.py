"""GraphQL over HTTP: one ASGI endpoint for GET and POST (https://graphql.github.io/graphql-over-http/draft/)."""

import asyncio
from urllib.parse import parse_qsl

import structlog
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from router.authorization.claims import AuthenticationError, AuthenticationUnavailableError
from router.config import Config
from router.errors import RequestRefused
from router.execution.result import Result
from router.http import csrf, negotiation
from router.http.operations import Caller, Operation, Operations
from router.http.request import GraphQLRequest, read_body, read_query_string
from router.http.responses import encode, send_body, send_error, send_refusal, send_result
from router.subscriptions.streams import send_events, serve_stream
from router.telemetry import request_span

_ALLOW = (b"allow", b"GET, POST")


class GraphQLEndpoint:
    """Serves one request after the other of a connection; holds no state of its own."""

    def __init__(self, config: Config, operations: Operations) -> None:
        self._server = config.server
        self._subscriptions = config.subscriptions
        self._operations = operations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(Headers(scope=scope))
        with request_span(headers):
            await self._serve(scope, receive, send, headers)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, headers: dict[str, str]) -> None:
        accept = headers.get("accept")
        media_type = negotiation.single(accept)
        try:
            request = await self._read(scope, receive, headers, accept)
            caller = await self._operations.identify(headers)
        except RequestRefused as refused:
            allow = [_ALLOW] if refused.status == 405 else []
            await send_error(send, media_type, refused, headers=allow)
            return
        except AuthenticationError as error:
            await self._send_unauthenticated(send, media_type, str(error))
            return
        except AuthenticationUnavailableError as error:
            await send_error(send, media_type, RequestRefused.because(str(error), "AUTHENTICATION_UNAVAILABLE", 503))
            return
        if isinstance(request, list):
            results = [(await self._result(item, caller)).raw for item in request]
            await send_body(send, 200, f"{media_type or negotiation.JSON}; charset=utf-8", encode(results))
            return
        await self._run(scope, receive, send, request, caller)

    async def _read(
        self, scope: Scope, receive: Receive, headers: dict[str, str], accept: str | None
    ) -> GraphQLRequest | list[GraphQLRequest]:
        method = scope["method"]
        if method not in ("GET", "POST"):
            raise RequestRefused.because(f"{method} is not for GraphQL: use POST or GET", "METHOD_NOT_ALLOWED", 405)
        if not negotiation.acceptable(accept):
            message = f"none of the accepted media types is offered: {', '.join(negotiation.OFFERED)}"
            raise RequestRefused.because(message, "NOT_ACCEPTABLE", 406)
        if self._server.csrf.enabled:
            csrf.check(headers, self._server.csrf.required_headers)
        if method == "GET":
            return read_query_string(dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)))
        _check_content_type(headers.get("content-type", ""))
        request = read_body(await self._body(receive, headers))
        if isinstance(request, list):
            self._check_batch(request)
        return request

    async def _body(self, receive: Receive, headers: dict[str, str]) -> bytes:
        limit = self._server.max_body_bytes
        if int(headers.get("content-length") or 0) > limit:
            raise _too_large(limit)
        try:
            async with asyncio.timeout(self._server.request_timeout):
                return await _gather(receive, limit)
        except TimeoutError:
            raise RequestRefused.because("the body did not arrive in time", "REQUEST_TIMEOUT", 408) from None

    def _check_batch(self, requests: list[GraphQLRequest]) -> None:
        if not self._server.batching.enabled:
            raise RequestRefused.because("batching is off: send one operation a request", "BATCHING_NOT_SUPPORTED")
        if not 0 < len(requests) <= self._server.batching.maximum:
            message = f"a batch has between 1 and {self._server.batching.maximum} operations"
            raise RequestRefused.because(message, "BATCH_LIMIT")

    async def _run(self, scope: Scope, receive: Receive, send: Send, request: GraphQLRequest, caller: Caller) -> None:
        accept = caller.headers.get("accept")
        media_type = negotiation.single(accept)
        streaming = negotiation.acceptable(accept)[0] == negotiation.EVENT_STREAM
        try:
            operation = await self._operations.prepare(request, caller)
            structlog.contextvars.bind_contextvars(operation=operation.prepared.operation_name)
            _check_method(scope["method"], operation)
            if operation.prepared.operation_type == "subscription":
                stream_type = self._stream_type(accept)
                await serve_stream(self._operations, operation, stream_type, self._subscriptions, receive, send)
                return
            result = await self._operations.execute(operation)
        except RequestRefused as refused:
            if streaming:
                await send_events(send, Result.refused(refused.errors))
            elif refused.status == 405:
                await send_error(send, media_type, refused, headers=[(b"allow", b"POST")])
            else:
                await send_refusal(send, media_type, refused)
            return
        if streaming:
            await send_events(send, result)
        else:
            await send_result(send, media_type or negotiation.JSON, result)

    def _stream_type(self, accept: str | None) -> str:
        if not self._subscriptions.enabled:
            raise RequestRefused.because("subscriptions are off", "SUBSCRIPTIONS_NOT_SUPPORTED")
        stream_type = negotiation.stream(accept)
        if stream_type is None:
            message = "a subscription needs a WebSocket, or 'Accept: text/event-stream' or 'multipart/mixed'"
            raise RequestRefused.because(message, "SUBSCRIPTION_NEEDS_STREAM", 406)
        return stream_type

    async def _result(self, request: GraphQLRequest, caller: Caller) -> Result:
        """The result of one operation of a batch."""
        try:
            operation = await self._operations.prepare(request, caller)
            if operation.prepared.operation_type == "subscription":
                raise RequestRefused.because("a batch cannot hold a subscription", "BATCHING_NOT_SUPPORTED")
            return await self._operations.execute(operation)
        except RequestRefused as refused:
            return Result.refused(refused.errors)

    async def _send_unauthenticated(self, send: Send, media_type: str | None, message: str) -> None:
        refused = RequestRefused.because(message, "UNAUTHENTICATED", 401)
        await send_error(send, media_type, refused, headers=[(b"www-authenticate", b'Bearer error="invalid_token"')])


def _check_content_type(content_type: str) -> None:
    media_type, _, parameters = content_type.partition(";")
    media_type = media_type.strip().lower()
    if media_type == "multipart/form-data":
        message = "file uploads are not supported: send the file to its own service and its address in a variable"
        raise RequestRefused.because(message, "UPLOADS_NOT_SUPPORTED", 415)
    if media_type != negotiation.JSON:
        raise RequestRefused.because("the content type must be application/json", "UNSUPPORTED_MEDIA_TYPE", 415)
    charset = parameters.lower().partition("charset=")[2].strip(' "')
    if charset not in ("", "utf-8", "utf8"):
        raise RequestRefused.because("the body must be in UTF-8", "UNSUPPORTED_MEDIA_TYPE", 415)


def _check_method(method: str, operation: Operation) -> None:
    if method == "GET" and operation.prepared.operation_type == "mutation":
        raise RequestRefused.because("a mutation needs POST", "METHOD_NOT_ALLOWED", 405)


async def _gather(receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RequestRefused.because("the client went away", "CLIENT_CLOSED_REQUEST", 499)
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            raise _too_large(limit)
        if not message.get("more_body", False):
            return b"".join(chunks)


def _too_large(limit: int) -> RequestRefused:
    return RequestRefused.because(f"the body is larger than {limit} bytes", "BODY_TOO_LARGE", 413)
