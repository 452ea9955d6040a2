"""HTTP/1.1 for GraphQL: a request is answered by one write to its connection, without an ASGI application between.

uvicorn's protocol parses requests, keeps pipelined ones in order, and runs the application for every other path.
"""

import asyncio
import random
import re
from collections.abc import Callable
from functools import lru_cache
from http.client import responses
from time import perf_counter
from typing import Any, NamedTuple, Protocol

import httptools

from router.cache import remembered
from router.config import Compression, ServerSection
from router.errors import RequestError
from router.header_sections import HeaderSection, header_section
from router.http.compression import chosen
from router.http.cors import cors_headers
from router.telemetry import record_request
from router.translations import gettext_noop
from shared.http1 import HttpProtocol

REQUEST_ID = "x-request-id"
_MAX_REQUEST_LINE = 65_536
_HEADERS_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\r\n"
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_WELL_FORMED_ID = re.compile(r"[A-Za-z0-9_.:/+=-]{1,128}")


class RequestHandler(Protocol):
    """What serves GraphQL."""

    def begin(self, exchange: "Exchange") -> None:
        """Serve a request that was read whole, or is refused already. Returns at once."""

    def upgrade(self, exchange: "Exchange", protocol: "GraphQLProtocol") -> None:
        """Go on with the connection as a WebSocket."""


class RequestHeader(NamedTuple):
    """The request line and the header section of a request for GraphQL; `cors` are header lines of its answer."""

    method: str
    query_string: bytes
    headers: dict[str, str]
    cors: bytes


class Exchange:
    """A request for GraphQL, and its answer. `headers` are by lower-case name.

    `on_disconnect` is called when the client leaves before it is answered, `on_shutdown` when the server is about to end,
    `on_drain` when the connection takes more after it was paused.
    """

    __slots__ = (
        "_began",
        "_cors",
        "_protocol",
        "body",
        "headers",
        "is_turn",
        "keep_alive",
        "method",
        "on_disconnect",
        "on_drain",
        "on_shutdown",
        "operation_name",
        "query_string",
        "refused",
        "request_id",
        "response_complete",
        "was_read",
    )

    def __init__(self, protocol: "GraphQLProtocol", header: RequestHeader) -> None:
        self._protocol = protocol
        self.method, self.query_string, headers, self._cors = header
        self._began = perf_counter()
        self.request_id = request_id(headers.get(REQUEST_ID, ""))
        self.headers = {**headers, REQUEST_ID: self.request_id}
        self.operation_name: str | None = None
        self.body: bytes | bytearray = b""
        self.keep_alive = True
        self.refused: RequestError | None = None
        self.was_read = False
        self.is_turn = True
        self.response_complete = False
        self.on_disconnect: Callable[[Exchange], None] | None = None
        self.on_shutdown: Callable[[], None] | None = None
        self.on_drain: Callable[[], None] | None = None

    @property
    def is_paused(self) -> bool:
        return self._protocol.flow.write_paused

    def answer(self, status: int, content_type: str, body: bytes, headers: bytes = b"") -> None:
        """The whole answer; `headers` are complete lines."""
        if self.response_complete:
            return
        accepted = self.headers.get("accept-encoding")
        if accepted is not None and (coding := chosen(accepted, len(body), self._protocol.compression)) is not None:
            body = coding.encode(body)
            headers += coding.header
        header = b"%bvary: accept-encoding\r\ncontent-length: %d\r\n%b\r\n" % (
            self._header_lines(status, content_type),
            len(body),
            headers,
        )
        if self.method == "HEAD":
            body = b""
        self._protocol.transport.write(header + body)
        self._finish(status)

    def begin_stream(self, content_type: str, headers: bytes = b"") -> None:
        """Begin a chunked answer."""
        header = b"%btransfer-encoding: chunked\r\n%b\r\n" % (self._header_lines(200, content_type), headers)
        self._protocol.transport.write(header)

    def write(self, chunk: bytes) -> None:
        """A chunk of an answer, sent when the connection takes it."""
        if not self.response_complete:
            self._protocol.transport.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))

    def end_stream(self) -> None:
        if not self.response_complete:
            self._protocol.transport.write(b"0\r\n\r\n")
            self._finish(200)

    def _header_lines(self, status: int, content_type: str) -> bytes:
        dated = self._protocol.server_state.default_headers
        return b"%bx-request-id: %b\r\n%b%b" % (
            _header_lines(status, content_type, dated[0][1] if dated else b""),
            self.request_id.encode(),
            self._cors,
            b"" if self.keep_alive else b"connection: close\r\n",
        )

    def _finish(self, status: int) -> None:
        self.response_complete = True
        self.on_disconnect = self.on_shutdown = self.on_drain = None
        protocol = self._protocol
        record_request(self.method, protocol.path, status, self._began, self.request_id, self.operation_name)
        if not self.keep_alive:
            protocol.transport.close()
        protocol.on_response_complete()


