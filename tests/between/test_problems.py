"""Diagnoses on their way from the record to the statistics: on a topic of their own, where nothing names the patient."""

from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from shared.events.event import CloudEvent
from shared.patient_access import Basis
from subgraphs.patients.events import PatientMerged
from tests.harness.clinic import Clinic
from tests.harness.ids import key_of
from tests.records.asking import Clinician, clinician, of
from tests.records.conftest import Ward
from tests.reporting.test_problems import PROBLEMS

ASKED = "condition { id version }"
GOITRE = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "E04.9", "display": "Nontoxic goitre, unspecified"}
LOCAL = {"system": "urn:clinic", "code": "Jane's goitre", "display": "Goitre"}


@pytest.fixture
def services() -> tuple[str, ...]:
    return ("directory", "patients", "records", "reporting")


@pytest.fixture
def ward(clinic: Clinic) -> Ward:
    return Ward(clinic)


async def diagnose(doctor: Clinician, patient: Any, **fields: Any) -> dict[str, Any]:
    """A new condition."""
    return await doctor.did("recordCondition", ASKED, **{"patientId": of("Patient", patient), "code": GOITRE} | fields)


async def test_statistics_follow_the_record_and_do_not_name_the_patient(ward: Ward) -> None:
    patients = [(await ward.patient())[0] for _ in range(12)]
    doctor = await clinician(ward, patients[0])
    for patient in patients[1:]:
        await ward.let(patient, Basis.APPOINTMENT, practitioner_id=doctor.practitioner)
    made = [await diagnose(doctor, patient) for patient in patients]
    again = await diagnose(doctor, patients[0])
    await diagnose(doctor, patients[0], code=LOCAL)
    await diagnose(doctor, patients[0], verification="DIFFERENTIAL")
    analyst = ward.clinic.caller("ANALYST")

    async def told(count: int | None) -> None:
        async def is_so() -> bool:
            data = await analyst.data(PROBLEMS, months={"first": "2024-01-01", "last": "2028-12-31"})
            return [(node["code"], node["patientCount"]) for node in data["problemReport"]["nodes"]] == [
                (GOITRE["code"], count)
            ]

        await ward.clinic.until(is_so)

    await told(12)
    await ward.clinic.publish(PatientMerged(patient_id=patients[0], merged_patient_id=patients[1]))
    await told(11)
    retract = {"kind": "CONDITION", "version": 1, "reason": "Another patient's."}
    await doctor.did("markEnteredInError", id=again["id"], **retract)
    await doctor.did("updateCondition", id=made[2]["id"], version=1, verification="REFUTED")
    await told(None)
    await doctor.did("updateCondition", id=made[2]["id"], version=2, verification="CONFIRMED")
    await told(11)

    async def forgotten() -> bool:  # a diagnosis's code stands in plain in records only until it is published
        events = await ward.clinic.published("records")
        return bool(events) and not [event for event in events if ".problems." in event.type]

    await ward.clinic.until(forgotten)
    problems, entries = [await content(ward, name) for name in ("problems", "records")]
    assert GOITRE["code"] in problems
    assert GOITRE["code"] not in entries
    named = [*map(str, patients), *(str(key_of(each["id"])) for each in made)]
    assert not [name for name in named if name in problems]
    assert [name for name in named if name in entries] == named
    assert "Jane" not in problems + entries


async def content(ward: Ward, domain: str) -> str:
    """The data of all events on a domain's topic."""
    settings = ward.clinic.service("records").settings
    kafka = AIOKafkaConsumer(
        f"{settings.kafka_topic_prefix}.{domain}",
        bootstrap_servers=settings.kafka_bootstrap_servers,
        auto_offset_reset="earliest",
    )
    found = ""
    async with kafka:
        ends = await kafka.end_offsets(kafka.assignment())
        while any([await kafka.position(partition) < end for partition, end in ends.items()]):
            for records in (await kafka.getmany(timeout_ms=1000)).values():
                found += "".join(repr(CloudEvent.decode(record.value or b"")) for record in records)
    return found
