"""`caregraph migrate`."""

import asyncio

import typer

from stack.services import SUBGRAPHS

app = typer.Typer()


@app.command()
def migrate() -> None:
    """Create the databases that are missing, and bring each to its newest schema.

    On the server that DATABASE_URL names, or else in the local stack that runs. With <NAME>_DATABASE_PASSWORD in the
    environment, a service gets a database role of its own with that password.
    """
    from stack.databases import find, migrate_all

    async def work() -> list[str]:
        return await migrate_all(SUBGRAPHS, await find(SUBGRAPHS))

    changed = asyncio.run(work())
    typer.echo(f"migrated: {', '.join(changed)}" if changed else "every database has the newest schema")
