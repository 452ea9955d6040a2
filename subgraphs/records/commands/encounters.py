"""What the use cases of encounters are asked to do."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.commands import Repeatable
from shared.values import id_of
from subgraphs.records.codes import EncounterClass
from subgraphs.records.commands.access import PatientId
from subgraphs.records.commands.values import EncounterId, Narrative, PractitionerId, Versioned

AppointmentId = Annotated[UUID, id_of("Appointment")]


class StartEncounter(Repeatable):
    """An encounter that begins now."""

    patient_id: PatientId = Field(description="The id of the patient who is seen.")
    practitioner_id: PractitionerId | None = Field(
        None, description="The id of the practitioner who sees the patient; absent: the caller."
    )
    appointment_id: AppointmentId | None = Field(
        None, description="The id of the appointment that the patient has come for, if it is for one."
    )
    kind: EncounterClass = Field(description="What kind of encounter it is.")
    reason: Narrative | None = Field(None, description="Why the patient is seen.")


class PlanEncounter(StartEncounter):
    """An encounter that is to come."""

    starts_at: datetime = Field(description="When the encounter is to begin.")


class _ChangeEncounter(Versioned):
    id: EncounterId = Field(description="The id of the encounter.")


class ResumeEncounter(_ChangeEncounter):
    """An encounter, planned or on hold, that goes on now."""


class HoldEncounter(_ChangeEncounter):
    """An encounter that is interrupted."""


class FinishEncounter(_ChangeEncounter):
    """An encounter that is over: it is locked, and nothing but addenda is added to it."""


class CancelEncounter(_ChangeEncounter):
    """A planned encounter that will not be."""
