"""Heads of answers. Those of one server differ in the body's length, and once a second in the date."""

import re
from typing import Self

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)


class KnownHead:
    """A head that was parsed: another one that differs in the body's length alone says the same."""

    __slots__ = ("_after", "_before", "fields")

    def __init__(self, before: bytes, after: bytes, fields: dict[bytes, bytes]) -> None:
        self._before = before
        self._after = after
        self.fields = fields

    @classmethod
    def of(cls, answer: bytes, size: int, fields: dict[bytes, bytes]) -> Self | None:
        """That of an answer which was found right: its body is the last `size` bytes. None if it does not tell the length."""
        end = len(answer) - size
        length = _LENGTH.search(answer, 0, end)
        if length is None or int(length[1]) != size:
            return None
        return cls(answer[: length.start(1)], answer[length.end(1) : end], fields)

    def body_of(self, answer: bytes) -> bytes | None:
        """The body of a whole answer with this head; None for everything else."""
        if not answer.startswith(self._before):
            return None
        begin = len(self._before)
        end = answer.find(b"\r", begin)
        if not answer.startswith(self._after, end):
            return None
        length, behind = answer[begin:end], end + len(self._after)
        return answer[behind:] if length.isdigit() and int(length) == len(answer) - behind else None
