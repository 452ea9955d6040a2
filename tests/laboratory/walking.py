"""From each state to each other one, past the service: the database allows what the table of states has, and no more."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from subgraphs.laboratory.service.states import Transitions
from tests.harness.databases import stored
from tests.laboratory.conftest import Lab


async def walk(lab: Lab, patient: UUID, model: Any, states: Iterable[str], table: Transitions) -> None:
    """Try each pair on a patient's rows, with all else that a state needs out of the way."""
    name, mine = model.__tablename__, col(model.patient_id) == patient
    for before in states:
        for after in states:
            async with stored(lab.database) as session:
                checks = await session.scalars(
                    text(
                        "SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = CAST(:name AS regclass)"
                    ).bindparams(name=name)
                )
                for check in checks.all():
                    await session.execute(text(f'ALTER TABLE {name} DROP CONSTRAINT "{check}"'))
                await session.execute(text(f"ALTER TABLE {name} DISABLE TRIGGER {name}_transition"))
                change = update(model).where(mine).values(status=before).returning(col(model.id))
                assert len((await session.scalars(change)).all()) == 1
                await session.execute(text(f"ALTER TABLE {name} ENABLE TRIGGER {name}_transition"))
                try:
                    async with session.begin_nested():
                        await session.execute(update(model).where(mine).values(status=after))
                    allowed = True
                except DBAPIError:
                    allowed = False
                await session.rollback()
            assert allowed == (before is after or (before, after) in table), (before, after)
