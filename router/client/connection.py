"""One HTTP/1.1 connection (RFC 9112): a request at a time, used again only after an answer that was read whole."""

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from router.client.encodings import TooLargeError, decoded
from router.client.request import Failure, Request
from router.header_sections import header_section

if TYPE_CHECKING:
    from router.client.pool import Pool

_FRAMING = frozenset((b"content-length", b"transfer-encoding"))
_NOTED = _FRAMING | {b"content-type", b"content-encoding"}
_SHORTEST = min(map(len, _NOTED))
_MAX_OVERHEAD = 65_536
"""Bytes of a header section, of chunk sizes or of trailers that may come before the next part of a body."""


class _MoreThanAnAnswerError(Exception):
    """Another message begins behind the answer."""


class Connection(asyncio.Protocol):
    """Belongs to a pool. It is the parser's listener as well: `on_…` are its callbacks."""

    __slots__ = (
        "_body", "_complete", "_headers", "_idle_since", "_limits", "_loop", "_overhead", "_parser", "_pool",
        "_request", "_rest", "_reusable", "_status", "_transport", "_used", "is_closing",
    )  # fmt: skip

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool
        self._limits = pool.limits
        self._loop = asyncio.get_running_loop()
        self._request: Request | None = None
        self._used = False  # has given an answer
        self._idle_since = self._loop.time()
        self._headers: dict[bytes, bytes] = {}
        self._body = b""
        self._rest: bytes | bytearray = b""
        self._parser = HttpResponseParser(self)

    def start(self, request: Request) -> None:
        """Send a request. Not before the last one is answered."""
        self._request = request
        self._complete = False
        self._status = 0  # until the header section is complete
        self._headers = {}
        self._overhead = 0
        self._transport.write(request.message)

    def sweep(self, now: float) -> None:
        """End what takes too long."""
        if self._request is None:
            if now - self._idle_since > self._limits.idle_seconds:
                self._pool.ended(self)
                self._transport.close()
        elif (failure := self._request.abort_reason(now)) is not None:
            self.fail(failure)

    def fail(self, failure: Failure) -> None:
        """End the connection, and its request with this failure."""
        request, self._request = self._request, None
        self._pool.ended(self)
        self._transport.abort()
        if request is None:
            return
        silent = not self._overhead and not self._body
        if failure is Failure.LOST and self._used and silent and request.retryable:
            self._pool.resend(request)
        else:
            request.on_failure(failure)

    # asyncio's callbacks

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.is_closing = transport.is_closing

    def data_received(self, data: bytes) -> None:
        request = self._request
        if request is None:
            self.fail(Failure.INVALID)  # nothing was asked
            return
        if not self._is_known(data) and not self._parse(data):
            self.fail(Failure.INVALID)
        elif len(self._body) + len(self._rest) > self._limits.response_bytes:
            self.fail(Failure.TOO_LARGE)
        elif self._complete:
            self._finish(request)
        elif self._overhead > _MAX_OVERHEAD:
            self.fail(Failure.INVALID)

    def eof_received(self) -> None:
        if self._request is None or not self._status or not _FRAMING.isdisjoint(self._headers):
            self.fail(Failure.LOST)
        else:  # the end of the connection is that of the answer
            self._reusable = False
            self._finish(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        self.fail(Failure.LOST)

    def _is_known(self, data: bytes) -> bool:
        """Whether this is a whole answer with the header section of an earlier one, which saves parsing it."""
        known = self._pool.header_section
        if known is None or self._overhead or self._status:
            return False
        body = known.body_of(data)
        if body is None:
            return False
        self._status, self._headers, self._body = HTTPStatus.OK, known.parsed, body
        self._complete = self._reusable = True
        return True

    def _parse(self, data: bytes) -> bool:
        """Whether this is HTTP, as far as the answer goes."""
        begins = not self._overhead and not self._status
        self._overhead += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            self._reusable = False
            return self._complete
        if begins and self._complete and self._reusable and self._status == HTTPStatus.OK:
            self._pool.header_section = header_section(data, len(self._body), self._headers)
        return True

    # The parser's callbacks

    def on_message_begin(self) -> None:
        if self._complete:
            raise _MoreThanAnAnswerError

    def on_header(self, name: bytes, value: bytes) -> None:
        if len(name) >= _SHORTEST and (lower := name.lower()) in _NOTED and not self._status:
            self._headers[lower] = value

    def on_headers_complete(self) -> None:
        self._status = self._parser.get_status_code()

    def on_body(self, part: bytes) -> None:
        self._overhead = 0
        if not self._body:
            self._body = part
        elif self._rest:
            self._rest += part
        else:
            self._rest = bytearray(part)

    def on_message_complete(self) -> None:
        if 100 <= self._status < 200:  # interim: the answer is still to come
            self._status = 0
            self._headers.clear()
        else:
            self._complete = True
            self._reusable = self._parser.should_keep_alive()

    def _finish(self, request: Request) -> None:
        status, content_type = self._status, self._headers.get(b"content-type", b"")
        body = self._decoded()
        self._request = None
        self._body = self._rest = b""
        if self._reusable and not self._transport.get_write_buffer_size():  # it may answer before it has read all
            self._used = True
            self._idle_since = self._loop.time()
            self._pool.release(self)
        else:
            self._pool.ended(self)
            self._transport.close()
        if isinstance(body, Failure):
            request.on_failure(body)
        else:
            request.on_response(status, content_type, body)

    def _decoded(self) -> bytes | Failure:
        """The body without its codings."""
        body = self._body + self._rest if self._rest else self._body
        if self._headers.get(b"transfer-encoding", b"chunked").lower() != b"chunked":
            return Failure.INVALID
        coding = self._headers.get(b"content-encoding")
        if coding is None:
            return body
        try:
            return decoded(coding, body, self._limits.response_bytes)
        except TooLargeError:
            return Failure.TOO_LARGE
        except ValueError:
            return Failure.INVALID
