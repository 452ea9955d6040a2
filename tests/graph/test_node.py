"""Any object of the graph by its id: what Relay, and caches that keep objects by their ids, rely on."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema, get_named_type, is_leaf_type
from sqlmodel import select

from shared.database.model import Audited, utc_now
from shared.database.tables import PatientAccess
from shared.ids import global_id, new_id
from shared.patient_access import Basis
from stack import schema
from stack.services import ROOT, SUBGRAPHS
from subgraphs.notifications.models import Kind, Notification
from subgraphs.records.models import Patient as RecordsPatient
from tests.appointments.conftest import Practice, answer, at, change, practice
from tests.authorization.laboratory import laboratory_rows
from tests.authorization.rows import Party
from tests.graph.hostile import FITTING, plausible
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.harness.databases import keep_all, stored
from tests.identity.conftest import PASSWORD, account, mailbox, quick
from tests.patients.conftest import register
from tests.pharmacy.prescribing import prescribed
from tests.pharmacy.storing import stocked
from tests.records.asking import Clinician, visited
from tests.records.conftest import COLLEAGUE, Ward, person
from tests.records.test_clinical import RECORDED, record
from tests.records.test_documents import announced
from tests.records.test_emergencies import opened
from tests.records.test_proxies import appointed, born
from tests.records.test_requests import asked

__all__ = ["mailbox", "practice", "quick"]

NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
LOG_IN = "mutation($input: LogInInput!) { logIn(input: $input) { ... on LogInSuccess { accessToken } } }"
PRESCRIBED = {"Dispense", "Prescription", "PrescriptionChange", "RefillRequest", "SafetyAlert"}
OPEN_TO_ALL = {
    "AppointmentType",
    "LabPanel",
    "LabTest",
    "Location",
    "Medication",
    "Organization",
    "Practitioner",
    "ReferenceRange",
    "Schedule",
    "ScheduleException",
    "StaffMember",
}


@pytest.fixture
def services() -> tuple[str, ...]:
    return tuple(each.name for each in SUBGRAPHS)


@pytest.fixture
def api() -> GraphQLSchema:
    return schema.build((ROOT / schema.API).read_text())


def node_types(api: GraphQLSchema) -> list[GraphQLObjectType]:
    node = api.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    return list(api.get_possible_types(node))


@dataclass(frozen=True)
class Viewers:
    """Who may see objects: an administrator; of the medical record somebody who treats the patient; who dispenses."""

    admin: Caller
    nurse: Caller
    pharmacist: Caller
    technician: Caller

    def of(self, kind: str) -> Caller:
        """Who may see an object of a type."""
        if kind == "DispenseLot":
            return self.pharmacist
        if kind.startswith("Inbound"):
            return self.technician
        for service in ("records", "laboratory"):
            types = import_module(f"subgraphs.{service}.app").service.schema.schema_converter.type_map
            key = _key(types[kind]) if kind in types else None
            if key is not None and issubclass(key.class_, Audited) and kind != "Proxy":
                return self.nurse
        return self.nurse if kind in PRESCRIBED else self.admin


def _key(known: Any) -> Any:
    return getattr(getattr(known.definition, "origin", None), "_key", None)


async def _fill(practice: Practice) -> Viewers:
    """Objects of the types that are not saved by themselves, and who may see them."""
    clinic, reception = practice.clinic, practice.reception
    row = await account(clinic, "admin@example.com", "ADMIN")
    session = await answer(clinic.anonymous, LOG_IN, email=row.email, password=PASSWORD)
    admin = clinic.bearer(session["accessToken"])
    async with stored(clinic.service("notifications").runtime.database) as rows:
        rows.add(Notification(recipient=row.id, kind=next(iter(Kind))))
    patient, jane = await practice.patient()
    days = dict.fromkeys(("fromDay", "untilDay"), str(at(9, 0).date()))
    for caller, name, fields in (
        (admin, "ImportInteractions", {"csv": "first,second,severity\nwarfarin,niacin,WARNS\n"}),
        (reception, "JoinWaitlist", practice.waiting(patient)),
        (
            reception,
            "AddScheduleException",
            {"practitionerId": str(practice.practitioner), "kind": "CLOSED", **days},
        ),
    ):
        made = await answer(caller, change(name, "__typename"), **fields)
        assert made["__typename"] == f"{name}Success", made
    await practice.booked(jane, patient, at(3, 10))
    await jane.data("mutation { createCalendarFeed { __typename } }")
    await register(reception)
    laboratory = new_id()
    technician = clinic.caller("LAB_TECHNICIAN", locations=[laboratory])
    return Viewers(admin, await _treat(clinic, patient, laboratory), await stocked(clinic), technician)


async def _treat(clinic: Clinic, patient: UUID, laboratory: UUID) -> Caller:
    """Objects of a patient's medical record; somebody who treats the patient."""
    ward, practitioner = Ward(clinic), new_id()
    account = new_id()
    nurse = clinic.caller("NURSE", practitioner=practitioner, subject=account)
    await ward.know(RecordsPatient(id=patient))
    async with stored(clinic.service("patients").runtime.database) as rows:
        rows.add(person(patient, birth_date=born(16)))
    await ward.practitioner(COLLEAGUE)
    await ward.let(patient, practitioner_id=practitioner)
    await asked(nurse, patient)
    await opened(nurse, patient)
    who = Clinician(nurse, practitioner, account)
    await visited(who, patient)
    for name in RECORDED.keys() - {"recordNoKnownAllergies"}:
        await record(who, patient, name)
    await announced(nurse, patient)
    parent, _ = await ward.patient()
    await appointed(clinic.caller("ADMIN"), patient, parent)
    await prescribed(clinic, patient, practitioner, account)
    await _examine(clinic, patient, practitioner, laboratory)
    return nurse


