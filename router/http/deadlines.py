"""A time limit for each of many things, watched by one timer: a timer each would cost as much as a small request."""

import asyncio
from collections.abc import Callable, Hashable
from functools import cached_property
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)
_TOGETHER = 0.005  # seconds; what is due within them is seen to at once


class Deadlines(Generic[T]):
    """All have the same limit in seconds, so that the first to begin is the first to end."""

    def __init__(self, limit: float, passed: Callable[[T], None]) -> None:
        self.limit = limit
        self._call = passed
        self._open: dict[T, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, item: T) -> float:
        """Start its time; gives when it ends (time of the loop)."""
        due = self._open[item] = self._loop.time() + self.limit
        if self._timer is None:
            self._timer = self._loop.call_at(due, self._look)
        return due

    def end(self, item: T) -> bool:
        """Whether its time was not up."""
        return self._open.pop(item, None) is not None

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    def _look(self) -> None:
        now = self._loop.time() + _TOGETHER
        passed = []
        for item, due in self._open.items():
            if due > now:
                break
            passed.append(item)
        for item in passed:
            del self._open[item]
        self._timer = self._loop.call_at(due, self._look) if self._open else None
        for item in passed:
            self._call(item)
