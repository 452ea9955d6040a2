"""What is read of a patient's medical record."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, any_, literal, or_, select
from sqlmodel import col

from shared.auth.principal import Principal
from shared.database.paging import ListOfEach, Order
from shared.graph.context import Context
from subgraphs.records import policy
from subgraphs.records.codes import (
    AllergyClinicalStatus,
    AllergyVerification,
    ConditionClinicalStatus,
    EncounterStatus,
    MedicationStatus,
    Section,
)
from subgraphs.records.models import (
    Addendum,
    Allergy,
    CarePlan,
    CareTeam,
    Condition,
    Encounter,
    FamilyHistory,
    Immunization,
    MedicationStatement,
    Note,
    NoteVersion,
    Patient,
    Procedure,
    SocialHistory,
    VitalSigns,
)
from subgraphs.records.models.encounters import OPEN
from subgraphs.records.models.entries import ENTERED_IN_ERROR

_HAD = (ConditionClinicalStatus.ACTIVE, ConditionClinicalStatus.RECURRENCE, ConditionClinicalStatus.RELAPSE)

BY_START = Order((col(Encounter.starts_at), col(Encounter.id)), descending=True)
VERSIONS = Order((col(NoteVersion.number), col(NoteVersion.id)), descending=True)
ADDENDA = Order((col(Addendum.id),))


def newest_first(model: Any) -> Order:
    """Entries by when they were recorded."""
    return Order((col(model.recorded_at), col(model.id)), descending=True)


def of_patients(rows: Callable[..., Select[Any]], model: Any) -> ListOfEach[Any]:
    """The entries of patients, other than those that were made by mistake."""

    def standing(principal: Principal) -> Select[Any]:
        return rows(principal).where(col(model.status) != ENTERED_IN_ERROR)

    return ListOfEach(standing, col(model.patient_id))


NOTES = newest_first(Note)
CONDITIONS = newest_first(Condition)
ALLERGIES = newest_first(Allergy)
VITAL_SIGNS = Order((col(VitalSigns.effective_at), col(VitalSigns.id)), descending=True)
IMMUNIZATIONS = newest_first(Immunization)
PROCEDURES = newest_first(Procedure)
MEDICATION_STATEMENTS = newest_first(MedicationStatement)
FAMILY_HISTORY = newest_first(FamilyHistory)
SOCIAL_HISTORY = newest_first(SocialHistory)
CARE_PLANS = newest_first(CarePlan)
CARE_TEAMS = newest_first(CareTeam)

NOTES_OF_PATIENT = of_patients(policy.notes, Note)
NOTES_OF_ENCOUNTER = ListOfEach(NOTES_OF_PATIENT.write, col(Note.encounter_id))
ENCOUNTERS_OF_PATIENT = of_patients(policy.encounters, Encounter)
IMMUNIZATIONS_OF_PATIENT = of_patients(policy.immunizations, Immunization)
PROCEDURES_OF_PATIENT = of_patients(policy.procedures, Procedure)
FAMILY_HISTORY_OF_PATIENT = of_patients(policy.family_history, FamilyHistory)
SOCIAL_HISTORY_OF_PATIENT = of_patients(policy.social_history, SocialHistory)
CARE_PLANS_OF_PATIENT = of_patients(policy.care_plans, CarePlan)
CARE_TEAMS_OF_PATIENT = of_patients(policy.care_teams, CareTeam)
VERSIONS_OF_NOTE = ListOfEach(policy.note_versions, col(NoteVersion.note_id))
ADDENDA_OF_NOTE = ListOfEach(policy.addenda, col(Addendum.note_id))


def _visits(principal: Principal) -> Select[Encounter]:
    return policy.encounters(principal).where(col(Encounter.status).in_((*OPEN, EncounterStatus.FINISHED)))


def _conditions(principal: Principal, active: bool = False) -> Select[Condition]:
    statement = policy.conditions(principal).where(col(Condition.status) != ENTERED_IN_ERROR)
    return statement.where(col(Condition.clinical_status).in_(_HAD)) if active else statement


def _allergies(principal: Principal, active: bool = False) -> Select[Allergy]:
    statement = policy.allergies(principal).where(col(Allergy.status) != ENTERED_IN_ERROR)
    if active:
        is_active = col(Allergy.clinical_status) == AllergyClinicalStatus.ACTIVE
        statement = statement.where(is_active, col(Allergy.status) != AllergyVerification.REFUTED)
    return statement


def _medication(principal: Principal, active: bool = False) -> Select[MedicationStatement]:
    statement = policy.medication_statements(principal).where(col(MedicationStatement.status) != ENTERED_IN_ERROR)
    return statement.where(col(MedicationStatement.status) == MedicationStatus.ACTIVE) if active else statement


def _vital_signs(principal: Principal, *signs: bytes) -> Select[VitalSigns]:
    """Those with one of some signs, or all."""
    statement = policy.vital_signs(principal).where(col(VitalSigns.status) != ENTERED_IN_ERROR)
    measured = [literal(sign) == any_(col(VitalSigns.signs)) for sign in signs]
    return statement.where(or_(*measured)) if measured else statement


VISITS_OF_PATIENT = ListOfEach(_visits, col(Encounter.patient_id))
CONDITIONS_OF_PATIENT = ListOfEach(_conditions, col(Condition.patient_id))
ALLERGIES_OF_PATIENT = ListOfEach(_allergies, col(Allergy.patient_id))
MEDICATION_OF_PATIENT = ListOfEach(_medication, col(MedicationStatement.patient_id))
VITAL_SIGNS_OF_PATIENT = ListOfEach(_vital_signs, col(VitalSigns.patient_id))


async def sign_indexes(context: Context, codes: Sequence[str]) -> list[bytes]:
    """The blind indexes of the codes of vital signs."""
    async with context.write() as work:
        return [await work.blind_index("vital-sign", code) for code in codes]


async def readable(context: Context, patient_ids: Sequence[UUID]) -> list[bool]:
    """Of which patients the caller may read some of the record; the audit trail has of which not."""
    found = await context.find(policy.patients, col(Patient.id), patient_ids)
    if denied := [key for key, row in zip(patient_ids, found, strict=True) if row is None]:
        context.recorder.denied("MedicalRecord", denied)
    return [row is not None for row in found]


async def readable_sections(context: Context, patient_ids: Sequence[UUID]) -> list[Sequence[Section]]:
    """The sections of each patient's record that the caller may read."""
    readable: Any = (policy.record(context.principal, col(Patient.id), section).label(section) for section in Section)
    statement = select(col(Patient.id).label("key"), *readable).where(col(Patient.id).in_(patient_ids))
    found = {
        key: [section for section, may in zip(Section, allowed, strict=True) if may]
        for key, *allowed in await context.fetch(statement)
    }
    return [found.get(key, []) for key in patient_ids]


async def newest_versions(context: Context, note_ids: Sequence[UUID]) -> list[NoteVersion | None]:
    """What notes say now."""
    statement = (
        policy.note_versions(context.principal)
        .join(Note, col(Note.id) == col(NoteVersion.note_id))
        .where(col(NoteVersion.number) == col(Note.written), col(NoteVersion.note_id).in_(note_ids))
    )
    found = {row.note_id: row for row in await context.fetch(statement)}
    return [found.get(key) for key in note_ids]
