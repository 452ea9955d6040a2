"""One WebSocket connection to a client (RFC 6455): whole messages in, text frames out.

The websockets library reads frames, answers pings and closes; what is sent often is framed here, for less.
"""

import asyncio
import logging
from typing import Protocol

from uvicorn.server import ServerState
from websockets.datastructures import Headers
from websockets.frames import Frame, Opcode
from websockets.protocol import SERVER, State
from websockets.protocol import Protocol as Framing
from websockets.server import ServerProtocol

_LOG = logging.getLogger("router.websocket")
_LOG.setLevel(logging.CRITICAL)  # what clients do wrong closes their connection; it is nobody's to read
_CLOSE_TIMEOUT = 5.0  # seconds
_DATA = frozenset((Opcode.TEXT, Opcode.BINARY, Opcode.CONT))
_PING = b"\x89\x00"


class Listener(Protocol):
    """What a connection is for."""

    def on_message(self, message: bytes) -> None:
        """A message, text or binary."""

    def on_disconnect(self) -> None:
        """The connection is gone, or the client is leaving."""

    def on_drain(self) -> None:
        """The connection takes more again."""

    def on_shutdown(self) -> None:
        """The server is about to end."""


class RefusedHandshakeError(Exception):
    """The handshake is not one that can be accepted; what was to be answered has been."""


class WebSocket(asyncio.Protocol):
    """Takes the place of the HTTP protocol of its connection."""

    __slots__ = (
        "_alive",
        "_fragments",
        "_framing",
        "_lost",
        "_state",
        "_transport",
        "is_open",
        "is_paused",
        "listener",
    )

    def __init__(self, transport: asyncio.Transport, state: ServerState, max_size: int) -> None:
        self._transport = transport
        self._state = state
        self._framing = Framing(SERVER, state=State.OPEN, max_size=max_size, logger=_LOG)
        self._fragments: list[bytes] = []
        self._alive = True
        self._lost = False
        self.is_open = True
        self.is_paused = False
        self.listener: Listener | None = None
        state.connections.add(self)  # type: ignore[arg-type]  # uvicorn asks nothing of it but `shutdown`
        transport.set_protocol(self)

    def send(self, text: bytes) -> None:
        self.send_frame(frame_header(len(text)) + text)

    def send_frame(self, frame: bytes) -> None:
        """Send text that has its frame's header."""
        if self.is_open:
            self._transport.write(frame)

    def ping(self, message: bytes) -> None:
        """Ask whether the client is there, with a message beside; a client that was silent since the last is cut off."""
        if not self._alive:
            self.is_open = False
            self._transport.abort()
        elif self.is_open:
            self._alive = False
            self._transport.write(b"%b%b%b" % (_PING, frame_header(len(message)), message))

    def close(self, code: int, reason: str = "") -> None:
        if self.is_open:
            self.is_open = False
            self._framing.send_close(code, reason[:120])
            self._flush()
            asyncio.get_running_loop().call_later(_CLOSE_TIMEOUT, self._transport.abort)

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

    # The transport's calls

    def data_received(self, data: bytes) -> None:
        self._alive = True
        self._framing.receive_data(data)
        if self._framing.state is not State.OPEN:
            self.is_open = False
        for frame in self._framing.events_received():
            if isinstance(frame, Frame) and frame.opcode in _DATA:
                self._fragments.append(bytes(frame.data))
                if frame.fin:
                    message = b"".join(self._fragments)
                    self._fragments.clear()
                    if self.listener is not None and self.is_open:
                        self.listener.on_message(message)
        self._flush()
        if not self.is_open:
            self._leave()

    def pause_writing(self) -> None:
        self.is_paused = True
        self.pause_reading()  # who does not read gets to ask no more

    def resume_writing(self) -> None:
        self.is_paused = False
        self.resume_reading()
        if self.listener is not None:
            self.listener.on_drain()

    def connection_lost(self, exc: Exception | None) -> None:
        self._state.connections.discard(self)
        self._leave()

    def shutdown(self) -> None:
        """The server's call."""
        if self.listener is not None:
            self.listener.on_shutdown()
        self.close(1012)

    def _leave(self) -> None:
        self.is_open = False
        if not self._lost:
            self._lost = True
            if self.listener is not None:
                self.listener.on_disconnect()

    def _flush(self) -> None:
        for piece in self._framing.data_to_send():
            if piece:
                self._transport.write(piece)
            else:
                self._transport.close()


def handshake(transport: asyncio.Transport, request: bytes, subprotocol: str | None, headers: Headers) -> None:
    """Answer the request for an upgrade. Raises RefusedHandshakeError."""
    protocol = ServerProtocol(logger=_LOG)
    protocol.receive_data(request)
    requests = protocol.events_received()
    response = protocol.accept(requests[0]) if requests else protocol.reject(400, "")  # type: ignore[arg-type]
    accepted = response.status_code == 101
    if accepted:
        response.headers.update(headers)
        if subprotocol is not None:
            response.headers["Sec-WebSocket-Protocol"] = subprotocol
    protocol.send_response(response)
    transport.write(b"".join(protocol.data_to_send()))
    if not accepted:
        transport.close()
        raise RefusedHandshakeError


def frame_header(length: int) -> bytes:
    """The header of an unfragmented text frame, as a server sends it (section 5.2)."""
    if length < 126:
        return bytes((0x81, length))
    if length < 65_536:
        return b"\x81\x7e" + length.to_bytes(2, "big")
    return b"\x81\x7f" + length.to_bytes(8, "big")
