"""An ASGI application on a free port of this process."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp


class _Server(uvicorn.Server):
    def __init__(self, app: ASGIApp) -> None:
        http = app.state.protocol if isinstance(app, Starlette) and hasattr(app.state, "protocol") else "auto"
        super().__init__(
            uvicorn.Config(app, port=0, http=http, log_config=None, lifespan="on", timeout_graceful_shutdown=1)
        )
        self.listening = asyncio.Event()
        self.ending = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    async def main_loop(self) -> None:
        """Without uvicorn's ticks, so that an end is noticed at once."""
        await self.ending.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the test runner's."""
        yield


@asynccontextmanager
async def listening(app: ASGIApp) -> AsyncIterator[int]:
    """The port, for as long as the block lasts. A failed start of the application raises."""
    server = _Server(app)
    task = asyncio.create_task(server.serve())
    listening = asyncio.create_task(server.listening.wait())
    await asyncio.wait({task, listening}, return_when=asyncio.FIRST_COMPLETED)
    if not server.started:
        raise RuntimeError("the application did not start")
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.ending.set()
        await task
