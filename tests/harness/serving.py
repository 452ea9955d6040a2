"""ASGI applications on free ports, in this process's event loop."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp

from shared.command import KEEP_ALIVE_SECONDS
from shared.http1 import HttpProtocol


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the test runner's."""
        yield


def free_socket() -> socket.socket:
    """A bound socket; its port is taken from now on."""
    # asyncio sets TCP_NODELAY only where the protocol is named; without it each answer waits 40 ms for an acknowledgement.
    bound = socket.socket(proto=socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", 0))
    return bound


def serving(app: ASGIApp, bound: socket.socket) -> AbstractAsyncContextManager[None]:
    """Serve an application until the block ends."""
    return serving_all((app, bound))


@asynccontextmanager
async def serving_all(*applications: tuple[ASGIApp, socket.socket]) -> AsyncIterator[None]:
    """Serve each application on its socket until the block ends; they start and stop side by side."""
    servers = [_Server(_config(app)) for app, _ in applications]
    tasks = [
        asyncio.create_task(server.serve(sockets=[bound]))
        for server, (_, bound) in zip(servers, applications, strict=True)
    ]
    try:
        while not all(server.started for server in servers):
            if any(task.done() for task in tasks):
                raise RuntimeError("an application did not start")
            await asyncio.sleep(0.005)
        yield
    finally:
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*tasks)


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=app.state.protocol if isinstance(app, Starlette) and hasattr(app.state, "protocol") else HttpProtocol,
        log_config=None,
        lifespan="on",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=1,
        ws="websockets-sansio",
    )
