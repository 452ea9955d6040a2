"""Proxies: parents and guardians, patients themselves, who see a minor's record and decide for the minor.

The reception appoints them, or who administers accounts: they are where papers are shown, and see the birth date in the
patient's demographics, where it is looked up as they see it. Of it this service keeps the birthdays that matter; both are in
`patient_access` from the start, so that nothing has to happen on them.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from shared.database.tables import PatientAccess
from shared.errors import InvalidState
from shared.graph.context import Context
from shared.ids import named_id
from shared.patient_access import Basis
from shared.unit_of_work import UnitOfWork
from subgraphs.records import effects, policy
from subgraphs.records.codes import Section
from subgraphs.records.commands.access import AppointProxy, EndProxy
from subgraphs.records.errors import BIRTH_DATE_UNKNOWN, OF_AGE, PROXY_APPOINTED, PROXY_ENDED
from subgraphs.records.models import CareRelation, Proxy
from subgraphs.records.service.lookups import birth
from subgraphs.records.settings import RecordsSettings


async def appoint(context: Context, command: AppointProxy) -> Proxy:
    """Let a patient act for a minor until the minor's birthday."""
    settings = cast("RecordsSettings", context.runtime.settings)
    born = await _birth_date(context, command.patient_id)
    async with context.write() as work:
        await work.once(command)
        keys = await work.survivors([command.patient_id, command.proxy_id])
        patient = await work.find(policy.patients, keys[command.patient_id], scope=policy.APPOINT, lock=False)
        proxy = await work.find(policy.patients, keys[command.proxy_id], scope=policy.APPOINT, lock=False)
        row = Proxy(
            patient_id=patient.id,
            proxy_id=proxy.id,
            relationship=command.relationship,
            whole_until=birthday(born, settings.records_age_of_confidence),
            ends_on=birthday(born, settings.records_age_of_majority),
        )
        moment = await effects.now(work)
        if midnight(row.ends_on) <= moment:
            raise InvalidState(OF_AGE, age=settings.records_age_of_majority)
        work.session.add(row)
        try:
            await work.session.flush()
        except IntegrityError:
            raise InvalidState(PROXY_APPOINTED) from None
        for access in _accesses(row, moment, settings.records_confidential_sections):
            work.session.add(CareRelation(id=access.id, source_id=row.id, basis=Basis.PROXY))
            effects.access_given(work, access)
        effects.proxy_appointed(work, row)
        work.done(row.id)
    return row


async def _birth_date(context: Context, patient_id: UUID) -> date:
    """The day when a minor was born; raises InvalidState where only the year or month is known."""
    try:
        return date.fromisoformat(await birth(context, patient_id) or "")
    except ValueError:
        raise InvalidState(BIRTH_DATE_UNKNOWN) from None


async def end(context: Context, command: EndProxy) -> Proxy:
    """Let a proxy no longer act for a minor."""
    async with context.write() as work:
        row = await work.find(policy.proxies, command.id, scope=policy.APPOINT)
        if row.ended_at is not None or midnight(row.ends_on) <= await effects.now(work):
            raise InvalidState(PROXY_ENDED)
        await end_locked(work, row)
    return row


async def end_locked(work: UnitOfWork, row: Proxy) -> None:
    """The same of a row that is locked and has not ended."""
    row.ended_at = moment = await effects.now(work)
    relations = select(col(CareRelation.id)).where(col(CareRelation.source_id) == row.id)
    accesses = select(PatientAccess).where(col(PatientAccess.id).in_(relations)).with_for_update()
    for access in (await work.session.scalars(accesses)).all():
        await effects.access_ended(work, access)
    effects.proxy_ended(work, row, moment)


def birthday(birth_date: date, age: int) -> date:
    """When somebody becomes so old, by the calendar; who was born on 29 February, on 1 March in other years."""
    year = birth_date.year + age
    try:
        return birth_date.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def midnight(day: date) -> datetime:
    """When a day begins, in UTC."""
    return datetime.combine(day, time.min, UTC)


def _accesses(row: Proxy, since: datetime, confidential: frozenset[Section]) -> Iterator[PatientAccess]:
    """To the whole record until the one birthday, and from then on to what is not confidential, until the other."""
    whole_until, ends = midnight(row.whole_until), midnight(row.ends_on)
    if since < whole_until:
        yield _access(row, "whole", None, since, min(whole_until, ends))
    if whole_until < ends:
        open_sections = [section.value for section in Section if section not in confidential]
        yield _access(row, "part", open_sections, max(since, whole_until), ends)


def _access(row: Proxy, part: str, sections: list[str] | None, since: datetime, until: datetime) -> PatientAccess:
    key: UUID = named_id(f"{Basis.PROXY} {row.id} {part}")
    return PatientAccess(
        id=key,
        patient_id=row.patient_id,
        proxy_id=row.proxy_id,
        basis=Basis.PROXY,
        sections=sections,
        valid_from=since,
        valid_until=until,
        version=1,
    )
