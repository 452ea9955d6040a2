"""HTTP/1.1 as uvicorn speaks it, where a WebSocket is all that a request may ask to change to."""

from array import array
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_WITH_BODY = frozenset((b"content-length", b"transfer-encoding"))


class HttpProtocol(HttpToolsProtocol):
    """Ignores every other `Upgrade` (RFC 9110, section 7.8): the request is served as one without it."""

    def __init__(self, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self.parser = _RequestParser(self)

    def accepts_upgrade(self) -> bool:
        """Whether the head that was read is the handshake of a WebSocket, which has no body."""
        if self._get_upgrade() != b"websocket" or not _WITH_BODY.isdisjoint(name for name, _ in self.headers):
            return False
        return self.parser.get_method() == b"GET" and self.parser.get_http_version() == "1.1"

    def ignores_upgrade(self) -> bool:
        """Whether the head that was read asks for what it does not get. Raises HttpParserError for a CONNECT."""
        if not self.parser.should_upgrade():
            return False
        if self.parser.get_method() == b"CONNECT":  # is for proxies, and what follows it is no HTTP
            raise httptools.HttpParserError("CONNECT is not served")
        return not self.accepts_upgrade()

    def head_without_upgrade(self) -> bytes:
        """The last request's head."""
        parser = self.parser
        first = b"%b %b HTTP/%b" % (parser.get_method(), self.url, parser.get_http_version().encode())
        kept = [b"%b: %b" % header for header in self.headers if header[0] != b"upgrade"]
        return b"\r\n".join([first, *kept, b"", b""])

    def handle_websocket_upgrade(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            super().handle_websocket_upgrade()
        else:
            self.transport.close()  # it was sent without waiting for the answers to earlier ones

    def _should_upgrade(self) -> bool:
        return self.accepts_upgrade() and self._should_upgrade_to_ws()


class _RequestParser(httptools.HttpRequestParser):
    """httptools takes all that follows an `Upgrade` for the other protocol's, a body as well, and goes on behind it as
    if a request began there. Where the protocol ignores it, a new parser reads the request without it.
    """

    def __init__(self, protocol: HttpProtocol) -> None:
        super().__init__(_Callbacks(protocol))
        self._protocol = protocol
        self.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does

    def feed_data(self, data: "bytes | bytearray | memoryview[int] | array[int]") -> None:
        parser, rest = self, memoryview(data)
        while True:
            try:
                super(_RequestParser, parser).feed_data(rest)
            except httptools.HttpParserUpgrade as upgrade:
                if not self._protocol.ignores_upgrade():
                    raise
                rest = rest[upgrade.args[0] :]
                head = self._protocol.head_without_upgrade()
                parser = self._protocol.parser = _RequestParser(self._protocol)
                super(_RequestParser, parser).feed_data(head)
            else:
                return


class _Callbacks:
    """What a parser calls. Of a request that is going to be read again, the protocol gets to know its head only then."""

    def __init__(self, protocol: HttpProtocol) -> None:
        self._protocol = protocol
        self.on_message_begin, self.on_url = protocol.on_message_begin, protocol.on_url
        self.on_header, self.on_body = protocol.on_header, protocol.on_body

    def on_headers_complete(self) -> None:
        if not self._protocol.ignores_upgrade():
            self._protocol.on_headers_complete()

    def on_message_complete(self) -> None:
        if not self._protocol.ignores_upgrade():
            self._protocol.on_message_complete()
