"""Heads of HTTP messages: those that one peer sends differ in the body's length, and once a second in the date."""

import re
from typing import Generic, TypeVar

T = TypeVar("T")

_DIGITS = 19  # as many as 64 bits take
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)


class KnownHead(Generic[T]):
    """A head that was parsed, and what it `means`: another one that differs in the body's length alone means the same."""

    __slots__ = ("_after", "_before", "means")

    def __init__(self, before: bytes, after: bytes, means: T) -> None:
        self._before = before
        self._after = after
        self.means = means

    def body_of(self, message: bytes) -> bytes | None:
        """The body of a whole message with this head; None for everything else."""
        if not message.startswith(self._before):
            return None
        begin = len(self._before)
        end = message.find(b"\r", begin, begin + _DIGITS)
        if not message.startswith(self._after, end):
            return None
        length, behind = message[begin:end], end + len(self._after)
        return message[behind:] if length.isdigit() and int(length) == len(message) - behind else None


def known_head(message: bytes, size: int, means: T) -> KnownHead[T] | None:
    """That of a message which was found right, with a body of `size` bytes. None if the head does not tell the length."""
    end = message.find(b"\r\n\r\n") + 4
    length = _LENGTH.search(message, 0, end)
    if length is None or int(length[1]) != size or len(message) != end + size:
        return None
    return KnownHead(message[: length.start(1)], message[length.end(1) : end], means)
