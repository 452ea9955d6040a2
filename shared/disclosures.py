"""What each service tells of its audit trail for the accounting of disclosures: who has read data of which patients.

One domain keeps it of all services, in one list. It is told after entries are sealed, from where it was left, so that a read
itself costs nothing more, and what was read before is told too.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from sqlalchemy import ARRAY, BigInteger, String, bindparam, cast, select
from sqlmodel import col

from shared.audit.recorder import Action, AuditOutcome
from shared.auth.principal import system
from shared.database.tables import AuditEntry, ConsumerOffset
from shared.events.event import Event
from shared.jobs import Job
from shared.runtime import Runtime
from shared.unit_of_work import outbox_row

_BATCH = 1000  # entries of a trail
_MOST_PATIENTS = 5000  # of an event, which has 200 kB then: a fifth of what Kafka takes

# How far it was told is kept as a consumer's place is.
_LEFT = select(col(ConsumerOffset.next_offset)).filter_by(consumer="disclosures", topic="audit_entry", partition=0)
_SEALED = (
    select(
        *(
            getattr(AuditEntry, name)
            for name in ("seal", "id", "at", "actor", "roles", "action", "outcome", "resource")
        ),
        *(cast(col(getattr(AuditEntry, name)), ARRAY(String)).label(name) for name in ("patients", "locations")),
    )
    .where(col(AuditEntry.seal) > bindparam("last", type_=BigInteger))
    .order_by(col(AuditEntry.seal))
    .limit(_BATCH)
)
_TELL = """
WITH told AS (
    INSERT INTO outbox (id, domain, key, body)
    SELECT * FROM unnest($2::uuid[], $3::text[], $4::text[], $5::bytea[])
)
INSERT INTO consumer_offset (consumer, topic, partition, next_offset) VALUES ('disclosures', 'audit_entry', 0, $1)
ON CONFLICT (consumer, topic, partition) DO UPDATE SET next_offset = excluded.next_offset
"""

# Of so many keys only PostgreSQL has to know that they are keys, which it writes and reads: to make UUIDs of them takes long.
_Key = Annotated[str, Field(json_schema_extra={"format": "uuid"})]


class Read(BaseModel):
    """An entry of the trail: `resource` is the kind of rows that were read; `patients` are those whom they are about.

    `locations` are where who read them worked then.
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    id: UUID
    at: datetime
    actor: UUID
    roles: list[str]
    resource: str
    patients: list[_Key]
    locations: list[_Key] | None = None


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
    driver = runtime.database.driver
    last = max(await driver.fetch(_LEFT), default=0)
    entries: Sequence[Any] = await driver.fetch(_SEALED, last=last)
    if entries:
        messages = _messages([read for entry in entries if _is_read(entry) for read in _reads(entry)])
        rows = [outbox_row(PatientDataRead(service=runtime.service, reads=reads)) for reads in messages]
        told = ([getattr(row, name) for row in rows] for name in ("id", "domain", "key", "body"))
        await driver.execute(_TELL, entries[-1].seal, *told)
    return len(entries)


def _is_read(entry: Any) -> bool:
    """Whether a person has read data of a patient."""
    success = (entry.action, entry.outcome) == (Action.READ, AuditOutcome.SUCCESS)
    return success and bool(entry.patients) and entry.actor != system().subject


def _reads(entry: Any) -> Iterator[Read]:
    """An entry of very many patients in several parts, each with a key of its own."""
    for start in range(0, len(entry.patients), _MOST_PATIENTS):
        yield Read(
            id=uuid5(entry.id, str(start)) if start else entry.id,
            at=entry.at,
            actor=entry.actor,
            roles=entry.roles,
            resource=entry.resource,
            patients=entry.patients[start : start + _MOST_PATIENTS],
            locations=entry.locations,
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


JOB = Job("disclosures", timedelta(seconds=1), publish_reads)
"""Of each service that publishes `PatientDataRead`."""
