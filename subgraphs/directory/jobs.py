"""What the directory does by the clock: telling what older versions have not told."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import select
from sqlmodel import col

from shared.jobs import Job, in_batches
from shared.runtime import Runtime
from shared.unit_of_work import UnitOfWork
from subgraphs.directory import effects
from subgraphs.directory.models import Location, Practitioner

_BATCH = 200

Kind = TypeVar("Kind", Location, Practitioner)


async def tell(runtime: Runtime) -> None:
    """Tell where locations are, and what practitioners practise, of those of which it is untold."""
    await in_batches(runtime, "tell positions", _tell_positions)
    await in_batches(runtime, "tell practices", _tell_practices)


async def _tell_positions(work: UnitOfWork) -> int:
    rows = await _untold(work, Location)
    for row in rows:
        effects.located(work, row)
    return len(rows)


async def _tell_practices(work: UnitOfWork) -> int:
    rows = await _untold(work, Practitioner)
    await effects.practising(work, rows)
    return len(rows)


async def _untold(work: UnitOfWork, kind: type[Kind]) -> Sequence[Kind]:
    statement = select(kind).where(col(kind.untold)).order_by(col(kind.id)).limit(_BATCH).with_for_update()
    rows = (await work.session.scalars(statement)).all()
    for row in rows:
        row.untold = False
    return rows


JOBS = (Job("tell", timedelta(days=1), tell),)
