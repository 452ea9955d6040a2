"""The waitlist: who is offered a slot that becomes free, and what they make of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from shared.database.model import utc_now
from subgraphs.appointments.jobs import expire_offers, expire_waits
from subgraphs.appointments.models import Appointment, WaitlistEntry
from tests.appointments.conftest import ADD_EXCEPTION, Practice, answer, at, change, utc
from tests.appointments.test_availability import REMOVE_EXCEPTION
from tests.appointments.test_booking import CANCEL, version_of
from tests.harness.caller import Caller
from tests.harness.databases import stored
from tests.harness.ids import key_of

JOIN, LEAVE, ACCEPT, DECLINE = (
    change(name, "waitlistEntry { id status appointment { id status startsAt heldUntil version } }")
    for name in ("JoinWaitlist", "LeaveWaitlist", "AcceptWaitlistOffer", "DeclineWaitlistOffer")
)
MINE = "{ waitlist { nodes { id status patient { id } type { minutes } appointment { id status startsAt version } } } }"


async def join(practice: Practice, caller: Caller, patient: UUID, **fields: Any) -> str:
    """A new entry's id."""
    result = await answer(caller, JOIN, **practice.waiting(patient) | fields)
    assert result["__typename"] == "JoinWaitlistSuccess", result
    return str(result["waitlistEntry"]["id"])


async def mine(caller: Caller) -> dict[str, Any]:
    """A patient's only entry."""
    (entry,) = (await caller.data(MINE))["waitlist"]["nodes"]
    return dict(entry)


async def kinds(practice: Practice) -> list[str]:
    return [kind for kind, _ in await practice.published()]


async def test_what_is_free_is_offered_to_who_joins(practice: Practice) -> None:
    await practice.open_only("10:00", "11:00")
    (patient, first), (other, second), (late, third) = [await practice.patient() for _ in range(3)]
    await join(practice, first, patient)
    await join(practice, second, other)
    await join(practice, third, late)
    offers = [(entry["status"], entry["appointment"]) for entry in [await mine(one) for one in (first, second, third)]]
    assert [status for status, _ in offers] == ["OFFERED", "OFFERED", "WAITING"]
    assert [offer["startsAt"] for _, offer in offers[:2]] == [utc(at(3, 10)), utc(at(3, 10, 30))]
    assert (await kinds(practice))[-4:] == [
        "waitlist-offered",
        "waitlist-joined",
        "waitlist-offered",
        "waitlist-joined",
    ]


async def test_what_opens_later_is_offered_to_those_who_wait(practice: Practice) -> None:
    whose, here = {"practitionerId": str(practice.practitioner)}, {"locationId": str(practice.location)}
    days = {"fromDay": f"{at(2, 0):%F}", "untilDay": f"{at(4, 0):%F}"}
    away = await answer(practice.reception, ADD_EXCEPTION, **whose, **days, kind="CLOSED")
    closed = await answer(practice.reception, ADD_EXCEPTION, **here, **days, kind="CLOSED")
    waiting = []
    for _ in range(4):
        patient, caller = await practice.patient()
        await join(practice, caller, patient)
        waiting.append(caller)

    async def offers() -> list[str | None]:
        found = [(await mine(caller))["appointment"] for caller in waiting]
        return [offer and offer["startsAt"] for offer in found]

    assert await offers() == [None] * 4
    await answer(practice.reception, REMOVE_EXCEPTION, id=closed["scheduleException"]["id"])
    assert await offers() == [None] * 4, "the practitioner is away"
    day = {"fromDay": f"{at(3, 0):%F}", "untilDay": f"{at(3, 0):%F}"}
    await answer(practice.reception, ADD_EXCEPTION, **whose, **here, **day, kind="EXTRA", starts="20:00", ends="20:30")
    assert await offers() == [utc(at(3, 20)), None, None, None]
    await answer(practice.reception, REMOVE_EXCEPTION, id=away["scheduleException"]["id"])
    assert await offers() == [utc(at(3, 20)), *(utc(at(2, *time)) for time in ((8,), (8, 30), (9,)))]


