"""Safety checks of prescriptions: what interrupts is decided on, what cannot be checked is not signed."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest

from shared.events.event import CloudEvent
from shared.ids import global_id, new_id
from shared.unit_of_work import system_work
from subgraphs.pharmacy.consumers import CONSUMERS, EntryRecorded
from tests.harness.access import let
from tests.harness.caller import Caller
from tests.harness.clinic import Addresses, Clinic, open_clinic
from tests.harness.ids import key_of
from tests.pharmacy.catalogue import entered
from tests.pharmacy.conftest import NO_KAFKA
from tests.pharmacy.prescribing import TWICE_A_DAY, Dispensary, did, does, open_dispensary
from tests.privacy.test_planted_markers import databases

ALERTS = "prescription { id version status alerts { nodes { id rule severity status message } } }"
SIGN = """mutation($input: SignPrescriptionInput!) { signPrescription(input: $input) { __typename
    ... on SignPrescriptionSuccess { prescription { id version status unchecked } }
    ... on UserError { code } ... on SafetyAlertsOpen { alerts { id rule severity status message version } } } }"""


@pytest.fixture
async def dispensary(clinic: Clinic) -> Dispensary:
    return await open_dispensary(clinic)


async def tablets(clinic: Clinic, name: str, rxcui: str, strength: float) -> str:
    """The id of a medication with one ingredient."""
    ingredient = {"rxcui": rxcui, "name": name, "strength": strength, "strengthUnit": "mg"}
    product = {"name": f"{name} {strength:g} MG Oral Tablet", "doseForm": "Oral Tablet", "unit": "TABLET"}
    return await entered(clinic.caller("ADMIN"), {**product, "ingredients": [ingredient], "packs": []})


async def sign(caller: Caller, row: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The answer of `signPrescription`."""
    given = {"id": row["id"], "version": row["version"], **fields}
    return dict((await caller.data(SIGN, input=given))["signPrescription"])


async def pair(dispensary: Dispensary) -> tuple[str, str]:
    """Two medications that interact (high priority, 11)."""
    make = partial(tablets, dispensary.clinic)
    return await make("Simvastatin", "36567", 20), await make("Clarithromycin", "21212", 250)


async def test_of_two_prescribers_at_once_one_sees_the_others_drug(dispensary: Dispensary) -> None:
    medications = await pair(dispensary)
    doctors = [await dispensary.doctor() for _ in medications]
    drafts = [
        await dispensary.drafted(doctor, medicationId=each) for doctor, each in zip(doctors, medications, strict=True)
    ]
    answers = await asyncio.gather(*(sign(doctor, row) for doctor, row in zip(doctors, drafts, strict=True)))
    kinds = sorted(each["__typename"] for each in answers)
    assert kinds == ["SafetyAlertsOpen", "SignPrescriptionSuccess"]
    (alerts,) = (each["alerts"] for each in answers if "alerts" in each)
    assert [(each["rule"], each["severity"], each["status"]) for each in alerts] == [
        ("INTERACTION", "INTERRUPTS", "RAISED")
    ]


async def test_what_interrupts_is_overridden_with_a_reason_and_asked_again_only_when_something_changed(
    dispensary: Dispensary,
) -> None:
    statin, antibiotic = await pair(dispensary)
    doctor = await dispensary.doctor()
    await dispensary.signed(doctor, medicationId=statin)
    row = await dispensary.drafted(doctor, medicationId=antibiotic)
    (alert,) = (await sign(doctor, row))["alerts"]
    assert "Simvastatin" in alert["message"] or "simvastatin" in alert["message"]
    other = {"alertId": alert["id"], "reasonCode": "OTHER"}
    assert (await sign(doctor, row, overrides=[other]))["__typename"] == "InvalidInput"

    key = {"idempotencyKey": "sign it"}
    assert (await sign(doctor, row, **key))["__typename"] == "SafetyAlertsOpen"
    reason = [{"alertId": alert["id"], "reasonCode": "MONITORED"}]
    signed = await sign(doctor, row, overrides=reason)
    assert signed["__typename"] == "SignPrescriptionSuccess"
    checked = await did(doctor, "checkPrescription", ALERTS, id=row["id"])
    assert [each["status"] for each in checked["alerts"]["nodes"] if each["severity"] == "INTERRUPTS"] == ["OVERRIDDEN"]
    types = [event.type.split(".")[2] for event in await dispensary.clinic.published("pharmacy")]
    assert [each for each in types if each.startswith("alert")] == ["alert-raised", "alert-overridden"]

    stronger = await dispensary.drafted(doctor, medicationId=antibiotic, dosages=[TWICE_A_DAY | {"dose": 2.0}])
    again = await sign(doctor, stronger)
    assert "INTERACTION" in {each["rule"] for each in again["alerts"]}


async def test_what_is_refused_for_its_alerts_can_be_sent_again_under_its_key(dispensary: Dispensary) -> None:
    statin, antibiotic = await pair(dispensary)
    doctor = await dispensary.doctor()
    first = await dispensary.signed(doctor, medicationId=statin)
    row = await dispensary.drafted(doctor, medicationId=antibiotic)
    assert (await sign(doctor, row, idempotencyKey="one"))["__typename"] == "SafetyAlertsOpen"
    await did(doctor, "stopPrescription", id=first["id"], version=first["version"], reason="Pause.")
    assert (await sign(doctor, row, idempotencyKey="one"))["__typename"] == "SignPrescriptionSuccess"
    assert (await sign(doctor, row, idempotencyKey="one"))["__typename"] == "SignPrescriptionSuccess"


