"""The command line of a service; see `shared.service`."""

import asyncio
import gc
from importlib import import_module
from typing import Annotated

import typer

from shared.database.migrations import migrate
from shared.service import Service
from shared.settings import DatabaseSettings, load_settings
from shared.telemetry.logs import set_up_logging
from shared.telemetry.tracing import set_up_tracing

DRAIN_SECONDS = 8
KEEP_ALIVE_SECONDS = 75  # longer than a client keeps an idle connection, so that it is not closed under a request

app = typer.Typer(help="Run a service.", add_completion=False, invoke_without_command=True)


@app.callback()
def serve(
    context: typer.Context, module: Annotated[str, typer.Argument(help="such as subgraphs.directory.app")]
) -> None:
    """Serve it, or run one of its commands."""
    service: Service = import_module(module).service
    context.obj = service
    if context.invoked_subcommand is not None:
        return
    import uvicorn

    from shared.http1 import HttpProtocol

    # What the imports made stays: the collector need not look through it again and again, nor so often at a request's.
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    settings = load_settings(service.settings, service.name)
    set_up_logging(service.name, settings.log_level)
    set_up_tracing(service.name, settings.otel_exporter_otlp_endpoint)
    uvicorn.run(
        service.app(settings),
        host=settings.host,
        port=settings.port,
        http=HttpProtocol,
        log_config=None,
        access_log=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


@app.command("migrate")
def migrate_command(context: typer.Context) -> None:
    """Bring its database to the newest schema; DATABASE_URL is all that this needs."""
    settings = load_settings(DatabaseSettings, context.obj.name)
    asyncio.run(migrate(settings.database_url.get_secret_value(), context.obj.package))


@app.command()
def sdl(context: typer.Context) -> None:
    """Print its SDL."""
    typer.echo(context.obj.schema.as_str())


def main() -> None:
    """Run the command line."""
    app()
