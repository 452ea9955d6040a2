"""The accounting of disclosures: who has read data of patients, in whatever service, and how often without an appointment."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, String, Uuid, all_, and_, delete, func, literal, not_, or_, select, text
from sqlmodel import col

from shared.database.tables import Merger, PatientAccess
from shared.disclosures import PatientDataRead
from shared.ids import named_id
from shared.patient_access import Basis
from shared.unit_of_work import UnitOfWork
from subgraphs.records.events import LooksCounted
from subgraphs.records.models import Account, Disclosure, UncountedDay

_PATIENT = "PATIENT"

# Keeps what is new of an event's reads, and notes the days of that. An update of a day, not nothing, keeps its row from
# whoever counts until these looks can be seen.
_KEEP = text("""
    WITH kept AS (
        INSERT INTO disclosure (id, service, at, actor, roles, resource, patients, locations, created_at, updated_at)
        SELECT id, event ->> 'service', at, actor, roles, resource, patients, locations, now(), now()
        FROM CAST(:event AS json) AS event, json_to_recordset(event -> 'reads')
            AS read (
                id uuid, at timestamptz, actor uuid, roles text[], resource text, patients uuid[], locations uuid[]
            )
        ON CONFLICT (id) DO NOTHING
        RETURNING CAST(at AT TIME ZONE 'UTC' AS date) AS day
    )
    INSERT INTO uncounted_day (id, day, created_at, updated_at)
    SELECT uuidv7(), day, now(), now() FROM (SELECT DISTINCT day FROM kept ORDER BY day) AS days
    ON CONFLICT (day) DO UPDATE SET updated_at = excluded.updated_at
""")


async def keep(work: UnitOfWork, event: PatientDataRead) -> None:
    """Keep what a service tells of its audit trail; a repetition changes nothing."""
    await work.session.execute(_KEEP, {"event": event.model_dump_json()})


async def count(work: UnitOfWork) -> bool:
    """Tell statistics of the looks of the oldest day that is not counted; whether there was one."""
    oldest = select(func.min(col(UncountedDay.day))).scalar_subquery()
    taken = delete(UncountedDay).where(col(UncountedDay.day) == oldest).returning(col(UncountedDay.day))
    day: date | None = await work.session.scalar(taken)
    if day is not None:
        for row in await work.session.execute(_without_appointment(day)):
            key = named_id(f"looks {day} {row.role}")
            work.publish(LooksCounted(count_id=key, day=day, role=row.role, looks=row.looks, records=row.records))
    return day is not None


def _without_appointment(day: date) -> Select[Any]:
    """By role, how often staff have looked on a day at patients who had no appointment with them, and at how many."""
    begin = datetime.combine(day, time.min, UTC)
    each = (
        select(
            col(Disclosure.actor),
            col(Disclosure.at),
            col(Disclosure.roles),
            func.unnest(col(Disclosure.patients), type_=Uuid).label("patient"),
        )
        .where(
            col(Disclosure.at) >= begin,
            col(Disclosure.at) < begin + timedelta(days=1),
            literal(_PATIENT, String) != all_(col(Disclosure.roles)),
        )
        .subquery()
        .c
    )
    patient, until = func.coalesce(col(Merger.survivor_id), each.patient), col(PatientAccess.valid_until)
    appointment = select(PatientAccess).where(
        col(PatientAccess.basis) == Basis.APPOINTMENT,
        col(PatientAccess.patient_id) == patient,
        or_(
            col(PatientAccess.account_id) == each.actor,
            col(PatientAccess.practitioner_id) == col(Account.practitioner_id),
        ),
        and_(col(PatientAccess.valid_from) <= each.at, or_(until.is_(None), until > each.at)),
    )
    looks = (
        select(func.unnest(each.roles, type_=String).label("role"), patient.label("patient"))
        .outerjoin(Merger, col(Merger.merged_id) == each.patient)
        .outerjoin(Account, col(Account.id) == each.actor)
        .where(not_(appointment.correlate_except(PatientAccess).exists()))
        .subquery()
        .c
    )
    records = func.count(func.distinct(looks.patient)).label("records")
    return select(looks.role, func.count().label("looks"), records).group_by(looks.role)
