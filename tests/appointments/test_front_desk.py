"""What the front desk may do that patients may not, and what types of appointment hold patients to."""

from datetime import timedelta
from typing import Any

import pytest

from shared.database.model import utc_now
from subgraphs.appointments.models import Practitioner
from tests.appointments.conftest import (
    ADD_EXCEPTION,
    SAVE_TYPE,
    SERVICE_TYPE,
    ZONE,
    Practice,
    answer,
    at,
    utc,
)
from tests.appointments.test_booking import CANCEL, CHECK_IN, RESCHEDULE, version_of
from tests.harness.caller import Caller
from tests.harness.databases import stored
from tests.harness.ids import key_of

TO_MOVE = """
query($practitionerId: ID, $locationId: ID) {
  appointmentsToMove(practitionerId: $practitionerId, locationId: $locationId) {
    nodes { id alternatives(first: 2) { startsAt practitioner { id } } }
  }
}
"""


async def test_walk_ins_are_booked_beside_what_is_there(practice: Practice) -> None:
    (patient, account), (other, _) = await practice.patient(), await practice.patient()
    await practice.booked(account, patient, at(3, 10))
    mine = await practice.book(account, patient, at(3, 12), overbooking="WALK_IN")
    assert mine["fields"] == [{"path": ["overbooking"], "code": "STAFF_OVERBOOK"}]
    assert (await practice.book(practice.reception, other, at(3, 10)))["code"] == "SLOT_TAKEN"
    beside = await practice.booked(practice.reception, other, at(3, 10), overbooking="URGENT")
    trail = [entry for entry in await practice.clinic.audit("appointments") if entry.action == "execute"]
    assert [entry.detail for entry in trail] == [{"overbooking": "URGENT"}]
    again = await practice.book(practice.reception, other, at(3, 10, 15), overbooking="AGREED")
    assert again["code"] == "PATIENT_OCCUPIED", "nobody is at two places at once"

    free = await practice.slots(account, at(3, 0), at(4, 0))
    assert at(3, 10) not in free and len(free) == 15
    night = await practice.booked(practice.reception, other, at(3, 22, 7), overbooking="OTHER")
    assert night["startsAt"] == utc(at(3, 22, 7))
    moved = await answer(practice.reception, RESCHEDULE, **version_of(beside), startsAt=at(3, 10, 30).isoformat())
    assert moved["appointment"]["startsAt"] == utc(at(3, 10, 30)), "into a slot that is free"
    assert at(3, 10, 30) not in await practice.slots(account, at(3, 0), at(4, 0))
    assert (await practice.book(account, patient, at(3, 10, 30)))["code"] == "SLOT_TAKEN"


async def test_who_walks_in_is_checked_in(practice: Practice) -> None:
    patient, _ = await practice.patient()
    begun = utc_now() - timedelta(minutes=1)
    came = await practice.booked(practice.reception, patient, begun, overbooking="WALK_IN")
    if begun.astimezone(ZONE).date() == utc_now().astimezone(ZONE).date():
        assert (await answer(practice.reception, CHECK_IN, **version_of(came)))["appointment"]["status"] == "CHECKED_IN"
    long_ago = utc_now() - timedelta(hours=2)
    assert (await practice.book(practice.reception, patient, long_ago, overbooking="WALK_IN"))["code"] == "SLOT_OVER"


async def limited(practice: Practice, **limits: Any) -> str:
    """The type of appointment, with limits from now on."""
    coding = {"system": SERVICE_TYPE, "code": "consultation"}
    saved = await answer(practice.reception, SAVE_TYPE, id=practice.type, version=1, code=coding, minutes=30, **limits)
    return str(saved["appointmentType"]["id"])


async def test_patients_cancel_and_move_in_time(practice: Practice) -> None:
    patient, account = await practice.patient()
    await limited(practice, cancellationNoticeHours=96, reschedulingNoticeHours=48)
    near, far = [await practice.booked(account, patient, at(days, 10)) for days in (3, 6)]
    late = await answer(account, CANCEL, **version_of(near), reason="PATIENT_REQUEST")
    assert (late["code"], "96 hours" in late["message"]) == ("NOTICE_OVER", True)
    near = (await answer(account, RESCHEDULE, **version_of(near), startsAt=at(1, 10).isoformat()))["appointment"]
    late = await answer(account, RESCHEDULE, **version_of(near), startsAt=at(8, 10).isoformat())
    assert late["code"] == "NOTICE_OVER"
    for caller, appointment in ((practice.reception, near), (account, far)):
        gone = await answer(caller, CANCEL, **version_of(appointment), reason="PATIENT_REQUEST")
        assert gone["appointment"]["status"] == "CANCELLED"


async def test_patients_book_so_many_and_so_far_ahead(practice: Practice) -> None:
    patient, account = await practice.patient()
    await limited(practice, horizonDays=5, maximumPerPatient=2)
    assert (await practice.slots(account, at(1, 0), at(20, 0)))[-1] < at(6, 0)
    assert (await practice.slots(practice.reception, at(1, 0), at(20, 0)))[-1] > at(19, 0)
    assert (await practice.book(account, patient, at(9, 10)))["code"] == "TOO_FAR_AHEAD"
    first = await practice.booked(account, patient, at(3, 10))
    far = await answer(account, RESCHEDULE, **version_of(first), startsAt=at(9, 10).isoformat())
    assert far["code"] == "TOO_FAR_AHEAD"
    await practice.booked(practice.reception, patient, at(9, 10))
    assert (await practice.book(account, patient, at(4, 10)))["code"] == "TOO_MANY_BOOKED"
    await practice.booked(practice.reception, patient, at(4, 10))


