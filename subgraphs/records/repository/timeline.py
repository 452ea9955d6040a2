"""All that happened to patients, in the order of time, whatever kind of entry tells of it: their lists, merged."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import DateTime, Uuid, column

from shared.database.paging import ListOfEach, Order, Page, Slice, count_each, fetch_pages
from shared.graph.context import Context
from subgraphs.records.repository import documents, entries

# Each list that is part of it, and its order: by a time, then by id.
_LISTS: Sequence[tuple[ListOfEach[Any], Order]] = (
    (entries.ALLERGIES_OF_PATIENT, entries.ALLERGIES),
    (entries.CARE_PLANS_OF_PATIENT, entries.CARE_PLANS),
    (entries.CARE_TEAMS_OF_PATIENT, entries.CARE_TEAMS),
    (entries.CONDITIONS_OF_PATIENT, entries.CONDITIONS),
    (documents.DOCUMENTS_OF_PATIENT, documents.DOCUMENTS),
    (entries.ENCOUNTERS_OF_PATIENT, entries.BY_START),
    (entries.FAMILY_HISTORY_OF_PATIENT, entries.FAMILY_HISTORY),
    (entries.IMMUNIZATIONS_OF_PATIENT, entries.IMMUNIZATIONS),
    (entries.MEDICATION_OF_PATIENT, entries.MEDICATION_STATEMENTS),
    (entries.NOTES_OF_PATIENT, entries.NOTES),
    (entries.PROCEDURES_OF_PATIENT, entries.PROCEDURES),
    (entries.SOCIAL_HISTORY_OF_PATIENT, entries.SOCIAL_HISTORY),
    (entries.VITAL_SIGNS_OF_PATIENT, entries.VITAL_SIGNS),
)

TIMELINE = Order((column("at", DateTime(timezone=True)), column("id", Uuid)), descending=True)


class Asked(NamedTuple):
    """A page of a patient's timeline."""

    patient_id: UUID
    page: Slice


class Moment(NamedTuple):
    """An entry, its time and its key."""

    at: datetime
    id: UUID
    row: Any


async def timelines(context: Context, asked: Sequence[Asked]) -> list[Page[Moment]]:
    """Those pages, in a statement a list for all who are asked for alike; the audit trail has all that is read for it."""
    alike: dict[Slice, list[UUID]] = defaultdict(list)
    for one in asked:
        alike[one.page].append(one.patient_id)
    found: dict[Asked, Page[Moment]] = {}
    for page, patients in alike.items():
        each = await asyncio.gather(*(_pages(context, *one, page, patients) for one in _LISTS))
        found |= {Asked(patient, page): _merged([pages[patient] for pages in each], page) for patient in patients}
    return [found[one] for one in asked]


async def counts(context: Context, patient_ids: Sequence[UUID]) -> list[int]:
    """How many entries the timelines of patients have."""
    each = await asyncio.gather(
        *(count_each(context.fetch, context.written(lists.write), lists.parent, patient_ids) for lists, _ in _LISTS)
    )
    return [sum(numbers) for numbers in zip(*each, strict=True)]


async def _pages(
    context: Context, lists: ListOfEach[Any], order: Order, page: Slice, patients: Sequence[UUID]
) -> Mapping[UUID, Page[Any]]:
    own = replace(page, after=_cursor(page.after, order), before=_cursor(page.before, order))
    statement = context.written(lists.write)
    found = await fetch_pages(context.fetch, statement, order, own, lists.parent, patients)
    name = order.columns[0].key
    return {
        patient: replace(each, rows=[Moment(getattr(row, name), row.id, row) for row in each.rows])
        for patient, each in found.items()
    }


def _cursor(cursor: str | None, order: Order) -> str | None:
    """The cursor of a list for the same place; nothing has to be there."""
    if cursor is None:
        return None
    names = [column.key for column in order.columns]
    return order.cursor(SimpleNamespace(**dict(zip(names, TIMELINE.values(cursor), strict=True))))


def _merged(pages: Sequence[Page[Moment]], wanted: Slice) -> Page[Moment]:
    moments = sorted((moment for page in pages for moment in page.rows), key=lambda each: each[:2], reverse=True)
    over = len(moments) > wanted.size
    rows = moments[-wanted.size :] if wanted.is_end else moments[: wanted.size]
    has_next = any(page.has_next for page in pages) or (over and not wanted.is_end)
    has_previous = any(page.has_previous for page in pages) or (over and wanted.is_end)
    return Page(rows, TIMELINE, has_next, has_previous)
