"""What is taken along."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class File:
    """A file."""

    name: str
    media_type: str
    content: bytes
