"""A grant while it is used: what it opens, until the moment of its withdrawal, and what the patient sees of that."""

import asyncio
from typing import Any

from shared.ids import new_id
from subgraphs.records.models import Account
from tests.records.asking import clinician, of
from tests.records.conftest import Ward
from tests.records.test_clinical import DIABETES
from tests.records.test_disclosures import MINE, looks
from tests.records.test_requests import asked, done

NODE = "query($id: ID!) { node(id: $id) { ... on Condition { code { code } } } }"
RECORD = "record { conditions { totalCount nodes { code { code } } } }"


async def test_a_grant_opens_the_record_until_it_is_withdrawn_whatever_was_planned_before(ward: Ward) -> None:
    (patient, me), account = await ward.patient(), new_id()
    await ward.know(Account(id=account, enabled=True, scopes=[]))
    doctor, nurse = await clinician(ward, patient), ward.clinic.caller("NURSE", subject=account)
    made = await doctor.did("recordCondition", "condition { id }", patientId=of("Patient", patient), code=DIABETES)
    condition = made["id"]

    async def node() -> Any:
        return (await nurse.data(NODE, id=condition))["node"]

    async def record() -> Any:
        found = await ward.clinic.entities("records", nurse, "Patient", [of("Patient", patient)], RECORD)
        return found["data"]["_entities"][0]["record"]

    assert (await node(), await record()) == (None, None)
    granted = await done(me, "grant", await asked(nurse, patient, purpose="CAREMGT", sections=["CONDITIONS"]))
    seen = {"code": {"code": "E11.9"}}
    assert await node() == seen
    assert await record() == {"conditions": {"totalCount": 1, "nodes": [seen]}}

    # Readers who are under way meanwhile get all or nothing; who begins after the answer, nothing.
    withdrawn, *meanwhile = await asyncio.gather(done(me, "withdraw", granted), *(node() for _ in range(8)))
    assert withdrawn["status"] == "WITHDRAWN"
    assert all(each in (seen, None) for each in meanwhile)
    assert (await node(), await record()) == (None, None)

    await ward.account()
    told = await looks(me, MINE)
    by_nurse = [each for each in told if each["account"]["id"] == of("Account", account) and each["section"]]
    assert by_nurse
    for each in by_nurse:
        assert (each["section"], each["bases"], each["purposes"]) == ("CONDITIONS", ["GRANT"], ["CAREMGT"])
