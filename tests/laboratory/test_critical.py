"""Critical results: told at once, read back, and told to others while nobody does that."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from shared.database.model import utc_now
from shared.ids import global_id, new_id
from shared.patient_access import Basis
from subgraphs.laboratory.jobs import escalate
from subgraphs.laboratory.models import Account, CriticalAttempt, CriticalNotice, Location
from tests.harness.caller import Caller
from tests.harness.databases import stored
from tests.laboratory.conftest import Lab, Member, open_laboratory, technician
from tests.laboratory.test_results import POTASSIUM, entered, one

NOTICES = """query($open: Boolean) { criticalNotices(open: $open) { nodes { id version status level readBack nextAt
  result { display } attempts { nodes { level told { id } } } } } }"""
RAISED = "subscription { criticalResult { id status result { display } } }"


async def notices(caller: Caller, **wanted: Any) -> list[dict[str, Any]]:
    """The notices that somebody sees."""
    return list((await caller.data(NOTICES, **wanted))["criticalNotices"]["nodes"])


async def critical(lab: Lab, value: str = "6.9") -> tuple[UUID, Member, str]:
    """A patient with a critical result that nobody has verified, who has ordered it, and the id of its notice."""
    test = await lab.test()
    await lab.range(test, **POTASSIUM)
    patient, _ = await lab.patient()
    doctor = await lab.doctor(patient)
    _, key = await one(lab, doctor, patient, test)
    await entered(lab, key, value=value)
    (notice,) = await notices(doctor.caller)
    return patient, doctor, str(notice["id"])


async def late(lab: Lab, minutes: int) -> None:
    """Some minutes go by for all notices."""
    async with stored(lab.database) as session:
        ago = timedelta(minutes=minutes)
        raised_at, next_at = col(CriticalNotice.raised_at), col(CriticalNotice.next_at)
        values = {"raised_at": raised_at - ago, "next_at": next_at - ago}
        await session.execute(update(CriticalNotice).values(**values))
    await escalate(lab.clinic.service("laboratory").runtime)


async def told(lab: Lab, patient: UUID) -> list[tuple[int, set[UUID]]]:
    """Who was told of a patient's critical results, at each level."""
    async with stored(lab.database) as session:
        rows = select(CriticalAttempt).where(col(CriticalAttempt.patient_id) == patient)
        return [
            (each.level, set(each.told)) for each in await session.scalars(rows.order_by(col(CriticalAttempt.level)))
        ]


async def test_who_ordered_is_told_before_anybody_has_verified(lab: Lab) -> None:
    patient, doctor, key = await critical(lab)
    (notice,) = await notices(doctor.caller, open=True)
    assert (notice["status"], notice["level"], notice["result"]) == ("OPEN", 0, {"display": "6.9 mmol/L"})
    assert await told(lab, patient) == [(0, {doctor.account})]
    (event,) = [each for each in await lab.told("critical-raised") if each["patientId"] == str(patient)]
    assert event["told"] == [str(doctor.account)]
    assert "6.9" not in str(event)
    assert [each["id"] for each in await notices(lab.technician.caller) if each["id"] == key] == [key]
    assert await notices((await lab.doctor()).caller) == []
    patients = lab.clinic.caller("PATIENT", patient=patient)
    answer = await patients.execute(NOTICES)
    assert answer["data"]["criticalNotices"] is None


@pytest.mark.parametrize(
    ("said", "is_right"),
    [("6.9", True), ("Potassium 6.90 mmol/L", True), ("9.6", False), ("high", False), ("16.9", False)],
)
async def test_it_is_acknowledged_by_reading_it_back(lab: Lab, said: str, is_right: bool) -> None:
    patient, doctor, key = await critical(lab)
    answer = await doctor.does("acknowledgeCriticalResult", id=key, version=1, readBack=said)
    if not is_right:
        assert answer["fields"] == [{"path": ["readBack"], "code": "READ_BACK"}]
        return
    assert answer["__typename"] == "AcknowledgeCriticalResultSuccess"
    (notice,) = await notices(doctor.caller, open=False)
    assert (notice["status"], notice["readBack"], notice["nextAt"]) == ("ACKNOWLEDGED", said, None)
    again = await doctor.does("acknowledgeCriticalResult", id=key, version=2, readBack=said)
    assert again["code"] == "NOTICE_ACKNOWLEDGED"
    await late(lab, 100)
    assert await told(lab, patient) == [(0, {doctor.account})]
    (event,) = [each for each in await lab.told("critical-acknowledged") if each["patientId"] == str(patient)]
    assert "6.9" not in str(event)


async def test_who_covers_acknowledges_and_a_stranger_does_not(lab: Lab) -> None:
    patient, _, key = await critical(lab)
    stranger = await lab.doctor()
    given = {"id": key, "version": 1, "readBack": "6.9"}
    assert (await stranger.does("acknowledgeCriticalResult", **given))["code"] == "NOT_FOUND"
    cover = await lab.doctor(patient, "NURSE", Basis.CARE_TEAM)
    await cover.did("acknowledgeCriticalResult", **given)


