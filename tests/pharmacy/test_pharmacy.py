"""The catalogue of medications, as clients of the graph use it."""

from typing import Any

import orjson
import pytest

from shared.ids import new_id
from stack.demo.medications import rows
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.harness.ids import key_of
from tests.harness.repeating import check_repeating
from tests.pharmacy.catalogue import AMOXICLAV, DIAZEPAM, SAVE, entered, save

SHOWN = """
  id rxcui name doseForm unit schedule active version
  ingredients { rxcui name strength strengthUnit } packs { name units }
"""
READ = "query($id: ID!) { medication(id: $id) { name } medications { totalCount } }"
SEARCH = "query($search: String, $active: Boolean) { medications(search: $search, active: $active) { nodes { name } } }"


async def found(caller: Caller, search: str, **options: Any) -> list[str]:
    """The names that a search finds."""
    answer = await caller.data(SEARCH, search=search, **options)
    return [each["name"] for each in answer["medications"]["nodes"]]


@pytest.mark.own_clinic
async def test_what_is_entered_is_found_and_changed_at_its_version(clinic: Clinic) -> None:
    admin = clinic.caller("ADMIN")
    key = await entered(admin, AMOXICLAV)
    whole = (await admin.data(f"query($id: ID!) {{ medication(id: $id) {{ {SHOWN} }} }}", id=key))["medication"]
    assert whole == {**AMOXICLAV, "id": key, "schedule": None, "active": True, "version": 1}

    changed = await save(admin, {**AMOXICLAV, "packs": []}, id=key, version=1, name="Other", active=False)
    assert changed["medication"] == {"id": key, "name": "Other", "active": False, "version": 2}
    assert await admin.data(READ, id=key) == {"medication": {"name": "Other"}, "medications": {"totalCount": 1}}
    parts = "query($id: ID!) { medication(id: $id) { ingredients { rxcui } packs { name } } }"
    kept = [{"rxcui": each["rxcui"]} for each in AMOXICLAV["ingredients"]]
    assert (await admin.data(parts, id=key))["medication"] == {"ingredients": kept, "packs": []}

    stale = await save(admin, AMOXICLAV, id=key, version=1)
    assert (stale["code"], stale["currentVersion"]) == ("VERSION_CONFLICT", 2)
    assert (await save(admin, AMOXICLAV, id=str(new_id()), version=1))["code"] == "NOT_FOUND"


async def test_all_that_is_wrong_is_told_at_once(clinic: Clinic) -> None:
    ingredient = DIAZEPAM["ingredients"][0]
    wrong = {
        "name": " ",
        "rxcui": "12x",
        "ingredients": [{**ingredient, "strength": 0, "strengthUnit": "m g"}, {**ingredient, "rxcui": "0"}],
        "packs": [{"name": "box", "units": -1}, {"name": "strip", "units": 0.0001}, {"name": "BOX", "units": 1e7}],
    }
    answer = await save(clinic.caller("ADMIN"), DIAZEPAM, **wrong)
    assert {(".".join(each["path"]), each["code"]) for each in answer["fields"]} == {
        ("name", "TEXT_LENGTH"),
        ("rxcui", "RXCUI"),
        ("ingredients.0.strength", "QUANTITY"),
        ("ingredients.0.strengthUnit", "UCUM_UNIT"),
        ("ingredients.1.rxcui", "RXCUI"),
        ("packs.0.units", "QUANTITY"),
        ("packs.1.units", "QUANTITY"),
        ("packs.2.units", "QUANTITY"),
    }
    twice = {"ingredients": [ingredient, ingredient], "packs": [{"name": each, "units": 1} for each in ("box", "BOX")]}
    answer = await save(clinic.caller("ADMIN"), DIAZEPAM, **twice)
    assert [(each["path"], each["code"]) for each in answer["fields"]] == [
        (["ingredients"], "INGREDIENT_REPEATED"),
        (["packs"], "PACK_REPEATED"),
    ]
    assert (await save(clinic.caller("ADMIN"), DIAZEPAM, ingredients=[]))["fields"][0]["code"] == "TOO_FEW_ITEMS"


@pytest.mark.own_clinic
async def test_a_number_of_rxnorm_is_one_medications_and_a_clinics_own_needs_none(clinic: Clinic) -> None:
    pharmacist = clinic.caller("PHARMACIST")
    await entered(pharmacist, DIAZEPAM)
    again = await save(pharmacist, DIAZEPAM, name="The same")
    assert again["fields"] == [{"path": ["rxcui"], "code": "RXCUI_EXISTS"}]
    for name in ("Own ointment", "Own solution"):
        await entered(pharmacist, {**DIAZEPAM, "rxcui": None}, name=name)
    by_code = "query($code: String!) { medicationByCode(rxcui: $code) { name schedule unit } }"
    expected = {"name": DIAZEPAM["name"], "schedule": "IV", "unit": "TABLET"}
    assert await pharmacist.data(by_code, code=DIAZEPAM["rxcui"]) == {"medicationByCode": expected}
    for code in ("1", "", "x"):
        assert await pharmacist.data(by_code, code=code) == {"medicationByCode": None}


