"""Prescriptions, as prescribers, pharmacists and patients use them."""

import asyncio
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any
from urllib.parse import unquote
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import segno
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shared.database.model import assign, utc_now
from shared.ids import global_id, new_id
from shared.patient_access import Basis
from subgraphs.pharmacy.jobs import expire_prescriptions
from subgraphs.pharmacy.models import Prescription
from subgraphs.pharmacy.policy import DISPENSE, SIGN
from subgraphs.pharmacy.service.prescriptions import last_day
from subgraphs.pharmacy.service.states import PRESCRIPTIONS
from subgraphs.pharmacy.states import ACTIVE, FHIR_STATUS, PrescriptionStatus
from tests.harness.access import let, withheld
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.harness.databases import stored
from tests.harness.ids import key_of
from tests.harness.repeating import check_repeating
from tests.pharmacy.catalogue import DIAZEPAM, entered
from tests.pharmacy.prescribing import TWICE_A_DAY, Dispensary, did, does, open_dispensary
from tests.records.conftest import Ward
from tests.records.test_disclosures import MINE

READ = """query($id: ID!) { prescription(id: $id) {
    name status indication dosageText refillsLeft signedAt presentationCode version
    changes { nodes { status reason practitioner { id } } }
} }"""
SEEN = "query($id: ID!) { prescription(id: $id) { id } }"
STATUS = "query($id: ID!) { prescription(id: $id) { status version } }"


@pytest.fixture
async def dispensary(clinic: Clinic) -> Dispensary:
    return await open_dispensary(clinic)


async def happened(clinic: Clinic) -> list[str]:
    """What pharmacy has published of prescriptions."""
    types = [event.type.split(".")[1:3] for event in await clinic.published("pharmacy")]
    return [name for domain, name in types if domain == "pharmacy" and name.startswith("prescription")]


async def test_a_prescription_is_written_signed_and_verified_and_its_patient_reads_it(dispensary: Dispensary) -> None:
    doctor, key = await dispensary.prescriber()
    patient = dispensary.of_patient().with_headers(**{"accept-language": "de"})
    row = await dispensary.drafted(doctor)
    assert (row["status"], await patient.data(SEEN, id=row["id"])) == ("DRAFT", {"prescription": None})

    row = await did(doctor, "signPrescription", id=row["id"], version=row["version"])
    assert row["status"] == "SIGNED"
    pharmacist = dispensary.pharmacist()
    row = await did(pharmacist, "verifyPrescription", id=row["id"], version=row["version"])
    seen = (await patient.data(READ, id=row["id"]))["prescription"]
    assert seen["dosageText"] == "2-mal täglich 1 Tablette einnehmen."
    assert (seen["status"], seen["indication"], seen["refillsLeft"]) == ("VERIFIED", "Sore throat", 1)
    changes = [(each["status"], each["practitioner"]) for each in seen["changes"]["nodes"]]
    whose = {"id": global_id("Practitioner", key)}
    assert changes == [("DRAFT", whose), ("SIGNED", whose), ("VERIFIED", None)]
    assert await happened(dispensary.clinic) == ["prescription-signed", "prescription-verified"]
    signed = (await dispensary.clinic.published("pharmacy"))[-2].data
    assert signed == {
        "prescriptionId": str(key_of(row["id"])),
        "patientId": str(dispensary.patient),
        "practitionerId": str(key),
        "locationId": str(dispensary.location),
    }


def test_each_status_is_one_of_fhirs() -> None:
    assert set(FHIR_STATUS) == set(PrescriptionStatus)


_WHY = {"reason": "Because."}
_DO: dict[str, tuple[PrescriptionStatus, str, dict[str, Any]]] = {
    "signPrescription": (PrescriptionStatus.SIGNED, SIGN, {}),
    "resumePrescription": (PrescriptionStatus.SIGNED, SIGN, {}),
    "verifyPrescription": (PrescriptionStatus.VERIFIED, DISPENSE, {}),
    "holdPrescription": (PrescriptionStatus.ON_HOLD, SIGN, _WHY),
    "returnToPrescriber": (PrescriptionStatus.ON_HOLD, DISPENSE, _WHY),
    "stopPrescription": (PrescriptionStatus.STOPPED, SIGN, _WHY),
    "cancelPrescription": (PrescriptionStatus.CANCELLED, SIGN, _WHY),
    "markPrescriptionEnteredInError": (PrescriptionStatus.ENTERED_IN_ERROR, SIGN, _WHY),
}
"""The mutations that lead to a status, by whom."""
_COMES_BACK = {(before, PrescriptionStatus.VERIFIED) for before in ("PARTIALLY_DISPENSED", "COMPLETED")}
"""The ways that only what comes back to stock goes."""