async def test_while_nobody_acknowledges_it_others_are_told(lab: Lab) -> None:
    on_call, administrator, gone = (
        Account(roles=["DOCTOR"]),
        Account(roles=["ADMIN"]),
        Account(roles=["ADMIN"], enabled=False),
    )
    await lab.know(on_call, administrator, gone)
    saved = {"laboratoryId": lab.place, "accountIds": [global_id("Account", on_call.id)]}
    made = await lab.technician.does("saveOnCall", "onCall { id }", **saved)
    assert made["onCall"] == [{"id": global_id("StaffMember", on_call.id)}]
    patient, doctor, key = await critical(lab)
    await late(lab, 29)
    assert await told(lab, patient) == [(0, {doctor.account})]
    await late(lab, 1)
    assert await told(lab, patient) == [(0, {doctor.account}), (1, {on_call.id})]
    await late(lab, 29)
    assert len(await told(lab, patient)) == 2
    await late(lab, 1)
    last_level, last = (await told(lab, patient))[-1]
    assert (last_level, administrator.id in last, gone.id in last) == (2, True, False)
    await late(lab, 1000)
    assert len(await told(lab, patient)) == 3
    levels = [each["level"] for each in await lab.told("critical-escalated") if each["patientId"] == str(patient)]
    assert levels == [1, 2]
    person = lab.clinic.caller("DOCTOR", subject=on_call.id)
    (notice,) = await notices(person)
    assert (notice["status"], notice["result"]) == ("ESCALATED", {"display": "6.9 mmol/L"})
    await Member(person, on_call.id).did("acknowledgeCriticalResult", id=key, version=notice["version"], readBack="6.9")


async def test_where_nobody_is_on_call_administrators_are_told_at_once(lab: Lab) -> None:
    administrator = Account(roles=["ADMIN"])
    await lab.know(administrator)
    patient, doctor, _ = await critical(lab)
    await late(lab, 30)
    (_, first), (level, second) = await told(lab, patient)
    assert (first, level, administrator.id in second) == ({doctor.account}, 2, True)


async def test_the_schedule_survives_a_restart(postgres_server: str, redis_url: str) -> None:
    """What is due while no service runs is told by the job of the one that starts."""
    others = asyncio.all_tasks()
    async with open_laboratory(postgres_server, redis_url) as clinic:
        location = Location(time_zone="Europe/Berlin")
        admin = new_id()
        lab = Lab(
            clinic,
            location.id,
            Member(clinic.caller("ADMIN", subject=admin), admin),
            technician(clinic, location.id),
            technician(clinic, location.id),
        )
        await lab.know(location, Account(id=admin, roles=["ADMIN"]))
        patient, _, _ = await critical(lab)
        running = clinic.service("laboratory")
        stopped = [task for task in asyncio.all_tasks() - others if task.get_name() == "background:laboratory"]
        for task in stopped:
            task.cancel()
        await asyncio.gather(*stopped, return_exceptions=True)
        async with stored(lab.database) as session:
            await session.execute(update(CriticalNotice).values(next_at=utc_now() - timedelta(minutes=1)))
        again = running.service.app(running.settings)
        async with again.router.lifespan_context(again):

            async def escalated() -> bool:
                return [level for level, _ in await told(lab, patient)] == [0, 2]

            await clinic.until(escalated)
        assert (await told(lab, patient))[-1] == (2, {admin})


async def test_of_two_services_at_once_one_tells(lab: Lab) -> None:
    patient, _, _ = await critical(lab)
    async with stored(lab.database) as session:
        await session.execute(
            update(CriticalNotice).where(col(CriticalNotice.patient_id) == patient).values(next_at=utc_now())
        )
    runtime = lab.clinic.service("laboratory").runtime
    await asyncio.gather(*(escalate(runtime) for _ in range(10)))
    assert len(await told(lab, patient)) == 2


async def test_what_is_critical_comes_to_open_streams(lab: Lab) -> None:
    test = await lab.test()
    await lab.range(test, **POTASSIUM)
    patient, _ = await lab.patient()
    doctor = await lab.doctor(patient)
    _, key = await one(lab, doctor, patient, test)
    async with doctor.caller.subscribe(RAISED) as events:
        with lab.clinic.statements("laboratory") as statements:
            first = asyncio.ensure_future(anext(events))

            async def reads() -> bool:
                return any("max(audit_entry.seal)" in statement for statement in statements)

            await lab.clinic.until(reads)
        await entered(lab, key, value="2.4")
        async with asyncio.timeout(10):
            event = (await first)["criticalResult"]
    assert (event["status"], event["result"]) == ("OPEN", {"display": "2.4 mmol/L"})


async def test_who_was_told_never_changes(lab: Lab) -> None:
    patient, _, _ = await critical(lab)
    with pytest.raises(DBAPIError, match="keeps what was said"):
        async with stored(lab.database) as session:
            mine = col(CriticalAttempt.patient_id) == patient
            await session.execute(update(CriticalAttempt).where(mine).values(told=[]))


async def test_only_who_is_there_is_on_call(lab: Lab) -> None:
    gone = Account(roles=["DOCTOR"], enabled=False)
    await lab.know(gone)
    for key in (gone.id, new_id()):
        answer = await lab.admin.does("saveOnCall", laboratoryId=lab.place, accountIds=[global_id("Account", key)])
        assert answer["fields"] == [{"path": ["accountIds"], "code": "NOT_FOUND"}]
    elsewhere = {"laboratoryId": str(new_id()), "accountIds": []}
    assert (await lab.technician.does("saveOnCall", **elsewhere))["code"] == "NOT_FOUND"
