"""`caregraph audit`."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from stack.services import SUBGRAPHS, Subgraph, subgraph

if TYPE_CHECKING:
    from shared.audit.seal import Verification

app = typer.Typer()
tasks = typer.Typer(help="Look after the audit trails.", no_args_is_help=True)
app.add_typer(tasks, name="audit")
console = Console(highlight=False)


@tasks.callback()
def _group() -> None:
    """Look after the audit trails."""


@tasks.command()
def verify(
    service: Annotated[str | None, typer.Argument(help="Only this service's trail, such as patients.")] = None,
) -> None:
    """Recompute the hash chain of every service's audit trail. Exit status 1 if an entry was changed or is missing.

    In the databases on the server that DATABASE_URL names, or else in those of the local stack that runs.
    """
    results = asyncio.run(_verify([subgraph(service)] if service else SUBGRAPHS))
    table = Table("service", "sealed", "not sealed yet", "state")
    for name, result in results.items():
        whole = result.broken_at is None
        state = "[green]whole[/green]" if whole else f"[red]broken at seal {result.broken_at}[/red]"
        table.add_row(name, str(result.sealed), str(result.unsealed), state)
    console.print(table)
    if any(result.broken_at is not None for result in results.values()):
        raise typer.Exit(1)


async def _verify(subgraphs: Sequence[Subgraph]) -> "dict[str, Verification]":
    from shared.audit.seal import verify as verify_chain
    from shared.database.engine import Database
    from stack.databases import find

    databases = await find(subgraphs)
    results = {}
    for name in (each.name for each in subgraphs):
        database = Database(databases[name], pool_size=1)
        try:
            results[name] = await verify_chain(database)
        finally:
            await database.close()
    return results
