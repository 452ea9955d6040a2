"""Requests for access to a record: who asks and decides, what comes of it, and what nobody can do."""

import asyncio
from collections import Counter
from contextlib import suppress
from itertools import product
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from shared.database.model import utc_now
from shared.encryption import Encrypted
from shared.ids import new_id
from shared.patient_access import Basis
from subgraphs.records.codes import RequestStatus, Section
from subgraphs.records.jobs import expire_requests
from subgraphs.records.models import RecordAccessRequest
from tests.harness.caller import Caller
from tests.harness.databases import stored
from tests.harness.ids import key_of
from tests.harness.repeating import check_repeating
from tests.records.conftest import Ward, answer, principal

ALL = set(Section)
REASON = "Blood pressure before the operation"
REQUEST = "id version status reason purpose days sections refusalReason withdrawnBy answerBy decidedAt grantedUntil"


def change(name: str) -> str:
    """The mutation `<name>RecordAccess`."""
    field = f"{name}RecordAccess"
    kind = field[0].upper() + field[1:]
    return f"""mutation($input: {kind}Input!) {{ {field}(input: $input) {{
      __typename
      ... on {kind}Success {{ recordAccessRequest {{ {REQUEST} }} }}
      ... on UserError {{ code message }}
      ... on InvalidInput {{ fields {{ path code }} }}
    }} }}"""


LIST = f"""query($id: ID, $pending: Boolean! = false) {{
  recordAccessRequests(patientId: $id, pending: $pending) {{ totalCount nodes {{ {REQUEST} }} }}
}}"""


async def asked(caller: Caller, patient: UUID, **fields: Any) -> dict[str, Any]:
    """A request, as it was made."""
    wish = {"patientId": str(patient), "purpose": "TREAT", "reason": REASON, "days": 3} | fields
    made = await answer(caller, change("request"), **wish)
    assert made["__typename"] == "RequestRecordAccessSuccess", made
    request: dict[str, Any] = made["recordAccessRequest"]
    return request


def at(request: dict[str, Any]) -> dict[str, Any]:
    """The key and the version of a request."""
    return {"id": request["id"], "version": request["version"]}


async def done(caller: Caller, name: str, request: dict[str, Any], **fields: Any) -> Any:
    """What a decision makes of a request, or the code of why not."""
    made = await answer(caller, change(name), **at(request), **fields)
    return made.get("recordAccessRequest") or made["code"]


async def test_a_patient_grants_access_and_withdraws_it(ward: Ward) -> None:
    (patient, me), account = await ward.patient(), new_id()
    nurse, by = ward.clinic.caller("NURSE", subject=account), principal("NURSE", subject=account)
    request = await asked(nurse, patient, sections=["NOTES", "ALLERGIES"])
    assert (request["status"], request["sections"]) == ("PENDING", ["ALLERGIES", "NOTES"])
    (mine,) = (await me.data(LIST, id=str(patient), pending=True))["recordAccessRequests"]["nodes"]
    assert mine == request
    assert await ward.opens(by, patient) == set()

    granted = await done(me, "grant", request)
    assert granted["status"] == "GRANTED"
    assert await ward.opens(by, patient) == {Section.NOTES, Section.ALLERGIES}
    assert await done(me, "refuse", granted) == "RECORD_ACCESS_STATUS"
    assert await done(me, "withdraw", request) == "VERSION_CONFLICT"
    withdrawn = await done(me, "withdraw", granted)
    assert (withdrawn["status"], withdrawn["withdrawnBy"]) == ("WITHDRAWN", "PATIENT")
    assert await ward.opens(by, patient) == set()
    assert (await me.data(LIST, pending=True))["recordAccessRequests"]["totalCount"] == 0

    told = [(event.type.split(".")[2], event.data) for event in await ward.clinic.published("records")]
    assert [name for name, _ in told] == [
        "access-requested",
        "access-changed",
        "access-decided",
        "access-changed",
        "access-withdrawn",
    ]
    assert (told[0][1]["told"], told[2][1]["outcome"], told[4][1]["by"]) == ([str(patient)], "GRANTED", "PATIENT")
    assert REASON not in str(told)
    assert {str(account), str(patient)} == {told[1][1]["accountId"], told[1][1]["patientId"]}


