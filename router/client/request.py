"""What a client is asked to do, and how it tells the outcome."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol


class Failure(Enum):
    """Why a request has no answer."""

    UNREACHABLE = auto()
    """No connection could be made."""
    LOST = auto()
    """The connection ended before the answer did."""
    INVALID = auto()
    """What came is no HTTP response, or not encoded as it says."""
    TOO_LARGE = auto()
    """The answer's body is larger than allowed, compressed or not."""
    QUEUE_FULL = auto()
    """Too many requests wait for a connection; this one was not sent."""
    TIMEOUT = auto()
    """The request's time is up."""
    ABANDONED = auto()
    """Nobody waits for the answer any more."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds, for each origin and each answer."""

    connections: int
    waiting: int
    """Requests that wait for a connection."""
    response_bytes: int
    connect_seconds: float = 5.0
    idle_seconds: float = 4.0
    """For which a connection stays open. Servers commonly end one after five: ours is gone before a request meets that."""


class Request(Protocol):
    """A request, and its outcome: a client calls `on_response` or `on_failure`, once."""

    header_lines: bytes
    """Header lines besides those of the endpoint, each with its line end."""
    body: bytes
    message: bytes
    """Room for the client to keep what it sends."""
    has_priority: bool
    """Whether it belongs to something that has begun: where requests wait, it comes before those that begin something."""
    retryable: bool
    """Whether it may be sent again where a connection turns out to be dead. The client clears it when it did."""

    def abort_reason(self, now: float) -> Failure | None:
        """Whether to end it at this time (of the loop), and as what; asked from time to time."""
        ...

    def on_response(self, status: int, content_type: bytes, body: bytes) -> None: ...

    def on_failure(self, failure: Failure) -> None: ...


class Endpoint(Protocol):
    """An address that takes requests."""

    def send(self, request: Request) -> None:
        """Start a request, at once if a connection is free."""
        ...


class Client(Protocol):
    def endpoint(self, url: str, header_lines: bytes) -> Endpoint:
        """The address, and header lines that all its requests have. Raises ValueError for what is no HTTP URL."""
        ...

    async def close(self) -> None:
        """End all requests and connections."""
        ...