class GraphQLProtocol(HttpProtocol):
    """One connection. Between requests it lives for uvicorn's keep-alive time."""

    cycle: Any  # an Exchange, or uvicorn's own for the application
    path: str
    compression: Compression

    def __init__(self, endpoint: RequestHandler, settings: ServerSection, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._endpoint = endpoint
        self._settings = settings
        self.path = settings.path
        self.compression = settings.compression
        self._raw_path = settings.path.encode()
        self._address = ""
        self._proxies: Any = None
        self._served: Exchange | None = None
        self._request_header: RequestHeader
        self._known: HeaderSection[RequestHeader] | None = None
        self._is_held_up = False  # until the client has read what was answered
        self._reading = self._reading_headers = False
        self._received = 0  # bytes of the request that is read, in reads that no other request ended in
        self._read_size = 0  # bytes of the present read
        self._is_shared = False
        self._slow: asyncio.TimerHandle | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._idle_since = 0.0

    # The transport's calls

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        # uvicorn wraps the application to trust the proxies that FORWARDED_ALLOW_IPS names.
        proxies = getattr(self.app, "trusted_hosts", ())
        self._proxies = proxies if self._address in proxies else None
        self._idle_since = self.loop.time()
        self._idle = self.loop.call_later(self._settings.request_timeout, self._check_idle)

    def data_received(self, data: bytes) -> None:
        before = self.cycle
        is_idle = not self._reading and (before is None or before.response_complete)
        if is_idle and self._begin_known(data):
            return
        self._read_size, self._is_shared = len(data), False
        super().data_received(data)
        if not self._reading:
            if is_idle and self.cycle is not before:
                self._learn(data)
            return
        if not self._is_shared:
            self._received += len(data)
        if self._slow is None:
            self._slow = self.loop.call_later(self._settings.request_timeout, self._too_slow)
        most = self._settings.max_header_bytes + _MAX_REQUEST_LINE
        if self._reading_headers and self._received > most and not self.transport.is_closing():
            self.transport.write(_HEADERS_TOO_LARGE)
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timers()
        if type(self.cycle) is Exchange:
            self.cycle = None
        if self._served is not None:
            self._served.response_complete = True
            if self._served.on_disconnect is not None:
                self._served.on_disconnect(self._served)
        super().connection_lost(exc)

    def shutdown(self) -> None:
        super().shutdown()
        if self._served is not None and self._served.on_shutdown is not None:
            self._served.on_shutdown()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.flow.pause_reading()  # who does not read answers gets to ask no more

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._is_held_up:
            self._is_held_up = False
            self._go_on()
            return
        self.flow.resume_reading()
        if self._served is not None and self._served.on_drain is not None:
            self._served.on_drain()

    def handshake_request(self) -> bytes:
        """The request line and header section of the last request, as a WebSocket's handshake reads them."""
        lines = [b"GET %b HTTP/1.1" % self.url, *[b"%b: %b" % header for header in self.headers]]
        return b"\r\n".join([*lines, b"", b""])

    def accepts_upgrade(self) -> bool:
        return super().accepts_upgrade() and self._target()[0] == self._raw_path

    def handle_websocket_upgrade(self) -> None:
        self._stop_timers()
        self.connections.discard(self)
        if self.cycle.is_turn:
            self._endpoint.upgrade(self.cycle, self)
        else:
            self.transport.close()

    # The parser's calls

    def on_message_begin(self) -> None:
        self.url, self.headers, self.expect_100_continue = b"", [], False
        self._reading = self._reading_headers = True

    def on_headers_complete(self) -> None:
        self._reading_headers = False
        path, query_string = self._target()
        method = self.parser.get_method().decode()
        if path != self._raw_path or method == "OPTIONS":
            self._leave_to_application()
            return
        headers = {_name(name): value.decode("latin-1") for name, value in self.headers}
        headers["x-forwarded-for"] = (
            self._address if self._proxies is None or "x-forwarded-for" not in headers else self._told_address()
        )
        cors = cors_headers(self._settings.cors, headers["origin"]) if "origin" in headers else b""
        self._request_header = RequestHeader(method, query_string, headers, cors)
        exchange = Exchange(self, self._request_header)
        exchange.keep_alive = self.parser.should_keep_alive()
        before, self.cycle = self.cycle, exchange
        if before is not None and not before.response_complete:
            exchange.is_turn = False
            self.flow.pause_reading()
            self.pipeline.appendleft((exchange, self.app))  # type: ignore[arg-type]  # it takes the place of uvicorn's
        if self.parser.should_upgrade() and self.accepts_upgrade():
            exchange.was_read = True  # handle_websocket_upgrade goes on with it
        else:
            self._check_headers(exchange)

    def on_body(self, body: bytes) -> None:
        exchange = self.cycle
        if type(exchange) is not Exchange:
            super().on_body(body)
        elif not exchange.was_read:
            if not exchange.body:
                exchange.body = body
            else:
                if type(exchange.body) is bytes:
                    exchange.body = bytearray(exchange.body)
                exchange.body += body
            if len(exchange.body) > self._settings.max_body_bytes:
                self._refuse(exchange, _too_large(self._settings.max_body_bytes))

    def on_message_complete(self) -> None:
        self._reading = False
        self._received = 0
        self._is_shared = True
        self._stop_slow()
        exchange = self.cycle
        if type(exchange) is not Exchange:
            super().on_message_complete()
        elif not exchange.was_read:
            exchange.was_read = True
            if exchange.is_turn:
                self._begin(exchange)

    # Requests like the one before

    def _begin_known(self, data: bytes) -> bool:
        """Whether this is a whole request with the header section of an earlier one, not parsed again; then it is served."""
        known = self._known
        body = None if known is None else known.body_of(data)
        if known is None or body is None or len(body) > self._settings.max_body_bytes:
            return False
        self._unset_keepalive_if_required()
        exchange = self.cycle = Exchange(self, known.parsed)
        exchange.headers["content-length"] = str(len(body))
        exchange.body, exchange.was_read = body, True
        self._begin(exchange)
        return True

    def _learn(self, data: bytes) -> None:
        exchange = self.cycle
        if type(exchange) is Exchange and exchange.was_read and exchange.refused is None and exchange.keep_alive:
            self._known = header_section(data, len(exchange.body), self._request_header)

    # What comes before and after an exchange

    def _begin(self, exchange: Exchange) -> None:
        self._served = exchange
        self._endpoint.begin(exchange)

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        self._served = None
        if self.flow.write_paused:
            self._is_held_up = True
        elif not self.transport.is_closing():
            self._go_on()

    def _go_on(self) -> None:
        self.flow.resume_reading()
        if self.pipeline:
            self.loop.call_soon(self._next_turn)  # not a call, so that many in one read do not nest
        else:
            self._idle_since = self.loop.time()

    def _next_turn(self) -> None:
        if not self.transport.is_closing() and self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        if type(cycle) is not Exchange:
            super()._start_asgi_task(cycle, app)
            return
        cycle.is_turn = True
        if cycle.was_read:
            self._begin(cycle)

    def _leave_to_application(self) -> None:
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()  # makes the scope
        self.url, self.expect_100_continue = url, expects
        self.headers += headers
        super().on_headers_complete()

    def _target(self) -> tuple[bytes, bytes]:
        """Path and query string."""
        path, _, query_string = self.url.partition(b"?")
        if not path.startswith(b"/"):  # RFC 9112, section 3.2.2: a whole URL
            url = httptools.parse_url(self.url)
            path, query_string = url.path, url.query or b""
        return path, query_string

    def _told_address(self) -> str:
        """Where the request comes from, as a trusted proxy says."""
        told = [value.decode("latin-1") for name, value in self.headers if name == b"x-forwarded-for"]
        return self._proxies.get_trusted_client_address(", ".join(told))[0] or self._address

    def _check_headers(self, exchange: Exchange) -> None:
        most_header, most_body = self._settings.max_header_bytes, self._settings.max_body_bytes
        if (
            self._received + self._read_size > most_header
            and sum(len(name) + len(value) for name, value in self.headers) > most_header
        ):
            message = gettext_noop("the headers are larger than {maximum} bytes").format(maximum=most_header)
            self._refuse(exchange, RequestError.because(message, "HEADERS_TOO_LARGE", 431))
        elif int(exchange.headers.get("content-length", "0")) > most_body:
            self._refuse(exchange, _too_large(most_body))
        elif self.expect_100_continue and exchange.is_turn:
            self.transport.write(_CONTINUE)

    def _refuse(self, exchange: Exchange, refused: RequestError) -> None:
        """Answer before the request was read whole; what is still to come is dropped."""
        exchange.refused, exchange.was_read = refused, True
        exchange.body = b""
        if exchange.is_turn:
            self._begin(exchange)

    def _too_slow(self) -> None:
        """A request has begun to arrive and does not end."""
        self._slow = None
        if self.flow.read_paused:
            self._slow = self.loop.call_later(self._settings.request_timeout, self._too_slow)
        elif type(self.cycle) is Exchange and not self._reading_headers and not self.cycle.was_read:
            self.cycle.keep_alive = False
            refused = RequestError.because(gettext_noop("the body did not arrive in time"), "REQUEST_TIMEOUT", 408)
            self._refuse(self.cycle, refused)
        else:
            self.transport.close()

    def _check_idle(self) -> None:
        """One timer a connection, which looks again when it is due, is cheaper than one a request."""
        now = self.loop.time()
        is_busy = self._reading or (self.cycle is not None and not self.cycle.response_complete)
        if is_busy or self.flow.write_paused:
            left: float = self.timeout_keep_alive
        else:
            left = self._idle_since + self.timeout_keep_alive - now
        if left > 0:
            self._idle = self.loop.call_later(left, self._check_idle)
        else:
            self.transport.close()

    def _stop_slow(self) -> None:
        if self._slow is not None:
            self._slow.cancel()
            self._slow = None

    def _stop_timers(self) -> None:
        self._stop_slow()
        if self._idle is not None:
            self._idle.cancel()


def _too_large(limit: int) -> RequestError:
    message = gettext_noop("the body is larger than {maximum} bytes").format(maximum=limit)
    return RequestError.because(message, "BODY_TOO_LARGE", 413)


def request_id(given: str) -> str:
    """The client's, if it is well-formed."""
    if given and _WELL_FORMED_ID.fullmatch(given) is not None:
        return given
    return f"{random.getrandbits(128):032x}"


@remembered(1024)
def _name(raw: bytes) -> str:
    return raw.lower().decode("latin-1")


@lru_cache(maxsize=64)
def _header_lines(status: int, content_type: str, date: bytes) -> bytes:
    """The lines that answers share, for a second."""
    return b"HTTP/1.1 %d %b\r\ncontent-type: %b\r\ncache-control: no-store\r\n%b" % (
        status,
        responses[status].encode(),
        content_type.encode(),
        b"date: %b\r\n" % date if date else b"",
    )