async def _examine(clinic: Clinic, patient: UUID, practitioner: UUID, laboratory: UUID) -> None:
    """What a laboratory has of a patient, whom a practitioner treats."""
    rows = laboratory_rows(Party("own", 1, patient=patient, practitioner=practitioner, location=laboratory), None)
    who: dict[str, Any] = {"patient_id": patient, "practitioner_id": practitioner}
    access = PatientAccess(id=new_id(), basis=Basis.APPOINTMENT, valid_from=utc_now(), version=1, **who)
    await keep_all(clinic.service("laboratory").runtime.database, [*rows, access])


async def _save_others(clinic: Clinic, admin: Caller, api: GraphQLSchema) -> None:
    """An object of each type that has none yet, by the mutation that saves it."""
    mutations = api.mutation_type.fields if api.mutation_type else {}
    for kind in sorted({kind.name for kind in node_types(api)} - set(await _ids(clinic))):
        assert f"save{kind}" in mutations, f"{_fill.__name__} makes no {kind}"
        fields = plausible(mutations[f"save{kind}"])["input"]
        made = await answer(admin, change(f"Save{kind}", "__typename"), **fields)
        assert made["__typename"] == f"Save{kind}Success", made


async def _ids(clinic: Clinic) -> dict[str, str]:
    """The id of an object of each type that has one, from the tables."""
    found = {}
    for each in SUBGRAPHS:
        types = import_module(each.module).service.schema.schema_converter.type_map
        for name, known in types.items():
            key = _key(known)
            if key is not None:
                async with stored(clinic.service(each.name).runtime.database) as session:
                    first = await session.scalar(select(key).order_by(key))
                if first is not None:
                    found[name] = global_id(name, first)
    return found


async def test_any_object_comes_by_its_id_to_whoever_may_see_it(practice: Practice, api: GraphQLSchema) -> None:
    viewers = await _fill(practice)
    await _save_others(practice.clinic, viewers.admin, api)
    ids = await _ids(practice.clinic)
    assert set(ids) == {kind.name for kind in node_types(api)}

    expected = [{"__typename": kind, "id": id} for kind, id in ids.items()]
    for caller in (viewers.admin, viewers.nurse, viewers.pharmacist, viewers.technician):
        theirs = [each for each in expected if viewers.of(each["__typename"]) is caller]
        assert await caller.data(NODES, ids=[each["id"] for each in theirs]) == {"nodes": theirs}
    for kind in node_types(api):
        leaves = [
            name for name, field in kind.fields.items() if is_leaf_type(get_named_type(field.type)) and not field.args
        ]
        query = f"query($id: ID!) {{ node(id: $id) {{ id ... on {kind.name} {{ {' '.join(leaves)} }} }} }}"
        assert (await viewers.of(kind.name).data(query, id=ids[kind.name]))["node"]["id"] == ids[kind.name], kind

    stranger = practice.clinic.caller("PATIENT", patient=new_id())
    seen = (await stranger.data(NODES, ids=list(ids.values())))["nodes"]
    assert seen == [each if each["__typename"] in OPEN_TO_ALL else None for each in expected]
    answer = await practice.clinic.anonymous.execute(NODES, ids=list(ids.values()))
    assert (answer["data"], answer["errors"][0]["extensions"]["code"]) == (None, "UNAUTHORIZED_FIELD_OR_TYPE")


async def test_what_is_no_id_is_nobodys(clinic: Clinic) -> None:
    admin = clinic.caller("ADMIN")
    odd = ["", ":", "Patient:", "Patient:x", str(new_id()), global_id("Appointment", new_id()), *FITTING["ID"]]
    for id in map(str, odd):
        assert await admin.data("query($id: ID!) { node(id: $id) { id } }", id=id) == {"node": None}, id
