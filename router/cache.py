"""Memory of what was computed, bounded in entries and in bytes: what is remembered is often for clients to choose."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import lru_cache, wraps
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
T = TypeVar("T", str, bytes, str | None)

_LONGEST_TEXT = 512


class Cache(Generic[K, V]):
    """The least recently used go first, once there are more than `maximum` or they take more than `max_bytes`.

    One thread may put while another one gets.
    """

    __slots__ = ("_bytes", "_entries", "_max_bytes", "_maximum")

    def __init__(self, maximum: int, max_bytes: int) -> None:
        self._maximum = maximum
        self._max_bytes = max_bytes
        self._bytes = 0
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def get(self, key: K) -> V | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        try:  # noqa: SIM105 - each request comes here
            self._entries.move_to_end(key)
        except KeyError:  # it was the oldest, and has gone by now
            pass
        return entry[0]

    def put(self, key: K, value: V, size: int) -> None:
        """Remember a value that takes about so many bytes with its key; not one that takes more than all may."""
        self.remove(key)
        if size > self._max_bytes:
            return
        self._entries[key] = (value, size)
        self._bytes += size
        while self._bytes > self._max_bytes or len(self._entries) > self._maximum:
            self._bytes -= self._entries.popitem(last=False)[1][1]

    def remove(self, key: K) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= entry[1]


def remembered(maximum: int) -> Callable[[Callable[[T], V]], Callable[[T], V]]:
    """`lru_cache` for functions of a header's text. A text that is long for a header is not remembered."""

    def decorate(function: Callable[[T], V]) -> Callable[[T], V]:
        found = lru_cache(maximum)(function)

        @wraps(function)
        def call(text: T) -> V:
            return found(text) if text is None or len(text) <= _LONGEST_TEXT else function(text)

        return call

    return decorate
