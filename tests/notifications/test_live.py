"""From a booking to an open subscription, over three services and the router."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.ids import new_id
from subgraphs.patients.events import How, PatientRegistered
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic

TOLD = """
subscription { notificationReceived {
  kind appointment { id startsAt practitioner { name { text } } location { name } }
} }
"""
SAVE_PRACTITIONER = """
mutation($input: SavePractitionerInput!) { savePractitioner(input: $input) {
  ... on SavePractitionerSuccess { practitioner { id } }
} }
"""
SAVE_LOCATION = """
mutation($input: SaveLocationInput!) { saveLocation(input: $input) { ... on SaveLocationSuccess { location { id } } } }
"""
SAVE_TYPE = """
mutation($input: SaveAppointmentTypeInput!) { saveAppointmentType(input: $input) {
  ... on SaveAppointmentTypeSuccess { appointmentType { id } }
} }
"""
SAVE_SCHEDULE = """
mutation($input: SaveScheduleInput!) { saveSchedule(input: $input) { __typename } }
"""
BOOK = """
mutation($input: BookAppointmentInput!) { bookAppointment(input: $input) {
  __typename ... on BookAppointmentSuccess { appointment { id } }
} }
"""


@pytest.fixture
def services() -> tuple[str, ...]:
    return ("notifications", "appointments", "directory")


async def answer(caller: Caller, mutation: str, **fields: Any) -> Any:
    (result,) = (await caller.data(mutation, input=fields)).values()
    return result


async def test_a_patient_is_told_of_a_booking_with_its_practitioner(clinic: Clinic) -> None:
    patient = new_id()
    admin, me = clinic.caller("ADMIN"), clinic.caller("PATIENT", patient=patient)
    doctor = (await answer(admin, SAVE_PRACTITIONER, family="Curie", given=["Marie"], prefix="Dr."))["practitioner"][
        "id"
    ]
    place = {"name": "North", "address": {}, "timeZone": "UTC"}
    location = (await answer(admin, SAVE_LOCATION, **place))["location"]["id"]
    coding = {"system": "http://terminology.hl7.org/CodeSystem/service-type", "code": "124", "display": "Consultation"}
    kind = (await answer(admin, SAVE_TYPE, code=coding, minutes=30))["appointmentType"]["id"]
    await clinic.publish(PatientRegistered(patient_id=patient, how=How.SELF, registered_at=datetime.now(UTC)))
    hours = [{"weekday": day, "starts": "08:00", "ends": "16:00"} for day in range(1, 8)]

    async def scheduled() -> bool:
        """Appointments know the practitioner and the location from the directory's events."""
        saved = await answer(admin, SAVE_SCHEDULE, practitionerId=doctor, locationId=location, hours=hours)
        return bool(saved["__typename"] == "SaveScheduleSuccess")

    await clinic.until(scheduled)
    starts = (datetime.now(UTC) + timedelta(days=2)).replace(hour=9, minute=0, second=0, microsecond=0)
    wish = {
        "patientId": str(patient),
        "practitionerId": doctor,
        "locationId": location,
        "typeId": kind,
        "startsAt": starts.isoformat(),
    }

    async def booked() -> Any:
        """The patient may still be on the way."""
        result = await answer(me, BOOK, **wish)
        return result.get("appointment")

    async with me.subscribe(TOLD) as events:
        told = asyncio.ensure_future(anext(events))
        await clinic.until(lambda: _listening(clinic))
        appointment = await clinic.until(booked)
        since = time.monotonic()
        event = (await asyncio.wait_for(told, 10))["notificationReceived"]
    assert time.monotonic() - since < 2
    assert event == {
        "kind": "APPOINTMENT_BOOKED",
        "appointment": {
            "id": appointment["id"],
            "startsAt": starts.isoformat().replace("+00:00", "Z"),
            "practitioner": {"name": {"text": "Dr. Marie Curie"}},
            "location": {"name": "North"},
        },
    }


async def _listening(clinic: Clinic) -> bool:
    return len(clinic.service("notifications").runtime.resources) > 0
