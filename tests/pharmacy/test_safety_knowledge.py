"""The tables that the safety check knows: well-formed, sourced, each row once, each name used."""

import re
from collections import Counter
from pathlib import Path
from string import Formatter

import pytest

import subgraphs.pharmacy.safety as package
from shared.translations import Translations
from subgraphs.pharmacy.safety import KNOWLEDGE_VERSION, Coding, Drug, sentences, shipped
from subgraphs.pharmacy.safety.codes import SafetySeverity
from subgraphs.pharmacy.safety.knowledge import RXNORM, rows
from subgraphs.pharmacy.safety.names import normal, without_salts
from subgraphs.pharmacy.safety.pairs import HIGH, LOW
from subgraphs.pharmacy.safety.sentences import EFFECTS, MECHANISMS, SENTENCES, Sentence

DATA = Path(package.__file__).parent / "data"
TABLES = sorted(path.stem for path in DATA.glob("*.csv"))
KEYS = {
    "aliases": ["alias"],
    "ages": ["drug", "from_age", "until_age"],
    "allergens": ["system", "code", "name"],
    "classes": ["class", "ingredient"],
    "cross_allergies": ["allergen", "drug"],
    "doses": ["ingredient", "from_age", "until_age"],
    "duplicates": ["class"],
    "ingredients": ["ingredient"],
    "interactions": ["first", "second"],
    "local_forms": ["ingredient", "route"],
    "pregnancy": ["drug"],
    "products": ["rxcui"],
    "renal": ["drug", "egfr_below"],
}
INGREDIENTS, CLASSES = shipped().ingredients, shipped().classes

# Products as RxNorm names them, which demo data of other systems prescribe; and the packs that they name by brand alone.
PRODUCTS = {
    "1 ML Epoetin Alfa 4000 UNT/ML Injection [Epogen]": ["epoetin alfa"],
    "1 ML medroxyPROGESTERone acetate 150 MG/ML Injection": ["medroxyprogesterone"],
    "1 ML tacrolimus 5 MG/ML Injection": ["tacrolimus"],
    "168 HR Ethinyl Estradiol 0.00146 MG/HR / norelgestromin 0.00625 MG/HR Transdermal System": [
        "ethinyl estradiol",
        "norelgestromin",
    ],
    "24 HR Metformin hydrochloride 500 MG Extended Release Oral Tablet": ["metformin"],
    "24 HR metoprolol succinate 100 MG Extended Release Oral Tablet": ["metoprolol"],
    "Acetaminophen 21.7 MG/ML / Dextromethorphan Hydrobromide 1 MG/ML / doxylamine succinate 0.417 MG/ML Oral Solution": [
        "acetaminophen",
        "dextromethorphan",
        "doxylamine",
    ],
    "Acetaminophen 325 MG Oral Tablet [Tylenol]": ["acetaminophen"],
    "Alendronic acid 10 MG Oral Tablet": ["alendronate"],
    "Amoxicillin 250 MG / Clavulanate 125 MG Oral Tablet": ["amoxicillin", "clavulanate"],
    "Astemizole 10 MG Oral Tablet": ["astemizole"],
    "Camila 28 Day Pack": ["norethindrone"],
    "Chlorpheniramine Maleate 2 MG/ML Oral Solution": ["chlorpheniramine"],
    "Cisplatin 50 MG Injection": ["cisplatin"],
    "Clopidogrel 75 MG Oral Tablet": ["clopidogrel"],
    "Diazepam 5 MG Oral Tablet": ["diazepam"],
    "Etonogestrel 68 MG Drug Implant": ["etonogestrel"],
    "Fexofenadine hydrochloride 30 MG Oral Tablet": ["fexofenadine"],
    "Hydrochlorothiazide 25 MG Oral Tablet": ["hydrochlorothiazide"],
    "Ibuprofen 400 MG Oral Tablet [Ibu]": ["ibuprofen"],
    "Kyleena 19.5 MG Intrauterine System": ["levonorgestrel"],
    "Levothyroxine Sodium 0.075 MG Oral Tablet": ["levothyroxine"],
    "Loratadine 5 MG Chewable Tablet": ["loratadine"],
    "Meperidine Hydrochloride 50 MG Oral Tablet": ["meperidine"],
    "Methylphenidate Hydrochloride 20 MG Oral Tablet": ["methylphenidate"],
    "NDA020800 0.3 ML Epinephrine 1 MG/ML Auto-Injector": ["epinephrine"],
    "NITROFURANTOIN, MACROCRYSTALS 50 MG Oral Capsule": ["nitrofurantoin"],
    "Naproxen sodium 220 MG Oral Tablet": ["naproxen"],
    "Natazia 28 Day Pack": ["dienogest", "estradiol valerate"],
    "Nitroglycerin 0.4 MG/ACTUAT Mucosal Spray": ["nitroglycerin"],
    "NuvaRing 0.12/0.015 MG per 24HR 21 Day Vaginal System": ["ethinyl estradiol", "etonogestrel"],
    "PACLitaxel 100 MG Injection": ["paclitaxel"],
    "Penicillin V Potassium 250 MG Oral Tablet": ["penicillin v"],
    "Phenazopyridine hydrochloride 100 MG Oral Tablet": ["phenazopyridine"],
    "Simvastatin 10 MG Oral Tablet": ["simvastatin"],
    "Vitamin B12 5 MG/ML Injectable Solution": ["cyanocobalamin"],
    "Yaz 28 Day Pack": ["drospirenone", "ethinyl estradiol"],
    "albuterol 0.21 MG/ML Inhalation Solution": ["albuterol"],
    "amLODIPine 2.5 MG Oral Tablet": ["amlodipine"],
    "budesonide 0.25 MG/ML Inhalation Suspension": ["budesonide"],
    "cetirizine hydrochloride 5 MG Oral Tablet": ["cetirizine"],
    "diphenhydrAMINE Hydrochloride 25 MG Oral Tablet": ["diphenhydramine"],
    "ferrous sulfate 325 MG Oral Tablet": ["ferrous sulfate"],
    "insulin isophane, human 70 UNT/ML / insulin, regular, human 30 UNT/ML Injectable Suspension [Humulin]": [
        "insulin isophane",
        "insulin regular",
    ],
    "lisinopril 10 MG Oral Tablet": ["lisinopril"],
    "predniSONE 5 MG Oral Tablet": ["prednisone"],
    "sodium fluoride 0.0272 MG/MG Oral Gel": ["sodium fluoride"],
}


