"""`caregraph status`."""

import asyncio

import typer
from rich.console import Console
from rich.table import Table

from stack import local
from stack.services import ROUTER, SUBGRAPHS

app = typer.Typer()


@app.command()
def status() -> None:
    """Show which services answer, and where. Exit status 1 if one does not."""
    addresses = local.running().addresses
    services = [*(each.name for each in SUBGRAPHS), ROUTER]
    answers = asyncio.run(_ask([addresses.url(name) for name in services]))
    table = Table("service", "address", "state")
    for name, answer in zip(services, answers, strict=True):
        table.add_row(name, addresses.url(name), "[green]ready[/green]" if answer else "[red]not ready[/red]")
    Console().print(table)
    if not all(answers):
        raise typer.Exit(1)


async def _ask(urls: list[str]) -> list[bool]:
    import httpx

    from stack.supervisor import is_ready

    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        return await asyncio.gather(*(is_ready(client, url) for url in urls))
