"""`caregraph reporting`."""

import asyncio
import os
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from stack import local
from stack.errors import StackError
from stack.services import subgraph

if TYPE_CHECKING:
    from shared.events.replay import Replay

app = typer.Typer()
tasks = typer.Typer(help="Look after the tables of reporting.", no_args_is_help=True)
app.add_typer(tasks, name="reporting")
console = Console(highlight=False)


@tasks.callback()
def _group() -> None:
    """Look after the tables of reporting."""


@tasks.command()
def rebuild(
    check: Annotated[
        bool, typer.Option("--check", help="Exit with status 1 if a table's rows are not what they were.")
    ] = False,
) -> None:
    """Make reporting's tables anew from the events, from offset 0 to where its consumer stands.

    With the database on the server that DATABASE_URL names and the Kafka of KAFKA_BOOTSTRAP_SERVERS, or else those of the
    local stack that runs. Reports are answered from the old rows until all is done; a failure leaves these. New events
    wait meanwhile.
    """
    done = _rebuild()
    table = Table("table", "rows", "state")
    for name, before in done.before.items():
        same = done.after[name] == before
        table.add_row(
            name, done.after[name].partition(":")[0], "[green]as before[/green]" if same else "[red]changed[/red]"
        )
    console.print(table)
    console.print(f"{done.records} events read, {done.failed} of them left out, which are among the dead letters")
    if check and done.after != done.before:
        raise typer.Exit(1)


def _rebuild() -> "Replay":
    from aiokafka.errors import KafkaError
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from reporting.app import service
    from shared.database.engine import Database
    from shared.database.tables import Merger
    from shared.events.effects import Effects
    from shared.events.replay import ReplayError, replay
    from stack.databases import find

    (consumer,) = service.consumers
    columns = (TextColumn("rebuilding"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("rebuilding", total=None)

        async def work() -> "Replay":
            servers = os.environ.get("KAFKA_BOOTSTRAP_SERVERS") or local.running().addresses.kafka
            database = Database((await find([subgraph(service.name)]))[service.name], pool_size=1)
            try:
                return await replay(
                    Effects(consumer, service.name),
                    database,
                    servers,
                    [*service.metadata.sorted_tables, Merger.metadata.tables["merger"]],
                    lambda read, total: progress.update(bar, completed=read, total=total),
                )
            finally:
                await database.close()

        try:
            return asyncio.run(work())
        except ReplayError as error:
            raise StackError(str(error)) from error
        except (KafkaError, OSError) as error:
            raise StackError(
                f"Kafka or the database does not answer ({type(error).__name__}); nothing was changed"
            ) from error
