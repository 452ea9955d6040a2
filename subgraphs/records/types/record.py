"""The medical record of a patient, as the graph shows it."""

from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

import strawberry

from shared.database.paging import ListOfEach, Order, Slice
from shared.graph.connections import Connection, Paged, connect_each
from shared.graph.context import Info
from shared.graph.entities import Entity, listing_of_each
from shared.graph.fields import LONGEST_SEARCH, bounded, guarded
from shared.graph.interleaved import Moment, connect_interleaved
from subgraphs.records import policy
from subgraphs.records.codes import Section
from subgraphs.records.repository import documents, entries
from subgraphs.records.repository.timeline import TIMELINE
from subgraphs.records.types.clinical import (
    Allergy,
    CarePlan,
    CareTeam,
    Condition,
    FamilyHistory,
    Immunization,
    MedicationStatement,
    Procedure,
    SocialHistory,
    VitalSigns,
)
from subgraphs.records.types.documents import Document
from subgraphs.records.types.encounters import Encounter, Note
from subgraphs.records.types.timeline import TimelineEntry

Active = Annotated[bool, strawberry.argument(description="Whether only what holds now is listed.")]
SignCode = Annotated[
    str | None, bounded("Only measurements that have this vital sign, by its LOINC code; absent: all.", LONGEST_SEARCH)
]
E = TypeVar("E", bound=Entity[Any])

