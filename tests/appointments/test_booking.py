"""Booking and what becomes of an appointment, as clients of the graph do it."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from shared.database.tables import Merger
from shared.ids import global_id, new_id
from subgraphs.appointments.models import Appointment, Location, Patient
from tests.appointments.conftest import Practice, answer, at, change, utc
from tests.harness.databases import stored
from tests.harness.ids import key_of

CANCEL, RESCHEDULE, CHECK_IN, COMPLETE, NO_SHOW, REVERT = (
    change(
        name,
        "appointment { id version status startsAt cancellation { by reason } practitioner { id } }",
        versioned=True,
    )
    for name in (
        "CancelAppointment",
        "RescheduleAppointment",
        "CheckInAppointment",
        "CompleteAppointment",
        "MarkAppointmentNoShow",
        "RevertAppointmentStatus",
    )
)


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
        "patient": {"id": global_id("Patient", patient)},
        "practitioner": {"id": global_id("Practitioner", practice.practitioner)},
        "location": {"id": global_id("Location", practice.location)},
    }
    ((kind, data),) = await practice.published()
    assert kind == "appointment-booked"
    assert data["appointmentId"] == str(key_of(result["appointment"]["id"]))
    assert "knee" not in str(data)
    created = [entry for entry in await practice.clinic.audit("appointments") if entry.action == "create"]
    assert [(entry.resource, entry.patients) for entry in created] == [("Appointment", [patient])]

    other, other_account = await practice.patient()
    assert (await practice.book(other_account, other, start))["code"] == "SLOT_TAKEN"
    busy = await practice.another_practitioner()
    elsewhere = await practice.book(account, patient, start, practitionerId=str(busy))
    assert (elsewhere["__typename"], elsewhere["code"]) == ("SlotTaken", "PATIENT_OCCUPIED")


async def test_200_bookings_of_one_slot_at_once_have_one_winner(practice: Practice) -> None:
    patients = [new_id() for _ in range(200)]
    await practice.know(*(Patient(id=patient) for patient in patients))
    callers = [practice.clinic.caller("PATIENT", patient=patient) for patient in patients]
    answers = await asyncio.gather(
        *(practice.book(caller, patient, at(2, 10)) for caller, patient in zip(callers, patients, strict=True))
    )
    assert Counter(item["__typename"] for item in answers) == {"BookAppointmentSuccess": 1, "SlotTaken": 199}
    assert [kind for kind, _ in await practice.published()] == ["appointment-booked"]


async def test_the_database_itself_refuses_an_overlap(practice: Practice) -> None:
    patient, account = await practice.patient()
    await practice.booked(account, patient, at(2, 10))
    database = practice.clinic.service("appointments").runtime.database
    async with stored(database) as session:
        first = (await session.scalars(select(Appointment))).one()
    copied = first.model_dump(exclude={"id", "created_at", "updated_at"})
    shifted = {
        name: copied[name] + timedelta(minutes=29)
        for name in ("occupied_from", "starts_at", "ends_at", "occupied_until")
    }
    for changed, constraint in (
        ({"patient_id": new_id()}, "appointment_practitioner_overlap"),
        ({"practitioner_id": new_id()}, "appointment_patient_overlap"),
    ):
        with pytest.raises(DBAPIError, match=constraint):
            async with stored(database) as session:
                session.add(Appointment(**copied | shifted | changed))
    async with stored(database) as session:
        session.add(Appointment(**copied | shifted | {"patient_id": new_id(), "status": "NO_SHOW"}))


async def test_an_idempotency_key_finds_the_booking_again(practice: Practice) -> None:
    patient = new_id()
    await practice.know(Patient(id=patient))
    account = practice.clinic.caller("PATIENT", patient=patient, subject=new_id())
    repeated = [practice.book(account, patient, at(2, 10), idempotencyKey="k1") for _ in range(5)]
    answers = await asyncio.gather(*repeated)
    assert {item["appointment"]["id"] for item in answers} == {answers[0]["appointment"]["id"]}
    assert len(await practice.published()) == 1

    other = await practice.book(account, patient, at(2, 11), idempotencyKey="k1")
    assert other["code"] == "IDEMPOTENCY_KEY_REUSED"
    stranger, their_account = await practice.patient()
    assert (await practice.book(their_account, stranger, at(2, 11), idempotencyKey="k1"))["appointment"]
    assert (await practice.book(account, patient, at(2, 12), idempotencyKey=""))["fields"] == [
        {"path": ["idempotencyKey"], "code": "TEXT_LENGTH"}
    ]

    busy = await practice.another_practitioner()
    both = await asyncio.gather(
        practice.book(account, patient, at(4, 10), idempotencyKey="k2"),
        practice.book(account, patient, at(4, 12), idempotencyKey="k2", practitionerId=str(busy)),
    )
    assert sorted(item["__typename"] for item in both) == ["BookAppointmentSuccess", "IdempotencyKeyReused"]


async def begin(practice: Practice, appointment: dict[str, Any], ahead: timedelta) -> None:
    """Let an appointment begin some time from now, and let it be about noon, so that a few hours from now is today."""
    async with stored(practice.clinic.service("appointments").runtime.database) as session:
        location = await session.get_one(Location, practice.location)
        location.time_zone = f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"
        row = await session.get_one(Appointment, key_of(appointment["id"]))
        shift = datetime.now(UTC) + ahead - row.starts_at
        for name in ("booked_at", "occupied_from", "starts_at", "ends_at", "occupied_until"):
            setattr(row, name, getattr(row, name) + shift)
        await session.flush()
        appointment["version"] = row.version


async def test_an_appointment_goes_through_its_states_once(practice: Practice) -> None:
    patient, account = await practice.patient()
    nurse = practice.clinic.caller("NURSE")
    booked = await practice.booked(account, patient, at(2, 10))
    missed = await practice.booked(account, patient, at(3, 10))
    assert (await answer(nurse, COMPLETE, **version_of(booked)))["code"] == "APPOINTMENT_STATUS"
    assert (await answer(nurse, NO_SHOW, **version_of(booked)))["code"] == "APPOINTMENT_NOT_BEGUN"
    assert (await answer(account, CHECK_IN, **version_of(booked)))["code"] == "NOT_FOUND"
    await begin(practice, booked, timedelta(minutes=-5))
    arrived = (await answer(nurse, CHECK_IN, **version_of(booked)))["appointment"]
    assert (arrived["status"], arrived["version"]) == ("CHECKED_IN", booked["version"] + 1)
    stale = await answer(nurse, COMPLETE, **version_of(booked))
    assert (stale["code"], stale["currentVersion"]) == ("VERSION_CONFLICT", arrived["version"])
    assert (await answer(account, CANCEL, **version_of(arrived), reason="OTHER"))["code"] == "APPOINTMENT_STATUS"
    assert (await answer(nurse, COMPLETE, **version_of(arrived)))["appointment"]["status"] == "COMPLETED"

    await begin(practice, missed, timedelta(days=-1))
    assert (await answer(account, CANCEL, **version_of(missed), reason="OTHER"))["code"] == "APPOINTMENT_BEGUN"
    assert (await answer(nurse, NO_SHOW, **version_of(missed)))["appointment"]["status"] == "NO_SHOW"
    assert [kind for kind, _ in await practice.published()] == [
        "appointment-booked",
        "appointment-booked",
        "appointment-checked-in",
        "appointment-completed",
        "appointment-no-show",
    ]


@pytest.mark.parametrize("ahead", [timedelta(days=-1), timedelta(days=1), timedelta(days=7)], ids=str)
async def test_check_in_is_for_the_day(practice: Practice, ahead: timedelta) -> None:
    patient, account = await practice.patient()
    booked = await practice.booked(account, patient, at(2, 10))
    await begin(practice, booked, ahead)
    refused = await answer(practice.reception, CHECK_IN, **version_of(booked))
    assert (refused["__typename"], refused["code"]) == ("InvalidState", "APPOINTMENT_NOT_TODAY")
    await begin(practice, booked, timedelta(hours=2))
    arrived = (await answer(practice.reception, CHECK_IN, **version_of(booked)))["appointment"]
    refused = await answer(practice.reception, COMPLETE, **version_of(arrived))
    assert refused["code"] == "APPOINTMENT_NOT_BEGUN"


async def test_what_was_noted_is_taken_back(practice: Practice) -> None:
    patient, account = await practice.patient()
    nurse = practice.clinic.caller("NURSE")
    appointment = await practice.booked(account, patient, at(2, 10))
    await begin(practice, appointment, timedelta(minutes=-5))

    async def take(mutation: str, **fields: Any) -> str:
        nonlocal appointment
        appointment = (await answer(nurse, mutation, **version_of(appointment), **fields))["appointment"]
        return str(appointment["status"])

    refused = await answer(nurse, REVERT, **version_of(appointment), reason="OTHER")
    assert (refused["__typename"], refused["code"]) == ("InvalidState", "STATUS_NOT_REVERTIBLE")
    assert await take(NO_SHOW) == "NO_SHOW"
    denied = await answer(account, REVERT, **version_of(appointment), reason="OTHER")
    assert denied["code"] == "NOT_FOUND"
    assert await take(REVERT, reason="PATIENT_ARRIVED") == "BOOKED"
    assert [await take(CHECK_IN), await take(COMPLETE)] == ["CHECKED_IN", "COMPLETED"]
    assert await take(REVERT, reason="ENTERED_IN_ERROR") == "CHECKED_IN"
    assert await take(REVERT, reason="PATIENT_LEFT") == "BOOKED"
    told = [data for kind, data in await practice.published() if kind == "appointment-status-reverted"]
    assert [(data["previousStatus"], data["status"], data["reasonCode"]) for data in told] == [
        ("NO_SHOW", "BOOKED", "PATIENT_ARRIVED"),
        ("COMPLETED", "CHECKED_IN", "ENTERED_IN_ERROR"),
        ("CHECKED_IN", "BOOKED", "PATIENT_LEFT"),
    ]
    trail = await practice.clinic.audit("appointments")
    assert [entry.detail["reason"] for entry in trail if entry.detail and "reverted" in entry.detail] == [
        data["reasonCode"] for data in told
    ]


@pytest.mark.parametrize("noted", [[NO_SHOW], [CHECK_IN], [CHECK_IN, COMPLETE]], ids=["no-show", "arrived", "seen"])
@pytest.mark.parametrize("then", [COMPLETE, NO_SHOW], ids=["seen", "no-show"])
async def test_what_is_taken_back_on_a_later_day_can_be_set_right(
    practice: Practice, noted: list[str], then: str
) -> None:
    patient, account = await practice.patient()
    appointment = await practice.booked(account, patient, at(2, 10))
    await begin(practice, appointment, timedelta(minutes=-5))
    refused = await answer(practice.reception, COMPLETE, **version_of(appointment))
    assert refused["code"] == "APPOINTMENT_STATUS", "on its day, they are checked in first"
    for mutation in noted:
        appointment = (await answer(practice.reception, mutation, **version_of(appointment)))["appointment"]
    await begin(practice, appointment, timedelta(days=-2))
    while appointment["status"] != "BOOKED":
        taken = await answer(practice.reception, REVERT, **version_of(appointment), reason="ENTERED_IN_ERROR")
        appointment = taken["appointment"]
    refused = await answer(practice.reception, CHECK_IN, **version_of(appointment))
    assert refused["code"] == "APPOINTMENT_NOT_TODAY"
    refused = await answer(account, then, **version_of(appointment))
    assert refused["code"] == "NOT_FOUND", "a patient does not say so"
    done = (await answer(practice.reception, then, **version_of(appointment)))["appointment"]
    assert done["status"] == {COMPLETE: "COMPLETED", NO_SHOW: "NO_SHOW"}[then]


async def test_what_is_open_again_needs_its_time(practice: Practice) -> None:
    (patient, account), (other, other_account) = await practice.patient(), await practice.patient()
    missed = await practice.booked(account, patient, at(2, 10))
    taking = await practice.booked(other_account, other, at(3, 10))
    await begin(practice, missed, timedelta(minutes=-5))
    missed = (await answer(practice.reception, NO_SHOW, **version_of(missed)))["appointment"]
    await begin(practice, taking, timedelta(minutes=-5))
    refused = await answer(practice.reception, REVERT, **version_of(missed), reason="PATIENT_ARRIVED")
    assert refused["code"] == "SLOT_TAKEN"
    await answer(practice.reception, NO_SHOW, **version_of(taking))
    reverted = await answer(practice.reception, REVERT, **version_of(missed), reason="PATIENT_ARRIVED")
    assert reverted["appointment"]["status"] == "BOOKED"


async def test_an_appointment_is_moved_and_called_off(practice: Practice) -> None:
    patient, account = await practice.patient()
    booked = await practice.booked(account, patient, at(2, 10))
    busy = await practice.another_practitioner()
    short = await practice.save_type("short", 15)
    # Its own time is not in its way.
    moved = await answer(account, RESCHEDULE, **version_of(booked), startsAt=at(2, 10, 30).isoformat())
    assert moved["appointment"]["startsAt"] == utc(at(2, 10, 30))
    moved = await answer(
        account, RESCHEDULE, **version_of(moved["appointment"]), startsAt=at(5, 8).isoformat(), practitionerId=str(busy)
    )
    assert moved["appointment"] | {"id": ""} == {
        "id": "",
        "version": 3,
        "status": "BOOKED",
        "startsAt": utc(at(5, 8)),
        "cancellation": None,
        "practitioner": {"id": global_id("Practitioner", busy)},
    }
    stranger, their_account = await practice.patient()
    assert await practice.booked(their_account, stranger, at(2, 10), typeId=short)
    back = version_of(moved["appointment"]) | {"practitionerId": str(practice.practitioner)}
    assert (await answer(account, RESCHEDULE, **back, startsAt=at(2, 10).isoformat()))["code"] == "SLOT_TAKEN"
    assert (await answer(account, RESCHEDULE, **back, startsAt=at(2, 7).isoformat()))["code"] == "SLOT_UNAVAILABLE"
    denied = await answer(their_account, CANCEL, **version_of(moved["appointment"]), reason="OTHER")
    assert denied["code"] == "NOT_FOUND"
    gone = await answer(account, CANCEL, **version_of(moved["appointment"]), reason="PATIENT_REQUEST")
    assert gone["appointment"]["cancellation"] == {"by": "PATIENT", "reason": "PATIENT_REQUEST"}
    assert (await answer(account, CANCEL, **version_of(gone["appointment"]), reason="OTHER"))[
        "code"
    ] == "APPOINTMENT_STATUS"
    kinds = dict(await practice.published())
    assert kinds["appointment-rescheduled"]["previousPractitionerId"] == str(practice.practitioner)
    assert (kinds["appointment-cancelled"]["cancelledBy"], kinds["appointment-cancelled"]["status"]) == (
        "patient",
        "CANCELLED",
    )
    trail = await practice.clinic.audit("appointments")
    assert [entry.resource for entry in trail if entry.outcome == "denied"] == ["Appointment"]


async def test_what_cannot_be_booked(practice: Practice) -> None:
    patient, account = await practice.patient()
    stranger, _ = await practice.patient()
    merged = Patient(id=new_id())
    await practice.know(merged)
    async with stored(practice.clinic.service("appointments").runtime.database) as session:
        session.add(Merger(merged_id=merged.id, survivor_id=patient))
    start = at(2, 10)
    for fields, code in (
        ({"startsAt": at(2, 7).isoformat()}, "SLOT_UNAVAILABLE"),
        ({"startsAt": at(2, 15, 45).isoformat()}, "SLOT_UNAVAILABLE"),
        ({"startsAt": at(2, 10, 7).isoformat()}, "SLOT_UNAVAILABLE"),
        ({"startsAt": at(-2, 10).isoformat()}, "SLOT_OVER"),
        ({"locationId": str(new_id())}, "SLOT_UNAVAILABLE"),
        ({"practitionerId": str(new_id())}, "NOT_FOUND"),
        ({"typeId": "consultation"}, "INVALID_INPUT"),
        ({"typeId": str(new_id())}, "NOT_FOUND"),
        ({"patientId": str(stranger)}, "NOT_FOUND"),
        ({"reason": "x" * 2001}, "INVALID_INPUT"),
    ):
        assert (await practice.book(account, patient, start, **fields))["code"] == code, fields
    for unknown in (new_id(), merged.id):
        assert (await practice.book(practice.reception, unknown, start))["code"] == "NOT_FOUND"
    denied = [entry for entry in await practice.clinic.audit("appointments") if entry.outcome == "denied"]
    assert [(entry.resource, entry.resource_ids) for entry in denied] == [("Patient", [stranger])]
    new = practice.clinic.caller("PATIENT", patient=new_id())
    nobody = practice.clinic.caller("ANALYST")
    refused = await nobody.execute("mutation { createCalendarFeed { __typename } }")
    assert refused["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
    assert (await practice.book(new, patient, start))["code"] == "NOT_FOUND"
    assert await practice.booked(practice.reception, stranger, start)
