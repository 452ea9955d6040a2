"""What a table's trigger knows of the ways from status to status."""

import re
from itertools import product

import asyncpg

_TRIGGER = (
    "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = $1::regclass AND tgname ~ '_(status|transitions?)$'"
)
_CHECK = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = $1::regclass AND conname = $2"


async def ways(connection: "asyncpg.Connection[asyncpg.Record]", table: str) -> set[tuple[str, str]]:
    """The pairs of different statuses of which the database lets the one become the other, each tried on a row of a copy.

    The copy has the trigger, and nothing else that a status needs.
    """
    statuses = re.findall(r"'(\w+)'", await connection.fetchval(_CHECK, table, f"{table}_status_check"))
    (trigger,) = (row[0] for row in await connection.fetch(_TRIGGER, table))
    await connection.execute(f"CREATE TEMP TABLE probe AS SELECT * FROM {table} WITH NO DATA")  # noqa: S608 - our own names
    await connection.execute(re.sub(r" ON \S+ ", " ON probe ", trigger, count=1))
    found = set()
    for before, after in product(statuses, statuses):
        await connection.execute("SET session_replication_role = replica")  # in any status at once
        await connection.execute("DELETE FROM probe")
        await connection.execute("INSERT INTO probe (status) VALUES ($1)", before)
        await connection.execute("SET session_replication_role = origin")
        try:
            await connection.execute("UPDATE probe SET status = $1", after)
            found.add((before, after))
        except asyncpg.CheckViolationError:
            pass
    await connection.execute("DROP TABLE probe")
    return {(before, after) for before, after in found if before != after}