_TYPES: dict[str, type[Entity[Any]]] = {
    kind.__name__: kind
    for kind in (
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
}


@strawberry.type(description="An entry of the medical record, of whichever kind, at its time.")
class TimelineItem:
    at: datetime = strawberry.field(
        description="When the encounter began, the vital signs were measured, or the entry was recorded."
    )
    entry: TimelineEntry = strawberry.field(description="The entry, such as a Condition or a Note.")

    @classmethod
    def of(cls, moment: Moment) -> "TimelineItem":
        entry: Any = _TYPES[type(moment.row).__name__].of(moment.row)
        return cls(at=moment.at, entry=entry)


@strawberry.type(description="The medical record of a patient, as far as the caller may open it.")
class MedicalRecord:
    key: strawberry.Private[UUID]

    @guarded(
        description="The sections of the medical record that the caller may read; lists of the others are empty.",
        scopes=policy.READS_SAFETY,
    )
    async def readable_sections(self, info: Info) -> list[Section] | None:
        return list(await info.context.load(entries.readable_sections, self.key))

    encounters = listing_of_each(
        Encounter,
        entries.ENCOUNTERS_OF_PATIENT,
        entries.BY_START,
        description="The encounters of the patient, the newest first.",
        scopes=[[policy.READ]],
    )
    notes = listing_of_each(
        Note,
        entries.NOTES_OF_PATIENT,
        entries.NOTES,
        description="The notes about the patient, the newest first.",
        scopes=[[policy.READ]],
    )

    documents = listing_of_each(
        Document,
        documents.DOCUMENTS_OF_PATIENT,
        documents.DOCUMENTS,
        description="The documents about the patient, the newest entry first; for the patient, those that are shared.",
        scopes=[[policy.READ]],
    )

    @guarded(
        description="The diagnoses and problems of the patient, the newest entry first.",
        scopes=policy.READS_SAFETY,
        extensions=[Paged()],
    )
    async def conditions(self, info: Info, page: Slice, active: Active = False) -> Connection[Condition] | None:
        lists, order = entries.CONDITIONS_OF_PATIENT, entries.CONDITIONS
        return await connect_each(info.context, lists, self.key, order, Condition.of, page, active)

    @guarded(
        description="The allergies of the patient, or the statement that none is known, the newest entry first.",
        scopes=policy.READS_SAFETY,
        extensions=[Paged()],
    )
    async def allergies(self, info: Info, page: Slice, active: Active = False) -> Connection[Allergy] | None:
        lists, order = entries.ALLERGIES_OF_PATIENT, entries.ALLERGIES
        return await connect_each(info.context, lists, self.key, order, Allergy.of, page, active)

    @guarded(
        description="The medication that the patient took and takes, the newest entry first.",
        scopes=policy.READS_SAFETY,
        extensions=[Paged()],
    )
    async def medications(
        self, info: Info, page: Slice, active: Active = False
    ) -> Connection[MedicationStatement] | None:
        lists, order = entries.MEDICATION_OF_PATIENT, entries.MEDICATION_STATEMENTS
        return await connect_each(info.context, lists, self.key, order, MedicationStatement.of, page, active)

    immunizations = listing_of_each(
        Immunization,
        entries.IMMUNIZATIONS_OF_PATIENT,
        entries.IMMUNIZATIONS,
        description="The vaccinations of the patient, the newest entry first.",
        scopes=[[policy.READ]],
    )

    procedures = listing_of_each(
        Procedure,
        entries.PROCEDURES_OF_PATIENT,
        entries.PROCEDURES,
        description="What was done for the patient, the newest entry first.",
        scopes=[[policy.READ]],
    )

    family_history = listing_of_each(
        FamilyHistory,
        entries.FAMILY_HISTORY_OF_PATIENT,
        entries.FAMILY_HISTORY,
        description="The health of the patient's relatives, the newest entry first.",
        scopes=[[policy.READ]],
    )

    social_history = listing_of_each(
        SocialHistory,
        entries.SOCIAL_HISTORY_OF_PATIENT,
        entries.SOCIAL_HISTORY,
        description="How the patient lives, the newest entry first.",
        scopes=[[policy.READ]],
    )

    care_plans = listing_of_each(
        CarePlan,
        entries.CARE_PLANS_OF_PATIENT,
        entries.CARE_PLANS,
        description="What is planned for the patient, the newest entry first.",
        scopes=[[policy.READ]],
    )

    care_teams = listing_of_each(
        CareTeam,
        entries.CARE_TEAMS_OF_PATIENT,
        entries.CARE_TEAMS,
        description="Who looks after the patient together, the newest entry first.",
        scopes=[[policy.READ]],
    )

    @guarded(
        description="The vital signs of the patient, the newest ones first.",
        scopes=policy.READS_SAFETY,
        extensions=[Paged()],
    )
    async def vital_signs(self, info: Info, page: Slice, code: SignCode = None) -> Connection[VitalSigns] | None:
        signs = [] if code is None else [await info.context.load(entries.sign_indexes, code)]
        lists, order = entries.VITAL_SIGNS_OF_PATIENT, entries.VITAL_SIGNS
        return await connect_each(info.context, lists, self.key, order, VitalSigns.of, page, *signs)

    @guarded(
        description="What happened to the patient, of whichever kind, the newest first.",
        scopes=[[policy.READ]],
        extensions=[Paged()],
    )
    async def timeline(self, info: Info, page: Slice) -> Connection[TimelineItem] | None:
        return await connect_interleaved(info.context, TIMELINE, self.key, TimelineItem.of, page)

    @guarded(
        description="What to know of the patient at a glance.",
        scopes=[[policy.READ]],
    )
    async def summary(self) -> "RecordSummary | None":
        return RecordSummary(key=self.key)


@strawberry.type(description="What to know of a patient at a glance, as far as the caller may open the record.")
class RecordSummary:
    key: strawberry.Private[UUID]

    @guarded(
        description="The diagnoses and problems that the patient has now, the newest entry first.",
        scopes=[[policy.READ]],
        extensions=[Paged()],
    )
    async def conditions(self, info: Info, page: Slice) -> Connection[Condition] | None:
        lists, order = entries.CONDITIONS_OF_PATIENT, entries.CONDITIONS
        return await connect_each(info.context, lists, self.key, order, Condition.of, page, True)

    @guarded(
        description="The allergies that the patient has now, or the statement that none is known.",
        scopes=[[policy.READ]],
        extensions=[Paged()],
    )
    async def allergies(self, info: Info, page: Slice) -> Connection[Allergy] | None:
        lists, order = entries.ALLERGIES_OF_PATIENT, entries.ALLERGIES
        return await connect_each(info.context, lists, self.key, order, Allergy.of, page, True)

    @guarded(
        description="The medication that the patient takes now, the newest entry first.",
        scopes=[[policy.READ]],
        extensions=[Paged()],
    )
    async def medications(self, info: Info, page: Slice) -> Connection[MedicationStatement] | None:
        lists, order = entries.MEDICATION_OF_PATIENT, entries.MEDICATION_STATEMENTS
        return await connect_each(info.context, lists, self.key, order, MedicationStatement.of, page, True)

    @guarded(description="The vital signs that were measured last; null if there are none.", scopes=[[policy.READ]])
    async def vital_signs(self, info: Info) -> VitalSigns | None:
        return await _newest(info, VitalSigns, entries.VITAL_SIGNS_OF_PATIENT, entries.VITAL_SIGNS, self.key)

    @guarded(
        description="The encounter that began last, without those that are planned; null if there was none.",
        scopes=[[policy.READ]],
    )
    async def last_encounter(self, info: Info) -> Encounter | None:
        return await _newest(info, Encounter, entries.VISITS_OF_PATIENT, entries.BY_START, self.key)


async def _newest(info: Info, kind: type[E], lists: ListOfEach[Any], order: Order, key: UUID) -> E | None:
    """The first of a list."""
    rows = (await connect_each(info.context, lists, key, order, kind.of, Slice(1))).page.rows
    return kind.of(rows[0]) if rows else None
