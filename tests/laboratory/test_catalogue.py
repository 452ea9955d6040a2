"""The catalogue, as clients of the graph keep and use it."""

import asyncio
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ids import new_id
from subgraphs.laboratory.check_digits import check_digit, is_loinc, is_number, with_check_digit
from tests.harness.clinic import Clinic
from tests.harness.repeating import check_repeating
from tests.laboratory.conftest import Lab, loinc

READ = "query($id: ID!) { labTest(id: $id) { name loinc { code } unit } }"
TEST = {
    "name": "Potassium",
    "loincName": "Potassium [Moles/volume] in Serum or Plasma",
    "specimenType": "SERUM",
    "valueType": "NUMERIC",
    "unit": "mmol/L",
    "turnaround": 60,
}
CODES = [{"system": "urn:x", "code": each, "display": each} for each in "AB"]
LIMITS = ("plausibleLow", "criticalLow", "normalLow", "normalHigh", "criticalHigh", "plausibleHigh")


@pytest.mark.parametrize("code", ["2823-3", "2951-2", "2160-0", "718-7", "4548-4", "33914-3"])
def test_a_loinc_code_has_its_check_digit(code: str) -> None:
    assert is_loinc(code)
    assert not is_loinc(code[:-1] + str((int(code[-1]) + 1) % 10))
    for hyphen in "\u2010\u2011\u2013\u2212":
        assert not is_loinc(code.replace("-", hyphen))
    assert not is_loinc(code.replace("2", "\u0662")) or "2" not in code


@given(st.integers(0, 10**9 - 1), st.integers(0, 9), st.integers(0, 9))
def test_a_wrong_digit_of_a_number_shows(number: int, place: int, digit: int) -> None:
    made = with_check_digit(number)
    assert is_number(made)
    other = made[:place] + str(digit) + made[place + 1 :]
    assert is_number(other) == (other == made)
    assert check_digit(made[:-1]) == made[-1]


async def test_what_is_entered_is_found_and_changed_at_its_version(lab: Lab) -> None:
    code, asked = loinc(), "labTest { id version active }"
    saved = await lab.admin.did("saveLabTest", asked, **TEST, loinc=code)
    key = saved["id"]
    changed = {**TEST, "loinc": code, "unit": "\u00b5mol/L"}
    assert (await lab.admin.did("saveLabTest", asked, id=key, version=1, **changed))["version"] == 2
    found = {"name": "Potassium", "loinc": {"code": code}, "unit": "umol/L"}
    assert await lab.technician.caller.data(READ, id=key) == {"labTest": found}
    stale = await lab.admin.does("saveLabTest", asked, id=key, version=1, **changed)
    assert (stale["code"], stale["currentVersion"]) == ("VERSION_CONFLICT", 2)
    assert (await lab.admin.does("saveLabTest", asked, **changed))["code"] == "LOINC_TAKEN"
    await lab.admin.did("saveLabTest", asked, id=key, version=2, **changed, active=False)
    await lab.admin.did("saveLabTest", asked, **changed)
    events = [event["active"] for event in await lab.told("lab-test-changed")]
    assert events == [True, True, False, True]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"loinc": "2823-4"}, "LOINC_CODE"),
        ({"loinc": "2823\u20103"}, "LOINC_CODE"),
        ({"unit": "furlong"}, "LAB_UNIT"),
        ({"unit": None}, "UNIT_NEEDED"),
        ({"valueType": "TEXT"}, "UNIT_NEEDED"),
        ({"valueType": "CODED", "unit": None}, "CODES_NEEDED"),
        ({"codes": CODES}, "CODES_NEEDED"),
        ({"valueType": "CODED", "unit": None, "codes": CODES * 2}, "CODES_REPEATED"),
        ({"delta": {"days": 3}}, "DELTA_LIMIT"),
        ({"turnaround": 0}, "TOO_SMALL"),
    ],
)
async def test_what_makes_no_test_is_told(lab: Lab, fields: dict[str, Any], code: str) -> None:
    answer = await lab.admin.does("saveLabTest", **TEST | {"loinc": loinc()} | fields)
    assert [each["code"] for each in answer["fields"]] == [code]


async def test_saving_again_under_a_key_saves_once(lab: Lab) -> None:
    async def told() -> int:
        return len(await lab.clinic.published("laboratory"))

    async def known() -> int:
        return int((await lab.admin.caller.data("{ labPanels { totalCount } }"))["labPanels"]["totalCount"])

    async def ranges() -> int:
        query = "query($id: ID!) { labTest(id: $id) { referenceRanges { totalCount } reflexRules { totalCount } } }"
        found = (await lab.admin.caller.data(query, id=test))["labTest"]
        return int(found["referenceRanges"]["totalCount"] + found["reflexRules"]["totalCount"])

    caller, test, other = lab.admin.caller, await lab.test(), await lab.test()
    fields = TEST | {"loinc": loinc()}
    await check_repeating(caller, "saveLabTest", "labTest { id version }", fields, {"name": "Other"}, told)
    fields = {"name": "Electrolytes", "testIds": [test, other]}
    await check_repeating(caller, "saveLabPanel", "labPanel { id }", fields, {"name": "Other"}, known)
    fields = {"labTestId": test, "normalHigh": 5, "source": "Demonstration"}
    await check_repeating(caller, "saveReferenceRange", "referenceRange { id }", fields, {"normalHigh": 6}, ranges)
    fields = {"labTestId": test, "addedTestId": other, "flags": ["HIGH"]}
    await check_repeating(caller, "saveReflexRule", "reflexRule { id }", fields, {"flags": ["LOW"]}, ranges)


