"""From a booking to what lets its practitioner open the patient's record."""

import pytest

from subgraphs.records.codes import Section
from subgraphs.records.models import Patient
from tests.appointments.conftest import Practice, answer, at
from tests.appointments.test_booking import CANCEL, version_of
from tests.records.conftest import Ward, principal


@pytest.fixture
def services() -> tuple[str, ...]:
    return ("patients", "appointments", "records")


async def test_a_booking_lets_its_practitioner_open_the_record_until_it_is_cancelled(practice: Practice) -> None:
    clinic, ward = practice.clinic, Ward(practice.clinic)
    patient, me = await practice.patient()
    doctor = principal("DOCTOR", practitioner=practice.practitioner)
    booked = await practice.booked(me, patient, at(3, 10))
    await ward.know(Patient(id=patient))

    async def opens() -> bool:
        return await ward.opens(doctor, patient) == set(Section)

    async def closed() -> bool:
        return await ward.opens(doctor, patient) == set()

    await clinic.until(opens)
    await answer(me, CANCEL, **version_of(booked), reason="OTHER")
    await clinic.until(closed)
