"""Medications that tests of pharmacy enter."""

from typing import Any

from tests.harness.caller import Caller

SAVE = """
mutation Save($input: SaveMedicationInput!) {
  saveMedication(input: $input) {
    __typename
    ... on SaveMedicationSuccess { medication { id name active version } }
    ... on UserError { code }
    ... on InvalidInput { fields { path code } }
    ... on VersionConflict { currentVersion }
  }
}
"""
AMOXICLAV: dict[str, Any] = {
    "rxcui": "562251",
    "name": "Amoxicillin 250 MG / Clavulanate 125 MG Oral Tablet",
    "doseForm": "Oral Tablet",
    "unit": "TABLET",
    "ingredients": [
        {"rxcui": "723", "name": "Amoxicillin", "strength": 250.0, "strengthUnit": "mg"},
        {"rxcui": "48203", "name": "Clavulanate", "strength": 125.0, "strengthUnit": "mg"},
    ],
    "packs": [{"name": "strip", "units": 7.0}, {"name": "box", "units": 21.0}],
}
DIAZEPAM: dict[str, Any] = {
    "rxcui": "197591",
    "name": "Diazepam 5 MG Oral Tablet",
    "doseForm": "Oral Tablet",
    "unit": "TABLET",
    "schedule": "IV",
    "ingredients": [{"rxcui": "3322", "name": "Diazepam", "strength": 5.0, "strengthUnit": "mg"}],
    "packs": [{"name": "bottle", "units": 100.0}],
}


async def save(caller: Caller, medication: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The answer of `saveMedication`."""
    answer: dict[str, Any] = (await caller.data(SAVE, input={**medication, **fields}))["saveMedication"]
    return answer


async def entered(caller: Caller, medication: dict[str, Any], **fields: Any) -> str:
    """The id of a medication that is entered."""
    answer = await save(caller, medication, **fields)
    assert "medication" in answer, answer
    return str(answer["medication"]["id"])
