"""The door for FHIR R4 Encounter: each that is over becomes a command of the appointments' domain."""

from typing import Any

from shared import fhir
from shared.commands import REQUIRED
from shared.database.model import utc_now
from shared.fhir import At, CodeableConcept, LeftOut, Period, Reference, Wrong
from shared.known import References, ResourceType
from subgraphs.appointments.commands import RecordVisit
from subgraphs.appointments.errors import PERIOD
from subgraphs.appointments.models import Status
from subgraphs.appointments.service import recording

# What EncounterStatus says of a visit whose time is past. One that was only planned has not happened.
STATUS = {"finished": Status.COMPLETED, "cancelled": Status.CANCELLED, "planned": Status.NO_SHOW}

# HL7's table 0203: the visit number. An account number is that of many visits.
VISIT_NUMBERS = frozenset({"VN"})


class Participant(fhir.Element, frozen=True):
    """Encounter.participant."""

    type: list[CodeableConcept] = []
    individual: Reference | None = None

    @property
    def is_primary(self) -> bool:
        """Whether they are the primary performer."""
        return any(coding.code == "PPRF" for concept in self.type for coding in concept.coding)


class Place(fhir.Element, frozen=True):
    """Encounter.location."""

    location: Reference | None = None


class Encounter(fhir.Resource, frozen=True):
    """https://hl7.org/fhir/R4/encounter.html."""

    status: str = ""
    type: list[CodeableConcept] = []
    subject: Reference | None = None
    participant: list[Participant] = []
    period: Period = Period()
    location: list[Place] = []


def read_encounter(resource: Encounter, references: References) -> RecordVisit:
    """What is told of a visit. Who performed it primarily comes first."""
    starts_at, ends_at = fhir.instant(resource.period.start), fhir.instant(resource.period.end)
    status = STATUS.get(resource.status)
    if status is None or (ends_at is not None and ends_at > utc_now()):
        raise LeftOut
    performers = sorted(resource.participant, key=lambda item: not item.is_primary)
    coding = next((item for concept in resource.type for item in concept.coding if item.system and item.code), None)
    values = {
        "patient_id": references.known("Patient", At("subject", [resource.subject])),
        "practitioner_id": references.known(
            "Practitioner", At("participant", [item.individual for item in performers])
        ),
        "location_id": references.known("Location", At("location", [item.location for item in resource.location])),
        "type": At("type", {"system": coding.system, "code": coding.code, "display": coding.display})
        if coding
        else Wrong("type", REQUIRED),
        "starts_at": At("period", starts_at) if starts_at else Wrong("period", PERIOD),
        "ends_at": At("period", ends_at) if ends_at else Wrong("period", PERIOD),
        "status": status,
    }
    return fhir.command(RecordVisit, values)


# Elements of Encounter by which it is of another release than R4.
_RELEASES = {
    "incomingReferral": "STU3",
    **dict.fromkeys(("actualPeriod", "plannedStartDate", "plannedEndDate", "subjectStatus", "admission"), "R5"),
}

RESOURCES: tuple[ResourceType[Any, Any], ...] = (
    ResourceType(Encounter, read_encounter, recording.take_over, VISIT_NUMBERS, recording.may_be, releases=_RELEASES),
)
