"""What follows from a change of who may open a record, whichever use case makes it."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from shared.database.model import assign
from shared.database.tables import PatientAccess
from shared.unit_of_work import UnitOfWork
from subgraphs.records.events import AccessChanged


def access_given(work: UnitOfWork, row: PatientAccess) -> None:
    """Let somebody open a patient's data, here and everywhere."""
    work.session.add(row)
    _tell(work, row)


def access_changed(work: UnitOfWork, row: PatientAccess, **values: Any) -> None:
    """Change what lets somebody open a patient's data, here and everywhere."""
    if assign(row, values):
        row.version += 1
        _tell(work, row)


async def access_ended(work: UnitOfWork, row: PatientAccess) -> None:
    """Let somebody open a patient's data no longer; what has ended before stays as it is."""
    moment = await now(work)
    if row.valid_until is None or row.valid_until > moment:
        access_changed(work, row, valid_until=moment)


async def now(work: UnitOfWork) -> datetime:
    """The database's time, by which access is judged."""
    moment: datetime = (await work.session.execute(select(func.now()))).scalar_one()
    return moment


def _tell(work: UnitOfWork, row: PatientAccess) -> None:
    work.publish(AccessChanged(access_id=row.id, **row.model_dump(exclude={"id"})))