@pytest.mark.own_clinic
async def test_medications_are_found_by_name_ingredient_and_number(clinic: Clinic) -> None:
    admin = clinic.caller("ADMIN")
    await entered(admin, AMOXICLAV)
    await entered(admin, DIAZEPAM, active=False)
    for search in ("amoxicillin 250", "clavulanate", "amoxicilin", AMOXICLAV["rxcui"], "48203"):
        assert await found(admin, search) == [AMOXICLAV["name"]], search
    assert await found(admin, "3322") == [DIAZEPAM["name"]]
    alike = DIAZEPAM["name"].replace("Diazepam", "Oxazepam")
    await entered(admin, DIAZEPAM | {"name": alike, "rxcui": "999999"})
    assert await found(admin, "oxazepam") == [alike]
    assert await found(admin, "oxazepan") == [alike]
    assert await found(admin, "%") == []
    assert await found(admin, "", active=True) == [AMOXICLAV["name"], alike]
    assert await found(admin, "", active=False) == [DIAZEPAM["name"]]


@pytest.mark.own_clinic
async def test_the_demo_catalogue_is_entered_as_it_is(clinic: Clinic) -> None:
    pharmacist, demo = clinic.caller("PHARMACIST"), list(rows())
    for each in demo:
        await entered(pharmacist, each)
    (twin,) = [each for each in demo if each["rxcui"] == AMOXICLAV["rxcui"]]
    assert twin["ingredients"] == AMOXICLAV["ingredients"]
    assert len(demo) >= 40


async def test_what_is_saved_is_published(clinic: Clinic) -> None:
    admin = clinic.caller("ADMIN")
    entity = await entered(admin, {**DIAZEPAM, "rxcui": None})
    await save(admin, DIAZEPAM, id=entity, version=1, rxcui="900001", active=False)
    events = await clinic.published("pharmacy")
    key = str(key_of(entity))
    assert [event.type for event in events] == ["caregraph.pharmacy.medication-changed.v1"] * 2
    assert [event.data for event in events] == [
        {"medicationId": key, "rxcui": None, "active": True},
        {"medicationId": key, "rxcui": "900001", "active": False},
    ]


async def test_what_is_saved_again_under_its_key_is_saved_once(clinic: Clinic) -> None:
    async def told() -> int:
        return len(await clinic.published("pharmacy"))

    admin, asked = clinic.caller("ADMIN"), "medication { id version }"
    one = {**DIAZEPAM, "rxcui": None}
    await check_repeating(admin, "saveMedication", asked, one, {**one, "name": "Other"}, told)


async def test_who_treats_and_who_is_treated_reads_it_in_use_or_not(clinic: Clinic) -> None:
    key = await entered(clinic.caller("ADMIN"), {**DIAZEPAM, "rxcui": None}, active=False)
    for reader in (clinic.caller("NURSE"), clinic.caller("PATIENT", patient=new_id())):
        assert (await reader.data(READ, id=key))["medication"] == {"name": DIAZEPAM["name"]}
        denied = await reader.execute(SAVE, input=DIAZEPAM)
        assert (denied["data"], denied["errors"][0]["extensions"]["code"]) == (
            {"saveMedication": None},
            "UNAUTHORIZED_FIELD_OR_TYPE",
        )


async def test_a_stranger_is_denied(clinic: Clinic) -> None:
    stranger = clinic.caller("RECEPTIONIST")
    key = await entered(clinic.caller("ADMIN"), {**DIAZEPAM, "rxcui": None})
    answer = await stranger.execute(READ, id=key)
    assert answer["data"] == {"medication": None, "medications": None}
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"UNAUTHORIZED_FIELD_OR_TYPE"}

    straight = await clinic.entities("pharmacy", stranger, "Medication", [key], "name")
    assert straight["data"] == {"_entities": [None]}
    query = "mutation($input: SaveMedicationInput!) { saveMedication(input: $input) { __typename } }"
    body = orjson.dumps({"query": query, "variables": {"input": DIAZEPAM}})
    assert (await clinic.post("pharmacy", stranger, body)).json()["data"] == {"saveMedication": None}
    denied = [entry for entry in await clinic.audit("pharmacy") if entry.outcome == "denied"]
    assert "saveMedication" in {entry.resource for entry in denied}


async def test_a_hundred_entities_are_one_statement_and_two_with_their_ingredients(clinic: Clinic) -> None:
    admin = clinic.caller("ADMIN")
    keys = [await entered(admin, {**DIAZEPAM, "rxcui": None}, name=f"Number {number}") for number in range(5)] * 20
    for selection, expected in (("id name", 1), ("id ingredients { name }", 2)):
        with clinic.statements("pharmacy") as statements:
            answer = await clinic.entities("pharmacy", admin, "Medication", keys, selection)
        assert [entity["id"] for entity in answer["data"]["_entities"]] == keys
        assert len(statements) == expected
