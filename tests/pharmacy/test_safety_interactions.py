"""Drugs that interact: which interrupt, which never do, in what periods, and what a clinic makes of them."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subgraphs.pharmacy.dosage.codes import Route
from subgraphs.pharmacy.dosage.facts import Dosage
from subgraphs.pharmacy.safety import Finding, Period, SafetyRule, SafetySeverity, shipped
from subgraphs.pharmacy.safety.pairs import CLINIC, HIGH, LOW, InteractingPair, Side
from subgraphs.pharmacy.service.inputs import route_of
from tests.pharmacy.safety import TODAY, drug, found

KNOWLEDGE = shipped()
INGREDIENTS = sorted(KNOWLEDGE.ingredients)
INTERACTING = sorted(KNOWLEDGE.pairs_of)


def pairs_of(origin: str, number: int) -> Iterator[tuple[str, str]]:
    """All pairs of ingredients of a number of a list."""
    for pair in KNOWLEDGE.pairs:
        if (pair.origin, pair.number) == (origin, number):
            yield from ((one, two) for one in pair.first.members for two in pair.second.members if one != two)


def is_high(one: str, other: str) -> bool:
    """Whether two ingredients are of the list of high priority."""
    return any(pair.origin == HIGH and pair.order(one, other) for pair in KNOWLEDGE.pairs)


def interactions(one: str, other: str) -> list[Finding]:
    """What is found of two that interact, when the one is proposed."""
    return [each for each in found(drug(one), drug(other)) if each.rule is SafetyRule.INTERACTION]


# How many pairs of ingredients each number stands for, so that one that a class has lost is missed.
OF_HIGH_PRIORITY = {
    1: 60, 2: 6, 3: 2, 4: 70, 5: 25, 6: 30, 7: 45, 8: 820, 9: 4, 10: 120, 11: 46, 12: 76, 13: 7, 14: 1, 15: 15,
}  # fmt: skip


@pytest.mark.parametrize("number", range(1, 16))
def test_each_pair_of_high_priority_interrupts_whichever_comes_first(number: int) -> None:
    pairs = list(pairs_of(HIGH, number))
    assert len({frozenset(pair) for pair in pairs}) == OF_HIGH_PRIORITY[number]
    for one, other in pairs:
        for proposed, current in ((one, other), (other, one)):
            of_it = [each for each in interactions(proposed, current) if each.row.startswith(f"HIGH-{number}:")]
            assert [each.severity for each in of_it] == [SafetySeverity.INTERRUPTS], (proposed, current)
            assert of_it[0].met == (f"Prescription:{current}",)


def test_pairs_that_systems_have_been_tested_with_interrupt() -> None:
    """One of each class pair, named in PMC5391726's protocol or of its classes, so that a class that lost members shows."""
    pairs = {
        1: ("dextroamphetamine", "selegiline"),
        2: ("atazanavir", "omeprazole"),
        3: ("febuxostat", "azathioprine"),
        4: ("fluoxetine", "phenelzine"),
        5: ("irinotecan", "ketoconazole"),
        6: ("meperidine", "tranylcypromine"),
        7: ("amitriptyline", "isocarboxazid"),
        8: ("quinidine", "sotalol"),
        9: ("ramelteon", "fluvoxamine"),
        10: ("indinavir", "rifampin"),
        11: ("simvastatin", "clarithromycin"),
        12: ("ergotamine", "ritonavir"),
        13: ("tizanidine", "ciprofloxacin"),
        14: ("tranylcypromine", "procarbazine"),
        15: ("sumatriptan", "phenelzine"),
    }
    for number, (one, other) in pairs.items():
        assert f"HIGH-{number}:" in "".join(each.row for each in interactions(one, other))


LOW_NUMBERS = sorted({pair.number for pair in KNOWLEDGE.pairs if pair.origin == LOW})


@pytest.mark.parametrize("number", LOW_NUMBERS)
def test_no_pair_of_low_priority_ever_interrupts(number: int) -> None:
    """Not even by another rule. A few ingredients are of a pair of high priority as well, such as sotalol and citalopram."""
    for one, other in pairs_of(LOW, number):
        for proposed, current in ((one, other), (other, one)):
            findings = found(drug(proposed), drug(current))
            of_it = [each for each in findings if each.row.startswith(f"LOW-{number}:")]
            assert [each.severity for each in of_it] == [SafetySeverity.INFORMS], (proposed, current)
            if not is_high(one, other):
                assert [each.row for each in findings if each.severity is SafetySeverity.INTERRUPTS] == []


