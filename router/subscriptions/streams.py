"""Subscriptions over HTTP responses: server-sent events and multipart.

Server-sent events follow graphql-sse in "distinct connections" mode, multipart follows Apollo's subscription protocol
over HTTP (`multipart/mixed;subscriptionSpec=1.0`).
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from starlette.types import Receive, Send

from router.config import Subscriptions
from router.execution.result import Result
from router.http.negotiation import EVENT_STREAM, MULTIPART
from router.http.operations import Operation, Operations
from router.http.responses import encode, send_body
from router.subscriptions.results import refusal_of, results
from router.telemetry import STREAMS

_LOG = structlog.get_logger("router.subscriptions")


@dataclass(frozen=True, slots=True)
class _Format:
    """How a protocol writes its pieces."""

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
_FORMATS = {
    EVENT_STREAM: _Format(
        content_type="text/event-stream; charset=utf-8",
        begin=b":\n\n",
        before_event=b"event: next\ndata: ",
        after_event=b"\n\n",
        heartbeat=b":\n\n",
        end=b"event: complete\ndata:\n\n",
        payload_key=False,
    ),
    MULTIPART: _Format(
        content_type='multipart/mixed; boundary="graphql"; subscriptionSpec="1.0"',
        begin=_BOUNDARY,
        before_event=_PART,
        after_event=_BOUNDARY,
        heartbeat=_PART + b"{}" + _BOUNDARY,
        end=b"--\r\n",
        payload_key=True,
    ),
}


async def serve_stream(
    operations: Operations,
    operation: Operation,
    media_type: str,
    settings: Subscriptions,
    receive: Receive,
    send: Send,
) -> None:
    """Answer with a stream of results; ends when the subscription does or the client goes away."""
    form = _FORMATS[media_type]
    headers = [(b"content-type", form.content_type.encode()), (b"cache-control", b"no-cache")]
    await send({"type": "http.response.start", "status": 200, "headers": [*headers, (b"x-accel-buffering", b"no")]})
    with STREAMS.labels(media_type).track_inprogress():
        writing = asyncio.create_task(_write(operations, operation, form, settings, send))
        leaving = asyncio.create_task(_gone(receive))
        await asyncio.wait({writing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        for task in (writing, leaving):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def send_events(send: Send, result: Result) -> None:
    """One result to a client that reads nothing but server-sent events."""
    form = _FORMATS[EVENT_STREAM]
    await send_body(send, 200, form.content_type, form.event(result) + form.end)


async def _write(
    operations: Operations, operation: Operation, form: _Format, settings: Subscriptions, send: Send
) -> None:
    async def write(piece: bytes) -> None:
        await send({"type": "http.response.body", "body": piece, "more_body": True})

    await write(form.begin)  # so that the client knows at once that it is connected
    async with _heartbeat(write, form.heartbeat, settings.heartbeat):
        try:
            stream = results(operations, operation, settings)
            async with contextlib.aclosing(stream):
                async for result in stream:
                    await write(form.event(result))
        except Exception as error:
            _LOG.info("subscription ended", error=type(error).__name__)
            await write(form.failure(refusal_of(error).errors))
    await send({"type": "http.response.body", "body": form.end, "more_body": False})


@asynccontextmanager
async def _heartbeat(write: Any, piece: bytes, interval: float) -> AsyncIterator[None]:
    async def beat() -> None:
        while True:
            await asyncio.sleep(interval)
            await write(piece)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