async def test_new_hours_and_who_returns_are_offered_to_those_who_wait(practice: Practice) -> None:
    fields = {"practitionerId": str(practice.practitioner), "locationId": str(practice.location)}
    await practice.save_schedule(**fields, version=1, hours=[])
    patient, caller = await practice.patient()
    entry = await join(practice, caller, patient)
    assert (await mine(caller))["status"] == "WAITING"
    hours = [{"weekday": day, "starts": "09:00", "ends": "10:00"} for day in range(1, 8)]
    await practice.save_schedule(**fields, version=2, hours=hours)
    offered = await mine(caller)
    assert (offered["id"], offered["appointment"]["startsAt"]) == (entry, utc(at(2, 9)))


async def test_a_freed_slot_is_held_for_the_first_in_line(practice: Practice) -> None:
    await practice.open_only("10:00", "11:00")
    booker, booked_by = await practice.patient()
    appointment = await practice.booked(booked_by, booker, at(3, 10))
    await practice.booked(booked_by, booker, at(3, 10, 30))
    callers = []
    for fields in ({"untilDay": f"{at(2, 0):%F}"}, {"typeId": await practice.save_type("long", 45)}, {}, {}):
        patient, caller = await practice.patient()
        await join(practice, caller, patient, **fields)
        callers.append(caller)
    too_early, too_long, first, second = callers
    await answer(booked_by, CANCEL, **version_of(appointment), reason="OTHER")

    offered = await mine(first)
    assert (offered["status"], offered["appointment"]["status"]) == ("OFFERED", "HELD")
    assert offered["appointment"]["startsAt"] == utc(at(3, 10))
    for caller in (too_early, too_long, second):
        assert (await mine(caller))["status"] == "WAITING"
    assert (await practice.book(booked_by, booker, at(3, 10)))["code"] == "SLOT_TAKEN"
    kind, data = (await practice.published())[-1]
    assert (kind, data["appointmentId"]) == ("waitlist-offered", str(key_of(offered["appointment"]["id"])))
    # That the slot was offered is the service's doing, not that of the one who called off.
    created = [entry for entry in await practice.clinic.audit("appointments") if entry.action == "create"]
    assert (created[-1].resource, created[-1].roles) == ("Appointment", ["SYSTEM"])

    assert (await answer(second, ACCEPT, id=offered["id"]))["code"] == "NOT_FOUND"
    declined = await answer(first, DECLINE, id=offered["id"])
    assert declined["waitlistEntry"] == {"id": offered["id"], "status": "DECLINED", "appointment": None}
    next_offer = await mine(second)
    accepted = await answer(second, ACCEPT, id=next_offer["id"])
    assert (accepted["waitlistEntry"]["status"], accepted["waitlistEntry"]["appointment"]["status"]) == (
        "BOOKED",
        "BOOKED",
    )
    assert accepted["waitlistEntry"]["appointment"]["heldUntil"] is None
    assert (await answer(second, ACCEPT, id=next_offer["id"]))["code"] == "WAITLIST_STATUS"
    assert (await kinds(practice))[-4:] == [
        "appointment-cancelled",
        "waitlist-offered",
        "waitlist-offered",
        "appointment-booked",
    ]


async def test_an_offer_that_is_not_answered_goes_to_the_next_in_line(practice: Practice) -> None:
    await practice.open_only("10:00", "10:30")
    booker, booked_by = await practice.patient()
    appointment = await practice.booked(booked_by, booker, at(3, 10))
    (patient, first), (other, second) = await practice.patient(), await practice.patient()
    await join(practice, first, patient)
    await join(practice, second, other)
    await answer(booked_by, CANCEL, **version_of(appointment), reason="OTHER")
    runtime = practice.clinic.service("appointments").runtime
    await expire_offers(runtime)
    offered = await mine(first)
    assert offered["status"] == "OFFERED"
    async with stored(runtime.database) as session:
        held = await session.get_one(Appointment, key_of(offered["appointment"]["id"]))
        held.held_until = utc_now() - timedelta(seconds=1)
    assert (await answer(first, ACCEPT, id=offered["id"]))["code"] == "OFFER_EXPIRED"
    await expire_offers(runtime)
    await expire_offers(runtime)
    assert (await mine(first))["status"] == "EXPIRED"
    assert (await mine(second))["status"] == "OFFERED"
    assert (await kinds(practice))[-2:] == ["waitlist-expired", "waitlist-offered"]


