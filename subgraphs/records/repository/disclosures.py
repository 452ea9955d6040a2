"""What is read of looks at patients' data, and on what grounds somebody could look."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, and_, any_, bindparam, func, or_, select
from sqlmodel import col

from shared.audit.recorder import Action
from shared.auth.principal import Principal
from shared.database.engine import STATEMENT_TIMEOUT_MILLISECONDS
from shared.database.paging import Order, Slice, fetch_page
from shared.database.tables import Merger, PatientAccess
from shared.files import File
from shared.graph.context import Context
from shared.patient_access import Basis
from subgraphs.records import policy
from subgraphs.records.accounting import Ground, Grounds, Look, file_of
from subgraphs.records.codes import DisclosuresExportFormat
from subgraphs.records.models import Account, Disclosure, RecordAccessRequest

# A look may be under way while what lets it be is ended: no statement takes longer.
_UNDER_WAY = timedelta(milliseconds=STATEMENT_TIMEOUT_MILLISECONDS)

MOST = 5000
"""Looks of a part of an export."""

NEWEST_FIRST = Order((col(Disclosure.at), col(Disclosure.id)), descending=True)


@dataclass(frozen=True, slots=True)
class Looks:
    """Which looks are asked for; they are at `since` or later, and before `until`."""

    patient_id: UUID | None = None
    account_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


def search(principal: Principal, wanted: Looks) -> Select[Disclosure]:
    """The looks that match."""
    statement = policy.disclosures(principal, wanted.patient_id)
    if wanted.account_id is not None:
        statement = statement.where(col(Disclosure.actor) == wanted.account_id)
    if wanted.since is not None:
        statement = statement.where(col(Disclosure.at) >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(col(Disclosure.at) < wanted.until)
    return statement


def note(context: Context, wanted: Looks, **detail: str) -> None:
    """Enter that somebody asked for an accounting of disclosures: its table is none whose reads are noticed."""
    keys = [wanted.account_id] if wanted.account_id else []
    patients = [wanted.patient_id] if wanted.patient_id else []
    entry = context.recorder.entry(Action.EXECUTE, "disclosures", keys, patients, detail=detail or None)
    context.recorder.add([entry])


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an accounting, as a file, and the accounts of staff that it names; `end` is the cursor of its last look."""

    file: File
    count: int
    staff: Sequence[UUID]
    end: str | None
    has_next: bool


async def export(context: Context, wanted: Looks, form: DisclosuresExportFormat, after: str | None) -> Part:
    """The next looks that match, the newest first, as a file; raises InvalidCursor."""
    note(context, wanted, exported=form)
    page = await fetch_page(context.fetch, search(context.principal, wanted), NEWEST_FIRST, Slice(MOST, after))
    why = await grounds(context, [row.id for row in page.rows])
    told = [(Look(row, wanted.patient_id), each) for row, each in zip(page.rows, why, strict=True)]
    file = await asyncio.to_thread(file_of, told, form)  # it takes a moment
    staff = list(dict.fromkeys(look.entry.actor for look, _ in told if not look.by_patient))
    end = NEWEST_FIRST.cursor(page.rows[-1]) if page.rows else None
    return Part(file, len(page.rows), staff, end, page.has_next)


async def grounds(context: Context, keys: Sequence[UUID]) -> list[Grounds]:
    """Those of looks, in order, each in the order in which bases are named, in one statement.

    A row of `patient_access` never changes its holder and keeps its period when it ends, so it tells who could look when.
    """
    found: dict[UUID, Grounds] = {}
    for row in await context.fetch(_GROUNDS, keys=list(keys)):
        known = found.get(row.id, Grounds(row.practitioner_id, ()))
        new = [each for each in _grounds_of(row) if each not in known.grounds]
        found[row.id] = Grounds(row.practitioner_id, sorted([*known.grounds, *new], key=_rank))
    return [found.get(key, Grounds(None, ())) for key in keys]


def _rank(ground: Ground) -> int:
    return list(Basis).index(ground.basis)


def _grounds_of(row: Any) -> Iterator[Ground]:
    if row.own:
        yield Ground(row.patient_id, Basis.OWNER)
    if row.basis is not None:
        yield Ground(row.patient_id, Basis(row.basis), row.purpose)


def _grounds() -> Any:
    """Each look with each basis that who looked had for one of its patients, or with their own record."""
    looks = (
        select(
            col(Disclosure.id),
            col(Disclosure.actor),
            col(Disclosure.at),
            col(Disclosure.locations),
            func.unnest(col(Disclosure.patients), type_=Uuid).label("patient"),
        )
        .where(col(Disclosure.id) == any_(bindparam("keys", type_=ARRAY(Uuid))))
        .subquery()
        .c
    )
    patient = func.coalesce(col(Merger.survivor_id), looks.patient)
    holder = or_(
        col(PatientAccess.account_id) == looks.actor,
        col(PatientAccess.practitioner_id) == col(Account.practitioner_id),
        col(PatientAccess.proxy_id) == col(Account.patient_id),
        col(PatientAccess.location_id) == any_(looks.locations),
    )
    until = col(PatientAccess.valid_until)
    held = and_(col(PatientAccess.valid_from) <= looks.at, or_(until.is_(None), until > looks.at - _UNDER_WAY))
    return (
        select(
            looks.id,
            col(Account.practitioner_id),
            patient.label("patient_id"),
            (patient == col(Account.patient_id)).label("own"),
            col(PatientAccess.basis),
            col(RecordAccessRequest.purpose),
        )
        .outerjoin(Merger, col(Merger.merged_id) == looks.patient)
        .outerjoin(Account, col(Account.id) == looks.actor)
        .outerjoin(PatientAccess, and_(col(PatientAccess.patient_id) == patient, holder, held))
        .outerjoin(RecordAccessRequest, col(RecordAccessRequest.id) == col(PatientAccess.id))
    )


_GROUNDS = _grounds()