async def test_every_pair_of_states_is_as_the_table_says(dispensary: Dispensary) -> None:
    doctor, pharmacist = await dispensary.doctor(), dispensary.pharmacist()
    for before, (name, (after, scope, fields)) in product(PrescriptionStatus, _DO.items()):
        key = await dispensary.stored_in(before)
        by = pharmacist if scope == DISPENSE else doctor
        payload = await does(by, name, id=key, version=1, **fields)
        found = (await doctor.data(STATUS, id=key))["prescription"]
        goes_on = before is PrescriptionStatus.ON_HOLD and after in ACTIVE
        allowed = (before, after) in PRESCRIPTIONS.ways and (before, after) not in _COMES_BACK
        allowed = allowed and goes_on == (name == "resumePrescription")
        if allowed:
            assert payload["__typename"] == f"{name[0].upper()}{name[1:]}Success", (before, name, payload)
            assert found == {"status": after, "version": 2}, (before, name)
        else:
            hidden = by is pharmacist and before is PrescriptionStatus.DRAFT
            assert payload["code"] == ("NOT_FOUND" if hidden else "PRESCRIPTION_STATUS"), (before, name, payload)
            assert found == {"status": before, "version": 1}


async def test_the_database_lets_what_is_held_go_on_where_it_was_alone(dispensary: Dispensary) -> None:
    for after in ACTIVE:
        key = key_of(await dispensary.stored_in(PrescriptionStatus.ON_HOLD, signed_at=utc_now(), signed_by=new_id()))
        try:
            async with stored(dispensary.database) as session:
                row = await session.get_one(Prescription, key)
                row.status, row.held_status = after, None
            done = True
        except IntegrityError:
            done = False
        assert done == (after is PrescriptionStatus.SIGNED), after


async def test_what_was_signed_does_not_change(dispensary: Dispensary) -> None:
    key = key_of(await dispensary.stored_in(PrescriptionStatus.SIGNED))
    less = {"quantity": Decimal(10), "authorised_quantity": Decimal(10)}
    for values in (less, {"signed_by": new_id()}, {"medication_id": new_id()}):
        with pytest.raises(IntegrityError, match="does not change"):
            async with stored(dispensary.database) as session:
                assign(await session.get_one(Prescription, key), values)


