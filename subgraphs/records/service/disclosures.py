"""The accounting of disclosures: who has read data of patients, in whatever service."""

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from shared.disclosures import PatientDataRead
from shared.unit_of_work import UnitOfWork
from subgraphs.records.models import Disclosure


async def keep(work: UnitOfWork, event: PatientDataRead) -> None:
    """Keep what a service tells of its audit trail; a repetition changes nothing."""
    rows = [{"service": event.service, **read.model_dump()} for read in event.reads]
    new = insert(Disclosure).on_conflict_do_nothing(index_elements=[col(Disclosure.id)])
    await work.session.execute(new, rows)
