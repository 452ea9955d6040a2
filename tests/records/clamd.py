"""A scanner that speaks clamd's INSTREAM, and finds EICAR's test file; it can be told to do otherwise."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.records.files import EICAR


class FakeClamd:
    """`does` is what it does with what it is sent: SCAN, FAIL, HANG_UP or STAY_SILENT; `scanned` is what it has scanned."""

    def __init__(self) -> None:
        self.does, self.scanned, self.address = "SCAN", list[bytes](), ""
        self._closing = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
        content = b""
        while self.does != "HANG_UP" and (length := struct.unpack(">I", await reader.readexactly(4))[0]):
            content += await reader.readexactly(length)
        if self.does == "STAY_SILENT":
            await self._closing.wait()
        elif self.does == "FAIL":
            writer.write(b"INSTREAM size limit exceeded. ERROR\0")
        elif self.does == "SCAN":
            self.scanned.append(content)
            writer.write(b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0")
        writer.close()

    def close(self) -> None:
        """Let go of who waits."""
        self._closing.set()


@asynccontextmanager
async def fake_clamd(socket: Path | None = None) -> AsyncIterator[FakeClamd]:
    """One that listens on a port of its own, or on a Unix socket."""
    clamd = FakeClamd()
    if socket is None:
        server = await asyncio.start_server(clamd.serve, "127.0.0.1", 0)
        clamd.address = f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    else:
        server = await asyncio.start_unix_server(clamd.serve, socket)
        clamd.address = f"unix://{socket}"
    async with server:
        yield clamd
        clamd.close()
