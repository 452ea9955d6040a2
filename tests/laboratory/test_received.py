"""What laboratories of other systems have found, beside what this one has: in one list and one trend, for whom it is."""

from typing import Any
from uuid import UUID

from sqlmodel import col, select

from shared.ids import global_id, new_id
from shared.unit_of_work import Outcome, system_work
from subgraphs.laboratory.codes import ReceivedStatus
from subgraphs.laboratory.commands.received import ReceivedHistory
from subgraphs.laboratory.consumers import PatientMerged
from subgraphs.laboratory.facts import Coded, ReceivedResultFacts
from subgraphs.laboratory.models import ReceivedLabResult
from subgraphs.laboratory.service.received import take_over
from tests.harness.caller import Caller
from tests.harness.databases import stored
from tests.laboratory.conftest import Lab, loinc
from tests.laboratory.test_results import entered, one, released, verified

BOTH = """query($id: ID!, $loinc: String!, $first: Int, $after: String) { patient(id: $id) {
  labHistory { nodes { entry { __typename } } }
  labTrend(loinc: $loinc, first: $first, after: $after) { totalCount pageInfo { endCursor hasNextPage }
    nodes { entry { ... on LabResult { display } ... on ReceivedLabResult { display } } } } } }"""


def told(patient: UUID, code: str, day: int, value: str = "4.4", **fields: Any) -> ReceivedHistory:
    facts = ReceivedResultFacts(
        code=Coded(system="http://loinc.org", code=code), text=value, effective=f"2020-01-{day:02}"
    )
    given: dict[str, Any] = {"status": ReceivedStatus.FINAL, "shared": True, "at": f"2020-01-{day:02}T12:00:00Z"}
    return ReceivedHistory(patient_id=patient, analytes=[code], facts=facts, **given | fields)


async def take(lab: Lab, *commands: ReceivedHistory) -> list[Outcome]:
    """What becomes of what another system tells."""
    async with system_work(lab.database, "test") as work:
        return await take_over(ReceivedLabResult, work, [(new_id(), command) for command in commands])


async def shows(caller: Caller, patient: UUID, code: str, **page: Any) -> tuple[list[str], list[str]]:
    """The kinds of a patient's history, and the trend."""
    found = (await caller.data(BOTH, id=global_id("Patient", patient), loinc=code, **page))["patient"]
    history, trend = found["labHistory"]["nodes"], found["labTrend"]["nodes"]
    return [each["entry"]["__typename"] for each in history], [each["entry"]["display"] for each in trend]


async def test_own_results_and_those_of_others_are_one_list_and_one_trend(lab: Lab) -> None:
    code = loinc()
    test = await lab.test(loinc=code)
    patient, owner = await lab.patient()
    doctor, stranger = await lab.doctor(patient), await lab.doctor()
    order, analysis = await one(lab, doctor, patient, test)
    await entered(lab, analysis, value="4.1")
    await verified(lab, analysis)
    await released(lab, order)
    draft = told(patient, code, 4, "4.9", status=ReceivedStatus.PRELIMINARY, shared=False)
    await take(lab, *(told(patient, code, day, f"4.{day}") for day in (3, 1, 2)), draft, told(patient, "9-9", 1))
    kinds = ["LabReport", *["ReceivedLabResult"] * 4]
    assert await shows(owner, patient, code) == (kinds, ["4.1", "4.2", "4.3", "4.1 mmol/L"])
    assert (await shows(doctor.caller, patient, code))[1] == ["4.1", "4.2", "4.3", "4.9", "4.1 mmol/L"]
    for other in (stranger.caller, lab.technician.caller):
        answer = await other.execute(BOTH, id=global_id("Patient", patient), loinc=code)
        assert "ReceivedLabResult" not in str(answer) and "4.2" not in str(answer)
    first = (await owner.data(BOTH, id=global_id("Patient", patient), loinc=code, first=3))["patient"]["labTrend"]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (4, True)
    rest = await shows(owner, patient, code, first=3, after=first["pageInfo"]["endCursor"])
    assert rest[1] == ["4.1 mmol/L"]


async def test_what_others_have_found_is_audited_and_follows_merged_patients(lab: Lab) -> None:
    code = loinc()
    merged, _ = await lab.patient()
    survivor, owner = await lab.patient()
    assert await take(lab, told(merged, code, 1)) == [Outcome.CREATED]
    await lab.hear(PatientMerged(patient_id=survivor, merged_patient_id=merged))
    assert (await shows(owner, survivor, code))[1] == ["4.4"]
    assert await take(lab, told(merged, code, 2)) == [Outcome.CREATED]
    assert len((await shows(owner, survivor, code))[1]) == 2, "of who was merged before"
    looked = [each for each in await lab.clinic.audit("laboratory") if each.resource == "ReceivedLabResult"]
    assert {each.action for each in looked if str(survivor) in str(each.patients)} >= {"read"}
    async with stored(lab.database) as session:
        row = (
            await session.scalars(select(ReceivedLabResult).where(col(ReceivedLabResult.patient_id) == survivor))
        ).first()
        assert row is not None and row.analytes[0] != code.encode()
