"""Who may open a patient's data: one decision, which a domain makes and publishes, and every service keeps and asks.

A row says that a practitioner, an account, a proxy or the staff of a location may, on what basis, and from when until when.
Whoever has no row that holds at this moment by the database's clock may not. What the patient withholds, no row opens but an
emergency's. A version decides which of two events about a row is the later one, in whatever order they come; of two of one
version, the one that ends earlier.
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, any_, false, func, literal, literal_column, not_, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlmodel import col

from shared.auth.principal import Kind, Principal
from shared.codes import Code
from shared.database.tables import PatientAccess, Withholding
from shared.events.consumer import Consumer
from shared.events.event import Event
from shared.unit_of_work import UnitOfWork

_NEVER: ColumnElement[datetime] = literal_column("'infinity'::timestamptz")


class Basis(Code, name="AccessBasis"):
    """What lets somebody open a patient's data."""

    OWNER = "OWNER", "The data are the patient's own, which needs no row."
    APPOINTMENT = "APPOINTMENT", "An appointment of the patient with the practitioner."
    ENCOUNTER = "ENCOUNTER", "An encounter of the patient with the practitioner."
    ORDER = "ORDER", "An order or a prescription for the patient that is to be carried out."
    CARE_TEAM = "CARE_TEAM", "A care team of the patient's that the practitioner is a member of."
    GRANT = "GRANT", "The patient's own grant."
    EMERGENCY = "EMERGENCY", "Access in an emergency, which is reviewed afterwards."
    PROXY = "PROXY", "The care of a parent or guardian for a minor."


TREATING = (Basis.APPOINTMENT, Basis.ENCOUNTER, Basis.ORDER, Basis.CARE_TEAM)
"""The bases that are relations of care, which neither the patient's grant nor an emergency gives."""


class AccessChanged(Event, type="caregraph.records.access-changed.v1", key="access_id"):
    """Somebody may open a patient's data, or no longer: a practitioner, an account, a patient who is a proxy, or those who
    work at a location.

    `basis` is APPOINTMENT, ENCOUNTER, ORDER, CARE_TEAM, GRANT, EMERGENCY or PROXY. `sections` are those of the record, null
    for all; `validUntil` is null while no end is known. Of two versions the higher one holds.
    """

    access_id: UUID
    patient_id: UUID
    practitioner_id: UUID | None
    account_id: UUID | None
    proxy_id: UUID | None
    basis: str
    sections: list[str] | None
    valid_from: datetime
    valid_until: datetime | None
    version: int
    location_id: UUID | None = None


class WithholdingChanged(Event, type="caregraph.records.withholding-changed.v1", key="withholding_id"):
    """A patient withholds a section of their medical record, or no longer: then `validUntil` says since when.

    Of two versions the higher one holds.
    """

    withholding_id: UUID
    patient_id: UUID
    section: str
    valid_until: datetime | None
    version: int


def has_access(
    principal: Principal,
    patient: Any,
    *,
    bases: Collection[Basis] | None = None,
    section: str | None = None,
    though_withheld: bool = False,
) -> ColumnElement[bool]:
    """Whether the caller may open the data of the patient that a column names, on one of some bases, or on any.

    With a `section`, on a basis that is of this section of the medical record; an emergency alone, if the patient withholds
    it. With `though_withheld`, whether they could if it were not withheld: so they add what they then see as its author. It
    works in `Context.written` as well. A patient's right to their own data is not said here.
    """
    holders = list(_holders(principal, bases))
    if not holders:
        return false()
    conditions = [
        col(PatientAccess.patient_id) == patient,
        or_(*holders),
        holds(),
    ]
    if bases is not None:  # no `IN`, which the driver would have to expand each time
        conditions.append(or_(false(), *(col(PatientAccess.basis) == basis for basis in bases)))
    if section is not None:
        sections: Any = col(PatientAccess.sections)
        conditions.append(or_(sections.is_(None), literal(section) == any_(sections)))
        if not though_withheld:
            conditions.append(or_(col(PatientAccess.basis) == Basis.EMERGENCY, not_(_is_withheld(section))))
    return select(col(PatientAccess.id)).where(*conditions).correlate_except(PatientAccess).exists()


def _is_withheld(section: str) -> ColumnElement[bool]:
    """Whether the patient of a row of `patient_access` withholds a section."""
    rows = select(col(Withholding.id)).where(
        col(Withholding.patient_id) == col(PatientAccess.patient_id),
        col(Withholding.section) == literal(section),
        col(Withholding.valid_until).is_(None),
    )
    return rows.correlate_except(Withholding).exists()


def holds() -> ColumnElement[bool]:
    """Whether a row of `patient_access` holds now."""
    until = col(PatientAccess.valid_until)
    return and_(col(PatientAccess.valid_from) <= func.now(), or_(until.is_(None), until > func.now()))


def _holders(principal: Principal, bases: Collection[Basis] | None) -> Iterator[ColumnElement[bool]]:
    """As whom the caller may be named; nobody but a proxy is one by their own patient record."""
    if principal.kind is Kind.STAFF:
        yield col(PatientAccess.account_id) == principal.subject
        if principal.practitioner is not None:
            yield col(PatientAccess.practitioner_id) == principal.practitioner
        yield works_at(principal, col(PatientAccess.location_id))
    elif principal.kind is Kind.PATIENT and principal.patient is not None and (bases is None or Basis.PROXY in bases):
        yield col(PatientAccess.proxy_id) == principal.patient


def works_at(principal: Principal, location: Any) -> ColumnElement[bool]:
    """Whether the caller works at the location that a column names."""
    if not principal.locations:
        return false()
    # No `IN`, which the driver would have to expand each time.
    is_there: ColumnElement[bool] = location == any_(literal(sorted(principal.locations), ARRAY(Uuid)))
    return is_there


async def keep(work: UnitOfWork, row: PatientAccess | Withholding) -> None:
    """Keep what a row says, unless what is there is later."""
    there, values = type(row), row.model_dump()
    new = insert(there).values(**values)
    same = new.excluded.version == col(there.version)
    ends_earlier = new.excluded.valid_until < func.coalesce(col(there.valid_until), _NEVER)
    later = or_(new.excluded.version > col(there.version), and_(same, ends_earlier))
    changed = {name: new.excluded[name] for name in values if name != "id"}
    await work.session.execute(new.on_conflict_do_update(index_elements=["id"], set_=changed, where=later))


async def _changed(work: UnitOfWork, event: AccessChanged) -> None:
    await keep(work, PatientAccess(id=event.access_id, **event.model_dump(exclude={"access_id"})))


async def _withheld(work: UnitOfWork, event: WithholdingChanged) -> None:
    said = event.model_dump(exclude={"withholding_id"}) | {"patient_id": await work.survivor(event.patient_id)}
    await keep(work, Withholding(id=event.withholding_id, **said))


CONSUMER = Consumer("patient-access", [_changed, _withheld])
"""For the `consumers` of each service that asks `has_access`; the domain that decides writes the tables itself."""
