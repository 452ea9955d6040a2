"""A practice: a practitioner with hours at a location, a type of appointment, and patients."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from shared.ids import new_id
from subgraphs.appointments.models import Location, Patient, Practitioner
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic

ZONE = ZoneInfo("Europe/Berlin")
EVERY_DAY = [{"weekday": day, "starts": "08:00", "ends": "16:00"} for day in range(1, 8)]

SAVE_TYPE = """
mutation($input: AppointmentTypeInput!) {
  saveAppointmentType(input: $input) {
    __typename
    ... on SaveAppointmentTypeSuccess { appointmentType { id version minutes code { code display } } }
    ... on UserError { code message }
    ... on InvalidInput { fields { path } }
  }
}
"""
SAVE_SCHEDULE = """
mutation($input: ScheduleInput!) {
  saveSchedule(input: $input) {
    __typename
    ... on SaveScheduleSuccess { schedule { id version timeZone hours { weekday starts ends validFrom } } }
    ... on UserError { code message }
    ... on InvalidInput { fields { path } }
    ... on VersionConflict { currentVersion }
  }
}
"""
BOOK = """
mutation($input: BookAppointmentInput!) {
  bookAppointment(input: $input) {
    __typename
    ... on AppointmentSuccess {
      appointment { id version status startsAt endsAt reason type { code } patient { id } practitioner { id } location { id } }
    }
    ... on UserError { code message }
    ... on InvalidInput { fields { path } }
  }
}
"""
FREE_SLOTS = """
query($practitionerId: ID!, $typeId: ID!, $from: DateTime!, $to: DateTime!, $locationId: ID, $first: Int! = 500) {
  freeSlots(practitionerId: $practitionerId, typeId: $typeId, from: $from, to: $to, locationId: $locationId, first: $first) {
    startsAt endsAt location { id }
  }
}
"""


@dataclass(frozen=True)
class Practice:
    """A clinic with what appointments need."""

    clinic: Clinic
    practitioner: UUID
    location: UUID
    type: str
    reception: Caller

    async def know(self, *rows: Patient | Practitioner | Location) -> None:
        """What other domains' events have told."""
        async with self.clinic.service("appointments").runtime.database.write() as session:
            session.add_all(rows)

    async def patient(self) -> tuple[UUID, Caller]:
        """A registered patient and their account."""
        identifier = new_id()
        await self.know(Patient(id=identifier))
        return identifier, self.clinic.caller("PATIENT", patient=identifier)

    async def another_practitioner(self, hours: list[dict[str, Any]] = EVERY_DAY) -> UUID:
        """One more practitioner at the location."""
        identifier = new_id()
        await self.know(Practitioner(id=identifier))
        await self.save_schedule(practitionerId=str(identifier), locationId=str(self.location), hours=hours)
        return identifier

    async def save_schedule(self, **fields: Any) -> dict[str, Any]:
        """The answer of `saveSchedule`."""
        return await answer(self.reception, SAVE_SCHEDULE, **fields)

    async def save_type(self, code: str, minutes: int, **fields: Any) -> str:
        """The key of a new type of appointment."""
        coding = {"system": "http://terminology.hl7.org/CodeSystem/service-type", "code": code, "display": code}
        saved = await answer(self.reception, SAVE_TYPE, code=coding, minutes=minutes, **fields)
        return str(saved["appointmentType"]["id"])

    def wish(self, patient: UUID, starts_at: datetime, **fields: Any) -> dict[str, Any]:
        """The input of `bookAppointment`."""
        return {
            "patientId": str(patient),
            "practitionerId": str(self.practitioner),
            "locationId": str(self.location),
            "typeId": self.type,
            "startsAt": starts_at.isoformat(),
        } | fields

    async def book(self, caller: Caller, patient: UUID, starts_at: datetime, **fields: Any) -> dict[str, Any]:
        """The answer of `bookAppointment`."""
        return await answer(caller, BOOK, **self.wish(patient, starts_at, **fields))

    async def booked(self, caller: Caller, patient: UUID, starts_at: datetime, **fields: Any) -> dict[str, Any]:
        """A new appointment."""
        result = await self.book(caller, patient, starts_at, **fields)
        assert result["__typename"] == "AppointmentSuccess", result
        appointment: dict[str, Any] = result["appointment"]
        return appointment

    async def slots(self, caller: Caller, since: datetime, before: datetime, **variables: Any) -> list[datetime]:
        """When the free slots begin, by the clock at the location."""
        data = await caller.data(
            FREE_SLOTS,
            **{"practitionerId": str(self.practitioner), "typeId": self.type}
            | {"from": since.isoformat(), "to": before.isoformat()}
            | variables,
        )
        return [datetime.fromisoformat(slot["startsAt"]).astimezone(ZONE) for slot in data["freeSlots"]]

    async def published(self) -> list[tuple[str, dict[str, Any]]]:
        """The events so far: what happened, and their data."""
        return [(event.type.split(".")[2], event.data) for event in await self.clinic.published("appointments")]


async def answer(caller: Caller, mutation: str, **fields: Any) -> dict[str, Any]:
    """The answer of a mutation with one input."""
    (result,) = (await caller.data(mutation, input=fields)).values()
    assert isinstance(result, dict)
    return result


def at(days: int, hour: int, minute: int = 0) -> datetime:
    """A time by the clock at the location, some days from today."""
    day = datetime.now(ZONE).date() + timedelta(days=days)
    return datetime.combine(day, time(hour, minute), ZONE)


def utc(moment: datetime) -> str:
    """As answers have it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


@pytest.fixture
def services() -> tuple[str, ...]:
    """What runs in these tests."""
    return ("appointments",)


@pytest.fixture
async def practice(clinic: Clinic) -> AsyncIterator[Practice]:
    """One practitioner, open every day from 08:00 to 16:00 in Berlin, for consultations of 30 minutes."""
    practitioner, location = new_id(), new_id()
    draft = Practice(clinic, practitioner, location, "", clinic.caller("RECEPTIONIST"))
    await draft.know(Practitioner(id=practitioner), Location(id=location, time_zone=ZONE.key))
    await draft.save_schedule(practitionerId=str(practitioner), locationId=str(location), hours=EVERY_DAY)
    yield Practice(clinic, practitioner, location, await draft.save_type("consultation", 30), draft.reception)
