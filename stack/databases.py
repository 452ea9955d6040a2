"""A database for each subgraph, and the newest schema in it."""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from shared.ids import new_id
from stack import local
from stack.errors import StackError
from stack.secrets import password_variable
from stack.servers.postgres import temporary
from stack.services import Subgraph

_CONNECT_SECONDS = 10


async def find(subgraphs: Sequence[Subgraph]) -> Mapping[str, str]:
    """Each subgraph's address by name: on the server that DATABASE_URL names, or else in the local stack that runs."""
    server = os.environ.get("DATABASE_URL")
    return await prepare(server, subgraphs, os.environ) if server else local.running().addresses.databases


async def prepare(server: str, subgraphs: Sequence[Subgraph], secrets: Mapping[str, str]) -> dict[str, str]:
    """Create the databases that are missing on `server`; return each subgraph's address by name.

    A subgraph whose password is among `secrets` gets a role of its own, which owns its database and may enter no other.
    The rest use `server`'s own user, who must be allowed to create databases.
    """
    async with _administering(server) as admin:
        return {
            each.name: await _prepare(admin, server, each, secrets.get(password_variable(each.name)))
            for each in subgraphs
        }


@asynccontextmanager
async def scratch() -> AsyncIterator[str]:
    """The address of an empty database for the block: on the server that DATABASE_URL names, or else on one of its own."""
    async with AsyncExitStack() as stack:
        server = os.environ.get("DATABASE_URL")
        if not server:
            server = await stack.enter_async_context(temporary())
        yield await stack.enter_async_context(empty(server))


@asynccontextmanager
async def empty(server: str) -> AsyncIterator[str]:
    """The address of a database without tables on `server`, for the block."""
    name = f"scratch_{new_id().hex[-12:]}"
    async with _administering(server) as admin:
        await admin.execute(f'CREATE DATABASE "{name}"')
        try:
            yield _address(server, name)
        finally:
            await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@asynccontextmanager
async def _administering(server: str) -> "AsyncIterator[asyncpg.Connection]":
    """A connection of a user who may create databases; StackError if it is not."""
    try:
        admin = await asyncpg.connect(server, timeout=_CONNECT_SECONDS)
    except (OSError, TimeoutError, asyncpg.PostgresError, ValueError) as error:
        raise StackError(
            f"DATABASE_URL does not lead to a PostgreSQL server: {error or type(error).__name__}"
        ) from error
    try:
        yield admin
    except asyncpg.InsufficientPrivilegeError as error:
        raise StackError(f"the user of DATABASE_URL may not create databases: {error}") from error
    finally:
        await admin.close()


async def _prepare(admin: "asyncpg.Connection", server: str, subgraph: Subgraph, password: str | None) -> str:
    name = subgraph.database
    if password is not None and not await admin.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name):
        await admin.execute(f'CREATE ROLE "{name}" LOGIN')
    if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
        await admin.execute(f'CREATE DATABASE "{name}"')
        await admin.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
    if password is None:
        return _address(server, name)
    await admin.execute(
        await admin.fetchval("SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text)", name, password)
    )
    await admin.execute(f'ALTER DATABASE "{name}" OWNER TO "{name}"')
    return _address(server, name, user=f"{name}:{quote(password, safe='')}")


async def migrate_all(subgraphs: Sequence[Subgraph], databases: Mapping[str, str]) -> list[str]:
    """Bring every database to its newest schema; the names of the subgraphs whose database was behind.

    All in one process, without the domains' own code: migrations are files in their folders.
    """
    from shared.database.migrations import migrate

    return [each.name for each in subgraphs if await migrate(databases[each.name], each.package)]


def _address(server: str, database: str, *, user: str | None = None) -> str:
    parts = urlsplit(server)
    host = parts.netloc.rpartition("@")[2]
    netloc = parts.netloc if user is None else f"{user}@{host}"
    return urlunsplit(parts._replace(netloc=netloc, path=f"/{database}"))
