"""Start lines and header sections of HTTP messages (RFC 9112, section 2.1), remembered so that an equal one is not parsed.

Those that one peer sends differ in the body's length, and once a second in the date.
"""

import re
from typing import Generic, TypeVar

T = TypeVar("T")

_DIGITS = 19  # as many as 64 bits take
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)


class HeaderSection(Generic[T]):
    """One that was `parsed` to something: another one that differs in the body's length alone is parsed to the same."""

    __slots__ = ("_after", "_before", "parsed")

    def __init__(self, before: bytes, after: bytes, parsed: T) -> None:
        self._before = before
        self._after = after
        self.parsed = parsed

    def body_of(self, message: bytes) -> bytes | None:
        """The body of a whole message that begins with it; None for everything else."""
        if not message.startswith(self._before):
            return None
        begin = len(self._before)
        end = message.find(b"\r", begin, begin + _DIGITS)
        if not message.startswith(self._after, end):
            return None
        length, behind = message[begin:end], end + len(self._after)
        return message[behind:] if length.isdigit() and int(length) == len(message) - behind else None


def header_section(message: bytes, size: int, parsed: T) -> HeaderSection[T] | None:
    """That of a message which was found right, with a body of `size` bytes. None if it does not tell the length."""
    end = message.find(b"\r\n\r\n") + 4
    length = _LENGTH.search(message, 0, end)
    if length is None or int(length[1]) != size or len(message) != end + size:
        return None
    return HeaderSection(message[: length.start(1)], message[length.end(1) : end], parsed)