def test_few_pairs_are_of_both_lists() -> None:
    both = {frozenset(pair) for number in LOW_NUMBERS for pair in pairs_of(LOW, number) if is_high(*pair)}
    assert both == {frozenset(("sotalol", "citalopram")), frozenset(("sotalol", "escitalopram"))}


def test_an_ingredient_does_not_interact_with_itself() -> None:
    assert interactions("sotalol", "sotalol") == []


def test_what_happens_and_why_is_said_of_the_right_ones() -> None:
    (one,) = interactions("simvastatin", "ritonavir")
    (other,) = interactions("ritonavir", "simvastatin")
    assert one.parameters == other.parameters == {"first": "simvastatin", "second": "ritonavir"}
    assert (one.code, one.explanation) == ("SAFETY_RHABDOMYOLYSIS", "SAFETY_WHY_CYP3A4")
    assert one.source.endswith("PMC3422823")


@pytest.mark.parametrize(
    ("days", "acts"), [(-400, False), (-1, True), (0, True), (13, True), (14, True), (15, False), (400, False)]
)
def test_an_inhibitor_acts_for_two_weeks_after_its_end(days: int, acts: bool) -> None:
    ended = Period(TODAY - timedelta(days=100), TODAY)
    begins = Period(TODAY + timedelta(days=days), TODAY + timedelta(days=days + 1))
    findings = found(drug("sertraline", period=begins), drug("phenelzine", period=ended))
    assert bool([each for each in findings if each.rule is SafetyRule.INTERACTION]) is acts


def test_what_was_over_before_does_not_interact_and_what_is_dated_back_does() -> None:
    over = drug("warfarin", period=Period(TODAY - timedelta(days=60), TODAY - timedelta(days=30)))
    assert interactions_of(drug("ibuprofen", period=Period(TODAY)), over) == []
    back = drug("ibuprofen", period=Period(TODAY - timedelta(days=40), TODAY - timedelta(days=35)))
    assert interactions_of(back, over) == ["LABEL-4:warfarin+nsaids"]
    assert interactions_of(drug("ibuprofen", period=Period()), drug("warfarin", period=Period())) != []


def interactions_of(*drugs: object) -> list[str]:
    return [each.row for each in found(*drugs) if each.rule is SafetyRule.INTERACTION]  # type: ignore[arg-type]


def clinic(number: int, first: str, second: str, severity: SafetySeverity) -> InteractingPair:
    """A pair of a clinic's own."""
    one, two = KNOWLEDGE.side(first), KNOWLEDGE.side(second)
    assert isinstance(one, Side)
    assert isinstance(two, Side)
    return InteractingPair(
        origin=CLINIC, number=number, first=one, second=two, severity=severity, effect="HARM", source="clinic"
    )


def severities(*pairs: InteractingPair, of: tuple[str, str]) -> dict[str, SafetySeverity]:
    """How grave what is found of two ingredients is, with a clinic's pairs."""
    knowledge = KNOWLEDGE.extended(7, pairs)
    assert knowledge.version == "2026-11+clinic.7"
    ways = [(of[0], of[1]), (of[1], of[0])]
    both = [
        {
            each.row: each.severity
            for each in found(drug(one), drug(other), knowledge=knowledge)
            if each.rule is SafetyRule.INTERACTION
        }
        for one, other in ways
    ]
    assert both[0] == both[1]
    return both[0]


def test_a_clinic_adds_pairs() -> None:
    added = clinic(1, "metformin", "Cimetidine", SafetySeverity.WARNS)
    assert severities(added, of=("cimetidine", "metformin")) == {"CLINIC:metformin+cimetidine": SafetySeverity.WARNS}
    assert severities(of=("cimetidine", "metformin")) == {}


def test_a_clinics_pair_is_the_same_in_another_line_of_a_later_table() -> None:
    prints = set()
    for version, line in ((1, 2), (2, 9)):
        knowledge = KNOWLEDGE.extended(version, [clinic(line, "metformin", "cimetidine", SafetySeverity.INTERRUPTS)])
        findings = found(drug("metformin"), drug("cimetidine"), knowledge=knowledge)
        prints |= {each.fingerprint for each in findings if each.rule is SafetyRule.INTERACTION}
    assert len(prints) == 1