@pytest.mark.parametrize("table", TABLES)
def test_a_table_says_its_version_and_has_each_row_once(table: str) -> None:
    lines = (DATA / f"{table}.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == f"# Version {KNOWLEDGE_VERSION}."
    found = list(rows(table))
    assert found
    keys = Counter(tuple(row[name] for name in KEYS[table]) for row in found)
    assert [key for key, times in keys.items() if times > 1] == []
    assert all(None not in row and None not in row.values() for row in found), "a row has too few columns, or too many"


@pytest.mark.parametrize("table", TABLES)
def test_each_row_names_where_it_is_from(table: str) -> None:
    head = [line for line in (DATA / f"{table}.csv").read_text().splitlines() if line.startswith("#")]
    assert any("Source" in line for line in head) or table == "ingredients" or all(row["source"] for row in rows(table))


def test_all_names_lead_somewhere() -> None:
    known = INGREDIENTS.keys() | CLASSES.keys()
    named = {member for members in CLASSES.values() for member in members}
    named |= {row[side] for row in rows("interactions") for side in ("first", "second")}
    named |= {row["drug"] for table in ("renal", "pregnancy", "ages", "cross_allergies") for row in rows(table)}
    named |= {row["allergen"] for row in rows("cross_allergies")} | {row["class"] for row in rows("duplicates")}
    named |= {name for row in rows("allergens") for name in row["means"].split("|")}
    named |= {name for row in rows("products") for name in row["ingredients"].split("|")}
    named |= {row["ingredient"] for table in ("doses", "aliases") for row in rows(table)}
    assert named <= known
    assert not INGREDIENTS.keys() & CLASSES.keys()


def test_each_class_is_used() -> None:
    used = {row[side] for row in rows("interactions") for side in ("first", "second")}
    used |= {row["drug"] for table in ("renal", "pregnancy", "ages", "cross_allergies") for row in rows(table)}
    used |= {row["allergen"] for row in rows("cross_allergies")} | {row["class"] for row in rows("duplicates")}
    used |= {name for row in rows("allergens") for name in row["means"].split("|")}
    assert CLASSES.keys() - used == set()


def test_numbers_of_rxnorm_are_digits_and_each_is_of_one_ingredient() -> None:
    numbers = [rxcui for rxcui in INGREDIENTS.values() if rxcui]
    assert all(re.fullmatch("[1-9][0-9]{0,6}", rxcui) for rxcui in numbers)
    assert len(numbers) == len(set(numbers)) > 200


def test_names_are_in_the_form_in_which_they_are_looked_up() -> None:
    names = [*INGREDIENTS, *shipped().aliases, *CLASSES, *(name for system, name in shipped().allergens if not system)]
    assert [name for name in names if normal(name) != name] == []
    assert [alias for alias in shipped().aliases if alias in INGREDIENTS] == []


def test_all_effects_and_mechanisms_are_said_and_used() -> None:
    found = list(rows("interactions"))
    assert {row["effect"] for row in found} == EFFECTS.keys() - {"HARM"}
    assert {row["mechanism"] for row in found} == MECHANISMS.keys()


def test_all_sentences_are_known_and_have_a_german_one_of_the_same_values() -> None:
    translations = Translations([Path(package.__file__).parents[1]])
    named = {each for each in vars(sentences).values() if isinstance(each, Sentence)}
    assert named <= set(SENTENCES.values())
    for each in SENTENCES.values():
        assert translations.has("de", each.message), each.message
        names = {name for _, name, _, _ in Formatter().parse(each.message) if name}
        said = translations.sentence("de", each.message, {name: f"<{name}>" for name in names})
        assert all(f"<{name}>" in said for name in names), said


def test_the_lists_of_priorities_have_their_numbers() -> None:
    numbers = {origin: {pair.number for pair in shipped().pairs if pair.origin == origin} for origin in (HIGH, LOW)}
    assert numbers[HIGH] == set(range(1, 16))
    # Of the paper's 33, what five stand for could not be verified, and is not made up.
    assert numbers[LOW] == set(range(1, 34)) - {4, 13, 16, 19, 27}
    severities = {pair.origin: pair.severity for pair in shipped().pairs if pair.origin in (HIGH, LOW)}
    assert severities == {HIGH: SafetySeverity.INTERRUPTS, LOW: SafetySeverity.INFORMS}


@pytest.mark.parametrize(("product", "ingredients"), PRODUCTS.items())
def test_names_of_products_tell_their_ingredients(product: str, ingredients: list[str]) -> None:
    known = shipped().ingredients_of(Drug(ref="Prescription:1", product=product))
    assert [each.name for each in known] == ingredients


@pytest.mark.parametrize(
    "product", ["Elixir", "Elixir 5 MG Oral Tablet", "Aspirin 81 MG / Elixir 5 MG Oral Tablet", ""]
)
def test_a_product_of_which_a_part_is_not_known_is_not_known(product: str) -> None:
    assert shipped().ingredients_of(Drug(ref="Prescription:1", product=product)) == []


@pytest.mark.parametrize("name", ["Warfarin", " WARFARIN  sodium ", "warfarin sodium", "Warfarin Potassium"])
def test_an_ingredient_is_found_by_its_name_with_salt_or_without(name: str) -> None:
    assert shipped().ingredient(name) == "warfarin"


def test_an_ingredient_is_found_by_its_number_whatever_it_is_called() -> None:
    assert shipped().ingredient("Coumadin", "11289") == "warfarin"
    assert shipped().ingredient("Coumadin") is None
    assert shipped().ingredient("pethidine") == "meperidine"
    assert without_salts("calcium carbonate")[0] == "calcium carbonate"
    assert shipped().ingredient("calcium carbonate") == "calcium carbonate"


@pytest.mark.parametrize(
    ("system", "code", "display", "meaning"),
    [
        (RXNORM, "1191", "Aspirin", ["aspirin"]),
        (RXNORM, "29046", "Lisinopril", ["lisinopril"]),
        (RXNORM, "10831", "Sulfamethoxazole / Trimethoprim", ["sulfamethoxazole", "trimethoprim"]),
        (RXNORM, "99999999", "Amoxicillin 500 MG Oral Tablet", ["amoxicillin"]),
        ("http://snomed.info/sct", "91936005", None, ["penicillins"]),
        ("http://snomed.info/sct", "999999", "Allergy to penicillin (finding)", ["penicillins"]),
        ("http://snomed.info/sct", "999999", "Codeine (substance)", ["codeine"]),
        ("http://snomed.info/sct", "999999", "Ibuprofen allergy", ["ibuprofen"]),
        ("urn:oid:1", "x", "Sulfa drugs", ["sulfonamide-antibiotics"]),
        ("http://snomed.info/sct", "256277009", "Grass pollen (substance)", []),
        ("http://snomed.info/sct", "999999", None, []),
    ],
)
def test_what_an_allergy_is_to(system: str, code: str, display: str | None, meaning: list[str]) -> None:
    assert list(shipped().meaning(Coding(system=system, code=code, display=display))) == meaning
