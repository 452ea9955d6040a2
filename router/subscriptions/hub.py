"""Open subscriptions, whatever protocol carries them to clients.

Equal ones share one stream: one subscription at the subgraph, and one execution and encoding an event. Whoever comes
after the first event gets a stream of its own, because the first events of a subscription may differ from later ones.
"""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Hashable
from typing import Protocol

import msgspec
import structlog

from router.config import Config
from router.errors import RequestError
from router.execution.result import Result
from router.execution.transport import Resumption
from router.http.forwarded import names_that_matter
from router.http.operations import Operation, Operations
from router.translations import gettext_noop, language_of

_LOG = structlog.get_logger("router.subscriptions")


class AccessEndedError(Exception):
    """The token that the stream was opened with has expired or was revoked."""


class Watched(Protocol):
    """What must be looked at as often as streams are."""

    def recheck(self) -> None: ...


class Sink(Protocol):
    """What a client's results are written to."""

    @property
    def is_paused(self) -> bool:
        """Whether it takes nothing now."""


class Event:
    """A result on its way to many clients, and how it was encoded for the last of them.

    The next client takes the encoding if it is of the same `kind`. One is kept at most, whatever clients come.
    """

    __slots__ = ("encoded", "kind", "result")

    def __init__(self, result: Result) -> None:
        self.result = result
        self.kind: object = None
        self.encoded = b""


class Subscriber(ABC):
    """A client's end of a stream. `limit` results wait for a client that reads slowly; one more ends the stream."""

    __slots__ = ("_ended", "_sink", "_waiting", "operation", "stream")

    limit: int

    def __init__(self, sink: Sink) -> None:
        self.operation: Operation | None = None
        self.stream: Stream | None = None
        self._sink = sink
        self._waiting: deque[Result] | None = None
        self._ended: tuple[Exception | None] | None = None

    @abstractmethod
    def write(self, event: Event) -> None:
        """Send a result."""

    @abstractmethod
    def finish(self, error: Exception | None) -> None:
        """Send the end, and why if it is no completion."""

    def next(self, event: Event) -> None:
        """Send a result, if not now then when the client has read what came before."""
        if self._waiting is None:
            if not self._sink.is_paused:
                self.write(event)
            else:
                self._waiting = deque((event.result,))
        elif len(self._waiting) < self.limit:
            self._waiting.append(event.result)
        else:
            self.leave()
            message = gettext_noop("the client reads slower than the subgraph sends")
            self.end(RequestError.because(message, "SUBSCRIPTION_QUEUE_OVERFLOW", 503))

    def end(self, error: Exception | None) -> None:
        """Send the end after all results."""
        if self._waiting is None:
            self.finish(error)
        else:
            self._ended = (error,)

    def resume(self) -> None:
        """The connection takes more."""
        while self._waiting and not self._sink.is_paused:
            self.write(Event(self._waiting.popleft()))
        if not self._waiting:
            self._waiting = None
            if self._ended is not None:
                self.finish(*self._ended)

    def leave(self) -> None:
        """Take no more results."""
        if self.stream is not None:
            self.stream.remove(self)


class Stream:
    """One subscription at a subgraph, and those who asked for the same."""

    def __init__(self, hub: "Hub", key: Hashable, operation: Operation, resumption: Resumption) -> None:
        self._hub = hub
        self._operation = operation
        self.key = key
        self.resumption = resumption
        self.subscribers: dict[Subscriber, None] = {}
        self._task = asyncio.get_running_loop().create_task(self._run())

    def add(self, subscriber: Subscriber) -> None:
        self.subscribers[subscriber] = None
        subscriber.stream = self
        self._hub.open_subscriptions += 1

    def remove(self, subscriber: Subscriber) -> None:
        del self.subscribers[subscriber]
        subscriber.stream = None
        self._hub.open_subscriptions -= 1
        if not self.subscribers:
            self._hub.forget(self)
            self._task.cancel()

    async def _run(self) -> None:
        failure: Exception | None = None
        try:
            async for result in self._hub.operations.subscribe(self._operation, self.resumption):
                self._hub.close_to_others(self)
                event = Event(result)
                for subscriber in list(self.subscribers):
                    subscriber.next(event)
        except Exception as error:
            if not isinstance(error, RequestError):
                _LOG.exception("subscription failed")
            failure = error
        self._hub.forget(self)
        self._hub.open_subscriptions -= len(self.subscribers)
        for subscriber in list(self.subscribers):
            subscriber.stream = None
            subscriber.end(failure)