async def test_a_day_has_so_many_of_a_type(practice: Practice) -> None:
    patient, account = await practice.patient()
    await limited(practice, maximumPerDay=2)
    await practice.booked(account, patient, at(3, 8))
    second = await practice.booked(account, patient, at(3, 15, 30))
    assert await practice.slots(account, at(3, 0), at(4, 0)) == []
    assert len(await practice.slots(account, at(4, 0), at(5, 0))) == 16
    for caller in (account, practice.reception):
        full = await practice.book(caller, patient, at(3, 12))
        assert (full["__typename"], full["code"]) == ("SlotUnavailable", "DAY_FULL")
    await practice.booked(practice.reception, patient, at(3, 12), overbooking="AGREED")
    other_type = await practice.save_type("short", 15)
    await practice.booked(account, patient, at(3, 9), typeId=other_type)
    moved = await answer(account, RESCHEDULE, **version_of(second), startsAt=at(4, 10).isoformat())
    assert moved["appointment"]["startsAt"] == utc(at(4, 10))


@pytest.mark.parametrize("name", ["cancellationNoticeHours", "horizonDays", "maximumPerPatient", "maximumPerDay"])
async def test_limits_have_bounds(practice: Practice, name: str) -> None:
    coding = {"system": SERVICE_TYPE, "code": "x"}
    wrong = await answer(practice.reception, SAVE_TYPE, code=coding, minutes=30, **{name: -1})
    assert wrong["fields"] == [{"path": [name]}]


async def to_move(caller: Caller, **fields: Any) -> dict[str, list[dict[str, Any]]]:
    """By the key of each appointment that is to be moved, where it could go."""
    nodes = (await caller.data(TO_MOVE, **fields))["appointmentsToMove"]["nodes"]
    return {node["id"]: node["alternatives"] for node in nodes}


async def test_what_closing_and_leaving_affect_is_shown_with_where_it_could_go(practice: Practice) -> None:
    patient, account = await practice.patient()
    whose, here = {"practitionerId": str(practice.practitioner)}, {"locationId": str(practice.location)}
    first, second, third = [
        await practice.booked(account, patient, at(*when)) for when in ((3, 8), (3, 15, 30), (4, 9))
    ]
    assert await to_move(practice.reception, **whose) == {}

    day = {"fromDay": f"{at(3, 0):%F}", "untilDay": f"{at(3, 0):%F}"}
    await answer(practice.reception, ADD_EXCEPTION, **whose, **day, kind="CLOSED", starts="08:15", ends="12:00")
    assert set(await to_move(practice.reception, **whose)) == {first["id"]}
    await answer(practice.reception, ADD_EXCEPTION, **whose, **day, kind="CLOSED")
    affected = await to_move(practice.reception, **whose)
    assert set(affected) == {first["id"], second["id"]}
    assert [slot["startsAt"] for slot in affected[first["id"]]] == [utc(at(4, 8)), utc(at(4, 8, 30))]
    other = await practice.another_practitioner()
    offered = (await to_move(practice.reception, **whose))[first["id"]]
    assert {key_of(slot["practitioner"]["id"]) for slot in offered} == {other}
    # The extra hours have the second one again.
    extra = {"kind": "EXTRA", "starts": "15:00", "ends": "17:00"}
    await answer(practice.reception, ADD_EXCEPTION, **whose, **here, **day, **extra)
    assert set(await to_move(practice.reception, **whose)) == {first["id"]}

    hours = [{"weekday": number, "starts": "10:00", "ends": "16:00"} for number in range(1, 8)]
    await practice.save_schedule(**whose, **here, version=1, hours=hours)
    assert set(await to_move(practice.reception, **here)) == {first["id"], third["id"]}
    await answer(practice.reception, ADD_EXCEPTION, **here, **day, kind="CLOSED")
    assert set(await to_move(practice.reception)) == {first["id"], second["id"], third["id"]}
    assert set(await to_move(account)) == {first["id"], second["id"], third["id"]}, "the patient's own"
    assert await to_move((await practice.patient())[1]) == {}

    moved = await answer(
        account, RESCHEDULE, **version_of(first), startsAt=at(5, 9).isoformat(), practitionerId=str(other)
    )
    assert moved["appointment"]["startsAt"] == utc(at(5, 9))
    assert set(await to_move(practice.reception)) == {second["id"], third["id"]}


async def test_what_is_to_be_moved_when_somebody_has_left(practice: Practice) -> None:
    patient, account = await practice.patient()
    booked = await practice.booked(account, patient, at(3, 8))
    async with stored(practice.clinic.service("appointments").runtime.database) as session:
        (await session.get_one(Practitioner, practice.practitioner)).active = False
    other = await practice.another_practitioner()
    affected = await to_move(practice.reception)
    assert {key_of(slot["practitioner"]["id"]) for slot in affected[booked["id"]]} == {other}
