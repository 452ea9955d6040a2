"""Encounters go their way and no other; while they are open, their practitioner may open the record."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from shared.database.model import utc_now
from shared.encryption import Encrypted
from shared.ids import new_id
from shared.patient_access import Basis
from subgraphs.records.codes import EncounterClass, EncounterStatus
from subgraphs.records.facts import EncounterFacts
from subgraphs.records.models import Encounter
from subgraphs.records.service.encounters import STATES
from tests.harness.databases import stored
from tests.harness.repeating import check_repeating
from tests.records.asking import Clinician, clinician, does, happened, of
from tests.records.conftest import Ward

ASKED = "encounter { id version status kind reason lockedAt endsAt practitioner { id } patient { id } }"
WAYS = {
    "resumeEncounter": EncounterStatus.IN_PROGRESS,
    "holdEncounter": EncounterStatus.ON_HOLD,
    "finishEncounter": EncounterStatus.FINISHED,
    "cancelEncounter": EncounterStatus.CANCELLED,
}


async def record(ward: Ward, who: Clinician, patient: UUID) -> Any:
    """What somebody sees of a patient's record."""
    asked = "record { encounters { totalCount nodes { id } } }"
    answer = await ward.clinic.entities("records", who.caller, "Patient", [of("Patient", patient)], asked)
    return answer["data"]["_entities"][0]["record"]


async def start(who: Clinician, patient: Any, **fields: Any) -> dict[str, Any]:
    """A new encounter."""
    given = {"patientId": of("Patient", patient), "kind": "AMBULATORY"} | fields
    return await who.did("startEncounter", ASKED, **given)


async def test_an_encounter_begins_goes_on_and_is_locked_at_its_end(ward: Ward) -> None:
    patient, jane = await ward.patient()
    doctor = await clinician(ward, patient)
    begun = await start(doctor, patient, reason="Cough, three days")
    assert (begun["status"], begun["kind"], begun["reason"]) == ("IN_PROGRESS", "AMBULATORY", "Cough, three days")
    assert begun["practitioner"]["id"] == of("Practitioner", doctor.practitioner)
    held = await doctor.did("holdEncounter", ASKED, id=begun["id"], version=begun["version"])
    stale = await doctor.does("finishEncounter", ASKED, id=begun["id"], version=begun["version"])
    assert (stale["__typename"], stale["currentVersion"]) == ("VersionConflict", held["version"])
    over = await doctor.did("finishEncounter", ASKED, id=begun["id"], version=held["version"])
    assert (over["status"], over["lockedAt"] is None, over["endsAt"] is None) == ("FINISHED", False, False)
    again = await doctor.does("resumeEncounter", ASKED, id=begun["id"], version=over["version"])
    assert (again["__typename"], again["code"]) == ("InvalidState", "ENCOUNTER_STATUS")
    assert await happened(ward) == ["encounter-started", "encounter-finished"]
    seen = await jane.data("{ myRecord { encounters { nodes { id reason status } } } }")
    assert seen["myRecord"]["encounters"]["nodes"] == [
        {"id": begun["id"], "reason": "Cough, three days", "status": "FINISHED"}
    ]


async def test_every_pair_of_states_is_a_way_or_refused(ward: Ward) -> None:
    patient, _ = await ward.patient()
    doctor = await clinician(ward, patient)
    rows = {
        (before, name): Encounter(
            patient_id=patient,
            practitioner_id=doctor.practitioner,
            status=before,
            facts=Encrypted(EncounterFacts(kind=EncounterClass.HOME)),
        )
        for before in EncounterStatus
        for name in WAYS
    }
    await ward.know(*rows.values())
    for (before, name), row in rows.items():
        allowed = (before, WAYS[name]) in STATES.ways
        payload = await doctor.does(name, ASKED, id=of("Encounter", row.id), version=1)
        assert (payload["__typename"] != "InvalidState") == allowed, (before, name, payload)


async def test_an_open_encounter_lets_its_practitioner_open_the_record_and_its_end_no_longer(ward: Ward) -> None:
    patient, _ = await ward.patient()
    doctor, colleague = await clinician(ward, patient), await clinician(ward)
    assert await record(ward, colleague, patient) is None
    begun = await start(doctor, patient, practitionerId=of("Practitioner", colleague.practitioner))
    assert (await record(ward, colleague, patient))["encounters"] == {"totalCount": 1, "nodes": [{"id": begun["id"]}]}
    await colleague.did("finishEncounter", ASKED, id=begun["id"], version=1)
    assert await record(ward, colleague, patient) is None
    (last,) = (row for row in await ward.access(patient) if row.basis == Basis.ENCOUNTER)
    assert last.valid_until is not None


