"""Content codings of answers (RFC 9110, sections 8.4 and 12.5.3)."""

import sys
import zlib
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import brotli

from router.cache import remembered
from router.config import Compression

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_IDENTITY = "identity"


class Coding(NamedTuple):
    """One coding; `header` is the line that tells it."""

    header: bytes
    encode: Callable[[bytes], bytes]


# Levels at which a further one costs more time than it saves on the wire. The first one is taken of those that a client
# likes as well.
CODINGS = {
    name: Coding(f"content-encoding: {name}\r\n".encode(), encode)
    for name, encode in {
        "zstd": partial(zstd.compress, level=1),
        "br": partial(brotli.compress, quality=3),
        "gzip": partial(zlib.compress, level=1, wbits=31),
    }.items()
}


def chosen(accepted: str, size: int, settings: Compression) -> Coding | None:
    """What to encode an answer of so many bytes with; None for its bytes as they are."""
    if size < settings.minimum_bytes or not settings.enabled:
        return None
    return _preferred(accepted)


@remembered(256)
def _preferred(accepted: str) -> Coding | None:
    """What an Accept-Encoding likes best. An answer as it is goes to those who say that they like it better, or take nothing
    that is offered.
    """
    weights = {}
    for entry in accepted.lower().split(","):
        name, *parameters = (part.strip() for part in entry.split(";"))
        weights["gzip" if name == "x-gzip" else name] = _weight(parameters)
    others = weights.get("*", 0.0)
    best = max(CODINGS, key=lambda name: weights.get(name, others))
    weight = weights.get(best, others)
    return CODINGS[best] if weight > 0 and weight >= weights.get(_IDENTITY, 0.0) else None


def _weight(parameters: list[str]) -> float:
    """The weight that the parameter `q` gives; none if it is no number from 0 to 1."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                weight = float(value)
            except ValueError:
                return 0.0
            return weight if 0 <= weight <= 1 else 0.0
    return 1.0