async def test_a_nurse_drafts_for_a_doctor_and_does_no_more(dispensary: Dispensary) -> None:
    doctor, key = await dispensary.prescriber()
    nurse, _ = await dispensary.prescriber("NURSE")
    row = await dispensary.drafted(nurse, practitionerId=global_id("Practitioner", key))
    change = {"id": row["id"], "version": row["version"]}
    denied = await nurse.execute(
        "mutation($input: SignPrescriptionInput!) { signPrescription(input: $input) { __typename } }", input=change
    )
    assert denied["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
    row = await did(doctor, "signPrescription", **change)
    change["version"] = row["version"]
    for name in ("holdPrescription", "stopPrescription", "cancelPrescription", "markPrescriptionEnteredInError"):
        assert (await does(nurse, name, reason="x", **change))["code"] == "PRESCRIPTION_STATUS"
    unknown = await does(
        nurse, "draftPrescription", **dispensary.draft, practitionerId=global_id("Practitioner", new_id())
    )
    assert unknown["fields"][0]["path"] == ["practitionerId"]


async def test_only_who_treats_a_patient_prescribes_and_signs(dispensary: Dispensary) -> None:
    doctor, (stranger, key) = await dispensary.doctor(), await dispensary.prescriber(treats=False)
    assert (await does(stranger, "draftPrescription", **dispensary.draft))["code"] == "NOT_FOUND"
    row = await dispensary.drafted(doctor, practitionerId=global_id("Practitioner", key))
    assert await stranger.data(SEEN, id=row["id"]) == {"prescription": {"id": row["id"]}}
    assert (await does(stranger, "signPrescription", id=row["id"], version=1))["code"] == "NOT_FOUND"


LICENCES = [
    ({}, "NO_LICENCE"),
    ({"licence_number": "A1", "licence_valid_until": date(2020, 1, 1)}, "LICENCE_ENDED"),
    ({"licence_number": "A1", "active": False}, "NO_LICENCE"),
    ({"licence_number": "A1", "licence_jurisdiction": "DE"}, "LICENCE_ELSEWHERE"),
]


@pytest.mark.parametrize(("licence", "code"), LICENCES, ids=lambda each: each if isinstance(each, str) else "")
async def test_a_signature_takes_a_licence_that_holds(
    dispensary: Dispensary, licence: dict[str, Any], code: str
) -> None:
    doctor, _ = await dispensary.prescriber(licence=licence)
    row = await dispensary.drafted(doctor)
    answer = await does(doctor, "signPrescription", id=row["id"], version=1)
    assert (answer["__typename"], answer["code"]) == ("LicenceInvalid", code)
    holding = {"licence_number": "A1", "licence_jurisdiction": "US-MA", "licence_valid_until": date(2999, 1, 1)}
    other, _ = await dispensary.prescriber(licence=holding)
    assert (await did(other, "signPrescription", id=row["id"], version=1))["status"] == "SIGNED"


async def test_the_third_and_fourth_schedule_have_five_refills_within_six_months(dispensary: Dispensary) -> None:
    admin, doctor = dispensary.clinic.caller("ADMIN"), await dispensary.doctor()
    today = datetime.now(ZoneInfo("America/New_York")).date()
    for schedule, most in (("III", 5), ("IV", 5), ("V", 99)):
        medication = await entered(admin, {**DIAZEPAM, "rxcui": None, "schedule": schedule})
        given = {**dispensary.draft, "medicationId": medication, "refills": most}
        dates = "prescription { id validUntil }"
        held = date.fromisoformat((await did(doctor, "draftPrescription", dates, **given))["validUntil"])
        assert (held.year * 12 + held.month) - (today.year * 12 + today.month) == 6
        assert held.day in (today.day, 28, 29, 30)
        late = {**given, "validUntil": (held + timedelta(days=1)).isoformat()}
        more = {**given, "refills": most + 1}
        if most == 5:
            codes = [(await does(doctor, "draftPrescription", **each))["fields"][0]["code"] for each in (late, more)]
            assert codes == ["PERIOD_OF_SCHEDULE", "REFILLS_OF_SCHEDULE"]
        else:
            assert (await does(doctor, "draftPrescription", **late))["__typename"] == "DraftPrescriptionSuccess"


@pytest.mark.parametrize(
    ("day", "later"),
    [
        ("2026-01-15", "2026-07-15"),
        ("2026-08-31", "2027-02-28"),
        ("2027-08-31", "2028-02-29"),
        ("2026-12-30", "2027-06-30"),
    ],
)
def test_six_months_are_counted_by_the_calendar(day: str, later: str) -> None:
    assert last_day("IV", date.fromisoformat(day)) == date.fromisoformat(later)
    assert last_day(None, date.fromisoformat(day)) == date.fromisoformat(day) + timedelta(days=365)


async def test_schedules_ask_for_a_fresh_second_factor_and_the_second_has_no_refills(dispensary: Dispensary) -> None:
    admin = dispensary.clinic.caller("ADMIN")
    controlled = await entered(admin, {**DIAZEPAM, "rxcui": None, "schedule": "II"})
    doctor, key = await dispensary.prescriber()
    refused = await does(doctor, "draftPrescription", **(dispensary.draft | {"medicationId": controlled}))
    assert [(each["path"], each["code"]) for each in refused["fields"]] == [(["refills"], "NO_REFILLS_OF_SCHEDULE")]

    row = await dispensary.drafted(doctor, medicationId=controlled, refills=0)
    for at in (None, utc_now() - timedelta(minutes=6)):
        late = dispensary.clinic.caller("DOCTOR", practitioner=key, second_factor_at=at)
        answer = await does(late, "signPrescription", id=row["id"], version=1)
        assert answer["__typename"] == "SecondFactorNeeded"
    fresh = dispensary.clinic.caller("DOCTOR", practitioner=key, second_factor_at=utc_now() - timedelta(minutes=4))
    assert (await did(fresh, "signPrescription", id=row["id"], version=1))["status"] == "SIGNED"


async def test_pharmacists_see_what_is_for_where_they_work(dispensary: Dispensary) -> None:
    doctor = await dispensary.doctor()
    draft, row = await dispensary.drafted(doctor), await dispensary.signed(doctor)
    here, elsewhere = dispensary.pharmacist(), dispensary.pharmacist(new_id())
    queue = "query($at: ID!) { pharmacyQueue(locationId: $at) { nodes { id } } }"
    at = global_id("Location", dispensary.location)
    assert await here.data(queue, at=at) == {"pharmacyQueue": {"nodes": [{"id": row["id"]}]}}
    assert await elsewhere.data(queue, at=at) == {"pharmacyQueue": {"nodes": []}}
    assert await here.data(SEEN, id=draft["id"]) == {"prescription": None}
    for caller, seen in ((here, {"id": row["id"]}), (elsewhere, None)):
        assert await caller.data(SEEN, id=row["id"]) == {"prescription": seen}
    answer = await does(elsewhere, "verifyPrescription", id=row["id"], version=row["version"])
    assert answer["code"] == "NOT_FOUND"


async def test_patients_see_that_pharmacists_look_by_the_order_that_they_carry_out(dispensary: Dispensary) -> None:
    row = await dispensary.signed(await dispensary.doctor())
    await dispensary.clinic.entities("pharmacy", dispensary.pharmacist(), "Prescription", [row["id"]], "id")
    await Ward(dispensary.clinic).account("pharmacy")
    seen = (await dispensary.of_patient().data(MINE, first=50))["myRecordDisclosures"]["nodes"]
    by_pharmacist = [each["bases"] for each in seen if each["roles"] == ["PHARMACIST"]]
    assert by_pharmacist == [["ORDER"]]


async def test_a_patient_presents_a_prescription_where_they_like(dispensary: Dispensary) -> None:
    row = await dispensary.signed(await dispensary.doctor(), locationId=None)
    code = (await dispensary.of_patient().data(READ, id=row["id"]))["prescription"]["presentationCode"]
    pharmacist = dispensary.pharmacist()
    drawn = "query($id: ID!) { prescription(id: $id) { presentationImage } }"
    image = (await dispensary.of_patient().data(drawn, id=row["id"]))["prescription"]["presentationImage"]
    assert image == segno.make(code, error="q", micro=False).svg_data_uri(scale=8)
    assert unquote(image).startswith("data:image/svg+xml;charset=utf-8,<svg ")
    prescriber = await dispensary.doctor()
    assert await prescriber.data(drawn, id=row["id"]) == {"prescription": {"presentationImage": None}}
    by_code = "query($code: String!) { prescriptionByCode(code: $code) { id presentationCode } }"
    shown = {"prescriptionByCode": {"id": row["id"], "presentationCode": None}}
    assert await pharmacist.data(by_code, code=code) == shown
    assert await pharmacist.data(by_code, code="0" * 20) == {"prescriptionByCode": None}
    assert await pharmacist.data(SEEN, id=row["id"]) == {"prescription": None}

    given = {"id": row["id"], "version": row["version"], "code": code}
    away = await does(pharmacist, "receivePrescription", **given, locationId=global_id("Location", new_id()))
    assert away["fields"][0]["path"] == ["locationId"]
    wrong = await does(
        pharmacist,
        "receivePrescription",
        **(given | {"code": "x"}),
        locationId=global_id("Location", dispensary.location),
    )
    assert wrong["code"] == "NOT_FOUND"
    row = await did(pharmacist, "receivePrescription", **given, locationId=global_id("Location", dispensary.location))
    row = await did(pharmacist, "verifyPrescription", id=row["id"], version=row["version"])
    assert row["status"] == "VERIFIED"


async def test_who_signs_does_not_verify(dispensary: Dispensary) -> None:
    doctor, key = await dispensary.prescriber()
    row = await dispensary.signed(doctor)
    both = dispensary.pharmacist(practitioner=key)
    answer = await does(both, "verifyPrescription", id=row["id"], version=row["version"])
    assert answer["code"] == "OWN_PRESCRIPTION"


async def test_what_is_held_goes_on_where_it_was(dispensary: Dispensary) -> None:
    doctor = await dispensary.doctor()
    row = await dispensary.verified(doctor)
    row = await did(dispensary.pharmacist(), "returnToPrescriber", id=row["id"], version=row["version"], reason="Dose?")
    seen = (await doctor.data(READ, id=row["id"]))["prescription"]
    assert seen["changes"]["nodes"][-1]["reason"] == "Dose?"
    row = await did(doctor, "resumePrescription", id=row["id"], version=row["version"])
    assert row["status"] == "VERIFIED"
    assert (await happened(dispensary.clinic))[-2:] == ["prescription-held", "prescription-resumed"]


async def test_a_revision_stops_the_old_one_and_links_the_new(dispensary: Dispensary) -> None:
    doctor = await dispensary.doctor()
    old = await dispensary.signed(doctor)
    given = {name: value for name, value in dispensary.draft.items() if name != "patientId"} | {"quantity": 10.0}
    asked = "prescription { id status version replaces { id status } }"
    new = await did(doctor, "revisePrescription", asked, id=old["id"], version=2, reason="Too much.", **given)
    assert (new["status"], new["replaces"]) == ("DRAFT", {"id": old["id"], "status": "STOPPED"})
    assert (await happened(dispensary.clinic))[-1] == "prescription-ended"


async def test_what_nobody_fetches_expires(dispensary: Dispensary) -> None:
    doctor = await dispensary.doctor()
    over = {"valid_from": date(2020, 1, 1), "valid_until": utc_now().date() - timedelta(days=2)}
    gone = await dispensary.stored_in(PrescriptionStatus.VERIFIED, **over)
    draft = await dispensary.stored_in(PrescriptionStatus.DRAFT, **over)
    kept = await dispensary.stored_in(PrescriptionStatus.VERIFIED)
    await expire_prescriptions(dispensary.clinic.service("pharmacy").runtime)
    found = [(await doctor.data(STATUS, id=each))["prescription"]["status"] for each in (gone, draft, kept)]
    assert found == ["EXPIRED", "DRAFT", "VERIFIED"]
    late = await does(doctor, "signPrescription", id=draft, version=1)
    assert late["code"] == "PRESCRIPTION_LAPSED"


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"quantity": 0}, "quantity", "QUANTITY"),
    ({"quantity": -1}, "quantity", "QUANTITY"),
    ({"quantity": 1e9}, "quantity", "QUANTITY"),
    ({"dosages": []}, "dosages", "TOO_FEW_ITEMS"),
    ({"dosages": [{"dose": 0, "unit": "TABLET", "code": "BID"}]}, "dosages.0.dose", "QUANTITY"),
    ({"dosages": [{"dose": 1, "code": "BID"}]}, "dosages.0", "DOSE_INCOMPLETE"),
    ({"dosages": [{"dose": 1, "unit": "TABLET"}]}, "dosages.0", "TIMING_INCOMPLETE"),
    ({"dosages": [TWICE_A_DAY | {"frequency": 1}]}, "dosages.0", "TIMING_INCOMPLETE"),
    ({"dosages": [{}]}, "dosages.0", "TIMING_INCOMPLETE"),
    ({"validFrom": "2100-01-02", "validUntil": "2100-01-01"}, "", "DAYS_REVERSED"),
    ({"validFrom": "2020-01-02", "validUntil": "2020-01-03"}, "validUntil", "DAY_PAST"),
    ({"medicationId": f"Medication:{UUID(int=1)}"}, "medicationId", "NOT_FOUND"),
    ({"locationId": f"Location:{UUID(int=1)}"}, "locationId", "NOT_FOUND"),
]


