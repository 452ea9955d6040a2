"""Generated answers, cut at generated places: the same answer whole or in pieces, and one outcome whatever comes."""

import asyncio
import gzip
import os
import random
from collections.abc import Callable
from dataclasses import dataclass

import brotli
import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from router.client.connection import Connection
from router.client.pool import Pool
from router.client.request import Failure, Limits
from tests.router.client.peer import Recorded

pytestmark = pytest.mark.asyncio(loop_scope="module", loop_factories=["uvloop"])

fuzz = settings(max_examples=int(os.environ.get("FUZZ", "300")), deadline=None)
seeds = st.integers(0, 2**32)


class Wire(asyncio.Transport):
    """A socket that only knows whether it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.closed

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    abort = close


@dataclass
class Told:
    """What became of a request. `usable`: the connection has gone back to its pool."""

    outcome: Failure | tuple[int, bytes, bytes] | None
    usable: bool


class Once(Recorded):
    told: Failure | tuple[int, bytes, bytes] | None = None

    def on_response(self, status: int, content_type: bytes, body: bytes) -> None:
        assert self.told is None
        self.told = (status, content_type, body)

    def on_failure(self, failure: Failure) -> None:
        assert self.told is None
        self.told = failure


def new_pool() -> Pool:
    return Pool(Limits(connections=1, waiting=0, response_bytes=100_000), "h", 80, None, lambda: None)


def exchanged(pieces: list[bytes], *, end: bool, pool: Pool | None = None) -> Told:
    """Let a new connection hear these pieces after a request, and the connection's end behind them if `end`."""
    pool = pool or new_pool()
    connection, wire, request = Connection(pool), Wire(), Once()
    connection.connection_made(wire)
    connection.start(request)
    for piece in pieces:
        if not wire.closed:
            connection.data_received(piece)
    usable = request.told is not None and not wire.closed
    if end and not wire.closed:
        connection.eof_received()
    if end or wire.closed:
        connection.connection_lost(None)
        assert request.told is not None
        assert wire.closed
    return Told(request.told, usable)


@dataclass(frozen=True)
class Answer:
    data: bytes
    expected: tuple[int, bytes, bytes]
    usable: bool


