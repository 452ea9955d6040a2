"""HTTP/1.1 as bytes: pieces, pipelines, clients that leave, and what proxies tell."""

import asyncio
import json
import random
import re
import socket
from collections.abc import AsyncIterator, Callable

import pytest

from router.telemetry import FETCHES
from tests.router.http.graph import Graph, running

HELLO = b'{"data":{"hello":"Hello world"}}'
WAIT = '{ hello(name: "wait") }'


@pytest.fixture(scope="module")
async def graph() -> AsyncIterator[Graph]:
    rules = [{"propagate": "x-forwarded-for"}, {"propagate": "x-request-id"}]
    async with running({"server": {"request_timeout": 2}, "subgraphs": {"all": {"headers": rules}}}) as graph:
        yield graph


def request(query: str = "{ hello }", *headers: str, version: str = "1.1") -> bytes:
    body = json.dumps({"query": query}).encode()
    lines = [f"POST /graphql HTTP/{version}", "host: x", "content-type: application/json", *headers]
    return "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body


async def connected(graph: Graph) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port(graph))


def port(graph: Graph) -> int:
    return int(re.findall(r":(\d+)/", graph.url)[0])


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the next answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.rstrip().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, await reader.readexactly(int(headers.get("content-length", 0)))


async def exchanged(graph: Graph, sent: bytes, count: int = 1) -> list[tuple[int, dict[str, str], bytes]]:
    reader, writer = await connected(graph)
    writer.write(sent)
    async with asyncio.timeout(5):
        answers = [await answer(reader) for _ in range(count)]
    writer.close()
    return answers


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in a subgraph
            await asyncio.sleep(0.02)


async def test_a_request_may_come_in_pieces(graph: Graph) -> None:
    whole = request()
    reader, writer = await connected(graph)
    for split in range(1, len(whole)):
        writer.write(whole[:split])
        await asyncio.sleep(0.002)
        writer.write(whole[split:])
        status, _, body = await answer(reader)
        assert (status, body) == (200, HELLO), split
    writer.close()


@pytest.mark.parametrize("seed", range(20))
async def test_requests_are_told_apart_whatever_came_before_on_their_connection(graph: Graph, seed: int) -> None:
    rng = random.Random(seed)
    reader, writer = await connected(graph)
    ids: set[str] = set()
    for number in range(30):
        names = [f"{'x' * rng.randrange(20)}{number}-{place}" for place in range(rng.choice((1, 1, 1, 2, 3)))]
        own = {name: f"r{name}" for name in names if rng.random() < 0.2}
        sent = b"".join(
            request(
                f'{{ hello(name: "{name}") }}',
                *([f"x-request-id: {own[name]}"] if name in own else ()),
                *(["x-other: 1"] if rng.random() < 0.2 else ()),
            )
            for name in names
        )
        split = rng.randrange(len(sent)) if rng.random() < 0.2 else 0
        for piece in filter(None, (sent[:split], sent[split:])):
            writer.write(piece)
            await asyncio.sleep(0.005 if split else 0)
        for name in names:
            status, headers, body = await answer(reader)
            assert (status, json.loads(body)) == (200, {"data": {"hello": f"Hello {name}"}})
            assert headers["x-request-id"] == own.get(name, headers["x-request-id"])
            assert headers["x-request-id"] not in ids
            ids.add(headers["x-request-id"])
    writer.close()


@pytest.mark.parametrize("length", [b"+21", b"2_1", b"21,21", b"-1", b"", b"0x15", b"9" * 23, b"9" * 5000])
async def test_a_length_is_digits_whatever_came_before(graph: Graph, length: bytes) -> None:
    plain = request("{ hello }")
    reader, writer = await connected(graph)
    writer.write(plain)
    assert (await answer(reader))[2] == HELLO
    writer.write(re.sub(rb"content-length: \d+", b"content-length: " + length, plain))
    assert (await answer(reader))[0] in (400, 413)
    writer.close()


async def test_a_body_may_come_in_chunks(graph: Graph) -> None:
    body = b'{"query": "{ hello }"}'
    head = b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body)
    assert (await exchanged(graph, head + chunks + b"0\r\n\r\n"))[0][2] == HELLO


