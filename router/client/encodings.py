"""Content codings (RFC 9110 section 8.4.1), undone within a bound."""

import sys
import zlib
from collections.abc import Callable, Mapping
from typing import Protocol

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ACCEPTED = b"gzip, br, zstd"
_ZSTD_WINDOW: Mapping[int, int] = {zstd.DecompressionParameter.window_log_max: 23}  # 8 MB, as RFC 9659 bounds it


class TooLargeError(Exception):
    """More than the bound comes out."""


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def decoded(coding: bytes, body: bytes, limit: int) -> bytes:
    """The body without its coding. Raises TooLargeError beyond `limit` bytes, and ValueError for what does not decode."""
    coding = coding.strip().lower()
    try:
        match coding:
            case b"gzip":
                return _inflated(lambda: zlib.decompressobj(wbits=31), body, limit)
            case b"zstd":
                return _inflated(lambda: zstd.ZstdDecompressor(options=_ZSTD_WINDOW), body, limit)
            case b"br":
                return _unbrotlied(body, limit)
            case b"identity":
                return body
    except (zlib.error, zstd.ZstdError, brotli.error) as error:
        raise ValueError("the body is not encoded as it says") from error
    raise ValueError("the content coding is not one that was accepted")


def _inflated(decompressor: Callable[[], _Decompressor], body: bytes, limit: int) -> bytes:
    one = decompressor()
    made = one.decompress(body, limit + 1)
    if len(made) > limit:
        raise TooLargeError
    if not one.eof or one.unused_data:
        raise ValueError("the compressed body is cut off, or something follows it")
    return made


def _unbrotlied(body: bytes, limit: int) -> bytes:
    one = brotli.Decompressor()
    made: bytes = one.process(body, output_buffer_limit=limit + 1)
    if len(made) > limit:
        raise TooLargeError
    if not one.is_finished():
        raise ValueError("the compressed body is cut off")
    return made
