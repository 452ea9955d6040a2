"""What entries of the medical record say: documents that are stored encrypted, each under its patient's data key.

Field names are those of the commands and types that bring and show them. Dates are as precise as they are known, as FHIR writes
a dateTime: 1980, 1980-05, 1980-05-17 or 1980-05-17T23:58:16-05:00, which only other systems say.
"""

from datetime import date
from decimal import Decimal

import msgspec

from subgraphs.records.codes import (
    AllergyCategory,
    AllergyCriticality,
    AllergyType,
    ConditionCategory,
    ConditionSeverity,
    ConsciousnessLevel,
    DocumentContentType,
    DocumentRejection,
    EncounterClass,
    FamilyRelationship,
    MedicationSource,
    NoteType,
    ReactionSeverity,
)


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The base of what is stored."""


class Coded(Facts, frozen=True, kw_only=True):
    """A code, the system that defines it, and what it is called."""

    system: str
    code: str
    display: str | None = None


class EncounterFacts(Facts, frozen=True, kw_only=True):
    """What an encounter was about."""

    kind: EncounterClass
    reason: str | None = None


class NoteFacts(Facts, frozen=True, kw_only=True):
    """What a clinical note is."""

    type: NoteType
    title: str


class DocumentFacts(Facts, frozen=True, kw_only=True):
    """A document; `hash` is the SHA-256 of its content in hexadecimal digits, `malware` what a scan has found in it."""

    title: str
    type: Coded | None = None
    category: Coded | None = None
    date: str | None = None
    description: str | None = None
    file_name: str
    content_type: DocumentContentType
    size: int | None = None
    hash: str | None = None
    rejection: DocumentRejection | None = None
    malware: str | None = None


class ConditionFacts(Facts, frozen=True, kw_only=True):
    """A diagnosis or problem."""

    code: Coded
    category: ConditionCategory
    severity: ConditionSeverity | None = None
    onset: str | None = None
    abatement: str | None = None
    note: str | None = None


class Reaction(Facts, frozen=True, kw_only=True):
    """What happened to a patient by a substance."""

    manifestation: Coded
    severity: ReactionSeverity | None = None
    onset: str | None = None


class AllergyFacts(Facts, frozen=True, kw_only=True):
    """A substance that a patient does not tolerate; without a code, that none is known."""

    code: Coded | None = None
    type: AllergyType | None = None
    category: AllergyCategory | None = None
    criticality: AllergyCriticality | None = None
    reactions: tuple[Reaction, ...] = ()
    onset: str | None = None
    note: str | None = None


class Measurement(Facts, frozen=True, kw_only=True):
    """A vital sign: its LOINC code, and the value in a unit of UCUM, as it was measured."""

    code: str
    value: Decimal
    unit: str


class VitalSignsFacts(Facts, frozen=True, kw_only=True):
    """What was measured at one time."""

    measurements: tuple[Measurement, ...]
    consciousness: ConsciousnessLevel | None = None
    oxygen: bool = False
    hypercapnic: bool = False
    note: str | None = None


class ImmunizationFacts(Facts, frozen=True, kw_only=True):
    """A vaccination that was given, or was not."""

    code: Coded
    occurred: str | None = None
    lot_number: str | None = None
    expires: date | None = None
    site: str | None = None
    dose: int | None = None
    reason_not_done: str | None = None
    note: str | None = None


class ProcedureFacts(Facts, frozen=True, kw_only=True):
    """A procedure that was carried out."""

    code: Coded
    performed: str | None = None
    performed_until: str | None = None
    body_site: Coded | None = None
    outcome: str | None = None
    note: str | None = None


class MedicationStatementFacts(Facts, frozen=True, kw_only=True):
    """Medication that a patient took or takes."""

    code: Coded
    source: MedicationSource
    dosage: str | None = None
    since: str | None = None
    until: str | None = None
    reason: str | None = None
    note: str | None = None


class FamilyCondition(Facts, frozen=True, kw_only=True):
    """A condition of a relative."""

    code: Coded
    onset_age: int | None = None


class FamilyHistoryFacts(Facts, frozen=True, kw_only=True):
    """The health of a relative."""

    relationship: FamilyRelationship
    conditions: tuple[FamilyCondition, ...] = ()
    deceased: bool | None = None
    note: str | None = None


class SocialHistoryFacts(Facts, frozen=True, kw_only=True):
    """How a patient lives, such as whether they smoke."""

    code: Coded
    value: Coded | None = None
    text: str | None = None
    observed: str | None = None


class CarePlanFacts(Facts, frozen=True, kw_only=True):
    """What is planned for a patient."""

    title: str
    goals: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    note: str | None = None


class CareTeamFacts(Facts, frozen=True, kw_only=True):
    """Who looks after a patient together."""

    name: str
    reason: str | None = None