async def test_a_panel_has_its_tests_in_order(lab: Lab) -> None:
    tests = [await lab.test(name=name) for name in ("Sodium", "Potassium", "Chloride")]
    asked = "labPanel { id version tests { id } }"
    panel = await lab.admin.did("saveLabPanel", asked, name="Electrolytes", testIds=tests)
    assert [each["id"] for each in panel["tests"]] == tests
    changed = {"id": panel["id"], "version": 1, "name": "Electrolytes", "testIds": [tests[2], tests[0], tests[2]]}
    panel = await lab.admin.did("saveLabPanel", asked, **changed)
    assert (panel["version"], [each["id"] for each in panel["tests"]]) == (2, [tests[2], tests[0]])
    assert (await lab.admin.does("saveLabPanel", name="X", testIds=[str(new_id())]))["fields"] == [
        {"path": ["testIds"], "code": "NOT_FOUND"}
    ]


async def test_ranges_are_replaced_and_never_changed(lab: Lab) -> None:
    test = await lab.test()
    first = await lab.range(test, normalLow=3.5, normalHigh=5.1)
    newer = await lab.range(test, id=first["id"], version=first["version"], normalLow=3.4, normalHigh=5.0)
    assert (newer["revision"], newer["id"] != first["id"]) == (2, True)
    fields = {"labTestId": test, "source": "Demonstration", "normalLow": 1}
    again = await lab.admin.does("saveReferenceRange", id=first["id"], version=first["version"] + 1, **fields)
    assert again["code"] == "RANGE_REPLACED"
    old = await lab.admin.caller.data(
        "query($id: ID!) { node(id: $id) { ... on ReferenceRange { normalLow replacedAt } } }", id=first["id"]
    )
    assert (old["node"]["normalLow"], old["node"]["replacedAt"] is not None) == (3.5, True)


async def test_of_the_ranges_that_hold_one_is_for_everybody(lab: Lab) -> None:
    test = await lab.test()
    await lab.range(test, normalLow=3.5, ageFromDays=28)
    fields: dict[str, Any] = {"labTestId": test, "normalLow": 3, "source": "Demonstration"}

    async def code(**given: Any) -> str:
        answer = await lab.admin.does("saveReferenceRange", **fields | given)
        return str(answer.get("code") or answer["__typename"])

    assert await code(ageFromDays=27, ageToDays=29) == "RANGE_OVERLAPS"
    assert await code(ageToDays=28) == "SaveReferenceRangeSuccess"
    assert await code(ageFromDays=28, sex="FEMALE") == "SaveReferenceRangeSuccess"
    assert await code(ageFromDays=28, sex="FEMALE", pregnant=True) == "SaveReferenceRangeSuccess"
    at_once = [code(sex="MALE", ageToDays=day) for day in range(2, 12)]
    assert sorted(await asyncio.gather(*at_once)) == ["RANGE_OVERLAPS"] * 9 + ["SaveReferenceRangeSuccess"]


@pytest.mark.parametrize("falling", range(5))
async def test_limits_do_not_fall(lab: Lab, falling: int) -> None:
    test = await lab.test()
    limits = {name: float(place) for place, name in enumerate(LIMITS)}
    limits[LIMITS[falling + 1]] = falling - 0.5
    answer = await lab.admin.does("saveReferenceRange", labTestId=test, source="Demonstration", **limits)
    assert {each["code"] for each in answer["fields"]} == {"LIMITS_ORDER"}


async def test_a_rule_has_one_condition(lab: Lab) -> None:
    test, other = await lab.test(), await lab.test()
    fields = {"labTestId": test, "addedTestId": other}
    for said in ({}, {"flags": ["HIGH"], "code": "A"}, {"comparator": "GREATER"}, {"threshold": 2}):
        answer = await lab.admin.does("saveReflexRule", **fields, **said)
        assert [each["code"] for each in answer["fields"]] == ["CONDITION_NEEDED"], said
    answer = await lab.admin.does("saveReflexRule", labTestId=test, addedTestId=test, code="A")
    assert [each["code"] for each in answer["fields"]] == ["REFLEX_TO_ITSELF"]
    rule = await lab.admin.did(
        "saveReflexRule", "reflexRule { id version }", **fields, comparator="GREATER", threshold=9
    )
    changed = {"id": rule["id"], "version": 1, **fields, "code": "A", "active": False}
    asked = "reflexRule { version code comparator threshold active }"
    assert await lab.admin.did("saveReflexRule", asked, **changed) == {
        "version": 2,
        "code": "A",
        "comparator": None,
        "threshold": None,
        "active": False,
    }


async def test_a_stranger_changes_nothing(clinic: Clinic, lab: Lab) -> None:
    key = await lab.test()
    stranger = clinic.caller("PHARMACIST")
    answer = await stranger.execute(READ, id=key)
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"UNAUTHORIZED_FIELD_OR_TYPE"}
    straight = await clinic.entities("laboratory", stranger, "LabTest", [key], "name")
    assert straight["data"] == {"_entities": [None]}
    mutation = "mutation Save($input: SaveLabTestInput!) { saveLabTest(input: $input) { __typename } }"
    body = orjson.dumps({"query": mutation, "variables": {"input": TEST | {"loinc": loinc()}}})
    assert (await clinic.post("laboratory", stranger, body)).json()["data"] == {"saveLabTest": None}
    denied = [entry for entry in await clinic.audit("laboratory") if entry.outcome == "denied"]
    assert "saveLabTest" in {entry.resource for entry in denied}


async def test_a_hundred_entities_are_one_statement(clinic: Clinic, lab: Lab) -> None:
    keys = [await lab.test() for _ in range(5)] * 20
    with clinic.statements("laboratory") as statements:
        answer = await clinic.entities("laboratory", lab.admin.caller, "LabTest", keys, "id name")
    assert [entity["id"] for entity in answer["data"]["_entities"]] == keys
    assert len(statements) == 1
