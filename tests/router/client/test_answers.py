"""What a subgraph may answer, well or badly: the body or a SubgraphFailure, and never a connection that is out of step."""

import asyncio
import gzip
import re
from collections.abc import Callable

import brotli
import pytest
from backports import zstd

from router.execution.errors import SubgraphFailure
from router.execution.transport import RequestContext
from tests.router.client.peer import BODY, OK, Wire, answering, once, peer, transport

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAYLOAD = b'{"query":"{a}"}'
CLIENT = RequestContext()
JSON = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
CHUNKED = JSON + b"transfer-encoding: chunked\r\n\r\n"


def each_byte(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


WELL_FORMED = {
    "with its length": OK,
    "in chunks": CHUNKED
    + b"4;ext=1\r\n"
    + BODY[:4]
    + b"\r\nC\r\n"
    + BODY[4:]
    + b"\r\n0\r\ncontent-encoding: gzip\r\n\r\n",
    "after an interim one": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + OK,
    "with headers in any case": OK.replace(b"content-length", b"CONTENT-Length"),
    "after an empty line": b"\r\n" + OK,
}


@pytest.mark.parametrize("answer", WELL_FORMED.values(), ids=WELL_FORMED)
async def test_an_answer_may_come_in_any_pieces_and_leaves_the_connection_usable(answer: bytes) -> None:
    async with peer(answering(*each_byte(answer))) as subgraph, transport() as ours:
        for _ in range(3):
            assert await ours.fetch("s", subgraph.url, PAYLOAD, CLIENT) == BODY
        assert subgraph.connections == 1


LAST = {
    "that says so": OK.replace(b"content-type", b"connection: close\r\ncontent-type"),
    "of HTTP/1.0": OK.replace(b"HTTP/1.1", b"HTTP/1.0"),
    "whose end is that of the connection": JSON + b"\r\n" + BODY,
    "with more behind it": OK + b"HTTP/1.1 200 OK\r\n",
    "with a second one behind it": OK + OK.replace(b"1}}", b"2}}"),
    "with a byte behind it": OK + b"H",
}


@pytest.mark.parametrize("answer", LAST.values(), ids=LAST)
async def test_an_answer_after_which_the_connection_is_not_used_again(answer: bytes) -> None:
    async with peer(once(answer)) as subgraph, transport() as ours:
        for count in (1, 2):
            assert await ours.fetch("s", subgraph.url, PAYLOAD, CLIENT) == BODY
            assert subgraph.connections == count


async def test_an_answer_that_ends_with_the_connection_may_come_in_any_pieces() -> None:
    async with peer(once(*each_byte(JSON + b"\r\n" + BODY))) as subgraph, transport() as ours:
        assert await ours.fetch("s", subgraph.url, PAYLOAD, CLIENT) == BODY


async def test_an_answer_without_a_body() -> None:
    async with peer(answering(b"HTTP/1.1 204 No Content\r\n\r\n")) as subgraph, transport() as ours:
        for _ in range(2):
            assert await ours.fetch("s", subgraph.url, PAYLOAD, CLIENT) == b""
        assert subgraph.connections == 1


BROKEN = {
    "nothing": b"",
    "half a head": JSON,
    "only an interim one": b"HTTP/1.1 100 Continue\r\n\r\n",
    "less than its length": OK[:-1],
    "a cut off chunk": CHUNKED + b"10\r\n" + BODY[:5],
    "no last chunk": CHUNKED + b"10\r\n" + BODY + b"\r\n",
    "a chunk size that is none": CHUNKED + b"xyz\r\n",
    "a chunk longer than its size": CHUNKED + b"1\r\n" + BODY + b"\r\n0\r\n\r\n",
    "two lengths": OK.replace(b"content-length", b"content-length: 3\r\ncontent-length"),
    "a length and chunks": CHUNKED.replace(b"\r\n\r\n", b"\r\ncontent-length: 16\r\n\r\n")
    + b"10\r\n"
    + BODY
    + b"\r\n0\r\n\r\n",
    "a negative length": OK.replace(b"length: 16", b"length: -16"),
    "another transfer coding": JSON + b"transfer-encoding: gzip\r\n\r\n" + BODY,
    "chunks of another coding": CHUNKED.replace(b"chunked", b"gzip, chunked") + b"10\r\n" + BODY + b"\r\n0\r\n\r\n",
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n" + BODY,
    "a header without a colon": OK.replace(b"content-type:", b"content-type"),
    "a folded header": OK.replace(b"application/json", b"application/json\r\n more"),
    "no HTTP": b"SSH-2.0-OpenSSH\r\n",
    "HTTP/2": b"\x00\x00\x12\x04\x00\x00\x00\x00\x00",
    "an unknown coding": OK.replace(b"content-type", b"content-encoding: lzw\r\ncontent-type"),
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
async def test_a_broken_answer_is_a_failure_and_ends_its_connection(answer: bytes) -> None:
    async with peer(once(answer)) as subgraph, transport() as ours:
        for count in (1, 2):
            with pytest.raises(SubgraphFailure) as failed:
                await ours.fetch("s", subgraph.url, PAYLOAD, CLIENT)
            assert failed.value.code == "SUBREQUEST_HTTP_ERROR"
            assert failed.value.status is None
            assert subgraph.connections == count


async def test_a_reset_is_a_failure() -> None:
    async def reset(wire: Wire) -> None:
        await wire.request()
        await wire.send(OK[:-1])
        wire.reset()

    async with peer(reset) as subgraph, transport() as ours:
        with pytest.raises(SubgraphFailure, match="ended the connection"):
            await ours.fetch("s", subgraph.url, PAYLOAD, CLIENT)


ENDLESS = {
    "heads": (b"HTTP/1.1 200 OK\r\n", b"x-header: " + b"x" * 1000 + b"\r\n"),
    "a header": (b"HTTP/1.1 200 OK\r\nx-header: ", b"x" * 1000),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 50),
    "chunk extensions": (CHUNKED + b"1", b";x=y" * 100),
    "trailers": (CHUNKED + b"1\r\nx\r\n0\r\nx-trailer: ", b"x" * 1000),
}


@pytest.mark.parametrize(("first", "more"), ENDLESS.values(), ids=ENDLESS)
async def test_what_is_not_body_has_a_bound_too(first: bytes, more: bytes) -> None:
    said = 0

    async def never_ending(wire: Wire) -> None:
        nonlocal said
        await wire.request()
        await wire.send(first)
        while not wire.transport.is_closing():
            await wire.send(more)
            said += len(more)

    async with peer(never_ending) as subgraph, transport() as ours:
        with pytest.raises(SubgraphFailure, match="valid HTTP"):
            await ours.fetch("s", subgraph.url, PAYLOAD, CLIENT)
    assert said < 10_000_000


async def test_a_body_has_a_bound() -> None:
    async def never_ending(wire: Wire) -> None:
        await wire.request()
        await wire.send(JSON + b"\r\n")
        while not wire.transport.is_closing():
            await wire.send(b"x" * 1000)

    async with peer(never_ending) as subgraph, transport(max_response_bytes=5000) as ours:
        with pytest.raises(SubgraphFailure, match="more than 5000 bytes"):
            await ours.fetch("s", subgraph.url, PAYLOAD, CLIENT)
    async with peer(answering(OK)) as subgraph, transport(max_response_bytes=len(BODY) - 1) as ours:
        with pytest.raises(SubgraphFailure, match="more than 15 bytes"):
            await ours.fetch("s", subgraph.url, PAYLOAD, CLIENT)
    async with peer(answering(OK)) as subgraph, transport(max_response_bytes=len(BODY)) as ours:
        assert await ours.fetch("s", subgraph.url, PAYLOAD, CLIENT) == BODY


Compress = Callable[[bytes], bytes]
CODINGS: list[tuple[str, Compress]] = [("gzip", gzip.compress), ("br", brotli.compress), ("zstd", zstd.compress)]


def encoded(coding: str, body: bytes) -> bytes:
    head = JSON + b"content-encoding: %b\r\ncontent-length: %d\r\n\r\n" % (coding.encode(), len(body))
    return head + body


@pytest.mark.parametrize(("coding", "compress"), CODINGS)
async def test_a_compressed_body_is_bound_by_what_comes_out(coding: str, compress: Compress) -> None:
    bomb = encoded(coding, compress(b"x" * 10_000_000))
    assert len(bomb) < 20_000
    async with peer(answering(bomb)) as subgraph:
        async with transport(max_response_bytes=9_999_999) as ours:
            with pytest.raises(SubgraphFailure, match="more than 9999999 bytes"):
                await ours.fetch("s", subgraph.url, PAYLOAD, CLIENT)
        async with transport(max_response_bytes=10_000_000) as ours:
            assert len(await ours.fetch("s", subgraph.url, PAYLOAD, CLIENT)) == 10_000_000


@pytest.mark.parametrize(("coding", "compress"), CODINGS)
@pytest.mark.parametrize("spoil", [lambda body: body[:-3], lambda body: body + b"more", lambda body: body[::-1]])
async def test_a_body_that_is_not_encoded_as_it_says(coding: str, compress: Compress, spoil: Compress) -> None:
    answer = encoded(coding, spoil(compress(BODY * 20)))
    async with peer(answering(answer)) as subgraph, transport() as ours:
        with pytest.raises(SubgraphFailure, match="valid HTTP"):
            await ours.fetch("s", subgraph.url, PAYLOAD, CLIENT)


async def test_a_slow_answer_ends_in_time_however_often_a_byte_comes() -> None:
    ended = asyncio.Event()

    async def drip(wire: Wire) -> None:
        await wire.request()
        for byte in each_byte(OK):
            await asyncio.sleep(0.02)
            await wire.send(byte)
            if wire.transport.is_closing():
                ended.set()

    async with peer(drip) as subgraph, transport(timeout=0.1) as ours:
        with pytest.raises(SubgraphFailure, match=re.escape("did not answer within 0.1 s")) as failed:
            await ours.fetch("s", subgraph.url, PAYLOAD, CLIENT)
        assert failed.value.code == "SUBREQUEST_TIMEOUT"
        await ended.wait()
