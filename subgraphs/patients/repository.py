"""Every statement of the patients' domain, each beginning with what `policy` lets the caller see."""

from collections.abc import Sequence
from datetime import date
from operator import attrgetter, itemgetter
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    false,
    func,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Mapped
from sqlmodel import col

from shared.auth.principal import Principal
from shared.database.paging import Order
from shared.database.rows import grouped
from shared.database.search import says
from shared.graph.context import Context
from subgraphs.patients import policy
from subgraphs.patients.codes import PatientOrderField
from subgraphs.patients.duplicates import Other, conditions
from subgraphs.patients.models import Patient, PatientIdentifier
from subgraphs.patients.search import Wanted

BY_NAME = Order((col(Patient.name_text), col(Patient.id)))
PATIENTS = {
    PatientOrderField.NAME: BY_NAME,
    PatientOrderField.BIRTH_DATE: Order((col(Patient.birth_order), col(Patient.id))),
    PatientOrderField.REGISTERED_AT: Order((col(Patient.id),)),
}

_DUPLICATES = 20


async def own_patient(context: Context) -> Patient | None:
    """The caller's own record, which is the survivor if theirs was merged."""
    rows = await context.fetch(context.written(_unmerged))
    return rows[0] if rows else None


async def identifiers(context: Context, patient_ids: Sequence[UUID]) -> list[list[PatientIdentifier]]:
    """The identifiers of patients, in order."""
    rows = await context.fetch(context.written(_identifiers), patients=patient_ids)
    return grouped(rows, attrgetter("patient_id"), patient_ids)


async def duplicates(context: Context, patient_ids: Sequence[UUID]) -> list[list[UUID]]:
    """The keys of who may be the same person as each of these patients, the likeliest first."""
    either: list[Select[UUID, UUID, float]] = [
        policy.patients(context.principal, policy.MERGE)
        .join(Other, condition)
        .where(col(Other.id).in_(patient_ids), col(Patient.merged_into_id).is_(None))
        .with_only_columns(col(Other.id).label("of"), col(Patient.id).label("is_like"), likeness.label("likeness"))
        for condition, likeness in conditions()
    ]
    found_by = union_all(*either).subquery()
    most = func.max(found_by.c.likeness).label("likeness")
    pairs = select(found_by.c.of, found_by.c.is_like, most).group_by(found_by.c.of, found_by.c.is_like).subquery()
    rank = func.row_number().over(partition_by=pairs.c.of, order_by=[pairs.c.likeness.desc(), pairs.c.is_like])
    ranked = select(pairs.c.of, pairs.c.is_like, rank.label("rank")).subquery()
    statement = select(ranked.c.of, ranked.c.is_like).where(ranked.c.rank <= _DUPLICATES).order_by(ranked.c.rank)
    found = await context.fetch(statement)
    return [[key for _, key in rows] for rows in grouped(found, itemgetter(0), patient_ids)]


def _unmerged(principal: Principal) -> Select[Patient]:
    return policy.own(principal).where(col(Patient.merged_into_id).is_(None))


def _identifiers(principal: Principal) -> Select[PatientIdentifier]:
    return (
        policy.identifiers(principal)
        .where(col(PatientIdentifier.patient_id) == any_(bindparam("patients", type_=ARRAY(Uuid))))
        .order_by(col(PatientIdentifier.id))
    )


def search_patients(
    principal: Principal, search: str | None, birth_date: date | None, *, with_duplicates: bool = False
) -> Select[Patient]:
    """Patients, other than merged ones, who match a search; `with_duplicates`: who may be here twice."""
    statement = policy.patients(principal, policy.MERGE if with_duplicates else policy.READ)
    statement = statement.where(col(Patient.merged_into_id).is_(None))
    if birth_date is not None:
        statement = statement.where(col(Patient.birth_date) == birth_date)
    if search and search.strip():
        statement = statement.where(_matches(principal, search))
    if with_duplicates:
        others = (select(col(Other.id)).where(condition) for condition, _ in conditions())
        statement = statement.where(or_(*(each.correlate(Patient).exists() for each in others)))
    return statement


def _matches(principal: Principal, search: str) -> ColumnElement[bool]:
    """Names, with or without a day of birth, or the whole of a number or address, of what is shown.

    Each is looked for by itself, since PostgreSQL uses no index for what is one of these or in a subquery.
    """
    wanted, whole = Wanted.of(search), policy.sees_whole(principal)
    found = [
        _of_patients(_is_called(col(Patient.search_text), wanted), whole),
        _of_patients(_is_reached(wanted), whole),
        policy.identifiers(principal)
        .with_only_columns(col(PatientIdentifier.patient_id))
        .where(col(PatientIdentifier.value).in_(wanted.numbers)),
    ]
    if policy.sees_identity(principal):
        found.append(_of_patients(col(Patient.medical_record_number).in_(wanted.numbers)))
    if whole is not true():
        found.append(_of_patients(_is_called(col(Patient.name_search), wanted)))
    return col(Patient.id).in_(union_all(*(each.correlate(None) for each in found)))


def _of_patients(*conditions: ColumnElement[bool]) -> Select[UUID]:
    return select(col(Patient.id)).where(*conditions)


def _is_called(text: Mapped[str], wanted: Wanted) -> ColumnElement[bool]:
    if not wanted.words and not wanted.births:
        return false()
    born = [col(Patient.birth_date).in_(wanted.births)] if wanted.births else []
    return and_(*says(text, wanted.words), *born)


def _is_reached(wanted: Wanted) -> ColumnElement[bool]:
    return or_(false(), *(col(Patient.contact_search).contains(part, autoescape=True) for part in wanted.contacts))