def test_a_clinic_says_how_grave_a_pair_is_either_way_round() -> None:
    row = "LOW-24:anticoagulants+statins"
    raised = clinic(1, "statins", "anticoagulants", SafetySeverity.INTERRUPTS)
    assert severities(raised, of=("warfarin", "simvastatin")) == {row: SafetySeverity.INTERRUPTS}


def test_a_clinics_narrowest_pair_holds_and_touches_nothing_else() -> None:
    wide = clinic(1, "cyp3a4-statins", "cyp3a4-inhibitors-moderate", SafetySeverity.WARNS)
    narrow = clinic(2, "amiodarone", "simvastatin", SafetySeverity.INFORMS)
    row = "HIGH-11:cyp3a4-statins+cyp3a4-inhibitors-moderate"
    assert severities(wide, narrow, of=("simvastatin", "amiodarone")) == {row: SafetySeverity.INFORMS}
    assert severities(wide, narrow, of=("simvastatin", "diltiazem")) == {row: SafetySeverity.WARNS}
    assert list(severities(wide, narrow, of=("simvastatin", "ritonavir")).values()) == [SafetySeverity.INTERRUPTS]


def test_a_clinics_pair_that_is_wider_lowers_nothing() -> None:
    wider = clinic(1, "ssris", "beta-blockers", SafetySeverity.INFORMS)
    found_here = severities(wider, of=("sotalol", "citalopram"))
    assert found_here["HIGH-8:qt-prolonging-drugs+qt-prolonging-drugs"] is SafetySeverity.INTERRUPTS


def test_what_lowers_a_pair_of_high_priority_is_told() -> None:
    lower = SafetySeverity.WARNS
    assert KNOWLEDGE.lowers_high(clinic(1, "mao-inhibitors", "sertraline", lower))
    assert not KNOWLEDGE.lowers_high(clinic(1, "mao-inhibitors", "sertraline", SafetySeverity.INTERRUPTS))
    assert not KNOWLEDGE.lowers_high(clinic(1, "ssris", "beta-blockers", lower))


@given(st.sampled_from(INTERACTING), st.sampled_from(INGREDIENTS))
def test_interactions_are_the_same_from_either_side(one: str, other: str) -> None:
    def said(findings: list[Finding]) -> set[tuple[object, ...]]:
        return {(each.row, each.severity, each.fingerprint, *sorted(each.parameters.items())) for each in findings}

    assert said(interactions(one, other)) == said(interactions(other, one))


@pytest.mark.parametrize(("ingredient", "route"), sorted(KNOWLEDGE.local_forms))
def test_what_acts_where_it_is_applied_alone_informs_and_interrupts_by_any_other_way(
    ingredient: str, route: str
) -> None:
    others = [
        next(iter((pair.second.members if ingredient in pair.first.members else pair.first.members) - {ingredient}))
        for pair in KNOWLEDGE.pairs_of[ingredient]
        if pair.severity is SafetySeverity.INTERRUPTS
    ]
    assert others
    for other in others:
        for way in [None, *Route]:
            here, there = drug(ingredient, route=way), drug(other)
            for pair in (found(here, there), found(there, here)):
                severities = {each.severity for each in pair if each.rule is SafetyRule.INTERACTION}
                assert (SafetySeverity.INTERRUPTS in severities) == (way != route), (other, way)
                assert severities


def test_what_a_clinic_says_of_a_pair_holds_by_whatever_way_it_is_given() -> None:
    own = InteractingPair(
        origin=CLINIC,
        number=1,
        first=Side("simvastatin", frozenset({"simvastatin"})),
        second=Side("ketoconazole", frozenset({"ketoconazole"})),
        severity=SafetySeverity.INTERRUPTS,
        effect="HARM",
        source=CLINIC,
    )
    knows = KNOWLEDGE.extended(1, [own])
    cream = drug("ketoconazole", route="TOPICAL")
    severities = {each.severity for each in found(cream, drug("simvastatin"), knowledge=knows)}
    assert SafetySeverity.INTERRUPTS in severities


def test_a_way_is_known_where_all_dosages_and_the_form_agree() -> None:
    def way(form: str, *routes: Route | None) -> Route | None:
        return route_of([Dosage(text="x", route=each) for each in routes], form)

    assert way("Topical Cream", None) is way("Cream", Route.TOPICAL) is Route.TOPICAL
    assert way("Topical Cream", Route.TOPICAL, None) is Route.TOPICAL
    assert way("Oral Tablet", Route.TOPICAL) is way("Cream", None) is way("Cream", Route.TOPICAL, None) is None
    assert way("Cream", Route.TOPICAL, Route.ORAL) is None
