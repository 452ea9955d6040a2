"""What each service tells of its audit trail for the accounting of disclosures: who has read data of which patients.

One domain keeps it of all services, in one list. It is told after entries are sealed, from where it was left, so that a read
itself costs nothing more, and what was read before is told too.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.audit.recorder import Action, AuditOutcome
from shared.auth.principal import system
from shared.database.tables import AuditEntry, ConsumerOffset
from shared.events.event import Event
from shared.jobs import Job
from shared.runtime import Runtime
from shared.unit_of_work import system_work

_BATCH = 1000  # entries of a trail
_MOST_PATIENTS = 2000  # of an event, which has 100 kB then: a tenth of what Kafka takes
_PLACE = {"consumer": "disclosures", "topic": AuditEntry.__tablename__, "partition": 0}


class Read(BaseModel):
    """An entry of the trail: `resource` is the kind of rows that were read; `patients` are those whom they are about."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    id: UUID
    at: datetime
    actor: UUID
    roles: list[str]
    resource: str
    patients: list[UUID]


class PatientDataRead(Event, type="caregraph.disclosures.patient-data-read.v1", key="service"):
    """People have read data of patients in a service, as its audit trail has it: `reads`, in the order of the trail."""

    service: str
    reads: list[Read]


async def publish_reads(runtime: Runtime) -> None:
    """Publish what was sealed since the last time."""
    while await _publish_batch(runtime) == _BATCH:
        pass


async def _publish_batch(runtime: Runtime) -> int:
    """How many entries there were."""
    async with system_work(runtime.database, "publish disclosures") as work:
        last = await work.session.scalar(select(col(ConsumerOffset.next_offset)).filter_by(**_PLACE)) or 0
        sealed = select(AuditEntry).where(col(AuditEntry.seal) > last).order_by(col(AuditEntry.seal)).limit(_BATCH)
        entries = (await work.session.scalars(sealed)).all()
        for reads in _messages([read for entry in entries if _is_read(entry) for read in _reads(entry)]):
            work.publish(PatientDataRead(service=runtime.service, reads=reads))
        if entries:
            await _leave(work.session, entries[-1].seal or 0)
    return len(entries)


def _is_read(entry: AuditEntry) -> bool:
    """Whether a person has read data of a patient."""
    success = (entry.action, entry.outcome) == (Action.READ, AuditOutcome.SUCCESS)
    return success and bool(entry.patients) and entry.actor != system().subject


def _reads(entry: AuditEntry) -> Iterator[Read]:
    """An entry of very many patients in several parts, each with a key of its own."""
    for start in range(0, len(entry.patients), _MOST_PATIENTS):
        yield Read(
            id=uuid5(entry.id, str(start)) if start else entry.id,
            at=entry.at,
            actor=entry.actor,
            roles=entry.roles,
            resource=entry.resource,
            patients=entry.patients[start : start + _MOST_PATIENTS],
        )


def _messages(reads: Sequence[Read]) -> Iterator[list[Read]]:
    """As few lists as there can be of at most so many patients."""
    message: list[Read] = []
    patients = 0
    for read in reads:
        if patients + len(read.patients) > _MOST_PATIENTS:
            yield message
            message, patients = [], 0
        message.append(read)
        patients += len(read.patients)
    if message:
        yield message


async def _leave(session: AsyncSession, seal: int) -> None:
    """Note how far it was told."""
    noted: Any = insert(ConsumerOffset).values(**_PLACE, next_offset=seal)
    keys = ["consumer", "topic", "partition"]
    changed = {"next_offset": noted.excluded.next_offset}
    await session.execute(noted.on_conflict_do_update(index_elements=keys, set_=changed))


JOB = Job("disclosures", timedelta(seconds=1), publish_reads)
"""Of each service that publishes `PatientDataRead`."""
