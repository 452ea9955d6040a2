"""The other rules of the safety check, each at its bounds; and what holds of all of them."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subgraphs.pharmacy.safety import (
    Coding,
    Drug,
    Finding,
    KnownAllergy,
    Period,
    SafetyRule,
    SafetySeverity,
    Subject,
    Substance,
    check,
    shipped,
)
from subgraphs.pharmacy.safety.ages import Age, age, whole_years
from subgraphs.pharmacy.safety.knowledge import RXNORM, DoseLimit
from tests.pharmacy.safety import ADULT, TODAY, drug, found, rows_of, somebody

INTERRUPTS, WARNS, INFORMS = SafetySeverity
SNOMED = "http://snomed.info/sct"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
INGREDIENTS = sorted(shipped().ingredients)


def allergy(code: str, system: str = SNOMED, display: str | None = None, **more: Any) -> KnownAllergy:
    return KnownAllergy(ref=f"Allergy:{code}", coding=Coding(system=system, code=code, display=display), **more)


def of(rule: SafetyRule, findings: list[Finding]) -> dict[str, SafetySeverity]:
    """What a rule found, and how grave."""
    return {each.code: each.severity for each in findings if each.rule is rule}


# --- what is not known ---


def test_a_drug_that_is_not_known_interrupts_whether_it_is_proposed_or_met() -> None:
    unknown = Drug(ref="MedicationStatement:1", product="Elixir", period=Period(TODAY))
    (proposed,) = found(unknown)
    assert (proposed.rule, proposed.severity, proposed.code) == (
        SafetyRule.NOT_CHECKED,
        INTERRUPTS,
        "SAFETY_NOT_MAPPED",
    )
    (met,) = found(drug("loratadine", single=10, daily=10), unknown)
    assert (met.rule, met.severity, met.met) == (SafetyRule.NOT_CHECKED, INTERRUPTS, ("MedicationStatement:1",))
    assert met.fingerprint != proposed.fingerprint
    assert found(drug("loratadine", single=10, daily=10)) == []


def test_an_ingredient_that_is_not_known_interrupts_and_the_others_are_checked() -> None:
    findings = found(drug("ibuprofen", "elixirin", single=200, daily=600), drug("warfarin"))
    assert of(SafetyRule.NOT_CHECKED, findings) == {"SAFETY_INGREDIENT_UNKNOWN": INTERRUPTS}
    assert of(SafetyRule.INTERACTION, findings) == {"SAFETY_BLEEDING": WARNS}


def test_an_unknown_drug_of_another_time_does_not_matter() -> None:
    over = Drug(ref="MedicationStatement:1", product="Elixir", period=Period(None, TODAY - timedelta(days=1)))
    assert found(drug("loratadine", single=10, daily=10), over) == []


# --- allergies ---


@pytest.mark.parametrize(
    ("coding", "ingredient", "severity"),
    [
        (("1191", RXNORM), "aspirin", INTERRUPTS),
        (("1191", RXNORM), "ibuprofen", INTERRUPTS),
        (("1191", RXNORM), "acetaminophen", None),
        (("91936005", SNOMED), "amoxicillin", INTERRUPTS),
        (("91936005", SNOMED), "cephalexin", WARNS),
        (("91936005", SNOMED), "meropenem", WARNS),
        (("91936005", SNOMED), "doxycycline", None),
        (("372687004", SNOMED), "ampicillin", INTERRUPTS),
        (("372687004", SNOMED), "amoxicillin", INTERRUPTS),
        (("294532003", SNOMED), "cefazolin", INTERRUPTS),
        (("294532003", SNOMED), "penicillin v", WARNS),
        (("10831", RXNORM), "sulfamethoxazole", INTERRUPTS),
        (("10831", RXNORM), "trimethoprim", INTERRUPTS),
        (("10831", RXNORM), "sulfadiazine", INTERRUPTS),
        (("10831", RXNORM), "hydrochlorothiazide", INFORMS),
        (("91939003", SNOMED), "furosemide", INFORMS),
        (("387494007", SNOMED), "morphine", INTERRUPTS),
        (("387494007", SNOMED), "fentanyl", INFORMS),
        (("387494007", SNOMED), "ibuprofen", None),
        (("372665008", SNOMED), "naproxen", INTERRUPTS),
        (("372665008", SNOMED), "aspirin", INTERRUPTS),
        (("29046", RXNORM), "enalapril", INTERRUPTS),
        (("29046", RXNORM), "losartan", WARNS),
    ],
)
def test_allergies_cross(coding: tuple[str, str], ingredient: str, severity: SafetySeverity | None) -> None:
    findings = found(drug(ingredient), subject=somebody(allergies=(allergy(*coding),)))
    assert list(of(SafetyRule.ALLERGY, findings).values()) == ([severity] if severity else [])
    assert all(each.met == (f"Allergy:{coding[0]}",) for each in findings if each.rule is SafetyRule.ALLERGY)


@pytest.mark.parametrize(
    ("category", "severity"), [("MEDICATION", INTERRUPTS), ("BIOLOGIC", INTERRUPTS), (None, INTERRUPTS), ("FOOD", None)]
)
def test_an_allergy_of_which_nothing_is_known_interrupts_if_it_may_be_to_a_drug(
    category: str | None, severity: SafetySeverity | None
) -> None:
    subject = somebody(allergies=(allergy("256277009", display="Grass pollen (substance)", category=category),))
    findings = found(drug("loratadine", single=10, daily=10), subject=subject)
    assert [each.severity for each in findings] == ([severity] if severity else [])
    assert all(each.rule is SafetyRule.NOT_CHECKED for each in findings)


def test_an_allergy_to_a_drug_counts_whatever_its_category_says() -> None:
    subject = somebody(allergies=(allergy("1191", RXNORM, category="ENVIRONMENT"),))
    assert of(SafetyRule.ALLERGY, found(drug("aspirin"), subject=subject)) == {"SAFETY_ALLERGY": INTERRUPTS}


# --- duplicates ---


def test_one_ingredient_twice_interrupts_and_one_group_twice_warns() -> None:
    assert of(SafetyRule.DUPLICATE, found(drug("simvastatin"), drug("simvastatin", ref="P:2"))) == {
        "SAFETY_SAME_INGREDIENT": INTERRUPTS
    }
    assert of(SafetyRule.DUPLICATE, found(drug("simvastatin"), drug("atorvastatin"))) == {"SAFETY_SAME_GROUP": WARNS}
    assert of(SafetyRule.DUPLICATE, found(drug("simvastatin"), drug("lisinopril"))) == {}


@pytest.mark.parametrize(
    ("start", "end", "meets"),
    [
        (-40, -31, False),
        (-40, -30, True),
        (-20, -15, True),
        (-10, 5, True),
        (-9, 5, False),
        (-40, None, True),
        (None, -31, False),
    ],
)
def test_only_what_is_taken_at_one_time_is_a_duplicate(start: int | None, end: int | None, meets: bool) -> None:
    """Also of what is dated back: the one that is there was taken from 30 until 10 days ago."""
    there = drug("simvastatin", ref="P:2", period=Period(TODAY - timedelta(days=30), TODAY - timedelta(days=10)))
    days = [None if each is None else TODAY + timedelta(days=each) for each in (start, end)]
    assert bool(of(SafetyRule.DUPLICATE, found(drug("simvastatin", period=Period(*days)), there))) is meets


def test_what_a_drug_goes_on_with_is_no_duplicate_of_it_and_else_is_met() -> None:
    there = drug("acetaminophen", ref="MedicationStatement:1", single=1000, daily=3000)
    goes_on = msgspec.structs.replace(drug("acetaminophen", single=1000, daily=3000), continues=(there.ref,))
    assert found(goes_on, there) == []
    assert found(there, goes_on) == []
    assert {each.code for each in found(drug("acetaminophen", single=1000, daily=3000), there)} == {
        "SAFETY_SAME_INGREDIENT",
        "SAFETY_DOSE_TOTAL",
    }
    other = msgspec.structs.replace(drug("sertraline", single=50, daily=50), continues=("MedicationStatement:2",))
    before = drug("phenelzine", ref="MedicationStatement:2")
    assert [each.code for each in found(other, before)] == ["SAFETY_SEROTONIN_SYNDROME"]


# --- doses ---

LIMITS = [(name, limit) for name, limits in sorted(shipped().doses.items()) for limit in limits]


def of_age(limit: DoseLimit) -> Subject:
    """Somebody of 20 kg, on the first day on which a limit holds."""
    start = limit.ages.start or Age(0, "d")
    born = next(day for day in (TODAY - timedelta(days=each) for each in range(40_000)) if start.reached(day) <= TODAY)
    return somebody(birth_date=born, weight=Decimal(20))


def least(*limits: Decimal | None) -> Decimal | None:
    return min((each for each in limits if each is not None), default=None)


def times_20(per_kg: Decimal | None) -> Decimal | None:
    return per_kg and per_kg * 20


@pytest.mark.parametrize(("ingredient", "limit"), LIMITS, ids=lambda each: each if isinstance(each, str) else "")
def test_each_limit_is_what_may_be_given_and_no_more(ingredient: str, limit: DoseLimit) -> None:
    single = least(limit.single, times_20(limit.single_per_kg))
    daily = least(limit.daily, times_20(limit.daily_per_kg))
    assert single or daily
    subject, little = of_age(limit), Decimal("0.001")

    def doses(**amounts: Decimal | None) -> set[str]:
        given: dict[str, Any] = {"single": Decimal(0), "daily": Decimal(0)} | amounts
        return set(of(SafetyRule.DOSE, found(drug(ingredient, **given), subject=subject)))

    assert doses(single=single or Decimal(0), daily=daily or Decimal(0)) == set()
    if single:
        assert doses(single=single + little) == {"SAFETY_DOSE_SINGLE"}
    if daily:
        assert doses(daily=daily + little) == {"SAFETY_DOSE_DAILY"}
        assert doses(daily=daily * 1000) == {"SAFETY_DOSE_DAILY"}
        parts = found(
            drug(ingredient, single=0, daily=daily),
            drug(ingredient, ref="P:2", single=0, daily=little),
            subject=subject,
        )
        (total,) = [each for each in parts if each.rule is SafetyRule.DOSE]
        assert (total.code, total.severity, total.met) == ("SAFETY_DOSE_TOTAL", INTERRUPTS, ("P:2",))


def test_the_ages_of_one_ingredients_limits_do_not_overlap() -> None:
    for name, limits in shipped().doses.items():
        for day in (TODAY - timedelta(days=each) for each in range(0, 36_000, 7)):
            assert sum(limit.ages.holds(day, TODAY) for limit in limits) <= 1, name


def test_a_childs_dose_without_weight_is_not_checked_and_says_so() -> None:
    child = somebody(birth_date=date(2020, 11, 30), weight=None)
    assert of(SafetyRule.NOT_CHECKED, found(drug("acetaminophen", single=150, daily=600), subject=child)) == {
        "SAFETY_WEIGHT_UNKNOWN": WARNS
    }
    assert of(SafetyRule.DOSE, found(drug("acetaminophen", single=5000, daily=5000), subject=child)) == {
        "SAFETY_DOSE_DAILY": INTERRUPTS
    }


def test_a_dose_or_an_age_that_is_not_known_is_not_checked_and_says_so() -> None:
    assert of(SafetyRule.NOT_CHECKED, found(drug("acetaminophen"))) == {"SAFETY_DOSE_UNKNOWN": WARNS}
    assert of(SafetyRule.NOT_CHECKED, found(drug("acetaminophen", single=500))) == {"SAFETY_DOSE_UNKNOWN": WARNS}
    unborn = somebody(birth_date=None)
    assert [each.code for each in found(drug("codeine", single=15, daily=60), subject=unborn)] == ["SAFETY_AGE_UNKNOWN"]
    assert found(drug("cisplatin", single=1, daily=1), subject=unborn) == []


def test_an_ingredient_that_is_in_a_drug_twice_counts_as_a_whole() -> None:
    twice = Drug(
        ref="P:1",
        product="Twice",
        ingredients=(
            Substance(name="acetaminophen", single=Decimal(600), daily=Decimal(600)),
            Substance(name="Paracetamol", single=Decimal(600), daily=Decimal(600)),
        ),
    )
    assert of(SafetyRule.DOSE, found(twice)) == {"SAFETY_DOSE_SINGLE": INTERRUPTS}


# --- kidneys ---


@pytest.mark.parametrize(("ingredient", "row"), [(name, row) for name, rows in shipped().renal.items() for row in rows])
def test_each_bound_of_filtration(ingredient: str, row: Any) -> None:
    bound = Decimal(row.egfr_below)
    below = found(drug(ingredient), subject=somebody(egfr=bound - Decimal("0.1")))
    at = found(drug(ingredient), subject=somebody(egfr=bound))
    codes = of(SafetyRule.RENAL, below)
    assert len(codes) == 1
    assert row.row in rows_of(below) or codes == {"SAFETY_RENAL_AVOID": INTERRUPTS}
    assert row.row not in rows_of(at)


def test_the_graver_advice_holds_and_unknown_kidneys_are_said() -> None:
    assert of(SafetyRule.RENAL, found(drug("metformin"), subject=somebody(egfr=Decimal(29)))) == {
        "SAFETY_RENAL_AVOID": INTERRUPTS
    }
    assert of(SafetyRule.RENAL, found(drug("metformin"), subject=somebody(egfr=Decimal(30)))) == {
        "SAFETY_RENAL_REDUCE": WARNS
    }
    assert of(SafetyRule.RENAL, found(drug("metformin"), subject=somebody(egfr=Decimal(45)))) == {}
    unknown = somebody(egfr=None)
    assert of(SafetyRule.NOT_CHECKED, found(drug("metformin", single=1, daily=1), subject=unknown)) == {
        "SAFETY_RENAL_UNKNOWN": WARNS
    }
    assert of(SafetyRule.NOT_CHECKED, found(drug("cetirizine", single=1, daily=1), subject=unknown)) == {
        "SAFETY_RENAL_UNKNOWN": INFORMS
    }


# --- pregnancy ---


@pytest.mark.parametrize(
    ("known", "ingredient", "code", "severity"),
    [
        ({"pregnant": True}, "isotretinoin", "SAFETY_PREGNANCY_AVOID", INTERRUPTS),
        ({"pregnant": True}, "lisinopril", "SAFETY_PREGNANCY_AVOID", INTERRUPTS),
        ({"pregnant": True}, "topiramate", "SAFETY_PREGNANCY_CAUTION", WARNS),
        ({"pregnant": None}, "isotretinoin", "SAFETY_PREGNANCY_UNKNOWN", WARNS),
        ({"pregnant": None}, "lisinopril", "SAFETY_PREGNANCY_UNKNOWN", INFORMS),
        ({"pregnant": None}, "topiramate", None, None),
        ({"pregnant": False}, "isotretinoin", None, None),
        ({"pregnant": None, "sex": "male"}, "isotretinoin", None, None),
        ({"pregnant": None, "sex": None}, "isotretinoin", "SAFETY_PREGNANCY_UNKNOWN", WARNS),
        ({"pregnant": None, "birth_date": date(2014, 11, 30)}, "isotretinoin", "SAFETY_PREGNANCY_UNKNOWN", WARNS),
        ({"pregnant": None, "birth_date": date(2014, 12, 1)}, "isotretinoin", None, None),
        ({"pregnant": None, "birth_date": date(1970, 12, 1)}, "isotretinoin", "SAFETY_PREGNANCY_UNKNOWN", WARNS),
        ({"pregnant": None, "birth_date": date(1970, 11, 30)}, "isotretinoin", None, None),
        ({"pregnant": None, "conditions": [(SNOMED, "72892002")]}, "warfarin", "SAFETY_PREGNANCY_AVOID", INTERRUPTS),
        (
            {"pregnant": False, "conditions": [(ICD, "O09.91")]},
            "warfarin",
            "SAFETY_PREGNANCY_AVOID",
            INTERRUPTS,
        ),
        ({"pregnant": False, "conditions": [(ICD, "O80")]}, "warfarin", None, None),
    ],
)
def test_pregnancy(known: dict[str, Any], ingredient: str, code: str | None, severity: SafetySeverity | None) -> None:
    conditions = tuple(Coding(system=system, code=each) for system, each in known.pop("conditions", []))
    subject = somebody(**{"sex": "female", "conditions": conditions} | known)
    said = {
        each.code: each.severity
        for each in found(drug(ingredient, single=0, daily=0), subject=subject)
        if each.code.startswith("SAFETY_PREGNANCY")
    }
    assert said == ({code: severity} if code else {})


# --- age ---


@pytest.mark.parametrize(("ingredient", "row"), [(name, row) for name, rows in shipped().ages.items() for row in rows])
def test_each_bound_of_age(ingredient: str, row: Any) -> None:
    for bound, holds_from in ((row.ages.start, True), (row.ages.end, False)):
        if bound is None:
            continue
        born = next(
            day for day in (TODAY - timedelta(days=each) for each in range(40_000)) if bound.reached(day) <= TODAY
        )
        reached = rows_of(found(drug(ingredient), subject=somebody(birth_date=born)))
        a_day_younger = rows_of(found(drug(ingredient), subject=somebody(birth_date=born + timedelta(days=1))))
        assert (row.row in reached) is holds_from
        assert (row.row in a_day_younger) is not holds_from


@pytest.mark.parametrize(
    ("born", "text", "reached"),
    [
        (date(2012, 2, 29), "12 y", date(2024, 2, 29)),
        (date(2012, 2, 29), "13 y", date(2025, 3, 1)),
        (date(2025, 8, 31), "6 mo", date(2026, 3, 1)),
        (date(2025, 12, 31), "2 mo", date(2026, 3, 1)),
        (date(2025, 10, 31), "1 mo", date(2025, 12, 1)),
        (date(2025, 12, 15), "1 mo", date(2026, 1, 15)),
        (date(2025, 12, 15), "28 d", date(2026, 1, 12)),
        (date(2025, 12, 15), "0 d", date(2025, 12, 15)),
    ],
)
def test_birthdays_are_by_the_calendar(born: date, text: str, reached: date) -> None:
    bound = age(text)
    assert bound is not None
    assert bound.reached(born) == reached


def test_codeine_on_the_twelfth_birthday_of_one_born_on_29_february() -> None:
    leap = date(2012, 2, 29)
    before, on = somebody(birth_date=leap, on=date(2024, 2, 28)), somebody(birth_date=leap, on=date(2024, 2, 29))
    assert of(SafetyRule.AGE, found(drug("codeine"), subject=before)) == {"SAFETY_AGE_AVOID": INTERRUPTS}
    assert of(SafetyRule.AGE, found(drug("codeine"), subject=on)) == {"SAFETY_AGE_CAUTION": WARNS}
    adult = somebody(birth_date=leap, on=date(2030, 2, 28))
    assert of(SafetyRule.AGE, found(drug("codeine"), subject=adult)) == {"SAFETY_AGE_CAUTION": WARNS}
    assert of(SafetyRule.AGE, found(drug("codeine"), subject=msgspec.structs.replace(adult, on=date(2030, 3, 1)))) == {}


@pytest.mark.parametrize("text", ["12", "12 years", "y", "-1 y", "1.5 y"])
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no age"):
        age(text)


@given(st.dates(date(1900, 1, 1), date(2026, 11, 30)), st.dates(date(2026, 12, 1), date(2120, 12, 31)))
def test_whole_years_are_those_whose_birthday_was(born: date, on: date) -> None:
    years = whole_years(born, on)
    assert Age(years, "y").reached(born) <= on < Age(years + 1, "y").reached(born)


# --- all rules ---

AMOUNTS = st.none() | st.sampled_from([Decimal(1), Decimal(500), Decimal(100_000)])
PERIODS = st.builds(
    lambda start, days: Period(start, None if days is None else start + timedelta(days=days)),
    st.dates(TODAY - timedelta(days=90), TODAY + timedelta(days=90)),
    st.none() | st.integers(0, 90),
)
NAMES = st.sampled_from([*INGREDIENTS, *sorted(shipped().pairs_of), "elixirin"])


@st.composite
def drugs(draw: st.DrawFn) -> Drug:
    """A drug of up to three ingredients."""
    names = draw(st.lists(NAMES, max_size=3, unique=True))
    made = tuple(Substance(name=name, single=draw(AMOUNTS), daily=draw(AMOUNTS)) for name in names)
    number = draw(st.integers(1, 1_000_000))
    return Drug(ref=f"Prescription:{number}", product=f"Drug {number}", ingredients=made, period=draw(PERIODS))


SUBJECTS = st.builds(
    Subject,
    on=st.just(TODAY),
    birth_date=st.none() | st.dates(date(1930, 1, 1), TODAY),
    weight=st.none() | st.just(Decimal(20)),
    egfr=st.none() | st.sampled_from([Decimal(10), Decimal(40), Decimal(100)]),
    pregnant=st.none() | st.booleans(),
    sex=st.none() | st.sampled_from(["male", "female"]),
    allergies=st.lists(
        st.sampled_from([allergy("1191", RXNORM), allergy("91936005"), allergy("91939003"), allergy("999999")]),
        unique=True,
    ).map(tuple),
)


@settings(max_examples=200, deadline=None)
@given(SUBJECTS, st.lists(drugs(), max_size=4), drugs(), st.randoms())
def test_the_order_of_what_is_given_changes_nothing(
    subject: Subject, current: list[Drug], proposed: Drug, chance: Any
) -> None:
    def shuffled(values: Any) -> Any:
        return chance.sample(list(values), len(values))

    def mixed(each: Drug) -> Drug:
        return msgspec.structs.replace(each, ingredients=tuple(shuffled(each.ingredients)))

    again = msgspec.structs.replace(subject, allergies=tuple(shuffled(subject.allergies)))
    one = check(subject, current, proposed, shipped())
    other = check(again, [mixed(each) for each in shuffled(current)], mixed(proposed), shipped())
    assert [each.fingerprint for each in one] == [each.fingerprint for each in other]
    assert len({each.fingerprint for each in one}) == len(one)


@settings(max_examples=200, deadline=None)
@given(SUBJECTS, st.lists(drugs(), max_size=3), drugs(), drugs())
def test_what_is_taken_besides_takes_no_finding_away(
    subject: Subject, current: list[Drug], proposed: Drug, more: Drug
) -> None:
    def said(taken: list[Drug]) -> set[tuple[str, str, SafetySeverity]]:
        return {(each.code, each.row, each.severity) for each in check(subject, taken, proposed, shipped())}

    assert said(current) <= said([*current, more])


@settings(max_examples=100, deadline=None)
@given(SUBJECTS, drugs())
def test_an_allergy_more_takes_no_finding_away(subject: Subject, proposed: Drug) -> None:
    more = msgspec.structs.replace(subject, allergies=(*subject.allergies, allergy("10831", RXNORM)))
    before, after = (
        {each.fingerprint for each in check(each_subject, [], proposed, shipped())} for each_subject in (subject, more)
    )
    assert before <= after


def test_a_finding_is_another_one_once_something_changed() -> None:
    def fingerprint(proposed: Drug, *current: Drug, row: str, **known: Any) -> str:
        (one,) = [each for each in found(proposed, *current, subject=somebody(**known)) if each.row.startswith(row)]
        return one.fingerprint

    other = drug("phenelzine", daily=15)
    first = fingerprint(drug("sertraline", daily=50), other, row="HIGH-4")
    assert first == fingerprint(drug("sertraline", daily=50, ref="P:9"), other, row="HIGH-4")
    assert first == fingerprint(drug("sertraline", daily=50), drug("phenelzine", daily=15, ref="P:9"), row="HIGH-4")
    assert first == fingerprint(drug("Sertraline hydrochloride", daily="50.00"), other, row="HIGH-4")
    changed = {
        fingerprint(drug("sertraline", daily=100), other, row="HIGH-4"),
        fingerprint(drug("sertraline", daily=50), drug("phenelzine", daily=30), row="HIGH-4"),
        fingerprint(drug("sertraline", daily=50), drug("selegiline", daily=15), row="HIGH-4"),
        fingerprint(drug("fluoxetine", daily=50), other, row="HIGH-4"),
    }
    assert len(changed) == 4
    assert first not in changed

    allergic = [
        fingerprint(drug("aspirin", daily=each), row="to:aspirin", allergies=(allergy(*code),))
        for each, code in ((100, ("1191", RXNORM)), (200, ("1191", RXNORM)), (100, ("387458008", SNOMED)))
    ]
    assert len(set(allergic)) == 3


def test_an_adult_with_ordinary_drugs_hears_nothing() -> None:
    ordinary = [drug("lisinopril", single=10, daily=10), drug("atorvastatin", single=20, daily=20)]
    assert found(drug("levothyroxine", single="0.1", daily="0.1"), ordinary[0], subject=ADULT) == []
    assert found(ordinary[1], ordinary[0], subject=ADULT) == []
