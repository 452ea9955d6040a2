"""Each subgraph has a database of its own, and may enter no other."""

import uuid

import asyncpg
import pytest

from stack.databases import prepare
from stack.errors import StackError
from stack.secrets import password_variable
from stack.services import Subgraph


def _subgraphs() -> list[Subgraph]:
    suffix = uuid.uuid4().hex[:8]
    return [Subgraph(f"{name}_{suffix}", "none.app", 0) for name in ("one", "other")]


async def test_a_role_owns_its_database_and_may_enter_no_other(postgres_server: str) -> None:
    one, other = _subgraphs()
    secrets = {password_variable(each.name): f"it's {each.name}" for each in (one, other)}
    addresses = await prepare(postgres_server, [one, other], secrets)
    assert await prepare(postgres_server, [one, other], secrets) == addresses

    connection = await asyncpg.connect(addresses[one.name])
    try:
        assert await connection.fetchval("SELECT current_user") == one.database
        for extension in ("pg_trgm", "btree_gist", "unaccent"):
            await connection.execute(f"CREATE EXTENSION {extension}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("CREATE DATABASE another")
    finally:
        await connection.close()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(addresses[one.name], database=other.database)


async def test_without_a_password_the_given_user_is_used(postgres_server: str) -> None:
    (one, _) = _subgraphs()
    addresses = await prepare(postgres_server, [one], {})
    connection = await asyncpg.connect(addresses[one.name])
    assert await connection.fetchval("SELECT current_user") == "postgres"
    await connection.close()


async def test_a_server_that_does_not_answer_is_named_by_its_setting() -> None:
    with pytest.raises(StackError, match="DATABASE_URL does not lead to a PostgreSQL server"):
        await prepare("postgresql://postgres@127.0.0.1:9/postgres", [], {})
