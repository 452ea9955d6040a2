"""What another system tells of a patient's health."""

from datetime import datetime
from uuid import UUID

from pydantic import ConfigDict, Field

from shared.commands import Command
from subgraphs.records.facts import DocumentFacts, EncounterFacts, Facts


class ReceivedEntry(Command):
    """An entry as another system tells of it: no rule for those who record holds for what has happened."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    patient_id: UUID = Field(description="The patient, who may have been merged since.")
    encounter_id: UUID | None = Field(None, description="The encounter, where it is here.")
    recorded_at: datetime | None = Field(None, description="When it was recorded, as far as the source knows.")
    status: str = Field(description="The status, one of the table's.")
    clinical_status: str | None = Field(
        None, description="Whether the patient has it now, of conditions and allergies."
    )
    effective_at: datetime | None = Field(None, description="When it was measured, of vital signs.")
    member_ids: list[UUID] = Field([], description="The practitioners of a care team.")
    none_known: bool = Field(False, description="Whether no allergies are known.")
    medication_id: UUID | None = Field(None, description="The medication that came before, which says what is taken.")
    facts: Facts = Field(description="What the entry says, which says as well what kind of entry it is.")


class ReceivedDocument(ReceivedEntry):
    """A document as another system tells of it, with its content."""

    shared: bool = Field(description="Whether the patient sees it.")
    content: bytes = Field(description="The content.")
    facts: DocumentFacts = Field(description="What the document is, with the size and hash of its content.")


class ReceivedMedication(Command):
    """A medication that others refer to."""

    system: str = Field(description="The system that defines the code.")
    code: str = Field(description="The code.")
    display: str | None = Field(None, description="What it is called.")


class ReceivedEncounter(Command):
    """An encounter that is over, as another system tells of it."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    patient_id: UUID = Field(description="The patient, who may have been merged since.")
    practitioner_id: UUID | None = Field(None, description="The practitioner, where that is known.")
    appointment_id: UUID = Field(description="The visit that the same resource was taken over as.")
    status: str = Field(description="What became of the encounter.")
    starts_at: datetime = Field(description="When it began.")
    ends_at: datetime | None = Field(None, description="When it ended, where that is known.")
    partial_start: str | None = Field(None, description="The day, month or year in which it began, if that is all.")
    partial_end: str | None = Field(None, description="The day, month or year in which it ended, if that is all.")
    facts: EncounterFacts = Field(description="What the encounter was about.")