async def test_what_is_wrong_with_a_draft_is_told(dispensary: Dispensary) -> None:
    doctor = await dispensary.doctor()
    for fields, path, code in WRONG:
        answer = await does(doctor, "draftPrescription", **(dispensary.draft | fields))
        assert [(".".join(each["path"]), each["code"]) for each in answer["fields"]] == [(path, code)], fields


async def test_fifty_verifications_at_once_are_one(dispensary: Dispensary) -> None:
    row = await dispensary.signed(await dispensary.doctor())
    change = {"id": row["id"], "version": row["version"]}
    answers = await asyncio.gather(*(does(dispensary.pharmacist(), "verifyPrescription", **change) for _ in range(50)))
    kinds = [each["__typename"] for each in answers]
    assert (
        sorted(kinds) == ["VerifyPrescriptionSuccess"] + ["VersionConflict"] * 49
        or kinds.count("VersionConflict") == 49
    )


async def test_repetitions_do_nothing_again(dispensary: Dispensary) -> None:
    async def told() -> int:
        async with stored(dispensary.database) as session:
            return int(await session.scalar(text("SELECT count(*) FROM prescription_change")) or 0)

    doctor = await dispensary.doctor()
    asked = "prescription { id status }"
    await check_repeating(doctor, "draftPrescription", asked, dispensary.draft, {"quantity": 1.0}, told)
    row = await dispensary.drafted(doctor)
    change = {"id": row["id"], "version": row["version"]}
    await check_repeating(doctor, "signPrescription", asked, change, {"version": 5}, told)
    given = {name: value for name, value in dispensary.draft.items() if name != "patientId"}
    revised = {**given, "id": row["id"], "version": 2, "reason": "Other."}
    await check_repeating(doctor, "revisePrescription", asked, revised, {"reason": "No."}, told)


