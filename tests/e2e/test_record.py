"""A visit and what becomes of its record: who may open it, who did, and what its owner decides about it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from tests.e2e.stack import Stack
from tests.e2e.test_journey import SLOTS, around
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.records.asking import does

pytestmark = pytest.mark.xdist_group("e2e")

RECORD = """
query Record($id: ID!) { node(id: $id) { ... on Patient { record {
  conditions { nodes { code { code } clinicalStatus } }
  allergies { nodes { code { display } criticality } }
  vitalSigns { nodes { measurements { code { code } value unit } earlyWarningScore { aggregate risk } } }
  notes { nodes { status title content signature { intact } } }
} } } }
"""
DISCLOSURES = """
{ myRecordDisclosures(first: 100) {
  nodes { staffMember { name } practitioner { name { text } } roles bases fieldGroup section purposes } } }
"""
REQUESTS = "{ recordAccessRequests { nodes { id status version reason refusalReason account { email } } } }"
INBOX = "{ notifications(first: 50) { nodes { kind } } }"
CHANGED = "subscription Changed($id: ID!) { recordChanged(patientId: $id) { __typename } }"
REPORTS = """
query Reports($period: ReportPeriodInput!) {
  recordAccessReport(period: $period, groupBy: []) { nodes { count grantedCount refusedCount withdrawnCount } }
  emergencyAccessReport(period: $period, groupBy: []) { nodes { count justifiedCount } }
}
"""


async def did(caller: Caller, name: str, asked: str, /, **fields: Any) -> dict[str, Any]:
    """What a mutation gives that has to succeed."""
    payload = await does(caller, name, asked, **fields)
    assert payload["__typename"] == f"{name[0].upper()}{name[1:]}Success", payload
    return dict(next(value for key, value in payload.items() if key != "__typename"))


async def until_done(caller: Caller, name: str, asked: str, /, **fields: Any) -> dict[str, Any]:
    """The same, once the events that it takes have come."""

    async def done() -> dict[str, Any] | None:
        payload = await does(caller, name, asked, **fields)
        return payload if payload["__typename"].endswith("Success") else None

    payload = await Clinic.until(done, 30)
    return dict(next(value for key, value in payload.items() if key != "__typename"))


async def record(caller: Caller, patient: str) -> dict[str, Any] | None:
    """What somebody sees of a patient's record."""
    node = (await caller.data(RECORD, id=patient))["node"]
    found: dict[str, Any] | None = node and node["record"]
    return found


async def told(caller: Caller, *kinds: str) -> None:
    """Wait until an inbox has these."""

    async def has() -> bool:
        nodes = (await caller.data(INBOX))["notifications"]["nodes"]
        return set(kinds) <= {each["kind"] for each in nodes}

    await Clinic.until(has, 30)


async def visit(stack: Stack, doctor: Caller, patient: str) -> str:
    """The encounter of a visit that reception has booked with the doctor."""
    reception = await stack.log_in("receptionist")
    practitioner = (await doctor.data("{ me { practitioner { id } } }"))["me"]["practitioner"]["id"]
    types = (await reception.data("{ appointmentTypes { id } }"))["appointmentTypes"]
    free = await reception.data(SLOTS, practitioner=practitioner, type=types[0]["id"], **around(30))
    slot = free["freeSlots"][-1]
    booking = {"patientId": patient, "practitionerId": practitioner, "typeId": types[0]["id"], "reason": "A cough."}
    place = {"locationId": slot["location"]["id"], "startsAt": slot["startsAt"]}
    await did(reception, "bookAppointment", "appointment { id }", **booking, **place)
    begun = await until_done(doctor, "startEncounter", "encounter { id }", patientId=patient, kind="AMBULATORY")
    return str(begun["id"])


async def document(doctor: Caller, patient: str, encounter: str) -> None:
    """Vital signs, a diagnosis, an allergy, a signed note."""
    of = {"patientId": patient, "encounterId": encounter}
    measured = [("8867-4", 92, "/min"), ("9279-1", 18, "/min"), ("8310-5", 38.4, "Cel"), ("8480-6", 118, "mm[Hg]")]
    saturation = ("59408-5", 96, "%")
    await did(
        doctor,
        "recordVitalSigns",
        "vitalSigns { id }",
        **of,
        consciousness="ALERT",
        measurements=[dict(zip(("code", "value", "unit"), each, strict=True)) for each in (*measured, saturation)],
    )
    diagnosis = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "J20.9", "display": "Acute bronchitis"}
    await did(doctor, "recordCondition", "condition { id }", **of, code=diagnosis, onset="2026-11")
    latex = {"system": "http://snomed.info/sct", "code": "111088007", "display": "Latex"}
    await did(doctor, "recordAllergy", "allergy { id }", **of, code=latex, criticality="HIGH")
    written = await did(
        doctor, "writeNote", "note { id version }", **of, type="PROGRESS", title="Visit", content="Coughs for a week."
    )
    await did(doctor, "signNote", "note { status }", **written)


