"""`caregraph domain`."""

import asyncio
import subprocess
import sys
from typing import Annotated

import typer
from rich.console import Console

from stack.services import ROOT, subgraph

app = typer.Typer()
tasks = typer.Typer(help="Add to the domains.", no_args_is_help=True)
app.add_typer(tasks, name="domain")
console = Console(highlight=False, soft_wrap=True)


@tasks.callback()
def _group() -> None:
    """Add to the domains."""


@tasks.command()
def new(
    domain: Annotated[str, typer.Argument(help="One lower-case word, such as rooms.")],
    entity: Annotated[str, typer.Option(help="Its first entity in Pascal case, such as Room.")],
) -> None:
    """Write a domain in the shape that all have, with tests, and put it into the graph.

    Its scopes are given to administrators alone; `subgraphs/identity/roles.py` gives them to others. `make check` and the
    tests pass at once; docs/adding-a-domain.md says what each file is for.
    """
    from stack.scaffold.names import Names
    from stack.scaffold.write import write

    write(Names(domain, entity))
    # Other processes, since this one has begun without the domain.
    for command in (["domain", "revision", domain, "-m", f"{domain.capitalize()}."], ["schema", "compose"]):
        done = subprocess.run([sys.executable, "-m", "stack", *command], check=False, cwd=ROOT)  # noqa: S603 - our own
        if done.returncode:
            raise typer.Exit(done.returncode)
    console.print(f"subgraphs/{domain} is in the graph; next: .venv/bin/pytest -n 2 tests/{domain}, and make check")


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
