"""A clinic's own interactions: imported as a table, in versions, and what holds then."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shared.audit.recorder import AuditRecorder
from shared.auth.principal import system
from shared.ids import new_id
from shared.unit_of_work import unit_of_work
from subgraphs.pharmacy.safety import Knowledge, SafetySeverity, shipped
from subgraphs.pharmacy.safety.pairs import HIGH
from subgraphs.pharmacy.service.interactions import MAXIMUM_PAIRS
from subgraphs.pharmacy.service.knowledge import knowledge
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.harness.databases import stored
from tests.harness.repeating import check_repeating
from tests.pharmacy.safety import drug, found

IMPORT = """
mutation Import($input: ImportInteractionsInput!) {
  importInteractions(input: $input) {
    __typename
    ... on ImportInteractionsSuccess { interactionList { version knowledgeVersion } }
    ... on UserError { code }
    ... on InvalidInput { fields { path code message } }
  }
}
"""
LIST = """query($search: String, $severity: SafetySeverity) { interactions(search: $search, severity: $severity) {
  totalCount nodes { line first second severity effect reason message } } }"""
KNOWLEDGE = """query($search: String, $severity: SafetySeverity) { safetyKnowledge {
  version
  interactions(search: $search, severity: $severity) { origin first second severity effect source message }
  classes(search: $search) { name ingredients }
} }"""

TABLE = """first,second,severity,effect,reason
metformin,cimetidine,WARNS,LEVEL_TOO_HIGH,
"statins","Anticoagulants",interrupts,bleeding,Our experience
simvastatin,Amiodarone,INFORMS,,"Cardiology, with 20 mg at most"
"""


async def imported(caller: Caller, csv: str) -> dict[str, Any]:
    """The answer of `importInteractions`."""
    answer: dict[str, Any] = (await caller.data(IMPORT, input={"csv": csv}))["importInteractions"]
    return answer


async def faults(caller: Caller, csv: str) -> dict[str, str]:
    """What is wrong, by where."""
    answer = await imported(caller, csv)
    assert answer["__typename"] == "InvalidInput", answer
    return {".".join(each["path"]): each["code"] for each in answer["fields"]}


async def known(clinic: Clinic) -> Knowledge:
    """What the check knows in a clinic."""
    async with unit_of_work(clinic.service("pharmacy").runtime.database, AuditRecorder(system())) as work:
        return await knowledge(work)


async def versions(clinic: Clinic) -> int:
    async with stored(clinic.service("pharmacy").runtime.database) as session:
        return int(await session.scalar(text("SELECT count(*) FROM interaction_list")) or 0)


@pytest.mark.own_clinic
async def test_a_table_holds_in_place_of_the_one_before(clinic: Clinic) -> None:
    admin, doctor = clinic.caller("ADMIN"), clinic.caller("DOCTOR")
    assert (await doctor.data(KNOWLEDGE))["safetyKnowledge"]["version"] == "2026-11"
    assert (await doctor.data(LIST))["interactions"]["totalCount"] == 0
    assert (await known(clinic)).version == "2026-11"

    first = await imported(admin, TABLE)
    assert first["interactionList"] == {"version": 1, "knowledgeVersion": "2026-11+clinic.1"}
    listed = (await doctor.data(LIST))["interactions"]["nodes"]
    assert [(each["line"], each["first"], each["second"], each["severity"], each["effect"]) for each in listed] == [
        (2, "metformin", "cimetidine", "WARNS", "LEVEL_TOO_HIGH"),
        (3, "statins", "anticoagulants", "INTERRUPTS", "BLEEDING"),
        (4, "simvastatin", "amiodarone", "INFORMS", "HARM"),
    ]
    assert listed[2]["reason"] == "Cardiology, with 20 mg at most"
    assert listed[1]["message"] == "statins with anticoagulants makes bleeding likelier."
    assert [each["line"] for each in (await doctor.data(LIST, search="AMIO"))["interactions"]["nodes"]] == [4]
    assert [each["line"] for each in (await doctor.data(LIST, severity="WARNS"))["interactions"]["nodes"]] == [2]
    assert (await doctor.data(KNOWLEDGE))["safetyKnowledge"]["version"] == "2026-11+clinic.1"

    knows = await known(clinic)
    assert knows.version == "2026-11+clinic.1"
    by_row = {each.row: each.severity for each in found(drug("simvastatin"), drug("warfarin"), knowledge=knows)}
    assert by_row["LOW-24:anticoagulants+statins"] is SafetySeverity.INTERRUPTS
    assert (await known(clinic)) is knows

    second = await imported(admin, "first,second,severity\nwarfarin,vitamin e,WARNS\n")
    assert second["interactionList"]["version"] == 2
    assert (await doctor.data(LIST))["interactions"]["totalCount"] == 1
    by_row = {
        each.row: each.severity for each in found(drug("simvastatin"), drug("warfarin"), knowledge=await known(clinic))
    }
    assert by_row["LOW-24:anticoagulants+statins"] is SafetySeverity.INFORMS

    entries = [entry for entry in await clinic.audit("pharmacy") if entry.resource == "InteractionList"]
    assert [entry.detail for entry in entries] == [
        {"version": 1, "lowered": 1, "ingredients": 0},
        {"version": 2, "lowered": 0, "ingredients": 0},
    ]


OWN = """name,rxcui,classes
Elixirin Sodium,4242424242,ssris | qt-prolonging-drugs
plainol,,
"""


@pytest.mark.own_clinic
async def test_an_ingredient_of_the_clinic_is_checked_as_its_classes_are(clinic: Clinic) -> None:
    admin = clinic.caller("ADMIN")
    new = drug("elixirin sodium")
    assert "unknown" in {each.row for each in found(new, drug("phenelzine"), knowledge=await known(clinic))}
    await imported(admin, TABLE)
    answer = await admin.data(IMPORT, input={"ingredients": OWN})
    assert answer["importInteractions"]["interactionList"] == {"version": 2, "knowledgeVersion": "2026-11+clinic.2"}
    assert (await admin.data(LIST))["interactions"]["totalCount"] == 3

    knows = await known(clinic)
    rows = {each.row: each.severity for each in found(new, drug("phenelzine"), knowledge=knows)}
    assert "unknown" not in rows
    assert rows["HIGH-4:serotonin-reuptake-inhibitors+mao-inhibitors"] is SafetySeverity.INTERRUPTS
    assert knows.ingredient("something", "4242424242") == "elixirin sodium"
    assert knows.ingredient("Plainol") == "plainol"
    shown = "{ safetyKnowledge { ingredients { name rxcui classes } } }"
    told = (await clinic.caller("NURSE").data(shown))["safetyKnowledge"]["ingredients"]
    assert told[0] == {
        "name": "elixirin sodium",
        "rxcui": "4242424242",
        "classes": ["ssris", "qt-prolonging-drugs"],
    }

    await imported(admin, "first,second,severity\nplainol,warfarin,WARNS\n")
    assert len((await clinic.caller("NURSE").data(shown))["safetyKnowledge"]["ingredients"]) == 2
    both = {each.row for each in found(drug("plainol"), drug("warfarin"), knowledge=await known(clinic))}
    assert "CLINIC:plainol+warfarin" in both
    await admin.data(IMPORT, input={"ingredients": "name\n", "csv": "first,second,severity\n"})
    assert (await clinic.caller("NURSE").data(shown))["safetyKnowledge"]["ingredients"] == []


async def test_all_that_is_wrong_with_ingredients_is_told_at_once(clinic: Clinic) -> None:
    table = "\n".join(
        [
            "name,rxcui,classes",
            "warfarin,,",
            "ssris,,",
            "newol,0123,no-such-class|ssris",
            "x,36567,",
            ",,",
            "twiceol,77777777,",
            "Twiceol,,",
            "otherol,77777777,",
            "manyol,1,ssris,3",
        ]
    )
    answer = (await clinic.caller("ADMIN").data(IMPORT, input={"ingredients": table}))["importInteractions"]
    assert {".".join(each["path"]): each["code"] for each in answer["fields"]} == {
        "ingredients.2.name": "INGREDIENT_KNOWN",
        "ingredients.3.name": "INGREDIENT_KNOWN",
        "ingredients.4.rxcui": "RXCUI",
        "ingredients.4.classes": "INGREDIENT_CLASS",
        "ingredients.5.name": "INGREDIENT_KNOWN",
        "ingredients.6.name": "INGREDIENT_NAME",
        "ingredients.8": "INTERACTION_REPEATED",
        "ingredients.9": "INTERACTION_REPEATED",
        "ingredients.10": "INTERACTION_FIELDS",
    }
    nothing = (await clinic.caller("ADMIN").data(IMPORT, input={}))["importInteractions"]
    assert [each["code"] for each in nothing["fields"]] == ["TABLE_NEEDED"]


@pytest.mark.own_clinic
async def test_two_imports_at_once_are_two_versions(clinic: Clinic) -> None:
    admin = clinic.caller("ADMIN")
    answers = await asyncio.gather(*(imported(admin, TABLE) for _ in range(5)))
    assert sorted(each["interactionList"]["version"] for each in answers) == [1, 2, 3, 4, 5]


async def test_a_table_that_is_sent_again_under_its_key_is_imported_once(clinic: Clinic) -> None:
    asked = "interactionList { id version }"
    other = {"csv": "first,second,severity\nwarfarin,niacin,WARNS\n"}
    await check_repeating(
        clinic.caller("ADMIN"), "importInteractions", asked, {"csv": TABLE}, other, lambda: versions(clinic)
    )


async def test_all_that_is_wrong_is_told_at_once_with_its_line(clinic: Clinic) -> None:
    admin = clinic.caller("ADMIN")
    before = await versions(clinic)
    csv = "\n".join(
        [
            "second,first,Severity,effect,reason",
            "warfarin,elixirin,LOUD,BOOM,",
            "warfarin,aspirin,WARNS,,",
            "",
            "aspirin,Warfarin Sodium,WARNS,,",
            "warfarin,warfarin,WARNS,,",
            "phenelzine,sertraline,WARNS,,",
            "phenelzine,fluoxetine,WARNS,,Specialist clinic",
            "mao-inhibitors,ssris,INTERRUPTS,,",
            "warfarin,niacin,WARNS",
            f"warfarin,vitamin e,WARNS,,{'x' * 501}",
        ]
    )
    assert await faults(admin, csv) == {
        "csv.2.first": "INTERACTION_SIDE",
        "csv.2.severity": "INTERACTION_SEVERITY",
        "csv.2.effect": "INTERACTION_EFFECT",
        "csv.5": "INTERACTION_REPEATED",
        "csv.6.second": "INTERACTION_ITSELF",
        "csv.7.reason": "INTERACTION_REASON",
        "csv.10": "INTERACTION_FIELDS",
        "csv.11.reason": "INTERACTION_REASON",
    }
    assert await versions(clinic) == before


@pytest.mark.parametrize(
    ("csv", "wrong"),
    [
        ("warfarin,aspirin,WARNS\n", {"csv.1": "INTERACTION_COLUMNS"}),
        ("first,second,severity,first\n", {"csv.1": "INTERACTION_COLUMNS"}),
        ("first,second\n", {"csv.1": "INTERACTION_COLUMNS"}),
        ("first,second,severity,notes\n", {"csv.1": "INTERACTION_COLUMNS"}),
        ('first,second,severity\n"warfarin"x,aspirin,WARNS\n', {"csv.2": "INTERACTION_TABLE"}),
        ('first,second,severity\nwarfarin,"aspirin,WARNS\n', {"csv.2": "INTERACTION_TABLE"}),
        (" ", {"csv": "TEXT_LENGTH"}),
        ("first,second,severity\n" + "x" * 200_000, {"csv": "TEXT_LENGTH"}),
    ],
)
async def test_what_is_no_table_of_interactions_is_refused(clinic: Clinic, csv: str, wrong: dict[str, str]) -> None:
    assert await faults(clinic.caller("ADMIN"), csv) == wrong


async def test_a_table_without_pairs_takes_all_back_and_too_many_are_refused(clinic: Clinic) -> None:
    admin = clinic.caller("PHARMACIST")
    assert "interactionList" in await imported(admin, "\ufefffirst,second,severity\r\n")
    names = [f"{one},{other},WARNS" for one, other in pairs(MAXIMUM_PAIRS + 1)]
    head = ["first,second,severity"]
    assert await faults(admin, "\n".join(head + names)) == {"csv": "TOO_MANY_ITEMS"}
    assert "interactionList" in await imported(admin, "\n".join(head + names[:-1]))


def pairs(number: int) -> list[tuple[str, str]]:
    names = sorted(shipped().ingredients)[:60]
    found_pairs = [(one, other) for place, one in enumerate(names) for other in names[place + 1 :]]
    plain = [
        pair for pair in found_pairs if not any(each.origin == HIGH and each.order(*pair) for each in shipped().pairs)
    ]
    return plain[:number]


async def test_who_may_import_and_who_may_see(clinic: Clinic) -> None:
    nurse, patient = clinic.caller("NURSE"), clinic.caller("PATIENT", patient=new_id())
    denied = await nurse.execute(IMPORT, input={"csv": TABLE})
    assert denied["data"] == {"importInteractions": None}
    assert (await nurse.data(KNOWLEDGE, search="phenelzine"))["safetyKnowledge"]["classes"] == [
        {
            "name": "mao-inhibitors",
            "ingredients": ["isocarboxazid", "phenelzine", "procarbazine", "selegiline", "tranylcypromine"],
        }
    ]
    assert await patient.data(KNOWLEDGE) == {"safetyKnowledge": None}
    assert (await patient.data(LIST))["interactions"] == {"totalCount": 0, "nodes": []}


async def test_a_hundred_entities_are_one_statement(clinic: Clinic) -> None:
    admin = clinic.caller("ADMIN")
    await imported(admin, TABLE)
    ids = [each["id"] for each in (await admin.data("{ interactions { nodes { id } } }"))["interactions"]["nodes"]]
    keys = (ids * 100)[:100]
    with clinic.statements("pharmacy") as statements:
        answer = await clinic.entities("pharmacy", admin, "Interaction", keys, "id message")
    assert [entity["id"] for entity in answer["data"]["_entities"]] == keys
    assert len(statements) == 1


async def test_what_ships_is_told_with_its_source_in_the_callers_language(clinic: Clinic) -> None:
    doctor = clinic.caller("DOCTOR")
    answer = await doctor.data(KNOWLEDGE, search="ergot", severity="INTERRUPTS")
    ergots = answer["safetyKnowledge"]["interactions"]
    assert [each["origin"] for each in ergots] == ["HIGH-12", "HIGH-12"]
    assert ergots[0]["source"] == "Phansalkar 2012 PMC3422823"
    assert ergots[0]["message"].startswith("ergot-alkaloids with protease-inhibitors can close arteries")


@pytest.mark.parametrize("table", ["interaction_list", "interaction", "clinic_ingredient"])
@pytest.mark.parametrize("change", ["UPDATE {} SET created_at = now()", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
async def test_the_database_keeps_what_was_imported(clinic: Clinic, table: str, change: str) -> None:
    await imported(clinic.caller("ADMIN"), TABLE)
    with pytest.raises(IntegrityError, match="never changed"):
        async with stored(clinic.service("pharmacy").runtime.database) as session:
            await session.execute(text(change.format(table)))
