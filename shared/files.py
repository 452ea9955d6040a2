"""A file that somebody takes along."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class File:
    """A file."""

    name: str
    media_type: str
    content: bytes