CODINGS: dict[bytes, Callable[[bytes], bytes]] = {
    b"": bytes, b"identity": bytes, b"gzip": gzip.compress, b"br": brotli.compress, b"zstd": zstd.compress,
}  # fmt: skip
INTERIM = (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nContent-Encoding: br\r\nlink: a\r\n\r\n")
NO_MATTER = ((b"Date", b"now"), (b"X-A", b""), (b"Set-Cookie", b"a=b; c"), (b"Keep-Alive", b"timeout=5"))


def generated(rng: random.Random) -> Answer:
    body = rng.randbytes(rng.choice((0, 1, 16, 300)))
    status = rng.choice((200, 400, 404, 503, 599))
    content_type = rng.choice((b"application/json", b"text/html; charset=utf-8", b""))
    coding = rng.choice(list(CODINGS))
    framing = rng.choice(("length", "chunks", "end"))
    close = rng.random() < 0.3
    sent = CODINGS[coding](body)
    fields = [(b"Content-Type", content_type), *rng.sample(NO_MATTER, rng.randint(0, 4))]
    if coding:
        fields.append((b"Content-Encoding", coding))
    if close:
        fields.append((b"Connection", b"close"))
    if framing == "length":
        fields.append((b"Content-Length", b"%d" % len(sent)))
    elif framing == "chunks":
        fields.append((b"Transfer-Encoding", b"chunked"))
        sent = chunked(rng, sent)
    rng.shuffle(fields)
    head = b"HTTP/1.1 %d Because\r\n" % status
    for name, value in fields:
        cased = rng.choice((name, name.lower(), name.upper()))
        head += b"%b:%b%b\r\n" % (cased, rng.choice((b"", b" ", b" \t ")), value)
    before = b"".join(rng.choices(INTERIM, k=rng.choice((0, 0, 1, 3))))
    return Answer(before + head + b"\r\n" + sent, (status, content_type, body), framing != "end" and not close)


def chunked(rng: random.Random, body: bytes) -> bytes:
    made = b"".join(
        b"%x%b\r\n%b\r\n" % (len(piece), rng.choice((b"", b";a", b";a=b")), piece) for piece in cut(rng, body)
    )
    return made + b"0\r\n" + rng.choice((b"", b"Content-Encoding: gzip\r\n", b"X-T: 1\r\nX-U: 2\r\n")) + b"\r\n"


def cut(rng: random.Random, data: bytes) -> list[bytes]:
    """The data in pieces, none of them empty."""
    if rng.random() < 0.1:
        return [data[at : at + 1] for at in range(len(data))]
    places = sorted(rng.randint(0, len(data)) for _ in range(rng.randint(0, 8)))
    return [data[start:end] for start, end in zip((0, *places), (*places, len(data)), strict=True) if start < end]


@fuzz
@given(seeds)
async def test_an_answer_is_the_same_whole_or_in_pieces(seed: int) -> None:
    rng = random.Random(seed)
    answer = generated(rng)
    expected = Told(answer.expected, answer.usable)
    assert exchanged([answer.data], end=True) == expected
    for _ in range(5):
        assert exchanged(cut(rng, answer.data), end=True) == expected


@fuzz
@given(seeds)
async def test_an_answer_is_the_same_whatever_was_answered_before(seed: int) -> None:
    rng, pool = random.Random(seed), new_pool()
    answer = plain(rng)
    for data in (answer, *(alike(rng, answer) for _ in range(10))):
        told = exchanged([data], end=False, pool=pool)
        assert told == exchanged([data], end=False)
        assert told == exchanged(cut(rng, data), end=False, pool=pool)


def plain(rng: random.Random) -> bytes:
    """An answer that is very likely to have a head which is known afterwards."""
    fields = [b"%b: %b" % field for field in rng.sample(NO_MATTER, rng.randint(0, 4))]
    fields.append(b"%b: 20" % rng.choice((b"Content-Length", b"content-length")))
    rng.shuffle(fields)
    return b"\r\n".join((b"HTTP/1.1 200 OK", *fields, b"", b"a" * 20))


def alike(rng: random.Random, answer: bytes) -> bytes:
    """The same head with another length, and a body of that length or not."""
    body = rng.randbytes(rng.choice((0, 1, 7, 20, 100)))
    said = b"%d" % len(body)
    length = rng.choice(
        (said, said, said, b"0" + said, b" " + said, said + b" ", b"+" + said, b"-0", b"1_0", b"", b"7")
    )
    data = answer[:-20].replace(b" 20\r\n", b" %b\r\n" % length) + body
    if rng.random() < 0.3:
        at = rng.randrange(len(data))
        data = data[:at] + rng.choice((b"", b"\r", b"\n", b"\r\n", b"0", b":")) + data[at + rng.randint(0, 1) :]
    return data


@fuzz
@given(seeds)
async def test_what_follows_an_answer_is_never_taken_for_the_next_one(seed: int) -> None:
    rng = random.Random(seed)
    answer, more = generated(rng), rng.choice((b"x", b"H", b"HTTP/1.1 200 OK\r\n", b"0\r\n\r\n", generated(rng).data))
    if answer.usable:
        assert exchanged(cut(rng, answer.data + more), end=False) == Told(answer.expected, usable=False)


@fuzz
@given(seeds)
async def test_a_cut_off_answer_is_a_failure(seed: int) -> None:
    rng = random.Random(seed)
    answer = generated(rng)
    if answer.usable:
        part = answer.data[: rng.randrange(len(answer.data))]
        assert exchanged(cut(rng, part), end=True) == Told(Failure.LOST, usable=False)


@fuzz
@given(seeds)
async def test_whatever_comes_has_one_outcome(seed: int) -> None:
    rng = random.Random(seed)
    spoilt = bytearray(generated(rng).data)
    for _ in range(rng.randint(1, 5)):
        at = rng.randrange(len(spoilt))
        spoilt[at : at + rng.randint(0, 3)] = rng.choice((b"", b"\r", b"\n", b"0", b":", rng.randbytes(3)))
    whole = exchanged([bytes(spoilt)], end=True)
    for _ in range(5):
        assert exchanged(cut(rng, bytes(spoilt)), end=True) == whole


@fuzz
@given(st.binary(max_size=200), seeds)
async def test_noise_is_a_failure(noise: bytes, seed: int) -> None:
    told = exchanged(cut(random.Random(seed), noise), end=True)
    assert told.outcome in (Failure.LOST, Failure.INVALID)
    assert not told.usable