async def test_a_record_is_its_owners(stack: Stack) -> None:
    doctor, patient, nurse, auditor = [await stack.log_in(name) for name in ("doctor", "patient", "nurse", "auditor")]
    nora = (await patient.data("{ myPatient { id } }"))["myPatient"]["id"]
    await document(doctor, nora, await visit(stack, doctor, nora))

    own = await record(patient, nora)
    assert own is not None
    assert own["conditions"]["nodes"][0] == {"code": {"code": "J20.9"}, "clinicalStatus": "ACTIVE"}
    assert own["allergies"]["nodes"][0] == {"code": {"display": "Latex"}, "criticality": "HIGH"}
    assert own["vitalSigns"]["nodes"][0]["earlyWarningScore"] == {"aggregate": 2, "risk": "LOW"}
    assert own["notes"]["nodes"][0] == {
        "status": "SIGNED", "title": "Visit", "content": "Coughs for a week.", "signature": {"intact": True}
    }  # fmt: skip

    assert await record(nurse, nora) is None
    await request_refused(patient, nurse, nora)
    await grant_withdrawn(patient, nurse, nora)
    await emergency(stack, patient, nurse, auditor, nora)

    await proxy(stack, patient, nora)

    async def accounted() -> bool:
        looks = (await patient.data(DISCLOSURES))["myRecordDisclosures"]["nodes"]
        seen = {(role, basis) for each in looks for role in each["roles"] for basis in each["bases"]}
        by_role = {("DOCTOR", "APPOINTMENT"), ("NURSE", "GRANT"), ("NURSE", "EMERGENCY")}
        named = {bool(each["practitioner"] or each["staffMember"]["name"]) for each in looks if each["staffMember"]}
        return by_role <= seen and named == {True}

    await Clinic.until(accounted, 30)

    await reports_follow(stack)


async def request_refused(patient: Caller, nurse: Caller, nora: str) -> None:
    asked = {"patientId": nora, "purpose": "CAREMGT", "reason": "To plan a follow-up.", "days": 14}
    request = await did(nurse, "requestRecordAccess", "recordAccessRequest { id version }", **asked)
    await told(patient, "RECORD_ACCESS_REQUESTED")
    await did(patient, "refuseRecordAccess", "recordAccessRequest { status }", **request, reason="I do not know them.")
    (seen,) = (await nurse.data(REQUESTS))["recordAccessRequests"]["nodes"]
    assert (seen["status"], seen["refusalReason"]) == ("REFUSED", None)
    assert await record(nurse, nora) is None


async def grant_withdrawn(patient: Caller, nurse: Caller, nora: str) -> None:
    asked = {"patientId": nora, "purpose": "TREAT", "reason": "To change a dressing.", "days": 14}
    request = await did(nurse, "requestRecordAccess", "recordAccessRequest { id version }", **asked)
    granted = await did(patient, "grantRecordAccess", "recordAccessRequest { id version }", **request)
    opened = await record(nurse, nora)
    assert opened is not None and opened["conditions"]["nodes"]
    async with nurse.subscribe(CHANGED, id=nora) as changes:
        next_change = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0.5)  # until it is open
        await did(patient, "withdrawRecordAccess", "recordAccessRequest { status }", **granted)
        async with asyncio.timeout(5):
            await asyncio.wait([next_change])
        assert isinstance(next_change.exception(), Exception), "the stream ends, and tells nothing more"
    assert await record(nurse, nora) is None


async def an_hour_later(stack: Stack) -> None:
    """Emergencies began an hour earlier than they did."""
    connection = await asyncpg.connect(stack.state["addresses"]["databases"]["records"])
    for table, begin, end in (
        ("emergency_access", "opened_at", "expires_at"),
        ("patient_access", "valid_from", "valid_until"),
    ):
        earlier = f"UPDATE {table} SET {begin} = {begin} - interval '1 h', {end} = {end} - interval '1 h'"  # noqa: S608
        await connection.execute(earlier if table == "emergency_access" else f"{earlier} WHERE basis = 'EMERGENCY'")
    await connection.close()


async def emergency(stack: Stack, patient: Caller, nurse: Caller, auditor: Caller, nora: str) -> None:
    reason = {"patientId": nora, "reason": "Found without consciousness."}
    opened = await did(nurse, "openEmergencyAccess", "emergencyAccess { id version }", **reason)
    seen = await record(nurse, nora)
    assert seen is not None and seen["allergies"]["nodes"]
    await told(patient, "EMERGENCY_ACCESS_OPENED")
    await told(auditor, "EMERGENCY_ACCESS_TO_REVIEW")
    waiting = await auditor.data("{ emergencyAccesses(reviewed: false) { nodes { id version } } }")
    assert opened in waiting["emergencyAccesses"]["nodes"]
    await an_hour_later(stack)
    assert await record(nurse, nora) is None
    verdict = {"verdict": "JUSTIFIED", "comment": "There was no time to ask."}
    await did(auditor, "reviewEmergencyAccess", "emergencyAccess { status }", **opened, **verdict)
    denied = await auditor.execute(RECORD, id=nora)
    assert denied["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"


async def proxy(stack: Stack, patient: Caller, nora: str) -> None:
    """Nora acts for a child, sees its record, and no longer once that has ended."""
    reception = await stack.log_in("receptionist")
    people = (await reception.data("{ patients(first: 100) { nodes { id birthDate } } }"))["patients"]["nodes"]
    child = max(people, key=lambda each: each["birthDate"] or "")
    assert await record(patient, child["id"]) is None
    of = {"patientId": child["id"], "proxyId": nora, "relationship": "PARENT"}
    appointed = await did(reception, "appointProxy", "proxy { id }", **of)
    await told(patient, "PROXY_APPOINTED")

    async def seen() -> bool:
        return await record(patient, child["id"]) is not None

    await Clinic.until(seen, 30)
    await did(patient, "endProxy", "proxy { endedAt }", **appointed)
    assert await record(patient, child["id"]) is None


async def reports_follow(stack: Stack) -> None:
    analyst, today = await stack.log_in("analyst"), datetime.now(UTC).date()
    period = {"first": str(today - timedelta(days=1)), "last": str(today + timedelta(days=1))}

    async def counted() -> bool:
        found = await analyst.data(REPORTS, period=period)
        access = found["recordAccessReport"]["nodes"]
        urgent = found["emergencyAccessReport"]["nodes"]
        return bool(access and urgent and access[0]["count"] == 2 and urgent[0]["count"] == 1)

    await Clinic.until(counted, 30)
