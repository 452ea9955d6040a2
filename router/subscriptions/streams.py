"""Subscriptions over HTTP responses: server-sent events and multipart.

Server-sent events follow graphql-sse in "distinct connections" mode, multipart follows Apollo's subscription protocol
over HTTP (`multipart/mixed;subscriptionSpec=1.0`).
"""

from dataclasses import dataclass
from typing import Any

import structlog

from router.config import Subscriptions
from router.errors import RequestError
from router.execution.result import Result
from router.http.deadlines import Deadlines
from router.http.negotiation import DEFERRED, EVENT_STREAM, MULTIPART
from router.http.operations import Operation
from router.http.protocol import Exchange
from router.http.responses import encode
from router.subscriptions.hub import Event, Hub, Subscriber, refusal_of
from router.telemetry import STREAMS
from router.translations import gettext_noop, translated

_LOG = structlog.get_logger("router.subscriptions")
HEADERS = b"x-accel-buffering: no\r\n"


@dataclass(frozen=True, slots=True)
class Format:
    """How a protocol frames its events."""

    content_type: str
    begin: bytes
    before_event: bytes
    after_event: bytes
    heartbeat: bytes
    end: bytes
    payload_key: bool

    def event(self, result: Result) -> bytes:
        body = b'{"payload":' + result.body + b"}" if self.payload_key else result.body
        return self.before_event + body + self.after_event

    def failure(self, errors: list[dict[str, Any]]) -> bytes:
        document = {"payload": None, "errors": errors} if self.payload_key else {"errors": errors}
        return self.before_event + encode(document) + self.after_event


_PART = b"\r\ncontent-type: application/json\r\n\r\n"
_BOUNDARY = b"\r\n--graphql"  # closes each part at once: a client reads a part when it sees the next boundary
FORMATS = {
    EVENT_STREAM: Format(
        content_type="text/event-stream; charset=utf-8",
        begin=b":\n\n",
        before_event=b"event: next\ndata: ",
        after_event=b"\n\n",
        heartbeat=b":\n\n",
        end=b"event: complete\ndata:\n\n",
        payload_key=False,
    ),
    MULTIPART: Format(
        content_type='multipart/mixed; boundary="graphql"; subscriptionSpec="1.0"',
        begin=_BOUNDARY,
        before_event=_PART,
        after_event=_BOUNDARY,
        heartbeat=_PART + b"{}" + _BOUNDARY,
        end=b"--\r\n",
        payload_key=True,
    ),
    DEFERRED: Format(
        content_type='multipart/mixed; boundary="graphql"; deferSpec=20220824',
        begin=_BOUNDARY,
        before_event=_PART,
        after_event=_BOUNDARY,
        heartbeat=b"",
        end=b"--\r\n",
        payload_key=False,
    ),
}


class Streams:
    """Answers that are streams of results."""

    def __init__(self, hub: Hub, settings: Subscriptions) -> None:
        self._hub = hub
        self._settings = settings
        self.heartbeats: Deadlines[_Stream] = Deadlines(settings.heartbeat, lambda stream: stream.heartbeat())

    def close(self) -> None:
        self.heartbeats.close()

    def begin(self, exchange: Exchange, media_type: str, operation: Operation) -> None:
        """Answer with a stream; it ends when the subscription does or the client goes away."""
        stream = _Stream(exchange, media_type, self._settings.queue, self.heartbeats)
        try:
            self._hub.open(stream, operation)
        except RequestError as refused:
            stream.end(refused)


def answer_events(exchange: Exchange, result: Result) -> None:
    """One result to a client that reads nothing but server-sent events."""
    form = FORMATS[EVENT_STREAM]
    exchange.answer(200, form.content_type, form.event(result) + form.end)


class _Stream(Subscriber):
    """One answer."""

    _sink: Exchange

    __slots__ = ("_form", "_heartbeats", "_open", "limit")

    def __init__(self, exchange: Exchange, media_type: str, limit: int, heartbeats: "Deadlines[_Stream]") -> None:
        super().__init__(exchange)
        self.limit = limit
        self._form = FORMATS[media_type]
        self._open = STREAMS.labels(media_type)
        self._open.inc()
        self._heartbeats = heartbeats
        exchange.begin_stream(self._form.content_type, HEADERS)
        exchange.write(self._form.begin)  # so that the client knows at once that it is connected
        exchange.on_disconnect = self._gone
        exchange.on_shutdown = self._shut_down
        exchange.on_drain = self.resume
        heartbeats.begin(self)

    def write(self, event: Event) -> None:
        if event.kind is not self._form:
            event.kind = self._form
            event.encoded = self._form.event(event.result)
        self._sink.write(event.encoded)

    def finish(self, error: Exception | None) -> None:
        self._close()
        if error is not None:
            _LOG.info("subscription ended", error=type(error).__name__)
            self._sink.write(
                self._form.failure(translated(refusal_of(error).errors, self._sink.headers.get("accept-language")))
            )
        self._sink.write(self._form.end)
        self._sink.end_stream()

    def heartbeat(self) -> None:
        self._heartbeats.begin(self)
        if not self._sink.is_paused:
            self._sink.write(self._form.heartbeat)

    def _gone(self, _: Exchange) -> None:
        self._close()
        self.leave()

    def _shut_down(self) -> None:
        self.leave()
        self.end(RequestError.because(gettext_noop("the router ends: subscribe again"), "SERVER_SHUTDOWN", 503))

    def _close(self) -> None:
        self._heartbeats.end(self)
        self._open.dec()
