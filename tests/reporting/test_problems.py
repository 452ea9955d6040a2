"""How many patients have which diagnoses, as analysts see it: no figure tells of a few of them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from shared.events.event import Event
from shared.ids import new_id
from subgraphs.records import events as records
from tests.harness.clinic import Clinic
from tests.reporting.tables import consumed, rebuild, tables

PROBLEMS = """
query Report($months: ReportMonthsInput!, $first: Int = 20) {
  problemReport(months: $months, first: $first) {
    totalCount
    nodes { system code month patientCount suppressed }
  }
}
"""
SPRING = {"first": "2026-04-30", "last": "2026-05-01"}
ICD, SNOMED = "http://hl7.org/fhir/sid/icd-10-cm", "http://snomed.info/sct"
ASTHMA, DIABETES, ASTHMA_CT = (ICD, "J45.909"), (ICD, "E11.9"), (SNOMED, "195967001")


def recorded(patient: UUID, code: tuple[str, str], month: str = "2026-05", key: UUID | None = None) -> Event:
    """That a patient has a problem."""
    system, code_ = code
    return records.ProblemRecorded(problem_id=key or new_id(), patient=patient, system=system, code=code_, month=month)


async def cells(clinic: Clinic, **months: str) -> dict[tuple[str, str], int | None]:
    """The number of patients by code and month."""
    data = await clinic.caller("ANALYST").data(PROBLEMS, months=SPRING | months)
    nodes = data["problemReport"]["nodes"]
    assert data["problemReport"]["totalCount"] == len(nodes)
    assert all(node["suppressed"] is (node["patientCount"] is None) for node in nodes)
    return {(node["code"], node["month"]): node["patientCount"] for node in nodes}


async def test_cells_of_fewer_than_eleven_patients_are_not_told(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [new_id() for _ in range(12)]
    mistake, moved = new_id(), new_id()
    events: Sequence[Event] = [
        *(recorded(person, ASTHMA) for person in people[:11]),
        *(recorded(person, ASTHMA, "2026-04") for person in people[:10]),
        *(recorded(person, ASTHMA_CT) for person in people),
        *(recorded(people[0], DIABETES) for _ in range(20)),
        recorded(people[11], ASTHMA, "2026-06"),
        recorded(people[11], ASTHMA, key=mistake),
        records.ProblemRetracted(problem_id=mistake),
        recorded(people[11], ASTHMA, "2026-04", key=moved),
        recorded(people[11], DIABETES, "2026-04", key=moved),
    ]
    await clinic.publish(*events)
    await consumed(clinic, len(events))
    expected: dict[tuple[str, str], Any] = {
        ("E11.9", "2026-04-01"): None,
        ("E11.9", "2026-05-01"): None,
        ("J45.909", "2026-04-01"): None,
        ("J45.909", "2026-05-01"): 11,
        ("195967001", "2026-05-01"): 12,
    }
    found = await cells(clinic)
    assert found == expected
    assert list(found) == list(expected)
    assert await cells(clinic, first="2026-05-31", last="2026-06-30") == {
        **{key: value for key, value in expected.items() if key[1] == "2026-05-01"},
        ("J45.909", "2026-06-01"): None,
    }

    # Two were one, in three steps that come in any order, and one of the problems later.
    first, second, third = people[0], people[1], new_id()
    merged = records.ProblemPatientsMerged
    late = [merged(merged=third, patient=second), merged(merged=second, patient=first), recorded(third, ASTHMA_CT)]
    await clinic.publish(*late)
    await consumed(clinic, len(events) + len(late))
    assert await cells(clinic) == expected | {("J45.909", "2026-05-01"): None, ("195967001", "2026-05-01"): 11}
    before = await tables(clinic)
    assert {name: len(rows) for name, rows in before.items() if rows} == {"problem_fact": len(events) - 3 + 1}
    assert "0 of them left out" in await rebuild(clinic, monkeypatch, status=0)
    assert await tables(clinic) == before


async def test_the_report_is_for_analysts_and_of_whole_months_in_order(clinic: Clinic) -> None:
    for role in ("DOCTOR", "PATIENT", "AUDITOR"):
        answer = await clinic.caller(role).execute(PROBLEMS, months=SPRING)
        assert answer["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
    assert await cells(clinic) == {}
    answer = await clinic.caller("ANALYST").execute(PROBLEMS, months={"first": "2026-05-02", "last": "2026-05-01"})
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
