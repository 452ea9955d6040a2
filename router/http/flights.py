"""Executions under way, and the exchanges that wait for them.

With de-duplication, an exchange may join the flight of an equal request: one whose bytes, caller and forwarded headers
are the same, on the same supergraph.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Hashable
from typing import Any

from router.http.protocol import Exchange

_A_TURN = 16
"""Flights that begin in one turn of the loop. More at once cost less CPU time, but each holds answers until it ends."""


class Flight:
    """One execution. Whoever leaves takes it from nobody else; when the last one leaves, it ends."""

    __slots__ = ("_flights", "exchanges", "key", "task")

    def __init__(self, flights: dict[Hashable, "Flight"], key: Hashable | None) -> None:
        self._flights = flights
        self.key = key
        self.exchanges: list[Exchange] = []
        self.task: asyncio.Task[None] | None = None
        if key is not None:
            flights[key] = self

    def join(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)
        exchange.gone = self._leave

    def close(self) -> None:
        """Let nobody else join."""
        if self.key is not None and self._flights.get(self.key) is self:
            del self._flights[self.key]

    def part(self) -> list[Exchange]:
        """Close it, and give back those who joined, because the operation is one that each must run alone."""
        self.close()
        joined = self.exchanges[1:]
        del self.exchanges[1:]
        return joined

    def _leave(self, exchange: Exchange) -> None:
        self.exchanges.remove(exchange)
        if not self.exchanges:
            self.close()
            if self.task is not None:
                self.task.cancel()


class Runway:
    """Lets flights begin, a few in a turn of the loop, so that those under way come further before the next ones."""

    def __init__(self, serve: Callable[[Flight, Exchange], Coroutine[Any, Any, None]]) -> None:
        self._serve = serve
        self._begun = 0  # in this turn
        self._waiting: deque[tuple[Flight, Exchange]] = deque()

    def add(self, flight: Flight, exchange: Exchange) -> None:
        """Serve an exchange of a flight, soon."""
        if self._begun < _A_TURN:
            self._begin(flight, exchange)
        else:
            self._waiting.append((flight, exchange))

    def _begin(self, flight: Flight, exchange: Exchange) -> None:
        loop = asyncio.get_running_loop()
        if not self._begun:
            loop.call_soon(self._next_turn)
        self._begun += 1
        flight.task = loop.create_task(self._serve(flight, exchange))

    def _next_turn(self) -> None:
        self._begun = 0
        while self._waiting and self._begun < _A_TURN:
            flight, exchange = self._waiting.popleft()
            if flight.exchanges:  # somebody waits for it still
                self._begin(flight, exchange)
