"""What services make of requests that offer another protocol."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from tests.harness.serving import free_socket, serving

SMUGGLED = b"POST /other HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n"
HANDSHAKE = (
    b"GET /socket HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
    b"sec-websocket-key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n\r\n"
)


async def echo(request: Request) -> PlainTextResponse:
    body = await request.body()
    await asyncio.sleep(0.05 if body == b"slow" else 0)
    return PlainTextResponse(f"{request.method} {request.url.path} {body.decode()}")


async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


@pytest.fixture(scope="module")
async def port() -> AsyncIterator[int]:
    routes = [WebSocketRoute("/socket", socket), Route("/{path:path}", echo, methods=["GET", "POST"])]
    bound = free_socket()
    async with serving(Starlette(routes=routes), bound):
        yield bound.getsockname()[1]


async def exchanged(port: int, *pieces: bytes) -> bytes:
    """All that the server answers until it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in pieces:
        writer.write(piece)
        await asyncio.sleep(0.01)
    async with asyncio.timeout(5):
        answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize("protocol", [b"h2c", b"websocket", b"TLS/1.0"])
@pytest.mark.parametrize("method", [b"POST", b"PUT"])
async def test_the_body_of_a_request_that_offers_another_protocol_stays_a_body(
    port: int, method: bytes, protocol: bytes
) -> None:
    offering = b"%b / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: %b\r\ncontent-length: %d\r\n\r\n"
    head = offering % (method, protocol, len(SMUGGLED))
    last = b"GET /last HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    for pieces in ([head + SMUGGLED + last], [head, SMUGGLED + last], [head[:-20], head[-20:], SMUGGLED, last]):
        answer = await exchanged(port, *pieces)
        assert (answer.count(b"HTTP/1.1 "), answer.count(b"POST /other HTTP/1.1")) == (2, 1 if method == b"POST" else 0)
        assert answer.endswith(b"GET /last ")


async def test_a_handshake_is_answered(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HANDSHAKE)
    assert (await reader.readline()).startswith(b"HTTP/1.1 101 ")
    writer.close()


async def test_a_handshake_before_the_answer_to_an_earlier_request_ends_the_connection(port: int) -> None:
    slow = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nslow"
    assert b"101" not in await exchanged(port, slow + HANDSHAKE)


async def test_connect_is_refused(port: int) -> None:
    assert (await exchanged(port, b"CONNECT x:80 HTTP/1.1\r\nhost: x\r\n\r\n")).startswith(b"HTTP/1.1 400 ")