async def test_pipelined_requests_are_answered_in_order(graph: Graph) -> None:
    health = b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n"
    refused = b"PUT /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n"
    sent = request(WAIT) + request() + health + refused * 1500 + request("{ __typename }") + health
    answers = await exchanged(graph, sent, 1505)
    assert [answers[number][2] for number in (0, 1, 2)] == [
        b'{"data":{"hello":"Hello wait"}}',
        HELLO,
        b'{"status":"up"}',
    ]
    assert {status for status, _, _ in answers[3:1503]} == {405}
    assert [body for _, _, body in answers[1503:]] == [b'{"data":{"__typename":"Query"}}', b'{"status":"up"}']


async def test_who_does_not_read_answers_is_not_served_without_end(graph: Graph) -> None:
    count, before = 60, len(graph.shop.queries)
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
    small.connect(("127.0.0.1", port(graph)))
    reader, writer = await asyncio.open_connection(sock=small)
    writer.write(request(f'{{ hello(name: "{"x" * 100_000}") }}') * count)  # more than the sockets' buffers take
    served = -1
    while served != len(graph.shop.queries):
        served = len(graph.shop.queries)
        await asyncio.sleep(0.3)
    assert served - before < count
    assert {(await answer(reader))[0] for _ in range(count)} == {200}
    writer.close()


@pytest.mark.parametrize("sent", [request("{ hello }", "connection: close"), request(version="1.0")])
async def test_a_connection_ends_when_the_client_wants_it_to(graph: Graph, sent: bytes) -> None:
    reader, writer = await connected(graph)
    writer.write(sent)
    status, headers, body = await answer(reader)
    assert (status, headers["connection"], body) == (200, "close", HELLO)
    assert await reader.read() == b""
    writer.close()


SMUGGLED = request("{ nope }")


@pytest.mark.parametrize(
    "offer",
    [
        (
            "connection: Upgrade, HTTP2-Settings",
            "upgrade: h2c",
            "http2-settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
        ),
        ("connection: upgrade", "upgrade: websocket"),  # with a method that opens none
        ("connection: upgrade", "upgrade: TLS/1.0"),
        ("connection: close, upgrade", "upgrade: h2c"),
    ],
)
async def test_an_offer_of_another_protocol_is_ignored_and_the_body_stays_a_body(
    graph: Graph, offer: tuple[str, ...]
) -> None:
    sent = request("{ hello }", *offer)
    for split in (0, sent.index(b"\r\n\r\n") + 4, sent.index(b"upgrade:") + 3, sent.index(b"hello")):
        reader, writer = await connected(graph)
        for piece in filter(None, (sent[:split], sent[split:])):
            writer.write(piece)
            await asyncio.sleep(0.01)
        status, headers, body = await answer(reader)
        assert (status, body) == (200, HELLO), split
        if "connection" not in headers:
            writer.write(request("{ __typename }"))
            assert (await answer(reader))[2] == b'{"data":{"__typename":"Query"}}'
        else:
            assert await reader.read() == b""
        writer.close()


async def test_a_request_in_the_body_of_one_that_offers_another_protocol_is_none(graph: Graph) -> None:
    head = request("", "connection: upgrade", "upgrade: h2c", "x: y").partition(b"content-length")[0]
    sent = head + b"content-length: %d\r\n\r\n" % len(SMUGGLED) + SMUGGLED + request()
    (status, _, body), (_, _, second) = await exchanged(graph, sent, 2)
    assert (status, json.loads(body)["errors"][0]["extensions"]["code"], second) == (400, "INVALID_JSON", HELLO)