async def test_one_who_is_elsewhere_is_passed_over(practice: Practice) -> None:
    await practice.open_only("10:00", "10:30")
    booker, booked_by = await practice.patient()
    appointment = await practice.booked(booked_by, booker, at(3, 10))
    (patient, first), (other, second) = await practice.patient(), await practice.patient()
    busy = await practice.another_practitioner()
    await practice.booked(first, patient, at(3, 10), practitionerId=str(busy))
    await join(practice, first, patient)
    await join(practice, second, other)
    gone = await answer(booked_by, CANCEL, **version_of(appointment), reason="OTHER")
    assert gone["appointment"]["status"] == "CANCELLED"
    assert [(await mine(caller))["status"] for caller in (first, second)] == ["WAITING", "OFFERED"]
    trail = await practice.clinic.audit("appointments")
    held = [entry for entry in trail if entry.action == "create" and entry.roles == ["SYSTEM"]]
    assert [entry.patients for entry in held] == [[other]]


async def test_waiting_has_bounds_and_an_end(practice: Practice) -> None:
    patient, account = await practice.patient()
    stranger, other = await practice.patient()
    base = {"patientId": str(patient), "practitionerId": str(practice.practitioner), "typeId": practice.type}
    for days, code in (((4, 2), "DAYS_ORDER"), ((-9, -5), "DAYS_OVER"), ((1, 400), "DAYS_ORDER")):
        span = {"fromDay": f"{at(days[0], 0):%F}", "untilDay": f"{at(days[1], 0):%F}"}
        (wrong,) = (await answer(account, JOIN, **base, **span))["fields"]
        assert (wrong["path"], wrong["code"]) == (["untilDay"], code)
    await practice.open_only("10:00", "10:15")
    span = {"fromDay": f"{at(2, 0):%F}", "untilDay": f"{at(2, 0):%F}"}
    assert (await answer(other, JOIN, **base, **span))["code"] == "NOT_FOUND"
    entry = await join(practice, account, patient)
    assert (await answer(other, LEAVE, id=entry))["code"] == "NOT_FOUND"
    assert (await answer(account, ACCEPT, id=entry))["code"] == "WAITLIST_STATUS"
    assert (await answer(account, LEAVE, id=entry))["waitlistEntry"]["status"] == "LEFT"
    await practice.know(
        *(
            WaitlistEntry(
                patient_id=patient,
                practitioner_id=practice.practitioner,
                type_id=UUID(practice.type),
                from_day=at(2, 0).date(),
                until_day=at(3, 0).date(),
            )
            for _ in range(20)
        )
    )
    assert (await answer(account, JOIN, **base, **span))["code"] == "WAITLIST_FULL"

    runtime = practice.clinic.service("appointments").runtime
    async with stored(runtime.database) as session:
        row = (await session.scalars(select(WaitlistEntry).where(col(WaitlistEntry.status) == "WAITING"))).all()[0]
        row.from_day = row.until_day = at(-3, 0).date()
    await expire_waits(runtime)
    kind, data = (await practice.published())[-1]
    assert (kind, data["cause"]) == ("waitlist-expired", "PERIOD")
    assert (await practice.reception.data("{ waitlist(status: [WAITING]) { totalCount } }"))["waitlist"] == {
        "totalCount": 19
    }
    assert (await other.data("{ waitlist { totalCount } }"))["waitlist"] == {"totalCount": 0}
    assert stranger
