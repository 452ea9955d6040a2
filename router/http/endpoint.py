"""GraphQL over HTTP: GET and POST (https://graphql.github.io/graphql-over-http/draft/)."""

from collections.abc import Hashable
from urllib.parse import parse_qsl

import structlog

from router.authorization.claims import AuthenticationError, AuthenticationUnavailableError
from router.cache import remembered
from router.config import Config
from router.errors import RequestError
from router.execution.result import Result
from router.http import csrf, negotiation
from router.http.forwarded import names_that_matter
from router.http.in_flight import ExecutionScheduler, InFlightExecution
from router.http.incremental import answer_incrementally
from router.http.operations import Caller, Operation, Operations
from router.http.protocol import Exchange, GraphQLProtocol
from router.http.request import GraphQLRequest, read_body, read_query_string
from router.http.responses import answer_batch, answer_error, answer_request_error, answer_result
from router.subscriptions.hub import Hub
from router.subscriptions.streams import Streams, answer_events
from router.subscriptions.websocket import WebSocketEndpoint
from router.telemetry import current_request, request_span
from router.translations import gettext_noop, language_of

_LOG = structlog.get_logger("router.http")
_ALLOW = b"allow: GET, POST\r\n"
_ALLOW_POST = b"allow: POST\r\n"
_CHALLENGE = b'www-authenticate: Bearer error="invalid_token"\r\n'


class GraphQLEndpoint:
    """Serves the requests of all connections."""

    def __init__(self, config: Config, operations: Operations) -> None:
        self._server = config.server
        self._subscriptions = config.subscriptions
        self._operations = operations
        self._hub = Hub(config, operations)
        self._streams = Streams(self._hub, config.subscriptions)
        self._websockets = WebSocketEndpoint(config, operations, self._hub)
        self._deduplicates = config.server.deduplicate and not operations.access_may_change
        self._names = ("authorization", *names_that_matter(config.subgraphs))
        self._in_flight: dict[Hashable, InFlightExecution] = {}
        self._scheduler = ExecutionScheduler(self._serve)

    async def close(self) -> None:
        self._streams.close()
        self._websockets.close()
        await self._hub.close()

    def upgrade(self, exchange: Exchange, protocol: GraphQLProtocol) -> None:
        self._websockets.upgrade(exchange, protocol)

    def begin(self, exchange: Exchange) -> None:
        """Serve a request. Returns at once."""
        try:
            self._check(exchange)
            key = self._identity(exchange) if self._deduplicates else None
        except RequestError as refused:
            allow = _ALLOW if refused.status == 405 else b""
            answer_error(exchange, negotiation.single(exchange.headers.get("accept")), refused, headers=allow)
            return
        execution = self._in_flight.get(key) if key is not None else None
        if execution is not None:
            execution.join(exchange)
        else:
            self._start(exchange, key)

    def _start(self, exchange: Exchange, key: Hashable | None) -> None:
        execution = InFlightExecution(self._in_flight, key)
        execution.join(exchange)
        self._scheduler.add(execution, exchange)

    def _check(self, exchange: Exchange) -> None:
        """What can be told by the header section alone. Raises RequestError."""
        if exchange.refused is not None:
            raise exchange.refused
        headers, method = exchange.headers, exchange.method
        if method not in ("GET", "POST"):
            raise RequestError.because(f"{method} is not for GraphQL: use POST or GET", "METHOD_NOT_ALLOWED", 405)
        if not negotiation.acceptable(headers.get("accept")):
            message = f"none of the accepted media types is offered: {', '.join(negotiation.OFFERED)}"
            raise RequestError.because(message, "NOT_ACCEPTABLE", 406)
        content_type = headers.get("content-type", "")
        if method == "POST" and _is_json(content_type):
            return  # which no page sends without a preflight
        if self._server.csrf.enabled:
            csrf.check(headers, self._server.csrf.required_headers)
        if method == "POST":
            raise _unsupported(content_type)

    def _identity(self, exchange: Exchange) -> Hashable | None:
        """All that can change the answer; None where the caller's token must be verified or refused first."""
        try:
            if self._operations.known(exchange.headers) is None:
                return None
        except AuthenticationError:
            return None
        asked = exchange.query_string if exchange.method == "GET" else bytes(exchange.body)
        return (
            self._operations.serving,
            exchange.method,
            asked,
            *map(exchange.headers.get, self._names),
            language_of(exchange.headers.get("accept-language")),
        )

    async def _serve(self, execution: InFlightExecution, exchange: Exchange) -> None:
        current_request.set(exchange)
        try:
            with request_span(exchange.headers):
                await self._run(execution, exchange)
        except Exception as error:
            execution.close()
            for waiting in execution.exchanges:
                _answer_failure(waiting, error)

    async def _run(self, execution: InFlightExecution, exchange: Exchange) -> None:
        request = self._read(exchange)
        headers = exchange.headers
        if isinstance(request, list):
            caller = await self._operations.identify(headers)
            self._begin_alone(execution.detach())
            results = [await self._result(item, caller) for item in request]
            answer_batch(exchange, negotiation.single(headers.get("accept")) or negotiation.JSON, results)
            return
        try:
            try:
                caller = self._operations.known(headers) or await self._operations.identify(headers)
            except AuthenticationError as refused:
                operation = await self._operations.prepare_anonymous_mutation(request, headers, refused)
            else:
                operation = self._operations.ready(request, caller) or await self._operations.prepare(request, caller)
            exchange.operation_name = operation.prepared.operation_name
            kind = operation.prepared.operation_type
            if kind != "query":
                self._begin_alone(execution.detach())
                if kind == "mutation" and exchange.method == "GET":
                    raise RequestError.because("a mutation needs POST", "METHOD_NOT_ALLOWED", 405)
                if kind == "subscription":
                    self._streams.begin(exchange, self._stream_type(exchange), operation)
                    return
            if operation.prepared.deferred and await self._run_incrementally(execution, exchange, operation):
                return
            result = await self._operations.execute(operation)
        except RequestError as refused:
            execution.close()
            for waiting in execution.exchanges:
                _answer_refusal(waiting, refused)
            return
        execution.close()
        for waiting in execution.exchanges:
            waiting.operation_name = exchange.operation_name
            _answer(waiting, result)

    async def _run_incrementally(self, execution: InFlightExecution, exchange: Exchange, operation: Operation) -> bool:
        """Whether the answer is delivered incrementally: the client defers something, and takes such an answer."""
        media_type = negotiation.incremental(exchange.headers.get("accept"))
        if media_type is None or not self._operations.defers(operation):
            return False
        self._begin_alone(execution.detach())
        await answer_incrementally(exchange, media_type, self._operations, operation)
        return True

    def _begin_alone(self, exchanges: list[Exchange]) -> None:
        for exchange in exchanges:
            self._start(exchange, None)

    def _read(self, exchange: Exchange) -> GraphQLRequest | list[GraphQLRequest]:
        if exchange.method == "GET":
            return read_query_string(dict(parse_qsl(exchange.query_string.decode("latin-1"), keep_blank_values=True)))
        request = read_body(bytes(exchange.body))
        exchange.body = b""
        if isinstance(request, list):
            self._check_batch(request)
        return request

    def _check_batch(self, requests: list[GraphQLRequest]) -> None:
        if not self._server.batching.enabled:
            raise RequestError.because("batching is off: send one operation a request", "BATCHING_NOT_SUPPORTED")
        if not 0 < len(requests) <= self._server.batching.maximum:
            message = f"a batch has between 1 and {self._server.batching.maximum} operations"
            raise RequestError.because(message, "BATCH_LIMIT")

    async def _result(self, request: GraphQLRequest, caller: Caller) -> Result:
        """The result of one operation of a batch."""
        try:
            operation = await self._operations.prepare(request, caller)
            if operation.prepared.operation_type == "subscription":
                raise RequestError.because("a batch cannot hold a subscription", "BATCHING_NOT_SUPPORTED")
            return await self._operations.execute(operation)
        except RequestError as refused:
            return Result.request_error(refused.errors, caller.headers)

    def _stream_type(self, exchange: Exchange) -> str:
        if not self._subscriptions.enabled:
            raise RequestError.because(gettext_noop("subscriptions are off"), "SUBSCRIPTIONS_NOT_SUPPORTED")
        stream_type = negotiation.stream(exchange.headers.get("accept"))
        if stream_type is None:
            message = "a subscription needs a WebSocket, or 'Accept: text/event-stream' or 'multipart/mixed'"
            raise RequestError.because(message, "SUBSCRIPTION_NEEDS_STREAM", 406)
        return stream_type


