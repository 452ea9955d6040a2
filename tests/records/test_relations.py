"""Who may open a record: care relations as appointments make them, and what the patient withholds."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.database.model import utc_now
from shared.database.tables import Withholding
from shared.events.event import read_data
from shared.ids import new_id
from shared.patient_access import AccessChanged, Basis, WithholdingChanged
from subgraphs.records.codes import Section
from subgraphs.records.consumers import (
    Booked,
    Cancelled,
    LabOrdered,
    LabOrderEnded,
    PatientMerged,
    PatientRegistered,
    PrescriptionEnded,
    PrescriptionSigned,
    Rescheduled,
    StatusReverted,
    VisitRecorded,
)
from subgraphs.records.jobs import tell_withheld
from subgraphs.records.models import WithheldSection
from subgraphs.records.policy import SAFETY_SECTIONS
from subgraphs.records.settings import relation_lasts
from tests.harness.access import withheld
from tests.records.conftest import Ward, answer, principal

ALL = set(Section)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

WITHHOLD = """
mutation($input: WithholdSectionInput!) { withholdSection(input: $input) {
  __typename ... on WithheldSections { sections } ... on UserError { code }
} }
"""
RELEASE = WITHHOLD.replace("WithholdSection", "ReleaseSection").replace("withholdSection", "releaseSection")
READABLE = '{{ nodes(ids: ["Patient:{}"]) {{ ... on Patient {{ record {{ readableSections }} }} }} }}'
WITHHELD = "query($id: ID!) { withheldSections(patientId: $id) { sections } }"


def facts(patient: UUID, practitioner: UUID, ends_at: datetime, **fields: Any) -> dict[str, Any]:
    """What an event tells of an appointment."""
    people = {"appointment_id": new_id(), "patient_id": patient, "practitioner_id": practitioner}
    times = {"starts_at": ends_at - HOUR, "ends_at": ends_at, "booked_at": utc_now() - DAY}
    return people | times | {"status": "BOOKED"} | fields


async def test_a_practitioner_treats_from_the_booking_to_days_after_the_appointment(ward: Ward) -> None:
    patient, doctor, other = new_id(), new_id(), new_id()
    by, by_other = principal("DOCTOR", practitioner=doctor), principal("NURSE", practitioner=other)
    booked = facts(patient, doctor, utc_now() + DAY)
    await ward.hear(PatientRegistered(patient_id=patient), Booked(**booked), Booked(**booked))
    (row,) = await ward.access(patient)
    assert (row.basis, row.valid_from, row.valid_until) == (
        Basis.APPOINTMENT,
        booked["booked_at"],
        booked["ends_at"] + timedelta(days=30),
    )
    assert await ward.opens(by, patient) == ALL
    for nobody in (
        by_other,
        principal("DOCTOR"),
        principal("PATIENT", practitioner=doctor, patient=new_id()),
        *(principal(role, practitioner=doctor) for role in ("ADMIN", "RECEPTIONIST", "ANALYST", "AUDITOR")),
        *(principal(role, practitioner=doctor) for role in ("PHARMACIST", "LAB_TECHNICIAN", "INSURANCE_PROVIDER")),
    ):
        assert await ward.opens(nobody, patient) == set(), nobody.roles

    await ward.hear(Rescheduled(**booked | {"practitioner_id": other, "ends_at": utc_now() + 9 * DAY}))
    assert (await ward.opens(by, patient), await ward.opens(by_other, patient)) == (set(), ALL)
    moved = booked | {"practitioner_id": other}
    await ward.hear(Cancelled(**moved | {"status": "CANCELLED"}))
    assert await ward.opens(by_other, patient) == set()
    await ward.hear(StatusReverted(**moved))
    assert await ward.opens(by_other, patient) == ALL

    told = [event.data for event in await ward.clinic.published("records")]
    assert [(each["version"], each["practitionerId"]) for each in told] == [
        (1, str(doctor)),
        (2, str(doctor)),
        (1, str(other)),
        (2, str(other)),
        (3, str(other)),
    ]


async def test_an_order_lets_who_gave_it_and_who_carries_it_out(ward: Ward) -> None:
    patient, doctor, pharmacy, elsewhere = new_id(), new_id(), new_id(), new_id()
    prescription = {"prescription_id": new_id(), "patient_id": patient}
    by = principal("DOCTOR", practitioner=doctor)
    pharmacist, other = (principal("PHARMACIST", locations={place}) for place in (pharmacy, elsewhere))
    signed = PrescriptionSigned(**prescription, practitioner_id=doctor, location_id=pharmacy)
    booked = facts(patient, doctor, utc_now() + DAY)
    await ward.hear(PatientRegistered(patient_id=patient), Booked(**booked), signed, signed)
    await ward.hear(Cancelled(**booked | {"status": "CANCELLED"}))
    assert (await ward.opens(by, patient), await ward.opens(pharmacist, patient)) == (ALL, set(SAFETY_SECTIONS))
    for nobody in (other, principal("PHARMACIST"), principal("RECEPTIONIST", locations={pharmacy})):
        assert await ward.opens(nobody, patient) == set()

    await ward.hear(signed.model_copy(update={"location_id": elsewhere}))  # it was presented there
    assert (await ward.opens(pharmacist, patient), await ward.opens(other, patient)) == (set(), set(SAFETY_SECTIONS))
    ended = PrescriptionEnded(**prescription)
    await ward.hear(ended, ended)
    assert (await ward.opens(by, patient), await ward.opens(other, patient)) == (set(), set())
    await ward.hear(signed)  # something came back to stock
    assert await ward.opens(pharmacist, patient) == set(SAFETY_SECTIONS)


async def test_a_laboratory_may_know_who_its_patients_are_and_nothing_of_their_record(ward: Ward) -> None:
    patient, doctor, laboratory = new_id(), new_id(), new_id()
    order = {"order_id": new_id(), "patient_id": patient}
    booked = Booked(**facts(patient, doctor, utc_now() + DAY))
    ordered = LabOrdered(**order, practitioner_id=doctor, laboratory_id=laboratory)
    await ward.hear(PatientRegistered(patient_id=patient), booked, ordered)
    place = next(row for row in await ward.access(patient) if row.location_id)
    assert (place.basis, place.location_id, place.sections, place.valid_until) == (Basis.ORDER, laboratory, [], None)
    for role in ("LAB_TECHNICIAN", "NURSE"):
        assert await ward.opens(principal(role, locations={laboratory}), patient) == set()
    await ward.hear(LabOrderEnded(**order))
    assert all(row.valid_until for row in await ward.access(patient))


async def test_an_order_keeps_no_access_for_who_had_it_by_a_grant_or_an_emergency(ward: Ward) -> None:
    patient, _ = await ward.patient()
    doctor, account, pharmacy = new_id(), new_id(), new_id()
    await ward.let(patient, Basis.EMERGENCY, account_id=account)
    order = {"prescription_id": new_id(), "patient_id": patient}
    await ward.hear(PrescriptionSigned(**order, practitioner_id=doctor, location_id=pharmacy))
    assert {row.practitioner_id for row in await ward.access(patient)} == {None}
    assert await ward.opens(principal("PHARMACIST", locations={pharmacy}), patient) == set(SAFETY_SECTIONS)


async def test_a_visit_of_another_system_makes_a_relation_while_it_is_recent(ward: Ward) -> None:
    doctor = new_id()
    by = principal("DOCTOR", practitioner=doctor)
    for ends_at, status, expected in (
        (utc_now() - 29 * DAY, "COMPLETED", ALL),
        (utc_now() - 31 * DAY, "COMPLETED", set()),
        (utc_now() - DAY, "CANCELLED", set()),
        (None, "COMPLETED", ALL),
    ):
        patient, _ = await ward.patient()
        visit = facts(patient, doctor, ends_at or utc_now(), status=status) | {"ends_at": ends_at}
        del visit["booked_at"]
        await ward.hear(VisitRecorded(**visit | {"practitioner_id": None}), VisitRecorded(**visit))
        assert await ward.opens(by, patient) == expected, (ends_at, status)
        await ward.hear(VisitRecorded(**visit | {"practitioner_id": None}))
        assert await ward.opens(by, patient) == set()


async def test_how_long_a_relation_lasts_is_a_setting(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECORDS_RELATION_DAYS", "2")
    relation_lasts.cache_clear()
    patient, _ = await ward.patient()
    booked = facts(patient, new_id(), utc_now() + DAY)
    await ward.hear(Booked(**booked))
    relation_lasts.cache_clear()
    (row,) = await ward.access(patient)
    assert row.valid_until == booked["ends_at"] + 2 * DAY


async def test_what_lets_somebody_in_holds_to_the_second_and_for_its_sections(ward: Ward) -> None:
    patient, _ = await ward.patient()
    nurse, parent = principal("NURSE"), principal("PATIENT", patient=new_id())
    now = utc_now()
    await ward.let(patient, Basis.GRANT, account_id=nurse.subject, valid_until=now)
    await ward.let(patient, Basis.GRANT, account_id=nurse.subject, valid_from=now + HOUR)
    assert await ward.opens(nurse, patient) == set()
    await ward.let(patient, Basis.GRANT, account_id=nurse.subject, sections=["NOTES"], valid_until=now + HOUR)
    assert await ward.opens(nurse, patient) == {Section.NOTES}
    await ward.let(patient, Basis.PROXY, proxy_id=parent.patient)
    assert await ward.opens(parent, patient) == ALL


async def said_of(ward: Ward, patient: UUID) -> list[tuple[str, int, bool]]:
    """What every service is told of what a patient withholds: the section, the version, and whether that is over."""
    events = [event for event in await ward.clinic.published("records") if event.type == WithholdingChanged.type]
    told = [read_data(event, WithholdingChanged) for event in events]
    return [(each.section, each.version, each.valid_until is not None) for each in told if each.patient_id == patient]


async def test_what_was_withheld_before_others_were_told_is_told(ward: Ward) -> None:
    patient, _ = await ward.patient()
    untold = withheld(patient, "NOTES")
    untold.version = 0
    await ward.know(untold)
    for _ in range(2):
        await tell_withheld(ward.clinic.service("records").runtime)
    assert await said_of(ward, patient) == [("NOTES", 1, False)]


async def test_what_a_patient_withholds_only_an_emergency_opens(ward: Ward) -> None:
    patient, me = await ward.patient()
    doctor, urgent = principal("DOCTOR", practitioner=new_id()), principal("DOCTOR")
    await ward.let(patient, practitioner_id=doctor.practitioner)
    await ward.let(patient, Basis.EMERGENCY, account_id=urgent.subject)
    for _ in range(2):
        withheld = await answer(me, WITHHOLD, patientId=str(patient), section="NOTES")
        assert withheld == {"__typename": "WithheldSections", "sections": ["NOTES"]}
    assert await me.data(WITHHELD, id=str(patient)) == {"withheldSections": {"sections": ["NOTES"]}}
    assert await said_of(ward, patient) == [("NOTES", 1, False)]
    assert await ward.opens(doctor, patient) == ALL - {Section.NOTES}
    by_doctor = ward.clinic.caller("DOCTOR", practitioner=doctor.practitioner)
    assert await by_doctor.data(READABLE.format(patient)) == {
        "nodes": [{"record": {"readableSections": [str(each) for each in Section if each is not Section.NOTES]}}]
    }
    assert await ward.opens(urgent, patient) == await ward.opens(principal("PATIENT", patient=patient), patient) == ALL

    stranger, minor = ward.clinic.caller("PATIENT", patient=new_id()), principal("PATIENT", patient=new_id())
    proxy = ward.clinic.caller("PATIENT", patient=minor.patient)
    for caller in (stranger, proxy, ward.clinic.caller("DOCTOR", practitioner=doctor.practitioner)):
        assert (await answer(caller, RELEASE, patientId=str(patient), section="NOTES"))["code"] == "NOT_FOUND"
        assert await caller.data(WITHHELD, id=str(patient)) == {"withheldSections": {"sections": []}}
    partly = await ward.let(patient, Basis.PROXY, proxy_id=minor.patient, sections=["ALLERGIES"])
    assert (await answer(proxy, RELEASE, patientId=str(patient), section="NOTES"))["code"] == "NOT_FOUND"
    await ward.let(patient, Basis.PROXY, proxy_id=minor.patient)
    assert (await answer(proxy, RELEASE, patientId=str(patient), section="NOTES"))["sections"] == []
    assert partly.sections == ["ALLERGIES"]
    assert await said_of(ward, patient) == [("NOTES", 1, False), ("NOTES", 2, True)]
    assert await ward.opens(doctor, patient) == ALL


def decided(patient: UUID, section: Section) -> tuple[WithheldSection, Withholding]:
    """What a patient has decided to withhold, and what every service knows of it."""
    known = withheld(patient, section)
    return WithheldSection(id=known.id, patient_id=patient, section=section), known


async def test_merged_patients_share_who_may_open_and_what_is_withheld(ward: Ward) -> None:
    (merged, _), (survivor, _), doctor, parent = await ward.patient(), await ward.patient(), new_id(), new_id()
    booked = facts(merged, doctor, utc_now() + DAY)
    await ward.hear(Booked(**booked))
    await ward.let(parent, Basis.PROXY, proxy_id=merged)
    await ward.know(
        *(row for section in (Section.NOTES, Section.HISTORY) for row in decided(merged, section)),
        *decided(survivor, Section.NOTES),
    )
    await ward.hear(*[PatientMerged(patient_id=survivor, merged_patient_id=merged)] * 2)
    by = principal("DOCTOR", practitioner=doctor)
    assert await ward.opens(by, survivor) == ALL - {Section.NOTES, Section.HISTORY}
    assert await ward.access(merged) == []
    assert [row.proxy_id for row in await ward.access(parent)] == [survivor]
    told = [event.data for event in await ward.clinic.published("records") if event.type == AccessChanged.type]
    last = {event["patientId"]: event["version"] for event in told}
    assert last == {str(merged): 1, str(survivor): 2, str(parent): 2}
    await ward.hear(Rescheduled(**booked | {"ends_at": utc_now() + 2 * DAY}))
    assert {row.patient_id for row in await ward.access(survivor)} == {survivor}
    me = ward.clinic.caller("PATIENT", patient=survivor)
    assert (await answer(me, RELEASE, patientId=str(survivor), section="NOTES"))["sections"] == ["HISTORY"]
    assert await ward.opens(by, survivor) == ALL - {Section.HISTORY}
