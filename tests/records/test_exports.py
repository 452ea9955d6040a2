"""A record to take along: FHIR's document that a judge accepts, a PDF for people, and no more than the caller may read."""

from base64 import b64decode
from typing import Any
from uuid import UUID

import orjson
import pytest
from fhir.resources.R4B.bundle import Bundle

from shared.ids import new_id
from subgraphs.records.codes import Section
from subgraphs.records.models import Patient
from tests.harness.access import withheld
from tests.harness.caller import Caller
from tests.harness.ids import key_of
from tests.patients.conftest import register
from tests.records.asking import Clinician, clinician
from tests.records.conftest import Ward
from tests.records.test_clinical import RECORDED, record

EXPORT = """query($id: ID!, $format: RecordExportFormat!) {
  patient(id: $id) { recordExport(format: $format) { mediaType fileName content } } }"""


async def registered(ward: Ward, **fields: Any) -> tuple[UUID, Caller]:
    """A patient whom the patients' domain and records know, and their account."""
    admitted = (await register(ward.clinic.caller("RECEPTIONIST"), **fields))["patient"]
    key = key_of(admitted["id"])
    await ward.know(Patient(id=key))
    return key, ward.clinic.caller("PATIENT", patient=key)


async def exported(caller: Caller, patient: UUID, form: str) -> tuple[str, str, bytes]:
    """Media type, name and content of a file."""
    file = (await caller.data(EXPORT, id=f"Patient:{patient}", format=form))["patient"]["recordExport"]
    return file["mediaType"], file["fileName"], b64decode(file["content"])


async def filled(ward: Ward, patient: UUID) -> Clinician:
    """Somebody who has recorded one entry of each kind."""
    doctor = await clinician(ward, patient)
    for name in RECORDED.keys() - {"recordNoKnownAllergies"}:
        await record(doctor, patient, name)
    return doctor


async def test_a_patient_takes_all_of_it_along_in_fhir_and_on_paper(ward: Ward) -> None:
    patient, jane = await registered(ward)
    await filled(ward, patient)
    media_type, name, content = await exported(jane, patient, "FHIR_IPS")
    assert (media_type, name) == ("application/fhir+json", "patient-summary.json")
    found = orjson.loads(content)
    Bundle.model_validate_json(content)
    resources = [each["resource"] for each in found["entry"]]
    composition, person = resources[:2]
    assert person["name"] == [{"text": "Jane Ruth Dawson"}]
    assert (person["birthDate"], person["gender"]) == ("1984-02-29", "female")
    kinds = {each["resourceType"] for each in resources}
    assert kinds >= {
        "AllergyIntolerance", "CarePlan", "Condition", "FamilyMemberHistory", "Immunization", "MedicationStatement",
        "Observation", "Procedure",
    }  # fmt: skip
    urls = {each["fullUrl"] for each in found["entry"]}
    assert len(urls) == len(resources)
    named = {each["reference"] for section in composition["section"] for each in section.get("entry", [])}
    assert named == urls - {each["fullUrl"] for each in found["entry"][:3]}

    media_type, name, content = await exported(jane, patient, "PDF")
    assert (media_type, name, content[:5]) == ("application/pdf", "patient-summary.pdf", b"%PDF-")
    assert b"pdfuaid:part" in content
    entries = [entry for entry in await ward.clinic.audit("records") if entry.resource == "MedicalRecord"]
    assert [entry.detail for entry in entries] == [{"exported": "FHIR_IPS"}, {"exported": "PDF"}]


async def test_what_may_not_be_read_is_not_taken_along(ward: Ward) -> None:
    patient, _ = await registered(ward)
    doctor = await filled(ward, patient)
    await ward.know(withheld(patient, Section.CONDITIONS))
    _, _, content = await exported(doctor.caller, patient, "FHIR_IPS")
    found = orjson.loads(content)
    problems, allergies = found["entry"][0]["resource"]["section"][:2]
    assert problems["emptyReason"]["coding"][0]["code"] == "withheld"
    assert allergies["entry"]
    assert "Condition" not in {each["resource"]["resourceType"] for each in found["entry"]}
    stranger = await clinician(ward)
    data = await stranger.caller.data(EXPORT, id=f"Patient:{patient}", format="PDF")
    assert data == {"patient": {"recordExport": None}}
    answer = await ward.clinic.caller("ADMIN").execute(EXPORT, id=f"Patient:{patient}", format="PDF")
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"


@pytest.mark.parametrize("text", ['#import "x" $y$ <b>*z*</b> \\', "Ж 漢字 مرحبا 🩺", "a" * 2000])
async def test_text_of_any_kind_is_shown_and_never_obeyed(ward: Ward, text: str) -> None:
    patient, jane = await registered(ward)
    doctor = await clinician(ward, patient)
    await record(doctor, patient, "recordCondition", note=text)
    _, _, content = await exported(jane, patient, "FHIR_IPS")
    (condition,) = (
        each["resource"] for each in orjson.loads(content)["entry"] if each["resource"]["resourceType"] == "Condition"
    )
    assert condition["note"] == [{"text": text}]
    Bundle.model_validate_json(content)
    assert (await exported(jane, patient, "PDF"))[2].startswith(b"%PDF-")


async def test_nobody_has_a_record_without_one(ward: Ward) -> None:
    patient, jane = await registered(ward)
    _, _, content = await exported(jane, patient, "FHIR_IPS")
    Bundle.model_validate_json(content)
    sections = orjson.loads(content)["entry"][0]["resource"]["section"]
    assert {each["emptyReason"]["coding"][0]["code"] for each in sections} == {"unavailable"}
    assert (await jane.data(EXPORT, id=f"Patient:{new_id()}", format="PDF")) == {"patient": None}
