"""FHIR R4 Encounter as appointments that are over."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from shared import fhir
from shared.database.model import utc_now
from shared.fhir import (
    CodeableConcept,
    InvalidResource,
    LeftOut,
    Outcome,
    Period,
    Reference,
)
from shared.known import References, ResourceType
from shared.work import UnitOfWork
from subgraphs.appointments.events import AppointmentRecorded
from subgraphs.appointments.models import Appointment, CancellationReason, Party, Status
from subgraphs.appointments.service.common import facts

# What EncounterStatus says of a visit whose time is past. One that was only planned has not happened.
STATUS = {"finished": Status.COMPLETED, "cancelled": Status.CANCELLED, "planned": Status.NO_SHOW}

# HL7's table 0203: the visit number. An account number is that of many visits.
VISIT_NUMBERS = frozenset({"VN"})

Draft = dict[str, Any]


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


def read_encounter(resource: Encounter, references: References) -> Draft:
    """A row of `appointment`."""
    starts_at, ends_at = fhir.instant(resource.period.start), fhir.instant(resource.period.end)
    status = STATUS.get(resource.status)
    if status is None or (ends_at is not None and ends_at > utc_now()):
        raise LeftOut
    if starts_at is None or ends_at is None or ends_at <= starts_at:
        raise InvalidResource("period has no start and end in this order")
    coding = next((item for concept in resource.type for item in concept.coding if item.system and item.code), None)
    if coding is None:
        raise InvalidResource("type has no code")
    return {
        "patient_id": _known([resource.subject], "Patient", "subject", references),
        "practitioner_id": _known(
            [item.individual for item in sorted(resource.participant, key=lambda item: not item.is_primary)],
            "Practitioner",
            "participant",
            references,
        ),
        "location_id": _known([item.location for item in resource.location], "Location", "location", references),
        "type_system": coding.system,
        "type_code": coding.code,
        "type_display": coding.display,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "occupied_from": starts_at,
        "occupied_until": ends_at,
        "status": status,
        "booked_at": starts_at,
        "scheduled_at": starts_at,
        "cancelled_by": Party.SYSTEM if status is Status.CANCELLED else None,
        "cancellation_reason": CancellationReason.OTHER if status is Status.CANCELLED else None,
    }


async def save_encounters(work: UnitOfWork, drafts: Sequence[tuple[UUID, Draft]]) -> list[Outcome]:
    """Make rows of `appointment` like these."""
    patients = sorted({draft["patient_id"] for _, draft in drafts})
    survivors = {key: await work.survivor(key) for key in patients}
    current = [(key, draft | {"patient_id": survivors[draft["patient_id"]]}) for key, draft in drafts]
    results = await fhir.upsert(work.session, Appointment, current)
    for result in results:
        if result.outcome is not Outcome.UNCHANGED:
            work.publish(AppointmentRecorded(**facts(result.row)))
    return [result.outcome for result in results]


def same_patient(row: Appointment, draft: Draft) -> bool:
    """Whether a visit may be this one."""
    return bool(row.patient_id == draft["patient_id"])


def _known(candidates: Sequence[Reference | None], resource_type: str, element: str, references: References) -> UUID:
    """The first of them that leads to a row."""
    found = (references.find(reference, resource_type) for reference in candidates)
    row = next((row for row in found if row is not None), None)
    if row is None:
        raise InvalidResource(f"{element} names no {resource_type} that is known")
    return row


RESOURCES: tuple[ResourceType[Any, Any], ...] = (
    ResourceType(Encounter, read_encounter, save_encounters, Appointment, VISIT_NUMBERS, same_patient),
)
