"""`caregraph invite`."""

import asyncio
from typing import Annotated

import typer

from stack.errors import StackError

app = typer.Typer()


@app.command()
def invite(
    email: Annotated[str, typer.Argument(help="Where the invitation goes.")],
    name: Annotated[str, typer.Argument(help="The person's name, as patients are told it at whose data they look.")],
) -> None:
    """Invite an administrator, such as the first one: a mail brings a one-time code for choosing a password.

    In the database on the server that DATABASE_URL names, or else in the local stack that runs.
    """
    asyncio.run(_invite(email, name))
    typer.echo("invited: identity sends the mail")


async def _invite(email: str, name: str) -> None:
    from sqlalchemy.exc import SQLAlchemyError

    from shared.commands import read
    from shared.database.engine import Database
    from shared.errors import Refusal
    from shared.unit_of_work import system_work
    from stack.databases import find
    from stack.services import subgraph
    from subgraphs.identity.commands import InviteAccount
    from subgraphs.identity.service.accounts import invite_administrator

    identity = subgraph("identity")
    database = Database((await find([identity]))[identity.name], pool_size=1)
    try:
        async with system_work(database, "caregraph invite") as work:
            await invite_administrator(work, read(InviteAccount, {"email": email, "name": name, "roles": ["ADMIN"]}))
    except Refusal as refusal:
        raise StackError(f"{email} is not invited: {refusal}") from None
    except (SQLAlchemyError, OSError) as error:
        raise StackError(
            f"identity's database does not take it ({type(error).__name__}): is it up and migrated? `caregraph migrate`"
        ) from error
    finally:
        await database.close()