async def test_lists_show_what_the_caller_may_see(dispensary: Dispensary) -> None:
    doctor = await dispensary.doctor()
    signed, draft = await dispensary.signed(doctor), await dispensary.drafted(doctor)
    of = "query($p: ID!) { prescriptions(patientId: $p, status: [SIGNED, DRAFT]) { totalCount nodes { id } } }"
    by_patient = """query($p: ID!) { patient(id: $p) {
        prescriptions { totalCount nodes { id } } activeMedications { totalCount nodes { id } } } }"""
    key = global_id("Patient", dispensary.patient)

    async def seen(caller: Caller) -> tuple[list[str], int]:
        found = (await caller.data(of, p=key))["prescriptions"]
        return [each["id"] for each in found["nodes"]], found["totalCount"]

    patient = dispensary.of_patient()
    assert await seen(doctor) == ([draft["id"], signed["id"]], 2)
    assert await seen(patient) == ([signed["id"]], 1)
    assert await seen((await dispensary.prescriber(treats=False))[0]) == ([], 0)
    lists = (await patient.data(by_patient, p=key))["patient"]
    assert [*lists.values()] == [{"totalCount": 1, "nodes": [{"id": signed["id"]}]}] * 2


async def test_a_hundred_entities_are_one_statement(dispensary: Dispensary) -> None:
    ids = [await dispensary.stored_in(PrescriptionStatus.SIGNED) for _ in range(5)] * 20
    with dispensary.clinic.statements("pharmacy") as statements:
        answer = await dispensary.clinic.entities(
            "pharmacy", dispensary.of_patient(), "Prescription", ids, "id name dosageText"
        )
    assert [entity["id"] for entity in answer["data"]["_entities"]] == ids
    assert len(statements) <= 2


