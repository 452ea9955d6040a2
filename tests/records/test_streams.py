"""Open streams of a record: what comes, to whom, and that they end when the caller may not have them any more."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlmodel import col

from shared.audit.recorder import Action, AuditRecorder
from shared.database.model import utc_now
from shared.database.tables import AuditEntry, PatientAccess
from shared.ids import new_id
from shared.patient_access import Basis
from subgraphs.records.models import SECTION_OF
from tests.harness.databases import stored
from tests.records.conftest import Ward, answer, principal
from tests.records.test_proxies import END, appointed, born
from tests.records.test_relations import WITHHOLD
from tests.records.test_requests import asked, done

REQUESTED = "subscription($id: ID!) { recordAccessRequested(patientId: $id) { id reason status } }"
CHANGED = "subscription($id: ID!) { recordChanged(patientId: $id) { section patient { id } } }"
LIMIT_SECONDS = 5

Events = AsyncGenerator[dict[str, Any], None]


async def comes(events: Events) -> Any:
    """What comes next."""
    async with asyncio.timeout(10):
        (value,) = (await anext(events)).values()
    return value


async def ends(events: Events) -> list[Any]:
    """What comes before a stream ends, which it does in time."""
    async with asyncio.timeout(LIMIT_SECONDS):
        return [event async for event in events]


async def begun(ward: Ward, events: Events) -> "asyncio.Task[Any]":
    """The first event of a stream, which has begun: it has all that comes from now on."""
    with ward.clinic.statements("records") as statements:
        first = asyncio.ensure_future(comes(events))

        async def reads() -> bool:
            return any("max(audit_entry.seal)" in statement for statement in statements)

        await ward.clinic.until(reads)
    return first


async def test_the_owner_hears_of_requests_as_they_come(ward: Ward) -> None:
    (patient, me), (other, _) = await ward.patient(), await ward.patient()
    nurse = ward.clinic.caller("NURSE")
    async with me.subscribe(REQUESTED, id=str(patient)) as events, me.subscribe(REQUESTED, id=str(other)) as others:
        assert await ends(others) == []
        first = await begun(ward, events)
        await asked(nurse, other)
        for days, told in ((1, first), (2, None)):
            request = await asked(nurse, patient, days=days)
            event = await (told or comes(events))
            assert (event["id"], event["status"]) == (request["id"], "PENDING")
            await done(nurse, "withdraw", request)
    denied = [entry for entry in await ward.clinic.audit("records") if entry.outcome == "denied"]
    assert {tuple(entry.resource_ids) for entry in denied} == {(other,)}


async def test_a_stream_ends_when_its_proxy_does(ward: Ward) -> None:
    (child, _), (parent, proxy) = await ward.patient(birth_date=born(5)), await ward.patient()
    reception = ward.clinic.caller("RECEPTIONIST")
    made = (await appointed(reception, child, parent))["proxy"]
    async with proxy.subscribe(REQUESTED, id=str(child)) as events:
        first = await begun(ward, events)
        await asked(ward.clinic.caller("NURSE"), child)
        assert (await first)["status"] == "PENDING"
        await answer(reception, END, id=made["id"])
        assert await ends(events) == []


async def test_a_stream_ends_when_its_grant_is_withdrawn_and_gives_nothing_of_what_is_withheld(ward: Ward) -> None:
    (patient, me), account = await ward.patient(), new_id()
    nurse = ward.clinic.caller("NURSE", subject=account)
    granted = await done(me, "grant", await asked(nurse, patient))
    async with nurse.subscribe(CHANGED, id=str(patient)) as events:
        first = await begun(ward, events)
        await ward.know(entered(patient, "Encounter"))
        assert await first == {"section": SECTION_OF["Encounter"], "patient": {"id": f"Patient:{patient}"}}
        await answer(me, WITHHOLD, patientId=str(patient), section="ALLERGIES")
        await ward.know(entered(patient, "Allergy"), entered(new_id(), "Condition"), entered(patient, "Condition"))
        assert (await comes(events))["section"] == "CONDITIONS"
        await done(me, "withdraw", granted)
        await ward.know(entered(patient, "Condition"))
        assert await ends(events) == []


@pytest.mark.parametrize("basis", [Basis.EMERGENCY, Basis.GRANT])
async def test_a_stream_ends_with_the_time_of_what_let_it_be_opened(ward: Ward, basis: Basis) -> None:
    (patient, _), account = await ward.patient(), new_id()
    row = await ward.let(patient, basis, account_id=account, valid_until=utc_now() + timedelta(hours=1))
    async with ward.clinic.caller("DOCTOR", subject=account).subscribe(CHANGED, id=str(patient)) as events:
        first = await begun(ward, events)
        await ward.know(entered(patient, "VitalSigns"))
        assert (await first)["section"] == "VITAL_SIGNS"
        async with stored(ward.database) as session:
            over = update(PatientAccess).where(col(PatientAccess.id) == row.id)
            await session.execute(over.values(valid_until=utc_now()))
            session.add(entered(patient, "VitalSigns"))
        assert await ends(events) == []


def entered(patient: UUID, resource: str) -> AuditEntry:
    """An entry of the trail: something was entered into a patient's record."""
    entry = AuditRecorder(principal("DOCTOR")).entry(Action.CREATE, resource, [new_id()], [patient])
    return AuditEntry(**entry)