async def test_many_offers_may_be_pipelined(graph: Graph) -> None:
    offer = ("connection: upgrade", "upgrade: h2c")
    chunked = request("{ hello }", *offer, "transfer-encoding: chunked").replace(b"content-length", b"x-length")
    head, _, body = chunked.partition(b"\r\n\r\n")
    asked = (request("{ hello }", *offer) + b"%b\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (head, len(body), body)) * 10
    refused = b"PUT /graphql HTTP/1.1\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n" * 1500
    health = b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n"
    answers = await exchanged(graph, refused + asked + health, 1521)
    assert {status for status, _, _ in answers[:1500]} == {405}
    assert [body for _, _, body in answers[1500:]] == [*[HELLO] * 20, b'{"status":"up"}']


async def test_a_head_that_offers_another_protocol_is_limited_too(graph: Graph) -> None:
    reader, writer = await connected(graph)
    sent = request(
        "{ hello }", "connection: upgrade", "upgrade: h2c", *[f"x-{number}: {'x' * 4000}" for number in range(9)]
    )
    for begin in range(0, len(sent), 5000):
        writer.write(sent[begin : begin + 5000])
        await asyncio.sleep(0.005)
    assert (await answer(reader))[0] == 431
    writer.close()


HANDSHAKE = (
    "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
    "sec-websocket-key: AQIDBAUGBwgJCgsMDQ4PEA==\r\nsec-websocket-protocol: graphql-transport-ws"
)


@pytest.mark.parametrize("first", [b"", request(), b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n"])
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("GET /graphql HTTP/1.1", 101),
        ("GET /graphql HTTP/1.0", 400),
        ("GET /health HTTP/1.1", 200),
        ("GET /nothing HTTP/1.1", 404),
        ("CONNECT /graphql HTTP/1.1", 400),
        ("CONNECT x:80 HTTP/1.1", 400),
    ],
)
async def test_only_a_get_of_the_graph_becomes_a_websocket(graph: Graph, first: bytes, sent: str, status: int) -> None:
    reader, writer = await connected(graph)
    if first:
        writer.write(first)
        assert (await answer(reader))[0] == 200
    writer.write(f"{sent}\r\nhost: x\r\n{HANDSHAKE}\r\n\r\n".encode())
    assert (await answer(reader))[0] == status
    writer.close()


async def test_a_handshake_with_a_body_opens_no_websocket(graph: Graph) -> None:
    handshake = f"GET /graphql HTTP/1.1\r\nhost: x\r\n{HANDSHAKE}\r\ncontent-length: {len(SMUGGLED)}\r\n\r\n"
    answers = await exchanged(graph, handshake.encode() + SMUGGLED + request(), 2)
    assert [(status, body == HELLO) for status, _, body in answers] == [(400, False), (200, True)]


async def test_a_client_that_asks_first_is_told_to_go_on(graph: Graph) -> None:
    reader, writer = await connected(graph)
    head, _, body = request("{ hello }", "expect: 100-continue").partition(b"\r\n\r\n")
    writer.write(head + b"\r\n\r\n")
    assert (await answer(reader))[0] == 100
    writer.write(body)
    assert (await answer(reader))[2] == HELLO
    writer.close()


async def test_a_body_that_is_announced_too_large_is_not_waited_for(graph: Graph) -> None:
    sent = b"POST /graphql HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: 9000000\r\n\r\n"
    assert (await exchanged(graph, sent))[0][0] == 413


async def test_a_head_without_a_body_to_come_has_none(graph: Graph) -> None:
    reader, writer = await connected(graph)
    writer.write(b"HEAD /graphql HTTP/1.1\r\nhost: x\r\n\r\n" + request())
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 405 ")
    assert (await answer(reader))[2] == HELLO
    writer.close()


async def test_what_is_no_http_is_refused(graph: Graph) -> None:
    assert (await exchanged(graph, b"\x16\x03\x01\r\n\r\n"))[0][0] == 400


async def test_a_whole_address_is_understood(graph: Graph) -> None:
    sent = request().replace(b"POST /graphql", b"POST http://x/graphql")
    assert (await exchanged(graph, sent))[0][2] == HELLO


async def test_an_operation_ends_when_nobody_waits_for_it(graph: Graph) -> None:
    def lost() -> float:
        return FETCHES._counts["shop", "failed"]

    before, asked = lost(), len(graph.shop.queries)
    _, writer = await connected(graph)
    writer.write(request("{ slow }"))
    await until(lambda: len(graph.shop.queries) > asked)
    writer.close()
    await until(lambda: lost() > before)


async def test_a_proxy_that_is_trusted_tells_the_clients_address(graph: Graph) -> None:
    for header, address in (("x-forwarded-for: 203.0.113.7, 127.0.0.1", "203.0.113.7"), ("x-other: 1", "127.0.0.1")):
        await exchanged(graph, request("{ hello }", header, "x-request-id: one-2"))
        sent = graph.shop.headers[-1]
        assert (sent["x-forwarded-for"], sent["x-request-id"]) == (address, "one-2")
