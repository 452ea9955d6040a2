"""Prescriptions of patients who turn out to be one, or whose data are erased; and those that go on with the record."""

from uuid import UUID

import pytest

from shared.encryption.rotation import erase
from shared.graph.context import Context
from shared.ids import global_id, new_id
from shared.unit_of_work import system_work
from subgraphs.pharmacy.models import Patient
from subgraphs.pharmacy.service import prescriptions
from subgraphs.pharmacy.service.inputs import Known, known
from subgraphs.pharmacy.service.merging import MERGERS
from subgraphs.pharmacy.states import PrescriptionStatus
from tests.harness.access import let
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.harness.databases import stored
from tests.pharmacy.prescribing import SEEING, Dispensary, did, does, open_dispensary

SEEN = "query($id: ID!) { prescription(id: $id) { id name } }"


async def test_what_is_prescribed_for_one_is_the_others_after_a_merger(clinic: Clinic) -> None:
    dispensary, survivor = await open_dispensary(clinic), new_id()
    row = await dispensary.signed(await dispensary.doctor())
    async with stored(dispensary.database) as session:
        session.add(Patient(id=survivor))
    async with system_work(dispensary.database, "test") as work:
        await MERGERS.follow(work, dispensary.patient, survivor)
    seen = await clinic.caller("PATIENT", patient=survivor).data(SEEN, id=row["id"])
    assert seen["prescription"]["id"] == row["id"]
    assert seen["prescription"]["name"]
    assert await dispensary.of_patient().data(SEEN, id=row["id"]) == {"prescription": None}


async def test_nothing_is_signed_by_the_record_of_one_who_has_become_another_meanwhile(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispensary, survivor = await open_dispensary(clinic), new_id()
    doctor, key = await dispensary.prescriber()
    row = await dispensary.drafted(doctor)
    async with stored(dispensary.database) as session:
        session.add(Patient(id=survivor))
    await let(clinic.service("pharmacy"), survivor, practitioner_id=key)

    async def merged_meanwhile(context: Context, patient_id: UUID) -> Known:
        found = await known(context, patient_id)
        async with system_work(dispensary.database, "test") as work:
            await MERGERS.follow(work, dispensary.patient, survivor)
        return found

    monkeypatch.setattr(prescriptions, "known", merged_meanwhile)
    answer = await does(doctor, "signPrescription", id=row["id"], version=row["version"])
    assert answer["code"] == "SAFETY_RECORD_UNAVAILABLE"


async def test_what_was_erased_is_not_read_again(clinic: Clinic) -> None:
    dispensary = await open_dispensary(clinic)
    row = await dispensary.signed(await dispensary.doctor())
    await erase(dispensary.database, dispensary.patient)
    answer = await dispensary.of_patient().execute(SEEN, id=row["id"])
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"ERASED"}


async def test_a_draft_goes_on_with_what_the_record_has_as_history(clinic: Clinic) -> None:
    dispensary = await open_dispensary(clinic)
    doctor, other = await dispensary.doctor(), await open_dispensary(clinic)
    statement = await taken(doctor, dispensary)
    asked = "prescription { id version status basedOnRecord { id } }"
    made = await did(doctor, "draftPrescription", asked, **dispensary.draft, basedOnId=statement)
    assert (made["status"], made["basedOnRecord"]) == (PrescriptionStatus.DRAFT, {"id": statement})

    theirs = await taken(await other.doctor(), other)
    both = await dispensary.prescriber()
    for service in SEEING:
        await let(clinic.service(service), other.patient, practitioner_id=both[1])
    unseen = (doctor, theirs), (doctor, global_id("MedicationStatement", new_id())), (both[0], theirs)
    for caller, wrong in unseen:
        refused = await does(caller, "draftPrescription", asked, **dispensary.draft, basedOnId=wrong)
        assert [(each["path"], each["code"]) for each in refused["fields"]] == [(["basedOnId"], "NOT_FOUND")]


async def taken(caller: Caller, dispensary: Dispensary) -> str:
    """The id of some medication in the record of a dispensary's patient."""
    code = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "562251", "display": "Amoxicillin"}
    given = {"patientId": global_id("Patient", dispensary.patient), "code": code, "source": "PATIENT"}
    made = await did(caller, "recordMedicationStatement", "medicationStatement { id }", **given)
    return str(made["id"])
