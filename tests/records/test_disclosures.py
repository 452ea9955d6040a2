"""Who has looked at a patient's record: as the patient sees it, and as an auditor accounts for it."""

import csv
from base64 import b64decode
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from fhir.resources.R4B.bundle import Bundle

from shared.audit.recorder import Action, AuditRecorder
from shared.auth.principal import system
from shared.database.model import utc_now
from shared.database.tables import AuditEntry, Merger
from shared.disclosures import PatientDataRead, Read
from shared.events.event import read_data
from shared.ids import new_id
from shared.patient_access import Basis
from subgraphs.records.events import LooksCounted
from subgraphs.records.jobs import count_looks
from subgraphs.records.models import Account, Disclosure
from tests.harness.caller import Caller
from tests.harness.ids import key_of
from tests.records.conftest import Ward, principal
from tests.records.test_emergencies import LIST as EMERGENCIES
from tests.records.test_emergencies import opened
from tests.records.test_requests import asked

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
LOOK = "at roles section fieldGroup resource account { id } practitioner { id } patients { id } bases purposes"
MINE = f"""query Mine($id: ID, $from: DateTime, $to: DateTime, $first: Int, $after: String) {{
  myRecordDisclosures(patientId: $id, from: $from, to: $to, first: $first, after: $after) {{
    totalCount pageInfo {{ endCursor hasNextPage }} nodes {{ {LOOK} }}
  }}
}}"""
ALL = f"""query All($id: ID, $account: ID, $from: DateTime, $to: DateTime) {{
  disclosures(patientId: $id, accountId: $account, from: $from, to: $to) {{ totalCount nodes {{ {LOOK} }} }}
}}"""

EXPORT = """query Export($format: DisclosuresExportFormat!, $id: ID, $after: String) {
  disclosuresExport(format: $format, patientId: $id, after: $after) {
    mediaType fileName content count endCursor hasNext staffMembers { id }
  }
}"""


def look(by: UUID, *patients: UUID, **fields: Any) -> Disclosure:
    """That somebody has read something of patients."""
    what: dict[str, Any] = {"at": utc_now(), "service": "records", "roles": ["NURSE"], "resource": "Note"} | fields
    return Disclosure(actor=by, patients=list(patients), **what)


async def looks(caller: Caller, query: str, **variables: Any) -> list[dict[str, Any]]:
    """The looks that somebody sees."""
    (found,) = (await caller.data(query, **variables)).values()
    nodes: list[dict[str, Any]] = found["nodes"]
    assert found["totalCount"] == len(nodes)
    return nodes


async def test_a_patient_sees_who_looked_on_what_basis_and_for_what(ward: Ward) -> None:
    (patient, me), practitioner = await ward.patient(), new_id()
    nurse, doctor, own = new_id(), new_id(), new_id()
    await ward.know(
        Account(id=nurse, enabled=True, scopes=[]),
        Account(id=doctor, practitioner_id=practitioner, enabled=True, scopes=[]),
        Account(id=own, patient_id=patient, enabled=True, scopes=[]),
    )
    request = await asked(ward.clinic.caller("NURSE", subject=nurse), patient, purpose="COC")
    await ward.let(patient, Basis.GRANT, account_id=nurse, id=key_of(request["id"]), valid_until=utc_now())
    await ward.let(patient, practitioner_id=practitioner)
    await ward.let(patient, Basis.EMERGENCY, account_id=doctor)
    await ward.let(patient, practitioner_id=new_id())
    await ward.know(
        look(nurse, patient, at=utc_now() - MINUTE),
        look(nurse, patient, at=utc_now() - 2 * HOUR),  # before anything let them
        look(doctor, patient, at=utc_now()),
        look(own, patient, resource="RecordAccessRequest"),
        look(nurse, new_id()),
    )
    found = await looks(me, MINE)
    assert [(each["account"]["id"], each["bases"], each["purposes"]) for each in found] == [
        (f"Account:{own}", ["OWNER"], ["PATRQT"]),
        (f"Account:{doctor}", ["APPOINTMENT", "EMERGENCY"], ["TREAT", "ETREAT"]),
        (f"Account:{nurse}", ["GRANT"], ["COC"]),
        (f"Account:{nurse}", [], []),
    ]
    assert [each["practitioner"] for each in found][1:3] == [{"id": f"Practitioner:{practitioner}"}, None]
    assert found[1]["roles"] == ["NURSE"]
    assert all(each["patients"] == [{"id": f"Patient:{patient}"}] for each in found)