async def test_an_allergy_of_the_record_interrupts(dispensary: Dispensary) -> None:
    doctor = await dispensary.doctor()
    code = {"system": "http://snomed.info/sct", "code": "91936005", "display": "Allergy to penicillin"}
    given = {"patientId": global_id("Patient", dispensary.patient), "code": code, "category": "MEDICATION"}
    await did(doctor, "recordAllergy", "allergy { id }", **given)
    row = await dispensary.drafted(doctor)
    answer = await sign(doctor, row)
    assert [each["rule"] for each in answer["alerts"]] == ["ALLERGY"]
    patient = await dispensary.of_patient().data(
        "query($id: ID!) { node(id: $id) { id } }", id=answer["alerts"][0]["id"]
    )
    assert patient == {"node": None}
    # That it is one of an allergy stands nowhere beside the patient, nor where a key leads there.
    told = [each.data for each in await dispensary.clinic.published("pharmacy") if each.data.get("rule") == "ALLERGY"]
    assert [each.keys() for each in told] == [{"alertId", "rule", "raisedAt"}]
    assert told[0]["alertId"] != str(key_of(answer["alerts"][0]["id"]))
    plain = [place async for place, text in databases(dispensary.clinic, ("pharmacy",)) if b"ALLERGY" in text]
    assert plain == ["pharmacy.outbox"]


async def test_what_is_recorded_later_asks_for_another_check(dispensary: Dispensary) -> None:
    doctor = await dispensary.doctor()
    signed, draft = await dispensary.signed(doctor), await dispensary.drafted(doctor)
    for resource in ("Note", "Allergy"):
        event = EntryRecorded(entry_id=new_id(), resource=resource, patient_id=dispensary.patient)
        async with system_work(dispensary.database, "test") as work:
            for consumer in CONSUMERS:
                if handler := consumer.handlers.get(EntryRecorded):
                    await handler(work, event, CloudEvent.of(event))
    asked = "query($id: ID!) { prescription(id: $id) { recheckNeeded } }"
    found = [(await doctor.data(asked, id=each["id"]))["prescription"]["recheckNeeded"] for each in (signed, draft)]
    assert found == [True, False]
    told = [event for event in await dispensary.clinic.published("pharmacy") if "recheck" in event.type]
    assert [event.data["prescriptionId"] for event in told] == [signed["id"].split(":")[1]]
    await did(doctor, "checkPrescription", ALERTS, id=signed["id"])
    assert (await doctor.data(asked, id=signed["id"]))["prescription"] == {"recheckNeeded": False}


async def test_a_draft_that_comes_to_nothing_has_avoided_what_was_found(dispensary: Dispensary) -> None:
    statin, antibiotic = await pair(dispensary)
    doctor = await dispensary.doctor()
    await dispensary.signed(doctor, medicationId=statin)
    row = await dispensary.drafted(doctor, medicationId=antibiotic)
    await sign(doctor, row)
    current = (await doctor.data("query($id: ID!) { prescription(id: $id) { version } }", id=row["id"]))["prescription"]
    gone = await did(doctor, "cancelPrescription", ALERTS, id=row["id"], reason="Interacts.", **current)
    assert "AVOIDED" in {each["status"] for each in gone["alerts"]["nodes"]}


@pytest.fixture
async def without_records(postgres_server: str, redis_url: str) -> AsyncIterator[Clinic]:
    """A clinic whose medical record does not answer."""
    services = ("directory", "patients", "pharmacy")
    async with open_clinic(Addresses(postgres_server, redis_url, NO_KAFKA), services, events=False) as opened:
        yield opened


async def test_what_cannot_be_checked_is_signed_in_an_emergency_alone_and_stays_flagged(
    without_records: Clinic,
) -> None:
    dispensary = await open_dispensary(without_records)
    doctor = await dispensary.doctor()
    row = await dispensary.drafted(doctor)
    answer = await sign(doctor, row)
    assert (answer["__typename"], answer["code"]) == ("SafetyCheckUnavailable", "SAFETY_RECORD_UNAVAILABLE")
    assert (await does(doctor, "checkPrescription", id=row["id"]))["code"] == "SAFETY_RECORD_UNAVAILABLE"
    signed = await sign(doctor, row, emergencyReason="Anaphylaxis.")
    assert (signed["prescription"]["status"], signed["prescription"]["unchecked"]) == ("SIGNED", True)


async def test_who_does_not_see_the_whole_record_has_not_checked(dispensary: Dispensary) -> None:
    doctor, key = await dispensary.prescriber(treats=False)
    await let(dispensary.clinic.service("pharmacy"), dispensary.patient, practitioner_id=key)
    row, some = await dispensary.drafted(doctor), ["MEDICATIONS", "ALLERGIES"]
    assert (await sign(doctor, row))["code"] == "SAFETY_RECORD_CLOSED"
    await let(dispensary.clinic.service("records"), dispensary.patient, practitioner_id=key, sections=some)
    assert (await sign(doctor, row))["code"] == "SAFETY_RECORD_CLOSED"
    await let(dispensary.clinic.service("records"), dispensary.patient, practitioner_id=key)
    assert (await sign(doctor, row))["__typename"] == "SignPrescriptionSuccess"
