"""Tables of what the record says of a patient's health."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, LargeBinary, Uuid, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field

from shared.codes import one_of
from shared.database.model import timestamp
from shared.encryption import Encrypted, encrypted
from subgraphs.records.codes import (
    AllergyClinicalStatus,
    AllergyVerification,
    CarePlanStatus,
    CareTeamStatus,
    ConditionClinicalStatus,
    ConditionVerification,
    EntryStatus,
    ImmunizationStatus,
    MedicationStatus,
    ProcedureStatus,
    Section,
)
from subgraphs.records.facts import (
    AllergyFacts,
    CarePlanFacts,
    CareTeamFacts,
    ConditionFacts,
    FamilyHistoryFacts,
    ImmunizationFacts,
    MedicationStatementFacts,
    ProcedureFacts,
    SocialHistoryFacts,
    VitalSignsFacts,
)
from subgraphs.records.models.base import Model
from subgraphs.records.models.entries import Told, entry_indexes

# FHIR's con-3, con-5, ait-1 and ait-2: there is a clinical status unless the entry was made by mistake.
_CLINICAL = "(clinical_status IS NULL) = (status = 'ENTERED_IN_ERROR')"
_ACTIVE_ALLERGY = text("clinical_status = 'ACTIVE' AND status <> 'REFUTED'")


class Condition(Told, table=True):
    """A diagnosis or problem; `status` says how sure it is."""

    section: ClassVar[Section] = Section.CONDITIONS

    __tablename__ = "condition"
    __table_args__ = (
        one_of("status", ConditionVerification),
        one_of("clinical_status", ConditionClinicalStatus),
        CheckConstraint(_CLINICAL, name="clinical"),
        *entry_indexes("condition"),
    )

    clinical_status: str | None = None
    facts: Encrypted[ConditionFacts] = encrypted(ConditionFacts)


class Allergy(Told, table=True):
    """A substance that a patient does not tolerate, or that none is known; `status` says how sure it is.

    Of one patient no two active ones are of one substance, by its blind index; while none is known, there is no other one.
    """

    section: ClassVar[Section] = Section.ALLERGIES

    __tablename__ = "allergy"
    __table_args__ = (
        one_of("status", AllergyVerification),
        one_of("clinical_status", AllergyClinicalStatus),
        CheckConstraint(_CLINICAL, name="clinical"),
        ExcludeConstraint(
            ("patient_id", "="),
            (text("CAST(none_known AS integer)"), "<>"),
            name="allergy_none_known_excl",
            using="gist",
            where=_ACTIVE_ALLERGY,
        ),
        Index("allergy_substance_key", "substance", unique=True, postgresql_where=_ACTIVE_ALLERGY),
        *entry_indexes("allergy"),
    )

    clinical_status: str | None = None
    none_known: bool = False
    substance: bytes = Field(sa_type=LargeBinary)  # a blind index of patient, system and code
    facts: Encrypted[AllergyFacts] = encrypted(AllergyFacts)


def is_active(row: Allergy) -> bool:
    """Whether an allergy is one that a patient has now, as the table's constraints have it."""
    return row.clinical_status == AllergyClinicalStatus.ACTIVE and row.status != AllergyVerification.REFUTED


class VitalSigns(Told, table=True):
    """What was measured at one time; `signs` are blind indexes of the codes of what it was."""

    section: ClassVar[Section] = Section.VITAL_SIGNS

    __tablename__ = "vital_signs"
    __table_args__ = (
        one_of("status", EntryStatus),
        Index("vital_signs_effective_idx", "patient_id", "effective_at", "id"),
        *entry_indexes("vital_signs"),
    )

    effective_at: datetime = timestamp()
    signs: list[bytes] = Field(sa_type=ARRAY(LargeBinary))
    facts: Encrypted[VitalSignsFacts] = encrypted(VitalSignsFacts)


class Immunization(Told, table=True):
    """A vaccination."""

    section: ClassVar[Section] = Section.IMMUNIZATIONS

    __tablename__ = "immunization"
    __table_args__ = (one_of("status", ImmunizationStatus), *entry_indexes("immunization"))

    facts: Encrypted[ImmunizationFacts] = encrypted(ImmunizationFacts)


class Procedure(Told, table=True):
    """A procedure."""

    section: ClassVar[Section] = Section.PROCEDURES

    __tablename__ = "procedure"
    __table_args__ = (one_of("status", ProcedureStatus), *entry_indexes("procedure"))

    facts: Encrypted[ProcedureFacts] = encrypted(ProcedureFacts)


class Medication(Model, table=True):
    """A medication by which other systems say what somebody takes; nobody's own."""

    __tablename__ = "medication"

    system: str
    code: str
    display: str | None = None


class MedicationStatement(Told, table=True):
    """Medication that a patient took or takes, by somebody's word."""

    section: ClassVar[Section] = Section.MEDICATIONS

    __tablename__ = "medication_statement"
    __table_args__ = (one_of("status", MedicationStatus), *entry_indexes("medication_statement"))

    facts: Encrypted[MedicationStatementFacts] = encrypted(MedicationStatementFacts)


class FamilyHistory(Told, table=True):
    """The health of a relative."""

    section: ClassVar[Section] = Section.HISTORY

    __tablename__ = "family_history"
    __table_args__ = (one_of("status", EntryStatus), *entry_indexes("family_history"))

    facts: Encrypted[FamilyHistoryFacts] = encrypted(FamilyHistoryFacts)


class SocialHistory(Told, table=True):
    """How a patient lives."""

    section: ClassVar[Section] = Section.HISTORY

    __tablename__ = "social_history"
    __table_args__ = (one_of("status", EntryStatus), *entry_indexes("social_history"))

    facts: Encrypted[SocialHistoryFacts] = encrypted(SocialHistoryFacts)


class CarePlan(Told, table=True):
    """What is planned for a patient."""

    section: ClassVar[Section] = Section.CARE_PLANS

    __tablename__ = "care_plan"
    __table_args__ = (one_of("status", CarePlanStatus), *entry_indexes("care_plan"))

    facts: Encrypted[CarePlanFacts] = encrypted(CarePlanFacts)


class CareTeam(Told, table=True):
    """Practitioners who look after a patient together, and may open the record as long as the team is active."""

    section: ClassVar[Section] = Section.CARE_PLANS

    __tablename__ = "care_team"
    __table_args__ = (one_of("status", CareTeamStatus), *entry_indexes("care_team"))

    member_ids: list[UUID] = Field(sa_type=ARRAY(Uuid))
    facts: Encrypted[CareTeamFacts] = encrypted(CareTeamFacts)
