"""Booking and what becomes of an appointment, as clients of the graph do it."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

from shared.ids import new_id
from subgraphs.appointments.models import Patient
from tests.appointments.conftest import Practice, at, utc

CHANGE = """
mutation($input: %sInput!) {
  %s(input: $input) {
    __typename
    ... on AppointmentSuccess { appointment { id version status startsAt cancellation { by reasonCode } practitioner { id } } }
    ... on UserError { code message }
    ... on VersionConflict { currentVersion }
  }
}
"""
CANCEL = CHANGE % ("CancelAppointment", "cancelAppointment")
RESCHEDULE = CHANGE % ("RescheduleAppointment", "rescheduleAppointment")
CHECK_IN = CHANGE % ("AppointmentVersion", "checkInAppointment")
COMPLETE = CHANGE % ("AppointmentVersion", "completeAppointment")
NO_SHOW = CHANGE % ("AppointmentVersion", "markNoShow")


def version_of(appointment: dict[str, Any]) -> dict[str, Any]:
    """What a change names."""
    return {"id": appointment["id"], "version": appointment["version"]}


async def test_a_patient_books_a_free_slot(practice: Practice) -> None:
    patient, account = await practice.patient()
    start = at(3, 9)
    result = await practice.book(account, patient, start, reason="My knee hurts.")
    assert result["appointment"] | {"id": ""} == {
        "id": "",
        "version": 1,
        "status": "BOOKED",
        "startsAt": utc(start),
        "endsAt": utc(start + timedelta(minutes=30)),
        "reason": "My knee hurts.",
        "type": {"code": "consultation"},
        "patient": {"id": str(patient)},
        "practitioner": {"id": str(practice.practitioner)},
        "location": {"id": str(practice.location)},
    }
    ((kind, data),) = await practice.published()
    assert kind == "appointment-booked"
    assert data["appointmentId"] == result["appointment"]["id"]
    assert "knee" not in str(data)
    created = [entry for entry in await practice.clinic.audit("appointments") if entry.action == "create"]
    assert [(entry.resource, entry.patients) for entry in created] == [("Appointment", [patient])]

    other, other_account = await practice.patient()
    assert (await practice.book(other_account, other, start))["code"] == "SLOT_TAKEN"
    busy = await practice.another_practitioner()
    elsewhere = await practice.book(account, patient, start, practitionerId=str(busy))
    assert (elsewhere["code"], "another appointment" in elsewhere["message"]) == ("SLOT_TAKEN", True)


async def test_200_bookings_of_one_slot_at_once_have_one_winner(practice: Practice) -> None:
    patients = [new_id() for _ in range(200)]
    await practice.know(*(Patient(id=patient) for patient in patients))
    callers = [practice.clinic.caller("PATIENT", patient=patient) for patient in patients]
    answers = await asyncio.gather(
        *(practice.book(caller, patient, at(2, 10)) for caller, patient in zip(callers, patients, strict=True))
    )
    assert Counter(item["__typename"] for item in answers) == {"AppointmentSuccess": 1, "SlotTaken": 199}
    assert [kind for kind, _ in await practice.published()] == ["appointment-booked"]