async def test_who_asked_sees_that_it_was_refused_but_never_why(ward: Ward) -> None:
    patient, me = await ward.patient()
    nurse, other = ward.clinic.caller("NURSE"), ward.clinic.caller("DOCTOR")
    request = await asked(nurse, patient)
    refused = await done(me, "refuse", request, reason="We were married once")
    assert (refused["status"], refused["refusalReason"]) == ("REFUSED", "We were married once")
    (seen,) = (await nurse.data(LIST))["recordAccessRequests"]["nodes"]
    assert seen == refused | {"refusalReason": None}
    assert (await other.data(LIST, id=str(patient)))["recordAccessRequests"] == {"totalCount": 0, "nodes": []}
    async with stored(ward.database) as session:
        row = await session.get_one(RecordAccessRequest, key_of(request["id"]))
        assert row.refusal is not None and b"married" not in (row.refusal.ciphertext or b"married")


async def test_others_neither_see_nor_decide(ward: Ward) -> None:
    patient, me = await ward.patient()
    nurse, colleague = ward.clinic.caller("NURSE"), ward.clinic.caller("NURSE")
    request = await asked(nurse, patient)
    stranger, admin = ward.clinic.caller("PATIENT", patient=new_id()), ward.clinic.caller("ADMIN")
    for name, caller in product(("grant", "refuse", "withdraw"), (stranger, colleague)):
        assert await done(caller, name, request) == "NOT_FOUND"
    for name in ("grant", "refuse"):
        assert await done(nurse, name, request) == "NOT_FOUND"
    answered = await admin.execute(change("grant"), input=at(request))
    assert answered["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
    for caller in (stranger, colleague):
        found = await ward.clinic.entities("records", caller, "RecordAccessRequest", [request["id"]], "reason")
        assert found["data"] == {"_entities": [None]}
    # What a patient asks of another is no request of staff.
    asks = {"patientId": str(patient), "purpose": "TREAT", "reason": REASON, "days": 3}
    assert (await stranger.execute(change("request"), input=asks))["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert (await answer(nurse, change("request"), **asks))["code"] == "RECORD_ACCESS_REQUESTED"
    assert (await answer(nurse, change("request"), **asks | {"patientId": str(new_id())}))["code"] == "NOT_FOUND"
    wrong = await answer(colleague, change("request"), **asks | {"days": 366, "reason": " ", "sections": []})
    assert {each["path"][0] for each in wrong["fields"]} == {"days", "reason", "sections"}
    assert await done(nurse, "withdraw", request) == request | {
        "status": "WITHDRAWN",
        "withdrawnBy": "REQUESTER",
        "version": 2,
    }
    assert await done(me, "grant", request | {"version": 2}) == "RECORD_ACCESS_STATUS"


async def test_a_proxy_decides_for_a_minor_as_far_as_they_see(ward: Ward) -> None:
    (child, _), parent, account = await ward.patient(), new_id(), new_id()
    proxy, nurse = ward.clinic.caller("PATIENT", patient=parent), ward.clinic.caller("NURSE", subject=account)
    await ward.let(child, Basis.PROXY, proxy_id=parent, sections=["ALLERGIES", "MEDICATIONS"])
    request = await asked(nurse, child, sections=["NOTES"])
    assert (await ward.clinic.published("records"))[0].data["told"] == [str(child), str(parent)]
    assert await done(proxy, "grant", request) == "NOTHING_TO_GRANT"
    await done(nurse, "withdraw", request)
    granted = await done(proxy, "grant", await asked(nurse, child))
    assert granted["sections"] == ["ALLERGIES", "MEDICATIONS"]
    by = principal("NURSE", subject=account)
    assert await ward.opens(by, child) == {Section.ALLERGIES, Section.MEDICATIONS}


async def test_of_twenty_decisions_at_once_one_wins(ward: Ward) -> None:
    patient, me = await ward.patient()
    request = await asked(ward.clinic.caller("NURSE"), patient)
    names = ["grant", "refuse"] * 10
    made = await asyncio.gather(*(done(me, name, request) for name in names))
    assert Counter(each if isinstance(each, str) else "done" for each in made) == {"done": 1, "VERSION_CONFLICT": 19}
    types = [event.type for event in await ward.clinic.published("records")]
    assert types.count("caregraph.records.access-decided.v1") == 1


async def test_twenty_requests_at_once_are_one(ward: Ward) -> None:
    patient, _ = await ward.patient()
    nurse = ward.clinic.caller("NURSE", subject=new_id())
    wish = {"patientId": str(patient), "purpose": "COC", "reason": REASON, "days": 1}
    made = await asyncio.gather(*(answer(nurse, change("request"), **wish) for _ in range(20)))
    assert Counter(each["__typename"] for each in made) == {"RequestRecordAccessSuccess": 1, "InvalidState": 19}


async def test_a_request_and_a_grant_are_over_by_the_clock_whether_the_job_runs_or_not(ward: Ward) -> None:
    (patient, me), account = await ward.patient(), new_id()
    nurse, by = ward.clinic.caller("NURSE", subject=account), principal("NURSE", subject=account)
    unanswered = await asked(nurse, patient)
    await _set(ward, unanswered, answer_by=utc_now())
    assert await done(me, "grant", unanswered) == "RECORD_ACCESS_STATUS"
    granted = await done(me, "grant", await asked(nurse, patient))
    assert await ward.opens(by, patient) == ALL
    await _set(ward, granted, granted_until=utc_now())
    assert await done(me, "withdraw", granted) == "RECORD_ACCESS_STATUS"
    nodes = (await nurse.data(LIST))["recordAccessRequests"]["nodes"]
    assert [each["status"] for each in nodes] == ["EXPIRED", "EXPIRED"]
    for _ in range(2):
        await expire_requests(ward.clinic.service("records").runtime)
    async with stored(ward.database) as session:
        rows = [await session.get_one(RecordAccessRequest, key_of(each["id"])) for each in (unanswered, granted)]
    assert [row.status for row in rows] == ["EXPIRED", "EXPIRED"]
    outcomes = [event.data.get("outcome") for event in await ward.clinic.published("records")]
    assert [each for each in outcomes if each] == ["GRANTED", "EXPIRED"]


async def _set(ward: Ward, request: dict[str, Any], **values: Any) -> None:
    async with stored(ward.database) as session:
        this = update(RecordAccessRequest).where(col(RecordAccessRequest.id) == key_of(request["id"]))
        await session.execute(this.values(**values))


async def test_the_database_lets_a_request_begin_in_no_other_status(ward: Ward) -> None:
    given: dict[str, Any] = {"patient_id": new_id(), "answer_by": utc_now(), "granted_until": utc_now()}
    given |= {"purpose": "TREAT", "days": 1}
    begun = []
    for status in RequestStatus:
        with suppress(IntegrityError):
            await ward.know(RecordAccessRequest(**given, account_id=new_id(), reason=Encrypted(REASON), status=status))
            begun.append(status)
    assert begun == [RequestStatus.PENDING]


async def test_a_request_is_repeated_under_its_key(ward: Ward) -> None:
    (patient, _), (other, _) = await ward.patient(), await ward.patient()
    wish = {"patientId": str(patient), "purpose": "TREAT", "reason": REASON, "days": 3}

    async def told() -> int:
        return len(await ward.clinic.published("records"))

    asks = "recordAccessRequest { id version }"
    nurse = ward.clinic.caller("NURSE")
    await check_repeating(nurse, "requestRecordAccess", asks, wish, wish | {"patientId": str(other)}, told)


async def test_a_hundred_requests_are_one_statement(ward: Ward) -> None:
    nurse, keys = ward.clinic.caller("NURSE", subject=new_id()), []
    for _ in range(5):
        patient, _ = await ward.patient()
        keys.append((await asked(nurse, patient))["id"])
    await ward.clinic.entities("records", nurse, "RecordAccessRequest", keys, "id reason")
    with ward.clinic.statements("records") as statements:
        found = await ward.clinic.entities("records", nurse, "RecordAccessRequest", keys * 20, "id reason")
    assert [each["id"] for each in found["data"]["_entities"]] == keys * 20
    assert len(statements) == 1