async def test_who_looked_where_an_order_was_carried_out_did_so_by_it_if_they_worked_there_then(ward: Ward) -> None:
    (patient, me), pharmacy = await ward.patient(), new_id()
    await ward.let(patient, Basis.ORDER, location_id=pharmacy, sections=["MEDICATIONS"], valid_until=utc_now())
    looked: dict[str, Any] = {"at": utc_now() - MINUTE, "service": "pharmacy", "resource": "Prescription"}
    await ward.know(
        look(new_id(), patient, locations=[new_id(), pharmacy], **looked),
        look(new_id(), patient, locations=[new_id()], **looked),
        look(new_id(), patient, **looked),
        look(new_id(), patient, locations=[pharmacy], **looked | {"at": utc_now() - 2 * HOUR}),
    )
    found = sorted((each["bases"], each["purposes"]) for each in await looks(me, MINE))
    assert found == [([], [])] * 3 + [(["ORDER"], ["TREAT"])]


@pytest.mark.own_clinic
async def test_a_look_at_several_patients_tells_each_of_themselves_alone(ward: Ward) -> None:
    (patient, me), (other, _), (child, _), account = (
        await ward.patient(),
        await ward.patient(),
        await ward.patient(),
        new_id(),
    )
    await ward.let(other, Basis.EMERGENCY, account_id=account)
    await ward.let(child, Basis.PROXY, proxy_id=patient)
    await ward.let(child, Basis.GRANT, account_id=account)
    await ward.know(look(account, patient, other, child))
    (mine,) = await looks(me, MINE)
    assert (mine["patients"], mine["bases"]) == ([{"id": f"Patient:{patient}"}], [])
    (childs,) = await looks(me, MINE, id=str(child))
    assert (childs["patients"], childs["bases"]) == ([{"id": f"Patient:{child}"}], ["GRANT"])
    assert await looks(me, MINE, id=str(other)) == []
    (all_,) = await looks(ward.clinic.caller("AUDITOR"), ALL)
    assert (len(all_["patients"]), set(all_["bases"])) == (3, {"EMERGENCY", "GRANT"})


@pytest.mark.own_clinic
async def test_what_is_really_read_is_told_and_an_accounting_is_entered(ward: Ward) -> None:
    (patient, me), account = await ward.patient(), new_id()
    doctor = ward.clinic.caller("DOCTOR", subject=account)
    await opened(doctor, patient)
    await doctor.data(EMERGENCIES)
    auditor = ward.clinic.caller("AUDITOR")
    await ward.account()
    (seen,) = await looks(me, MINE)
    assert (seen["resource"], seen["section"], seen["fieldGroup"]) == ("EmergencyAccess", None, "ACCESS")
    assert (seen["bases"], seen["purposes"]) == (["EMERGENCY"], ["ETREAT"])
    assert await looks(auditor, ALL, id=str(patient), account=str(account)) == [seen]
    for nothing in ({"account": str(new_id())}, {"id": str(new_id())}, {"to": seen["at"]}):
        assert await looks(auditor, ALL, **nothing) == []
    assert await looks(auditor, ALL, **{"from": seen["at"]}) == [seen]
    entered = [entry for entry in await ward.clinic.audit("records") if entry.resource == "disclosures"]
    assert entered[0].patients == [patient]
    for role in ("ADMIN", "DOCTOR", "NURSE", "RECEPTIONIST", "ANALYST", "PATIENT"):
        denied = await ward.clinic.caller(role).execute(ALL)
        assert denied["data"] == {"disclosures": None}, role


