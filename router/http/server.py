"""Runs the application until SIGTERM or SIGINT, then lets open requests finish."""

import socket
from types import FrameType

import structlog
import uvicorn
import uvloop
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from router.config import Config, ConfigurationError
from router.http.app import create_app
from router.telemetry import configure_logs, configure_traces

_LOG = structlog.get_logger("router")
_MAX_REQUEST_LINE = 65_536


class BoundedProtocol(HttpToolsProtocol):
    """Ends a connection whose request head never ends; the parser itself would gather it without a bound."""

    max_head = 0
    _reading_head = False
    _head = 0

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._reading_head:
            self._head += len(data)
            if self._head > self.max_head and not self.transport.is_closing():
                self.transport.write(b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\r\n")
                self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._reading_head, self._head = True, 0

    def on_headers_complete(self) -> None:
        self._reading_head = False
        super().on_headers_complete()


class Server(uvicorn.Server):
    """uvicorn's server; the first signal ends open streams and then the process, with exit code 0."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.config.app.state.operations.drain()  # type: ignore[union-attr]  # make_server gives it a Starlette
        self.force_exit = self.should_exit
        self.should_exit = True


def make_server(config: Config, app: Starlette) -> Server:
    """A server for `app`, not yet listening. The application's lifespan is the caller's."""
    return Server(
        uvicorn.Config(
            app,
            host=config.server.host,
            port=config.server.port,
            # An address may be long as well; what is complete is measured again, and answered as GraphQL clients expect.
            http=type("Protocol", (BoundedProtocol,), {"max_head": config.server.max_header_bytes + _MAX_REQUEST_LINE}),
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            ws_max_size=config.server.max_body_bytes,
            ws_ping_interval=config.subscriptions.heartbeat,
            ws_ping_timeout=config.subscriptions.heartbeat,
            timeout_graceful_shutdown=config.server.shutdown_timeout,
        )
    )


def run(config: Config) -> None:
    """Serve until told to stop. Raises ConfigurationError, and SupergraphUnavailableError with the reason."""
    configure_logs(config.telemetry)
    finish_traces = configure_traces(config.telemetry)
    try:
        uvloop.run(_serve(config))
    finally:
        finish_traces()


async def _serve(config: Config) -> None:
    app = create_app(config)
    listening = _listen(config.server.host, config.server.port)
    async with app.router.lifespan_context(app):
        host, port = listening.getsockname()[:2]
        _LOG.info("listening", address=f"http://{host}:{port}{config.server.path}")
        await make_server(config, app).serve(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise ConfigurationError(f"server: cannot listen on {host}:{port}: {error.strerror or error}") from error
