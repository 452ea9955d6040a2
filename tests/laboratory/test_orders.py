"""Orders, and the specimens that are collected for them."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from shared.database.model import utc_now
from shared.ids import global_id, new_id
from shared.patient_access import Basis
from subgraphs.laboratory.check_digits import is_number
from subgraphs.laboratory.consumers import PatientMerged
from subgraphs.laboratory.models import Analysis, LabOrder, Specimen
from tests.harness.access import withheld
from tests.harness.caller import Caller
from tests.harness.databases import stored
from tests.harness.ids import key_of
from tests.harness.repeating import check_repeating
from tests.laboratory.conftest import Lab, Member, technician

BY_BARCODE = "query($barcode: String!) { specimenByBarcode(barcode: $barcode) { id } }"
WORKLIST = """query($place: ID!, $status: AnalysisStatus, $priority: LabPriority) {
  labWorklist(laboratoryId: $place, status: $status, priority: $priority) { totalCount nodes { id status } } }"""


async def worklist(lab: Lab, who: Member, **wanted: Any) -> list[str]:
    found = await who.caller.data(WORKLIST, place=lab.place, **wanted)
    return [each["id"] for each in found["labWorklist"]["nodes"]]


async def specimen(caller: Caller, key: str) -> dict[str, Any]:
    query = """query($id: ID!) { specimen(id: $id) { id version status barcode rejection replaces { id } parent { id }
      receivedAt handOvers { nodes { location { id } } } } }"""
    return dict((await caller.data(query, id=key))["specimen"] or {})


async def test_tests_are_ordered_collected_and_received(lab: Lab) -> None:
    patient, me = await lab.patient()
    doctor = await lab.doctor(patient)
    potassium, sodium, blood = await lab.test(), await lab.test(), await lab.test(specimenType="BLOOD")
    panel = await lab.admin.did("saveLabPanel", "labPanel { id }", name="Electrolytes", testIds=[potassium, sodium])
    order = await lab.ordered(
        doctor, patient, potassium, blood, panelIds=[panel["id"]], reason="Weakness", pregnant=False, priority="URGENT"
    )
    assert (order["status"], order["reason"], order["born"], order["sex"]) == (
        "ORDERED",
        "Weakness",
        "1940-02-01",
        "OTHER",
    )
    assert is_number(order["number"])
    assert [each["labTest"]["id"] for each in order["analyses"]["nodes"]] == [potassium, blood, sodium]
    assert sorted(each["type"] for each in order["specimens"]["nodes"]) == ["BLOOD", "SERUM"]
    (told,) = [each for each in await lab.told("lab-ordered") if each["patientId"] == str(patient)]
    assert told["practitionerId"] == str(doctor.practitioner)
    assert told["laboratoryId"] == str(lab.location)

    serum = order["specimens"]["nodes"][0]
    nurse = await lab.doctor(patient, "NURSE")
    collected = {"id": serum["id"], "version": 1, "collectedAt": (utc_now() - timedelta(minutes=9)).isoformat()}
    await nurse.did("collectSpecimen", **collected)
    again = await nurse.does("collectSpecimen", **collected | {"version": 2})
    assert again["code"] == "LAB_STATUS"
    await nurse.did("recordHandOver", specimenId=serum["id"], locationId=lab.place)
    assert (await lab.technician.caller.data(BY_BARCODE, barcode=serum["barcode"]))["specimenByBarcode"]["id"] == serum[
        "id"
    ]
    await lab.technician.did("receiveSpecimen", id=serum["id"], version=3)
    now = await lab.order(order["id"], me)
    assert (now["status"], now["specimens"]["nodes"][0]["status"]) == ("IN_PROGRESS", "RECEIVED")
    found = await specimen(me, serum["id"])
    assert found["handOvers"]["nodes"] == [{"location": {"id": lab.place}}]
    (collected_event,) = [each for each in await lab.told("specimen-collected") if each["patientId"] == str(patient)]
    assert collected_event["collectorId"] == str(nurse.account)


async def test_who_orders_opens_nothing_that_they_may_not_open_by_caring(lab: Lab) -> None:
    patient, _ = await lab.patient()
    test, stranger = await lab.test(), await lab.doctor()
    given = {"patientId": global_id("Patient", patient), "laboratoryId": lab.place, "testIds": [test]}
    assert (await stranger.does("orderLabTests", **given))["code"] == "NOT_TREATING_PATIENT"
    urgent = await lab.doctor(patient, basis=Basis.EMERGENCY)
    await lab.ordered(urgent, patient, test)
    (told,) = [each for each in await lab.told("lab-ordered") if each["patientId"] == str(patient)]
    assert told["practitionerId"] is None
    denied = [entry for entry in await lab.clinic.audit("laboratory") if entry.outcome == "denied"]
    assert patient in {key for entry in denied for key in entry.resource_ids}


async def test_what_is_not_there_is_not_ordered(lab: Lab) -> None:
    patient, _ = await lab.patient()
    doctor, test = await lab.doctor(patient), await lab.test(active=False)
    whose = {"patientId": global_id("Patient", patient), "laboratoryId": lab.place}
    for given, path, code in (
        ({"testIds": [test]}, "testIds", "NOT_OFFERED"),
        ({"testIds": [str(new_id())]}, "testIds", "NOT_OFFERED"),
        ({"panelIds": [str(new_id())]}, "panelIds", "NOT_OFFERED"),
        ({"testIds": [await lab.test()], "laboratoryId": str(new_id())}, "laboratoryId", "NOT_FOUND"),
        ({"testIds": [await lab.test()], "practitionerId": str(new_id())}, "practitionerId", "NOT_FOUND"),
    ):
        answer = await doctor.does("orderLabTests", **whose | given)
        assert answer["fields"] == [{"path": [path], "code": code}], given
    answer = await doctor.does("orderLabTests", **whose)
    assert [each["code"] for each in answer["fields"]] == ["NOTHING_ORDERED"]
    answer = await doctor.does("orderLabTests", **whose | {"patientId": str(new_id()), "testIds": [test]})
    assert answer["code"] == "NOT_FOUND"


async def test_nothing_is_ordered_while_the_patient_cannot_be_looked_up(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient, _ = await lab.patient()
    doctor, test = await lab.doctor(patient), await lab.test()
    monkeypatch.setattr(lab.clinic.service("laboratory").runtime.graph, "_url", "http://127.0.0.1:9/graphql")
    given = {"patientId": global_id("Patient", patient), "laboratoryId": lab.place, "testIds": [test]}
    assert (await doctor.does("orderLabTests", **given))["code"] == "GRAPH_UNAVAILABLE"


async def test_a_draft_is_its_authors_until_it_is_sent(lab: Lab) -> None:
    patient, me = await lab.patient()
    doctor, test = await lab.doctor(patient), await lab.test()
    draft = await lab.ordered(doctor, patient, test, draft=True)
    for caller in (lab.technician.caller, me):
        assert await lab.order(draft["id"], caller) == {}
    assert await worklist(lab, lab.technician) == []
    collect = {"id": draft["specimens"]["nodes"][0]["id"], "version": 1}
    assert (await doctor.does("collectSpecimen", **collect))["code"] == "LAB_STATUS"
    await doctor.did("sendLabOrder", id=draft["id"], version=1)
    assert (await lab.order(draft["id"]))["status"] == "ORDERED"
    other = await lab.ordered(doctor, patient, test, draft=True)
    await doctor.did("cancelLabOrder", id=other["id"], version=1, reason="NOT_NEEDED")
    told = [each for each in await lab.told("lab-order-ended") if each["patientId"] == str(patient)]
    assert told == []


async def test_a_technician_sees_the_orders_of_their_own_laboratory(lab: Lab) -> None:
    patient, _ = await lab.patient()
    doctor, test = await lab.doctor(patient), await lab.test()
    order = await lab.received(doctor, patient, test)
    elsewhere, nowhere = technician(lab.clinic, new_id()), technician(lab.clinic)
    for other in (elsewhere, nowhere):
        assert await lab.order(order["id"], other.caller) == {}
        assert await worklist(lab, other) == []
        barcode = order["specimens"]["nodes"][0]["barcode"]
        assert (await other.caller.data(BY_BARCODE, barcode=barcode))["specimenByBarcode"] is None
        reject = {"id": order["id"], "version": order["version"], "reason": "NOT_OFFERED"}
        assert (await other.does("rejectLabOrder", **reject))["code"] == "NOT_FOUND"
    assert await worklist(lab, lab.technician) == [order["analyses"]["nodes"][0]["id"]]


async def test_a_worklist_begins_with_what_is_most_urgent(lab: Lab) -> None:
    patient, _ = await lab.patient()
    doctor, slow, fast = await lab.doctor(patient), await lab.test(turnaround=600), await lab.test(turnaround=10)
    made = {
        priority: (await lab.ordered(doctor, patient, slow, fast, priority=priority))["analyses"]["nodes"]
        for priority in ("ROUTINE", "STAT", "URGENT")
    }
    expected = [made[priority][place]["id"] for priority in ("STAT", "URGENT", "ROUTINE") for place in (1, 0)]
    assert await worklist(lab, lab.technician) == expected
    assert await worklist(lab, lab.technician, priority="STAT") == expected[:2]
    assert await worklist(lab, lab.technician, status="RESULTED") == []


async def test_an_order_ends_without_results(lab: Lab) -> None:
    patient, _ = await lab.patient()
    doctor, test = await lab.doctor(patient), await lab.test()
    cancelled = await lab.ordered(doctor, patient, test)
    fields = {"version": 1, "reason": "DUPLICATE", "comment": "Twice."}
    await doctor.did("cancelLabOrder", id=cancelled["id"], **fields)
    found = await lab.order(cancelled["id"])
    assert (found["status"], found["endReason"]) == ("CANCELLED", "DUPLICATE")
    assert found["specimens"]["nodes"][0]["status"] == "DISPOSED"
    assert found["analyses"]["nodes"][0]["status"] == "CANCELLED"
    assert (await doctor.does("cancelLabOrder", id=cancelled["id"], **fields | {"version": 2}))["code"] == "LAB_STATUS"

    refused = await lab.received(doctor, patient, test)
    refuse = {"id": refused["id"], "version": refused["version"], "reason": "NOT_OFFERED"}
    await lab.technician.did("rejectLabOrder", **refuse)
    ended = [each["status"] for each in await lab.told("lab-order-ended") if each["patientId"] == str(patient)]
    assert ended == ["CANCELLED", "REJECTED"]


async def test_a_rejected_specimen_is_collected_again(lab: Lab) -> None:
    patient, _ = await lab.patient()
    doctor, test = await lab.doctor(patient), await lab.test()
    order = await lab.received(doctor, patient, test)
    (old,) = order["specimens"]["nodes"]
    reject = {"id": old["id"], "version": old["version"], "reason": "HEMOLYZED", "comment": "Pink."}
    rejected = await lab.technician.did("rejectSpecimen", "specimen { rejection status }", **reject)
    assert rejected == {"rejection": "HEMOLYZED", "status": "REJECTED"}
    old, new = (await lab.order(order["id"]))["specimens"]["nodes"]
    assert (await specimen(doctor.caller, new["id"]))["replaces"] == {"id": old["id"]}
    assert new["status"] == "PLANNED"
    (told,) = [each for each in await lab.told("specimen-rejected") if each["patientId"] == str(patient)]
    assert (told["reason"], told["told"]) == ("HEMOLYZED", [str(doctor.account)])
    assert told["specimenToCollectId"] == str(key_of(new["id"]))
    assert "Pink" not in str(told)
    await doctor.did("collectSpecimen", id=new["id"], version=new["version"])
    await lab.technician.did("receiveSpecimen", id=new["id"], version=new["version"] + 1)


async def test_a_specimen_is_split_and_disposed_of(lab: Lab) -> None:
    patient, _ = await lab.patient()
    doctor, test = await lab.doctor(patient), await lab.test()
    order = await lab.received(doctor, patient, test)
    (whole,) = order["specimens"]["nodes"]

    async def parts() -> int:
        return len((await lab.order(order["id"]))["specimens"]["nodes"]) - 1

    fields = {"id": whole["id"], "version": whole["version"], "parts": 3}
    await check_repeating(lab.technician.caller, "splitSpecimen", "specimen { id status }", fields, {"parts": 2}, parts)
    _, *made = (await lab.order(order["id"]))["specimens"]["nodes"]
    assert len({each["barcode"] for each in made}) == 3
    assert (await specimen(lab.technician.caller, made[0]["id"]))["parent"] == {"id": whole["id"]}
    await lab.technician.did("disposeSpecimen", id=made[2]["id"], version=1)
    assert (await lab.technician.does("disposeSpecimen", id=made[2]["id"], version=2))["code"] == "LAB_STATUS"


@pytest.mark.parametrize(("ahead", "is_right"), [(4, True), (6, False), (-60 * 24 * 31, False)])
async def test_a_specimen_is_not_collected_in_the_future(lab: Lab, ahead: int, is_right: bool) -> None:
    patient, _ = await lab.patient()
    doctor = await lab.doctor(patient)
    order = await lab.ordered(doctor, patient, await lab.test())
    (planned,) = order["specimens"]["nodes"]
    at = (utc_now() + timedelta(minutes=ahead)).isoformat()
    answer = await doctor.does("collectSpecimen", id=planned["id"], version=1, collectedAt=at)
    if not is_right:
        assert answer["fields"] == [{"path": ["collectedAt"], "code": "COLLECTION_TIME"}]
        return
    await lab.technician.did("receiveSpecimen", id=planned["id"], version=2)
    received = (await specimen(lab.technician.caller, planned["id"]))["receivedAt"]
    assert received[:19] == at[:19]


async def test_ordering_again_under_a_key_orders_once(lab: Lab) -> None:
    patient, _ = await lab.patient()
    doctor, test = await lab.doctor(patient), await lab.test()

    async def ordered() -> int:
        return len([each for each in await lab.told("lab-ordered") if each["patientId"] == str(patient)])

    fields = {"patientId": global_id("Patient", patient), "laboratoryId": lab.place, "testIds": [test]}
    made = await check_repeating(
        doctor.caller,
        "orderLabTests",
        "labOrder { id specimens { nodes { id } } }",
        fields,
        {"priority": "STAT"},
        ordered,
    )
    (planned,) = made["labOrder"]["specimens"]["nodes"]
    await doctor.did("collectSpecimen", id=planned["id"], version=1)

    async def handed_over() -> int:
        return len((await specimen(doctor.caller, planned["id"]))["handOvers"]["nodes"])

    fields = {"specimenId": planned["id"]}
    other = {"locationId": lab.place}
    await check_repeating(doctor.caller, "recordHandOver", "specimen { id }", fields, other, handed_over)


async def test_of_fifty_who_collect_at_once_one_does(lab: Lab) -> None:
    patient, _ = await lab.patient()
    doctor = await lab.doctor(patient)
    (planned,) = (await lab.ordered(doctor, patient, await lab.test()))["specimens"]["nodes"]
    tries = [doctor.does("collectSpecimen", id=planned["id"], version=1) for _ in range(50)]
    names = [each["__typename"] for each in await asyncio.gather(*tries)]
    assert names.count("CollectSpecimenSuccess") == 1
    assert names.count("VersionConflict") == 49
    test = await lab.test()
    made = await asyncio.gather(*(lab.ordered(doctor, patient, test) for _ in range(20)))
    assert len({each["number"] for each in made} | {each["specimens"]["nodes"][0]["barcode"] for each in made}) == 40


async def test_nothing_moves_to_another_patient_or_order(lab: Lab) -> None:
    (patient, _), (other, _) = await lab.patient(), await lab.patient()
    doctor, test = await lab.doctor(patient), await lab.test()
    await lab.received(doctor, patient, test)
    second = await lab.ordered(doctor, patient, test)
    elsewhere = key_of(second["id"])
    models: tuple[Any, ...] = (LabOrder, Specimen, Analysis)
    for model in models:
        mine = col(model.patient_id) == patient
        with pytest.raises(DBAPIError, match="keeps its patient"):
            async with stored(lab.database) as session:
                await session.execute(update(model).where(mine).values(patient_id=other))
        if model is not LabOrder:
            of_first = (mine, col(model.lab_order_id) != elsewhere)
            with pytest.raises(DBAPIError, match="keeps its order"):
                async with stored(lab.database) as session:
                    await session.execute(update(model).where(*of_first).values(lab_order_id=elsewhere))
    vessel = key_of(second["specimens"]["nodes"][0]["id"])
    with pytest.raises(DBAPIError, match="another order"):
        async with stored(lab.database) as session:
            values = {"specimen_id": vessel}
            await session.execute(update(Analysis).where(col(Analysis.lab_order_id) != elsewhere).values(**values))


async def test_a_merged_patients_orders_are_the_survivors(lab: Lab) -> None:
    (merged, _), (survivor, me) = await lab.patient(), await lab.patient()
    doctor = await lab.doctor(merged)
    order = await lab.received(doctor, merged, await lab.test())
    await lab.hear(PatientMerged(patient_id=survivor, merged_patient_id=merged))
    found = await lab.order(order["id"], me)
    assert [each["id"] for each in found["analyses"]["nodes"]] == [each["id"] for each in order["analyses"]["nodes"]]
    assert (found["reason"], found["born"]) == (None, "1940-02-01")
    async with stored(lab.database) as session:
        left = select(Specimen).where(col(Specimen.patient_id) == merged)
        assert await session.scalar(left) is None


async def test_who_may_see_an_order(lab: Lab) -> None:
    (patient, me), (_, stranger) = await lab.patient(), await lab.patient()
    doctor = await lab.doctor(patient)
    order = await lab.received(doctor, patient, await lab.test())
    proxy, proxy_caller = await lab.patient()
    await lab.let(patient, Basis.PROXY, proxy_id=proxy)
    limited = new_id()
    await lab.let(patient, Basis.GRANT, account_id=limited, sections=["ALLERGIES"])
    for caller, sees in (
        (me, True),
        (proxy_caller, True),
        (doctor.caller, True),
        (lab.technician.caller, True),
        (stranger, False),
        (lab.admin.caller, False),
        ((await lab.doctor()).caller, False),
        (lab.clinic.caller("DOCTOR", subject=limited), False),
    ):
        found = await lab.clinic.entities("laboratory", caller, "LabOrder", [order["id"]], "number")
        assert found["data"]["_entities"] == [{"number": order["number"]} if sees else None]
    orders = "query($id: ID!) { patient(id: $id) { labOrders(status: IN_PROGRESS) { totalCount nodes { id } } } }"
    found = await me.data(orders, id=global_id("Patient", patient))
    assert found["patient"]["labOrders"] == {"totalCount": 1, "nodes": [{"id": order["id"]}]}


async def test_withheld_results_are_seen_by_who_orders_examines_or_opens_them_in_an_emergency(lab: Lab) -> None:
    (patient, me), (parent, proxy) = await lab.patient(), await lab.patient()
    doctor, other = await lab.doctor(patient), await lab.doctor(patient)
    rescuer = await lab.doctor(patient, basis=Basis.EMERGENCY)
    await lab.let(patient, Basis.PROXY, proxy_id=parent)
    order = await lab.ordered(doctor, patient, await lab.test())

    async def seen(key: str) -> list[bool]:
        callers = (doctor.caller, me, lab.technician.caller, rescuer.caller, other.caller, proxy)
        found = [await lab.clinic.entities("laboratory", each, "LabOrder", [key], "id") for each in callers]
        return [each["data"]["_entities"] != [None] for each in found]

    assert await seen(order["id"]) == [True] * 6
    await lab.know(withheld(patient, "RESULTS"))
    assert await seen(order["id"]) == [True] * 4 + [False] * 2
    mine = await lab.ordered(other, patient, await lab.test())
    assert await seen(mine["id"]) == [False, True, True, True, True, False]


async def test_a_hundred_orders_are_one_statement(lab: Lab) -> None:
    patient, _ = await lab.patient()
    doctor, test = await lab.doctor(patient), await lab.test()
    keys = [(await lab.ordered(doctor, patient, test))["id"] for _ in range(5)] * 20
    with lab.clinic.statements("laboratory") as statements:
        answer = await lab.clinic.entities("laboratory", doctor.caller, "LabOrder", keys, "id reason")
    assert [each["id"] for each in answer["data"]["_entities"]] == keys
    assert len(statements) <= 2


WORKLIST_CHANGED = """subscription($place: ID!) { labWorklistChanged(laboratoryId: $place) {
  id status collectedAt receivedAt results { nodes { display } } } }"""


async def test_an_open_worklist_hears_of_orders_specimens_and_results(lab: Lab) -> None:
    patient, _ = await lab.patient()
    doctor, test = await lab.doctor(patient), await lab.test()
    foreign = technician(lab.clinic, new_id())
    async with lab.technician.caller.subscribe(WORKLIST_CHANGED, place=lab.place) as events:
        with lab.clinic.statements("laboratory") as statements:
            first = asyncio.ensure_future(anext(events))

            async def reads() -> bool:
                return any("max(audit_entry.seal)" in statement for statement in statements)

            await lab.clinic.until(reads)

        async def next_one() -> dict[str, Any]:
            async with asyncio.timeout(10):
                return dict((await anext(events))["labWorklistChanged"])

        order = await lab.ordered(doctor, patient, test)
        async with asyncio.timeout(10):
            came = (await first)["labWorklistChanged"]
        (key,) = (each["id"] for each in order["analyses"]["nodes"])
        assert (came["id"], came["status"], came["collectedAt"]) == (key, "PENDING", None)
        (planned,) = order["specimens"]["nodes"]
        await doctor.did("collectSpecimen", id=planned["id"], version=1)
        came = await next_one()
        assert (came["id"], came["receivedAt"]) == (key, None)
        assert came["collectedAt"]
        await lab.technician.did("receiveSpecimen", id=planned["id"], version=2)
        assert (await next_one())["receivedAt"]
        version = (await lab.order(order["id"]))["analyses"]["nodes"][0]["version"]
        await lab.technician.did("enterResult", id=key, version=version, value="4.2")
        came = await next_one()
        assert (came["status"], came["results"]["nodes"]) == ("RESULTED", [{"display": "4.2 mmol/L"}])
    async with foreign.caller.subscribe(WORKLIST_CHANGED, place=lab.place) as events:
        async with asyncio.timeout(10):
            with pytest.raises(StopAsyncIteration):
                await anext(events)
