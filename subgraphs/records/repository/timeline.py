"""All that happened to patients, in the order of time, whatever kind of entry tells of it."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select
from sqlmodel import col

from shared.database.paging import Order, Page, Slice, fetch_pages
from shared.graph.context import Context
from subgraphs.records import policy
from subgraphs.records.models import (
    Allergy,
    CarePlan,
    CareTeam,
    Condition,
    Document,
    Encounter,
    FamilyHistory,
    Immunization,
    MedicationStatement,
    Note,
    Procedure,
    SocialHistory,
    VitalSigns,
)
from subgraphs.records.models.entries import ENTERED_IN_ERROR
from subgraphs.records.repository import documents

_KINDS: Sequence[tuple[Callable[..., Select[Any]], Any, str]] = (
    (policy.allergies, Allergy, "recorded_at"),
    (policy.care_plans, CarePlan, "recorded_at"),
    (policy.care_teams, CareTeam, "recorded_at"),
    (policy.conditions, Condition, "recorded_at"),
    (documents.kept, Document, "recorded_at"),
    (policy.encounters, Encounter, "starts_at"),
    (policy.family_history, FamilyHistory, "recorded_at"),
    (policy.immunizations, Immunization, "recorded_at"),
    (policy.medication_statements, MedicationStatement, "recorded_at"),
    (policy.notes, Note, "recorded_at"),
    (policy.procedures, Procedure, "recorded_at"),
    (policy.social_history, SocialHistory, "recorded_at"),
    (policy.vital_signs, VitalSigns, "effective_at"),
)


class Asked(NamedTuple):
    """The newest entries of a patient, so many of them, before a time."""

    patient_id: UUID
    first: int
    before: datetime | None


class Moment(NamedTuple):
    """An entry, and its time."""

    at: datetime
    row: Any


async def timelines(context: Context, asked: Sequence[Asked]) -> list[list[Moment]]:
    """Those of patients, in a statement a kind for all who are asked for alike; the audit trail has all that is read for it."""
    alike: dict[tuple[int, datetime | None], list[UUID]] = defaultdict(list)
    for one in asked:
        alike[one.first, one.before].append(one.patient_id)
    found: dict[Asked, list[Moment]] = {}
    for (first, before), patients in alike.items():
        each = await asyncio.gather(*(_newest(context, kind, first, before, patients) for kind in _KINDS))
        for patient in patients:
            moments = [moment for kind in each for moment in kind[patient]]
            moments.sort(key=lambda moment: (moment.at, moment.row.id), reverse=True)
            found[Asked(patient, first, before)] = moments[:first]
    return [found[one] for one in asked]


async def _newest(
    context: Context, kind: Any, first: int, before: datetime | None, patients: Sequence[UUID]
) -> dict[UUID, list[Moment]]:
    rows, model, name = kind
    at = col(getattr(model, name))
    statement = rows(context.principal).where(col(model.status) != ENTERED_IN_ERROR)
    if before is not None:
        statement = statement.where(at < before)
    order = Order((at, col(model.id)), descending=True)
    pages = await fetch_pages(context.fetch, statement, order, Slice(first), col(model.patient_id), patients)
    return {patient: _moments(page, name) for patient, page in pages.items()}


def _moments(page: Page[Any], name: str) -> list[Moment]:
    return [Moment(getattr(row, name), row) for row in page.rows]
