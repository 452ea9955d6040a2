"""Executions under way, and the exchanges that wait for them.

With de-duplication, an exchange may join the execution of an equal request: one whose bytes, caller and forwarded headers
are the same, on the same supergraph.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Hashable
from typing import Any

from router.http.protocol import Exchange

_A_TURN = 16
"""Executions that begin in one turn of the loop. More at once cost less CPU time, but each holds answers until it ends."""


class InFlightExecution:
    """One execution. Whoever leaves takes it from nobody else; when the last one leaves, it ends."""

    __slots__ = ("_in_flight", "exchanges", "key", "task")

    def __init__(self, in_flight: dict[Hashable, "InFlightExecution"], key: Hashable | None) -> None:
        self._in_flight = in_flight
        self.key = key
        self.exchanges: list[Exchange] = []
        self.task: asyncio.Task[None] | None = None
        if key is not None:
            in_flight[key] = self

    def join(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)
        exchange.on_disconnect = self._leave

    def close(self) -> None:
        """Let nobody else join."""
        if self.key is not None and self._in_flight.get(self.key) is self:
            del self._in_flight[self.key]

    def detach(self) -> list[Exchange]:
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


class ExecutionScheduler:
    """Lets executions begin, a few in a turn of the loop, so that those under way come further before the next ones."""

    def __init__(self, serve: Callable[[InFlightExecution, Exchange], Coroutine[Any, Any, None]]) -> None:
        self._serve = serve
        self._begun = 0  # in this turn
        self._waiting: deque[tuple[InFlightExecution, Exchange]] = deque()

    def add(self, execution: InFlightExecution, exchange: Exchange) -> None:
        """Serve an exchange of an execution, soon."""
        if self._begun < _A_TURN:
            self._begin(execution, exchange)
        else:
            self._waiting.append((execution, exchange))

    def _begin(self, execution: InFlightExecution, exchange: Exchange) -> None:
        loop = asyncio.get_running_loop()
        if not self._begun:
            loop.call_soon(self._next_turn)
        self._begun += 1
        execution.task = loop.create_task(self._serve(execution, exchange))

    def _next_turn(self) -> None:
        self._begun = 0
        while self._waiting and self._begun < _A_TURN:
            execution, exchange = self._waiting.popleft()
            if execution.exchanges:  # somebody waits for it still
                self._begin(execution, exchange)
