"""Messages come and are answered over real sockets, whatever else comes with them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from hl7.mllp import open_hl7_connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from subgraphs.laboratory.hl7.mllp import Limits, listening
from tests.harness.clinic import Clinic
from tests.laboratory.hl7_messages import obx, oru

_SECONDS = 5
_USUAL = Limits()


@dataclass
class Listener:
    """What answers each message with itself, in capitals, as soon as it may; a long one with its beginning."""

    port: int = 0
    heard: list[bytes] = field(default_factory=list)
    may: asyncio.Event = field(default_factory=asyncio.Event)
    at_work: int = 0

    async def works_on(self, count: int) -> None:
        await Clinic.until(lambda: _true(self.at_work == count), _SECONDS)

    async def answer(self, content: bytes) -> bytes:
        self.heard.append(content)
        self.at_work += 1
        await self.may.wait()
        self.at_work -= 1
        if content == b"fail":
            raise ValueError(content)
        return content[:1000].upper()


async def _true(condition: bool) -> bool:
    return condition


@asynccontextmanager
async def open_listener(limits: Limits = _USUAL, *, may: bool = True) -> AsyncIterator[Listener]:
    made = Listener()
    if may:
        made.may.set()
    async with listening("127.0.0.1", 0, made.answer, limits) as server:
        made.port = server.sockets[0].getsockname()[1]
        yield made


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def answered(reader: asyncio.StreamReader) -> bytes:
    """The next answer; nothing if the connection has ended."""
    async with asyncio.timeout(_SECONDS):
        try:
            return (await reader.readuntil(b"\x1c\r"))[1:-2]
        except asyncio.IncompleteReadError as error:
            return error.partial


async def test_a_foreign_client_sends_several_on_one_connection() -> None:
    async with open_listener() as listener:
        reader, writer = await open_hl7_connection("127.0.0.1", listener.port)
        for value in ("5.1", "5.2"):
            writer.writemessage(oru(obx(value)).decode())
            await writer.drain()
            assert "OBX" in str(await asyncio.wait_for(reader.readmessage(), _SECONDS))
        writer.close()
        assert len(listener.heard) == 2


@pytest.mark.parametrize(
    ("sent", "heard"),
    [
        (b"\x0bone\x1c\r\x0btwo\x1c\r", [b"one", b"two"]),
        (b"\x0bone\x1c\x0btwo\x1c", [b"one", b"two"]),
        (b"\r\nnoise\x0bone\x1c\r\n\x1c\r\x0btwo\x1c\r", [b"one", b"two"]),
        (b"\x0bbroken off\x0bone\x1c\r", [b"one"]),
        (b"\x0b\x1c\r\x0bone\x1c\r", [b"", b"one"]),
        (b"\x0bone\x1c\r\x0bnever ended", [b"one"]),
        (b"one\x1c\r", []),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
async def test_messages_are_found_however_they_come(sent: bytes, heard: list[bytes], size: int) -> None:
    async with open_listener() as listener, connected(listener.port) as (reader, writer):
        for at in range(0, len(sent), size):
            writer.write(sent[at : at + size])
            await writer.drain()
        writer.write_eof()
        async with asyncio.timeout(_SECONDS):
            assert await reader.read() == b"".join(b"\x0b%s\x1c\r" % each.upper() for each in heard)
        assert listener.heard == heard


@given(st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_after_any_bytes_the_next_message_is_answered(noise: bytes) -> None:
    async def exchange() -> None:
        async with open_listener() as listener, connected(listener.port) as (reader, writer):
            writer.write(noise + b"\x0bnext\x1c\r")
            writer.write_eof()
            async with asyncio.timeout(_SECONDS):
                assert (await reader.read()).endswith(b"\x0bNEXT\x1c\r")

    asyncio.run(exchange())


async def test_what_is_too_large_is_not_held_and_the_connection_goes_on() -> None:
    async with open_listener(Limits(message_bytes=100_000)) as listener, connected(listener.port) as (reader, writer):
        writer.write(b"\x0b" + b"x" * 3_000_000 + b"\x1c\r\x0bnext\x1c\r")
        await answered(reader)
        assert await answered(reader) == b"NEXT"
        first, _ = listener.heard
        assert 100_000 < len(first) < 300_000


async def test_who_does_not_finish_a_message_is_let_go() -> None:
    async with open_listener(Limits(message=0.1)) as listener, connected(listener.port) as (reader, writer):
        writer.write(b"\x0bslow")
        assert await answered(reader) == b""
        assert listener.heard == []


async def test_who_is_silent_is_let_go() -> None:
    async with open_listener(Limits(idle=0.1)) as listener, connected(listener.port) as (reader, _):
        assert await answered(reader) == b""


async def test_there_are_no_more_connections_than_are_taken() -> None:
    async with open_listener(Limits(connections=1)) as listener, connected(listener.port) as (reader, writer):
        writer.write(b"\x0bone\x1c\r")
        assert await answered(reader) == b"ONE"
        async with connected(listener.port) as (other, _):
            assert await answered(other) == b""
        writer.write(b"\x0btwo\x1c\r")
        assert await answered(reader) == b"TWO"


async def test_no_more_is_worked_on_at_once_than_is_bearable() -> None:
    async with open_listener(Limits(at_once=2), may=False) as listener:
        connections = [await asyncio.open_connection("127.0.0.1", listener.port) for _ in range(5)]
        for _, writer in connections:
            writer.write(b"\x0bone\x1c\r")
        await listener.works_on(2)
        await asyncio.sleep(0.05)
        assert listener.at_work == 2
        listener.may.set()
        assert [await answered(reader) for reader, _ in connections] == [b"ONE"] * 5
        for _, writer in connections:
            writer.close()


async def test_what_fails_ends_its_connection_alone() -> None:
    async with (
        open_listener() as listener,
        connected(listener.port) as (reader, writer),
        connected(listener.port) as (other, its_writer),
    ):
        writer.write(b"\x0bfail\x1c\r")
        assert await answered(reader) == b""
        its_writer.write(b"\x0bone\x1c\r")
        assert await answered(other) == b"ONE"


async def test_what_is_being_worked_on_at_the_end_is_answered() -> None:
    async with open_listener(may=False) as listener:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(b"\x0bone\x1c\r")
        await listener.works_on(1)
        asyncio.get_running_loop().call_later(0.05, listener.may.set)
    assert await answered(reader) == b"ONE"
    assert await answered(reader) == b""
    writer.close()