async def test_withheld_medication_is_seen_by_who_prescribes_dispenses_or_opens_it_in_an_emergency(
    dispensary: Dispensary,
) -> None:
    (author, _), other = await dispensary.prescriber(), await dispensary.doctor()
    account, parent = new_id(), new_id()
    pharmacy = dispensary.clinic.service("pharmacy")
    await let(pharmacy, dispensary.patient, Basis.EMERGENCY, account_id=account)
    await let(pharmacy, dispensary.patient, Basis.PROXY, proxy_id=parent)
    row = await dispensary.verified(author)
    rescuer = dispensary.clinic.caller("DOCTOR", subject=account)
    proxy = dispensary.clinic.caller("PATIENT", patient=parent)

    async def seen() -> list[bool]:
        callers = (author, dispensary.of_patient(), dispensary.pharmacist(), rescuer, other, proxy)
        found = [
            await dispensary.clinic.entities("pharmacy", each, "Prescription", [row["id"]], "id") for each in callers
        ]
        return [each["data"]["_entities"] != [None] for each in found]

    assert await seen() == [True] * 6
    for name in ("pharmacy", "records"):
        async with stored(dispensary.clinic.service(name).runtime.database) as session:
            session.add(withheld(dispensary.patient, "MEDICATIONS"))
    assert await seen() == [True] * 4 + [False] * 2
    reason = {"id": row["id"], "version": row["version"], "reason": "Rash."}
    assert (await does(other, "stopPrescription", **reason))["code"] == "NOT_FOUND"
    await did(author, "stopPrescription", **reason)

    # Nobody takes what is withheld for nothing: there is no check, but for who says why it must do without.
    draft = await dispensary.drafted(other)
    assert (await does(other, "checkPrescription", id=draft["id"]))["code"] == "SAFETY_RECORD_CLOSED"
    asked = {"id": draft["id"], "version": draft["version"]}
    assert (await does(other, "signPrescription", **asked))["code"] == "SAFETY_RECORD_CLOSED"
    assert (await does(author, "signPrescription", **asked))["code"] == "NOT_FOUND"
    signed = await did(other, "signPrescription", **asked, emergencyReason="Anaphylaxis.")
    ready = await did(dispensary.pharmacist(), "verifyPrescription", id=signed["id"], version=signed["version"])
    given = {"prescriptionId": ready["id"], "version": ready["version"], "quantity": 1.0}
    assert (await does(dispensary.pharmacist(), "dispense", **given))["code"] == "SAFETY_RECORD_CLOSED"
