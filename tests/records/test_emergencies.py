"""Access in an emergency: who opens, what it opens and until when, who is told, and how it is reviewed."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from shared.database.model import utc_now
from shared.database.tables import PatientAccess
from shared.ids import new_id
from subgraphs.records.codes import Section
from subgraphs.records.consumers import AccountAccessChanged, PatientMerged
from subgraphs.records.models import EmergencyAccess
from tests.harness.caller import Caller
from tests.harness.databases import stored
from tests.harness.ids import key_of
from tests.harness.repeating import check_repeating
from tests.records.conftest import Ward, answer, principal

HOUR = timedelta(hours=1)
REASON = "Unconscious in the waiting room"
ACCESS = "id version status reason verdict openedAt expiresAt reviewedAt"
OPEN = f"""mutation($input: OpenEmergencyAccessInput!) {{ openEmergencyAccess(input: $input) {{
  __typename ... on OpenEmergencyAccessSuccess {{ emergencyAccess {{ {ACCESS} }} }} ... on UserError {{ code }}
}} }}"""
REVIEW = f"""mutation($input: ReviewEmergencyAccessInput!) {{ reviewEmergencyAccess(input: $input) {{
  __typename ... on ReviewEmergencyAccessSuccess {{ emergencyAccess {{ {ACCESS} comment }} }} ... on UserError {{ code }}
}} }}"""
LIST = f"query($reviewed: Boolean) {{ emergencyAccesses(reviewed: $reviewed) {{ totalCount nodes {{ {ACCESS} }} }} }}"


async def opened(caller: Caller, patient: UUID) -> dict[str, Any]:
    """An access, as it was opened."""
    made = await answer(caller, OPEN, patientId=str(patient), reason=REASON)
    assert made["__typename"] == "OpenEmergencyAccessSuccess", made
    access: dict[str, Any] = made["emergencyAccess"]
    return access


async def begun(ward: Ward, access: dict[str, Any], since: datetime) -> None:
    """Let an access have begun at another time."""
    key = key_of(access["id"])
    async with stored(ward.database) as session:
        times = {"opened_at": since, "expires_at": since + HOUR}
        await session.execute(update(EmergencyAccess).where(col(EmergencyAccess.id) == key).values(times))
        period = {"valid_from": since, "valid_until": since + HOUR}
        await session.execute(update(PatientAccess).where(col(PatientAccess.id) == key).values(period))


@pytest.mark.own_clinic
async def test_an_emergency_opens_all_for_an_hour_and_is_told_and_reviewed(ward: Ward) -> None:
    (patient, me), account, reviewer = await ward.patient(), new_id(), new_id()
    auditors = {"patient_id": None, "practitioner_id": None, "scopes": ["emergency:review"]}
    for key, enabled in ((reviewer, True), (new_id(), False)):
        await ward.hear(AccountAccessChanged(account_id=key, enabled=enabled, **auditors))
    doctor, by = ward.clinic.caller("DOCTOR", subject=account), principal("DOCTOR", subject=account)
    auditor = ward.clinic.caller("AUDITOR", subject=reviewer)
    assert await ward.opens(by, patient) == set()
    access = await opened(doctor, patient)
    assert access["status"] == "OPEN"
    assert await ward.opens(by, patient) == set(Section)
    _, told = await ward.clinic.published("records")
    assert (told.data["told"], told.data["reviewers"]) == ([str(patient)], [str(reviewer)])
    assert REASON not in str(told.data)
    for caller in (me, doctor, auditor):
        assert (await caller.data(LIST, reviewed=False))["emergencyAccesses"] == {"totalCount": 1, "nodes": [access]}
    found = {"id": access["id"], "version": 1, "verdict": "JUSTIFIED", "comment": "Seen by three people"}
    assert (await answer(auditor, REVIEW, **found))["code"] == "EMERGENCY_ACCESS_NOT_OVER"

    # Of the moment at which it ends, access is none, and the review can begin.
    await begun(ward, access, utc_now() - HOUR)
    assert await ward.opens(by, patient) == set()
    for _ in range(2):
        (waiting,) = (await auditor.data(LIST, reviewed=False))["emergencyAccesses"]["nodes"]
        assert waiting["status"] == "CLOSED"
    reviews = await asyncio.gather(*(answer(auditor, REVIEW, **found) for _ in range(20)))
    assert Counter(each.get("code", "done") for each in reviews) == {"done": 1, "VERSION_CONFLICT": 19}
    assert (await answer(auditor, REVIEW, **found | {"version": 2}))["code"] == "EMERGENCY_ACCESS_REVIEWED"
    (reviewed,) = (await me.data(LIST, reviewed=True))["emergencyAccesses"]["nodes"]
    assert (reviewed["status"], reviewed["verdict"]) == ("REVIEWED", "JUSTIFIED")
    assert (await ward.clinic.published("records"))[-1].data["verdict"] == "JUSTIFIED"
    assert (await opened(doctor, patient))["status"] == "OPEN"


async def test_of_twenty_at_once_one_opens_and_nobody_twice_while_it_holds(ward: Ward) -> None:
    (patient, _), (other, _) = await ward.patient(), await ward.patient()
    doctor, nurse = ward.clinic.caller("DOCTOR"), ward.clinic.caller("NURSE")
    asks = {"patientId": str(patient), "reason": REASON}
    made = await asyncio.gather(*(answer(doctor, OPEN, **asks) for _ in range(20)))
    assert Counter(each.get("code", "done") for each in made) == {"done": 1, "EMERGENCY_ACCESS_OPEN": 19}
    await opened(nurse, patient)
    await opened(doctor, other)
    assert len(await ward.access(patient)) == 2
    first = next(each["emergencyAccess"] for each in made if "emergencyAccess" in each)
    await begun(ward, first, utc_now() - HOUR)
    second = await opened(doctor, patient)
    with pytest.raises(IntegrityError):
        await begun(ward, second, utc_now() - HOUR - timedelta(seconds=1))


async def test_only_those_who_treat_open_and_nobody_reviews_their_own(ward: Ward) -> None:
    patient, _ = await ward.patient()
    for role in ("ADMIN", "RECEPTIONIST", "PATIENT", "PHARMACIST", "LAB_TECHNICIAN", "ANALYST", "AUDITOR"):
        made = await ward.clinic.caller(role).execute(OPEN, input={"patientId": str(patient), "reason": REASON})
        assert made["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE", role
    assert (await answer(ward.clinic.caller("NURSE"), OPEN, patientId=str(new_id()), reason=REASON))[
        "code"
    ] == "NOT_FOUND"
    both = ward.clinic.caller("DOCTOR", "AUDITOR", subject=new_id())
    access = await opened(both, patient)
    await begun(ward, access, utc_now() - 2 * HOUR)
    found = {"id": access["id"], "version": 1, "verdict": "JUSTIFIED", "comment": "It was me"}
    assert (await answer(both, REVIEW, **found))["code"] == "NOT_FOUND"
    for stranger in (ward.clinic.caller("PATIENT", patient=new_id()), ward.clinic.caller("NURSE")):
        assert (await stranger.data(LIST))["emergencyAccesses"]["totalCount"] == 0
        seen = await ward.clinic.entities("records", stranger, "EmergencyAccess", [access["id"]], "reason")
        assert seen["data"] == {"_entities": [None]}
    asked = await ward.clinic.entities("records", both, "EmergencyAccess", [access["id"]] * 100, "reason")
    assert asked["data"]["_entities"] == [{"reason": REASON}] * 100


async def test_an_access_is_repeated_under_its_key(ward: Ward) -> None:
    (patient, _), (other, _) = await ward.patient(), await ward.patient()
    wish = {"patientId": str(patient), "reason": REASON}

    async def told() -> int:
        return len(await ward.clinic.published("records"))

    asks = "emergencyAccess { id version }"
    doctor = ward.clinic.caller("DOCTOR")
    await check_repeating(doctor, "openEmergencyAccess", asks, wish, wish | {"patientId": str(other)}, told)


async def test_accesses_to_two_who_were_one_are_kept(ward: Ward) -> None:
    (merged, _), (survivor, me) = await ward.patient(), await ward.patient()
    doctor = ward.clinic.caller("DOCTOR")
    for patient in (merged, survivor):
        await opened(doctor, patient)
    await ward.hear(PatientMerged(patient_id=survivor, merged_patient_id=merged))
    nodes = (await me.data(LIST))["emergencyAccesses"]["nodes"]
    assert [node["reason"] for node in nodes] == [REASON] * 2
