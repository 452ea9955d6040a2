"""Runs the application until SIGTERM or SIGINT, then lets open requests finish."""

import asyncio
import contextlib
import ctypes
import gc
import shutil
import socket
import tempfile
from pathlib import Path
from types import FrameType
from typing import Any

import structlog
import uvicorn
import uvloop
from starlette.applications import Starlette

from router.config import Config, ConfigurationError
from router.http.app import create_app
from router.http.snapshots import Snapshots
from router.http.workers import say_ready, supervise, take_connection
from router.telemetry import configure_logs, configure_traces, flush_logs

_LOG = structlog.get_logger("router")
_GARBAGE = (20_000, 20, 50)  # Python's own thresholds look for it several times a request, where hardly any is
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
_MB = 1 << 20


class Server(uvicorn.Server):
    """uvicorn's server; it ends with exit code 0 when it is told to. With a `channel`, its parent accepts for it."""

    def __init__(self, config: Config, app: Starlette, channel: socket.socket | None = None) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=app.state.protocol,
                lifespan="off",  # is the caller's
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=config.server.shutdown_timeout,
            )
        )
        self._channel = channel

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._channel is not None:
            asyncio.get_running_loop().add_reader(self._channel, self._take_connections, self._channel)
            say_ready(self._channel)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True

    def _take_connections(self, channel: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(BlockingIOError):
            while (connection := take_connection(channel)) is not None:
                connection.setblocking(False)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                task = loop.create_task(self._connect(connection))
                self.server_state.tasks.add(task)
                task.add_done_callback(self.server_state.tasks.discard)
            loop.remove_reader(channel)
            self.should_exit = True  # nobody is left who could tell

    async def _connect(self, connection: socket.socket) -> None:
        await asyncio.get_running_loop().connect_accepted_socket(self._protocol, connection)

    def _protocol(self) -> asyncio.Protocol:
        make: Any = self.config.http_protocol_class
        protocol: asyncio.Protocol = make(config=self.config, server_state=self.server_state, app_state={})
        return protocol


def run(config: Config) -> None:
    """Serve until told to stop. Raises ConfigurationError, and SupergraphUnavailableError with the reason."""
    configure_logs(config.telemetry)
    gc.set_threshold(*_GARBAGE)
    _keep_memory()
    if config.server.workers == 1:
        _run_one(config)
        return
    listening = _listen(config)
    _tell(config, listening)
    folder = Path(tempfile.mkdtemp(prefix="router-"))
    try:
        channel = supervise(listening, config.server.workers, config.server.shutdown_timeout)
    except SystemExit:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    _run_one(config, channel, folder)


def _keep_memory() -> None:
    """Let glibc keep some memory at its heap's end, which answers take and free in each turn of the loop."""
    with contextlib.suppress(AttributeError):  # another C library
        set_option = ctypes.CDLL(None).mallopt
        set_option(_M_TRIM_THRESHOLD, 4 * _MB)
        set_option(_M_MMAP_THRESHOLD, 1 * _MB)  # glibc stops adapting it once an option is set


def _run_one(config: Config, channel: socket.socket | None = None, folder: Path | None = None) -> None:
    finish_traces = configure_traces(config.telemetry)
    try:
        uvloop.run(_serve(config, channel, folder))
    finally:
        flush_logs()
        finish_traces()


async def _serve(config: Config, channel: socket.socket | None, folder: Path | None) -> None:
    app = create_app(config, snapshots=None if folder is None else Snapshots(folder))
    sockets = [_listen(config)] if channel is None else []
    async with app.router.lifespan_context(app):
        for listening in sockets:
            _tell(config, listening)
        await Server(config, app, channel).serve(sockets)


def _listen(config: Config) -> socket.socket:
    address = (config.server.host, config.server.port)
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    try:
        listening = socket.create_server(address, family=family, backlog=2048)
    except OSError as error:
        message = f"server: cannot listen on {address[0]}:{address[1]}: {error.strerror or error}"
        raise ConfigurationError(message) from error
    return listening


def _tell(config: Config, listening: socket.socket) -> None:
    host, port = listening.getsockname()[:2]
    _LOG.info("listening", address=f"http://{host}:{port}{config.server.path}")