@pytest.mark.own_clinic
async def test_what_services_tell_of_their_trails_is_told_once_and_without_what_is_no_look(ward: Ward) -> None:
    (patient, me), nurse = await ward.patient(), new_id()
    runtime, others = ward.clinic.service("patients").runtime, [new_id() for _ in range(6000)]

    def entry(by: UUID, *patients: UUID, **fields: Any) -> AuditEntry:
        made = AuditRecorder(principal("NURSE", subject=by)).entry(Action.READ, "Patient", [new_id()], list(patients))
        return AuditEntry(**made | fields)

    async with runtime.database.write() as session:
        session.add(entry(nurse, patient))
        session.add_all(
            (
                entry(system().subject, patient),
                entry(nurse, patient, outcome="denied"),
                entry(nurse, patient, action="update"),
                entry(nurse),
            )
        )
        session.add(entry(nurse, *others, patient))
    await ward.account("patients")
    await ward.account("patients")
    small, large = await looks(me, MINE)
    assert {each["fieldGroup"] for each in (small, large)} == {"DEMOGRAPHICS"}
    assert small["account"] == {"id": f"Account:{nurse}"}
    told = [read_data(each, PatientDataRead) for each in await ward.clinic.published("patients")]
    assert [[len(read.patients) for read in each.reads] for each in told] == [[1], [5000], [1001]]


@pytest.mark.own_clinic
async def test_looks_without_an_appointment_are_counted_by_day_and_role_and_name_nobody(ward: Ward) -> None:
    (seen, _), (other, _), doctor, practitioner = await ward.patient(), await ward.patient(), new_id(), new_id()
    await ward.know(Account(id=doctor, practitioner_id=practitioner, enabled=True, scopes=[]))
    await ward.let(seen, practitioner_id=practitioner)
    merged, day = new_id(), utc_now().date()
    await ward.know(Merger(merged_id=merged, survivor_id=other))
    by_doctor: dict[str, Any] = {"actor": doctor, "roles": ["DOCTOR"]}

    def read(*patients: UUID, **fields: Any) -> Read:
        given = {"id": new_id(), "at": utc_now(), "actor": new_id(), "roles": ["NURSE"], "resource": "Patient"}
        return Read(**given | fields, patients=list(map(str, patients)))

    async def counted() -> list[tuple[date, str, int, int]]:
        await count_looks(ward.clinic.service("records").runtime)
        events = [each for each in await ward.clinic.published("records") if each.type == LooksCounted.type]
        told = [read_data(each, LooksCounted) for each in events]
        assert not [
            key for key in map(str, (seen, other, merged, doctor)) if any(key in str(each.data) for each in events)
        ]
        return [(each.day, each.role, each.looks, each.records) for each in told]

    looks = [read(seen, **by_doctor), read(seen, other, **by_doctor), read(merged, **by_doctor), read(seen)]
    own = read(seen, roles=["PATIENT"])
    told = PatientDataRead(service="patients", reads=[*looks, own])
    await ward.hear(told)
    assert sorted(await counted()) == [(day, "DOCTOR", 2, 1), (day, "NURSE", 1, 1)]
    await ward.hear(told)
    assert len(await counted()) == 2, "what is counted is not counted again, told again or not"
    await ward.hear(PatientDataRead(service="patients", reads=[read(other)]))
    assert sorted((await counted())[2:]) == [(day, "DOCTOR", 2, 1), (day, "NURSE", 2, 2)]


async def test_looks_are_paged_and_those_at_merged_records_are_the_survivors(ward: Ward) -> None:
    (patient, me), merged, account = await ward.patient(), new_id(), new_id()
    await ward.know(Merger(merged_id=merged, survivor_id=patient))
    await ward.let(patient, Basis.GRANT, account_id=account)
    await ward.know(*(look(account, merged if number % 2 else patient) for number in range(5)))
    with ward.clinic.statements("records") as statements:
        page = (await me.data(MINE, first=2))["myRecordDisclosures"]
    assert len(statements) == 3  # the page, its count, and all grounds
    assert (page["totalCount"], len(page["nodes"]), page["pageInfo"]["hasNextPage"]) == (5, 2, True)
    rest = (await me.data(MINE, first=9, after=page["pageInfo"]["endCursor"]))["myRecordDisclosures"]
    assert [each["bases"] for each in page["nodes"] + rest["nodes"]] == [["GRANT"]] * 5