class Hub:
    """All open streams. They are held against the present at every `recheck_interval`."""

    def __init__(self, config: Config, operations: Operations) -> None:
        self.operations = operations
        self.open_subscriptions = 0
        self._settings = config.subscriptions
        self._names = names_that_matter(config.subgraphs)
        self._streams: set[Stream] = set()
        self._joinable: dict[Hashable, Stream] = {}
        self._watched: set[Watched] = set()
        self._watcher: asyncio.Task[None] | None = None

    async def close(self) -> None:
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)

    def open(self, subscriber: Subscriber, operation: Operation) -> None:
        """Begin to send the subscriber results. Raises RequestError."""
        if self.open_subscriptions >= self._settings.maximum:
            raise RequestError.because(gettext_noop("too many subscriptions are open"), "TOO_MANY_SUBSCRIPTIONS", 503)
        self._attach(subscriber, operation)
        self._keep_watching()

    def watch(self, watched: Watched) -> None:
        self._watched.add(watched)
        self._keep_watching()

    def unwatch(self, watched: Watched) -> None:
        self._watched.discard(watched)

    def close_to_others(self, stream: Stream) -> None:
        """Let nobody join any more."""
        if self._joinable.get(stream.key) is stream:
            del self._joinable[stream.key]

    def forget(self, stream: Stream) -> None:
        self.close_to_others(stream)
        self._streams.discard(stream)

    def _attach(self, subscriber: Subscriber, operation: Operation, cursor: str | None = None) -> None:
        subscriber.operation = operation
        headers = operation.caller.headers
        key = (
            operation.serving,
            operation.prepared,
            cursor,
            msgspec.json.encode(operation.request.variables),
            *map(headers.get, self._names),
            language_of(headers.get("accept-language")),
        )
        stream = self._joinable.get(key)
        if stream is None:
            stream = self._joinable[key] = Stream(self, key, operation, Resumption(cursor))
            self._streams.add(stream)
        stream.add(subscriber)

    def _keep_watching(self) -> None:
        if self._watcher is None or self._watcher.done():
            self._watcher = asyncio.get_running_loop().create_task(self._watch(), name="streams")

    async def _watch(self) -> None:
        while self._streams or self._watched:
            await asyncio.sleep(self._settings.recheck_interval)
            for watched in list(self._watched):
                watched.recheck()
            for stream in list(self._streams):
                for subscriber in list(stream.subscribers):
                    await self._recheck(subscriber, stream)

    async def _recheck(self, subscriber: Subscriber, stream: Stream) -> None:
        """End it with its token; narrow it, or move it to a new supergraph, where its operation would run otherwise."""
        operation = subscriber.operation
        if operation is None or subscriber.stream is not stream:
            return
        try:
            if not self.operations.still_valid(operation.caller):
                raise AccessEndedError
            if self.operations.is_current(operation):
                return
            renewed = await self.operations.renewed(operation)
            if subscriber.stream is not stream:
                return
            subscriber.operation = renewed
            if not renewed.runs_like(operation):
                stream.remove(subscriber)
                cursor = stream.resumption.cursor if renewed.source == operation.source else None
                self._attach(subscriber, renewed, cursor)
        except Exception as error:
            if subscriber.stream is not None:
                subscriber.leave()
            subscriber.end(error)


def refusal_of(error: Exception) -> RequestError:
    """What tells the client why its stream ended."""
    if isinstance(error, RequestError):
        return error
    if isinstance(error, AccessEndedError):
        return RequestError.because(gettext_noop("the token has expired or was revoked"), "UNAUTHENTICATED", 401)
    return RequestError.because(gettext_noop("the subscription failed"), "INTERNAL_SERVER_ERROR", 500)
