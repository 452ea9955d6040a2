"""The door for FHIR R4 Encounter: each that is over becomes a command of the appointments' domain."""

from typing import Any

import msgspec

from shared import fhir
from shared.database.model import utc_now
from shared.fhir import At, CodeableConcept, Coding, LeftOut, Period, Reference, Retracted
from shared.known import References, ResourceType
from shared.values import is_known_date
from subgraphs.appointments.commands import RecordVisit
from subgraphs.appointments.models import Status
from subgraphs.appointments.service import recording

# What EncounterStatus says of a visit that is over. One that is still planned, whenever it was to be, tells of nothing.
STATUS = {"finished": Status.COMPLETED, "cancelled": Status.CANCELLED}

ACT_CODES = "http://terminology.hl7.org/CodeSystem/v3-ActCode"

# HL7's table 0203: the visit number. An account number is that of many visits.
VISIT_NUMBERS = frozenset({"VN"})


class Place(fhir.Element, frozen=True):
    """Encounter.location."""

    location: Reference | None = None


class Encounter(fhir.Resource, frozen=True):
    """https://hl7.org/fhir/R4/encounter.html."""

    status: str = ""
    class_: Coding | None = msgspec.field(default=None, name="class")
    type: list[CodeableConcept] = []
    subject: Reference | None = None
    participant: list[fhir.Participant] = []
    period: Period = Period()
    location: list[Place] = []


def read_encounter(resource: Encounter, references: References) -> RecordVisit:
    """What is told of a visit. Who performed it primarily comes first."""
    if resource.status == "entered-in-error":
        raise Retracted
    status = STATUS.get(resource.status)
    if status is None or _is_to_come(resource.period):
        raise LeftOut("status: left out, since it is not over")
    if not resource.period.start:
        raise LeftOut("period: left out, since it does not say when it was")
    _tell_rest(resource, references.tell)
    values = {
        "patient_id": references.known("Patient", At("subject", [resource.subject])),
        "practitioner_id": references.known_or_none(
            "Practitioner", At("participant.individual", fhir.performers(resource.participant))
        ),
        "location_id": references.known_or_none(
            "Location", At("location", [item.location for item in resource.location])
        ),
        "type": _type(resource, references),
        **fhir.time_of("period.start", resource.period.start, references.tell, "starts_at", "partial_start"),
        **fhir.time_of("period.end", resource.period.end, references.tell, "ends_at", "partial_end"),
        "status": status,
    }
    return fhir.command(RecordVisit, values)


def _tell_rest(resource: Encounter, tell: fhir.Tell) -> None:
    """Tell what a visit does not have of an encounter that it is made of."""
    if sum(1 for item in resource.participant if item.individual) > 1:
        tell("participant", "left out, but for one practitioner")
    if any(item.type and not item.is_primary for item in resource.participant):
        tell("participant.type", "left out, but for who performed it primarily")
    if len(resource.location) > 1:
        tell("location", "left out, but for the first that is known")
    if sum(len(concept.coding) for concept in resource.type) > 1:
        tell("type", "left out, but for the first code")
    called = ((concept.text, [item.display for item in concept.coding]) for concept in resource.type)
    if any(text and displays and text not in displays for text, displays in called):
        tell("type.text", "left out")


def _is_to_come(period: Period) -> bool:
    """Whether a visit is not over by its time; of a day, month or year, it is once that has begun."""
    text = period.end or period.start or ""
    at, now = fhir.instant(text), utc_now()
    return at > now if at else is_known_date(text) and text > now.date().isoformat()


def _type(resource: Encounter, references: References) -> At | None:
    """The first type with a code, else the class of the encounter, which every one has."""
    coding = next((item for concept in resource.type for item in concept.coding if item.system and item.code), None)
    if coding is None and resource.type:
        references.tell("type", "left out, since it has no code with its system")
    of_class = resource.class_
    if coding is None and of_class and of_class.code:
        coding = Coding(of_class.system or ACT_CODES, of_class.code, of_class.display)
    if coding is None:
        return None
    return At("type", {"system": coding.system, "code": coding.code, "display": coding.display})


# Elements of Encounter by which it is of another release than R4.
_RELEASES = {
    "incomingReferral": "STU3",
    **dict.fromkeys(("actualPeriod", "plannedStartDate", "plannedEndDate", "subjectStatus", "admission"), "R5"),
}

RESOURCES: tuple[ResourceType[Any, Any], ...] = (
    ResourceType(
        Encounter,
        read_encounter,
        recording.take_over,
        VISIT_NUMBERS,
        recording.may_be,
        releases=_RELEASES,
        retract=recording.retract,
        elsewhere=frozenset({"reasonCode", "reasonReference"}),
    ),
)
