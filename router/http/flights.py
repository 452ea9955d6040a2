"""Executions under way, and the exchanges that wait for them.

With de-duplication, an exchange may join the flight of an equal request: one whose bytes, caller and forwarded headers
are the same, on the same supergraph.
"""

import asyncio
from collections.abc import Hashable

from router.http.protocol import Exchange


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
