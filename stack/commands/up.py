"""`caregraph up`."""

import asyncio
import os
import signal
import time
from typing import Annotated

import typer
from rich.console import Console

from stack import local

app = typer.Typer()

_DOUBLE_SIGNAL_SECONDS = 0.5


@app.command()
def up(
    free_ports: Annotated[
        bool, typer.Option("--free-ports", help="Listen on any free ports, not on 4000 and 41xx, and say which.")
    ] = False,
) -> None:
    """Start everything: PostgreSQL, Valkey, Kafka, every service and the router. Ctrl+C ends it.

    A server is left out if the environment names one: DATABASE_URL (its user must be allowed to create databases),
    REDIS_URL, KAFKA_BOOTSTRAP_SERVERS. Data stays in .local and is there again the next time.
    """
    console = Console(highlight=False)
    try:
        asyncio.run(_up(console, free_ports=free_ports))
    except asyncio.CancelledError:
        console.print("Stopped; the data is kept.")


async def _up(console: Console, *, free_ports: bool) -> None:
    from stack.launcher import run

    _stop_on_signals(asyncio.current_task())
    with console.status("starting") as status:

        def report(line: str) -> None:
            console.print(f"[green]✓[/green] {line}")

        def doing(names: str) -> None:
            status.update(f"starting {names}")

        async def when_up(running: local.Running) -> None:
            status.stop()
            console.print(_addresses(running))

        await run(free_ports=free_ports, report=report, doing=doing, when_up=when_up)


def _stop_on_signals(task: "asyncio.Task[None] | None") -> None:
    """The first signal stops everything in order; another one, later, at once: what we started does not outlive us."""
    first: float | None = None

    def stop() -> None:
        nonlocal first
        if first is None and task is not None:
            first = time.monotonic()
            task.cancel()
        elif first is not None and time.monotonic() - first > _DOUBLE_SIGNAL_SECONDS:  # `make` may send the first twice
            os._exit(1)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop)


def _addresses(running: local.Running) -> str:
    from stack.demo.accounts import ACCOUNTS
    from stack.secrets import DEMO_PASSWORD, load_or_create
    from stack.services import MAIL

    router = running.addresses.url("router")
    accounts = "".join(f"    {account.role:<20}{account.email}\n" for account in ACCOUNTS)
    return (
        f"\n[bold]CareGraph is up.[/bold] Ctrl+C stops it.\n"
        f"  GraphQL   {router}/graphql\n"
        f"  GraphiQL  {router}/\n"
        f"  mail      {running.addresses.url(MAIL)}/\n"
        f"  logs      {local.logs()}\n"
        f"  ports     {', '.join(f'{name} {port}' for name, port in running.addresses.ports.items())}\n"
        f"\n  Demo accounts, all with the password [bold]{load_or_create(local.secrets_file())[DEMO_PASSWORD]}[/bold]\n"
        f"{accounts}"
    )
