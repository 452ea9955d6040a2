"""What is read of looks at records: the audit trail's entries, and on what grounds somebody could look."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Select, Uuid, and_, any_, bindparam, func, or_, select
from sqlmodel import col

from shared.audit.recorder import Action
from shared.auth.principal import Principal
from shared.database.engine import STATEMENT_TIMEOUT_MILLISECONDS
from shared.database.paging import Order
from shared.database.tables import AuditEntry, Merger, PatientAccess
from shared.graph.context import Context
from shared.patient_access import Basis
from subgraphs.records import policy
from subgraphs.records.models import Account, RecordAccessRequest

# A look may be under way while what lets it be is ended: no statement takes longer.
_UNDER_WAY = timedelta(milliseconds=STATEMENT_TIMEOUT_MILLISECONDS)

NEWEST_FIRST = Order((col(AuditEntry.position),), descending=True)


@dataclass(frozen=True, slots=True)
class Looks:
    """Which looks are asked for; they are at `since` or later, and before `until`."""

    patient_id: UUID | None = None
    account_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


def search(principal: Principal, wanted: Looks) -> Select[AuditEntry]:
    """The looks that match."""
    statement = policy.disclosures(principal, wanted.patient_id)
    if wanted.account_id is not None:
        statement = statement.where(col(AuditEntry.actor) == wanted.account_id)
    if wanted.since is not None:
        statement = statement.where(col(AuditEntry.at) >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(col(AuditEntry.at) < wanted.until)
    return statement


def note(context: Context, patient_id: UUID | None, account_id: UUID | None) -> None:
    """Enter that somebody asked for an accounting of disclosures: the trail is no table whose reads are noticed."""
    keys, patients = [account_id] if account_id else [], [patient_id] if patient_id else []
    context.recorder.add([context.recorder.entry(Action.EXECUTE, "disclosures", keys, patients)])


@dataclass(frozen=True, slots=True)
class Ground:
    """On what basis, and for what purpose if the patient granted it, somebody could look at a patient's record."""

    patient_id: UUID
    basis: Basis
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Grounds:
    """Who looked, and why they could: all bases that held at that moment, for any of the patients of the entry."""

    practitioner_id: UUID | None
    grounds: Sequence[Ground]


async def grounds(context: Context, positions: Sequence[int]) -> list[Grounds]:
    """Those of entries of the trail, in order, in one statement.

    A row of `patient_access` never changes its holder and keeps its period when it ends, so it tells who could look when.
    """
    found: dict[int, Grounds] = {}
    for row in await context.fetch(_GROUNDS, positions=list(positions)):
        known = found.get(row.position, Grounds(row.practitioner_id, ()))
        new = [each for each in _grounds_of(row) if each not in known.grounds]
        found[row.position] = Grounds(row.practitioner_id, [*known.grounds, *new])
    return [found.get(position, Grounds(None, ())) for position in positions]


def _grounds_of(row: Any) -> Iterator[Ground]:
    if row.own:
        yield Ground(row.patient_id, Basis.OWNER)
    if row.basis is not None:
        yield Ground(row.patient_id, Basis(row.basis), row.purpose)


def _grounds() -> Any:
    """Each entry with each basis that its actor had for one of its patients, or with their own record."""
    entries = (
        select(
            col(AuditEntry.position),
            col(AuditEntry.actor),
            col(AuditEntry.at),
            func.unnest(col(AuditEntry.patients), type_=Uuid).label("patient"),
        )
        .where(col(AuditEntry.position) == any_(bindparam("positions", type_=ARRAY(BigInteger))))
        .subquery()
        .c
    )
    patient = func.coalesce(col(Merger.survivor_id), entries.patient)
    holder = or_(
        col(PatientAccess.account_id) == entries.actor,
        col(PatientAccess.practitioner_id) == col(Account.practitioner_id),
        col(PatientAccess.proxy_id) == col(Account.patient_id),
    )
    until = col(PatientAccess.valid_until)
    held = and_(col(PatientAccess.valid_from) <= entries.at, or_(until.is_(None), until > entries.at - _UNDER_WAY))
    return (
        select(
            entries.position,
            col(Account.practitioner_id),
            patient.label("patient_id"),
            (patient == col(Account.patient_id)).label("own"),
            col(PatientAccess.basis),
            col(RecordAccessRequest.purpose),
        )
        .outerjoin(Merger, col(Merger.merged_id) == entries.patient)
        .outerjoin(Account, col(Account.id) == entries.actor)
        .outerjoin(PatientAccess, and_(col(PatientAccess.patient_id) == patient, holder, held))
        .outerjoin(RecordAccessRequest, col(RecordAccessRequest.id) == col(PatientAccess.id))
    )


_GROUNDS = _grounds()