@remembered(256)
def _is_json(content_type: str) -> bool:
    media_type, _, parameters = content_type.lower().partition(";")
    return media_type.strip() == negotiation.JSON and _charset(parameters) in ("", "utf-8", "utf8")


def _charset(parameters: str) -> str:
    return parameters.partition("charset=")[2].strip(' "')


def _unsupported(content_type: str) -> RequestError:
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "multipart/form-data":
        message = "file uploads are not supported: send the file to its own service and its address in a variable"
        return RequestError.because(message, "UPLOADS_NOT_SUPPORTED", 415)
    if media_type != negotiation.JSON:
        return RequestError.because("the content type must be application/json", "UNSUPPORTED_MEDIA_TYPE", 415)
    return RequestError.because("the body must be in UTF-8", "UNSUPPORTED_MEDIA_TYPE", 415)


def _answer(exchange: Exchange, result: Result) -> None:
    accept = exchange.headers.get("accept")
    if negotiation.acceptable(accept)[0] == negotiation.EVENT_STREAM:
        answer_events(exchange, result)
    else:
        answer_result(exchange, negotiation.single(accept) or negotiation.JSON, result)


def _answer_refusal(exchange: Exchange, refused: RequestError) -> None:
    """What the GraphQL layer refused."""
    accept = exchange.headers.get("accept")
    if negotiation.acceptable(accept)[0] == negotiation.EVENT_STREAM:
        answer_events(exchange, Result.request_error(refused.errors, exchange.headers))
    elif refused.status == 405:
        answer_error(exchange, negotiation.single(accept), refused, headers=_ALLOW_POST)
    else:
        answer_request_error(exchange, negotiation.single(accept), refused)


def _answer_failure(exchange: Exchange, error: Exception) -> None:
    """What failed before there was an operation."""
    media_type = negotiation.single(exchange.headers.get("accept"))
    if isinstance(error, RequestError):
        answer_error(exchange, media_type, error)
    elif isinstance(error, AuthenticationError):
        refused = RequestError.because(str(error), "UNAUTHENTICATED", 401)
        answer_error(exchange, media_type, refused, headers=_CHALLENGE)
    elif isinstance(error, AuthenticationUnavailableError):
        answer_error(exchange, media_type, RequestError.because(str(error), "AUTHENTICATION_UNAVAILABLE", 503))
    else:
        _LOG.error("a request failed", exc_info=error)
        refused = RequestError.because(gettext_noop("the router failed"), "INTERNAL_SERVER_ERROR", 500)
        answer_error(exchange, media_type, refused)