@pytest.mark.parametrize("basis", [Basis.GRANT, Basis.EMERGENCY])
async def test_an_encounter_prolongs_neither_a_grant_nor_an_emergency(ward: Ward, basis: Basis) -> None:
    patient, _ = await ward.patient()
    doctor = await clinician(ward, patient, basis=basis)
    await start(doctor, patient)
    assert [row.basis for row in await ward.access(patient)] == [basis]


async def test_a_planned_encounter_begins_or_is_cancelled(ward: Ward) -> None:
    patient, _ = await ward.patient()
    doctor = await clinician(ward, patient)
    plan = {"patientId": of("Patient", patient), "kind": "VIRTUAL"}
    plan["startsAt"] = (utc_now() + timedelta(days=3)).isoformat()
    first, second = [await doctor.did("planEncounter", ASKED, **plan) for _ in range(2)]
    assert (first["status"], await happened(ward)) == ("PLANNED", [])
    begun = await doctor.did("resumeEncounter", ASKED, id=first["id"], version=1)
    cancelled = await doctor.did("cancelEncounter", ASKED, id=second["id"], version=1)
    assert (begun["status"], cancelled["status"], await happened(ward)) == (
        "IN_PROGRESS",
        "CANCELLED",
        ["encounter-started"],
    )


async def test_who_may_not_open_the_record_starts_and_ends_nothing(ward: Ward) -> None:
    patient, jane = await ward.patient()
    doctor, stranger = await clinician(ward, patient), await clinician(ward)
    begun = await start(doctor, patient)
    given = {"patientId": of("Patient", patient), "kind": "AMBULATORY"}
    assert (await stranger.does("startEncounter", **given))["__typename"] == "NotFound"
    assert (await stranger.does("finishEncounter", id=begun["id"], version=1))["__typename"] == "NotFound"
    denied = await jane.execute('mutation { finishEncounter(input: {id: "x", version: 1}) { __typename } }')
    assert denied["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
    nurse = ward.clinic.caller("NURSE")
    await ward.let(patient, account_id=new_id())
    assert (await does(nurse, "startEncounter", **given))["code"] == "NOT_A_PRACTITIONER"


async def test_starting_and_planning_again_under_a_key_does_nothing_again(ward: Ward) -> None:
    patient, _ = await ward.patient()
    doctor = await clinician(ward, patient)

    async def encounters() -> int:
        async with stored(ward.database) as session:
            return int(await session.scalar(text("SELECT count(*) FROM encounter")) or 0)

    given = {"patientId": of("Patient", patient), "kind": "AMBULATORY"}
    for name, more in (("startEncounter", {}), ("planEncounter", {"startsAt": utc_now().isoformat()})):
        await check_repeating(doctor.caller, name, "encounter { id }", given | more, {"kind": "HOME"}, encounters)


async def test_only_one_of_many_ends_an_encounter(ward: Ward) -> None:
    patient, _ = await ward.patient()
    doctor = await clinician(ward, patient)
    begun = await start(doctor, patient)
    payloads = await asyncio.gather(*(doctor.does("finishEncounter", id=begun["id"], version=1) for _ in range(20)))
    assert sorted(each["__typename"] for each in payloads) == ["FinishEncounterSuccess"] + ["VersionConflict"] * 19


async def test_a_hundred_encounters_take_one_statement(ward: Ward) -> None:
    patient, jane = await ward.patient()
    facts = EncounterFacts(kind=EncounterClass.HOME, reason="Visit")
    rows = [Encounter(patient_id=patient, status=EncounterStatus.FINISHED, facts=Encrypted(facts)) for _ in range(100)]
    await ward.know(*rows)
    ids = [of("Encounter", row.id) for row in rows]
    await ward.clinic.entities("records", jane, "Encounter", ids, "reason")  # the patient's key is open then
    with ward.clinic.statements("records") as statements:
        answer = await ward.clinic.entities("records", jane, "Encounter", ids, "id reason status")
    assert [each["reason"] for each in answer["data"]["_entities"]] == ["Visit"] * 100
    assert len(statements) == 1


async def test_an_encounter_that_was_a_mistake_lets_nobody_in_and_says_so(ward: Ward) -> None:
    patient, jane = await ward.patient()
    doctor, colleague = await clinician(ward, patient), await clinician(ward)
    begun = await start(doctor, patient, practitionerId=of("Practitioner", colleague.practitioner))
    given = {"kind": "ENCOUNTER", "id": begun["id"], "version": 1, "reason": "Another patient's."}
    assert (await doctor.does("markEnteredInError", "id", **given))["id"] == begun["id"]
    again = await doctor.does("markEnteredInError", "id", **given | {"version": 2})
    assert (again["__typename"], again["code"]) == ("InvalidState", "ENTRY_RETRACTED")
    assert await record(ward, colleague, patient) is None
    assert (await jane.data("{ myRecord { encounters { totalCount } } }"))["myRecord"]["encounters"]["totalCount"] == 0
    assert await happened(ward) == ["encounter-started", "entry-changed"]