async def exported(caller: Caller, form: str, **variables: Any) -> tuple[dict[str, Any], str]:
    """A part of the accounting, and its content."""
    part = (await caller.data(EXPORT, format=form, **variables))["disclosuresExport"]
    return part, b64decode(part["content"]).decode()


async def test_an_accounting_is_exported_in_parts_for_auditors_and_that_is_entered(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("subgraphs.records.repository.disclosures.MOST", 2)
    (patient, me), other, nurse, practitioner = await ward.patient(), new_id(), new_id(), new_id()
    await ward.know(Account(id=nurse, practitioner_id=practitioner, enabled=True, scopes=[]))
    await ward.let(patient, Basis.EMERGENCY, account_id=nurse)
    ancient = utc_now() - timedelta(days=7 * 365)
    made = [look(nurse, patient, other, at=utc_now() - minutes * MINUTE) for minutes in range(3)]
    await ward.know(*made, look(nurse, patient, at=ancient), look(nurse, other))
    auditor = ward.clinic.caller("AUDITOR")

    part, content = await exported(auditor, "CSV", id=str(patient))
    assert (part["mediaType"], part["fileName"]) == ("text/csv; charset=utf-8", "disclosures.csv")
    assert (part["count"], part["hasNext"], part["staffMembers"]) == (2, True, [{"id": f"StaffMember:{nurse}"}])
    first, _ = csv.DictReader(content.splitlines())
    assert first == {
        "id": str(made[0].id),
        "at": made[0].at.isoformat(),
        "account": f"Account:{nurse}",
        "practitioner": f"Practitioner:{practitioner}",
        "roles": "NURSE",
        "patients": f"Patient:{patient}",
        "fieldGroup": "RECORD",
        "section": "NOTES",
        "resource": "Note",
        "bases": "EMERGENCY",
        "purposes": "ETREAT",
    }
    part, content = await exported(auditor, "FHIR", id=str(patient), after=part["endCursor"])
    assert (part["count"], part["hasNext"]) == (1, False)
    bundle: Any = Bundle.model_validate_json(content)
    (event,) = (entry.resource for entry in bundle.entry)
    assert (event.id, event.recorded, event.action) == (str(made[2].id), made[2].at, "R")
    assert [each.code for each in event.purposeOfEvent[0].coding] == ["ETREAT"]
    assert event.agent[0].who.reference == f"Practitioner/{practitioner}"
    assert [each.what.reference for each in event.entity if each.what] == [f"Patient/{patient}"]
    part, content = await exported(auditor, "FHIR", id=str(new_id()))
    assert (part["count"], part["endCursor"], Bundle.model_validate_json(content).entry) == (0, None, None)

    entered = [entry for entry in await ward.clinic.audit("records") if entry.resource == "disclosures"]
    assert [entry.detail for entry in entered] == [{"exported": "CSV"}, {"exported": "FHIR"}, {"exported": "FHIR"}]
    assert entered[0].patients == [patient]
    for caller in (me, *map(ward.clinic.caller, ("ADMIN", "DOCTOR", "ANALYST"))):
        denied = await caller.execute(EXPORT, format="CSV")
        assert denied["data"] == {"disclosuresExport": None}
    wrong = await auditor.execute(EXPORT, format="CSV", after="nonsense")
    assert wrong["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("role", ["PATIENT", "DOCTOR"])
async def test_a_stranger_sees_no_looks(ward: Ward, role: str) -> None:
    patient, _ = await ward.patient()
    await ward.know(look(new_id(), patient))
    stranger = ward.clinic.caller(role, patient=new_id())
    answered = await stranger.execute(MINE, id=str(patient))
    assert answered["data"]["myRecordDisclosures"] in (
        None,
        {
            "totalCount": 0,
            "pageInfo": {"endCursor": None, "hasNextPage": False},
            "nodes": [],
        },
    )
