"""`caregraph domain`."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console

from stack.services import ROOT, subgraph

app = typer.Typer()
tasks = typer.Typer(help="Add to the domains.", no_args_is_help=True)
app.add_typer(tasks, name="domain")
console = Console(highlight=False, soft_wrap=True)


@tasks.callback()
def _together() -> None:
    """Add to the domains."""


@tasks.command()
def revision(
    domain: Annotated[str, typer.Argument(help="Such as directory.")],
    message: Annotated[str, typer.Option("-m", help="What changes, and why.")],
) -> None:
    """Write a migration from a domain's models; look it over before it is committed.

    It compares them with what the migrations so far make of an empty database: on the server that DATABASE_URL names, or
    else on one that is started for it.
    """
    from stack.revisions import revise

    path = asyncio.run(revise(subgraph(domain), message))
    console.print("nothing to migrate" if path is None else f"wrote {path.relative_to(ROOT)}; look it over")
