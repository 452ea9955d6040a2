"""Runs the application until SIGTERM or SIGINT, then lets open requests finish."""

import socket
from types import FrameType

import structlog
import uvicorn
import uvloop
from starlette.applications import Starlette

from router.config import Config, ConfigurationError
from router.http.app import create_app
from router.telemetry import configure_logs, configure_traces, flush_logs

_LOG = structlog.get_logger("router")


class Server(uvicorn.Server):
    """uvicorn's server; it ends with exit code 0 when it is told to."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True


def make_server(config: Config, app: Starlette) -> Server:
    """A server for `app`, not yet listening. The application's lifespan is the caller's."""
    return Server(
        uvicorn.Config(
            app,
            host=config.server.host,
            port=config.server.port,
            http=app.state.protocol,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
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
        flush_logs()
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
