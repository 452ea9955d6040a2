"""How an open subscription goes on after its connection was lost: the router asks, as its documentation says."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any


class Resumption:
    """The place of the present subscription among its events. `cursor` is that of the last one, None before the first."""

    def __init__(self, cursor: str | None = None, tell: Callable[[], Awaitable[None]] | None = None) -> None:
        self.cursor = cursor
        self._tell = tell

    @property
    def extensions(self) -> dict[str, Any]:
        """What an event says of its place, to who wants to know it."""
        return {} if self._tell is None or self.cursor is None else {"resume": self.cursor}

    async def begin(self, cursor: str) -> None:
        """Tell the place before the first event, so that none is lost that comes before it does."""
        self.cursor = cursor
        if self._tell is not None:
            await self._tell()


_resumption: ContextVar[Resumption | None] = ContextVar("resumption", default=None)


def set_resumption(extensions: Any, tell: Callable[[], Awaitable[None]]) -> None:
    """For the operation that is about to begin, by the `extensions` of its request; `tell` sends an event without data."""
    wanted = isinstance(extensions, dict) and "resume" in extensions
    cursor = extensions["resume"] if wanted else None
    _resumption.set(Resumption(cursor if isinstance(cursor, str) else None, tell if wanted else None))


def resumption() -> Resumption:
    """That of the present subscription. Its resolver begins after the cursor, and notes that of each event before it."""
    return _resumption.get() or Resumption()
