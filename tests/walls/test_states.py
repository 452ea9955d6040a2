"""The ways from status to status that use cases know are those that the database knows."""

from importlib import import_module

import asyncpg
import pytest

from shared.states import States, trigger
from stack.services import SUBGRAPHS, Subgraph
from tests.harness.databases import cloned
from tests.harness.states import ways

KNOWING = ("laboratory", "pharmacy", "records")


@pytest.mark.parametrize("subgraph", [each for each in SUBGRAPHS if each.name in KNOWING], ids=lambda each: each.name)
async def test_what_use_cases_and_triggers_let_become_of_a_row_is_the_same(
    subgraph: Subgraph, postgres_server: str
) -> None:
    service = import_module(subgraph.module).service
    declared = {
        table.__tablename__: states for table, states in States.known.items() if table.metadata is service.metadata
    }
    assert declared
    async with cloned(postgres_server, [service]) as urls:
        connection = await asyncpg.connect(urls[subgraph.name])
        found = {name: await ways(connection, name) for name in declared}
        await connection.close()
    assert found == {name: set(states.ways) for name, states in declared.items()}


async def test_no_other_domain_knows_any() -> None:
    for subgraph in SUBGRAPHS:
        metadata = import_module(subgraph.module).service.metadata
        knows = any(table.metadata is metadata for table in States.known)
        assert knows == (subgraph.name in KNOWING), subgraph.name


async def test_a_migrations_trigger_lets_pass_what_it_names(postgres_server: str) -> None:
    connection = await asyncpg.connect(postgres_server)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(
        "CREATE TABLE room (status text, CONSTRAINT room_status_check CHECK (status IN ('FREE', 'TAKEN', 'GONE')))"
    )
    await connection.execute(trigger("room", ("FREE", "TAKEN"), ("TAKEN", "FREE")))
    with pytest.raises(asyncpg.CheckViolationError):
        async with connection.transaction():
            await connection.execute("INSERT INTO room VALUES ('FREE')")
            await connection.execute("UPDATE room SET status = 'GONE'")
    await transaction.rollback()
    await connection.close()
