"""Looks at what several services keep of a patient, in one list."""

from typing import Any

import pytest

from shared.ids import new_id
from subgraphs.records.consumers import AccountAccessChanged
from tests.appointments.conftest import Practice, at
from tests.harness.ids import key_of
from tests.patients.conftest import merge, register
from tests.records.test_disclosures import MINE

DEMOGRAPHICS = "query($id: ID!) { node(id: $id) { ... on Patient { birthDate } } }"
APPOINTMENTS = "{ appointments { nodes { startsAt } } }"


@pytest.fixture
def services() -> tuple[str, ...]:
    return ("patients", "appointments", "records")


async def test_a_patient_sees_looks_at_demographics_and_appointments_those_before_a_merger_too(
    practice: Practice,
) -> None:
    clinic, account = practice.clinic, new_id()
    reception = clinic.caller("RECEPTIONIST")
    patient, twin = [(await register(reception))["patient"] for _ in range(2)]
    await reception.data(DEMOGRAPHICS, id=twin["id"])
    await merge(reception, patient, twin)
    me = clinic.caller("PATIENT", patient=key_of(patient["id"]))
    doctor = clinic.caller("DOCTOR", subject=account, practitioner=practice.practitioner)
    own = {"patient_id": None, "practitioner_id": practice.practitioner}
    await clinic.publish(AccountAccessChanged(account_id=account, enabled=True, scopes=[], **own))

    async def booked() -> bool:
        result = await practice.book(me, key_of(patient["id"]), at(3, 10))
        return bool(result["__typename"] == "BookAppointmentSuccess")

    await clinic.until(booked)
    await doctor.data(APPOINTMENTS)

    async def seen() -> list[dict[str, Any]]:
        nodes: list[dict[str, Any]] = (await me.data(MINE, first=50))["myRecordDisclosures"]["nodes"]
        return nodes

    async def all_are_told() -> bool:
        told = [(each["roles"], each["fieldGroup"], each["bases"]) for each in await seen()]
        by_doctor = (["DOCTOR"], "APPOINTMENTS", ["APPOINTMENT"])
        return by_doctor in told and told.count((["RECEPTIONIST"], "DEMOGRAPHICS", [])) >= 2

    await clinic.until(all_are_told)
    nodes = await seen()
    assert [each["at"] for each in nodes] == sorted((each["at"] for each in nodes), reverse=True)
    assert all(each["patients"] == [{"id": patient["id"]}] for each in nodes)
