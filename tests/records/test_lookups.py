"""What is looked up in other domains as the caller before something is recorded."""

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from shared.database.model import utc_now
from shared.ids import new_id
from shared.patient_access import Basis
from subgraphs.appointments.models import Appointment
from subgraphs.patients.models import Patient as PatientEntry
from subgraphs.records.consumers import PatientMerged
from tests.harness.databases import stored
from tests.records.asking import clinician, happened, of
from tests.records.conftest import Ward
from tests.records.test_clinical import PENICILLIN, RASH, record, refused
from tests.records.test_encounters import start

EARLY: list[tuple[str, dict[str, Any], list[str]]] = [
    ("recordCondition", {"onset": "1999", "abatement": "2000-04"}, ["onset", "abatement"]),
    ("recordAllergy", {"onset": "2000-05-16", "reactions": []}, ["onset"]),
    (
        "recordAllergy",
        {"reactions": [{"manifestation": RASH}, {"manifestation": RASH, "onset": "1999"}]},
        ["reactions.1.onset"],
    ),
    ("recordImmunization", {"occurred": "2000-05-16"}, ["occurred"]),
    ("recordProcedure", {"performed": "1999-12-31"}, ["performed"]),
    ("recordMedicationStatement", {"since": "1999", "until": "2000-01"}, ["since", "until"]),
    ("recordSocialHistory", {"observed": "1990"}, ["observed"]),
    ("recordCarePlan", {"since": "1990"}, ["since"]),
    ("recordVitalSigns", {"effectiveAt": "2000-05-15T12:00:00Z"}, ["effectiveAt"]),
]


async def test_nothing_was_before_the_patients_birth(ward: Ward) -> None:
    (patient, _), to_come = await ward.patient(partial_birth_date="2000-05"), (utc_now() + timedelta(days=3))
    exact, _ = await ward.patient(birth_date=(utc_now() - timedelta(days=2)).date())
    doctor = await clinician(ward, patient)
    await ward.let(exact, practitioner_id=doctor.practitioner)
    for name, dates, paths in EARLY:
        if not any("2000-05" in str(date) for date in dates.values()):
            assert await refused(doctor, patient, name, **dates) == [(path, "BEFORE_BIRTH") for path in paths], name
        assert await refused(doctor, exact, name, **dates) == [(path, "BEFORE_BIRTH") for path in paths], name
    later = {"onset": to_come.date().isoformat()}
    assert await refused(doctor, patient, "recordCondition", **later) == [("onset", "CLINICAL_DATE")]
    assert await happened(ward) == []

    for whose, onset in ((patient, "2000"), (patient, "2000-05-01"), (exact, f"{utc_now().year}")):
        await record(doctor, whose, "recordCondition", onset=onset)
    condition = await record(doctor, patient, "recordCondition", onset="2001")
    allergy = await record(doctor, patient, "recordAllergy")
    for name, entry, changes in (
        ("updateCondition", condition, {"abatement": "1999"}),
        ("updateAllergy", allergy, {"reactions": [{"manifestation": RASH, "onset": "2000-04"}]}),
    ):
        assert (await doctor.does(name, id=entry["id"], version=1, **changes))["__typename"] == "InvalidInput"


async def test_a_merged_patients_birth_is_that_of_who_stands_for_them(ward: Ward) -> None:
    (kept, _), (merged, _) = await ward.patient(birth_date=utc_now().date()), await ward.patient()
    doctor = await clinician(ward, kept)
    async with stored(ward.clinic.service("patients").runtime.database) as session:
        row = await session.get_one(PatientEntry, merged)
        row.merged_into_id, row.active = kept, False
    await ward.hear(PatientMerged(patient_id=kept, merged_patient_id=merged))
    assert await refused(doctor, merged, "recordCondition", onset="1999") == [("onset", "BEFORE_BIRTH")]


async def test_encounters_and_teams_are_of_practitioners_and_appointments_that_there_are(ward: Ward) -> None:
    patient, other = (await ward.patient())[0], (await ward.patient())[0]
    doctor = await clinician(ward, patient)
    keys = {}
    for whose in (patient, other):
        moment = utc_now()
        row = Appointment(patient_id=whose, status="COMPLETED", starts_at=moment, occupied_from=moment)
        keys[whose] = row.id
        async with stored(ward.clinic.service("appointments").runtime.database) as session:
            session.add(row)
    given = {"patientId": of("Patient", patient), "kind": "AMBULATORY"}
    for fields, path in (
        ({"appointmentId": of("Appointment", keys[other])}, "appointmentId"),
        ({"appointmentId": of("Appointment", new_id())}, "appointmentId"),
        ({"practitionerId": of("Practitioner", new_id())}, "practitionerId"),
    ):
        wrong = await doctor.does("startEncounter", **given, **fields)
        assert [(each["path"], each["code"]) for each in wrong["fields"]] == [([path], "NOT_FOUND")]
    members = [of("Practitioner", doctor.practitioner), of("Practitioner", new_id())]
    assert await refused(doctor, patient, "recordCareTeam", memberIds=members) == [("memberIds", "NOT_FOUND")]
    assert await happened(ward) == []
    await start(doctor, patient, appointmentId=of("Appointment", keys[patient]), practitionerId=members[0])
    team = await record(doctor, patient, "recordCareTeam", memberIds=members[:1])
    wrong = await doctor.does("updateCareTeam", id=team["id"], version=1, memberIds=members)
    assert wrong["__typename"] == "InvalidInput"


async def test_what_cannot_be_looked_up_is_not_recorded(ward: Ward) -> None:
    patient, _ = await ward.patient()
    account = new_id()
    await ward.let(patient, Basis.GRANT, account_id=account)
    scopes = {"record:read", "record:write"}
    blind = ward.clinic.caller("DOCTOR", subject=account, scopes=scopes)
    query = """mutation($input: RecordConditionInput!) { recordCondition(input: $input) {
        __typename ... on NotChecked { code } } }"""
    fields = {"patientId": of("Patient", patient), "code": PENICILLIN}
    denied = await blind.data(query, input=fields | {"onset": "2001"})
    assert denied["recordCondition"] == {"__typename": "NotChecked", "code": "GRAPH_DENIED"}
    assert (await blind.data(query, input=fields))["recordCondition"]["__typename"] == "RecordConditionSuccess"

    doctor, given = await clinician(ward, patient), {"patientId": of("Patient", patient), "code": PENICILLIN}
    async with stored(ward.clinic.service("patients").runtime.database) as session:
        await session.execute(text("LOCK TABLE patient"))  # so that patients does not answer
        slow = await asyncio.gather(*(doctor.does("recordCondition", **given, onset="2001") for _ in range(3)))
    assert [each["code"] for each in slow] == ["GRAPH_UNAVAILABLE"] * 3
    assert (await happened(ward)).count("entry-recorded") == 1
    await record(doctor, patient, "recordCondition", onset="2001")
