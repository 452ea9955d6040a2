"""Content codings: which one a client gets, that it decodes, and what is sent as it is."""

import json
import zlib
from collections.abc import AsyncIterator, Callable

import brotli
import pytest

from router.client.encodings import decoded
from router.http.compression import CODINGS
from tests.router.http.graph import Graph, running

LARGE = {"query": "{ items(first: 400) { id price } }"}
DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "zstd": lambda body: decoded(b"zstd", body, 1_000_000),
    "br": brotli.decompress,
    "gzip": lambda body: zlib.decompress(body, wbits=31),
}


@pytest.fixture(scope="module")
async def graph() -> AsyncIterator[Graph]:
    async with running({"subscriptions": {"heartbeat": 0.2}}) as graph:
        yield graph


async def ask(graph: Graph, accepted: str | None, query: dict[str, str] = LARGE) -> tuple[str | None, bytes]:
    """The content coding of the answer, and its bytes."""
    headers = {"accept-encoding": accepted} if accepted is not None else {}
    request = graph.client.post(
        graph.url, json=query, headers=headers, skip_auto_headers=["accept-encoding"], auto_decompress=False
    )
    async with request as response:
        body = await response.read()
        assert int(response.headers["content-length"]) == len(body)
        assert "accept-encoding" in response.headers.getall("vary")
        return response.headers.get("content-encoding"), body


@pytest.mark.parametrize("coding", CODINGS)
async def test_each_coding_decodes_to_the_same_answer(graph: Graph, coding: str) -> None:
    _, plain = await ask(graph, None)
    assert len(json.loads(plain)["data"]["items"]) == 400
    told, body = await ask(graph, coding)
    assert told == coding
    assert len(body) * 10 < len(plain)
    assert DECODERS[coding](body) == plain


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (None, None),
        ("", None),
        ("identity", None),
        ("deflate, compress", None),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate, br", "br"),
        ("gzip, deflate", "gzip"),
        ("X-GZIP", "gzip"),
        ("zstd;q=0.4, br;q=0.5, gzip; Q=0.9", "gzip"),
        ("zstd;q=0, br;q=0, gzip;q=0.001", "gzip"),
        ("gzip;q=0", None),
        ("*", "zstd"),
        ("*;q=0.5, zstd;q=0", "br"),
        ("gzip, *;q=0", "gzip"),
        ("*;q=0", None),
        ("identity, gzip;q=0.5", None),
        ("identity;q=0.5, gzip;q=0.5", "gzip"),
        ("identity;q=0, gzip", "gzip"),
        ("gzip;q=much, br;q=nan, zstd;q=2", None),
    ],
)
async def test_a_client_gets_what_it_likes_best(graph: Graph, accepted: str | None, coding: str | None) -> None:
    assert (await ask(graph, accepted))[0] == coding


async def test_small_answers_are_sent_as_they_are(graph: Graph) -> None:
    assert await ask(graph, "gzip", {"query": "{ hello }"}) == (None, b'{"data":{"hello":"Hello world"}}')


async def test_compression_has_a_threshold_and_can_be_switched_off() -> None:
    async with running({"server": {"compression": {"minimum_bytes": 10}}}) as graph:
        coding, body = await ask(graph, "gzip", {"query": "{ hello }"})
        assert (coding, DECODERS["gzip"](body)) == ("gzip", b'{"data":{"hello":"Hello world"}}')
    async with running({"server": {"compression": {"enabled": False}}}) as graph:
        assert (await ask(graph, "gzip"))[0] is None


@pytest.mark.parametrize("media_type", ["text/event-stream", "multipart/mixed;subscriptionSpec=1.0"])
async def test_events_are_not_held_back_to_be_compressed(graph: Graph, media_type: str) -> None:
    headers = {"accept": media_type, "accept-encoding": "gzip, br, zstd"}
    query = {"query": "subscription { endless { number } }"}
    async with graph.client.post(graph.url, json=query, headers=headers, auto_decompress=False) as response:
        assert "content-encoding" not in response.headers
        read = b""
        while b'"number":3' not in read:
            read += await response.content.readany()


async def test_a_known_header_section_is_compressed_like_the_first(graph: Graph) -> None:
    answers = [await ask(graph, "br") for _ in range(3)]
    assert {coding for coding, _ in answers} == {"br"}
    assert len({body for _, body in answers}) == 1
