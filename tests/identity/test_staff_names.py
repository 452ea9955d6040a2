"""Patients learn by name who has looked at their data and who asks for it, and nothing else of their account."""

from typing import Any

import pytest

from tests.harness.clinic import Clinic
from tests.harness.databases import stored
from tests.identity.conftest import account
from tests.records.conftest import Ward
from tests.records.test_disclosures import look
from tests.records.test_requests import asked

PERSON = "staffMember { id name practitioner { id } } account { email roles }"
TOLD = f"""{{
  recordAccessRequests {{ nodes {{ {PERSON} }} }}
  myRecordDisclosures {{ nodes {{ {PERSON} }} }}
}}"""
STAFF_MEMBER = "query($id: ID!) { node(id: $id) { ... on StaffMember { name } } }"


@pytest.fixture
def services() -> tuple[str, ...]:
    return ("identity", "patients", "records")


async def test_who_has_no_entry_in_the_directory_is_told_by_name(clinic: Clinic) -> None:
    ward = Ward(clinic)
    patient, me = await ward.patient()
    nurse = await account(clinic, "nurse@example.org", "NURSE")
    own = await account(clinic, "me@example.org", "PATIENT")
    async with stored(clinic.service("identity").runtime.database) as session:
        nurse.name = "Ruth Adeyemi"
        session.add(nurse)
    await asked(clinic.caller("NURSE", subject=nurse.id), patient)
    await ward.know(look(nurse.id, patient), look(own.id, patient, roles=["PATIENT"]))

    person: dict[str, Any] = {"id": f"StaffMember:{nurse.id}", "name": "Ruth Adeyemi", "practitioner": None}
    told = await me.data(TOLD)
    (request,) = told["recordAccessRequests"]["nodes"]
    mine, hers = told["myRecordDisclosures"]["nodes"]
    for each in (request, hers):
        assert each == {"staffMember": person, "account": {"email": None, "roles": None}}
    assert mine["staffMember"] is None
    for identifier, caller, seen in ((nurse.id, me, {"name": "Ruth Adeyemi"}), (own.id, clinic.caller("ADMIN"), None)):
        assert (await caller.data(STAFF_MEMBER, id=f"StaffMember:{identifier}"))["node"] == seen
    denied = await clinic.anonymous.execute(STAFF_MEMBER, id=f"StaffMember:{nurse.id}")
    assert not (denied["data"] or {}).get("node")
